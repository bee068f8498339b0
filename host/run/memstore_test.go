package run_test

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

// memStore is a run.Store without a disk. A commit takes place whole or, if fault
// says so, not at all; fault is asked before and after every change.
type memStore struct {
	fault     func(op string) error // nil: none
	positions map[run.Part]run.Position
	links     map[link.ID]link.Link
	holds     map[link.ID]run.Hold
	parked    map[run.Part]map[string]run.Parked
	journal   []run.Entry
	runs      []run.Sum
	commits   int // changes, without begin and end of runs
}

func newMemStore() *memStore {
	return &memStore{
		positions: map[run.Part]run.Position{}, links: map[link.ID]link.Link{}, holds: map[link.ID]run.Hold{},
		parked: map[run.Part]map[string]run.Parked{},
	}
}

var _ run.Store = (*memStore)(nil)

// change carries f out between two questions for a fault.
func (s *memStore) change(op string, f func()) error {
	if s.fault != nil {
		if err := s.fault(op); err != nil {
			return err
		}
	}
	f()
	s.commits++
	if s.fault != nil {
		return s.fault(op)
	}
	return nil
}

func (s *memStore) read() error {
	if s.fault != nil {
		return s.fault("")
	}
	return nil
}

func (s *memStore) Position(_ context.Context, p run.Part) (run.Position, error) {
	return s.positions[p], s.read()
}

func (s *memStore) Forget(_ context.Context, p run.Part) error {
	return s.change("forget", func() {
		if pos, ok := s.positions[p]; ok {
			pos.Cursor = nil
			s.positions[p] = pos
		}
	})
}

func (s *memStore) Positions(_ context.Context, process string) (map[string]run.Position, error) {
	out := map[string]run.Position{}
	for p, pos := range s.positions {
		if p.Process == process {
			out[p.Partition] = pos
		}
	}
	return out, s.read()
}

func (s *memStore) Links(_ context.Context, q run.LinkQuery) ([]link.Link, error) {
	var out []link.Link
	for _, process := range append([]string{q.Process}, q.Parallel...) {
		for _, k := range q.Keys {
			if l, ok := s.links[link.ID{Process: process, SourcePartition: q.Partition, SourceKey: k}]; ok {
				out = append(out, cloneLink(l))
			}
		}
	}
	if len(q.Reverse) == 0 {
		sortLinks(out)
		return out, s.read()
	}
	for id, l := range s.links {
		if slices.Contains(q.Reverse, id.Process) && l.TargetKey != "" && l.TargetAt == q.Partition && slices.Contains(q.Keys, l.TargetKey) {
			out = append(out, cloneLink(l))
		}
	}
	sortLinks(out)
	return out, s.read()
}

func (s *memStore) Select(_ context.Context, q run.Selection) ([]link.Link, error) {
	var out []link.Link
	for id, l := range s.links {
		if id.Process != q.Process || id.SourcePartition != q.Partition || id.SourceKey <= q.After ||
			len(q.States) > 0 && !slices.Contains(q.States, l.State) ||
			q.Unseen > 0 && l.Round >= q.Unseen ||
			q.Unknown && !l.Unknown || q.Suspect && !l.Suspect ||
			len(q.Parents) > 0 && (l.Parent == "" || !slices.Contains(q.Parents, l.Parent)) ||
			l.At != "" && (q.Reach[0] != "" && l.At < q.Reach[0] || q.Reach[1] != "" && l.At >= q.Reach[1]) {
			continue
		}
		out = append(out, cloneLink(l))
	}
	sortLinks(out)
	if q.Limit > 0 && len(out) > q.Limit {
		out = out[:q.Limit]
	}
	return out, s.read()
}

func (s *memStore) Count(_ context.Context, p run.Part) (n int, err error) {
	for id, l := range s.links {
		if id.Process == p.Process && id.SourcePartition == p.Partition && l.State == link.Active {
			n++
		}
	}
	return n, s.read()
}

func (s *memStore) Intend(_ context.Context, links []link.Link) error {
	return s.change("intend", func() {
		for _, l := range links {
			s.links[l.ID] = cloneLink(l)
		}
	})
}

