package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/sdk"
)

// mostTries is how often one record is written in a batch: a conflict is loaded
// and put together again, an open outcome is looked up, and then it is enough.
const mostTries = 3

// advance decides on the items and writes, until nothing is left to be written again.
func (b *batch) advance(ctx context.Context) error {
	w := &writing{batch: b}
	for open := b.items; len(open) > 0; {
		if err := b.decide(ctx, open); err != nil {
			return err
		}
		var writes []*item
		for _, it := range open {
			switch {
			case it.err != nil:
			case it.dec.Action == link.Create || it.dec.Action == link.Update:
				if it.tries < mostTries {
					writes = append(writes, it)
				} else if err := b.giveUp(it); err != nil {
					return err
				}
			default:
				b.settled(it)
			}
		}
		writes, err := b.looping(ctx, writes)
		if err != nil {
			return err
		}
		if open, err = w.carryOut(ctx, writes); err != nil {
			return err
		}
	}
	return w.readBack(ctx)
}

// giveUp ends the tries of an item. A target that refuses for the time being
// refuses the next ones too: the partition ends before the cursor.
func (b *batch) giveUp(it *item) error {
	err := fmt.Errorf("given up after %d tries: %w", it.tries, it.last)
	if !it.unsure && sdk.KindOf(it.last).Temporary() {
		return fmt.Errorf("write %s: %w", it.Record.Key, err)
	}
	it.fail(codeOr(it.last, "outcome_unknown"), err)
	return nil
}

// writing is the state of the writes of a batch.
type writing struct {
	*batch
	blind   []*item // written without an answer that tells what the target holds
	outages int     // calls that failed as a whole, in a row
	singly  bool    // after such a call: one record a call, so that a bad one stops only itself
}

// carryOut writes the items and returns those that have to be decided anew.
func (w *writing) carryOut(ctx context.Context, writes []*item) (again []*item, err error) {
	if w.opts.DryRun {
		for _, it := range writes {
			w.count(it)
			w.line(it, it.dec.Link.TargetKey)
		}
		return nil, nil
	}
	size := sdk.MaxBatchRecords
	if w.singly {
		size = 1
	}
	for len(writes) > 0 {
		n := min(size, len(writes))
		more, err := w.chunk(ctx, writes[:n])
		again = append(again, more...)
		if err != nil {
			return again, err
		}
		writes = writes[n:]
	}
	return again, nil
}

func (w *writing) chunk(ctx context.Context, writes []*item) (again []*item, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := w.intend(ctx, writes); err != nil {
		return nil, err
	}
	scope, err := w.targetScope(ctx)
	if err != nil {
		return nil, err
	}
	req := sdk.WriteRequest{Scope: scope}
	for _, it := range writes {
		req.Records = append(req.Records, it.request(w.job.Target.name()))
		it.tries++
	}
	res, err := w.job.Target.write(ctx, req)
	if err != nil {
		return w.callFailed(ctx, writes, err)
	}
	w.outages = 0
	var wait error
	for i, it := range writes {
		if w.answered(it, res[i]) {
			again = append(again, it)
			if res[i].Err != nil && sdk.KindOf(res[i].Err).Temporary() {
				wait = longer(wait, res[i].Err)
			}
		}
	}
	if wait != nil {
		if err := w.again(ctx, wait, 1); err != nil {
			return again, fmt.Errorf("write: %w", err)
		}
	}
	return again, nil
}

func longer(a, b error) error {
	if a == nil || sdk.AsError(b).RetryAfter > sdk.AsError(a).RetryAfter {
		return b
	}
	return a
}

// request is the record that is sent for an item.
func (it *item) request(object string) sdk.Record {
	l := it.dec.Link
	r := sdk.Record{Object: object, Data: it.dec.Data}
	if it.dec.Action == link.Create {
		r.Intent = l.Intent
		return r
	}
	r.Key, r.Partition, r.IfStamp = l.TargetKey, l.TargetAt, it.dec.IfStamp
	return r
}

// intend makes durable what is about to be sent: an intent for a create
// (Invariant 2), an unknown mark for an update (Invariant 4).
func (w *writing) intend(ctx context.Context, writes []*item) error {
	links := make([]link.Link, len(writes))
	for i, it := range writes {
		l := it.dec.Link
		if it.dec.Action == link.Create {
			l.IntentAt = w.now.UTC().Format(time.RFC3339)
			if l.Intent == "" {
				var err error
				if l.Intent, err = w.intent(); err != nil {
					return err
				}
			} else if it.Own != nil && it.Own.IntentAt != "" {
				l.IntentAt = it.Own.IntentAt // the first of the same intent counts
			}
			it.dec.Link = l
		} else {
			l.Unknown = true
			l.SourceStamp, l.Base, l.TargetStamp = "", nil, ""
			if it.Own != nil {
				l.SourceStamp, l.Base, l.TargetStamp = it.Own.SourceStamp, it.Own.Base, it.Own.TargetStamp
			}
		}
		// Not the round under way: its number is durable only with the commit, and a
		// round begun anew after a crash would find the link seen.
		links[i] = l
	}
	if err := w.Store.Intend(ctx, links); err != nil {
		return fmt.Errorf("intents: %w", err)
	}
	for i, it := range writes {
		it.Own, it.marked, it.unsure = &links[i], true, true
	}
	return nil
}

