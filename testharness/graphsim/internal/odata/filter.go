package odata

import (
	"strconv"
	"strings"
)

// Expr is a part of a parsed $filter.
//
//	and, or, not         args
//	eq ne gt ge lt le    args[0] a path or count, args[1] a literal
//	in                   args[0] a path, the rest literals
//	startswith endswith contains   args[0] a path, args[1] a literal
//	any, all             path of the collection, name of the variable, args[0] the condition (none: any item)
//	path, count          path
//	lit                  lit
type Expr struct {
	op   string
	path string
	name string
	lit  Value
	args []*Expr
}

func invalidFilter(format string, args ...any) error {
	return newError("Invalid filter clause: "+format, args...)
}

// maxFilterDepth bounds the nesting of a filter, as the OData libraries do.
const maxFilterDepth = 100

type filterParser struct {
	tokens []token
	at     int
	depth  int
}

type token struct {
	kind byte // 'i' identifier or path, 's' string, 'n' number or date, or the punctuation itself
	text string
}

// ParseFilter reads a $filter.
func ParseFilter(s string) (*Expr, error) {
	tokens, err := tokenize(s)
	if err != nil {
		return nil, err
	}
	p := &filterParser{tokens: tokens}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.at < len(p.tokens) {
		return nil, invalidFilter("Syntax error at '%s'.", p.tokens[p.at].text)
	}
	return n, nil
}

func tokenize(s string) ([]token, error) {
	var out []token
	for i := 0; i < len(s); {
		ch := s[i]
		switch {
		case ch == ' ' || ch == '\t':
			i++
		case strings.IndexByte("(),:", ch) >= 0:
			out = append(out, token{kind: ch, text: string(ch)})
			i++
		case ch == '\'':
			text, n := readString(s[i:])
			if n == 0 {
				return nil, invalidFilter("There is an unterminated string literal at position %d.", i)
			}
			out = append(out, token{kind: 's', text: text})
			i += n
		default:
			stop := " \t(),:'"
			kind := byte('i')
			if ch >= '0' && ch <= '9' || ch == '-' {
				stop, kind = " \t(),'", 'n'
			}
			n := strings.IndexAny(s[i:], stop)
			if n < 0 {
				n = len(s) - i
			}
			out = append(out, token{kind: kind, text: s[i : i+n]})
			i += n
		}
	}
	return out, nil
}

// readString reads a literal in quotes, a doubled quote being one; n is zero when it does not end.
func readString(s string) (text string, n int) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1
	}
	return "", 0
}

func (p *filterParser) peek() token {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return token{}
}

func (p *filterParser) word(w string) bool {
	if t := p.peek(); t.kind == 'i' && strings.EqualFold(t.text, w) {
		p.at++
		return true
	}
	return false
}

func (p *filterParser) punct(ch byte) error {
	if p.peek().kind != ch {
		return invalidFilter("'%c' expected at '%s'.", ch, p.peek().text)
	}
	p.at++
	return nil
}

func (p *filterParser) or() (*Expr, error) { return p.chain("or", p.and) }

func (p *filterParser) and() (*Expr, error) { return p.chain("and", p.unary) }

func (p *filterParser) chain(op string, next func() (*Expr, error)) (*Expr, error) {
	left, err := next()
	for err == nil && p.word(op) {
		var right *Expr
		if right, err = next(); err == nil {
			left = &Expr{op: op, args: []*Expr{left, right}}
		}
	}
	return left, err
}

func (p *filterParser) unary() (*Expr, error) {
	if p.depth++; p.depth > maxFilterDepth {
		return nil, invalidFilter("The recursion limit has been exceeded.")
	}
	defer func() { p.depth-- }()
	if p.word("not") {
		arg, err := p.unary()
		return &Expr{op: "not", args: []*Expr{arg}}, err
	}
	if p.peek().kind == '(' {
		p.at++
		n, err := p.or()
		if err != nil {
			return nil, err
		}
		return n, p.punct(')')
	}
	return p.comparison()
}

