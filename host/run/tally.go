package run

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/sdk"
)

// How a run counts. A record counts as read when its outcome is known, so that
// the records read are those that were created, updated, deleted, unchanged,
// skipped, held or failed. What the same run meets once more in the same state,
// in the second reading of a doubted listing or in the overlap of a cursor after
// it was asked for by key, is not counted again.

// tally counts one record with its outcome.
func (p *part) tally(outcome *int) {
	p.sum.Read++
	*outcome++
}

// tallyGone counts the outcome of a deletion. One that the source did not report
// in this run, because it cannot be asked by key, was not read.
func (p *part) tallyGone(key string, outcome *int) {
	if p.gone[key] {
		p.sum.Read++
		delete(p.gone, key)
	}
	*outcome++
}

// tallyHeld counts the deletions that are left for a person, whether or not the
// source reported them in this run.
func (p *part) tallyHeld() {
	p.sum.Held = 0
	for key, h := range p.holds {
		if h.State != HoldHeld {
			continue
		}
		p.sum.Held++
		if p.gone[key] {
			p.sum.Read++
		}
	}
}

// held returns how many deletions of the process wait for a person, those in
// partitions that did not run too: a hold that is not seen is a lost deletion.
func (w *work) held(ctx context.Context) (int, error) {
	holds, err := w.Store.Holds(ctx, w.job.Process.Name)
	if err != nil {
		return 0, fmt.Errorf("holds of %s: %w", w.job.Process.Name, err)
	}
	n := 0
	for _, h := range holds {
		if h.State == HoldHeld {
			n++
		}
	}
	return n, nil
}

// seed makes marks of one process comparable.
var seed = maphash.MakeSeed()

// mark stands for a record in one state: its stamp or, without one, its data.
func mark(r sdk.Record) uint64 {
	state := r.Data
	if r.Stamp != "" {
		state = []byte(r.Stamp)
	}
	var h maphash.Hash
	h.SetSeed(seed)
	h.WriteString(r.Key)
	h.Write([]byte{0, byte(r.Op)})
	h.Write(state)
	return h.Sum64()
}

// leaveTried leaves out what this run has tried in vain already: it stays parked and
// is tried by the next run. What was carried before goes the way of every record,
// but as one that is counted.
func (b *batch) leaveTried() {
	if b.in.asked {
		return
	}
	b.in.failed = slices.DeleteFunc(slices.Clone(b.in.failed), func(f sdk.Failure) bool {
		_, again := b.vain[f.Key]
		return again && b.repeated(f.Key)
	})
	b.items = slices.DeleteFunc(b.items, func(it *item) bool {
		m := mark(it.Record)
		_, it.counted = b.met[m]
		failed, again := b.vain[it.Record.Key]
		return again && failed == m && !it.recheck && b.repeated(it.Record.Key)
	})
}

// repeated notes that a full round lists a record which is not tried again.
func (b *batch) repeated(key string) bool {
	if b.in.full {
		b.c.Seen = append(b.c.Seen, key)
	}
	return true
}

// remember notes that an item is counted. It costs memory, so only what may be
// met again is kept: answers by key, and listings, which may be doubted.
func (b *batch) remember(it *item) {
	if b.in.asked || b.in.full {
		b.met[mark(it.Record)] = struct{}{}
	}
}

// routine reports whether the decision about an item that was counted before is
// no news.
func (it *item) routine() bool {
	return it.counted && (it.dec.Action == link.Skip || it.dec.Action == link.Raise)
}
