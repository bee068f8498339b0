package transform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/sdk"
)

// Lookup is a question of a query rule: the first record of an object that fits.
// Either Notation or Filter is set.
type Lookup struct {
	Connection string
	Object     string
	Notation   string   // field notation
	Filter     string   // the object's own filter syntax
	Fields     []string // nil: all
	Order      string
}

// Answer answers a Lookup. Without a hit Data is nil.
type Answer struct {
	Data []byte // the record found, one JSON object
	Err  error  // the question could not be answered: the records that need it fail
}

// Ask answers look-ups, one answer per look-up, in order. It takes the first hit
// of each and asks for no more than one record.
type Ask func(ctx context.Context, asked []Lookup) []Answer

// query is a compiled query rule.
type query struct {
	lookup   Lookup // without the filter
	notation []templatePair
	filter   process.Template
	prefix   string
	reads    []string // names of fields under prefix that the program reads
	names    []string // fields asked for; nil: all
}

type templatePair struct {
	name  string
	value process.Template
}

// query compiles a query rule.
func (c *compiler) query(r process.Rule, fail func(arg, hint string, err error)) *query {
	q := &query{prefix: r.Args["prefix"], names: r.List("fields")}
	q.lookup = Lookup{Connection: r.Args["connection"], Object: r.Args["object"], Order: r.Args["order"], Fields: q.names}
	filter := r.Args["filter"]
	if !process.IsNotation(filter) {
		t, err := process.ParseTemplate(filter)
		if err != nil {
			fail("filter", "write #path# for a value of the record and ## for #", err)
		}
		q.filter = t
		return q
	}
	n, err := sdk.ParseNotation(filter)
	if err != nil {
		fail("filter", "write name|:|value|;| for each pair", err)
		return q
	}
	for _, p := range n {
		t, err := process.ParseTemplate(p.Value)
		if err != nil {
			fail("filter", "write #path# for a value of the record and ## for #", err)
		}
		q.notation = append(q.notation, templatePair{p.Name, t})
	}
	return q
}

// queryReads notes, for each query rule, which of its fields are read anywhere:
// they are null where nothing is found. A field of the source itself is none.
func (c *compiler) queryReads(src *process.Shape) {
	fields, _ := src.Fields()
	for _, r := range c.rules {
		if r.query == nil {
			continue
		}
		for _, path := range c.reads {
			first, _, _ := strings.Cut(path, ".")
			name, ok := strings.CutPrefix(first, r.query.prefix)
			own := slices.ContainsFunc(fields, func(f sdk.Field) bool { return f.Name == first })
			if ok && name != "" && !own && !slices.Contains(r.query.reads, name) {
				r.query.reads = append(r.query.reads, name)
			}
		}
	}
}

// fill makes the question of one record. ok is false if a placeholder has no
// value: then there is nothing to look for, and nothing is asked.
func (q *query) fill(s *scanner, root *node) (l Lookup, ok bool, err error) {
	l = q.lookup
	if q.notation == nil {
		l.Filter, ok, err = fillFilter(s, root, q.filter)
		return l, ok, err
	}
	n := make(sdk.Notation, len(q.notation))
	for i, p := range q.notation {
		value, some, err := fill(s, root, p.value)
		if err != nil || !some {
			return l, false, err
		}
		n[i] = sdk.Pair{Name: p.name, Value: value}
	}
	// Format refuses a value that holds a separator: it could ask for something else.
	l.Notation, err = n.Format()
	return l, err == nil, err
}

// fill replaces placeholders. ok is false if one of them has no value.
func fill(s *scanner, root *node, t process.Template) (text string, ok bool, err error) {
	var b strings.Builder
	for _, p := range t {
		if p.Path == "" {
			b.WriteString(p.Text)
			continue
		}
		v, ok, err := scalar(s, root, p.Path)
		if err != nil || !ok {
			return "", false, err
		}
		b.WriteString(v)
	}
	return b.String(), true, nil
}

// fillFilter replaces placeholders in a filter of a syntax that only its system
// knows. Within single quotes a quote is doubled, as OData and SQL have it;
// outside, only values that are one word everywhere pass. Control characters pass
// nowhere.
func fillFilter(s *scanner, root *node, t process.Template) (text string, ok bool, err error) {
	var b strings.Builder
	quoted := false
	for _, p := range t {
		if p.Path == "" {
			b.WriteString(p.Text)
			quoted = quoted != (strings.Count(p.Text, "'")%2 == 1)
			continue
		}
		v, ok, err := scalar(s, root, p.Path)
		switch {
		case err != nil || !ok:
			return "", false, err
		case strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }):
			return "", false, fmt.Errorf("the value of #%s# holds a control character", p.Path)
		case quoted:
			v = strings.ReplaceAll(v, "'", "''")
		case strings.ContainsFunc(v, notWord):
			return "", false, fmt.Errorf("the value %s of #%s# stands outside quotes and is not one word", quote([]byte(v)), p.Path)
		}
		b.WriteString(v)
	}
	return b.String(), true, nil
}

