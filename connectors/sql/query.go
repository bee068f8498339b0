package sql

import (
	"context"
	stdsql "database/sql"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// Query implements sdk.Querier.
func (c *conn) Query(ctx context.Context, req sdk.QueryRequest, emit sdk.Emit) error {
	return c.emitting(emit, "query", req.Object, func(emit sdk.Emit) error {
		if req.Language != "" || req.Text != "" {
			return c.queryText(ctx, req, emit)
		}
		t, err := c.table(ctx, req.Object)
		if err != nil {
			return err
		}
		fields, err := t.chosen(req.Fields)
		if err != nil {
			return err
		}
		if req.SchemaOnly {
			if fields == nil {
				fields = t.columns
			}
			return emit(blank(t, fields))
		}
		s := c.d.statement("SELECT %s FROM %s WHERE 1 = 1", t.selection(), t.from)
		if req.Notation != "" {
			if err := t.notation(s, req.Notation); err != nil {
				return err
			}
		}
		s.filter(req.Filter)
		s.order(req.Order)
		s.limit(req.Limit)
		rows, err := c.reads.QueryContext(ctx, s.String(), s.args...)
		if err != nil {
			return err
		}
		return c.flow(rows, listing{t: t, fields: fields, limit: req.Limit, query: true}, emit)
	})
}

// blank shows the fields: one record in which all are null.
func blank(t *table, fields []*column) sdk.Batch {
	data, err := make(row, len(t.columns)).json(fields)
	if err != nil {
		panic("sql: " + err.Error()) // nulls always have a form
	}
	return sdk.Batch{Start: true, Done: true, Records: []sdk.Record{{Object: t.name, Data: data}}}
}

// notation appends a condition in field notation. An empty value asks for an empty
// text, or for NULL where the column holds no texts.
func (t *table) notation(s *statement, text string) error {
	n, err := sdk.ParseNotation(text)
	if err != nil {
		return err
	}
	for _, p := range n {
		col, err := t.need(p.Name)
		if err != nil {
			return err
		}
		var v any
		if p.Value != "" || col.typ == sdk.TypeText || col.typ == sdk.TypeEnum {
			if v, err = col.typed(p.Value); err != nil {
				return err
			}
		}
		s.add(" AND ")
		s.sameAs(col, v)
	}
	return nil
}

// queryText runs a query text, in a transaction that cannot write.
func (c *conn) queryText(ctx context.Context, req sdk.QueryRequest, emit sdk.Emit) error {
	if req.Language != language {
		return sdk.Errorf(sdk.Unsupported, "language", "the query language is %q, not %q", language, req.Language)
	}
	if req.Notation != "" || req.Filter != "" || req.Order != "" {
		return badQuery("a query text takes no notation, filter or order beside it")
	}
	p, err := parseQuery(req.Text, c.d)
	if err != nil {
		return err
	}
	var args []any
	if req.SchemaOnly && len(req.Args) == 0 {
		args = make([]any, len(p.params)) // the fields do not depend on the values
	} else if args, err = p.values(req.Args); err != nil {
		return err
	}
	tx, err := c.reads.BeginTx(ctx, &stdsql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	first := p.text     // SQLite's result is read as it is
	if !c.d.selfQuery {
		first = "SELECT * FROM (\n" + p.text + "\n) AS q LIMIT 0"
	}
	rows, err := tx.QueryContext(ctx, first, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	t, err := c.shape(rows)
	if err != nil {
		return err
	}
	fields, err := t.chosen(req.Fields)
	if err != nil {
		return err
	}
	if fields == nil {
		fields = t.columns
	}
	if req.SchemaOnly {
		return emit(blank(t, fields))
	}
	if !c.d.selfQuery {
		rows.Close()
		s := &statement{d: c.d, args: args}
		s.add("SELECT %s FROM (\n", t.selection())
		s.raw(p.text)
		s.raw("\n) AS q")
		s.limit(req.Limit)
		if rows, err = tx.QueryContext(ctx, s.String(), s.args...); err != nil {
			return err
		}
	}
	return c.flow(rows, listing{t: t, fields: fields, limit: req.Limit, query: true}, emit)
}

// shape returns the columns of a query text as a table without a key. The types of
// PostgreSQL's are those of the server, those of SQLite's the declared ones, which
// expressions have none of.
func (c *conn) shape(rows *stdsql.Rows) (*table, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	t := &table{}
	for _, ct := range types {
		if t.column(ct.Name()) != nil {
			return nil, badQuery("two columns are named %q; name one of them otherwise with AS", ct.Name())
		}
		col := c.d.resultType(ct.DatabaseTypeName())
		col.name, col.quoted = ct.Name(), "q."+quote(ct.Name())
		col.shown = strings.ReplaceAll(col.shown, shownPlace, col.quoted)
		t.columns = append(t.columns, col)
	}
	t.settle()
	return t, nil
}
