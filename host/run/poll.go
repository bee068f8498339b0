package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/sdk"
)

// poll leaves out the partitions in which there is nothing to do: the source says
// that they have not changed, their last round reached its end, and nothing waits
// in them.
func (w *work) poll(ctx context.Context, todo []sdk.Partition) ([]sdk.Partition, error) {
	if w.opts.Full || w.opts.Keys != nil || w.opts.DryRun || len(todo) == 0 {
		return todo, nil
	}
	waits, err := w.waiting(ctx)
	if err != nil {
		return nil, err
	}
	positions, err := w.Store.Positions(ctx, w.job.Process.Name)
	if err != nil {
		return nil, fmt.Errorf("positions of %s: %w", w.job.Process.Name, err)
	}
	req := sdk.PollRequest{Object: w.job.Source.name(), Step: w.job.Source.Step, Scope: w.scope}
	for _, p := range todo {
		pos := positions[p.ID]
		if pos.Cursor == nil || pos.Open || pos.Doubt || pos.Finished.IsZero() || waits[p.ID] {
			continue
		}
		open, err := w.unresolved(ctx, Part{w.job.Process.Name, p.ID})
		if err != nil {
			return nil, err
		}
		if !open {
			req.Items = append(req.Items, sdk.PollItem{Partition: p.ID, Cursor: pos.Cursor})
		}
	}
	if len(req.Items) == 0 {
		return todo, nil
	}
	answers, err := sdk.Poll(ctx, w.job.Source.Conn, req)
	if err != nil {
		if !errors.Is(err, sdk.Unsupported) && ctx.Err() == nil {
			w.Log.WarnContext(ctx, "poll failed, all partitions run", "process", w.job.Process.Name, "error", err)
		}
		return todo, ctx.Err()
	}
	asked := map[string]Position{}
	for _, it := range req.Items {
		asked[it.Partition] = positions[it.Partition]
	}
	return w.left(ctx, todo, asked, answers)
}

// left keeps the newer cursors of a poll and returns the partitions to run.
func (w *work) left(ctx context.Context, todo []sdk.Partition, asked map[string]Position, answers []sdk.PollResult) ([]sdk.Partition, error) {
	same := map[string]bool{}
	for _, a := range answers {
		pos, ok := asked[a.Partition]
		if !ok || a.Changed || a.Err != nil || len(a.Cursor) > sdk.MaxCursor {
			continue
		}
		if a.Cursor != nil {
			pos.Cursor, pos.Finished = a.Cursor, w.Now()
			if err := w.Store.Commit(ctx, Commit{Part: Part{w.job.Process.Name, a.Partition}, Run: w.run, Position: &pos}); err != nil {
				return nil, fmt.Errorf("position of %s: %w", a.Partition, err)
			}
		}
		same[a.Partition] = true
	}
	var run []sdk.Partition
	for _, p := range todo {
		if same[p.ID] {
			w.quiet++
			continue
		}
		run = append(run, p)
	}
	return run, nil
}

// waiting returns the partitions with holds or parked records.
func (w *work) waiting(ctx context.Context) (map[string]bool, error) {
	name := w.job.Process.Name
	holds, err := w.Store.Holds(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("holds of %s: %w", name, err)
	}
	parked, err := w.Store.Parked(ctx, Part{Process: name}, true)
	if err != nil {
		return nil, fmt.Errorf("parked records of %s: %w", name, err)
	}
	waits := map[string]bool{}
	for _, h := range holds {
		if h.State != HoldHeld {
			waits[h.SourcePartition] = true
		}
	}
	for _, p := range parked {
		waits[p.Partition] = true
	}
	return waits, nil
}

// unresolved reports whether a part has links with an open outcome or a suspicion.
func (w *work) unresolved(ctx context.Context, p Part) (bool, error) {
	for _, s := range []Selection{
		{Part: p, States: []link.State{link.Creating}, Limit: 1},
		{Part: p, Unknown: true, States: []link.State{link.Active}, Limit: 1},
		{Part: p, Suspect: true, States: []link.State{link.Active}, Limit: 1},
	} {
		links, err := w.Store.Select(ctx, s)
		if err != nil {
			return false, fmt.Errorf("links of %s: %w", p.Partition, err)
		}
		if len(links) > 0 {
			return true, nil
		}
	}
	return false, nil
}
