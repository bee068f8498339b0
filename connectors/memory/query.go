package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// Query implements sdk.Querier: notation and filter are both field notation, and
// all partitions are searched.
func (c *conn) Query(ctx context.Context, req sdk.QueryRequest, emit sdk.Emit) error {
	return emitting(emit, "query", req.Object, "", func(emit sdk.Emit) error { return c.query(ctx, req, emit) })
}

func (c *conn) query(ctx context.Context, req sdk.QueryRequest, emit sdk.Emit) error {
	if req.Language != "" || req.Text != "" {
		return sdk.Errorf(sdk.Unsupported, "language", "there is no query language %q", req.Language)
	}
	where, err := filter(req.Notation)
	if err != nil {
		return err
	}
	more, err := filter(req.Filter)
	if err != nil {
		return err
	}
	if err := c.begin(ctx, Call{Op: "query", Object: req.Object}); err != nil {
		return err
	}
	records, err := c.hits(req, append(where, more...))
	if err != nil {
		return err
	}
	size := c.size()
	for start := true; start || len(records) > 0; start = false {
		n := min(len(records), size)
		b := sdk.Batch{Records: records[:n], Start: start, Done: n == len(records)}
		if err := emit(b); err != nil {
			return err
		}
		records = records[n:]
	}
	return nil
}

func (c *conn) hits(req sdk.QueryRequest, where sdk.Notation) ([]sdk.Record, error) {
	s := c.sys
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	d, err := s.object(req.Object)
	if err != nil {
		return nil, err
	}
	for _, p := range where {
		if d.Field(p.Name) == nil {
			return nil, invalidField("field_unknown", p.Name, "does not exist")
		}
	}
	if req.SchemaOnly {
		return []sdk.Record{{Object: d.Name, Data: blank(d, req.Fields)}}, nil
	}
	var out []sdk.Record
	parts := s.state.Tables[d.Name]
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		for _, k := range parts[name].order {
			if r := parts[name].Rows[k]; matches(where, r) {
				out = append(out, s.record(d, name, r, nil))
			}
		}
	}
	if err := sortBy(d, out, req.Order, func(r sdk.Record) map[string]any { return decoded(r.Data) }); err != nil {
		return nil, err
	}
	if req.Limit > 0 && len(out) > req.Limit {
		out = out[:req.Limit]
	}
	if req.Fields != nil {
		for i := range out {
			out[i].Data = chosen(&row{Data: string(out[i].Data)}, req.Fields)
		}
	}
	return out, nil
}

// blank returns an object with every field null.
func blank(d *Object, fields []string) []byte {
	m := map[string]any{}
	for _, f := range d.Fields {
		if fields == nil || slices.Contains(fields, f.Name) {
			m[f.Name] = nil
		}
	}
	b, err := sdk.Encode(m)
	if err != nil {
		panic("memory: " + err.Error()) // nulls always encode
	}
	return b
}

// ordered returns keys in the order that a request asks for.
func (s *System) ordered(d *Object, p *part, keys []string, order string) ([]string, error) {
	keys = slices.Clone(keys)
	err := sortBy(d, keys, order, func(k string) map[string]any { return decoded([]byte(p.Rows[k].Data)) })
	return keys, err
}

// sortBy sorts by fields: "name,-count". Numbers are compared by value, all else
// as text; equal ones keep their order.
func sortBy[T any](d *Object, items []T, order string, data func(T) map[string]any) error {
	if order == "" {
		return nil
	}
	fields := strings.Split(order, ",")
	for i, f := range fields {
		fields[i] = strings.TrimSpace(f)
		if name := strings.TrimPrefix(fields[i], "-"); d.Field(name) == nil {
			return invalidField("order", name, "does not exist, so nothing can be ordered by it")
		}
	}
	slices.SortStableFunc(items, func(a, b T) int {
		x, y := data(a), data(b)
		for _, f := range fields {
			name := strings.TrimPrefix(f, "-")
			c := compare(text(x[name]), text(y[name]))
			if name != f {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	return nil
}

func compare(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	return strings.Compare(a, b)
}

// Find implements sdk.Finder.
func (c *conn) Find(ctx context.Context, req sdk.FindRequest) ([]sdk.Match, error) {
	where, err := filter(req.Filter)
	if err != nil {
		return nil, at(err, "find", req.Object, "", "")
	}
	if err := c.begin(ctx, Call{Op: "find", Object: req.Object}); err != nil {
		return nil, err
	}
	s := c.sys
	if err := s.enter(); err != nil {
		return nil, at(err, "find", req.Object, "", "")
	}
	defer s.leave()
	d, err := s.object(req.Object)
	if err != nil {
		return nil, at(err, "find", req.Object, "", "")
	}
	limit := req.Limit
	if limit == 0 {
		limit = 2
	}
	var out []sdk.Match
	for i, want := range req.Records {
		found, err := s.find(d, want, where, req)
		if err != nil {
			return nil, at(err, "find", d.Name, want.Partition, want.Key)
		}
		for _, m := range found[:min(limit, len(found))] {
			m.Index = i
			out = append(out, m)
		}
	}
	return out, nil
}

// find returns all matches of one record, in its partition if it names one.
func (s *System) find(d *Object, want sdk.Record, where sdk.Notation, req sdk.FindRequest) ([]sdk.Match, error) {
	fields := map[string]any{}
	if want.Intent == "" || d.Idempotency != sdk.ByIntent {
		if err := sdk.Decode(want.Data, &fields); err != nil {
			return nil, sdk.Errorf(sdk.Invalid, "data", "data is not one JSON object: %w", err)
		}
		if len(fields) == 0 {
			return nil, sdk.Errorf(sdk.Invalid, "data", "a record to find has fields or an intent")
		}
	}
	newest := s.state.Seq - int64(s.switches.FindLag)
	var out []sdk.Match
	parts := s.state.Tables[d.Name]
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if want.Partition != "" && want.Partition != name {
			continue
		}
		for _, k := range parts[name].order {
			r := parts[name].Rows[k]
			if r.Seq > newest || !req.Since.IsZero() && r.Created.Before(req.Since) || !matches(where, r) {
				continue
			}
			if !meets(d, want, fields, r) {
				continue
			}
			out = append(out, sdk.Match{Key: k, Stamp: r.stamp(), Partition: name, Data: []byte(r.Data)})
		}
	}
	return out, nil
}

func meets(d *Object, want sdk.Record, fields map[string]any, r *row) bool {
	if want.Intent != "" && d.Idempotency == sdk.ByIntent {
		return r.Intent == want.Intent
	}
	have := decoded([]byte(r.Data))
	for k, v := range fields {
		if !equal(v, have[k]) {
			return false
		}
	}
	return true
}
