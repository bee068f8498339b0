package sql

import (
	"context"
	stdsql "database/sql"

	"github.com/gleis-dev/gleis/sdk"
)

// postgresCatalogue reads the tables and views of the schemas that the settings
// name, by default the current one.
func postgresCatalogue(ctx context.Context, db querier, cfg config) ([]*table, error) {
	schemas := cfg.schemas
	if len(schemas) == 0 {
		found, err := collect(ctx, db, "SELECT coalesce(current_schema(), '')", func(r *stdsql.Rows) (s string, err error) { return s, r.Scan(&s) })
		if err != nil {
			return nil, err
		}
		schemas = found
	}
	byID := map[int64]*table{}
	var out []*table
	for i, schema := range schemas {
		tables, err := postgresTables(ctx, db, schema, i == 0, byID)
		if err != nil {
			return nil, err
		}
		out = append(out, tables...)
		if err := postgresColumns(ctx, db, schema, byID); err != nil {
			return nil, err
		}
		if err := postgresKeys(ctx, db, schema, byID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Kinds of pg_class.relkind: r table, p partitioned table, f foreign table, v view,
// m materialized view. Parts of partitioned tables are read with the whole.
const postgresTablesSQL = `
SELECT c.oid::bigint, c.relname, c.relkind IN ('v', 'm'), coalesce(obj_description(c.oid, 'pg_class'), ''),
	row_security_active(c.oid),
	has_table_privilege(c.oid, 'INSERT') OR has_any_column_privilege(c.oid, 'INSERT'),
	has_table_privilege(c.oid, 'UPDATE') OR has_any_column_privilege(c.oid, 'UPDATE'),
	has_table_privilege(c.oid, 'DELETE'),
	EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal
		AND (g.tgtype & 2) = 0 AND (g.tgtype & 64) = 0 AND (g.tgtype & 20) <> 0)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT c.relispartition
	AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))
ORDER BY c.relname`

func postgresTables(ctx context.Context, db querier, schema string, first bool, byID map[int64]*table) ([]*table, error) {
	return collect(ctx, db, postgresTablesSQL, func(r *stdsql.Rows) (*table, error) {
		t := &table{}
		var id int64
		err := r.Scan(&id, &t.name, &t.view, &t.comment, &t.guarded, &t.insert, &t.update, &t.delete, &t.reselect)
		t.from = quote(schema) + "." + quote(t.name)
		if !first {
			t.name = schema + "." + t.name
		}
		byID[id] = t
		return t, err
	}, schema)
}

// A domain counts as the type that it is made of.
const postgresColumnsSQL = `
SELECT a.attrelid::bigint, a.attname, b.typname, b.typtype = 'e', coalesce(e.typname, ''), coalesce(e.typtype, ' ') = 'e',
	format_type(a.atttypid, a.atttypmod),
	NOT (a.attnotnull OR t.typnotnull),
	a.atthasdef OR t.typdefault IS NOT NULL OR a.attidentity <> '',
	a.attgenerated <> '' OR a.attidentity = 'a',
	CASE WHEN b.typname IN ('varchar', 'bpchar') AND greatest(a.atttypmod, t.typtypmod) > 4 THEN greatest(a.atttypmod, t.typtypmod) - 4 ELSE 0 END,
	coalesce(col_description(a.attrelid, a.attnum), ''),
	CASE WHEN b.typtype = 'e' THEN (SELECT coalesce(json_agg(l.enumlabel ORDER BY l.enumsortorder), '[]')::text FROM pg_enum l WHERE l.enumtypid = b.oid) ELSE '[]' END
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
LEFT JOIN pg_type e ON b.typcategory = 'A' AND e.oid = b.typelem
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
	AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
ORDER BY a.attrelid, a.attnum`

func postgresColumns(ctx context.Context, db querier, schema string, byID map[int64]*table) error {
	_, err := collect(ctx, db, postgresColumnsSQL, func(r *stdsql.Rows) (struct{}, error) {
		var none struct{}
		var id int64
		var name, typ, item, native, comment, labels string
		var enum, itemEnum, nullable, generated, readOnly bool
		var length int
		if err := r.Scan(&id, &name, &typ, &enum, &item, &itemEnum, &native, &nullable, &generated, &readOnly, &length, &comment, &labels); err != nil {
			return none, err
		}
		t := byID[id]
		if t == nil {
			return none, nil
		}
		if item != "" {
			typ = "_" + item
		}
		c := postgresColumn(typ).named(name)
		c.native, c.nullable, c.generated, c.readOnly, c.maxLength, c.comment = native, nullable, generated || readOnly, readOnly, length, comment
		if enum {
			c.typ = sdk.TypeEnum
			if err := sdk.Decode([]byte(labels), &c.choices); err != nil {
				return none, err
			}
		}
		t.columns = append(t.columns, c)
		return none, nil
	}, schema)
	return err
}

const postgresKeysSQL = `
SELECT i.indrelid::bigint, i.indexrelid::bigint, i.indisprimary, a.attname
FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE n.nspname = $1 AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
	AND k.place <= i.indnkeyatts
ORDER BY i.indrelid, i.indisprimary DESC, i.indexrelid, k.place`

// postgresKeys takes the primary key, or else a unique index without NULLs.
func postgresKeys(ctx context.Context, db querier, schema string, byID map[int64]*table) error {
	type part struct {
		table, index int64
		primary      bool
		column       string
	}
	parts, err := collect(ctx, db, postgresKeysSQL, func(r *stdsql.Rows) (p part, err error) {
		return p, r.Scan(&p.table, &p.index, &p.primary, &p.column)
	}, schema)
	if err != nil {
		return err
	}
	primary := map[int64]bool{}
	for len(parts) > 0 {
		n := 1
		for n < len(parts) && parts[n].index == parts[0].index {
			n++
		}
		var columns []string
		for _, p := range parts[:n] {
			columns = append(columns, p.column)
		}
		if t := byID[parts[0].table]; t != nil && !primary[parts[0].table] {
			t.takeKey(columns)
			primary[parts[0].table] = parts[0].primary
		}
		parts = parts[n:]
	}
	return nil
}
