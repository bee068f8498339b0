package sql

import (
	"context"
	stdsql "database/sql"
	"errors"

	"github.com/gleis-dev/gleis/sdk"
)

// Read implements sdk.Reader.
func (c *conn) Read(ctx context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	return c.emitting(emit, "read", req.Object, func(emit sdk.Emit) error {
		t, err := c.table(ctx, req.Object)
		if err != nil {
			return err
		}
		if req.Partition != "" {
			return sdk.Errorf(sdk.NotFound, "partition_unknown", "a table has no partitions, so none named %q", req.Partition)
		}
		fields, err := t.chosen(req.Fields)
		if err != nil {
			return err
		}
		switch {
		case req.Keys != nil:
			return c.readKeys(ctx, t, req, fields, emit)
		case req.Since != "" && t.changed == nil:
			return &sdk.Error{
				Kind: sdk.Invalid, Code: "no_change_column", Err: errors.New("the table has no change column to start from"),
				Hint: sdk.Text{EN: "name one in the setting \"change_columns\"", DE: "in der Einstellung „change_columns“ eine nennen"},
			}
		case len(t.key) == 0 && req.Cursor != nil:
			return noKey()
		case len(t.key) == 0, req.Order != "":
			return c.stream(ctx, t, req, fields, emit)
		}
		return c.round(ctx, t, req, fields, emit)
	})
}

// emitting runs a read. An error of emit comes back as it is, any other says
// where it happened.
func (c *conn) emitting(emit sdk.Emit, op, object string, read func(sdk.Emit) error) error {
	var failed error
	err := read(func(b sdk.Batch) error {
		failed = emit(b)
		return failed
	})
	if failed != nil {
		return failed
	}
	return c.fail(err, op, object, "")
}

// round reads one round, or what is left of it, page by page. No statement is open
// while a batch is with the host.
func (c *conn) round(ctx context.Context, t *table, req sdk.ReadRequest, fields []*column, emit sdk.Emit) error {
	pos, start, err := c.begins(ctx, t, req)
	if err != nil {
		return err
	}
	from := *pos
	left, done := req.Limit, 0
	for {
		size := c.cfg.batch
		if req.Limit > 0 {
			size = min(size, left)
		}
		full := pos.Phase == phaseFull
		p, err := c.page(ctx, t, pos, req.Filter, fields, size)
		if err != nil {
			return err
		}
		ended := pos.advance(t, p)
		if ended && pos.Phase == phaseChange && len(p.records)+len(p.failed) == 0 {
			continue // from the rows without a change mark to those with one
		}
		b := sdk.Batch{Records: p.records, Failed: p.failed, Start: start, Full: full, Done: ended && pos.Phase != phaseChange}
		if b.Cursor, err = pos.encode(); err != nil {
			return err
		}
		if b.Done {
			err = c.roundEnd(ctx, t, &from, req.Filter, b, emit)
		} else {
			err = emit(b)
		}
		if err != nil {
			return err
		}
		start, left, done = false, left-p.rows, done+p.rows
		if c.env.Progress != nil {
			c.env.Progress(int64(done), 0, t.name)
		}
		if b.Done || req.Limit > 0 && left <= 0 {
			return nil
		}
	}
}

// page is what one statement has read.
type page struct {
	records []sdk.Record
	failed  []sdk.Failure
	rows    int
	last    row  // nil: no rows
	more    bool // there may be more rows
}

// page reads at most size rows after a position, and no more than a message holds.
func (c *conn) page(ctx context.Context, t *table, pos *position, filter string, fields []*column, size int) (page, error) {
	s := c.d.statement("SELECT %s FROM %s WHERE ", t.selection(), t.from)
	if err := pos.where(s, t); err != nil {
		return page{}, err
	}
	s.filter(filter)
	s.add(" ORDER BY %s LIMIT %d", quotedNames(pos.order(t)), size)
	rows, err := c.reads.QueryContext(ctx, s.String(), s.args...)
	if err != nil {
		return page{}, err
	}
	defer rows.Close()
	p := page{records: make([]sdk.Record, 0, size)}
	for bytes := 0; rows.Next(); {
		if p.more = bytes >= sdk.MaxBatchBytes; p.more {
			return p, nil
		}
		r, err := scan(rows, len(t.columns))
		if err != nil {
			return page{}, err
		}
		p.rows, p.last = p.rows+1, r
		bytes += p.add(c, t, r, listing{fields: fields})
	}
	p.more = p.rows == size
	return p, rows.Err()
}

