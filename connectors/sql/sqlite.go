package sql

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/gleis-dev/gleis/sdk"
)

func sqliteDialect() *dialect {
	return &dialect{
		name:       "SQLite",
		place:      func(n int) string { return fmt.Sprintf("?%d", n) },
		same:       "IS",
		savepoints: true,
		clock:      "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
		selfQuery:  true,
		catalogue:  sqliteCatalogue,
		problem:    sqliteProblem,
		resultType: sqliteColumn,
		version:    "SELECT 'SQLite ' || sqlite_version()",
	}
}

// openSQLite opens a file: for reading with connections that refuse to write,
// for writing with a single one, as SQLite has one writer at a time.
func (c *conn) openSQLite(ctx context.Context, path string) error {
	c.d = sqliteDialect()
	if path == "" {
		e := settingError("dsn", "no file is named after sqlite:")
		e.Hint = dsnHint
		return e
	}
	if strings.HasPrefix(path, ":memory:") {
		return settingError("dsn", "a SQLite database is a file; a database in memory would be another one for each connection")
	}
	if strings.ContainsAny(path, "?") {
		return settingError("dsn", "a SQLite path takes no parameters after %q", "?")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return settingError("dsn", "the path cannot be made absolute: %v", err)
	}
	if err := c.findFile(abs); err != nil {
		return err
	}
	common := []string{fmt.Sprintf("busy_timeout(%d)", c.cfg.timeout.Milliseconds()), "foreign_keys(1)", "synchronous(FULL)", "trusted_schema(0)"}
	reading := append([]string{"query_only(1)"}, common...)
	if c.cfg.readOnly {
		c.reads, err = openFile(abs, "ro", "deferred", reading, c.cfg.conns)
		c.writes = c.reads
		return err
	}
	mode := "rw"
	if c.cfg.create {
		mode = "rwc"
	}
	if c.writes, err = openFile(abs, mode, "immediate", append([]string{"journal_mode(WAL)"}, common...), 1); err != nil {
		return err
	}
	// The first connection makes the file and sets its journal mode.
	if err := c.writes.PingContext(ctx); err != nil {
		c.writes.Close()
		return err
	}
	if c.reads, err = openFile(abs, "rw", "deferred", reading, c.cfg.conns); err != nil {
		c.writes.Close()
	}
	return err
}

// findFile refuses a path at which no database is or can be made.
func (c *conn) findFile(abs string) error {
	info, err := os.Stat(abs)
	switch {
	case err == nil && info.IsDir():
		return settingError("dsn", "%s is a folder", abs)
	case !errors.Is(err, fs.ErrNotExist):
		return nil // opening it says what is wrong
	case !c.cfg.create || c.cfg.readOnly:
		e := settingError("dsn", "there is no file %s", abs)
		e.Code, e.Args["file"] = "file_missing", abs
		e.Hint = sdk.Text{EN: "correct the path in \"dsn\", or set \"create: true\"", DE: "den Pfad in „dsn“ berichtigen oder „create: true“ setzen"}
		return e
	}
	folder := filepath.Dir(abs)
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		e := settingError("dsn", "there is no folder %s to create the file in", folder)
		e.Code, e.Args["file"] = "folder_missing", abs
		e.Hint = sdk.Text{EN: "correct the path in \"dsn\", or make the folder", DE: "den Pfad in „dsn“ berichtigen oder den Ordner anlegen"}
		return e
	}
	return nil
}

func openFile(abs, mode, lock string, pragmas []string, conns int) (*stdsql.DB, error) {
	q := url.Values{"mode": {mode}, "_txlock": {lock}, "_pragma": pragmas, "_dqs": {"0"}}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: q.Encode(), OmitHost: true}
	db, err := stdsql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// sqliteProblem reads SQLite's result codes (sqlite.org, "Result and Error
// Codes").
func sqliteProblem(err error) *sdk.Error {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return nil
	}
	e := &sdk.Error{Kind: sdk.Internal, Code: "sqlite", Args: map[string]string{"sqlite_code": fmt.Sprint(se.Code())}, Err: err}
	switch se.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		e.Kind, e.Code = sdk.Unavailable, "busy"
		e.Hint = sdk.Text{EN: "another program holds the database; it is tried again", DE: "ein anderes Programm hält die Datenbank; es wird erneut versucht"}
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_CANTOPEN:
		e.Kind, e.Code = sdk.Unavailable, "file"
		e.Hint = sdk.Text{EN: "check disk, path and rights of the file and its folder", DE: "Datenträger, Pfad und Rechte von Datei und Ordner prüfen"}
	case sqlite3.SQLITE_INTERRUPT:
		e.Kind, e.Code = sdk.Cancelled, "cancelled"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		e.Kind, e.Code = sdk.Auth, "read_only"
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		e.Kind, e.Code = sdk.Invalid, "not_a_database"
		e.Hint = sdk.Text{EN: "the file is no SQLite database or is damaged; restore it", DE: "die Datei ist keine SQLite-Datenbank oder beschädigt; wiederherstellen"}
	case sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE:
		e.Kind, e.Code = sdk.Invalid, "field_value"
	case sqlite3.SQLITE_CONSTRAINT:
		sqliteConstraint(e, se)
	case sqlite3.SQLITE_SCHEMA:
		e.Kind, e.Code = sdk.Unavailable, codeSchema
	case sqlite3.SQLITE_ERROR:
		e.Kind, e.Code = sdk.Invalid, "statement"
		if m := se.Error(); strings.Contains(m, "no such table") || strings.Contains(m, "no such column") || strings.Contains(m, "has no column") {
			e.Code = codeSchema
		}
	}
	return e
}

func sqliteConstraint(e *sdk.Error, se *sqlite.Error) {
	e.Kind, e.Code = sdk.Invalid, "constraint"
	// "UNIQUE constraint failed: people.email, people.zone (2067)"
	_, what, _ := strings.Cut(se.Error(), "constraint failed: ")
	what, _, _ = strings.Cut(what, " (")
	var fields []string
	for part := range strings.SplitSeq(what, ", ") {
		if _, field, ok := strings.Cut(part, "."); ok {
			fields = append(fields, field)
		}
	}
	if len(fields) > 0 {
		e.Args["field"] = strings.Join(fields, ", ")
	}
	switch se.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		e.Kind, e.Code = sdk.Conflict, "unique_violation"
	case sqlite3.SQLITE_CONSTRAINT_NOTNULL:
		e.Code = "field_required"
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		e.Code = "foreign_key"
	case sqlite3.SQLITE_CONSTRAINT_CHECK:
		e.Code = "check"
	case sqlite3.SQLITE_CONSTRAINT_DATATYPE:
		e.Code = "field_type"
	}
}
