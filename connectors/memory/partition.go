package memory

import (
	"context"
	"slices"

	"github.com/gleis-dev/gleis/sdk"
)

// Partitions implements sdk.Partitioner. The scope is the list of the partitions'
// names.
func (c *conn) Partitions(ctx context.Context, req sdk.PartitionRequest) (sdk.PartitionList, error) {
	var out sdk.PartitionList
	if err := c.begin(ctx, Call{Op: "partitions", Object: req.Object}); err != nil {
		return out, err
	}
	s := c.sys
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.object(req.Object)
	if err != nil {
		return out, at(err, "partitions", req.Object, "", "")
	}
	var names []string
	for _, p := range d.Partitions {
		if err := s.unread[place{d.Name, p.ID, ""}]; err != nil {
			out.Failed = append(out.Failed, sdk.Failure{Partition: p.ID, Err: at(err, "partitions", d.Name, p.ID, "")})
			continue
		}
		out.Partitions = append(out.Partitions, p)
		names = append(names, p.ID)
	}
	if out.Scope, err = sdk.Encode(names); err != nil {
		return out, at(err, "partitions", d.Name, "", "")
	}
	return out, nil
}

// Poll implements sdk.Poller.
func (c *conn) Poll(ctx context.Context, req sdk.PollRequest) ([]sdk.PollResult, error) {
	if err := c.begin(ctx, Call{Op: "poll", Object: req.Object}); err != nil {
		return nil, err
	}
	s := c.sys
	if err := s.enter(); err != nil {
		return nil, at(err, "poll", req.Object, "", "")
	}
	defer s.leave()
	d, err := s.object(req.Object)
	if err != nil {
		return nil, at(err, "poll", req.Object, "", "")
	}
	out := make([]sdk.PollResult, len(req.Items))
	for i, item := range req.Items {
		out[i] = sdk.PollResult{Partition: item.Partition, Changed: true}
		if err := d.partition(item.Partition); err != nil {
			out[i].Err = err
			continue
		}
		if err := s.unread[place{d.Name, item.Partition, ""}]; err != nil {
			out[i].Err = at(err, "poll", d.Name, item.Partition, "")
			continue
		}
		var pos position
		if sdk.Decode(item.Cursor, &pos) != nil || pos.Epoch != s.state.Epoch || pos.Seq > s.state.Seq || pos.Full || pos.Mid {
			continue // it cannot be told: a run finds out
		}
		out[i].Changed = s.changedAfter(d, item.Partition, pos.Seq)
	}
	return out, nil
}

func (s *System) changedAfter(d *Object, partition string, seq int64) bool {
	for _, r := range s.part(d.Name, partition).Rows {
		if r.Seq > seq && !r.Hidden {
			return true
		}
	}
	return false
}

// RunStep implements sdk.Stepper: reading within the span of the step's
// settings, and writing as usual.
func (c *conn) RunStep(ctx context.Context, req sdk.StepRequest, emit sdk.Emit) ([]sdk.Result, error) {
	i := slices.IndexFunc(c.steps, func(st sdk.StepSpec) bool { return st.Name == req.Step })
	if i < 0 {
		return nil, &sdk.Error{Op: "step " + req.Step, Kind: sdk.NotFound, Code: "step_unknown"}
	}
	object := c.steps[i].Object
	switch {
	case (req.Read == nil) == (req.Write == nil):
		return nil, sdk.Errorf(sdk.Invalid, "step", "step %q: exactly one of read and write is given", req.Step)
	case req.Write != nil:
		w := *req.Write
		w.Object = object
		return c.Write(ctx, w)
	}
	r := *req.Read
	r.Object = object
	reach := [2]string{instant(req.Settings.Text("from")), instant(req.Settings.Text("to"))}
	if reach == [2]string{} {
		reach = c.span(object)
	}
	return nil, emitting(emit, "step "+req.Step, object, r.Partition, func(emit sdk.Emit) error {
		return c.read(ctx, r, reach, emit)
	})
}
