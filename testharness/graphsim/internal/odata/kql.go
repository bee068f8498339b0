package odata

import "strings"

// ParseKQL reads the form of messages and people: the Keyword Query Language inside double quotes, or a single word without them
// (microsoft-graph-docs, page "search-query-parameter"; Exchange, page "Keyword query language syntax reference"). Words and
// property restrictions without an operator between them must all match.
func ParseKQL(s string) (*Search, error) {
	inner := strings.TrimSpace(s)
	if strings.HasPrefix(inner, `"`) {
		text, n := readQuoted(inner)
		if n != len(inner) {
			return nil, newError("There is an unterminated string literal at position %d in '%s'.", len(s), s)
		}
		inner = text
	} else if i := strings.IndexFunc(inner, func(r rune) bool { return r < 0x80 && !isWord(byte(r)) && r != ' ' }); i >= 0 {
		return nil, newError("Syntax error: character '%s' is not valid at position %d in '%s'.", inner[i:i+1], i, s)
	}
	p := &searchParser{source: inner, implicit: "and", clause: kqlClause}
	return p.all(inner)
}

// kqlOperators are the ways a property is compared, longer ones first.
var kqlOperators = []string{"<>", "<=", ">=", "<", ">", "=", ":"}

// kqlClause reads word, wor*, "a phrase", property:word and property>=word.
func kqlClause(p *searchParser) (*Search, error) {
	t := Term{Operator: ":"}
	if i := strings.IndexAny(p.rest, " \t\"():<>="); i > 0 {
		for _, op := range kqlOperators {
			if strings.HasPrefix(p.rest[i:], op) {
				t.Property, t.Operator = strings.ToLower(p.rest[:i]), op
				p.rest = p.rest[i+len(op):]
				break
			}
		}
	}
	if strings.HasPrefix(p.rest, `"`) {
		text, n := readQuoted(p.rest)
		if n == 0 {
			return nil, newError("There is an unterminated string literal at position %d in '%s'.", len(p.source), p.source)
		}
		t.Text, p.rest = text, p.rest[n:]
	} else {
		n := strings.IndexAny(p.rest, " \t\"()")
		if n < 0 {
			n = len(p.rest)
		}
		t.Text, p.rest = p.rest[:n], p.rest[n:]
	}
	if text, ok := strings.CutSuffix(t.Text, "*"); ok {
		t.Text, t.Prefix = text, true
	}
	if t.Text == "" {
		return nil, newError("Syntax error at position %d in '%s'.", len(p.source)-len(p.rest), p.source)
	}
	return &Search{op: "term", term: t}, nil
}
