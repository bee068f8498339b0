package run

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/sdk"
)

// keysAtOnce is the greatest number of keys in one question to a system.
const keysAtOnce = 100

// name is the object of an end as requests carry it.
func (e End) name() string {
	if e.Object == nil {
		return ""
	}
	return e.Object.Name
}

// read reads through the step, if the end has one.
func (e End) read(ctx context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	req.Object = e.name()
	if e.Step == "" {
		return sdk.Read(ctx, e.Conn, req, emit)
	}
	_, err := sdk.RunStep(ctx, e.Conn, sdk.StepRequest{Step: e.Step, Settings: e.Settings, Read: &req}, emit)
	return err
}

// write writes through the step, if the end has one. The number of results is
// that of the records.
func (e End) write(ctx context.Context, req sdk.WriteRequest) ([]sdk.Result, error) {
	req.Object = e.name()
	var res []sdk.Result
	var err error
	if e.Step == "" {
		res, err = sdk.Write(ctx, e.Conn, req)
	} else {
		res, err = sdk.RunStep(ctx, e.Conn, sdk.StepRequest{Step: e.Step, Settings: e.Settings, Write: &req}, func(sdk.Batch) error { return nil })
	}
	if err == nil && len(res) != len(req.Records) {
		err = sdk.Errorf(sdk.Internal, "results", "write of %d records was answered with %d results", len(req.Records), len(res))
	}
	return res, err
}

// answer is what a system said to a question by key: a record or an error.
type answer struct {
	rec sdk.Record
	err error
}

// ask reads records by key and returns an answer for each key. The error is one
// that concerns them all.
func ask(ctx context.Context, read func(context.Context, sdk.ReadRequest, sdk.Emit) error, req sdk.ReadRequest, keys []string) (map[string]answer, error) {
	out := make(map[string]answer, len(keys))
	for chunk := range slices.Chunk(keys, keysAtOnce) {
		req.Keys = chunk
		err := read(ctx, req, func(b sdk.Batch) error {
			for _, r := range b.Records {
				r.Data = slices.Clone(r.Data) // the connector may use its buffers again
				out[r.Key] = answer{rec: r}
			}
			for _, f := range b.Failed {
				if f.Key == "" {
					return f.Err
				}
				out[f.Key] = answer{err: f.Err}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, k := range keys {
		if _, ok := out[k]; !ok {
			out[k] = answer{err: &sdk.Error{Op: "read", Object: req.Object, Partition: req.Partition, Key: k, Kind: sdk.Internal, Code: "unanswered", Err: fmt.Errorf("the connector did not answer for the key")}}
		}
	}
	return out, nil
}

// place is where a target record lies.
type place struct{ at, key string }

// load reads target records by key, generally and not through the step: what is
// compared is the object as it is.
func (e End) load(ctx context.Context, scope []byte, places []place) (map[place]link.Target, map[place]error, error) {
	byAt := map[string][]string{}
	for _, p := range places {
		if !slices.Contains(byAt[p.at], p.key) {
			byAt[p.at] = append(byAt[p.at], p.key)
		}
	}
	found, failed := map[place]link.Target{}, map[place]error{}
	general := func(ctx context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
		return sdk.Read(ctx, e.Conn, req, emit)
	}
	for _, at := range slices.Sorted(maps.Keys(byAt)) {
		answers, err := ask(ctx, general, sdk.ReadRequest{Object: e.name(), Partition: at, Scope: scope}, byAt[at])
		if err != nil {
			return nil, nil, err
		}
		for _, key := range byAt[at] {
			a := answers[key]
			if a.err != nil {
				failed[place{at, key}] = a.err
				continue
			}
			found[place{at, key}] = target(a.rec, at)
		}
	}
	return found, failed, nil
}

func target(r sdk.Record, at string) link.Target {
	t := link.Target{Key: r.Key, Stamp: r.Stamp, At: at, Data: r.Data}
	switch r.Op {
	case sdk.Delete:
		t.State = link.Gone
	case sdk.Missing, sdk.Release:
		t.State = link.Absent
	}
	return t
}
