package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// position is what a cursor holds. Seq is the number up to which all changes
// were handed over when the round before it ended; in a full round, the number
// at its begin.
type position struct {
	Epoch int64  `json:"e"`
	Seq   int64  `json:"q"`
	Full  bool   `json:"f,omitempty"` // within a full round, after the key After
	After string `json:"a,omitempty"`
	Mid   bool   `json:"m,omitempty"` // within a round of changes
}

func (p position) encode() []byte {
	b, err := sdk.Encode(p)
	if err != nil {
		panic(fmt.Sprintf("memory: cursor: %v", err)) // numbers and texts always encode
	}
	return b
}

// Read implements sdk.Reader.
func (c *conn) Read(ctx context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	return emitting(emit, "read", req.Object, req.Partition, func(emit sdk.Emit) error {
		return c.read(ctx, req, c.span(req.Object), emit)
	})
}

// emitting runs a read. An error of emit comes back as it is, any other says
// where it happened.
func emitting(emit sdk.Emit, op, object, partition string, read func(sdk.Emit) error) error {
	var failed error
	err := read(func(b sdk.Batch) error {
		failed = emit(b)
		return failed
	})
	if failed != nil {
		return failed
	}
	return at(err, op, object, partition, "")
}

func (c *conn) span(object string) [2]string {
	c.sys.mu.Lock()
	defer c.sys.mu.Unlock()
	return c.sys.reach[object]
}

func (c *conn) read(ctx context.Context, req sdk.ReadRequest, reach [2]string, emit sdk.Emit) error {
	if req.Keys != nil {
		return c.readKeys(ctx, req, emit)
	}
	where, err := filter(req.Filter)
	if err != nil {
		return err
	}
	pos, start, err := c.begins(req)
	if err != nil {
		return err
	}
	left := req.Limit
	for {
		if err := c.pause(ctx); err != nil {
			return err
		}
		if err := c.begin(ctx, Call{Op: "read", Object: req.Object, Partition: req.Partition}); err != nil {
			return err
		}
		size := c.size()
		if req.Limit > 0 {
			size = min(size, left)
		}
		p := page{req: req, where: where, reach: reach, size: size, start: start}
		b, next, err := c.page(p, pos)
		if err != nil {
			return err
		}
		if err := emit(b); err != nil {
			return err
		}
		pos, start, left = next, false, left-len(b.Records)-len(b.Failed)
		if b.Done || req.Limit > 0 && left <= 0 {
			return nil
		}
	}
}

func (c *conn) size() int {
	c.sys.mu.Lock()
	defer c.sys.mu.Unlock()
	if n := c.sys.switches.BatchSize; n > 0 {
		return n
	}
	return c.batch
}

// begins returns the position a read goes on from, and whether a round begins.
func (c *conn) begins(req sdk.ReadRequest) (pos position, start bool, err error) {
	s := c.sys
	if err := s.enter(); err != nil {
		return pos, false, err
	}
	defer s.leave()
	fresh := position{Epoch: s.state.Epoch, Seq: s.state.Seq, Full: true}
	switch {
	case req.Cursor != nil:
		if err := sdk.Decode(req.Cursor, &pos); err != nil {
			return pos, false, sdk.Errorf(sdk.Invalid, "cursor", "the cursor is none of this connector: %w", err)
		}
		if pos.Epoch != s.state.Epoch || pos.Seq > s.state.Seq {
			return fresh, true, nil // its position is lost: everything anew
		}
		return pos, !pos.Mid && !pos.Full, nil
	case req.Since != "":
		n, err := strconv.ParseInt(req.Since, 10, 64)
		if err != nil {
			return pos, false, sdk.Errorf(sdk.Invalid, "since", "the change mark is a whole number, not %q", req.Since)
		}
		return position{Epoch: s.state.Epoch, Seq: n - 1}, true, nil
	}
	return fresh, true, nil
}

// page says what one batch is made of.
type page struct {
	req   sdk.ReadRequest
	where sdk.Notation
	reach [2]string
	size  int
	start bool
}

