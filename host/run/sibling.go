package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/sdk"
)

// raise keeps the links of siblings in step with a write of ours, so that they
// neither see an echo nor a conflict. Invariant 6. A sibling that has not seen
// the target's last state yet is left alone: it would miss somebody's change.
func (b *batch) raise(it *item, l link.Link) {
	if it.dec.Before == nil {
		return
	}
	before := it.dec.Before.Stamp
	for _, s := range it.Reverse {
		if s.State == link.Active && !s.Unknown && s.SourceKey == l.TargetKey && s.SourceStamp == before && l.TargetStamp != "" {
			s.SourceStamp, s.TargetStamp, s.Base = l.TargetStamp, l.SourceStamp, nil
			b.c.Links = append(b.c.Links, s)
		}
	}
	for _, s := range it.Parallel {
		if s.State == link.Active && s.TargetKey == l.TargetKey && s.TargetAt == l.TargetAt && s.TargetStamp == before {
			s.TargetStamp = l.TargetStamp
			b.c.Links = append(b.c.Links, s)
		}
	}
}

// introduce tells the other direction of what we made before it reads it: should
// it be gone by then, that is a deletion and not a record that never was.
func (b *batch) introduce(it *item, l link.Link) {
	known := it.before != nil && it.before.State == link.Active && it.before.TargetKey == l.TargetKey
	if known || l.State != link.Active || l.Intent == "" {
		return
	}
	for _, name := range b.job.siblingNames(true) {
		b.c.Links = append(b.c.Links, link.Link{
			ID:        link.ID{Process: name, SourcePartition: l.TargetAt, SourceKey: l.TargetKey},
			TargetKey: l.SourceKey, TargetAt: l.SourcePartition,
			SourceStamp: l.TargetStamp, TargetStamp: l.SourceStamp,
		})
	}
}

// related links what a write made besides, the occurrences of a new series, for
// the siblings that read them: they are ours and no news until they change.
func (b *batch) related(l link.Link, made []sdk.Record) {
	for _, name := range b.job.siblingNames(true) {
		for _, r := range made {
			b.c.Links = append(b.c.Links, link.Link{
				ID:          link.ID{Process: name, SourcePartition: r.Partition, SourceKey: r.Key},
				State:       link.Released,
				SourceStamp: r.Stamp, At: r.At, Parent: l.TargetKey,
			})
		}
	}
}

// siblings keeps a record from being created that a sibling of the other
// direction has just made and does not know yet, because the answer to its create
// was lost. What its open intents made is looked for in our source; such a record
// waits until the sibling has found it. Invariant 2.
func (b *batch) siblings(ctx context.Context) error {
	names := b.job.siblingNames(true)
	var fresh []*item
	for _, it := range b.items {
		if it.err == nil && it.Own == nil && len(it.Reverse) == 0 && it.Record.Op == sdk.Upsert {
			fresh = append(fresh, it)
		}
	}
	if len(names) == 0 || len(fresh) == 0 {
		return nil
	}
	for _, name := range names {
		made, err := b.madeBy(ctx, name)
		if err != nil {
			return err
		}
		for _, it := range fresh {
			if made[it.Record.Key] {
				it.fail("sibling_open", sdk.Errorf(sdk.Unavailable, "sibling_open", "process %s has made this record and has not learned so yet; it is asked for again in the next run", name))
			}
		}
	}
	return b.links(ctx) // a sibling may have learned in between
}

// madeBy returns the keys of our partition that the open intents of a sibling made.
func (b *batch) madeBy(ctx context.Context, sibling string) (map[string]bool, error) {
	parts, err := b.Store.Positions(ctx, sibling)
	if err != nil {
		return nil, fmt.Errorf("positions of %s: %w", sibling, err)
	}
	made := map[string]bool{}
	for _, partition := range slices.Sorted(maps.Keys(parts)) {
		s := Selection{Part: Part{Process: sibling, Partition: partition}, States: []link.State{link.Creating}}
		err := b.selected(ctx, s, func(links []link.Link) error {
			for _, l := range links {
				if err := b.lookFor(ctx, l, made); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return made, nil
}

// lookFor adds the keys of what an open intent made in our source.
func (b *batch) lookFor(ctx context.Context, l link.Link, made map[string]bool) error {
	src := b.job.Source
	rec, err := trace(src.Object, l)
	if err != nil {
		return nil // nothing to look for: the sibling reports it
	}
	req := sdk.FindRequest{Object: src.name(), Scope: b.scope, Records: []sdk.Record{rec}, Limit: hitsAtMost}
	var found []sdk.Match
	err = b.retried(ctx, func() (err error) {
		found, err = sdk.Find(ctx, src.Conn, req)
		return err
	})
	if errors.Is(err, sdk.Unsupported) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find what %s made: %w", l.Process, err)
	}
	for _, m := range found {
		if m.Partition == b.id.Partition {
			made[m.Key] = true
		}
	}
	return nil
}

// The loop breaker: a record that this process has written so often within so
// short a time is written back and forth by two processes, or by somebody else
// and us.
const (
	loopWrites = 5
	loopSpan   = time.Hour
)

// looping lets records fail that are written over and over. It costs a look into
// the journal for each update, so it is made only where a loop can be: with a
// sibling of the other direction.
func (b *batch) looping(ctx context.Context, writes []*item) ([]*item, error) {
	if len(b.job.siblingNames(true)) == 0 {
		return writes, nil
	}
	var out []*item
	for _, it := range writes {
		if it.tries > 0 || it.dec.Action != link.Update {
			out = append(out, it)
			continue
		}
		lines, err := b.Store.Journal(ctx, b.id.Process, it.Record.Key, 4*loopWrites)
		if err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		n := 0
		for _, e := range lines {
			if e.Partition == b.id.Partition && e.Action == link.Update.String() && b.now.Sub(e.Time) < loopSpan {
				n++
			}
		}
		if n >= loopWrites {
			it.fail("loop", sdk.Errorf(sdk.Internal, "loop", "written %d times within %s: two sides overwrite one another; it is left alone until the hour is over", n, loopSpan))
			continue
		}
		out = append(out, it)
	}
	return out, nil
}
