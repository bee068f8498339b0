package run

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/sdk"
)

// The brake: more deletions than this in one partition of a run are held for a
// person.
const (
	brakeAlways  = 10
	brakePercent = 20
)

func brake(links int) int { return max(brakeAlways, links*brakePercent/100) }

// settle decides about the deletions of a partition after its last batch: few
// are carried out, many are held. Deletions left by an earlier run are confirmed
// anew first.
func (p *part) settle(ctx context.Context) error {
	if p.opts.DryRun {
		return nil
	}
	if err := p.confirmAnew(ctx, HoldPending); err != nil {
		return err
	}
	due := p.due(HoldPending)
	if len(due) == 0 {
		return nil
	}
	n, err := p.Store.Count(ctx, p.id)
	if err != nil {
		return fmt.Errorf("count the links: %w", err)
	}
	if limit := brake(n); len(due) > limit {
		return p.brake(ctx, due, n, limit)
	}
	return p.delete(ctx, due)
}

// carryOutReleased carries out the deletions that a person released. The source
// is asked first: what is there again is kept.
func (p *part) carryOutReleased(ctx context.Context) error {
	if p.opts.DryRun {
		return nil
	}
	if err := p.confirmAnew(ctx, HoldReleased); err != nil {
		return err
	}
	return p.delete(ctx, p.due(HoldReleased))
}

