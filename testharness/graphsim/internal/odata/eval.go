package odata

import (
	"iter"
	"slices"
	"strings"
)

// Holds tells whether an item meets the condition. A nil condition holds.
func (n *Expr) Holds(get Getter) bool {
	return n == nil || n.holds([]Getter{get})
}

// holds evaluates a condition; items are the row and then the items of the lambdas around.
func (n *Expr) holds(items []Getter) bool {
	switch n.op {
	case "and":
		return n.args[0].holds(items) && n.args[1].holds(items)
	case "or":
		return n.args[0].holds(items) || n.args[1].holds(items)
	case "not":
		return !n.args[0].holds(items)
	case "any", "all":
		return n.lambdaHolds(items)
	case "in":
		v := n.args[0].eval(items)
		return slices.ContainsFunc(n.args[1:], func(lit *Expr) bool { return compare("eq", v, lit.lit) })
	case "lit", "path":
		v := n.eval(items)
		return v.Kind == KindBool && v.B
	case "startswith", "endswith", "contains", "eq", "ne", "gt", "ge", "lt", "le", "has":
		return compare(n.op, n.args[0].eval(items), n.args[1].eval(items))
	default:
		return false // functions that no collection offers
	}
}

func (n *Expr) lambdaHolds(items []Getter) bool {
	list := n.args[0].eval(items).List
	if len(n.args) == 1 {
		return len(list) > 0
	}
	for _, item := range list {
		if n.args[1].holds(append(items[:len(items):len(items)], item)) != (n.op == "all") {
			return n.op == "any"
		}
	}
	return n.op == "all"
}

func (n *Expr) eval(items []Getter) Value {
	switch n.op {
	case "lit":
		return n.lit
	case "path":
		return items[n.scope](n.path).as(n.as)
	case "count":
		return Number(float64(len(items[n.scope](n.path).List)))
	default:
		return Bool(n.holds(items))
	}
}

// Leaf is a thing that a filter asks for: an operator or function on a property.
type Leaf struct {
	// Op is "eq", "in", "startswith" and so on; "any" or "all" of a list whose items are asked for nothing; "not" by itself, then the rest is
	// empty.
	Op string
	// Path is the property in lower case: "start/datetime"; "emailaddresses/*/address" inside a lambda; "members/$count" of a count;
	// "a/*/value/edm.int32" of a cast.
	Path string
	// Name is Path with its names as they were written.
	Name string
	// Values are the literals it is compared with: one, or those of a list.
	Values []Value
}

// Leaves lists the leaves of a condition from left to right. A nil condition has none.
func (n *Expr) Leaves() iter.Seq[Leaf] {
	return func(yield func(Leaf) bool) { n.visit("eq", Bool(true), yield) }
}

// visit is false when yield ended the listing. A property alone is compared by op with v.
func (n *Expr) visit(op string, v Value, yield func(Leaf) bool) bool {
	if n == nil {
		return true
	}
	switch n.op {
	case "lit":
		return true
	case "path", "count":
		return yield(n.leaf(op, v))
	case "not":
		return yield(Leaf{Op: "not"}) && n.args[0].visit(op, v, yield)
	case "any", "all":
		items := Leaf{Op: n.op, Path: n.args[0].full + "/*", Name: n.args[0].name + "/*"}
		if len(n.args) == 1 {
			return yield(items)
		}
		return (n.args[1].concerns(items.Path) || yield(items)) && n.args[1].visit(op, v, yield)
	case "and", "or":
		return n.args[0].visit(op, v, yield) && n.args[1].visit(op, v, yield)
	}
	var values []Value
	for _, a := range n.args {
		if a.op == "lit" {
			values = append(values, a.lit)
		}
	}
	if len(n.args) == 0 {
		return yield(Leaf{Op: n.op})
	}
	for _, a := range n.args {
		if a.op == "path" || a.op == "count" {
			if !yield(a.leaf(n.op, values...)) {
				return false
			}
		} else if !a.visit(op, v, yield) {
			return false
		}
	}
	return true
}

// concerns tells whether a condition asks for something of the items at a path.
func (n *Expr) concerns(path string) bool {
	for leaf := range n.Leaves() {
		if strings.HasPrefix(leaf.Path, path) {
			return true
		}
	}
	return false
}

func (n *Expr) leaf(op string, values ...Value) Leaf {
	return Leaf{Op: op, Path: n.full, Name: n.name, Values: values}
}

// Alternatives is the largest number of conditions that the filter joins by "or", or of literals that it lists after "in".
func (n *Expr) Alternatives() int {
	if n == nil {
		return 0
	}
	joined, most := n.alternatives()
	return max(joined, most)
}

// alternatives counts the conditions of the chain of "or" that n is, one when it is none, and the most further below.
func (n *Expr) alternatives() (joined, most int) {
	if n.op == "in" {
		return 1, len(n.args) - 1
	}
	joined = 1
	if n.op == "or" {
		joined = 0
	}
	for _, a := range n.args {
		j, m := a.alternatives()
		if most = max(most, m); n.op == "or" {
			joined += j
		} else {
			most = max(most, j)
		}
	}
	return joined, most
}

// MapStrings replaces the string literals that are compared with a property by f of the property's full path, in lower case, and the
// literal. It changes the condition.
func (n *Expr) MapStrings(f func(path, literal string) string) {
	if n == nil {
		return
	}
	for _, a := range n.args {
		if a.op == "lit" && a.lit.Kind == KindString {
			a.lit.S = f(n.args[0].full, a.lit.S)
			continue
		}
		a.MapStrings(f)
	}
}
