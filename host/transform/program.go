package transform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/sdk"
)

// Program is the compiled transformation of a process: its rules, second filter
// and mapping. It is safe for concurrent use. It keeps the answers of look-ups, so
// that one Program, or what Fresh returns, belongs to one run.
type Program struct {
	process string
	object  string // of the source
	rules   []*rule
	where   *where
	maps    []mapping
	out     *output
	paths   *trie // of the mappings
	slots   int
	asks    bool // there is a query rule
	*machinery
	answers *cache
}

// machinery is what runs of a program share.
type machinery struct {
	zones    zones
	scanners scanners
}

// Result is what became of one record.
type Result struct {
	// Data is the canonical JSON (sorted names, no blanks) of the mapped target
	// fields; nil for a record that is not an Upsert, which passes as it is.
	Data    []byte
	Dropped bool   // the second filter leaves the record out
	Reason  string // stable code, with Dropped
	Err     error  // an *sdk.Error: the record cannot be transformed; the others can
}

// ReasonWhere is the reason of a record that the second filter leaves out.
const ReasonWhere = "where"

// Compile makes a program of p. src and dst are the objects of its ends; nil
// stands for one of which nothing is known, whose fields are then judged by their
// values. The error is process.Problems: everything that can be wrong without a
// record.
func Compile(p *process.Process, src, dst *sdk.Object) (*Program, error) {
	c := compiler{process: p, Program: &Program{process: p.Name, object: p.Source.Object, machinery: &machinery{}, answers: newCache()}}
	if err := p.CheckObjects(src, dst); err != nil && !errors.As(err, &c.problems) {
		return nil, err
	}
	// What follows takes an unknown field for one of which nothing is known, so
	// that everything that is wrong is said at once.
	shape := process.ShapeOf(src)
	for i, r := range p.Rules {
		c.rule(i, r, shape)
		shape = shape.After(r)
	}
	c.filter(shape)
	c.mappings(shape, process.ShapeOf(dst))
	c.queryReads(process.ShapeOf(src))
	if err := c.problems.Err(); err != nil {
		return nil, err
	}
	return c.Program, nil
}

// Fresh returns the program without the answers it keeps, for another run.
func (p *Program) Fresh() *Program {
	q := *p
	q.answers = newCache()
	return &q
}

type compiler struct {
	*Program
	process  *process.Process
	problems process.Problems
	reads    []string // paths that rules and mappings read
}

// fail reports a problem at a key of the process.
func (c *compiler) fail(hint string, err error, key ...string) {
	c.problems = append(c.problems, process.Problem{
		Pos: c.process.Places.At(key...), Key: strings.Join(append([]string{"processes", c.process.Name}, key...), "."), Text: err.Error(), Hint: hint,
	})
}

// mappings compiles the field mapping, from the shape of the records after the
// rules to that of the target.
func (c *compiler) mappings(from, to *process.Shape) {
	c.paths = newTrie()
	var targets []string
	for _, m := range c.process.Fields {
		f, _ := from.Find(m.Source) // checked before
		t, _ := to.Find(m.Target)
		x := mapping{target: m.Target, source: m.Source, path: strings.Split(m.Source, ".")}
		if f != nil && f.Type == sdk.TypeLocalTime && f.Zone != "" {
			x.zone = append(append([]string{}, x.path[:len(x.path)-1]...), f.Zone)
		}
		convert, err := c.converterFor(f, t, x.zone != nil)
		if err != nil {
			hint := ""
			var m *mismatch
			if errors.As(err, &m) {
				hint = m.hint()
			}
			c.fail(hint, err, "fields", x.target)
		}
		x.convert = convert
		x.slot = c.slot(m.Source)
		if x.zone != nil {
			x.zoneSlot = c.slot(strings.Join(x.zone, "."))
		}
		c.reads = append(c.reads, m.Source)
		c.maps = append(c.maps, x)
		targets = append(targets, m.Target)
	}
	out, err := newOutput(targets)
	if err != nil {
		c.fail("map the whole or its parts", err, "fields")
	}
	c.out = out
}

func (c *compiler) slot(path string) int {
	slot := c.paths.add(path, c.slots)
	if slot == c.slots {
		c.slots++
	}
	return slot
}

// Batch transforms records. It returns one result per record, in order. ask is
// called once for each query rule that has something to look up, with distinct
// questions; it may be nil for a program without query rules. recs and their data
// are not kept or changed.
func (p *Program) Batch(ctx context.Context, recs []sdk.Record, ask Ask) []Result {
	w := p.work()
	defer w.end()
	if len(p.rules) == 0 && p.where == nil {
		return w.plain(recs)
	}
	out := make([]Result, len(recs))
	if p.asks {
		w.run(ctx, recs, out, ask)
		return out
	}
	for i := range recs { // one at a time: what was opened for one serves the next
		w.run(ctx, recs[i:i+1], out[i:i+1], nil)
		w.reset()
	}
	return out
}

// run takes records through rules, filter and mapping.
func (w *work) run(ctx context.Context, recs []sdk.Record, out []Result, ask Ask) {
	states := w.states(len(recs))
	for i := range recs {
		states[i].begin(w.scanner, &recs[i])
	}
	for _, r := range w.rules {
		w.step(ctx, r, states, ask)
	}
	for i := range states {
		st := &states[i]
		if st.skip {
			continue
		}
		keep := true
		if st.err == nil && w.where != nil {
			keep, st.err = w.where.holds(ctx, w.scanner, &st.root)
		}
		if st.err == nil && keep {
			out[i].Data, st.err = w.mapped(&st.root)
		}
		switch {
		case st.err != nil:
			out[i].Err = w.failed(&recs[i], st.err)
		case !keep:
			out[i].Dropped, out[i].Reason = true, ReasonWhere
		}
	}
}

