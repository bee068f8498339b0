// Package sql is a connector for databases: SQLite, in a file, and PostgreSQL,
// told apart by the setting "dsn". The objects are the tables and views of the
// database as its catalogue describes them.
//
// # Keys and stamps
//
// The key of a record is the primary key, or else a unique index without NULLs,
// or what the setting "keys" says: a single column as text, several in field
// notation. A table without one can be read but not written or linked; a view is
// never written. A row with NULL in its key is no record: each round names it as a
// Failure. The stamp is the change column, if there is one, and a hash of the row.
//
// # Reading
//
// A full round pages through the key. A table with a change column is read by
// changes from then on: in the order of that column, ties told apart by the key,
// and with an overlap, so that a transaction that committed late is not missed.
// Such a round does not see deletions; they show in the next full round, which a
// read without a cursor begins. A table without a change column is read in full
// each time. Rows whose change column is NULL are part of every round.
//
// # SQL from the designer
//
// Filter is an SQL condition, Order an SQL order, and the query language "sql" a
// single SELECT with parameters written :name. They are trusted as the designer's
// own; the values of parameters are bound, never pasted in. SQLite compares a
// bound parameter, which is a text, by the type of the column beside it; beside
// an expression write CAST(:name AS INTEGER).
//
// # Times in SQLite
//
// DATETIME and TIMESTAMP are instants in UTC, which is how SQLite's own functions
// read a time without offset (sqlite.org, "Date And Time Functions"); they are
// written as "2006-01-02 15:04:05". A change column must hold one form of time
// throughout, as SQLite compares them as texts.
package sql

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// language is the query language of Query.
const language = "sql"

// Connector returns the connector.
func Connector() sdk.Connector {
	return sdk.Define(sdk.Spec{
		Name: "sql", Version: "1.0.0", Settings: settings(), Languages: []string{language},
		Title: sdk.Text{EN: "SQL database", DE: "SQL-Datenbank"},
	}, open)
}

// dialect is what differs between databases.
type dialect struct {
	name       string
	place      func(n int) string // the n-th bound value, from 1
	same       string             // operator: equal, or both NULL
	forUpdate  string             // suffix of a SELECT whose rows stay as they are until the end of the transaction
	savepoints bool               // savepoints cost nothing: one for every record
	clock      string             // SELECT that yields the time of the database in UTC, as RFC 3339
	selfQuery  bool               // a query text runs as it is, not as a part of a SELECT
	catalogue  func(context.Context, querier, config) ([]*table, error)
	problem    func(error) *sdk.Error // what an error of the driver means; nil: it is none
	resultType func(native string) *column
	version    string // SELECT that yields the version
	schemas    string // SELECT that lists the schemas; "": there are none
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*stdsql.Rows, error)
}

// conn is a connection.
type conn struct {
	d      *dialect
	cfg    config
	env    sdk.Env
	reads  *stdsql.DB
	writes *stdsql.DB // the same as reads, or with a single writer

	mu     sync.Mutex
	tables []*table // nil: not read yet
}

var (
	_ sdk.Conn    = (*conn)(nil)
	_ sdk.Reader  = (*conn)(nil)
	_ sdk.Writer  = (*conn)(nil)
	_ sdk.Querier = (*conn)(nil)
	_ sdk.Finder  = (*conn)(nil)
	_ sdk.Checker = (*conn)(nil)
	_ sdk.Chooser = (*conn)(nil)
)

func open(ctx context.Context, env sdk.Env) (*conn, error) {
	cfg, err := configOf(env.Settings)
	if err != nil {
		return nil, err
	}
	c := &conn{cfg: cfg, env: env}
	switch {
	case strings.HasPrefix(cfg.dsn, "sqlite:"):
		err = c.openSQLite(ctx, strings.TrimPrefix(cfg.dsn, "sqlite:"))
	case strings.HasPrefix(cfg.dsn, "postgres://"), strings.HasPrefix(cfg.dsn, "postgresql://"):
		err = c.openPostgres(ctx)
	default:
		e := settingError("dsn", "it begins with neither sqlite: nor postgres://")
		e.Hint = dsnHint
		return nil, e
	}
	if err != nil {
		return nil, c.blame(c.fail(err, "open", "", ""))
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.timeout)
	defer cancel()
	if _, err := c.load(ctx); err != nil {
		c.Close()
		return nil, c.blame(c.fail(err, "open", "", ""))
	}
	return c, nil
}

// dsnHint says what a dsn looks like.
var dsnHint = sdk.Text{EN: "write sqlite:PATH or postgres://user:password@host/database", DE: "sqlite:PFAD oder postgres://benutzer:kennwort@host/datenbank schreiben"}

// blame names the setting that made opening invalid: the dsn, where the error does
// not know better.
func (c *conn) blame(err error) error {
	e := sdk.AsError(err)
	if e == nil || e.Kind != sdk.Invalid || e.Args["setting"] != "" {
		return err
	}
	blamed := *e
	blamed.Args = map[string]string{"setting": "dsn"}
	maps.Copy(blamed.Args, e.Args)
	return &blamed
}

// Close implements sdk.Conn.
func (c *conn) Close() error {
	err := c.reads.Close()
	if c.writes != c.reads {
		err = errors.Join(err, c.writes.Close())
	}
	return err
}

// Schema implements sdk.Conn. It reads the catalogue anew.
func (c *conn) Schema(ctx context.Context) (*sdk.Schema, error) {
	tables, err := c.load(ctx)
	if err != nil {
		return nil, c.fail(err, "schema", "", "")
	}
	s := &sdk.Schema{}
	for _, t := range tables {
		s.Objects = append(s.Objects, t.object())
	}
	return s, nil
}