func (s *memStore) Commit(_ context.Context, c run.Commit) error {
	return s.change("commit", func() {
		for _, id := range c.Forget {
			delete(s.links, id)
		}
		for _, l := range c.Links {
			s.links[l.ID] = cloneLink(l)
		}
		for _, id := range c.Unhold {
			delete(s.holds, id)
		}
		for _, h := range c.Hold {
			s.holds[h.ID] = h
		}
		if s.parked[c.Part] == nil {
			s.parked[c.Part] = map[string]run.Parked{}
		}
		for _, k := range c.Unpark {
			delete(s.parked[c.Part], k)
		}
		for _, x := range c.Park {
			s.parked[c.Part][x.Key] = x
		}
		s.journal = append(s.journal, c.Journal...)
		if c.Position != nil {
			pos := *c.Position
			pos.Cursor = bytes.Clone(pos.Cursor)
			s.positions[c.Part] = pos
		}
		for _, k := range c.Seen {
			id := link.ID{Process: c.Process, SourcePartition: c.Partition, SourceKey: k}
			if l, ok := s.links[id]; ok {
				l.Round = s.positions[c.Part].Round
				s.links[id] = l
			}
		}
	})
}

func (s *memStore) Holds(_ context.Context, process string) ([]run.Hold, error) {
	var out []run.Hold
	for id, h := range s.holds {
		if process == "" || id.Process == process {
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b run.Hold) int { return compareIDs(a.ID, b.ID) })
	return out, s.read()
}

func (s *memStore) Parked(_ context.Context, p run.Part, all bool) ([]run.Parked, error) {
	var out []run.Parked
	for part, recs := range s.parked {
		if part == p || all && part.Process == p.Process {
			for _, k := range slices.Sorted(maps.Keys(recs)) {
				out = append(out, recs[k])
			}
		}
	}
	slices.SortStableFunc(out, func(a, b run.Parked) int { return cmp.Compare(a.Partition, b.Partition) })
	return out, s.read()
}

func (s *memStore) SetHolds(_ context.Context, ids []link.ID, state run.HoldState) error {
	return s.change("holds", func() {
		for _, id := range ids {
			h, ok := s.holds[id]
			if !ok {
				continue
			}
			if h.State = state; state != "" {
				s.holds[id] = h
				continue
			}
			delete(s.holds, id)
			l := s.links[id]
			l.State, l.Suspect = link.Released, false
			s.links[id] = l
		}
	})
}

func (s *memStore) Begin(context.Context, string, time.Time) (int64, error) {
	if err := s.read(); err != nil {
		return 0, err
	}
	s.runs = append(s.runs, run.Sum{})
	return int64(len(s.runs)), nil
}

func (s *memStore) End(_ context.Context, number int64, _ time.Time, sum run.Sum) error {
	if err := s.read(); err != nil {
		return err
	}
	s.runs[number-1] = sum
	return nil
}

func (s *memStore) Journal(_ context.Context, process, key string, limit int) ([]run.Entry, error) {
	var out []run.Entry
	for _, e := range slices.Backward(s.journal) {
		if e.Process == process && (key == "" || e.SourceKey == key) && (limit == 0 || len(out) < limit) {
			out = append(out, e)
		}
	}
	return out, s.read()
}

func cloneLink(l link.Link) link.Link {
	l.Base = bytes.Clone(l.Base)
	return l
}

func sortLinks(links []link.Link) {
	slices.SortFunc(links, func(a, b link.Link) int { return compareIDs(a.ID, b.ID) })
}

func compareIDs(a, b link.ID) int {
	return cmp.Or(cmp.Compare(a.Process, b.Process), cmp.Compare(a.SourcePartition, b.SourcePartition), cmp.Compare(a.SourceKey, b.SourceKey), cmp.Compare(a.TargetPartition, b.TargetPartition))
}

// copying maps the fields of a source record onto those of the target.
func copying(fields map[string]string) run.MapperFunc {
	return func(_ context.Context, recs []sdk.Record) ([]run.Mapped, error) {
		out := make([]run.Mapped, len(recs))
		for i, r := range recs {
			var in map[string]any
			if err := r.Decode(&in); err != nil {
				out[i].Err = err
				continue
			}
			if in["drop"] != nil {
				out[i] = run.Mapped{Dropped: true, Reason: "where"}
				continue
			}
			to := map[string]any{}
			for t, s := range fields {
				to[t] = in[s]
			}
			out[i].Data, out[i].Err = sdk.Encode(to)
		}
		return out, nil
	}
}
