package msgraph

import (
	"context"

	"github.com/gleis-dev/gleis/sdk"
)

// RunStep implements sdk.Stepper: reading follows the changes of a mailbox, writing is that of Write.
func (c *Conn) RunStep(ctx context.Context, req sdk.StepRequest, emit sdk.Emit) ([]sdk.Result, error) {
	if err := known(req.Step); err != nil {
		return nil, sdk.Errorf(sdk.Unsupported, "step_unknown", "there is no step %q; known are event, task and contact", req.Step)
	}
	if req.Read == nil {
		w := *req.Write
		w.Object = req.Step
		return c.Write(ctx, w)
	}
	r := *req.Read
	r.Object = req.Step
	if r.Filter != "" {
		return nil, sdk.Errorf(sdk.Unsupported, "filter", "the step %s takes no filter: Graph filters no changes", req.Step)
	}
	return nil, c.readStep(ctx, stepFor(r.Object), r, emit)
}

func stepFor(object string) stepKind {
	if object == objectEvent {
		return &eventStep{}
	}
	return itemStep{}
}

// located says of an error of ours where it happened.
func located(err error, op, object, partition string) error {
	if err == nil {
		return nil
	}
	x := *sdk.AsError(err)
	if x.Op == "" {
		x.Op = op
	}
	if x.Object == "" {
		x.Object = object
	}
	if x.Partition == "" {
		x.Partition = partition
	}
	return &x
}
