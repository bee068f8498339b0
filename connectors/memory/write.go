package memory

import (
	"context"
	"errors"
	"fmt"

	"github.com/gleis-dev/gleis/sdk"
)

// Write implements sdk.Writer.
func (c *conn) Write(ctx context.Context, req sdk.WriteRequest) ([]sdk.Result, error) {
	s := c.sys
	if err := c.open(); err != nil {
		return nil, at(err, "write", req.Object, "", "")
	}
	if err := c.pause(ctx); err != nil {
		return nil, at(err, "write", req.Object, "", "")
	}
	blobs := c.fetchBlobs(ctx, req)
	if err := s.enter(); err != nil {
		return nil, at(err, "write", req.Object, "", "")
	}
	defer s.leave()
	results := make([]sdk.Result, len(req.Records))
	for i, r := range req.Records {
		whole, err := c.writeNext(ctx, req, r, blobs, &results[i])
		if err != nil {
			if e := s.save(); e != nil {
				err = e
			}
			return nil, at(err, "write", req.Object, r.Partition, r.Key)
		}
		if whole {
			break
		}
	}
	if err := s.save(); err != nil {
		return nil, at(err, "write", req.Object, "", "")
	}
	return results, nil
}

// writeNext carries out one record, with the faults that strike it. An error
// ends the call. done reports that no record after it is carried out.
func (c *conn) writeNext(ctx context.Context, req sdk.WriteRequest, r sdk.Record, blobs map[string]blob, res *sdk.Result) (done bool, err error) {
	s := c.sys
	refuse := func(err error) {
		key := ""
		if s.exists(req.Object, r) {
			key = r.Key
		}
		*res = sdk.Result{Key: key, Outcome: sdk.NotDone, Err: at(err, "write", req.Object, r.Partition, r.Key)}
	}
	if call := s.switches.Call; call != nil {
		// Others may use the store while the hook blocks.
		if err := s.save(); err != nil {
			return true, err
		}
		s.leave()
		hookErr := call(ctx, Call{"write", req.Object, r.Partition, r.Key})
		if err := s.enter(); err != nil {
			s.mu.Lock() // the caller leaves once more
			return true, err
		}
		if hookErr != nil {
			refuse(hookErr)
			return false, nil
		}
	}
	if err := errors.Join(ctx.Err(), c.open()); err != nil {
		refuse(err)
		return false, nil
	}
	f := s.fault(Call{"write", req.Object, r.Partition, r.Key})
	if f != nil && !f.After {
		if f.Whole {
			return true, f.Err
		}
		refuse(f.Err)
		return false, nil
	}
	out, werr := s.carryOut(req, r, blobs)
	if werr != nil {
		refuse(werr)
	} else {
		*res = out
	}
	if f != nil {
		if f.Whole {
			return true, f.Err
		}
		*res = sdk.Result{Outcome: sdk.Unknown, Err: at(f.Err, "write", req.Object, r.Partition, r.Key)}
	}
	return false, nil
}

func (s *System) exists(object string, r sdk.Record) bool {
	t := s.state.Tables[object][r.Partition]
	return r.Key != "" && t != nil && t.get(r.Key) != nil
}

// carryOut validates and carries out one record; an error means that nothing was
// changed.
func (s *System) carryOut(req sdk.WriteRequest, r sdk.Record, blobs map[string]blob) (sdk.Result, error) {
	d, err := s.object(req.Object)
	if err != nil {
		return sdk.Result{}, err
	}
	if err := d.partition(r.Partition); err != nil {
		return sdk.Result{}, err
	}
	old := s.part(d.Name, r.Partition).get(r.Key)
	switch {
	case r.Op == sdk.Upsert && r.Key == "":
		return s.create(req, d, r, blobs)
	case r.Op != sdk.Upsert && r.Op != sdk.Delete:
		return sdk.Result{}, sdk.Errorf(sdk.Invalid, "op", "a record to write is an upsert or a delete, not %s", r.Op)
	case old == nil:
		return sdk.Result{}, sdk.Errorf(sdk.NotFound, "record_unknown", "there is no record %q", r.Key)
	case r.IfStamp != "" && r.IfStamp != old.stamp():
		return sdk.Result{}, &sdk.Error{
			Kind: sdk.Conflict, Code: "stamp", Args: map[string]string{"stamp": old.stamp()},
			Err: fmt.Errorf("the record has the stamp %s, not %s", old.stamp(), r.IfStamp),
		}
	case r.Op == sdk.Delete:
		return s.delete(req, d, r, old)
	}
	return s.update(req, d, r, old, blobs)
}