// page reads one batch and returns the position after it.
func (c *conn) page(p page, pos position) (sdk.Batch, position, error) {
	s := c.sys
	if err := s.enter(); err != nil {
		return sdk.Batch{}, pos, err
	}
	defer s.leave()
	d, err := s.object(p.req.Object)
	if err != nil {
		return sdk.Batch{}, pos, err
	}
	if err := d.partition(p.req.Partition); err != nil {
		return sdk.Batch{}, pos, err
	}
	if err := s.unread[place{d.Name, p.req.Partition, ""}]; err != nil {
		return sdk.Batch{}, pos, err
	}
	for _, f := range p.where {
		if d.Field(f.Name) == nil {
			return sdk.Batch{}, pos, invalidField("field_unknown", f.Name, "does not exist, so nothing can be filtered by it")
		}
	}
	var b sdk.Batch
	if pos.Full {
		b, pos, err = s.fullPage(d, p, pos)
	} else {
		b, pos = s.changePage(d, p, pos)
	}
	if err != nil {
		return b, pos, err
	}
	b.Start = p.start
	if s.switches.Duplicates {
		twice := make([]sdk.Record, 0, 2*len(b.Records))
		for _, r := range b.Records {
			twice = append(twice, r, r)
		}
		b.Records = twice
	}
	return b, pos, nil
}

// fullPage lists the records after pos, in the order of their keys; with an
// order of the request it lists all at once, without a cursor before the end.
func (s *System) fullPage(d *Object, p page, pos position) (sdk.Batch, position, error) {
	b := sdk.Batch{Full: true, Reach: p.reach}
	part := s.part(d.Name, p.req.Partition)
	rest := part.order
	if s.switches.EmptyFull > 0 && pos.After == "" {
		s.switches.EmptyFull--
		rest = nil
	}
	if pos.After != "" {
		i, there := slices.BinarySearch(rest, pos.After)
		if there {
			i++
		}
		rest = rest[i:]
	}
	if p.req.Order != "" {
		var err error
		if rest, err = s.ordered(d, part, rest, p.req.Order); err != nil {
			return b, pos, err
		}
		p.size = len(rest) + 1
		if p.req.Limit > 0 {
			p.size = p.req.Limit
		}
	}
	taken := 0
	for _, k := range rest {
		r := part.Rows[k]
		if r.Hidden || !within(d, p.reach, r) || !matches(p.where, r) {
			continue
		}
		if taken++; taken > p.size {
			if p.req.Order == "" {
				b.Cursor = pos.encode()
			}
			return b, pos, nil
		}
		s.add(&b, d, p, r)
		pos.After = k
	}
	pos.Full, pos.After = false, ""
	b.Done, b.Cursor = true, pos.encode()
	return b, pos, nil
}

// changePage lists the changes after pos, in the order they were made.
func (s *System) changePage(d *Object, p page, pos position) (sdk.Batch, position) {
	var b sdk.Batch
	var changed []*row
	for _, r := range s.part(d.Name, p.req.Partition).Rows {
		if r.Seq > pos.Seq && !r.Hidden && (r.Gone || matches(p.where, r)) {
			changed = append(changed, r)
		}
	}
	slices.SortFunc(changed, func(a, b *row) int { return cmp.Compare(a.Seq, b.Seq) })
	b.Done = len(changed) <= p.size
	for _, r := range changed[:min(p.size, len(changed))] {
		pos.Seq = r.Seq
		switch {
		case r.Gone && !s.switches.Unconfirmed:
			b.Records = append(b.Records, sdk.Record{Object: d.Name, Partition: p.req.Partition, Op: sdk.Delete, Key: r.Key})
		case r.Gone || !within(d, p.reach, r):
			b.Records = append(b.Records, sdk.Record{Object: d.Name, Partition: p.req.Partition, Op: sdk.Missing, Key: r.Key})
		default:
			s.add(&b, d, p, r)
		}
	}
	pos.Mid = !b.Done
	b.Cursor = pos.encode()
	return b, pos
}

