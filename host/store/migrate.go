package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// state is what an existing store says before anything is changed. It is zero
// for a store that does not exist yet.
type state struct {
	installation string
	wrapped      []byte
}

// inspect reads the state of the store in file without changing a byte of it,
// and refuses a newer one (Invariant 10: start anywhere).
func inspect(ctx context.Context, file string) (state, error) {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return state{}, nil
	}
	if err != nil {
		return state{}, err
	}
	db, err := openDB(file, inspecting)
	if err != nil {
		return state{}, err
	}
	defer db.Close()
	version, err := schemaVersion(ctx, db)
	if err != nil || version == 0 {
		return state{}, err
	}
	latest, err := latestSchema()
	if err != nil {
		return state{}, err
	}
	if version > latest {
		return state{}, &Error{Op: "open", File: file, Fault: Newer,
			Err:  fmt.Errorf("its form is number %d, this program knows up to %d", version, latest),
			Hint: "start the newer program, or restore a backup made before its first start; nothing was changed"}
	}
	return readState(ctx, db)
}

// schemaVersion returns the number of the last migration, 0 for an empty
// database. It refuses a database that is not a store.
func schemaVersion(ctx context.Context, db *sql.DB) (int64, error) {
	var ours, tables int
	err := db.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE name = 'goose_db_version'), count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`).Scan(&ours, &tables)
	if err != nil {
		return 0, err
	}
	if ours == 0 && tables > 0 {
		return 0, corrupt("it is a database, but not one of this program")
	}
	if ours == 0 {
		return 0, nil
	}
	var version sql.NullInt64
	err = db.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version WHERE is_applied`).Scan(&version)
	return version.Int64, err
}

func readState(ctx context.Context, db *sql.DB) (state, error) {
	var s state
	err := db.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'installation'`).Scan(&s.installation)
	if err == nil {
		err = db.QueryRowContext(ctx, `SELECT wrapped FROM keyset WHERE id = 1`).Scan(&s.wrapped)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return s, err
	}
	// The first start ended between the migration and its last step; then nothing
	// can have been sealed yet.
	var sealed bool
	err = db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM params) OR EXISTS (SELECT 1 FROM parts WHERE cursor IS NOT NULL)`).Scan(&sealed)
	if err == nil && sealed {
		err = corrupt("the keyset is missing, but there are sealed values")
	}
	return state{}, err
}

func corrupt(text string) error {
	return &Error{Op: "open", File: fileName, Fault: Corrupt, Err: errors.New(text), Hint: Corrupt.hint()}
}

func provider(db *sql.DB) (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, dir, goose.WithDisableGlobalRegistry(true))
}

func latestSchema() (int64, error) {
	p, err := provider(new(sql.DB)) // the provider only lists its sources
	if err != nil {
		return 0, err
	}
	list := p.ListSources()
	return list[len(list)-1].Version, nil
}

// migrate brings the database to the current form, each step in a transaction of
// its own together with its number: an end in the middle is gone on with.
func migrate(ctx context.Context, db *sql.DB) error {
	p, err := provider(db)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// begin stores what makes an empty database a store.
func (db *DB) begin(ctx context.Context, installation string, wrapped []byte) error {
	return db.change(ctx, "make the store", func(ctx context.Context, c *change) error {
		if _, err := c.tx.ExecContext(ctx, `INSERT OR REPLACE INTO meta (name, value) VALUES ('installation', ?)`, installation); err != nil {
			return err
		}
		if _, err := c.tx.ExecContext(ctx, `INSERT OR REPLACE INTO keyset (id, wrapped, version, changed) VALUES (1, ?, 1, ?)`, wrapped, stamp(db.now())); err != nil {
			return err
		}
		_, err := c.tx.ExecContext(ctx, `INSERT OR IGNORE INTO sequences (name, value) VALUES ('param', 0)`)
		return err
	})
}