func (s *System) create(req sdk.WriteRequest, d *Object, r sdk.Record, blobs map[string]blob) (sdk.Result, error) {
	if !d.Allow.Create {
		return sdk.Result{}, notAllowed("created")
	}
	data, err := s.accepted(d, r, blobs, true)
	if err != nil {
		return sdk.Result{}, err
	}
	key, err := s.newKey(d, r.Partition, data)
	if err != nil {
		return sdk.Result{}, err
	}
	if s.part(d.Name, r.Partition).get(key) != nil {
		return sdk.Result{}, sdk.Errorf(sdk.Conflict, "key_taken", "there is a record %q already", key)
	}
	n, err := s.notified(req, data)
	if err != nil || req.DryRun {
		return sdk.Result{Outcome: sdk.NotDone, Notifies: n}, err
	}
	made := &row{Key: key, Created: s.clock()}
	if d.Idempotency == sdk.ByIntent {
		made.Intent = r.Intent
	}
	s.store(d, r.Partition, made, data)
	s.log(Entry{Op: "create", Object: d.Name, Partition: r.Partition, Key: key, Intent: r.Intent, Data: string(r.Data), Changed: true})
	res := s.result(d, r.Partition, made, n)
	if f := s.switches.Related; f != nil {
		for _, x := range f(s.record(d, r.Partition, made, nil)) {
			res.Related = append(res.Related, s.relate(x))
		}
	}
	return res, nil
}

// relate stores what a create made besides.
func (s *System) relate(x Row) sdk.Record {
	d := s.mustObject(x.Object)
	s.mustPartition(d, x.Partition)
	r := &row{Key: x.Key, Created: s.clock(), Intent: x.Intent}
	s.store(d, x.Partition, r, decoded(x.Data))
	return s.record(d, x.Partition, r, nil)
}

func (s *System) update(req sdk.WriteRequest, d *Object, r sdk.Record, old *row, blobs map[string]blob) (sdk.Result, error) {
	if !d.Allow.Update {
		return sdk.Result{}, notAllowed("updated")
	}
	set, err := s.accepted(d, r, blobs, false)
	if err != nil {
		return sdk.Result{}, err
	}
	before := decoded([]byte(old.Data))
	for _, f := range d.Fields {
		v, given := set[f.Name]
		if given && f.CreateOnly && !equal(v, before[f.Name]) {
			return sdk.Result{}, invalidField("field_create_only", f.Name, "is written on create only")
		}
	}
	after := merged(before, set)
	if err := required(d, after); err != nil {
		return sdk.Result{}, err
	}
	n, err := s.notified(req, after)
	if err != nil || req.DryRun {
		return sdk.Result{Key: r.Key, Outcome: sdk.NotDone, Notifies: n}, err
	}
	changed := *old
	s.store(d, r.Partition, &changed, after)
	s.log(Entry{Op: "update", Object: d.Name, Partition: r.Partition, Key: r.Key, Data: string(r.Data), Changed: !equal(before, after)})
	return s.result(d, r.Partition, &changed, n), nil
}

func (s *System) delete(req sdk.WriteRequest, d *Object, r sdk.Record, old *row) (sdk.Result, error) {
	if !d.Allow.Delete {
		return sdk.Result{}, notAllowed("deleted")
	}
	n, err := s.notified(req, decoded([]byte(old.Data)))
	if err != nil || req.DryRun {
		return sdk.Result{Key: r.Key, Outcome: sdk.NotDone, Notifies: n}, err
	}
	gone := *old
	s.bury(d, r.Partition, &gone)
	s.log(Entry{Op: "delete", Object: d.Name, Partition: r.Partition, Key: r.Key, Changed: true})
	return sdk.Result{Partition: r.Partition, Notifies: n, Outcome: sdk.Done}, nil
}

func notAllowed(what string) error {
	return sdk.Errorf(sdk.Unsupported, "not_allowed", "records of this object cannot be %s", what)
}