// add adds a row, or the failure to represent it, and returns its bytes.
func (p *page) add(c *conn, t *table, r row, l listing) int {
	if !l.query && t.keyless(r) {
		p.failed = append(p.failed, c.keylessFailure(t, r))
		return 0
	}
	rec, err := t.record(r, l.fields)
	if err != nil {
		// Invariant 8: one bad record stops only itself.
		key := rec.Key
		if key == "" {
			key = t.anyKey(r)
		}
		p.failed = append(p.failed, sdk.Failure{Key: key, Err: c.fail(err, "read", t.name, key)})
		return 0
	}
	p.records = append(p.records, rec)
	return len(rec.Data)
}

// anyKey returns a key that names a row whose key or content cannot be
// represented.
func (t *table) anyKey(r row) string {
	if key, err := t.keyOf(r); err == nil && key != "" {
		return key
	}
	return "(a row that cannot be represented)"
}

func scan(rows *stdsql.Rows, columns int) (row, error) {
	r := make(row, max(columns, 1))
	to := make([]any, len(r))
	for i := range r {
		to[i] = &r[i]
	}
	if err := rows.Scan(to...); err != nil {
		return nil, err
	}
	return r, nil
}

// stream reads a listing that cannot be resumed: of a table without a key, or in
// an order of the designer's. One statement is open all the time.
func (c *conn) stream(ctx context.Context, t *table, req sdk.ReadRequest, fields []*column, emit sdk.Emit) error {
	s := c.d.statement("SELECT %s FROM %s WHERE 1 = 1", t.selection(), t.from)
	if req.Since != "" {
		v, err := t.changed.typed(sinceOf(req.Since))
		if err != nil {
			return err
		}
		s.add(" AND %s >= ", t.changed.quoted)
		s.bind(v)
	}
	s.filter(req.Filter)
	s.order(req.Order)
	s.limit(req.Limit)
	rows, err := c.reads.QueryContext(ctx, s.String(), s.args...)
	if err != nil {
		return err
	}
	return c.flow(rows, listing{t: t, fields: fields, limit: req.Limit, full: req.Since == ""}, emit)
}

func (s *statement) order(order string) {
	if order != "" {
		s.add(" ORDER BY\n")
		s.raw(order)
		s.add("\n")
	}
}

// limit asks for one row more than the limit, which shows whether it cuts.
func (s *statement) limit(n int) {
	if n > 0 {
		s.add(" LIMIT %d", n+1)
	}
}

// listing says how flow hands over the rows of a statement.
type listing struct {
	t      *table
	fields []*column
	limit  int  // 0: none
	full   bool // as in sdk.Batch
	query  bool // it is done with the limit; else a listing that the limit cuts is not
}

