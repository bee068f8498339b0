package odata

import (
	"slices"
	"strings"
)

// Expr is a condition or a part of one.
//
//	and, or, not             args: conditions
//	eq ne gt ge lt le has    args: two operands
//	in                       args: an operand, then literals
//	any, all                 args: the collection (a path) and the condition; without condition: any item
//	lit                      lit
//	path, count              path, full, name, scope, as
//	a function's name        args: operands
type Expr struct {
	op    string
	args  []*Expr
	lit   Value
	scope int    // which item the path begins at: 0 the row, n the n-th lambda variable around
	path  string // below the scope, in lower case
	full  string // from the row, in lower case, "*" for the items of a lambda
	name  string // from the row, as written
	as    string // the simple type that cast makes of the property: "edm.int32"; it is the end of full and name too
}

// maxFilterDepth bounds the nesting of a filter, as the OData libraries do.
const maxFilterDepth = 100

// comparisons are the operators between two operands with their names in messages.
var comparisons = map[string]string{
	"eq": "Equal", "ne": "NotEqual", "gt": "GreaterThan", "ge": "GreaterThanOrEqual", "lt": "LessThan", "le": "LessThanOrEqual", "has": "Has",
}

// canonical are the functions of OData with their numbers of arguments. Graph offers the first three; the others are known for the
// service to refuse.
var canonical = map[string][]int{
	"startswith": {2}, "endswith": {2}, "contains": {2},
	"tolower": {1}, "toupper": {1}, "trim": {1}, "length": {1}, "indexof": {2}, "substring": {2, 3}, "concat": {2},
	"year": {1}, "month": {1}, "day": {1}, "hour": {1}, "minute": {1}, "second": {1}, "date": {1}, "time": {1}, "now": {0},
	"round": {1}, "floor": {1}, "ceiling": {1}, "isof": {1, 2}, "cast": {1, 2},
}

type filterParser struct {
	source string
	tokens []token
	at     int
	depth  int
	scopes []scope
}

// scope is a lambda variable: its name and the full path and name of the items it stands for.
type scope struct{ variable, full, name string }

// ParseFilter reads a $filter.
func ParseFilter(s string) (*Expr, error) {
	tokens, err := tokenize(s)
	if err != nil {
		return nil, err
	}
	p := &filterParser{source: s, tokens: tokens}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != 0 {
		return nil, newError("Syntax error at position %d in '%s'.", t.at, s)
	}
	if !n.isCondition() {
		return nil, newError("The $filter expression must evaluate to a single boolean value.")
	}
	return n, nil
}

// isCondition tells whether an expression may be true or false; a property may.
func (n *Expr) isCondition() bool {
	switch n.op {
	case "lit":
		return n.lit.Kind == KindBool
	case "count":
		return false
	case "and", "or", "not", "in", "any", "all", "path", "startswith", "endswith", "contains", "isof", "cast":
		return true
	default:
		return comparisons[n.op] != ""
	}
}

// typeName is the type of an expression in messages, "" when only the service knows it.
func (n *Expr) typeName() string {
	switch {
	case n.op == "lit":
		return n.lit.TypeName()
	case n.op == "count":
		return "Edm.Int64"
	case n.op == "path":
		return ""
	case n.isCondition():
		return "Edm.Boolean"
	default:
		return ""
	}
}

func (p *filterParser) peek() token { return p.tokens[p.at] }

func (p *filterParser) word(w string) bool {
	if t := p.peek(); t.kind == 'i' && strings.EqualFold(t.text, w) {
		p.at++
		return true
	}
	return false
}

func (p *filterParser) punct(ch byte) error {
	t := p.peek()
	if t.kind != ch {
		what := "'" + string(ch) + "'"
		if ch == ')' {
			what = "')' or operator"
		}
		return newError("%s expected at position %d in '%s'.", what, t.at, p.source)
	}
	p.at++
	return nil
}

func (p *filterParser) or() (*Expr, error) { return p.chain("or", "Or", p.and) }

func (p *filterParser) and() (*Expr, error) { return p.chain("and", "And", p.comparison) }