// accepted returns the data of a write, checked and normalised.
func (s *System) accepted(d *Object, r sdk.Record, blobs map[string]blob, create bool) (map[string]any, error) {
	set := map[string]any{}
	if err := sdk.Decode(r.Data, &set); err != nil || set == nil {
		return nil, sdk.Errorf(sdk.Invalid, "data", "data is not one JSON object: %w", err)
	}
	if err := checkFields(d.Fields, set); err != nil {
		return nil, err
	}
	for _, f := range d.Fields {
		v, given := set[f.Name]
		if given && f.ReadOnly {
			return nil, invalidField("field_read_only", f.Name, "is never written")
		}
		if given && v != nil && f.Type == sdk.TypeBlob {
			b := blobs[v.(string)]
			if b.err != nil {
				return nil, b.err
			}
			if b.content != nil {
				set[f.Name] = s.keepBlob(b.content)
			}
		}
	}
	if f := s.switches.Normalise; f != nil {
		f(d.Name, set)
	}
	if create {
		return set, required(d, set)
	}
	return set, nil
}

func required(d *Object, data map[string]any) error {
	for _, f := range d.Fields {
		if f.Required && data[f.Name] == nil {
			return invalidField("field_required", f.Name, "is required")
		}
	}
	return nil
}

// newKey returns the key that data brings, or a new one that it puts into data.
func (s *System) newKey(d *Object, partition string, data map[string]any) (string, error) {
	if len(d.Key) > 1 {
		var n sdk.Notation
		for _, k := range d.Key {
			if data[k] == nil {
				return "", invalidField("field_required", k, "is part of the key and required")
			}
			n = append(n, sdk.Pair{Name: k, Value: text(data[k])})
		}
		return n.Format()
	}
	name := d.Key[0]
	if v := data[name]; v != nil {
		if text(v) == "" {
			return "", invalidField("field_required", name, "is the key and not empty")
		}
		return text(v), nil
	}
	if d.Idempotency == sdk.ByKey {
		return "", invalidField("field_required", name, "is the key and required")
	}
	for n := s.state.Seq + 1; ; n++ {
		key, value := fmt.Sprintf("%s-%d", d.Name, n), any(nil)
		value = key
		if d.Field(name).Type == sdk.TypeInt {
			key = fmt.Sprint(n)
			value = number(key)
		}
		// A key is not given out again after its record was deleted.
		if s.part(d.Name, partition).Rows[key] == nil {
			data[name] = value
			return key, nil
		}
	}
}

func (s *System) notified(req sdk.WriteRequest, data map[string]any) (int, error) {
	f := s.switches.Notifies
	if f == nil {
		return 0, nil
	}
	n := f(req.Object, data)
	if n > 0 && req.Quiet {
		return 0, sdk.Errorf(sdk.Invalid, "would_notify", "the write would mail %d people", n)
	}
	return n, nil
}

// store gives r the next number and the data.
func (s *System) store(d *Object, partition string, r *row, data map[string]any) {
	r.Seq, r.Gone = s.next(), false
	if d.Changed != "" {
		data[d.Changed] = r.stamp()
		if d.Field(d.Changed).Type == sdk.TypeInt {
			data[d.Changed] = number(r.stamp())
		}
	}
	b, err := sdk.Encode(data)
	if err != nil {
		panic(fmt.Sprintf("memory: %v", err)) // decoded JSON always encodes
	}
	r.Data = string(b)
	s.part(d.Name, partition).put(r)
}

// bury leaves the trace of a deletion.
func (s *System) bury(d *Object, partition string, r *row) {
	r.Seq, r.Gone, r.Data, r.Intent = s.next(), true, "", ""
	s.part(d.Name, partition).put(r)
}

func (s *System) log(e Entry) { s.state.Log = append(s.state.Log, e) }

func (s *System) result(d *Object, partition string, r *row, notifies int) sdk.Result {
	rec := s.record(d, partition, r, nil)
	res := sdk.Result{Key: rec.Key, Stamp: rec.Stamp, Partition: partition, Data: rec.Data, Notifies: notifies, Outcome: sdk.Done}
	if s.switches.NoStamp {
		res.Stamp = ""
	}
	if s.switches.NoData {
		res.Data = nil
	}
	return res
}
