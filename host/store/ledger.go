package store

import (
	"context"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

// Holds implements run.Ledger. They come ordered by process, partition and key.
func (db *DB) Holds(ctx context.Context, process string) ([]run.Hold, error) {
	const op = "read holds"
	rows, err := db.reader.QueryContext(ctx, `SELECT c.name, p.partition, h.source_key, h.target_partition, h.target_key, h.state, h.reason, h.since
		FROM holds h JOIN parts p ON p.id = h.part JOIN processes c ON c.id = p.process WHERE ?1 = '' OR c.name = ?1
		ORDER BY c.name, p.partition, h.source_key, h.target_partition`, process)
	if err != nil {
		return nil, fail(op, db.file, err)
	}
	defer rows.Close()
	var list []run.Hold
	for rows.Next() {
		var h run.Hold
		var since int64
		if err := rows.Scan(&h.Process, &h.SourcePartition, &h.SourceKey, &h.TargetPartition, &h.TargetKey, &h.State, &h.Reason, &since); err != nil {
			return nil, fail(op, db.file, err)
		}
		h.Since = unstamp(since)
		list = append(list, h)
	}
	return list, fail(op, db.file, rows.Err())
}

// SetHolds implements run.Ledger. A hold that is not there (any more) is an
// error of kind NotFound, and no hold is changed. Invariant 3: a rejected
// deletion releases its link, so that it is never carried out. What a person
// decided stands in the journal of the latest run.
func (db *DB) SetHolds(ctx context.Context, ids []link.ID, state run.HoldState) error {
	return db.change(ctx, "change holds", func(ctx context.Context, c *change) error {
		for _, h := range ids {
			line, err := c.decided(ctx, h, state)
			if err != nil {
				return err
			}
			if err := c.setHold(ctx, h, state); err != nil {
				return err
			}
			if err := c.journal(ctx, line); err != nil {
				return err
			}
		}
		return nil
	})
}

// decided is the line of the journal about what a person decides about a hold.
func (c *change) decided(ctx context.Context, h link.ID, state run.HoldState) (run.Commit, error) {
	part := run.Part{Process: h.Process, Partition: h.SourcePartition}
	e := run.Entry{Part: part, SourceKey: h.SourceKey, Action: link.Hold.String(), Reason: link.LetThrough, Detail: "a person released the deletion: the next run carries it out"}
	if state == "" {
		e.Reason, e.Detail = link.Rejected, "a person rejected the deletion: the target record stays"
	}
	id, err := c.part(ctx, h.Process, h.SourcePartition)
	if err != nil {
		return run.Commit{}, err
	}
	err = c.tx.QueryRowContext(ctx, `SELECT coalesce((SELECT max(id) FROM runs WHERE process = ?1), 0),
		coalesce((SELECT target_key FROM holds WHERE part = ?2 AND source_key = ?3 AND target_partition = ?4), '')`,
		id.process, id.part, h.SourceKey, h.TargetPartition).Scan(&e.Run, &e.TargetKey)
	return run.Commit{Part: part, Journal: []run.Entry{e}}, err
}

func (c *change) setHold(ctx context.Context, h link.ID, state run.HoldState) error {
	id, err := c.part(ctx, h.Process, h.SourcePartition)
	if err != nil {
		return err
	}
	w := &c.db.write
	if state != "" {
		r, err := c.exec(ctx, w.setHold, string(state), id.part, h.SourceKey, h.TargetPartition)
		return found(r, err, h)
	}
	r, err := c.exec(ctx, w.dropHold, id.part, h.SourceKey, h.TargetPartition)
	if err := found(r, err, h); err != nil {
		return err
	}
	_, err = c.tx.ExecContext(ctx, `UPDATE links SET state = ?, suspect = 0 WHERE part = ? AND source_key = ? AND target_partition = ?`,
		int64(link.Released), id.part, h.SourceKey, h.TargetPartition)
	return err
}

// found turns "no row was changed" into an error.
func found(r interface{ RowsAffected() (int64, error) }, err error, h link.ID) error {
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	if err == nil && n == 0 {
		err = &sdk.Error{Op: "change a hold of process " + h.Process, Key: h.SourceKey, Partition: h.SourcePartition, Kind: sdk.NotFound, Code: "hold_not_found",
			Hint: sdk.Text{EN: "list the holds again, a run may have dropped it", DE: "Zurückgehaltenes neu auflisten, ein Lauf kann es verworfen haben"}}
	}
	return err
}

func (c *change) hold(ctx context.Context, drop []link.ID, put []run.Hold) error {
	w := &c.db.write
	for _, h := range drop {
		id, err := c.part(ctx, h.Process, h.SourcePartition)
		if err != nil {
			return err
		}
		if _, err := c.exec(ctx, w.dropHold, id.part, h.SourceKey, h.TargetPartition); err != nil {
			return err
		}
	}
	for _, h := range put {
		id, err := c.part(ctx, h.Process, h.SourcePartition)
		if err != nil {
			return err
		}
		if _, err := c.exec(ctx, w.putHold, id.part, h.SourceKey, h.TargetPartition, h.TargetKey, string(h.State), h.Reason, stamp(h.Since)); err != nil {
			return err
		}
	}
	return nil
}

// Parked implements run.Ledger. They come ordered by partition and key.
func (db *DB) Parked(ctx context.Context, p run.Part, all bool) ([]run.Parked, error) {
	const op = "read parked records"
	rows, err := db.reader.QueryContext(ctx, `SELECT c.name, p.partition, k.source_key, k.error, k.code, k.attempts, k.since
		FROM processes c CROSS JOIN parts p ON p.process = c.id CROSS JOIN parked k ON k.part = p.id
		WHERE c.name = ?1 AND (?3 OR p.partition = ?2) ORDER BY p.partition, k.source_key`, p.Process, p.Partition, all)
	if err != nil {
		return nil, fail(op, db.file, err)
	}
	defer rows.Close()
	var list []run.Parked
	for rows.Next() {
		var k run.Parked
		var since int64
		if err := rows.Scan(&k.Process, &k.Partition, &k.Key, &k.Error, &k.Code, &k.Attempts, &since); err != nil {
			return nil, fail(op, db.file, err)
		}
		k.Since = unstamp(since)
		list = append(list, k)
	}
	return list, fail(op, db.file, rows.Err())
}

// park removes and adds parked records. Unpark names source keys of the commit's
// own part.
func (c *change) park(ctx context.Context, own partID, k run.Commit) error {
	w := &c.db.write
	for _, key := range k.Unpark {
		if _, err := c.exec(ctx, w.dropParked, own.part, key); err != nil {
			return err
		}
	}
	for _, r := range k.Park {
		part := r.Part
		if part == (run.Part{}) {
			part = k.Part
		}
		id, err := c.part(ctx, part.Process, part.Partition)
		if err != nil {
			return err
		}
		if _, err := c.exec(ctx, w.putParked, id.part, r.Key, r.Error, r.Code, r.Attempts, stamp(r.Since)); err != nil {
			return err
		}
	}
	return nil
}
