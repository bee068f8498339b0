package run

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/sdk"
)

// part is one partition of one run. It is used by one goroutine.
type part struct {
	*work
	id    Part
	title string
	sum   Sum

	pos       Position
	holds     map[string]Hold     // by source key
	parked    map[string]Parked   // by source key
	confirmed map[string]bool     // deletions that the source confirmed in this run, by source key
	asked     map[string]bool     // keys the source was asked for in this run
	gone      map[string]bool     // deletions that the source reported in this run, not counted yet, by source key
	vain      map[string]uint64   // records that failed in this run, by source key: the mark of the state, 0 if the source failed to read it
	met       map[uint64]struct{} // marks of records that are counted and may come again
	began     bool                // the round under way was begun in this run
	listed    bool                // it has listed a record, as far as known
	reread    bool                // the round just read is doubted: once more
	second    bool                // this is the second reading of a doubted round
	failing   int                 // records that failed, of those read for the first time
	reading   int                 // records read for the first time
	emitted   error               // why our emit refused a batch
}

// all is the way of one partition: what waits from earlier runs first, then what
// is new.
func (p *part) all(ctx context.Context) error {
	if err := p.begin(ctx); err != nil {
		return err
	}
	if p.opts.Keys != nil {
		if err := p.askFor(ctx, p.opts.Keys); err != nil {
			return err
		}
		return p.settle(ctx)
	}
	if err := p.resume(ctx); err != nil {
		return err
	}
	for again := true; again; again = p.reread {
		p.reread, p.second = false, p.reread
		if err := p.read(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p *part) begin(ctx context.Context) (err error) {
	p.confirmed, p.asked, p.gone = map[string]bool{}, map[string]bool{}, map[string]bool{}
	p.vain, p.met = map[string]uint64{}, map[uint64]struct{}{}
	p.holds, p.parked = map[string]Hold{}, map[string]Parked{}
	if p.pos, err = p.Store.Position(ctx, p.id); err != nil {
		return fmt.Errorf("position: %w", err)
	}
	holds, err := p.Store.Holds(ctx, p.id.Process)
	if err != nil {
		return fmt.Errorf("holds: %w", err)
	}
	for _, h := range holds {
		if h.SourcePartition == p.id.Partition {
			p.holds[h.SourceKey] = h
		}
	}
	parked, err := p.Store.Parked(ctx, p.id, false)
	if err != nil {
		return fmt.Errorf("parked records: %w", err)
	}
	for _, x := range parked {
		p.parked[x.Key] = x
	}
	if p.opts.Full {
		return p.forget(ctx)
	}
	return nil
}

// forget drops the cursor, so that a full round comes next.
func (p *part) forget(ctx context.Context) error {
	if !p.opts.DryRun {
		if err := p.Store.Forget(ctx, p.id); err != nil {
			return fmt.Errorf("forget the position: %w", err)
		}
	}
	p.pos.Cursor = nil
	return nil
}

// resume takes up what earlier runs left: released holds, open intents, unknown
// outcomes, suspicions and parked records. Their source records are asked for by
// key, and what comes goes the way of every record.
func (p *part) resume(ctx context.Context) error {
	if err := p.carryOutReleased(ctx); err != nil {
		return err
	}
	keys, err := p.open(ctx)
	if err != nil {
		return err
	}
	for k := range p.parked {
		keys[k] = true
	}
	if len(keys) == 0 {
		return nil
	}
	if !p.rules.CanAsk {
		// They cannot be asked for one by one: a full round brings them again.
		return p.forget(ctx)
	}
	return p.askFor(ctx, slices.Sorted(maps.Keys(keys)))
}

// open returns the keys of the links with an open outcome (Invariants 2 and 4) or
// a suspicion (Invariant 3).
func (p *part) open(ctx context.Context) (map[string]bool, error) {
	keys := map[string]bool{}
	for _, s := range []Selection{
		{Part: p.id, States: []link.State{link.Creating}},
		{Part: p.id, Unknown: true, States: []link.State{link.Active}},
		{Part: p.id, Suspect: true, States: []link.State{link.Active, link.Creating}},
	} {
		err := p.selected(ctx, s, func(links []link.Link) error {
			for _, l := range links {
				keys[l.SourceKey] = true
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// selected calls f with the links of s, a page at a time.
func (p *part) selected(ctx context.Context, s Selection, f func([]link.Link) error) error {
	s.Limit = keysAtOnce
	for {
		links, err := p.Store.Select(ctx, s)
		if err != nil {
			return fmt.Errorf("links: %w", err)
		}
		if len(links) == 0 {
			return nil
		}
		s.After = links[len(links)-1].SourceKey
		if err := f(links); err != nil {
			return err
		}
		if len(links) < s.Limit {
			return nil
		}
	}
}

// askFor asks the source for records by key and handles the answers.
func (p *part) askFor(ctx context.Context, keys []string) error {
	for chunk := range slices.Chunk(keys, keysAtOnce) {
		answers, err := p.question(ctx, chunk)
		if err != nil {
			return err
		}
		in := intake{asked: true}
		for _, k := range chunk {
			p.asked[k] = true
			if a := answers[k]; a.err != nil {
				in.failed = append(in.failed, sdk.Failure{Key: k, Err: a.err})
			} else {
				in.records = append(in.records, a.rec)
			}
		}
		c, stop := p.handle(ctx, in)
		if err := p.commit(ctx, c); err != nil {
			return err
		}
		if stop != nil {
			return stop
		}
	}
	return nil
}

// question reads source records by key.
func (p *part) question(ctx context.Context, keys []string) (answers map[string]answer, err error) {
	err = p.retried(ctx, func() (err error) {
		answers, err = ask(ctx, p.job.Source.read, sdk.ReadRequest{Object: p.job.Source.name(), Partition: p.id.Partition, Scope: p.scope}, keys)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read by key: %w", err)
	}
	return answers, nil
}

// read reads one round from the stored position. Throttling and outages of the
// source are waited for; whatever was committed before is not read again.
func (p *part) read(ctx context.Context) error {
	for tries := 1; ; tries++ {
		before := p.pos
		req := sdk.ReadRequest{Partition: p.id.Partition, Scope: p.scope, Cursor: p.pos.Cursor, Filter: p.job.Process.Source.Filter}
		p.emitted = nil
		err := p.job.Source.read(ctx, req, func(b sdk.Batch) error {
			p.emitted = p.take(ctx, b)
			return p.emitted
		})
		if p.emitted != nil {
			return p.emitted
		}
		if err == nil {
			return nil
		}
		if !bytes.Equal(before.Cursor, p.pos.Cursor) {
			tries = 1
		}
		if err := p.again(ctx, err, tries); err != nil {
			return fmt.Errorf("read: %w", err)
		}
	}
}

// take carries one batch: its records, then its sets, then its position; after
// the last batch of a round what the round as a whole means. When it returns nil
// all of that is durable. Invariant 1.
func (p *part) take(ctx context.Context, b sdk.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(b.Cursor) > sdk.MaxCursor {
		return sdk.Errorf(sdk.Invalid, "cursor_too_long", "the cursor has %d bytes, at most %d are kept", len(b.Cursor), sdk.MaxCursor)
	}
	next := p.round(b)
	in := intake{records: b.Records, failed: b.Failed, full: next.Full, round: next.Round}
	c, stop := p.handle(ctx, in)
	kept := next
	// Until everything the batch says is done.
	kept.Cursor, kept.Doubt, kept.Finished, kept.Open = p.pos.Cursor, p.pos.Doubt, p.pos.Finished, true
	if stop == nil && len(b.Sets) == 0 && !(b.Done && next.Full) {
		kept = next
	}
	c.Position = &kept
	if err := p.commit(ctx, c); err != nil {
		return err
	}
	p.pos = kept
	p.progress(p.id.Partition, p.sum)
	if stop != nil {
		return stop
	}
	if err := p.sets(ctx, b); err != nil {
		return err
	}
	if b.Done {
		return p.end(ctx, b, next)
	}
	return p.keep(ctx, next)
}

// round returns the position after b. A batch with Start begins a new round, also
// in the middle of a read; otherwise the round under way goes on.
func (p *part) round(b sdk.Batch) Position {
	next := p.pos
	if b.Start || !next.Open {
		next.Round++
		next.Open, next.Full = true, b.Full
		p.began, p.listed = true, false
	}
	next.Full = next.Full && b.Full
	p.listed = p.listed || len(b.Records)+len(b.Failed) > 0 || !p.began
	if b.Cursor != nil {
		next.Cursor = slices.Clone(b.Cursor)
	}
	if b.Done {
		next.Open, next.Doubt, next.Finished = false, false, p.Now()
	}
	return next
}

// keep makes a position durable, if it is not yet.
func (p *part) keep(ctx context.Context, next Position) error {
	if samePosition(p.pos, next) {
		return nil
	}
	if err := p.commit(ctx, Commit{Position: &next}); err != nil {
		return err
	}
	p.pos = next
	return nil
}

func samePosition(a, b Position) bool {
	return bytes.Equal(a.Cursor, b.Cursor) && a.Round == b.Round && a.Full == b.Full && a.Open == b.Open && a.Doubt == b.Doubt && a.Finished.Equal(b.Finished)
}

// commit makes c durable. Nothing is stored for a commit that says nothing.
func (p *part) commit(ctx context.Context, c Commit) error {
	c.Part, c.Run = p.id, p.run
	if p.opts.Entry != nil {
		for _, e := range c.Journal {
			p.opts.Entry(e)
		}
	}
	if p.opts.DryRun || c.empty() {
		return nil
	}
	if err := p.Store.Commit(ctx, c); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (c Commit) empty() bool {
	return len(c.Links)+len(c.Forget)+len(c.Seen)+len(c.Journal)+len(c.Hold)+len(c.Unhold)+len(c.Park)+len(c.Unpark) == 0 && c.Position == nil
}
