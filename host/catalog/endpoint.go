package catalog

import (
	"context"

	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/sdk"
)

// Endpoint is one end of a process on an open connection: its object, and the
// step through which it is read or written, if it has one.
type Endpoint struct {
	Conn     *Conn
	Object   *sdk.Object
	Step     string
	Settings sdk.Settings // of the step
	Filter   string       // of the source
}

// SourceOf returns the source of p on c.
func SourceOf(ctx context.Context, c *Conn, p *process.Process) (Endpoint, error) {
	return endpoint(ctx, c, p, p.Source, "source")
}

// TargetOf returns the target of p on c.
func TargetOf(ctx context.Context, c *Conn, p *process.Process) (Endpoint, error) {
	return endpoint(ctx, c, p, p.Target, "target")
}

func endpoint(ctx context.Context, c *Conn, p *process.Process, e process.Endpoint, side string) (Endpoint, error) {
	out := Endpoint{Conn: c, Step: e.Step, Filter: e.Filter}
	schema, err := c.Schema(ctx)
	if err != nil {
		return out, err
	}
	if out.Object = schema.Object(e.Object); out.Object == nil {
		return out, sdk.Errorf(sdk.NotFound, "object_unknown", "%s of %s: connection %s has no object %q", side, p.Name, c.name, e.Object)
	}
	if e.Step == "" {
		return out, nil
	}
	step, ok := c.spec.Step(e.Step)
	if !ok {
		return out, sdk.Errorf(sdk.Invalid, "step_unknown", "%s of %s: %s has no step %q", side, p.Name, c.spec.Name, e.Step)
	}
	out.Settings, err = e.Parse(p, side, step)
	return out, err
}

// Read reads the object, through the step if there is one. The object and the
// endpoint's filter are filled in.
func (e Endpoint) Read(ctx context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	req.Object = e.Object.Name
	if req.Filter == "" && req.Keys == nil {
		req.Filter = e.Filter
	}
	if e.Step == "" {
		return e.Conn.Read(ctx, req, emit)
	}
	_, err := e.Conn.RunStep(ctx, sdk.StepRequest{Step: e.Step, Settings: e.Settings, Read: &req}, emit)
	return err
}

// Write writes the object, through the step if there is one. The object is
// filled in.
func (e Endpoint) Write(ctx context.Context, req sdk.WriteRequest) ([]sdk.Result, error) {
	req.Object = e.Object.Name
	if e.Step == "" {
		return e.Conn.Write(ctx, req)
	}
	return e.Conn.RunStep(ctx, sdk.StepRequest{Step: e.Step, Settings: e.Settings, Write: &req}, func(sdk.Batch) error { return nil })
}

// Find finds records of the object.
func (e Endpoint) Find(ctx context.Context, req sdk.FindRequest) ([]sdk.Match, error) {
	req.Object = e.Object.Name
	return e.Conn.Find(ctx, req)
}

// Partitions lists the partitions of the object; one without partitions has a
// single one without a name.
func (e Endpoint) Partitions(ctx context.Context) (sdk.PartitionList, error) {
	if !e.Object.Allow.Partitioned {
		return sdk.PartitionList{Partitions: []sdk.Partition{{}}}, nil
	}
	return e.Conn.Partitions(ctx, sdk.PartitionRequest{Object: e.Object.Name, Step: e.Step})
}

// Poll asks which partitions have changed.
func (e Endpoint) Poll(ctx context.Context, scope []byte, items []sdk.PollItem) ([]sdk.PollResult, error) {
	return e.Conn.Poll(ctx, sdk.PollRequest{Object: e.Object.Name, Step: e.Step, Scope: scope, Items: items})
}
