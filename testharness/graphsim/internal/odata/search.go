package odata

import (
	"strings"
	"unicode"
)

// Search is a parsed $search.
type Search struct {
	op   string // "and", "or", "not" of args, or "term"
	args []*Search
	term Term
}

// Term is what a search looks for.
type Term struct {
	Property string // in lower case; "": the service's default properties
	Operator string // ":" unless KQL compares: "=", "<>", "<", "<=", ">", ">="
	Text     string // without quotes and asterisk
	Prefix   bool   // KQL: words may go on after Text
}

// Matches tells whether an item meets the search, asking holds for each term that matters. A nil search matches.
func (s *Search) Matches(holds func(Term) bool) bool {
	switch {
	case s == nil:
		return true
	case s.op == "and":
		return s.args[0].Matches(holds) && s.args[1].Matches(holds)
	case s.op == "or":
		return s.args[0].Matches(holds) || s.args[1].Matches(holds)
	case s.op == "not":
		return !s.args[0].Matches(holds)
	default:
		return holds(s.term)
	}
}

// Terms lists the terms from left to right.
func (s *Search) Terms() []Term {
	switch {
	case s == nil:
		return nil
	case s.op == "term":
		return []Term{s.term}
	}
	var out []Term
	for _, a := range s.args {
		out = append(out, a.Terms()...)
	}
	return out
}

// In tells whether a text has the term's words next to each other, without regard to case; with Prefix the last one may go on.
func (t Term) In(text string) bool {
	words, wanted := Words(text), Words(t.Text)
	if len(wanted) == 0 {
		return false
	}
	for i := 0; i+len(wanted) <= len(words); i++ {
		if matchesAt(words[i:], wanted, t.Prefix) {
			return true
		}
	}
	return false
}

func matchesAt(words, wanted []string, prefix bool) bool {
	for i, w := range wanted {
		if words[i] != w && !(prefix && i == len(wanted)-1 && strings.HasPrefix(words[i], w)) {
			return false
		}
	}
	return true
}

// Words are the runs of letters and digits of a text, in lower case.
func Words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// ParseSearch reads the directory's form: clauses in double quotes, each "property:text", joined by AND, OR and NOT in capitals and grouped
// by parentheses (microsoft-graph-docs, page "search-query-parameter", "Using $search on directory object collections").
func ParseSearch(s string) (*Search, error) {
	p := &searchParser{source: s, clause: directoryClause}
	return p.all(s)
}

func directoryClause(p *searchParser) (*Search, error) {
	if p.rest[0] != '"' {
		return nil, newError("Syntax error: character '%s' is not valid at position %d in '%s'.", p.rest[:1], len(p.source)-len(p.rest), p.source)
	}
	text, n := readQuoted(p.rest)
	if n == 0 {
		return nil, newError("There is an unterminated string literal at position %d in '%s'.", len(p.source), p.source)
	}
	p.rest = p.rest[n:]
	property, value, ok := strings.Cut(text, ":")
	if !ok {
		property, value = "", text
	}
	return &Search{op: "term", term: Term{Property: strings.ToLower(strings.TrimSpace(property)), Operator: ":", Text: strings.TrimSpace(value)}}, nil
}

// readQuoted reads a text in double quotes, a backslash before one making it part of the text; n is zero when it does not end.
func readQuoted(s string) (text string, n int) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), i + 1
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 0
}

// searchParser reads clauses joined by AND, OR and NOT.
type searchParser struct {
	source, rest string
	depth        int
	implicit     string // what joins two clauses without a word between them; "": nothing may
	clause       func(*searchParser) (*Search, error)
}

func (p *searchParser) all(s string) (*Search, error) {
	p.rest = s
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.space(); p.rest != "" {
		return nil, newError("Syntax error at position %d in '%s'.", len(p.source)-len(p.rest), p.source)
	}
	return n, nil
}

func (p *searchParser) space() { p.rest = strings.TrimLeft(p.rest, " \t") }

// word takes a word in capitals that stands alone.
func (p *searchParser) word(w string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, w)
	if !ok || rest != "" && !strings.ContainsRune(" \t\"(", rune(rest[0])) {
		return false
	}
	p.rest = rest
	return true
}

func (p *searchParser) or() (*Search, error) {
	left, err := p.and()
	for err == nil && p.word("OR") {
		var right *Search
		if right, err = p.and(); err == nil {
			left = &Search{op: "or", args: []*Search{left, right}}
		}
	}
	return left, err
}

func (p *searchParser) and() (*Search, error) {
	left, err := p.unary()
	for err == nil && (p.word("AND") || p.implicit != "" && p.more()) {
		var right *Search
		if right, err = p.unary(); err == nil {
			left = &Search{op: "and", args: []*Search{left, right}}
		}
	}
	return left, err
}

// more tells that a clause follows.
func (p *searchParser) more() bool {
	p.space()
	if p.rest == "" || p.rest[0] == ')' {
		return false
	}
	ahead := *p
	return !ahead.word("OR")
}

func (p *searchParser) unary() (*Search, error) {
	if p.depth++; p.depth > maxFilterDepth {
		return nil, newError("Recursion depth exceeded allowed limit.")
	}
	defer func() { p.depth-- }()
	if p.word("NOT") {
		arg, err := p.unary()
		return &Search{op: "not", args: []*Search{arg}}, err
	}
	p.space()
	switch {
	case p.rest == "":
		return nil, newError("Expression expected at position %d in '%s'.", len(p.source), p.source)
	case p.rest[0] != '(':
		return p.clause(p)
	}
	p.rest = p.rest[1:]
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	p.space()
	if !strings.HasPrefix(p.rest, ")") {
		return nil, newError("')' or operator expected at position %d in '%s'.", len(p.source)-len(p.rest), p.source)
	}
	p.rest = p.rest[1:]
	return n, nil
}
