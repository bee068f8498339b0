package run

import (
	"context"
	"fmt"
	"slices"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/sdk"
)

// end is what follows the last batch of a round. After a complete listing the
// links that it did not show are asked for by key; then the deletions are
// counted and carried out; then the round is over.
func (p *part) end(ctx context.Context, b sdk.Batch, next Position) error {
	if next.Full {
		doubt, err := p.doubted(ctx, b.Reach, next.Round)
		if err != nil {
			return err
		}
		if doubt {
			return p.readAgain(ctx, next)
		}
		if err := p.reconcile(ctx, b.Reach, next.Round); err != nil {
			return err
		}
	}
	if err := p.settle(ctx); err != nil {
		return err
	}
	return p.keep(ctx, next)
}

// unlisted selects the links that a full round should have shown and did not.
// Open intents are among them: what they made has to be found too.
func (p *part) unlisted(reach [2]string, round int64) Selection {
	return Selection{Part: p.id, States: []link.State{link.Active, link.Creating}, Unseen: round, Reach: reach}
}

// doubted reports whether a full round is to be read once more before it is
// believed: it was empty, or it lacked more links than a person would delete. The
// second reading follows at once: one of an earlier run is no witness, the source
// has changed since. Where nothing is linked within reach there is nothing to
// miss, and what is held is known to be missing.
func (p *part) doubted(ctx context.Context, reach [2]string, round int64) (bool, error) {
	if p.second || p.opts.DryRun {
		return false, nil
	}
	n, err := p.Store.Count(ctx, p.id)
	if err != nil {
		return false, fmt.Errorf("count the links: %w", err)
	}
	unseen := 0
	err = p.selected(ctx, p.unlisted(reach, round), func(links []link.Link) error {
		for _, l := range links {
			if _, held := p.holds[l.SourceKey]; !held {
				unseen++
			}
		}
		return nil
	})
	if !p.listed {
		return unseen > 0, err
	}
	return unseen > brake(n), err
}

// readAgain makes the doubt durable and asks for a second reading.
func (p *part) readAgain(ctx context.Context, next Position) error {
	next.Cursor, next.Doubt, next.Finished = nil, true, p.pos.Finished
	p.reread = true
	p.Log.WarnContext(ctx, "a complete listing was empty or short: it is read again", "process", p.id.Process, "partition", p.id.Partition)
	return p.keep(ctx, next)
}

// reconcile asks for the links that a full round did not show. Invariant 3:
// absence from a list is suspicion; only a confirmed deletion leads to one.
func (p *part) reconcile(ctx context.Context, reach [2]string, round int64) error {
	if p.opts.DryRun {
		return nil // nothing was marked as seen
	}
	return p.selected(ctx, p.unlisted(reach, round), func(links []link.Link) error {
		return p.missed(ctx, links)
	})
}

// missed asks for records that should have been listed.
func (p *part) missed(ctx context.Context, links []link.Link) error {
	var keys []string
	for _, l := range links {
		if !p.confirmed[l.SourceKey] && !p.asked[l.SourceKey] {
			keys = append(keys, l.SourceKey)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	if p.rules.CanAsk {
		return p.askFor(ctx, keys)
	}
	in := intake{asked: true}
	for _, k := range keys {
		in.records = append(in.records, sdk.Record{Partition: p.id.Partition, Op: sdk.Missing, Key: k})
	}
	c, stop := p.handle(ctx, in)
	if err := p.commit(ctx, c); err != nil {
		return err
	}
	return stop
}

// sets compares the complete sets of a batch with the links: a part that is not
// in the set any more is asked for by key, as after a full round.
func (p *part) sets(ctx context.Context, b sdk.Batch) error {
	if len(b.Sets) == 0 {
		return nil
	}
	there := map[string][]string{}
	sel := Selection{Part: p.id, States: []link.State{link.Active, link.Creating}, Reach: b.Reach}
	for _, s := range b.Sets {
		there[s.Parent] = s.Keys
		sel.Parents = append(sel.Parents, s.Parent)
	}
	return p.selected(ctx, sel, func(links []link.Link) error {
		gone := slices.DeleteFunc(links, func(l link.Link) bool { return slices.Contains(there[l.Parent], l.SourceKey) })
		return p.missed(ctx, gone)
	})
}
