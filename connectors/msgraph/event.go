package msgraph

import (
	"context"

	"github.com/gleis-dev/gleis/sdk"
)

// eventStep follows calendarView/delta of a mailbox's default calendar within a window.
type eventStep struct {
	known   seriesCache
	handled map[string]string // series listed in this round: id → etag
}

func (e *eventStep) first(_ context.Context, r *round) (string, error) {
	cfg := &r.c.cfg
	e.handled = nil
	r.cur.Day, r.cur.Shape = cfg.day(r.c.env.Now()), cfg.shape()
	r.cur.From, r.cur.To = instant(r.win.from), instant(r.win.to)
	return query(r.path("/calendarView/delta"), "startDateTime", r.cur.From, "endDateTime", r.cur.To), nil
}

// path is a path below the mailbox.
func (r *round) path(below string) string { return mailboxPath(r.box.id) + below }

func (e *eventStep) rows(ctx context.Context, r *round, b *sdk.Batch) error {
	rows := r.page.rows
	changed, err := e.learn(r, rows)
	if err != nil {
		return err
	}
	var removed []string
	for i := range rows {
		w := &rows[i]
		switch {
		case len(w.id) == 0:
			return sdk.Errorf(sdk.Unavailable, codeMalformed, "row %d of the page has no id", i)
		case w.removed:
			removed = append(removed, string(w.id))
		case changed[string(w.series)]: // comes with its series
		case changed[string(w.id)]:
			err = e.whole(ctx, r, w, b)
		default:
			if err = e.add(ctx, r, w, b); !r.cur.Full && string(w.kind) == kindSingle {
				b.Sets = append(b.Sets, sdk.Set{Parent: string(w.id)}) // it may have been a series: nothing of that is left
			}
		}
		if err == nil {
			err = r.breathe(b)
		}
		if err != nil {
			return err
		}
	}
	return r.confirm(ctx, removed, b, func(w *row) error { return e.add(ctx, r, w, b) })
}

// learn remembers the series of a page and says which of them have to be listed: in a round of changes those that were not listed yet as
// they are now. A full round lists all occurrences itself.
func (e *eventStep) learn(r *round, rows []row) (changed map[string]bool, err error) {
	for i := range rows {
		w := &rows[i]
		if w.removed || string(w.kind) != kindSeries {
			continue
		}
		s, err := e.newSeries(r, w)
		if err != nil {
			return nil, err
		}
		id := string(w.id)
		e.known.put(id, s)
		if etag, listed := e.handled[id]; r.cur.Full || listed && etag == s.etag {
			continue
		}
		if e.handled == nil {
			e.handled = map[string]string{}
		}
		if changed == nil {
			changed = map[string]bool{}
		}
		e.handled[id], changed[id] = s.etag, true
	}
	return changed, nil
}

// add makes the record of one event.
func (e *eventStep) add(ctx context.Context, r *round, w *row, b *sdk.Batch) error {
	kind := string(w.kind)
	partial := kind == kindException && !w.subject
	if kind == kindOccurrence || partial {
		s, err := e.seriesOf(ctx, r, string(w.series))
		if err != nil {
			if stops(err) {
				return err
			}
			b.Failed = append(b.Failed, sdk.Failure{Key: string(w.id), Partition: r.box.id, Err: err})
			return nil
		}
		if kind == kindOccurrence {
			b.Records = append(b.Records, r.occurrence(w, s))
			return nil
		}
		if len(w.organizer) == 0 && s.rule == release {
			b.Records = append(b.Records, r.bare(sdk.Release, string(w.id)))
			return nil
		}
		rule := s.rule
		data, err := r.filled(w, s, r.extras[rule])
		if err != nil {
			return err
		}
		b.Records = append(b.Records, r.record(w, string(w.etag)+" "+s.etag, r.c.cfg.at(w, r.win), data))
		return nil
	}
	v := r.judge(w)
	if v == release {
		b.Records = append(b.Records, r.bare(sdk.Release, string(w.id)))
		return nil
	}
	data := r.bytes(func(b []byte) []byte { return w.appendRow(b, r.extras[v], r.edits(w, v)) })
	b.Records = append(b.Records, r.record(w, string(w.etag), r.c.cfg.at(w, r.win), data))
	return nil
}

// whole makes the records of a series that has changed: the series, its occurrences and exceptions within the window, and the set of them. Delta does
// not report occurrences that were deleted (microsoft-graph-docs issue 5951), so the set says which there are.
func (e *eventStep) whole(ctx context.Context, r *round, w *row, b *sdk.Batch) error {
	id := string(w.id)
	if err := e.add(ctx, r, w, b); err != nil {
		return err
	}
	rule := e.known.byID[id]
	if rule != nil && rule.rule == release {
		return nil // none of its occurrences is kept here
	}
	set := sdk.Set{Parent: id}
	link := query(r.path("/events/"+escape(id)+"/instances"), "startDateTime", instant(r.win.from), "endDateTime", instant(r.win.to), "$top", "500")
	err := r.list(ctx, link, func(w *row) error {
		set.Keys = append(set.Keys, string(w.id))
		if err := e.add(ctx, r, w, b); err != nil {
			return err
		}
		return r.breathe(b)
	})
	switch {
	case err == nil:
		b.Sets = append(b.Sets, set)
	case r.emitErr != nil, stops(err):
		return err
	case !itemGone(err): // else it was deleted meanwhile: the next round says so
		b.Failed = append(b.Failed, sdk.Failure{Key: id, Partition: r.box.id, Err: err})
	}
	return nil
}

// list reads a listing beside the round to its end. The rows are valid during the call of f only; what f makes of them lies in the arena.
func (r *round) list(ctx context.Context, link string, f func(*row) error) error {
	var p page
	for pages := 0; link != ""; pages++ {
		if pages > 1000 {
			return &sdk.Error{Kind: sdk.Unavailable, Code: "endless_round", Err: errEndless}
		}
		resp, err := r.c.graph.get(ctx, r.box.id, link, r.c.graph.prefer())
		if err != nil {
			return err
		}
		if err := p.parse(resp.Body); err != nil {
			return err
		}
		for i := range p.rows {
			if err := f(&p.rows[i]); err != nil {
				return err
			}
		}
		resp.Free()
		if p.next == link {
			return &sdk.Error{Kind: sdk.Unavailable, Code: "endless_round", Err: errEndless}
		}
		link = p.next
	}
	return nil
}