// work is what one batch needs; it is used by one goroutine.
type work struct {
	*Program
	*scanner
	cells   []cell
	scratch []byte
	one     [1]state
}

// states returns n fresh states, valid until the next call.
func (w *work) states(n int) []state {
	if n > 1 {
		return make([]state, n)
	}
	w.one[0] = state{}
	return w.one[:n]
}

func (p *Program) work() *work {
	return &work{Program: p, scanner: p.scanners.get(), cells: make([]cell, p.slots)}
}

func (w *work) end() { w.scanners.put(w.scanner) }

// state is a record on its way through the rules.
type state struct {
	root node
	skip bool // not an upsert: it passes as it is
	err  error
}

// begin opens the record, which checks it as a whole.
func (st *state) begin(s *scanner, r *sdk.Record) {
	if r.Op != sdk.Upsert {
		st.skip = true
		return
	}
	st.root.raw = bytes.TrimLeft(r.Data, " \t\r\n")
	if len(st.root.raw) == 0 || st.root.raw[0] != '{' {
		st.err = errors.New("the record is not a JSON object")
		return
	}
	st.err = notJSON(st.root.enter(s))
}

// plain maps records that no rule and no filter changes, by one scan of each.
func (w *work) plain(recs []sdk.Record) []Result {
	out := make([]Result, len(recs))
	cells := func(i int) (value, zone cell) {
		m := &w.maps[i]
		if m.zone != nil {
			zone = w.cells[m.zoneSlot]
		}
		return w.cells[m.slot], zone
	}
	for i := range recs {
		if recs[i].Op != sdk.Upsert {
			continue
		}
		err := w.scan(recs[i].Data, w.paths, w.cells)
		if err == nil {
			w.scratch, _, err = w.out.append(w.scratch[:0], w.maps, cells)
		}
		if err != nil {
			out[i].Err = w.failed(&recs[i], err)
			continue
		}
		out[i].Data = bytes.Clone(w.scratch)
	}
	return out
}

// mapped maps a record that rules may have changed.
func (w *work) mapped(root *node) ([]byte, error) {
	var broken error
	take := func(path []string) cell {
		c, err := root.cell(w.scanner, path)
		if err != nil && broken == nil {
			broken = err
		}
		return c
	}
	cells := func(i int) (value, zone cell) {
		m := &w.maps[i]
		if m.zone != nil {
			zone = take(m.zone)
		}
		return take(m.path), zone
	}
	var err error
	w.scratch, _, err = w.out.append(w.scratch[:0], w.maps, cells)
	if err = firstErr(broken, err); err != nil {
		return nil, err
	}
	return bytes.Clone(w.scratch), nil
}

// firstErr returns the first error there is.
func firstErr(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// failed makes err an error of a record.
func (p *Program) failed(r *sdk.Record, err error) error {
	out := sdk.Error{Kind: sdk.Invalid, Code: "transform", Err: err}
	var e *sdk.Error
	if errors.As(err, &e) {
		out = *e
	}
	out.Op, out.Object, out.Key, out.Partition = "transform", p.object, r.Key, r.Partition
	return &out
}

// scanners are kept between batches.
type scanners struct{ pool sync.Pool }

func (s *scanners) get() *scanner {
	if x, ok := s.pool.Get().(*scanner); ok {
		return x
	}
	return newScanner()
}

func (s *scanners) put(x *scanner) {
	x.reset()
	s.pool.Put(x)
}

// rule is a compiled rule: one that changes a record by itself, or a query.
type rule struct {
	name  string // for messages: rule 2 (html_to_text)
	apply func(s *scanner, root *node) error
	query *query
}

// step applies a rule to all records that have no error yet.
func (w *work) step(ctx context.Context, r *rule, states []state, ask Ask) {
	if r.query != nil {
		w.lookUp(ctx, r, states, ask)
		return
	}
	for i := range states {
		if st := &states[i]; !st.skip && st.err == nil {
			st.fail(r, r.apply(w.scanner, &st.root))
		}
	}
}

// fail keeps the error of a rule.
func (st *state) fail(r *rule, err error) {
	if err == nil {
		return
	}
	out := sdk.Error{Kind: sdk.Invalid, Code: "rule"}
	var e *sdk.Error
	if errors.As(err, &e) {
		out = *e
	}
	out.Err = fmt.Errorf("%s: %w", r.name, err)
	st.err = &out
}

// rule compiles one rule; shape is that of the records before it.
func (c *compiler) rule(i int, r process.Rule, shape *process.Shape) {
	out := &rule{name: fmt.Sprintf("rule %d (%s)", i+1, r.Kind)}
	kind, _ := process.KindNamed(r.Kind)
	for _, a := range kind.Args {
		switch a.Form {
		case process.FormPath:
			c.reads = append(c.reads, r.Args[a.Name])
		case process.FormTemplate:
			t, _ := process.ParseTemplate(r.Args[a.Name]) // reported by the rule itself
			c.reads = append(c.reads, t.Paths()...)
		}
	}
	fail := func(arg, hint string, err error) { c.fail(hint, err, "rules", strconv.Itoa(i), r.Kind, arg) }
	switch r.Kind {
	case "constant":
		out.apply = constant(r)
	case "rename":
		out.apply = rename(r)
	case "html_to_text":
		out.apply = htmlToText(r)
	case "time_zone":
		out.apply = c.timeZone(r, shape, fail)
	case "query":
		out.query, c.asks = c.query(r, fail), true
	default:
		c.fail("", fmt.Errorf("unknown rule %q", r.Kind), "rules", strconv.Itoa(i))
	}
	c.rules = append(c.rules, out)
}