// add puts a record, or the failure to read it, into b.
func (s *System) add(b *sdk.Batch, d *Object, p page, r *row) {
	if err := s.unread[place{d.Name, p.req.Partition, r.Key}]; err != nil {
		b.Failed = append(b.Failed, sdk.Failure{Key: r.Key, Partition: p.req.Partition, Err: at(err, "read", d.Name, p.req.Partition, r.Key)})
		return
	}
	b.Records = append(b.Records, s.record(d, p.req.Partition, r, p.req.Fields))
}

// record returns a row with the fields asked for: nil for all.
func (s *System) record(d *Object, partition string, r *row, fields []string) sdk.Record {
	out := sdk.Record{Object: d.Name, Partition: partition, Key: r.Key, Stamp: r.stamp(), Data: []byte(r.Data)}
	if d.At != "" {
		out.At = instant(decoded([]byte(r.Data))[d.At])
	}
	if fields != nil {
		out.Data = chosen(r, fields)
	}
	return out
}

func chosen(r *row, fields []string) []byte {
	all := decoded([]byte(r.Data))
	some := map[string]any{}
	for _, f := range fields {
		if v, ok := all[f]; ok {
			some[f] = v
		}
	}
	b, err := sdk.Encode(some)
	if err != nil {
		panic(fmt.Sprintf("memory: %v", err)) // decoded JSON always encodes
	}
	return b
}

// within reports whether a record lies within the reach of listings.
func within(d *Object, reach [2]string, r *row) bool {
	if d.At == "" || reach == [2]string{} {
		return true
	}
	t := instant(decoded([]byte(r.Data))[d.At])
	return t == "" || (reach[0] == "" || t >= reach[0]) && (reach[1] == "" || t < reach[1])
}

func filter(text string) (sdk.Notation, error) {
	if text == "" {
		return nil, nil
	}
	return sdk.ParseNotation(text)
}

// matches reports whether all fields of n have their values. A dotted name leads
// into objects.
func matches(n sdk.Notation, r *row) bool {
	if len(n) == 0 {
		return true
	}
	m := decoded([]byte(r.Data))
	for _, p := range n {
		v := any(m)
		for name := range strings.SplitSeq(p.Name, ".") {
			in, _ := v.(map[string]any)
			v = in[name]
		}
		if text(v) != p.Value {
			return false
		}
	}
	return true
}

// readKeys answers each key once. A record that is not there is gone for
// certain, unless the switch Unconfirmed says otherwise.
func (c *conn) readKeys(ctx context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	keys := slices.Clone(req.Keys)
	for start := true; start || len(keys) > 0; start = false {
		if err := c.pause(ctx); err != nil {
			return err
		}
		if err := c.begin(ctx, Call{Op: "read", Object: req.Object, Partition: req.Partition}); err != nil {
			return err
		}
		n := min(len(keys), c.size())
		b, err := c.keyPage(req, keys[:n])
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

func (c *conn) keyPage(req sdk.ReadRequest, keys []string) (sdk.Batch, error) {
	var b sdk.Batch
	s := c.sys
	if err := s.enter(); err != nil {
		return b, err
	}
	defer s.leave()
	d, err := s.object(req.Object)
	if err != nil {
		return b, err
	}
	if err := d.partition(req.Partition); err != nil {
		return b, err
	}
	if err := s.unread[place{d.Name, req.Partition, ""}]; err != nil {
		return b, err
	}
	for _, k := range keys {
		r := s.part(d.Name, req.Partition).get(k)
		switch {
		case s.unread[place{d.Name, req.Partition, k}] != nil || r != nil:
			if r == nil {
				r = &row{Key: k}
			}
			s.add(&b, d, page{req: req}, r)
		case s.switches.Unconfirmed:
			b.Records = append(b.Records, sdk.Record{Object: d.Name, Partition: req.Partition, Op: sdk.Missing, Key: k})
		default:
			// Invariant 3: the store itself answers, so its absence is confirmed.
			b.Records = append(b.Records, sdk.Record{Object: d.Name, Partition: req.Partition, Op: sdk.Delete, Key: k})
		}
	}
	return b, nil
}
