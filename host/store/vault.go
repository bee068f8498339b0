package store

import (
	"context"

	"github.com/gleis-dev/gleis/host/param"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

// resealBatch is the number of values that one transaction of Reseal replaces at
// most: other writers wait for no longer than that.
const resealBatch = 200

// Keyset implements param.Vault.
func (db *DB) Keyset(ctx context.Context) (wrapped []byte, version int64, err error) {
	err = db.reader.QueryRowContext(ctx, `SELECT wrapped, version FROM keyset WHERE id = 1`).Scan(&wrapped, &version)
	return wrapped, version, fail("read the keyset", db.file, err)
}

// PutKeyset implements param.Vault.
func (db *DB) PutKeyset(ctx context.Context, wrapped []byte, ifVersion int64) error {
	return db.change(ctx, "store the keyset", func(ctx context.Context, c *change) error {
		r, err := c.tx.ExecContext(ctx, `UPDATE keyset SET wrapped = ?, version = version + 1, changed = ? WHERE id = 1 AND version = ?`, wrapped, stamp(db.now()), ifVersion)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		if err == nil && n == 0 {
			err = sdk.Errorf(sdk.Conflict, "keyset_changed", "the keyset was changed meanwhile")
		}
		return err
	})
}

// sealedValue is one sealed value and its row.
type sealedValue struct {
	row    int64
	sealed []byte
	bind   []string
}

// Reseal implements param.Vault. Each transaction reads and replaces some rows:
// it can end between any two, and no value that changes meanwhile is lost.
func (db *DB) Reseal(ctx context.Context, one func(sealed []byte, bind ...string) ([]byte, error)) (int, error) {
	total := 0
	for _, table := range []struct {
		read   func(ctx context.Context, c *change, after int64) ([]sealedValue, error)
		update string
	}{
		{sealedParams, `UPDATE params SET sealed = ? WHERE rowid = ?`},
		{sealedCursors, `UPDATE parts SET cursor = ? WHERE id = ?`},
	} {
		for after, more := int64(-1<<63), true; more; {
			n := 0
			err := db.change(ctx, "seal again", func(ctx context.Context, c *change) error {
				list, err := table.read(ctx, c, after)
				if err != nil {
					return err
				}
				more = len(list) == resealBatch
				for _, v := range list {
					after = v.row
					sealed, err := one(v.sealed, v.bind...)
					if err != nil {
						return err
					}
					if sealed == nil {
						continue
					}
					if _, err := c.tx.ExecContext(ctx, table.update, sealed, v.row); err != nil {
						return err
					}
					n++
				}
				return nil
			})
			if err != nil {
				return total, err
			}
			total += n
		}
	}
	return total, nil
}

func sealedParams(ctx context.Context, c *change, after int64) ([]sealedValue, error) {
	rows, err := c.tx.QueryContext(ctx, `SELECT rowid, sealed, connection, name, version FROM params WHERE rowid > ? ORDER BY rowid LIMIT ?`, after, resealBatch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []sealedValue
	for rows.Next() {
		var v sealedValue
		var connection, name string
		var version int64
		if err := rows.Scan(&v.row, &v.sealed, &connection, &name, &version); err != nil {
			return nil, err
		}
		v.bind = param.Bind(connection, name, version)
		list = append(list, v)
	}
	return list, rows.Err()
}

func sealedCursors(ctx context.Context, c *change, after int64) ([]sealedValue, error) {
	rows, err := c.tx.QueryContext(ctx, `SELECT p.id, p.cursor, n.name, p.partition FROM parts p JOIN processes n ON n.id = p.process
		WHERE p.id > ? AND p.cursor IS NOT NULL ORDER BY p.id LIMIT ?`, after, resealBatch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []sealedValue
	for rows.Next() {
		var v sealedValue
		var p run.Part
		if err := rows.Scan(&v.row, &v.sealed, &p.Process, &p.Partition); err != nil {
			return nil, err
		}
		v.bind = cursorBind(p)
		list = append(list, v)
	}
	return list, rows.Err()
}
