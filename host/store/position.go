package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/gleis-dev/gleis/host/run"
)

var (
	_ run.Store     = (*DB)(nil)
	_ run.Positions = (*DB)(nil)
)

const selectPosition = `SELECT c.name, p.partition, p.cursor, p.round, p.full, p.open, p.doubt, p.finished FROM parts p JOIN processes c ON c.id = p.process`

// Position implements run.Positions.
func (db *DB) Position(ctx context.Context, p run.Part) (run.Position, error) {
	rows, err := db.read.position.QueryContext(ctx, p.Process, p.Partition)
	if err != nil {
		return run.Position{}, fail("read a position", db.file, err)
	}
	found, err := db.positions(rows, false)
	return found[p], fail("read a position", db.file, err)
}

// Positions implements run.Positions. A part that has links but never ended a
// batch is there with the zero Position. Invariant 8: a cursor that does not open
// is left out here, so that it stops its own part only; Position says so there.
func (db *DB) Positions(ctx context.Context, process string) (map[string]run.Position, error) {
	rows, err := db.reader.QueryContext(ctx, selectPosition+` WHERE c.name = ?`, process)
	if err != nil {
		return nil, fail("read positions", db.file, err)
	}
	found, err := db.positions(rows, true)
	if err != nil {
		return nil, fail("read positions", db.file, err)
	}
	all := make(map[string]run.Position, len(found))
	for p, pos := range found {
		all[p.Partition] = pos
	}
	return all, nil
}

func (db *DB) positions(rows *sql.Rows, lenient bool) (map[run.Part]run.Position, error) {
	defer rows.Close()
	found := map[run.Part]run.Position{}
	for rows.Next() {
		var p run.Part
		var pos run.Position
		var sealed []byte
		var finished int64
		if err := rows.Scan(&p.Process, &p.Partition, &sealed, &pos.Round, &pos.Full, &pos.Open, &pos.Doubt, &finished); err != nil {
			return nil, err
		}
		if sealed != nil {
			var err error
			if pos.Cursor, err = db.sealer.Open(sealed, cursorBind(p)...); err != nil && !lenient {
				return nil, &Error{Op: "read the cursor of process " + p.Process + ", partition " + p.Partition, File: db.file, Fault: Sealed, Err: err,
					Hint: "start the process with a full round, which forgets the cursor"}
			}
		}
		pos.Finished = unstamp(finished)
		found[p] = pos
	}
	return found, rows.Err()
}

// cursorBind is what a sealed cursor is bound to: moved to another part it does
// not open.
func cursorBind(p run.Part) []string { return []string{"cursor", p.Process, p.Partition} }

// Forget implements run.Positions.
func (db *DB) Forget(ctx context.Context, p run.Part) error {
	return db.change(ctx, "forget a cursor", func(ctx context.Context, c *change) error {
		_, err := c.tx.ExecContext(ctx, `UPDATE parts SET cursor = NULL WHERE partition = ? AND process = (SELECT id FROM processes WHERE name = ?)`, p.Partition, p.Process)
		return err
	})
}

func (c *change) setPosition(ctx context.Context, p run.Part, id partID, pos run.Position) error {
	var sealed []byte
	if len(pos.Cursor) > 0 {
		var err error
		if sealed, err = c.db.sealer.Seal(pos.Cursor, cursorBind(p)...); err != nil {
			return err
		}
	}
	_, err := c.exec(ctx, c.db.write.setPosition, sealed, pos.Round, pos.Full, pos.Open, pos.Doubt, stamp(pos.Finished), id.part)
	return err
}

// round returns the number of the current round of a part.
func (c *change) round(ctx context.Context, id partID) (int64, error) {
	var n int64
	err := c.tx.QueryRowContext(ctx, `SELECT round FROM parts WHERE id = ?`, id.part).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}