// callFailed deals with a call that failed as a whole: the outcome of each record
// is unknown. They are looked up and written one by one, so that a record on
// which the target breaks stops only itself; if the target is down for all, the
// partition ends before the cursor.
func (w *writing) callFailed(ctx context.Context, writes []*item, err error) ([]*item, error) {
	for _, it := range writes {
		it.unsure = true
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	switch sdk.KindOf(err) {
	case sdk.Auth, sdk.ConsentNeeded, sdk.Unsupported, sdk.Cancelled:
		return nil, fmt.Errorf("write: %w", err)
	}
	w.outages++
	if w.outages >= triesAtOnce {
		return nil, fmt.Errorf("write: %w", err)
	}
	if sdk.KindOf(err).Temporary() {
		if err := w.again(ctx, err, w.outages); err != nil {
			return nil, fmt.Errorf("write: %w", err)
		}
	}
	w.singly = true
	for _, it := range writes {
		w.lookUp(it, err)
	}
	return writes, nil
}

// lookUp makes the next decision about an item rest on what the target holds.
func (w *writing) lookUp(it *item, err error) {
	it.Target, it.Made = nil, nil
	it.last = err
}

// answered takes the answer to one written record. again asks for a new decision.
func (w *writing) answered(it *item, res sdk.Result) (again bool) {
	create := it.dec.Action == link.Create
	switch {
	case res.Outcome == sdk.NotDone:
		return w.refused(it, res.Err)
	case res.Outcome == sdk.Done && (res.Key != "" || !create):
		it.unsure = false
		w.done(it, res)
		return false
	case create && res.Key != "":
		// Half made: it exists, so it is linked, and its content is looked at.
		it.Own.State, it.Own.TargetKey, it.Own.TargetAt, it.Own.TargetStamp = link.Active, res.Key, res.Partition, ""
		it.Own.Unknown = true
		w.keep(it, *it.Own)
	}
	it.unsure = true
	w.lookUp(it, orUnknown(res.Err))
	return true
}

func orUnknown(err error) error {
	if err != nil {
		return err
	}
	return sdk.Errorf(sdk.Internal, "outcome_unknown", "the target did not say whether the write took place")
}

// refused takes the answer that a write did not take place: the mark is taken
// back, and what can be tried again is.
func (w *writing) refused(it *item, err error) (again bool) {
	if err == nil {
		err = sdk.Errorf(sdk.Internal, "not_done", "the target did not carry the write out and gave no reason")
	}
	it.Own, it.unsure, it.last = it.before, false, err
	kind := sdk.KindOf(err)
	update := it.dec.Action == link.Update
	switch {
	case kind.Temporary():
		return true
	case update && (kind == sdk.Conflict || kind == sdk.NotFound):
		it.Target = nil // loaded and put together again
		return true
	case kind == sdk.Conflict:
		err = fmt.Errorf("the target has a record under this key already, which no link names; a match rule would tie it: %w", err)
	}
	it.fail(codeOf(err), err)
	return false
}

// done takes down a write that took place.
func (w *writing) done(it *item, res sdk.Result) {
	l := it.dec.Link
	l.State, l.Unknown, l.TargetStamp = link.Active, false, res.Stamp
	if res.Key != "" {
		l.TargetKey = res.Key
	}
	if res.Partition != "" {
		l.TargetAt = res.Partition
	}
	if res.Data != nil {
		if base, err := link.Agree(w.rules.Object, it.Mapped, res.Data); err == nil {
			l.Base = base
		} else {
			res.Err = errors.Join(res.Err, fmt.Errorf("the target's answer: %w", err))
		}
	}
	if res.Err != nil {
		// It exists, is linked, and counts as failed: it is looked at again.
		l.Unknown, l.SourceStamp = true, ""
		w.keep(it, l)
		it.fail(codeOf(res.Err), res.Err)
		return
	}
	w.keep(it, l)
	w.count(it)
	w.introduce(it, l)
	w.raise(it, l)
	w.related(l, res.Related)
	if res.Data == nil && w.rules.CanLoad && (res.Stamp == "" || w.rules.Conflict != process.SourceWins) {
		w.blind = append(w.blind, it)
	}
	w.back(it)
	w.line(it, l.TargetKey)
}

func (w *writing) count(it *item) {
	if it.dec.Action == link.Create {
		w.tally(&w.sum.Created)
	} else {
		w.tally(&w.sum.Updated)
	}
	w.remember(it)
}

// readBack reads the records whose write was answered without stamp and content,
// so that their next change is told from our own.
func (w *writing) readBack(ctx context.Context) error {
	if len(w.blind) == 0 {
		return nil
	}
	places := make([]place, len(w.blind))
	for i, it := range w.blind {
		l := w.c.Links[it.kept-1]
		places[i] = place{l.TargetAt, l.TargetKey}
	}
	found, _, err := w.loadTargets(ctx, places)
	if err != nil {
		return err
	}
	for i, it := range w.blind {
		t, ok := found[places[i]]
		if !ok || t.State != link.Present {
			continue // what it holds is not known; the next change loads it
		}
		l := &w.c.Links[it.kept-1]
		if base, err := link.Agree(w.rules.Object, it.Mapped, t.Data); err == nil {
			l.Base, l.TargetStamp = base, t.Stamp
		}
	}
	return nil
}
