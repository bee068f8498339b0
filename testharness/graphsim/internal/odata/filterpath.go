package odata

import (
	"slices"
	"strings"
)

// pathExpr makes a path of an identifier, resolving lambda variables and "$it", the row itself.
func (p *filterParser) pathExpr(t token) (*Expr, error) {
	for s := range strings.SplitSeq(t.text, "/") {
		if s == "" {
			return nil, newError("Syntax error at position %d in '%s'.", t.at, p.source)
		}
	}
	first, rest, _ := strings.Cut(t.text, "/")
	n := &Expr{op: "path", path: t.text, full: t.text, name: t.text}
	for i := len(p.scopes) - 1; i >= 0; i-- {
		if s := p.scopes[i]; strings.EqualFold(s.variable, first) {
			n.scope, n.path, n.full, n.name = i+1, rest, strings.TrimSuffix(s.full+"/"+rest, "/"), strings.TrimSuffix(s.name+"/"+rest, "/")
			break
		}
	}
	if first == "$it" {
		n.path, n.full, n.name = rest, rest, rest
	}
	n.path, n.full = strings.ToLower(n.path), strings.ToLower(n.full)
	if _, ok := strings.CutSuffix(n.full, "/$count"); ok {
		n.op = "count"
		n.path = strings.TrimSuffix(strings.TrimSuffix(n.path, "$count"), "/")
	}
	return n, nil
}

// function reads the arguments of a function.
func (p *filterParser) function(name, lower string) (*Expr, error) {
	counts, ok := canonical[lower]
	if !ok {
		return nil, newError("An unknown function with name '%s' was found. This may also be a function import or a key lookup on a navigation property, which is not allowed.", name)
	}
	n := &Expr{op: lower}
	for p.peek().kind != ')' {
		if len(n.args) > 0 {
			if p.peek().kind != ',' {
				return nil, newError("')' or ',' expected at position %d in '%s'.", p.peek().at, p.source)
			}
			p.at++
		}
		arg, err := p.unary()
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, arg)
	}
	p.at++
	if !slices.Contains(counts, len(n.args)) {
		return nil, newError("No function signature for the function with name '%s' matches the specified arguments.", name)
	}
	if lower == "cast" && len(n.args) == 2 && n.args[0].op == "path" && n.args[0].as == "" && strings.HasPrefix(n.args[1].full, "edm.") {
		of, to := *n.args[0], n.args[1]
		of.as, of.full, of.name = to.full, of.full+"/"+to.full, of.name+"/"+to.name
		return &of, nil
	}
	if slices.Contains([]string{"startswith", "endswith", "contains"}, lower) {
		for _, a := range n.args {
			if t := a.typeName(); t != "" && t != "Edm.String" && t != "null" {
				return nil, newError("No function signature for the function with name '%s' matches the specified arguments. The function signatures considered are: %s(Edm.String Nullable=true, Edm.String Nullable=true).", name, lower)
			}
		}
	}
	return n, nil
}

// lambda reads "variable:condition)" or ")" after "collection/any(".
func (p *filterParser) lambda(t token, op string) (*Expr, error) {
	coll, err := p.pathExpr(t)
	if err != nil {
		return nil, err
	}
	n := &Expr{op: op, args: []*Expr{coll}}
	if p.peek().kind == ')' && op == "any" {
		p.at++
		return n, nil
	}
	v := p.peek()
	if v.kind != 'i' || strings.Contains(v.text, "/") {
		return nil, newError("Expression expected at position %d in '%s'.", v.at, p.source)
	}
	p.at++
	if err := p.punct(':'); err != nil {
		return nil, err
	}
	p.scopes = append(p.scopes, scope{variable: v.text, full: coll.full + "/*", name: coll.name + "/*"})
	cond, err := p.or()
	p.scopes = p.scopes[:len(p.scopes)-1]
	if err != nil {
		return nil, err
	}
	if !cond.isCondition() {
		return nil, newError("The Any/All query expression must evaluate to a single boolean value.")
	}
	n.args = append(n.args, cond)
	return n, p.punct(')')
}

// list reads the literals after "in".
func (p *filterParser) list() ([]*Expr, error) {
	if err := p.punct('('); err != nil {
		return nil, err
	}
	var out []*Expr
	for {
		v, ok, err := p.literal()
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, newError("Expression expected at position %d in '%s'.", p.peek().at, p.source)
		}
		out = append(out, &Expr{op: "lit", lit: v})
		if p.peek().kind != ',' {
			return out, p.punct(')')
		}
		p.at++
	}
}
