package sql

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// Write implements sdk.Writer. The records of a request share a transaction, and
// each is an island in it: what is wrong with one undoes that one alone. DryRun
// lets the database carry everything out and takes it back.
func (c *conn) Write(ctx context.Context, req sdk.WriteRequest) ([]sdk.Result, error) {
	t, err := c.table(ctx, req.Object)
	if err != nil {
		return nil, c.fail(err, "write", req.Object, "")
	}
	w := writer{c: c, t: t, dry: req.DryRun}
	results, err := w.all(ctx, req.Records, c.d.savepoints)
	if errors.Is(err, errIslands) {
		results, err = w.all(ctx, req.Records, true)
	}
	if errors.Is(err, errAlone) {
		results, err = w.oneByOne(ctx, req.Records)
	}
	return results, c.fail(err, "write", t.name, "")
}

// writer writes to a table.
type writer struct {
	c   *conn
	t   *table
	dry bool
}

// one writes a record. The result beside an error has the key if the record
// exists.
func (w writer) one(ctx context.Context, tx *stdsql.Tx, r sdk.Record) (sdk.Result, error) {
	t := w.t
	if r.Partition != "" {
		return sdk.Result{}, sdk.Errorf(sdk.NotFound, "partition_unknown", "a table has no partitions, so none named %q", r.Partition)
	}
	switch {
	case r.Op == sdk.Upsert && r.Key == "":
		if !t.insert {
			return sdk.Result{}, w.denied("created")
		}
		return w.create(ctx, tx, r)
	case r.Op != sdk.Upsert && r.Op != sdk.Delete:
		return sdk.Result{}, sdk.Errorf(sdk.Invalid, "op", "a record to write is an upsert or a delete, not %s", r.Op)
	case r.Op == sdk.Delete && !t.delete, r.Op == sdk.Upsert && !t.update:
		return sdk.Result{}, w.denied(map[sdk.Op]string{sdk.Delete: "deleted", sdk.Upsert: "updated"}[r.Op])
	}
	key, err := t.keyValues(r.Key)
	if err != nil {
		return sdk.Result{}, err
	}
	if r.IfStamp != "" {
		now, err := w.current(ctx, tx, key, w.c.d.forUpdate)
		if err != nil {
			return sdk.Result{}, err
		}
		if now.Stamp != r.IfStamp {
			return sdk.Result{Key: now.Key}, &sdk.Error{
				Kind: sdk.Conflict, Code: "stamp", Args: map[string]string{"stamp": now.Stamp},
				Err: fmt.Errorf("the row has the stamp %q, not %q", now.Stamp, r.IfStamp),
			}
		}
	}
	if r.Op == sdk.Delete {
		return w.delete(ctx, tx, r, key)
	}
	return w.update(ctx, tx, r, key)
}

func (w writer) denied(what string) error {
	why := "of this table cannot be " + what
	e := &sdk.Error{Kind: sdk.Unsupported, Code: "not_allowed"}
	switch {
	case w.c.cfg.readOnly:
		why += ": the connection is read only"
		e.Hint = sdk.Text{EN: "change the setting \"read_only\"", DE: "die Einstellung „read_only“ ändern"}
	case w.t.view:
		why += ": it is a view"
	case len(w.t.key) == 0:
		why += ": it has no key"
		e.Hint = sdk.Text{EN: "give the table a primary key", DE: "der Tabelle einen Primärschlüssel geben"}
	default:
		why += ": the user lacks the right to"
	}
	e.Err = errors.New("rows " + why)
	return e
}

// assignment is a column and what it is set to.
type assignment struct {
	column *column
	value  any
}

// assignments reads the data of a record.
func (t *table) assignments(data []byte) ([]assignment, error) {
	ms, err := members(data)
	if err != nil {
		return nil, err
	}
	var out []assignment
	for _, m := range ms {
		c, err := t.need(m.name)
		if err != nil {
			return nil, err
		}
		if c.readOnly {
			return nil, fieldError("field_read_only", c.name, "is made by the database and never written")
		}
		v, err := c.value(m.value)
		if err != nil {
			return nil, err
		}
		if v == nil && !c.nullable {
			if c.generated && t.isKey(c) {
				continue // a key that the database makes: null is as good as missing
			}
			return nil, fieldError("field_required", c.name, "is required and cannot be cleared")
		}
		out = append(out, assignment{c, v})
	}
	return out, nil
}

func (w writer) create(ctx context.Context, tx *stdsql.Tx, r sdk.Record) (sdk.Result, error) {
	t := w.t
	set, err := t.assignments(r.Data)
	if err != nil {
		return sdk.Result{}, err
	}
	for _, c := range t.columns {
		given := false
		for _, a := range set {
			given = given || a.column == c
		}
		if !given && !c.nullable && !c.generated {
			return sdk.Result{}, fieldError("field_required", c.name, "is required")
		}
	}
	if t.intent != nil && r.Intent != "" {
		set = append(set, assignment{column: t.intent, value: r.Intent})
	}
	s := w.c.d.statement("INSERT INTO %s", t.from)
	if len(set) == 0 {
		s.add(" DEFAULT VALUES")
	} else {
		var columns []*column
		var values []any
		for _, a := range set {
			columns, values = append(columns, a.column), append(values, a.value)
		}
		s.add(" (%s) VALUES (", quotedNames(columns))
		s.list(values)
		s.add(")")
	}
	return w.stored(ctx, tx, s, "")
}

