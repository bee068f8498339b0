package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/gleis-dev/gleis/host/param"
	"github.com/gleis-dev/gleis/sdk"
)

var (
	_ param.Backend = (*DB)(nil)
	_ param.Vault   = (*DB)(nil)
	_ Sealer        = (*param.KeyRing)(nil)
)

// Param implements param.Backend.
func (db *DB) Param(ctx context.Context, connection, name string) (sealed []byte, version int64, err error) {
	err = db.read.param.QueryRowContext(ctx, connection, name).Scan(&sealed, &version)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, nil
	}
	return sealed, version, fail("read a parameter", db.file, err)
}

// Params implements param.Backend.
func (db *DB) Params(ctx context.Context, connection, prefix string) ([]sdk.ParamInfo, error) {
	const op = "list parameters"
	rows, err := db.reader.QueryContext(ctx, `SELECT name, version, changed FROM params
		WHERE connection = ?1 AND name >= ?2 AND substr(CAST(name AS BLOB), 1, length(CAST(?2 AS BLOB))) = CAST(?2 AS BLOB) ORDER BY name`, connection, prefix)
	if err != nil {
		return nil, fail(op, db.file, err)
	}
	defer rows.Close()
	var list []sdk.ParamInfo
	for rows.Next() {
		var p sdk.ParamInfo
		var changed int64
		if err := rows.Scan(&p.Name, &p.Version, &changed); err != nil {
			return nil, fail(op, db.file, err)
		}
		p.Changed = unstamp(changed)
		list = append(list, p)
	}
	return list, fail(op, db.file, rows.Err())
}

// SetParam implements param.Backend. Versions grow over all parameters: a
// deleted and new one never has a version again that somebody may still hold.
func (db *DB) SetParam(ctx context.Context, connection, name string, ifVersion int64, seal func(version int64) ([]byte, error)) error {
	return db.change(ctx, "store a parameter", func(ctx context.Context, c *change) error {
		have, _, err := c.number(ctx, db.write.findParam, connection, name)
		if err != nil {
			return err
		}
		if ifVersion != param.AnyVersion && have != ifVersion {
			return &sdk.Error{Op: "store parameter of connection " + connection, Key: name, Kind: sdk.Conflict, Code: "param_changed",
				Err: fmt.Errorf("version %d was expected, it is %d", ifVersion, have)}
		}
		if seal == nil {
			_, err := c.tx.ExecContext(ctx, `DELETE FROM params WHERE connection = ? AND name = ?`, connection, name)
			return err
		}
		version, _, err := c.number(ctx, db.write.nextVersion)
		if err != nil {
			return err
		}
		sealed, err := seal(version)
		if err != nil {
			return err
		}
		_, err = c.exec(ctx, db.write.putParam, connection, name, version, stamp(db.now()), sealed)
		return err
	})
}