// load reads the catalogue.
func (c *conn) load(ctx context.Context) ([]*table, error) {
	tables, err := c.d.catalogue(ctx, c.reads, c.cfg)
	if err != nil {
		return nil, err
	}
	tables = slices.DeleteFunc(tables, func(t *table) bool {
		return len(c.cfg.tables) > 0 && !slices.Contains(c.cfg.tables, t.name)
	})
	for _, t := range tables {
		if err := c.adjust(t); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(tables, func(a, b *table) int { return strings.Compare(a.name, b.name) })
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tables = tables
	return tables, nil
}

// adjust applies the settings to a table of the catalogue.
func (c *conn) adjust(t *table) error {
	if want, ok := c.cfg.keys[t.name]; ok {
		t.key = nil
		for _, name := range want {
			k := t.column(name)
			if k == nil {
				return settingError("keys", "table %q has no column %q", t.name, name)
			}
			t.key = append(t.key, k)
		}
	}
	if name := c.cfg.intent; name != "" {
		if i := t.column(name); i != nil && i.typ == sdk.TypeText && !t.isKey(i) {
			t.intent = i
			t.columns = slices.DeleteFunc(t.columns, func(x *column) bool { return x == i })
		}
	}
	if c.cfg.readOnly {
		t.insert, t.update, t.delete = false, false, false
	}
	name, given := c.cfg.changed[t.name]
	switch {
	case !given:
		t.changed = guess(t.columns, changedNames, true)
	case name != "":
		if t.changed = t.column(name); t.changed == nil {
			return settingError("change_columns", "table %q has no column %q", t.name, name)
		}
		switch t.changed.typ {
		case sdk.TypeInt, sdk.TypeInstant, sdk.TypeLocalTime, sdk.TypeDate, sdk.TypeText, sdk.TypeDecimal:
		default:
			return settingError("change_columns", "column %q of table %q is of type %s, which has no order of changes", name, t.name, t.changed.typ)
		}
	}
	t.created = guess(t.columns, createdNames, false)
	t.settle()
	return nil
}

// Names of change and creation columns, without underscores and in lower case,
// the likelier first. Those that do not tell of a time are taken only if the type
// does: a whole number named "changed" may be a flag.
var (
	changedNames = []string{
		"updatedat", "modifiedat", "changedat", "lastmodifiedat", "lastupdatedat", "lastchangedat",
		"updatedon", "modifiedon", "changedon", "lastmodified", "lastupdated", "lastchanged", "lastupdate", "lastmodifieddate",
		"lastmodifieddatetime", "updatedate", "modifieddate", "changedate", "updatetime", "modifytime", "modifiedtime", "changetime", "mtime",
		"updated", "modified", "changed", "geaendertam", "geändertam", "aenderungsdatum", "änderungsdatum",
	}
	createdNames = []string{
		"createdat", "createdon", "creationdate", "createddate", "createddatetime", "createtime", "creationtime", "insertedat", "ctime",
		"created", "angelegtam", "erstelltam", "anlagedatum", "erstelldatum",
	}
)

func guess(columns []*column, names []string, numbers bool) *column {
	for _, name := range names {
		for _, c := range columns {
			if strings.ReplaceAll(strings.ToLower(c.name), "_", "") != name {
				continue
			}
			told := name != "updated" && name != "modified" && name != "changed"
			if c.typ == sdk.TypeInstant || c.typ == sdk.TypeLocalTime || c.typ == sdk.TypeInt && numbers && told {
				return c
			}
		}
	}
	return nil
}

// table returns the table of an object.
func (c *conn) table(ctx context.Context, object string) (*table, error) {
	c.mu.Lock()
	tables := c.tables
	c.mu.Unlock()
	if tables == nil {
		var err error
		if tables, err = c.load(ctx); err != nil {
			return nil, err
		}
	}
	for _, t := range tables {
		if t.name == object {
			return t, nil
		}
	}
	return nil, &sdk.Error{
		Kind: sdk.NotFound, Code: "object_unknown", Err: fmt.Errorf("there is no table or view %q", object),
		Hint: sdk.Text{EN: "check the name and the settings \"tables\" and \"schemas\"", DE: "den Namen und die Einstellungen „tables“ und „schemas“ prüfen"},
	}
}

// forget makes the next call read the catalogue anew.
func (c *conn) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tables = nil
}

// now returns the time of the database.
func (c *conn) now(ctx context.Context) (time.Time, error) {
	var text string
	if err := c.reads.QueryRowContext(ctx, c.d.clock).Scan(&text); err != nil {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339, text)
}

// fail returns err as an *sdk.Error that says where it happened; nil for nil.
func (c *conn) fail(err error, op, object, key string) error {
	if err == nil {
		return nil
	}
	var e sdk.Error
	if own := (*sdk.Error)(nil); errors.As(err, &own) {
		e = *own
	} else if p := c.problem(err); p != nil {
		e = *p
		if e.Code == codeSchema {
			c.forget()
		}
	} else {
		e = *sdk.AsError(err)
	}
	if e.Op == "" {
		e.Op = op
	}
	if e.Object == "" {
		e.Object = object
	}
	if e.Key == "" {
		e.Key = key
	}
	return &e
}

// codeSchema marks an error that an old picture of the catalogue may have caused.
const codeSchema = "schema_changed"

// problem returns what an error of the driver or of database/sql means; nil if
// err is neither.
func (c *conn) problem(err error) *sdk.Error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &sdk.Error{Kind: sdk.KindOf(err), Err: err}
	case errors.Is(err, stdsql.ErrConnDone), errors.Is(err, stdsql.ErrTxDone), err.Error() == "sql: database is closed":
		return &sdk.Error{Kind: sdk.Unavailable, Code: "closed", Err: err}
	}
	return c.d.problem(err)
}
