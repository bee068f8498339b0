package sql

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// sqliteCatalogue reads the tables and views of the main database.
func sqliteCatalogue(ctx context.Context, db querier, _ config) ([]*table, error) {
	type entry struct {
		name, kind string
		noRowID    bool
		triggers   bool
	}
	entries, err := collect(ctx, db, `SELECT l.name, l.type, l.wr, EXISTS (
			SELECT 1 FROM sqlite_schema s WHERE s.type = 'trigger' AND s.tbl_name = l.name COLLATE NOCASE)
		FROM pragma_table_list AS l
		WHERE l.schema = 'main' AND l.type IN ('table', 'view', 'virtual') AND l.name NOT LIKE 'sqlite~_%' ESCAPE '~'`,
		func(r *stdsql.Rows) (e entry, err error) {
			return e, r.Scan(&e.name, &e.kind, &e.noRowID, &e.triggers)
		})
	if err != nil {
		return nil, err
	}
	var tables []*table
	for _, e := range entries {
		t := &table{name: e.name, from: quote(e.name), view: e.kind == "view", reselect: e.triggers}
		// A virtual table cannot tell what it has stored.
		t.insert = e.kind == "table"
		t.update, t.delete = t.insert, t.insert
		err := t.sqliteColumns(ctx, db, e.noRowID)
		if err != nil && e.kind != "table" {
			continue // a view of a table that is no longer there, or a module that is not loaded
		}
		if err != nil {
			return nil, fmt.Errorf("table %q: %w", e.name, err)
		}
		tables = append(tables, t)
	}
	return tables, nil
}

func (t *table) sqliteColumns(ctx context.Context, db querier, noRowID bool) error {
	type entry struct {
		name, decl       string
		notNull, hasDef  bool
		inKey, generated int
	}
	entries, err := collect(ctx, db, `SELECT name, type, "notnull", dflt_value IS NOT NULL, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid`,
		func(r *stdsql.Rows) (e entry, err error) {
			return e, r.Scan(&e.name, &e.decl, &e.notNull, &e.hasDef, &e.inKey, &e.generated)
		}, t.name)
	if err != nil {
		return err
	}
	keys := map[int]*column{}
	for _, e := range entries {
		if e.generated == 1 {
			continue // a hidden column of a virtual table
		}
		c := sqliteColumn(e.decl)
		c.named(e.name)
		c.nullable, c.generated, c.readOnly = !e.notNull && e.inKey == 0, e.hasDef, e.generated > 1
		c.generated = c.generated || c.readOnly
		c.holes = !e.notNull
		t.columns = append(t.columns, c)
		if e.inKey > 0 {
			keys[e.inKey] = c
		}
	}
	for i := 1; i <= len(keys); i++ {
		t.key = append(t.key, keys[i])
	}
	if len(t.key) == 1 && strings.EqualFold(t.key[0].native, "INTEGER") && !noRowID {
		t.key[0].generated = true // it stands for the row's number
	}
	if len(t.key) == 0 && !t.view {
		return t.sqliteUnique(ctx, db)
	}
	return nil
}

// sqliteUnique takes a unique index without NULLs as the key.
func (t *table) sqliteUnique(ctx context.Context, db querier) error {
	indexes, err := collect(ctx, db, `SELECT name FROM pragma_index_list(?) WHERE "unique" = 1 AND partial = 0 ORDER BY name`,
		func(r *stdsql.Rows) (name string, err error) { return name, r.Scan(&name) }, t.name)
	if err != nil {
		return err
	}
	for _, index := range indexes {
		parts, err := collect(ctx, db, `SELECT coalesce(name, '') FROM pragma_index_info(?) ORDER BY seqno`,
			func(r *stdsql.Rows) (name string, err error) { return name, r.Scan(&name) }, index)
		if err != nil {
			return err
		}
		t.takeKey(parts)
	}
	return nil
}

// takeKey makes the named columns the key if none of them may be NULL and they are
// fewer than those of the key so far.
func (t *table) takeKey(parts []string) {
	var key []*column
	for _, p := range parts {
		c := t.column(p)
		if c == nil || c.nullable {
			return
		}
		key = append(key, c)
	}
	if len(key) > 0 && (len(t.key) == 0 || len(key) < len(t.key)) {
		t.key = key
	}
}

// sqliteType returns the type of a declared type. Names that say what is meant
// come first, then SQLite's own rule (sqlite.org, "Datatypes In SQLite", 3.1).
func sqliteType(decl string) sdk.Type {
	name, _, _ := strings.Cut(strings.ToUpper(decl), "(")
	name = strings.Join(strings.Fields(name), " ")
	switch name {
	case "":
		return sdk.TypeJSON // anything
	case "BOOL", "BOOLEAN":
		return sdk.TypeBool
	case "DATE":
		return sdk.TypeDate
	case "TIME":
		return sdk.TypeTime
	case "DATETIME", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE", "INSTANT":
		return sdk.TypeInstant
	case "LOCAL_TIME", "LOCALTIME", "LOCAL_DATETIME", "TIMESTAMP WITHOUT TIME ZONE":
		return sdk.TypeLocalTime
	case "DURATION":
		return sdk.TypeDuration
	case "UUID", "GUID":
		return sdk.TypeUUID
	case "JSON", "JSONB", "ANY":
		return sdk.TypeJSON
	case "DECIMAL", "NUMERIC", "NUMBER", "MONEY", "DECIMAL_TEXT":
		return sdk.TypeDecimal
	}
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(name, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("INT"):
		return sdk.TypeInt
	case has("CHAR", "CLOB", "TEXT"):
		return sdk.TypeText
	case has("BLOB", "BINARY", "BYTEA"):
		return sdk.TypeBytes
	case has("REAL", "FLOA", "DOUB"):
		return sdk.TypeFloat
	}
	return sdk.TypeText
}

// collect runs a query and reads all its rows.
func collect[T any](ctx context.Context, db querier, query string, scan func(*stdsql.Rows) (T, error), args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}
