package transform

import (
	"context"

	"github.com/gleis-dev/gleis/sdk"
)

// Stage is what a record is after one part of its transformation.
type Stage struct {
	Name    string // "source", "rule 2 (html_to_text)", "where", "fields"
	Data    []byte // the record, or for "fields" the target fields, in canonical JSON; nil after an error
	Dropped bool   // the second filter leaves the record out here
	Err     error  // it failed here
}

// Trace transforms one record and says what it is after each part, up to the one
// that fails or leaves it out. The last stage agrees with Batch. It keeps no
// answers of look-ups and uses none that were kept.
func (p *Program) Trace(ctx context.Context, rec sdk.Record, ask Ask) []Stage {
	w := p.Fresh().work()
	defer w.end()
	states := make([]state, 1)
	st := &states[0]
	st.begin(w.scanner, &rec)
	var stages []Stage
	add := func(name string) bool {
		s := Stage{Name: name, Err: st.err}
		if st.err == nil && !st.skip {
			s.Data, st.err = appendCanonical(nil, st.root.value())
		}
		if s.Err = st.err; s.Err != nil {
			s.Data, s.Err = nil, p.failed(&rec, st.err)
		}
		stages = append(stages, s)
		return st.err == nil && !st.skip
	}
	if !add("source") {
		return stages
	}
	for _, r := range p.rules {
		w.step(ctx, r, states, ask)
		if !add(r.name) {
			return stages
		}
	}
	if p.where != nil {
		keep, err := p.where.holds(ctx, w.scanner, &st.root)
		st.err = err
		ok := add("where")
		stages[len(stages)-1].Dropped = ok && !keep
		if !ok || !keep {
			return stages
		}
	}
	s := Stage{Name: "fields"}
	if s.Data, s.Err = w.mapped(&st.root); s.Err != nil {
		s.Err = p.failed(&rec, s.Err)
	}
	return append(stages, s)
}