// confirmAnew asks the source for the records whose deletion was not confirmed in
// this run. Invariant 3.
func (p *part) confirmAnew(ctx context.Context, state HoldState) error {
	var keys []string
	for k, h := range p.holds {
		if h.State == state && !p.confirmed[k] && !p.asked[k] {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	if len(keys) == 0 {
		return nil
	}
	if p.rules.CanAsk {
		return p.askFor(ctx, keys)
	}
	for _, k := range keys {
		p.confirmed[k] = true // confirmed when it was held; the source cannot be asked again
	}
	return nil
}

// due returns the holds of a state that are confirmed in this run, by key.
func (p *part) due(state HoldState) []Hold {
	var due []Hold
	for k, h := range p.holds {
		if h.State == state && p.confirmed[k] {
			due = append(due, h)
		}
	}
	slices.SortFunc(due, func(a, b Hold) int { return cmp.Compare(a.SourceKey, b.SourceKey) })
	return due
}

// brake holds deletions for a person, visibly: a silent hold is a lost deletion.
func (p *part) brake(ctx context.Context, due []Hold, links, limit int) error {
	b := &batch{part: p, now: p.Now()}
	for _, h := range due {
		h.State, h.Reason = HoldHeld, "brake"
		b.c.Hold = append(b.c.Hold, h)
		b.journal(Entry{SourceKey: h.SourceKey, TargetKey: h.TargetKey, Action: "hold", Reason: "brake", Detail: fmt.Sprintf("%d deletions in one run, %d of %d links are allowed", len(due), limit, links)})
	}
	if err := p.commit(ctx, b.c); err != nil {
		return err
	}
	for _, h := range b.c.Hold {
		p.holds[h.SourceKey] = h
	}
	p.Log.WarnContext(ctx, "deletions are held until a person releases or rejects them", "process", p.id.Process, "partition", p.id.Partition, "deletions", len(due), "allowed", limit)
	return nil
}

// removal is one deletion on its way.
type removal struct {
	hold    Hold
	own     link.Link
	reverse []link.Link
	target  *link.Target
	dec     link.Decision
	tries   int
	last    error
	over    bool
}

// delete carries out confirmed deletions, a chunk at a time.
func (p *part) delete(ctx context.Context, due []Hold) error {
	for chunk := range slices.Chunk(due, keysAtOnce) {
		b := &batch{part: p, now: p.Now()}
		err := b.remove(ctx, chunk)
		if e := p.commit(ctx, b.c); e != nil {
			return e
		}
		for _, id := range b.c.Unhold {
			delete(p.holds, id.SourceKey)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) remove(ctx context.Context, due []Hold) error {
	all, err := b.removals(ctx, due)
	if err != nil {
		return err
	}
	for {
		open := slices.DeleteFunc(slices.Clone(all), func(r *removal) bool { return r.over })
		if len(open) == 0 {
			return nil
		}
		if err := b.loadRemovals(ctx, open); err != nil {
			return err
		}
		var writes []*removal
		for _, r := range open {
			r.dec = link.DecideDelete(r.own, r.target, r.reverse, b.rules)
			switch {
			case r.over:
			case r.dec.Action == link.Delete && r.tries < mostTries:
				writes = append(writes, r)
			case r.dec.Action == link.Delete:
				b.removed(r, orUnknown(r.last))
			default:
				b.removed(r, nil)
			}
		}
		if err := b.writeRemovals(ctx, writes); err != nil {
			return err
		}
	}
}

// removals fetches the links of holds. A hold without an active link is over.
func (b *batch) removals(ctx context.Context, due []Hold) ([]*removal, error) {
	byKey := map[string]*removal{}
	q := LinkQuery{Part: b.id, Reverse: b.job.siblingNames(true)}
	var all []*removal
	for _, h := range due {
		r := &removal{hold: h, own: link.Link{ID: h.ID, State: link.Released}}
		byKey[h.SourceKey], all = r, append(all, r)
		q.Keys = append(q.Keys, h.SourceKey)
	}
	links, err := b.Store.Links(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	for _, l := range links {
		if l.Process == b.id.Process {
			if r := byKey[l.SourceKey]; r != nil && l.ID == r.hold.ID {
				r.own = l
			}
		} else if r := byKey[l.TargetKey]; r != nil {
			r.reverse = append(r.reverse, l)
		}
	}
	return all, nil
}

// loadRemovals reads the targets, so that a change made there since is seen.
func (b *batch) loadRemovals(ctx context.Context, open []*removal) error {
	var places []place
	for _, r := range open {
		if r.own.State == link.Active && r.own.TargetKey != "" {
			places = append(places, place{r.own.TargetAt, r.own.TargetKey})
		}
	}
	if !b.rules.CanLoad || len(places) == 0 {
		return nil
	}
	found, failed, err := b.loadTargets(ctx, places)
	if err != nil {
		return err
	}
	for _, r := range open {
		at := place{r.own.TargetAt, r.own.TargetKey}
		if t, ok := found[at]; ok {
			r.target = &t
		} else if err := failed[at]; err != nil {
			b.removed(r, err)
		}
	}
	return nil
}

// writeRemovals sends the deletions. Invariant 4: the links are marked unknown
// before.
func (b *batch) writeRemovals(ctx context.Context, writes []*removal) error {
	if len(writes) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	scope, err := b.targetScope(ctx)
	if err != nil {
		return err
	}
	req := sdk.WriteRequest{Scope: scope}
	marks := make([]link.Link, len(writes))
	for i, r := range writes {
		r.tries++
		marks[i] = r.own
		marks[i].Unknown = true
		req.Records = append(req.Records, sdk.Record{Object: b.job.Target.name(), Partition: r.own.TargetAt, Op: sdk.Delete, Key: r.own.TargetKey, IfStamp: r.dec.IfStamp})
	}
	if err := b.Store.Intend(ctx, marks); err != nil {
		return fmt.Errorf("unknown marks: %w", err)
	}
	res, err := b.job.Target.write(ctx, req)
	if err != nil {
		for _, r := range writes {
			r.own.Unknown, r.last = true, err
		}
		return b.again(ctx, err, writes[0].tries) // the marks stay: the target is read back
	}
	var wait error
	for i, r := range writes {
		if r.last = b.answeredRemoval(r, res[i]); r.last != nil && sdk.KindOf(r.last).Temporary() {
			wait = longer(wait, r.last)
		}
	}
	if wait != nil {
		return b.again(ctx, wait, 1)
	}
	return nil
}

// answeredRemoval takes the answer to one deletion. An error asks for another try.
func (b *batch) answeredRemoval(r *removal, res sdk.Result) error {
	switch res.Outcome {
	case sdk.Done:
		b.removed(r, nil)
		return nil
	case sdk.NotDone:
		err := res.Err
		if err == nil {
			err = sdk.Errorf(sdk.Internal, "not_done", "the target did not delete the record and gave no reason")
		}
		if kind := sdk.KindOf(err); kind != sdk.Conflict && kind != sdk.NotFound && !kind.Temporary() {
			b.removed(r, err)
			return nil
		}
		return err
	}
	r.own.Unknown = true
	return orUnknown(res.Err)
}

// removed takes down how a deletion ended: the tombstone, the pair let go because
// the target changed, or a failure, after which it stays held.
func (b *batch) removed(r *removal, err error) {
	r.over = true
	d := r.dec
	if err == nil && d.Action == link.Fail {
		err = sdk.Errorf(sdk.Unavailable, d.Reason, "%s", failText(d.Reason))
	}
	e := Entry{SourceKey: r.hold.SourceKey, TargetKey: r.own.TargetKey, Action: "delete", Reason: d.Reason}
	if err != nil {
		b.tallyGone(r.hold.SourceKey, &b.sum.Failed)
		e.Action, e.Reason, e.Detail = "fail", codeOf(err), brief("delete: "+err.Error())
		if r.tries > 0 {
			b.c.Links = append(b.c.Links, r.own)
		}
		b.journal(e)
		return
	}
	b.c.Unhold = append(b.c.Unhold, r.hold.ID)
	switch d.Action {
	case link.Skip:
		b.tallyGone(r.hold.SourceKey, &b.sum.Skipped)
		return
	case link.Release:
		b.tallyGone(r.hold.SourceKey, &b.sum.Skipped)
		e.Action = "release"
	default:
		b.tallyGone(r.hold.SourceKey, &b.sum.Deleted)
		for _, s := range r.reverse {
			if s.State == link.Active && s.SourceKey == r.own.TargetKey {
				s.State, s.Unknown, s.Suspect = link.Deleted, false, false
				b.c.Links = append(b.c.Links, s)
			}
		}
	}
	if len(d.Lost) > 0 {
		e.Detail = cut(fmt.Sprintf("kept %v", d.Lost), longestLost)
	}
	b.c.Links = append(b.c.Links, d.Link)
	b.journal(e)
}
