package sql

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// Find implements sdk.Finder. Values are compared so that NULL equals NULL.
func (c *conn) Find(ctx context.Context, req sdk.FindRequest) ([]sdk.Match, error) {
	out, err := c.find(ctx, req)
	return out, c.fail(err, "find", req.Object, "")
}

func (c *conn) find(ctx context.Context, req sdk.FindRequest) ([]sdk.Match, error) {
	t, err := c.table(ctx, req.Object)
	if err != nil {
		return nil, err
	}
	if len(t.key) == 0 {
		return nil, sdk.Errorf(sdk.Unsupported, "no_key", "the table has no key, so what is found cannot be named")
	}
	limit := req.Limit
	if limit == 0 {
		limit = 2
	}
	var out []sdk.Match
	for i, want := range req.Records {
		s := c.d.statement("SELECT %s FROM %s WHERE ", t.selection(), t.from)
		if err := c.meets(s, t, want, req.Since); err != nil {
			return nil, c.fail(fmt.Errorf("record %d: %w", i, err), "find", t.name, want.Key)
		}
		s.keyed(t) // what has no key cannot be linked
		s.filter(req.Filter)
		s.add(" ORDER BY %s LIMIT %d", quotedNames(t.key), limit)
		found, err := c.matches(ctx, t, s)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			m.Index = i
			out = append(out, m)
		}
	}
	return out, nil
}

// meets appends the condition for the rows that match a record.
func (c *conn) meets(s *statement, t *table, want sdk.Record, since time.Time) error {
	if want.Intent != "" && t.intent != nil {
		s.add("%s = ", t.intent.quoted)
		s.bind(want.Intent)
		return nil
	}
	ms, err := members(want.Data)
	if err != nil {
		return err
	}
	if len(ms) == 0 {
		return sdk.Errorf(sdk.Invalid, "data", "a record to find has fields, or an intent that the table keeps")
	}
	for i, m := range ms {
		col, err := t.need(m.name)
		if err != nil {
			return err
		}
		v, err := col.value(m.value)
		if err != nil {
			return err
		}
		if i > 0 {
			s.add(" AND ")
		}
		s.sameAs(col, v)
	}
	if since.IsZero() {
		return nil
	}
	if t.created == nil {
		return &sdk.Error{
			Kind: sdk.Unsupported, Code: "no_creation_time",
			Err: errors.New("the table has no column that tells when a row was made"),
			Hint: sdk.Text{
				EN: "add a text column " + defaultIntent + " with a unique index, or a column created_at",
				DE: "eine Textspalte " + defaultIntent + " mit eindeutigem Index oder eine Spalte created_at ergänzen",
			},
		}
	}
	// The clock of the database decides the column, another one the request; a
	// second is the resolution of many columns.
	v, err := t.created.typed(c.since(t.created, since))
	if err != nil {
		return err
	}
	s.add(" AND %s >= ", t.created.quoted)
	s.bind(v)
	return nil
}

func (c *conn) since(created *column, t time.Time) string {
	t = t.UTC().Add(-c.cfg.overlap).Truncate(time.Second)
	if created.typ == sdk.TypeLocalTime {
		return t.Add(-14 * time.Hour).Format(localTime) // its zone is not known
	}
	return t.Format(time.RFC3339)
}

// sameAs appends the condition that a column has a value, or is NULL for nil.
func (s *statement) sameAs(c *column, v any) {
	if v == nil {
		s.add("%s IS NULL", c.quoted)
		return
	}
	if c.compared == "" {
		s.add("%s %s ", c.quoted, s.d.same)
		s.bind(v)
		return
	}
	s.add("CAST(%s AS %s) %s CAST(", c.quoted, c.compared, s.d.same)
	s.bind(v)
	s.add(" AS %s)", c.compared)
}

func (c *conn) matches(ctx context.Context, t *table, s *statement) ([]sdk.Match, error) {
	rows, err := c.reads.QueryContext(ctx, s.String(), s.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []sdk.Match
	for rows.Next() {
		r, err := scan(rows, len(t.columns))
		if err != nil {
			return nil, err
		}
		rec, err := t.record(r, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, sdk.Match{Key: rec.Key, Stamp: rec.Stamp, Data: rec.Data})
	}
	return out, rows.Err()
}
