package msgraph

import (
	"context"
	"sync"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/sdk/pace"
	"github.com/gleis-dev/gleis/sdk/rest"
)

// asked is an item that was asked for by its id.
type asked struct {
	id   string
	resp *rest.Response
	err  error
}

// ask reads items by id, as many at a time as Graph allows for a mailbox, and returns them in order. It ends early when the mailbox itself is
// the trouble.
func (r *round) ask(ctx context.Context, ids []string) []asked {
	list := make([]asked, len(ids))
	var wg sync.WaitGroup
	sem := make(chan struct{}, pace.DefaultParallel)
	for i, id := range ids {
		list[i].id = id
		if list[i].err = checkID("id", id); list[i].err != nil {
			continue
		}
		sem <- struct{}{}
		wg.Go(func() {
			defer func() { <-sem }()
			list[i].resp, list[i].err = r.c.graph.get(ctx, r.box.id, r.itemPath(id), r.c.graph.prefer())
		})
	}
	wg.Wait()
	return list
}

// itemPath is where the item of that id lies.
func (r *round) itemPath(id string) string {
	switch r.req.Object {
	case objectTask:
		return r.path("/todo/lists/" + escape(r.cur.List) + "/tasks/" + escape(id))
	case objectContact:
		return r.path("/contacts/" + escape(id))
	}
	return r.path("/events/" + escape(id))
}

// confirm finds out what became of items that delta calls removed. That stands for deleted, but also for moved out of the window or made outside of it
// (microsoft-graph-docs issues 6599 and 10687): who is still there and overlaps the window is a record like any other; who lies outside
// has only left the list; who is gone, in a mailbox that answers, was deleted (Invariant 3); of the rest nothing is known.
func (r *round) confirm(ctx context.Context, ids []string, b *sdk.Batch, add func(*row) error) error {
	const atOnce = 50
	for ; len(ids) > 0; ids = ids[min(atOnce, len(ids)):] {
		gone, err := r.confirmSome(ctx, ids[:min(atOnce, len(ids))], b, add, true)
		if err != nil {
			return err
		}
		if err := r.deleted(ctx, gone, b); err != nil {
			return err
		}
		if err := r.breathe(b); err != nil {
			return err
		}
	}
	return nil
}

// confirmSome asks for items and returns the ids that Graph does not know. With windowed, items outside of the window are reported as
// missing from the list.
func (r *round) confirmSome(ctx context.Context, ids []string, b *sdk.Batch, add func(*row) error, windowed bool) (gone []string, err error) {
	for _, a := range r.ask(ctx, ids) {
		switch {
		case err != nil: // an earlier one ended it
		case a.err == nil:
			var p page
			var w *row
			if w, err = p.item(a.resp.Body); err != nil {
				b.Failed, err = append(b.Failed, sdk.Failure{Key: a.id, Partition: r.box.id, Err: err}), nil
				break
			}
			if windowed && !r.within(w) {
				b.Records = append(b.Records, r.bare(sdk.Missing, a.id))
				break
			}
			err = add(w)
		case itemGone(a.err):
			gone = append(gone, a.id)
		case stops(a.err):
			err = a.err
		case windowed:
			b.Records = append(b.Records, r.bare(sdk.Missing, a.id))
		default:
			b.Failed = append(b.Failed, sdk.Failure{Key: a.id, Partition: r.box.id, Err: a.err})
		}
		a.resp.Free()
	}
	return gone, err
}

// within reports whether an event that the window has lost overlaps it all the same. Of a series the window loses the last occurrence.
func (r *round) within(w *row) bool {
	if r.req.Object != objectEvent {
		return true
	}
	if string(w.kind) == kindSeries {
		return false
	}
	cfg := &r.c.cfg
	return r.win.holds(w.start.instant(cfg, w.allDay), w.end.instant(cfg, w.allDay))
}

// deleted reports ids that Graph does not know as deleted, if the mailbox answers now, after it has said so; else as missing.
func (r *round) deleted(ctx context.Context, gone []string, b *sdk.Batch) error {
	if len(gone) == 0 {
		return nil
	}
	op := sdk.Delete // Invariant 3: 404 ErrorItemNotFound, then proof that the mailbox answers
	if err := r.answers(ctx); err != nil {
		if mailboxGone(err) || sdk.KindOf(err) == sdk.Cancelled {
			return err
		}
		r.c.env.Log.Warn("a deletion is not confirmed: the mailbox does not answer", "object", r.req.Object, "partition", r.req.Partition, "error", err)
		op = sdk.Missing
	}
	for _, id := range gone {
		b.Records = append(b.Records, r.bare(op, id))
		if r.req.Object == objectEvent {
			b.Sets = append(b.Sets, sdk.Set{Parent: id}) // if it was a series, nothing of it is left
		}
	}
	return nil
}

// answers reads a little of the container the items lie in.
func (r *round) answers(ctx context.Context) error {
	path := query(r.path("/events"), "$top", "1", "$select", "id")
	switch r.req.Object {
	case objectTask:
		path = query(r.path("/todo/lists/"+escape(r.cur.List)+"/tasks"), "$top", "1")
	case objectContact:
		path = query(r.path("/contacts"), "$top", "1", "$select", "id")
	}
	resp, err := r.c.graph.get(ctx, r.box.id, path, r.c.graph.prefer())
	if err != nil {
		return err
	}
	defer resp.Free()
	var p page
	return p.parse(resp.Body)
}

// readKeys answers each key once: by its record, as deleted, as missing, or by a failure.
func (r *round) readKeys(ctx context.Context) error {
	if err := r.locate(ctx); err != nil {
		return err
	}
	const atOnce = 50
	for from := 0; from < len(r.req.Keys); from += atOnce {
		var b sdk.Batch
		r.arena = r.arena[:0]
		add := func(w *row) error { return r.addOne(ctx, w, &b) }
		gone, err := r.confirmSome(ctx, r.req.Keys[from:min(from+atOnce, len(r.req.Keys))], &b, add, false)
		if err == nil {
			err = r.deleted(ctx, gone, &b)
		}
		if err != nil {
			return err
		}
		b.Sets = nil // only keys were asked for
		b.Done = from+atOnce >= len(r.req.Keys)
		if err := r.hand(b); err != nil {
			return err
		}
	}
	return nil
}
