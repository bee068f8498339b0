package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gleis-dev/gleis/sdk"
)

// Write implements sdk.Writer. There is one result per record; one that breaks
// the contract is an unknown outcome with an error (Invariant 4), and a wrong
// number of results makes all outcomes unknown.
func (c *Conn) Write(ctx context.Context, req sdk.WriteRequest) ([]sdk.Result, error) {
	k := call{op: "write", object: req.Object}
	if err := c.ready(ctx, k, sdk.CanWrite); err != nil {
		return nil, err
	}
	return c.written(k, req, func() ([]sdk.Result, error) { return sdk.Write(ctx, c.inner, req) })
}

func (c *Conn) written(k call, req sdk.WriteRequest, f func() ([]sdk.Result, error)) (res []sdk.Result, err error) {
	for i := range req.Records {
		if n := len(req.Records[i].Data); n > sdk.MaxRecord {
			return nil, sdk.Errorf(sdk.Invalid, "record", "%s: a record to be written has %d bytes, at most %d", k.op, n, sdk.MaxRecord)
		}
	}
	defer c.guard(&err, k)
	c.count.Calls.Add(1)
	c.count.Written.Add(int64(len(req.Records)))
	if res, err = f(); err != nil {
		return nil, err
	}
	if len(res) != len(req.Records) {
		return nil, c.broken(k, "answered %d records with %d results", len(req.Records), len(res))
	}
	copied := false
	for i := range res {
		fixed, ok := c.result(k, req, i, res[i])
		if !ok {
			if !copied {
				res, copied = slices.Clone(res), true
			}
			res[i] = fixed
		}
		if res[i].Outcome == sdk.Done {
			c.count.Finished.Add(1)
		}
	}
	return res, nil
}

// result checks one result; the second value is false if it had to be changed.
func (c *Conn) result(k call, req sdk.WriteRequest, i int, r sdk.Result) (sdk.Result, bool) {
	rec := &req.Records[i]
	why := func() error {
		switch {
		case r.Outcome > sdk.NotDone:
			return fmt.Errorf("an outcome %d is unknown", r.Outcome)
		case !clean(r.Key) || !clean(r.Stamp) || !clean(r.Partition):
			return fmt.Errorf("the key, stamp or partition is longer than %d bytes or not valid text", maxKey)
		case r.Err == nil && r.Outcome == sdk.NotDone:
			return errors.New("it was not written, and no reason is given")
		case r.Err == nil && r.Outcome == sdk.Done && r.Key == "" && rec.Key == "" && !req.DryRun:
			return errors.New("a record was created, and its key is not given")
		case r.Notifies < 0:
			return errors.New("a negative number of people gets mail")
		case r.Data != nil:
			return checkData(r.Data)
		}
		return nil
	}()
	if why == nil {
		why = related(r.Related)
	}
	if why == nil {
		if r.Err == nil || printable(r.Err.Error()) {
			return r, true
		}
		r.Err = k.describe(r.Err)
		return r, false
	}
	e := &sdk.Error{Op: k.op, Object: k.object, Key: rec.Key, Kind: sdk.Internal, Code: "contract",
		Err: fmt.Errorf("connector %s answered wrongly: %w", c.spec.Name, why)}
	out := sdk.Result{Outcome: sdk.Unknown, Err: e}
	if r.Outcome == sdk.NotDone {
		out.Outcome = sdk.NotDone
	}
	return out, false
}

func related(list []sdk.Record) error {
	for i := range list {
		if list[i].Key == "" {
			return errors.New("a related record has no key")
		}
		if err := checkRecord(&list[i]); err != nil {
			return fmt.Errorf("a related record: %w", err)
		}
	}
	return nil
}

// Find implements sdk.Finder. A match that names no record of the request, or has
// no key, fails the call: a wrong match would tie the wrong records.
func (c *Conn) Find(ctx context.Context, req sdk.FindRequest) (list []sdk.Match, err error) {
	k := call{op: "find", object: req.Object}
	if err := c.ready(ctx, k, sdk.CanFind); err != nil {
		return nil, err
	}
	defer c.guard(&err, k)
	c.count.Calls.Add(1)
	if list, err = sdk.Find(ctx, c.inner, req); err != nil {
		return nil, err
	}
	type identity struct {
		index          int
		partition, key string
	}
	seen := map[identity]bool{}
	out := make([]sdk.Match, 0, len(list))
	for _, m := range list {
		switch {
		case m.Index < 0 || m.Index >= len(req.Records):
			return nil, c.broken(k, "names record %d of %d", m.Index, len(req.Records))
		case m.Key == "" || !clean(m.Key) || !clean(m.Stamp) || !clean(m.Partition):
			return nil, c.broken(k, "found a record without a key, or one that is not valid text")
		}
		if m.Data != nil {
			if err := checkData(m.Data); err != nil {
				return nil, c.broken(k, "found the record %q, but %v", m.Key, err)
			}
		}
		// One record found twice is one match, not many.
		if id := (identity{m.Index, m.Partition, m.Key}); !seen[id] {
			seen[id] = true
			out = append(out, m)
		}
	}
	return out, nil
}
