package run

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/sdk"
)

// intake is what a batch brings.
type intake struct {
	records []sdk.Record
	failed  []sdk.Failure
	asked   bool  // the records are answers to questions by key
	full    bool  // the round is a complete listing
	round   int64 // its number
}

// item is one record on its way.
type item struct {
	link.Input
	dec     link.Decision
	before  *link.Link // the stored link as it was before we marked it; nil: none
	marked  bool       // an intent or unknown mark of this item is durable
	unsure  bool       // the outcome of its last write is open: the mark stays
	kept    int        // 1 + index of its link in the commit, 0: none
	tries   int        // writes
	last    error      // of the last write
	counted bool       // this run has counted it in this state
	recheck bool       // the batch holds it twice with different content: the source decides
	err     error      // it fails
	code    string     // stable code of err
}

func (it *item) fail(code string, err error) {
	it.dec = link.Decision{Action: link.Fail, Reason: code, Link: it.dec.Link}
	it.code, it.err = code, err
}

// batch carries the records of one intake to their commit.
type batch struct {
	*part
	in      intake
	items   []*item
	c       Commit
	claimed map[place]*item // target records that an item of this batch has adopted
	now     time.Time
}

// handle carries records up to their commit, which the caller makes: the target
// is written, the outcome is not durable yet. stop says why the partition has to
// end; the commit is to be made without a position then.
func (p *part) handle(ctx context.Context, in intake) (c Commit, stop error) {
	b := &batch{part: p, in: in, claimed: map[place]*item{}, now: p.Now()}
	b.collect()
	b.leaveTried()
	stop = b.carry(ctx)
	if stop == nil {
		stop = b.tooManyFailed()
	}
	return b.c, stop
}

func (b *batch) carry(ctx context.Context) error {
	if err := b.recheck(ctx); err != nil {
		return err
	}
	if err := b.links(ctx); err != nil {
		return err
	}
	if err := b.strangers(ctx); err != nil {
		return err
	}
	if err := b.siblings(ctx); err != nil {
		return err
	}
	if err := b.mapped(ctx, b.items); err != nil {
		return err
	}
	err := b.advance(ctx)
	// Also if the batch ends early: what was written is kept, what was not is unmarked.
	b.unmark()
	if e := b.failures(); err == nil {
		err = e
	}
	return err
}

// collect makes the items: one per key. The last of two equal records stays; of
// two that differ, neither is believed if the source can be asked.
func (b *batch) collect() {
	at := map[string]int{}
	for _, r := range b.in.records {
		if r.Key == "" {
			b.tally(&b.sum.Failed)
			b.journal(Entry{Action: "fail", Reason: "no_key", Detail: "the source sent a record without a key"})
			continue
		}
		it := &item{Input: link.Input{ID: link.ID{Process: b.id.Process, SourcePartition: b.id.Partition, SourceKey: r.Key}, Record: r, Asked: b.in.asked}}
		if i, twice := at[r.Key]; twice {
			old := b.items[i].Record
			it.recheck = b.items[i].recheck || old.Op != r.Op || old.Stamp != r.Stamp || !bytes.Equal(old.Data, r.Data)
			b.items[i] = it
			continue
		}
		at[r.Key] = len(b.items)
		b.items = append(b.items, it)
	}
}

// recheck asks the source for the records that came twice with different content.
func (b *batch) recheck(ctx context.Context) error {
	if !b.rules.CanAsk {
		return nil
	}
	var twice []*item
	for _, it := range b.items {
		if it.recheck {
			twice = append(twice, it)
		}
	}
	return b.askAgain(ctx, twice)
}

// askAgain replaces the records of items by the source's answers by key.
func (b *batch) askAgain(ctx context.Context, items []*item) error {
	if len(items) == 0 {
		return nil
	}
	keys := make([]string, len(items))
	for i, it := range items {
		keys[i] = it.Record.Key
	}
	answers, err := b.question(ctx, keys)
	if err != nil {
		return err
	}
	for _, it := range items {
		a := answers[it.Record.Key]
		it.Asked = true
		if a.err != nil {
			it.fail(codeOf(a.err), a.err)
			continue
		}
		if a.rec.Op == sdk.Missing {
			// It was listed, and now it is neither there nor confirmed as deleted.
			it.fail("unconfirmed", sdk.Errorf(sdk.Unavailable, "unconfirmed", "the source reports the record, but does not find it by key"))
			continue
		}
		it.Record = a.rec
	}
	return nil
}

// links fetches own and sibling links in one query.
func (b *batch) links(ctx context.Context) error {
	if len(b.items) == 0 {
		return nil
	}
	q := LinkQuery{Part: b.id, Parallel: b.job.siblingNames(false), Reverse: b.job.siblingNames(true)}
	byKey := make(map[string]*item, len(b.items))
	for _, it := range b.items {
		it.Parallel, it.Reverse = nil, nil
		q.Keys = append(q.Keys, it.Record.Key)
		byKey[it.Record.Key] = it
	}
	found, err := b.Store.Links(ctx, q)
	if err != nil {
		return fmt.Errorf("links: %w", err)
	}
	for _, l := range found {
		switch {
		case l.Process == b.id.Process:
			if it := byKey[l.SourceKey]; it != nil && l.SourcePartition == b.id.Partition {
				it.Own = &l
				it.before = &l
			}
		case slices.Contains(q.Parallel, l.Process):
			if it := byKey[l.SourceKey]; it != nil {
				it.Parallel = append(it.Parallel, l)
			}
		case slices.Contains(q.Reverse, l.Process):
			if it := byKey[l.TargetKey]; it != nil {
				it.Reverse = append(it.Reverse, l)
			}
		}
	}
	return nil
}

