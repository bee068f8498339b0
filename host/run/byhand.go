package run

import (
	"context"
	"fmt"
	"slices"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/sdk"
)

// strangers leaves out, of the keys that a person gave, those that this partition
// does not know: neither its source nor the store. Another partition may know
// them; a key that none knows is a slip of the pen, so it fails in the report of
// this run, and nothing is left that the next run would ask for again.
func (b *batch) strangers(ctx context.Context) error {
	if b.opts.Keys == nil {
		return nil
	}
	linked, err := b.linkedFailures(ctx)
	if err != nil {
		return err
	}
	b.in.failed = slices.DeleteFunc(slices.Clone(b.in.failed), func(f sdk.Failure) bool {
		kind := sdk.KindOf(f.Err)
		switch {
		case linked[f.Key] || b.waits(f.Key):
			b.knows(f.Key)
			return false
		case kind == sdk.NotFound || kind == sdk.Invalid:
			b.unanswered(f.Key, f.Err)
			return true
		}
		b.knows(f.Key) // or may: whether it does cannot be told
		b.tally(&b.sum.Failed)
		b.journal(Entry{SourceKey: f.Key, Action: "fail", Reason: codeOf(f.Err), Detail: brief(f.Err.Error())})
		return true
	})
	b.items = slices.DeleteFunc(b.items, func(it *item) bool {
		key, op := it.Record.Key, it.Record.Op
		there := it.err != nil || op == sdk.Upsert || op == sdk.Release
		if there || it.Own != nil || len(it.Parallel)+len(it.Reverse) > 0 || b.waits(key) {
			b.knows(key)
			return false
		}
		return true
	})
	return nil
}

// linkedFailures returns the keys of those records with a link that the source
// failed to read.
func (b *batch) linkedFailures(ctx context.Context) (map[string]bool, error) {
	linked := map[string]bool{}
	q := LinkQuery{Part: b.id}
	for _, f := range b.in.failed {
		q.Keys = append(q.Keys, f.Key)
	}
	if len(q.Keys) == 0 {
		return linked, nil
	}
	links, err := b.Store.Links(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	for _, l := range links {
		linked[l.SourceKey] = l.Process == b.id.Process && l.State != link.Deleted
	}
	return linked, nil
}

// waits reports whether a hold or a parked record has the key.
func (p *part) waits(key string) bool {
	_, held := p.holds[key]
	_, parked := p.parked[key]
	return held || parked
}

// knows notes that a partition knows a key given by hand.
func (w *work) knows(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known[key] = true
}

// unanswered notes what a source said of a key that it does not know.
func (w *work) unanswered(key string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said[key] = err
}

// unknown reports the keys given by hand that no partition knows.
func (w *work) unknown(ctx context.Context) error {
	b := &batch{part: &part{work: w, id: Part{Process: w.job.Process.Name}}, now: w.Now()}
	for i, key := range w.opts.Keys {
		if w.known[key] || slices.Contains(w.opts.Keys[:i], key) {
			continue
		}
		why := fmt.Errorf("neither the source nor a link of %s knows the record %q", w.job.Process.Name, key)
		if said := w.said[key]; said != nil {
			why = fmt.Errorf("%w: %w", why, said)
		}
		err := &sdk.Error{Op: "read", Object: w.job.Source.name(), Key: key, Kind: sdk.NotFound, Code: "record_unknown", Err: why}
		w.strange = append(w.strange, err)
		b.journal(Entry{SourceKey: key, Action: "fail", Reason: err.Code, Detail: brief(why.Error())})
	}
	return b.commit(ctx, b.c)
}