// flow emits rows as they come, and closes them.
func (c *conn) flow(rows *stdsql.Rows, l listing, emit sdk.Emit) error {
	defer rows.Close()
	var p page
	start, bytes, left, cut := true, 0, l.limit, false
	for rows.Next() {
		if cut = l.limit > 0 && left == 0; cut {
			break
		}
		if p.rows == c.cfg.batch || bytes >= sdk.MaxBatchBytes {
			if err := emit(sdk.Batch{Records: p.records, Failed: p.failed, Start: start, Full: l.full}); err != nil {
				return err
			}
			p, start, bytes = page{}, false, 0
		}
		r, err := scan(rows, len(l.t.columns))
		if err != nil {
			return err
		}
		p.rows++
		left--
		bytes += p.add(c, l.t, r, l)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	rows.Close() // before the host takes its time over the last batch
	return emit(sdk.Batch{Records: p.records, Failed: p.failed, Start: start, Full: l.full, Done: l.query || !cut})
}

// noKey says that a table has no key where one is needed.
func noKey() error {
	return &sdk.Error{
		Kind: sdk.Unsupported, Code: "no_key", Err: errors.New("the table or view has no key: it can only be read as a whole"),
		Hint: sdk.Text{EN: "name the columns of its key in the setting \"keys\"", DE: "die Spalten seines Schlüssels in der Einstellung „keys“ nennen"},
	}
}

// keysAtATime bounds the length of a statement that reads by key.
const keysAtATime = 100

// readKeys answers each key once.
func (c *conn) readKeys(ctx context.Context, t *table, req sdk.ReadRequest, fields []*column, emit sdk.Emit) error {
	if len(t.key) == 0 {
		return noKey()
	}
	keys := req.Keys
	for start := true; start || len(keys) > 0; start = false {
		n := min(len(keys), keysAtATime, c.cfg.batch)
		b, err := c.keyPage(ctx, t, keys[:n], fields)
		if err != nil {
			return err
		}
		keys = keys[n:]
		b.Start, b.Done = start, len(keys) == 0
		if err := emit(b); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) keyPage(ctx context.Context, t *table, keys []string, fields []*column) (sdk.Batch, error) {
	var b sdk.Batch
	asked := map[string][]any{}         // and not answered
	keyless := map[string]keylessName{} // of them, and besides, names of rows without a key
	for _, key := range keys {
		values, err := t.keyValues(key)
		if len(t.mayBeNull()) > 0 && isKeylessName(key) {
			keyless[key] = keylessName{noKey: err != nil}
		} else if err != nil {
			b.Failed = append(b.Failed, sdk.Failure{Key: key, Err: c.fail(err, "read", t.name, key)})
		}
		if err == nil {
			asked[key] = values
		}
	}
	rows, err := c.rowsOf(ctx, t, keys, asked)
	if err != nil {
		return b, err
	}
	var p page
	for _, r := range rows {
		key, err := t.keyOf(r)
		if _, ok := asked[key]; err == nil && ok {
			delete(asked, key)
			delete(keyless, key)
			p.add(c, t, r, listing{fields: fields})
		}
	}
	b.Records, b.Failed = p.records, append(b.Failed, p.failed...)
	op := sdk.Delete
	if t.view || t.guarded {
		op = sdk.Missing
	} else if len(rows) > 0 && len(asked) > 0 {
		// The database may take two keys for one that are not the same bytes, 1.5
		// and 1.50: whoever is still unanswered is asked for without the others.
		if rows, err = c.rowsOf(ctx, t, keys, asked); err != nil {
			return b, err
		}
		if len(rows) > 0 {
			op = sdk.Missing
		}
	}
	if err := c.keylessAnswers(ctx, t, keyless, &b); err != nil {
		return b, err
	}
	for _, key := range keys {
		name, isName := keyless[key]
		if _, ok := asked[key]; !ok && !isName || name.found {
			continue
		}
		delete(asked, key)
		delete(keyless, key)
		// Invariant 3: a Delete says that the table itself has no such row. A name
		// that cannot be a key stands for a row that has got one, or is gone.
		rec := sdk.Record{Object: t.name, Op: op, Key: key}
		if name.noKey {
			rec.Op = sdk.Delete
		}
		b.Records = append(b.Records, rec)
	}
	return b, nil
}

// rowsOf reads the rows whose keys are asked for, in any order.
func (c *conn) rowsOf(ctx context.Context, t *table, keys []string, asked map[string][]any) ([]row, error) {
	if len(asked) == 0 {
		return nil, nil
	}
	s := c.d.statement("SELECT %s FROM %s WHERE ", t.selection(), t.from)
	first, done := true, map[string]bool{}
	for _, key := range keys {
		values, ok := asked[key]
		if !ok || done[key] {
			continue
		}
		if !first {
			s.add(" OR ")
		}
		first, done[key] = false, true
		s.add("(")
		s.equals(t.key, values)
		s.add(")")
	}
	rows, err := c.reads.QueryContext(ctx, s.String(), s.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []row
	for rows.Next() {
		r, err := scan(rows, len(t.columns))
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}