func (w writer) update(ctx context.Context, tx *stdsql.Tx, r sdk.Record, key []any) (sdk.Result, error) {
	t := w.t
	set, err := t.assignments(r.Data)
	if err != nil {
		return sdk.Result{}, err
	}
	s := w.c.d.statement("UPDATE %s SET ", t.from)
	n := 0
	for _, a := range set {
		if i := indexOf(t.key, a.column); i >= 0 {
			if fmt.Sprint(a.value) != fmt.Sprint(key[i]) {
				return sdk.Result{}, fieldError("field_create_only", a.column.name, "is part of the key, which cannot be changed")
			}
			continue
		}
		if n > 0 {
			s.add(", ")
		}
		n++
		s.add("%s = ", a.column.quoted)
		s.bind(a.value)
	}
	if n == 0 { // nothing to set: the answer is the row as it is
		rec, err := w.current(ctx, tx, key, "")
		if err != nil {
			return sdk.Result{}, err
		}
		return sdk.Result{Key: rec.Key, Stamp: rec.Stamp, Data: rec.Data, Outcome: sdk.Done}, nil
	}
	s.add(" WHERE ")
	s.equals(t.key, key)
	return w.stored(ctx, tx, s, r.Key)
}

func indexOf(columns []*column, c *column) int {
	for i := range columns {
		if columns[i] == c {
			return i
		}
	}
	return -1
}

func (w writer) delete(ctx context.Context, tx *stdsql.Tx, r sdk.Record, key []any) (sdk.Result, error) {
	s := w.c.d.statement("DELETE FROM %s WHERE ", w.t.from)
	s.equals(w.t.key, key)
	done, err := tx.ExecContext(ctx, s.String(), s.args...)
	if err != nil {
		return sdk.Result{Key: r.Key}, err
	}
	n, err := done.RowsAffected()
	if err != nil {
		return sdk.Result{}, err
	}
	if n == 0 {
		return sdk.Result{}, w.unknown(r.Key)
	}
	return sdk.Result{Outcome: sdk.Done}, nil
}

func (w writer) unknown(key string) error {
	return sdk.Errorf(sdk.NotFound, "record_unknown", "there is no row with the key %q", key)
}

// stored runs an insert or update of one row and answers with the row as it lies
// in the table then. key names the row of an update.
func (w writer) stored(ctx context.Context, tx *stdsql.Tx, s *statement, key string) (sdk.Result, error) {
	s.add(" RETURNING %s", w.t.selection())
	r, err := w.fetch(ctx, tx, s)
	if err != nil {
		return sdk.Result{Key: key}, err
	}
	if r == nil && key != "" {
		return sdk.Result{}, w.unknown(key)
	}
	if r == nil {
		return sdk.Result{}, sdk.Errorf(sdk.Invalid, "trigger", "a trigger of the table has dropped the row")
	}
	if w.t.reselect {
		again := w.c.d.statement("SELECT %s FROM %s WHERE ", w.t.selection(), w.t.from)
		var values []any
		for _, k := range w.t.key {
			values = append(values, r[k.at])
		}
		again.equals(w.t.key, values)
		if r, err = w.fetch(ctx, tx, again); err != nil {
			return sdk.Result{}, err
		}
		if r == nil {
			return sdk.Result{}, sdk.Errorf(sdk.Invalid, "trigger", "a trigger of the table has removed the row or changed its key")
		}
	}
	rec, err := w.t.record(r, nil)
	if err != nil {
		return sdk.Result{Key: key}, err
	}
	return sdk.Result{Key: rec.Key, Stamp: rec.Stamp, Data: rec.Data, Outcome: sdk.Done}, nil
}

// fetch runs a statement and returns its row, nil if it has none.
func (w writer) fetch(ctx context.Context, tx *stdsql.Tx, s *statement) (row, error) {
	rows, err := tx.QueryContext(ctx, s.String(), s.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var r row
	for rows.Next() { // to the end, as the statement is carried out row by row
		if r, err = scan(rows, len(w.t.columns)); err != nil {
			return nil, err
		}
	}
	return r, rows.Err()
}

// current returns a row as it is now.
func (w writer) current(ctx context.Context, tx *stdsql.Tx, key []any, suffix string) (sdk.Record, error) {
	s := w.c.d.statement("SELECT %s FROM %s WHERE ", w.t.selection(), w.t.from)
	s.equals(w.t.key, key)
	s.raw(suffix)
	r, err := w.fetch(ctx, tx, s)
	if err != nil {
		return sdk.Record{}, err
	}
	if r == nil {
		return sdk.Record{}, w.unknown(strings.Trim(fmt.Sprint(key), "[]"))
	}
	return w.t.record(r, nil)
}
