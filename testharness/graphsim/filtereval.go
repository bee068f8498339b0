package graphsim

import (
	"cmp"
	"slices"
	"strings"
)

// kind is the kind of a filter value.
type kind byte

const (
	kindNull kind = iota
	kindString
	kindBool
	kindNumber
	kindStamp // date-time with offset
	kindList
)

// value is a property's value in a filter or sort. Items of a list answer the path "" with themselves.
type value struct {
	kind kind
	s    string
	b    bool
	n    float64
	t    int64
	list []getter
}

// getter yields the value at a lower-case path of an item; unknown paths are null.
type getter func(path string) value

func stringValue(s string) value { return value{kind: kindString, s: s} }
func textValue(t text) value {
	if t == "" {
		return value{}
	}
	return stringValue(t.plain())
}
func boolValue(b bool) value   { return value{kind: kindBool, b: b} }
func stampValue(t int64) value { return value{kind: kindStamp, t: t} }

// listOf makes a list of plain strings.
func listOf(items []string) value {
	v := value{kind: kindList}
	for _, item := range items {
		v.list = append(v.list, func(string) value { return stringValue(item) })
	}
	return v
}

// holds tells whether an item meets the condition. A nil condition holds.
func (n *node) holds(get getter) bool {
	if n == nil {
		return true
	}
	switch n.op {
	case "and":
		return n.args[0].holds(get) && n.args[1].holds(get)
	case "or":
		return n.args[0].holds(get) || n.args[1].holds(get)
	case "not":
		return !n.args[0].holds(get)
	case "any", "all":
		return n.lambdaHolds(get)
	case "in":
		v := n.args[0].eval(get)
		return slices.ContainsFunc(n.args[1:], func(lit *node) bool { return compare("eq", v, lit.lit) })
	default:
		return compare(n.op, n.args[0].eval(get), n.args[1].lit)
	}
}

func (n *node) lambdaHolds(get getter) bool {
	list := get(strings.ToLower(n.path)).list
	if len(n.args) == 0 {
		return len(list) > 0
	}
	variable := strings.ToLower(n.name)
	for _, item := range list {
		inner := func(path string) value {
			rest, ok := strings.CutPrefix(path, variable)
			if !ok {
				return get(path)
			}
			return item(strings.TrimPrefix(rest, "/"))
		}
		if n.args[0].holds(inner) != (n.op == "all") {
			return n.op == "any"
		}
	}
	return n.op == "all"
}

func (n *node) eval(get getter) value {
	switch n.op {
	case "count":
		return value{kind: kindNumber, n: float64(len(get(strings.ToLower(n.path)).list))}
	case "lit":
		return n.lit
	default:
		return get(strings.ToLower(n.path))
	}
}

// compare applies an operator. Strings are compared without case, as the directory and Exchange do.
func compare(op string, a, b value) bool {
	if a.kind == kindNull || b.kind == kindNull {
		same := a.kind == b.kind
		return op == "eq" && same || op == "ne" && !same
	}
	switch op {
	case "startswith":
		return strings.HasPrefix(strings.ToLower(a.s), strings.ToLower(b.s))
	case "endswith":
		return strings.HasSuffix(strings.ToLower(a.s), strings.ToLower(b.s))
	case "contains":
		return strings.Contains(strings.ToLower(a.s), strings.ToLower(b.s))
	}
	d := order(a, b)
	switch op {
	case "eq":
		return d == 0
	case "ne":
		return d != 0
	case "gt":
		return d > 0
	case "ge":
		return d >= 0
	case "lt":
		return d < 0
	default:
		return d <= 0
	}
}

// order compares two values of a kind; null comes first.
func order(a, b value) int {
	switch {
	case a.kind == kindStamp && b.kind == kindStamp:
		return cmp.Compare(a.t, b.t)
	case a.kind == kindNumber && b.kind == kindNumber:
		return cmp.Compare(a.n, b.n)
	case a.kind == kindBool && b.kind == kindBool:
		return cmp.Compare(boolRank(a.b), boolRank(b.b))
	case a.kind == kindString && b.kind == kindStamp:
		return strings.Compare(a.s, strings.TrimSuffix(b.s, "Z"))
	case a.kind == kindNull || b.kind == kindNull:
		return cmp.Compare(boolRank(a.kind != kindNull), boolRank(b.kind != kindNull))
	default:
		return strings.Compare(strings.ToLower(a.s), strings.ToLower(b.s))
	}
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// leaves calls visit for each comparison, with the path of its property ("emailAddresses/*/address" inside a lambda), and for each "not".
func (n *node) leaves(visit func(op, path string, lit value) *apiError) *apiError {
	return n.visitLeaves("", "", visit)
}

func (n *node) visitLeaves(variable, prefix string, visit func(op, path string, lit value) *apiError) *apiError {
	if n == nil {
		return nil
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
		if n.op == "not" {
			if err := visit("not", "", value{}); err != nil {
				return err
			}
		}
		for _, a := range n.args {
			if err := a.visitLeaves(variable, prefix, visit); err != nil {
				return err
			}
		}
		return nil
	case "any", "all":
		if len(n.args) == 0 {
			return visit(n.op, full(n.path)+"/*", value{})
		}
		return n.args[0].visitLeaves(n.name, full(n.path), visit)
	case "in":
		return visit("in", full(n.args[0].path), n.args[1].lit)
	default:
		path := full(n.args[0].path)
		if n.args[0].op == "count" {
			path += "/$count"
		}
		return visit(n.op, path, n.args[1].lit)
	}
}

// sortItems orders items by $orderby, keeping their order where the keys are equal.
func sortItems[T any](items []T, keys []orderKey, get func(T) getter) {
	if len(keys) == 0 {
		return
	}
	slices.SortStableFunc(items, func(a, b T) int {
		ga, gb := get(a), get(b)
		for _, k := range keys {
			path := strings.ToLower(k.path)
			d := order(ga(path), gb(path))
			if k.descending {
				d = -d
			}
			if d != 0 {
				return d
			}
		}
		return 0
	})
}