// mapped transforms the records that exist.
func (b *batch) mapped(ctx context.Context, items []*item) error {
	var recs []sdk.Record
	var of []*item
	for _, it := range items {
		if it.err != nil || it.Record.Op != sdk.Upsert {
			continue
		}
		if len(it.Record.Data) > sdk.MaxRecord {
			it.fail("record_too_large", sdk.Errorf(sdk.Invalid, "record_too_large", "the record has %d bytes, at most %d are carried", len(it.Record.Data), sdk.MaxRecord))
			continue
		}
		recs, of = append(recs, it.Record), append(of, it)
	}
	if len(recs) == 0 {
		return nil
	}
	out, err := b.job.Mapper.Map(ctx, recs)
	if err != nil {
		return fmt.Errorf("transformation: %w", err)
	}
	if len(out) != len(recs) {
		return sdk.Errorf(sdk.Internal, "transformation", "%d records were transformed into %d results", len(recs), len(out))
	}
	for i, m := range out {
		switch it := of[i]; {
		case m.Err != nil:
			it.fail(codeOr(m.Err, "transformation"), m.Err)
		case m.Dropped:
			it.Dropped = m.Reason
			if it.Dropped == "" {
				it.Dropped = "filtered"
			}
		default:
			it.Mapped, it.Dropped = m.Data, ""
		}
	}
	return nil
}

// failures parks what failed, as the process says. The error ends the partition.
func (b *batch) failures() error {
	for _, it := range b.items {
		if it.err == nil {
			continue
		}
		b.vain[it.Record.Key] = mark(it.Record)
		if err := b.failed(it.Record.Key, it.code, it.err); err != nil {
			return err
		}
	}
	for _, f := range b.in.failed {
		if f.Key == "" {
			return fmt.Errorf("not all of it could be read: %w", f.Err)
		}
		b.vain[f.Key] = 0
		if b.in.full {
			b.c.Seen = append(b.c.Seen, f.Key)
		}
		if err := b.failed(f.Key, codeOf(f.Err), f.Err); err != nil {
			return err
		}
	}
	return nil
}

// failed takes the failure of one record down. Invariant 8: the others go on.
func (b *batch) failed(key, code string, err error) error {
	b.tally(&b.sum.Failed)
	text := brief(err.Error())
	switch b.job.Process.OnError {
	case process.Ignore:
		b.journal(Entry{SourceKey: key, Action: "fail", Reason: code, Detail: text})
		return nil
	case process.Stop:
		b.journal(Entry{SourceKey: key, Action: "fail", Reason: code, Detail: text})
		return fmt.Errorf("record %s: %w", key, err)
	}
	was, again := b.parked[key]
	x := Parked{Part: b.id, Key: key, Error: text, Code: code, Attempts: was.Attempts + 1, Since: b.now}
	if again {
		x.Since = was.Since
	}
	b.parked[key] = x
	b.c.Park = append(b.c.Park, x)
	b.journal(Entry{SourceKey: key, Action: "park", Reason: code, Detail: text})
	return nil
}

// Limits of failing records in a partition of a run: beyond them the fault is
// hardly with the records.
const (
	failedAlways  = 100
	failedPercent = 30
)

// tooManyFailed counts what was read for the first time: records that failed
// before and are asked for again keep nobody from new ones.
func (b *batch) tooManyFailed() error {
	if b.in.asked {
		return nil
	}
	for _, it := range b.items {
		if it.err != nil {
			b.failing++
		}
	}
	b.failing += len(b.in.failed)
	b.reading += len(b.items) + len(b.in.failed)
	if b.failing > max(failedAlways, b.reading*failedPercent/100) {
		return sdk.Errorf(sdk.Internal, "too_many_failed", "%d of %d records failed: the partition stops; the reasons stand in the journal", b.failing, b.reading)
	}
	return nil
}

// journal adds a line.
func (b *batch) journal(e Entry) {
	e.Run, e.Time, e.Part = b.run, b.now, b.id
	b.c.Journal = append(b.c.Journal, e)
}

// Bounds of a detail, in bytes. Values that a conflict overrode have more room:
// they may stand nowhere else.
const (
	longestDetail = 2 << 10
	longestLost   = 16 << 10
)

func brief(s string) string { return cut(s, longestDetail) }

// cut shortens a text to n bytes, at the end of a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

func codeOf(err error) string { return codeOr(err, "error") }

func codeOr(err error, other string) string {
	if e := sdk.AsError(err); e.Code != "" {
		return e.Code
	}
	return other
}