func (p *filterParser) chain(op, kind string, next func() (*Expr, error)) (*Expr, error) {
	left, err := next()
	for err == nil && p.word(op) {
		var right *Expr
		if right, err = next(); err != nil {
			break
		}
		if !left.isCondition() || !right.isCondition() {
			return nil, incompatible(left, right, kind)
		}
		left = &Expr{op: op, args: []*Expr{left, right}}
	}
	return left, err
}

func incompatible(left, right *Expr, kind string) error {
	known := func(n *Expr) string {
		if t := n.typeName(); t != "" {
			return t
		}
		return "Edm.Boolean"
	}
	return Incompatible(known(left), known(right), kind)
}

// Incompatible is the failure of an operator, by its name in messages ("Equal"), between operands of two types.
func Incompatible(left, right, kind string) error {
	return newError("A binary operator with incompatible types was detected. Found operand types '%s' and '%s' for operator kind '%s'.", left, right, kind)
}

// OperatorKind is the name of a comparison ("ge") in messages ("GreaterThanOrEqual"); "" of another word.
func OperatorKind(op string) string { return comparisons[op] }

func (p *filterParser) comparison() (*Expr, error) {
	if p.depth++; p.depth > maxFilterDepth {
		return nil, newError("Recursion depth exceeded allowed limit.")
	}
	defer func() { p.depth-- }()
	left, err := p.unary()
	if err != nil {
		return nil, err
	}
	op := strings.ToLower(p.peek().text)
	switch {
	case p.peek().kind != 'i':
		return left, nil
	case op == "in":
		p.at++
		list, err := p.list()
		return &Expr{op: "in", args: append([]*Expr{left}, list...)}, err
	case comparisons[op] == "":
		return left, nil
	}
	p.at++
	right, err := p.unary()
	if err != nil {
		return nil, err
	}
	if l, r := left.typeName(), right.typeName(); l == "Edm.Boolean" && r != "" && r != l && r != "null" {
		return nil, Incompatible(l, r, comparisons[op])
	}
	if left.op == "lit" && right.op != "lit" && op != "has" {
		return &Expr{op: mirrored(op), args: []*Expr{right, left}}, nil
	}
	return &Expr{op: op, args: []*Expr{left, right}}, nil
}

// mirrored is the operator with its operands exchanged.
func mirrored(op string) string {
	if i := slices.Index([]string{"gt", "lt", "ge", "le"}, op); i >= 0 {
		return []string{"lt", "gt", "le", "ge"}[i]
	}
	return op
}

func (p *filterParser) unary() (*Expr, error) {
	if p.depth++; p.depth > maxFilterDepth {
		return nil, newError("Recursion depth exceeded allowed limit.")
	}
	defer func() { p.depth-- }()
	if p.word("not") {
		arg, err := p.unary()
		if err != nil {
			return nil, err
		}
		if !arg.isCondition() {
			return nil, newError("A unary operator with an incompatible type was detected. Found operand type '%s' for operator kind 'Not'.", arg.typeName())
		}
		return &Expr{op: "not", args: []*Expr{arg}}, nil
	}
	if p.peek().kind == '(' {
		p.at++
		n, err := p.or()
		if err != nil {
			return nil, err
		}
		return n, p.punct(')')
	}
	return p.operand()
}

func (p *filterParser) operand() (*Expr, error) {
	v, ok, err := p.literal()
	if err != nil {
		return nil, err
	}
	if ok {
		return &Expr{op: "lit", lit: v}, nil
	}
	t := p.peek()
	if t.kind != 'i' {
		return nil, newError("Expression expected at position %d in '%s'.", t.at, p.source)
	}
	p.at++
	if p.peek().kind != '(' {
		return p.pathExpr(t)
	}
	p.at++
	lower := strings.ToLower(t.text)
	for _, op := range []string{"any", "all"} {
		if strings.HasSuffix(lower, "/"+op) {
			return p.lambda(token{kind: 'i', text: t.text[:len(t.text)-len("/any")], at: t.at}, op)
		}
	}
	return p.function(t.text, lower)
}
