package odata

import (
	"iter"
	"slices"
	"strings"
)

// Holds tells whether an item meets the condition. A nil condition holds.
func (n *Expr) Holds(get Getter) bool {
	if n == nil {
		return true
	}
	switch n.op {
	case "and":
		return n.args[0].Holds(get) && n.args[1].Holds(get)
	case "or":
		return n.args[0].Holds(get) || n.args[1].Holds(get)
	case "not":
		return !n.args[0].Holds(get)
	case "any", "all":
		return n.lambdaHolds(get)
	case "in":
		v := n.args[0].eval(get)
		return slices.ContainsFunc(n.args[1:], func(lit *Expr) bool { return compare("eq", v, lit.lit) })
	default:
		return compare(n.op, n.args[0].eval(get), n.args[1].lit)
	}
}

func (n *Expr) lambdaHolds(get Getter) bool {
	list := get(strings.ToLower(n.path)).List
	if len(n.args) == 0 {
		return len(list) > 0
	}
	variable := strings.ToLower(n.name)
	for _, item := range list {
		inner := func(path string) Value {
			rest, ok := strings.CutPrefix(path, variable)
			if !ok {
				return get(path)
			}
			return item(strings.TrimPrefix(rest, "/"))
		}
		if n.args[0].Holds(inner) != (n.op == "all") {
			return n.op == "any"
		}
	}
	return n.op == "all"
}

func (n *Expr) eval(get Getter) Value {
	switch n.op {
	case "count":
		return Number(float64(len(get(strings.ToLower(n.path)).List)))
	case "lit":
		return n.lit
	default:
		return get(strings.ToLower(n.path))
	}
}

// Leaf is a thing that a filter asks for: an operator or function ("eq", "in", "startswith", "any" of any item) on the property at Path
// ("emailAddresses/*/address" inside a lambda, "members/$count" of a count) with a literal, the first one of a list; or the operator "not",
// without the rest.
type Leaf struct {
	Op, Path string
	Value    Value
}

// Leaves lists the leaves of a condition from left to right. A nil condition has none.
func (n *Expr) Leaves() iter.Seq[Leaf] {
	return func(yield func(Leaf) bool) { n.visit("", "", yield) }
}

// visit is false when yield ended the listing. Paths that begin with variable continue prefix, the lambda's collection.
func (n *Expr) visit(variable, prefix string, yield func(Leaf) bool) bool {
	if n == nil {
		return true
	}
	full := func(path string) string {
		if variable != "" {
			if rest, ok := strings.CutPrefix(path, variable); ok && (rest == "" || rest[0] == '/') {
				return prefix + "/*" + rest
			}
		}
		return path
	}
	switch n.op {
	case "and", "or", "not":
		if n.op == "not" && !yield(Leaf{Op: "not"}) {
			return false
		}
		for _, a := range n.args {
			if !a.visit(variable, prefix, yield) {
				return false
			}
		}
		return true
	case "any", "all":
		if len(n.args) == 0 {
			return yield(Leaf{Op: n.op, Path: full(n.path) + "/*"})
		}
		return n.args[0].visit(n.name, full(n.path), yield)
	default:
		path := full(n.args[0].path)
		if n.args[0].op == "count" {
			path += "/$count"
		}
		return yield(Leaf{Op: n.op, Path: path, Value: n.args[1].lit})
	}
}

// MapStrings replaces the string literals that are compared with a property by f of the property's path, as written in the filter, and
// the literal. It changes the condition.
func (n *Expr) MapStrings(f func(path, literal string) string) {
	if n == nil {
		return
	}
	for _, a := range n.args {
		if a.op == "lit" && a.lit.Kind == KindString {
			a.lit.S = f(n.args[0].path, a.lit.S)
			continue
		}
		a.MapStrings(f)
	}
}