func (p *filterParser) comparison() (*Expr, error) {
	t := p.peek()
	if t.kind != 'i' {
		return nil, invalidFilter("A property was expected at '%s'.", t.text)
	}
	p.at++
	if p.peek().kind == '(' {
		return p.call(t.text)
	}
	left := &Expr{op: "path", path: t.text}
	if coll, ok := strings.CutSuffix(t.text, "/$count"); ok {
		left = &Expr{op: "count", path: coll}
	}
	op := strings.ToLower(p.peek().text)
	switch op {
	case "eq", "ne", "gt", "ge", "lt", "le":
		p.at++
		right, err := p.literal()
		return &Expr{op: op, args: []*Expr{left, right}}, err
	case "in":
		p.at++
		list, err := p.list()
		return &Expr{op: "in", args: append([]*Expr{left}, list...)}, err
	}
	if p.peek().kind == 0 || p.peek().kind == ')' || op == "and" || op == "or" {
		return &Expr{op: "eq", args: []*Expr{left, {op: "lit", lit: Value{Kind: KindBool, B: true}}}}, nil
	}
	return nil, invalidFilter("Syntax error at '%s'.", p.peek().text)
}

// call reads a function or a lambda.
func (p *filterParser) call(name string) (*Expr, error) {
	p.at++
	lower := strings.ToLower(name)
	for _, op := range []string{"any", "all"} {
		if strings.HasSuffix(lower, "/"+op) {
			return p.lambda(name[:len(name)-len("/any")], op)
		}
	}
	switch lower {
	case "startswith", "endswith", "contains":
	default:
		return nil, invalidFilter("An unknown function with name '%s' was found.", name)
	}
	t := p.peek()
	if t.kind != 'i' {
		return nil, invalidFilter("A property was expected at '%s'.", t.text)
	}
	p.at++
	if err := p.punct(','); err != nil {
		return nil, err
	}
	lit, err := p.literal()
	if err != nil {
		return nil, err
	}
	n := &Expr{op: lower, args: []*Expr{{op: "path", path: t.text}, lit}}
	if err := p.punct(')'); err != nil {
		return nil, err
	}
	if p.word("eq") {
		lit, err := p.literal()
		if err != nil || lit.lit.Kind != KindBool {
			return nil, invalidFilter("A boolean was expected.")
		}
		if !lit.lit.B {
			n = &Expr{op: "not", args: []*Expr{n}}
		}
	}
	return n, nil
}

func (p *filterParser) lambda(coll, op string) (*Expr, error) {
	n := &Expr{op: op, path: coll}
	if p.peek().kind == ')' {
		p.at++
		return n, nil
	}
	n.name = p.peek().text
	p.at++
	if err := p.punct(':'); err != nil {
		return nil, err
	}
	cond, err := p.or()
	if err != nil {
		return nil, err
	}
	n.args = []*Expr{cond}
	return n, p.punct(')')
}

func (p *filterParser) list() ([]*Expr, error) {
	if err := p.punct('('); err != nil {
		return nil, err
	}
	var out []*Expr
	for {
		lit, err := p.literal()
		if err != nil {
			return nil, err
		}
		out = append(out, lit)
		if p.peek().kind != ',' {
			return out, p.punct(')')
		}
		p.at++
	}
}

func (p *filterParser) literal() (*Expr, error) {
	t := p.peek()
	p.at++
	var v Value
	switch {
	case t.kind == 's':
		v = Value{Kind: KindString, S: t.text}
	case t.kind == 'i' && strings.EqualFold(t.text, "true"), t.kind == 'i' && strings.EqualFold(t.text, "false"):
		v = Value{Kind: KindBool, B: strings.EqualFold(t.text, "true")}
	case t.kind == 'i' && strings.EqualFold(t.text, "null"):
		v = Value{Kind: KindNull}
	case t.kind == 'n' || t.kind == 'i':
		var ok bool
		if v, ok = bareLiteral(t.text); !ok {
			return nil, invalidFilter("Unrecognized literal '%s'.", t.text)
		}
	default:
		return nil, invalidFilter("A literal was expected at '%s'.", t.text)
	}
	return &Expr{op: "lit", lit: v}, nil
}

// bareLiteral reads a number, a date-time or a GUID.
func bareLiteral(s string) (Value, bool) {
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return Value{Kind: KindNumber, N: n, S: s}, true
	}
	if len(s) >= 10 && s[4] == '-' {
		if ticks, ok := ParseStamp(s); ok {
			return Value{Kind: KindStamp, T: ticks, S: s}, true
		}
	}
	if len(s) == 36 && strings.Count(s, "-") == 4 {
		return Value{Kind: KindString, S: s}, true
	}
	return Value{}, false
}