func notWord(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("_.:+-", r)
}

// scalar returns a value as text. ok is false if it is missing, null or empty.
func scalar(s *scanner, root *node, path string) (value string, ok bool, err error) {
	c, err := root.cell(s, split(path))
	if err != nil || c.raw == nil || c.isNull() {
		return "", false, err
	}
	if c.wrong || c.raw[0] == '{' || c.raw[0] == '[' {
		return "", false, fmt.Errorf("#%s# is %s, not a text", path, shapeOf(c.raw))
	}
	b, err := text(c.raw)
	return string(b), len(b) > 0, err
}

// lookUp makes a query rule: all questions of the batch at once, each once.
func (w *work) lookUp(ctx context.Context, r *rule, states []state, ask Ask) {
	var todo []Lookup
	index := map[string]int{} // question: position in todo
	wanted := make([]string, len(states))
	found := map[string]Answer{}
	for i := range states {
		st := &states[i]
		if st.skip || st.err != nil {
			continue
		}
		l, ok, err := r.query.fill(w.scanner, &st.root)
		if err != nil {
			st.fail(r, err)
			continue
		}
		if !ok {
			continue
		}
		id := l.id()
		wanted[i] = id
		if _, twice := index[id]; twice {
			continue
		}
		if _, twice := found[id]; twice {
			continue
		}
		if a, kept := w.answers.get(id); kept {
			found[id] = a
			continue
		}
		index[id] = len(todo)
		todo = append(todo, l)
	}
	w.ask(ctx, todo, index, found, ask)
	for i := range states {
		if st := &states[i]; !st.skip && st.err == nil {
			a := found[wanted[i]]
			st.fail(r, firstErr(a.Err, r.query.put(w.scanner, &st.root, a.Data)))
		}
	}
}

// ask puts the answers of the questions todo into found.
func (w *work) ask(ctx context.Context, todo []Lookup, index map[string]int, found map[string]Answer, ask Ask) {
	if len(todo) == 0 {
		return
	}
	var answers []Answer
	err := errors.New("nobody answers look-ups here")
	if ask != nil {
		answers = ask(ctx, todo)
		err = fmt.Errorf("%d look-ups were answered with %d answers", len(todo), len(answers))
	}
	for id, i := range index {
		if len(answers) != len(todo) {
			found[id] = Answer{Err: &sdk.Error{Kind: sdk.Internal, Code: "lookup", Err: err}}
			continue
		}
		a := answers[i]
		if a.Err == nil && a.Data != nil && (len(a.Data) == 0 || a.Data[0] != '{') {
			a.Err = errors.New("the record found is not a JSON object")
		}
		if a.Err != nil {
			e := sdk.AsError(a.Err)
			a = Answer{Err: &sdk.Error{Kind: e.Kind, Code: "lookup", RetryAfter: e.RetryAfter, Err: fmt.Errorf("look-up in %s of %s: %w", todo[i].Object, todo[i].Connection, a.Err)}}
		} else {
			w.answers.put(id, a)
		}
		found[id] = a
	}
}

// put adds the fields of the record found under the prefix. Where nothing was
// found, those that were asked for or are read are null: that nobody fits is an
// answer, and clears what a target holds.
func (q *query) put(s *scanner, root *node, data []byte) error {
	if data == nil {
		for _, name := range append(append([]string{}, q.names...), q.reads...) {
			first, _, _ := strings.Cut(name, ".")
			if err := root.set(s, []string{q.prefix + first}, null); err != nil {
				return err
			}
		}
		return nil
	}
	var err error
	type member struct{ name, value []byte }
	var all []member
	if err := s.members(data, func(name, value []byte) { all = append(all, member{name, value}) }); err != nil {
		return fmt.Errorf("the record found: %w", err)
	}
	for _, m := range all {
		err = firstErr(err, root.set(s, []string{q.prefix + string(m.name)}, m.value))
	}
	return err
}

// id tells questions apart.
func (l *Lookup) id() string {
	return strings.Join(append([]string{l.Connection, l.Object, l.Notation, l.Filter, l.Order}, l.Fields...), "\x00")
}
