package catalog

import (
	"context"
	"sync"

	"github.com/gleis-dev/gleis/sdk"
)

// Read implements sdk.Reader. A record that is not fit to go on becomes a
// Failure, and the others go on (Invariant 8); with Keys, one that the connector
// did not answer becomes a Failure too. Records without a key go on where the
// schema says that the object has none: they are good for looking at. A batch that breaks the contract as a
// whole ends the read.
func (c *Conn) Read(ctx context.Context, req sdk.ReadRequest, emit sdk.Emit) (err error) {
	k := call{op: "read", object: req.Object, partition: req.Partition}
	if err := c.ready(ctx, k, sdk.CanRead); err != nil {
		return err
	}
	g := c.gate(k, req, emit)
	g.bare = sync.OnceValue(func() bool { return c.withoutKey(ctx, req.Object) })
	return g.run(func(e sdk.Emit) error { return sdk.Read(ctx, c.inner, req, e) })
}

// withoutKey reports whether the schema says that an object has no key.
func (c *Conn) withoutKey(ctx context.Context, object string) bool {
	s, err := c.Schema(ctx)
	if err != nil {
		return false // whoever reads meets the error elsewhere
	}
	o := s.Object(object)
	return o != nil && len(o.Key) == 0
}

// Query implements sdk.Querier. Keys of hits may be empty; a query has no cursor.
func (c *Conn) Query(ctx context.Context, req sdk.QueryRequest, emit sdk.Emit) (err error) {
	k := call{op: "query", object: req.Object}
	if err := c.ready(ctx, k, sdk.CanQuery); err != nil {
		return err
	}
	g := c.gate(k, sdk.ReadRequest{Object: req.Object, Limit: req.Limit}, emit)
	g.query = true
	return g.run(func(e sdk.Emit) error { return sdk.Query(ctx, c.inner, req, e) })
}

// RunStep implements sdk.Stepper: it checks as Read and Write do, whichever the
// request holds.
func (c *Conn) RunStep(ctx context.Context, req sdk.StepRequest, emit sdk.Emit) (res []sdk.Result, err error) {
	k := call{op: "step " + req.Step}
	switch {
	case (req.Read == nil) == (req.Write == nil):
		return nil, sdk.Errorf(sdk.Invalid, "step_request", "step %s: exactly one of read and write is asked for", req.Step)
	case req.Read != nil:
		k.object, k.partition = req.Read.Object, req.Read.Partition
	default:
		k.object = req.Write.Object
	}
	if err := c.ready(ctx, k, sdk.CanStep); err != nil {
		return nil, err
	}
	step, ok := c.spec.Step(req.Step)
	if !ok || req.Read != nil && !step.Source || req.Write != nil && !step.Target {
		return nil, &sdk.Error{Op: k.op, Object: k.object, Kind: sdk.Unsupported, Code: "not_supported"}
	}
	if req.Read != nil {
		g := c.gate(k, *req.Read, emit)
		return nil, g.run(func(e sdk.Emit) error { _, err := sdk.RunStep(ctx, c.inner, req, e); return err })
	}
	return c.written(k, *req.Write, func() ([]sdk.Result, error) {
		return sdk.RunStep(ctx, c.inner, req, func(sdk.Batch) error { return c.broken(k, "emits while it writes") })
	})
}
