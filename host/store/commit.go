package store

import (
	"context"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/run"
)

// Intend implements run.Writer. Invariant 2 and 4: it returns after the links
// are on disk.
func (db *DB) Intend(ctx context.Context, links []link.Link) error {
	if len(links) == 0 {
		return nil
	}
	return db.change(ctx, "store intents", func(ctx context.Context, c *change) error { return c.putLinks(ctx, links) })
}

// Commit implements run.Writer. Invariant 1: the cursor is in the same
// transaction as the outcomes it covers. Removals come before additions, so a
// link or record named in both is there afterwards; Seen comes last. With Seen
// but without Position the stored round counts.
func (db *DB) Commit(ctx context.Context, k run.Commit) error {
	return db.change(ctx, "commit", func(ctx context.Context, c *change) error {
		id, err := c.part(ctx, k.Process, k.Partition)
		if err != nil {
			return err
		}
		if err := c.forget(ctx, k.Forget); err != nil {
			return err
		}
		if err := c.putLinks(ctx, k.Links); err != nil {
			return err
		}
		if err := c.hold(ctx, k.Unhold, k.Hold); err != nil {
			return err
		}
		if err := c.park(ctx, id, k); err != nil {
			return err
		}
		if err := c.journal(ctx, k); err != nil {
			return err
		}
		if k.Position != nil {
			if err := c.setPosition(ctx, k.Part, id, *k.Position); err != nil {
				return err
			}
		}
		return c.see(ctx, id, k)
	})
}

func (c *change) forget(ctx context.Context, ids []link.ID) error {
	for _, l := range ids {
		id, err := c.part(ctx, l.Process, l.SourcePartition)
		if err != nil {
			return err
		}
		if _, err := c.exec(ctx, c.db.write.dropLink, id.part, l.SourceKey, l.TargetPartition); err != nil {
			return err
		}
	}
	return nil
}

func (c *change) see(ctx context.Context, id partID, k run.Commit) error {
	if len(k.Seen) == 0 {
		return nil
	}
	round, err := c.round(ctx, id) // after setPosition: the new one, if there is one
	if err != nil {
		return err
	}
	_, err = c.exec(ctx, c.db.write.seen, round, id.part, textList(k.Seen))
	return err
}
