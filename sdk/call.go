package sdk

import (
	"context"
	"io"
)

// The bound calls: each asks c for one optional interface and calls it, or
// answers with an error of kind Unsupported. They and the table of capabilities
// are the only places that assert.

func unsupported(op, object string) error {
	return &Error{Op: op, Object: object, Kind: Unsupported, Code: "not_supported"}
}

// Read calls c's Reader.
func Read(ctx context.Context, c Conn, req ReadRequest, emit Emit) error {
	if x, ok := c.(Reader); ok {
		return x.Read(ctx, req, emit)
	}
	return unsupported("read", req.Object)
}

// Write calls c's Writer.
func Write(ctx context.Context, c Conn, req WriteRequest) ([]Result, error) {
	if x, ok := c.(Writer); ok {
		return x.Write(ctx, req)
	}
	return nil, unsupported("write", req.Object)
}

// Query calls c's Querier.
func Query(ctx context.Context, c Conn, req QueryRequest, emit Emit) error {
	if x, ok := c.(Querier); ok {
		return x.Query(ctx, req, emit)
	}
	return unsupported("query", req.Object)
}

// Find calls c's Finder.
func Find(ctx context.Context, c Conn, req FindRequest) ([]Match, error) {
	if x, ok := c.(Finder); ok {
		return x.Find(ctx, req)
	}
	return nil, unsupported("find", req.Object)
}

// RunStep calls c's Stepper.
func RunStep(ctx context.Context, c Conn, req StepRequest, emit Emit) ([]Result, error) {
	if x, ok := c.(Stepper); ok {
		return x.RunStep(ctx, req, emit)
	}
	return nil, unsupported("step "+req.Step, "")
}

// Partitions calls c's Partitioner.
func Partitions(ctx context.Context, c Conn, req PartitionRequest) (PartitionList, error) {
	if x, ok := c.(Partitioner); ok {
		return x.Partitions(ctx, req)
	}
	return PartitionList{}, unsupported("partitions", req.Object)
}

// Poll calls c's Poller.
func Poll(ctx context.Context, c Conn, req PollRequest) ([]PollResult, error) {
	if x, ok := c.(Poller); ok {
		return x.Poll(ctx, req)
	}
	return nil, unsupported("poll", req.Object)
}

// Check calls c's Checker.
func Check(ctx context.Context, c Conn) ([]Finding, error) {
	if x, ok := c.(Checker); ok {
		return x.Check(ctx)
	}
	return nil, unsupported("check", "")
}

// Choices calls c's Chooser.
func Choices(ctx context.Context, c Conn, req ChoiceRequest) ([]Choice, error) {
	if x, ok := c.(Chooser); ok {
		return x.Choices(ctx, req)
	}
	return nil, unsupported("choices", req.Object)
}

// Authorize calls c's Authorizer.
func Authorize(ctx context.Context, c Conn, req AuthorizeRequest) (Authorization, error) {
	if x, ok := c.(Authorizer); ok {
		return x.Authorize(ctx, req)
	}
	return Authorization{}, unsupported("authorize", "")
}

// Redeem calls c's Authorizer.
func Redeem(ctx context.Context, c Conn, req RedeemRequest) (Consent, error) {
	if x, ok := c.(Authorizer); ok {
		return x.Redeem(ctx, req)
	}
	return Consent{}, unsupported("redeem", "")
}

// OpenBlob calls c's BlobOpener.
func OpenBlob(ctx context.Context, c Conn, ref string) (io.ReadCloser, error) {
	if x, ok := c.(BlobOpener); ok {
		return x.OpenBlob(ctx, ref)
	}
	return nil, unsupported("open blob", "")
}
