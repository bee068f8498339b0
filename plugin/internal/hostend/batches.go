package hostend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"

	"github.com/gleis-dev/gleis/plugin/internal/wire"
	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// flow is a call that brings batches.
type flow struct {
	s          *Session
	op, object string
	stream     grpc.ClientStream
	ack        func(*pb.Ack) error
	step       bool          // a RunStep, which may bring results too
	results    int           // how many, at most
	idle       time.Duration // between two batches while the connector works
	grace      time.Duration // for the end of the call after a refused batch
	cancel     context.CancelFunc

	used, spare [][]byte // buffers of the batch that is with the host, and those to receive into again
}

// spares is how many buffers a call keeps. Nearly all batches are one message.
const spares = 4

// run hands each batch to emit and answers it with the outcome.
//
// Invariant 1: Ack follows emit, so the connector goes on only when the batch is
// durable. An error of emit ends the call and comes back unchanged.
func (f *flow) run(ctx context.Context, emit sdk.Emit) ([]sdk.Result, error) {
	defer f.cancel()
	patience := f.idle + f.grace // the connector is told idle and ends a call by itself that exceeds it
	late := time.AfterFunc(patience, func() { f.s.Fail(fmt.Sprintf("it sent nothing in %q for %s", f.op, patience)) })
	defer late.Stop()
	var results []sdk.Result
	for number := uint64(1); ; {
		batch, more, err := f.receive(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return results, nil
		case err != nil:
			return nil, err
		case batch == nil && len(results)+len(more) > f.results:
			return nil, broken(f.s, f.op, f.object, "more results came than records were sent")
		case batch == nil:
			results = append(results, more...)
			late.Reset(patience)
			continue
		case batch.Number != number:
			return nil, broken(f.s, f.op, f.object, "batch %d came instead of batch %d", batch.Number, number)
		case emit == nil:
			return nil, broken(f.s, f.op, f.object, "a batch came where none was asked for")
		}
		late.Stop()
		refused := emit(batch.Batch)
		ack := &pb.Ack{Number: number, Error: wire.ErrorToProto(refused)}
		number++
		late.Reset(patience)
		if err := f.ack(ack); err != nil && refused == nil && !errors.Is(err, io.EOF) { // after io.EOF the reason comes by receiving
			return nil, failed(ctx, f.s, f.op, f.object, err)
		}
		if refused != nil {
			f.drain()
			return nil, refused
		}
	}
}

// receive returns the next batch, put together of its parts, or the next
// results, or io.EOF at the end of the call.
func (f *flow) receive(ctx context.Context) (*wire.Part, []sdk.Result, error) {
	// The batch before is done with: it belongs to the host only until emit returns.
	f.spare = append(f.spare, f.used[:min(len(f.used), spares-len(f.spare))]...)
	clear(f.used)
	f.used = f.used[:0]
	whole, size := &wire.Part{}, 0
	for {
		next := &wire.Part{Step: f.step}
		if n := len(f.spare); n > 0 {
			next.Buffer, f.spare = f.spare[n-1], f.spare[:n-1]
		}
		err := f.stream.RecvMsg(next)
		f.used = append(f.used, next.Buffer)
		switch {
		case errors.Is(err, io.EOF) && whole.Number == 0:
			return nil, nil, io.EOF
		case errors.Is(err, io.EOF):
			return nil, nil, broken(f.s, f.op, f.object, "the call ended in the middle of a batch")
		case err != nil:
			return nil, nil, failed(ctx, f.s, f.op, f.object, err)
		}
		if next.Results != nil {
			results, err := wire.ResultsFromPart(next.Results)
			if err != nil {
				return nil, nil, broken(f.s, f.op, f.object, "a result: %w", err)
			}
			return nil, results, nil
		}
		if next.Number == 0 {
			return nil, nil, broken(f.s, f.op, f.object, "a batch without number")
		}
		if err := wire.Join(whole, next, &size); err != nil {
			return nil, nil, err
		}
		if !whole.More {
			return whole, nil, nil
		}
	}
}

// drain waits, not for ever, until the connector has ended a call whose batch was
// refused.
func (f *flow) drain() {
	late := time.AfterFunc(f.grace, f.cancel)
	defer late.Stop()
	for {
		if err := f.stream.RecvMsg(&wire.Part{Step: f.step}); err != nil {
			return
		}
	}
}

// Read implements sdk.Reader.
func (c *Conn) Read(ctx context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	s, err := c.use(ctx, "read", req.Object)
	if err != nil {
		return err
	}
	inner, cancel := context.WithCancel(wire.Idle(ctx, c.limits.Idle))
	stream, err := s.Calls.Read(inner)
	if err == nil {
		err = sent(stream.Send(&pb.ReadRequest{Message: &pb.ReadRequest_Call{Call: wire.ReadCallToProto(s.id, req)}}))
	}
	if err != nil {
		cancel()
		return failed(ctx, s.Session, "read", req.Object, err)
	}
	f := &flow{s: s.Session, op: "read", object: req.Object, stream: stream, idle: c.limits.Idle, grace: c.limits.Grace, cancel: cancel, ack: func(a *pb.Ack) error {
		return stream.Send(&pb.ReadRequest{Message: &pb.ReadRequest_Ack{Ack: a}})
	}}
	_, err = f.run(ctx, emit)
	return err
}

// Query implements sdk.Querier.
func (c *Conn) Query(ctx context.Context, req sdk.QueryRequest, emit sdk.Emit) error {
	s, err := c.use(ctx, "query", req.Object)
	if err != nil {
		return err
	}
	inner, cancel := context.WithCancel(wire.Idle(ctx, c.limits.Idle))
	stream, err := s.Calls.Query(inner)
	if err == nil {
		err = sent(stream.Send(&pb.QueryRequest{Message: &pb.QueryRequest_Call{Call: wire.QueryCallToProto(s.id, req)}}))
	}
	if err != nil {
		cancel()
		return failed(ctx, s.Session, "query", req.Object, err)
	}
	f := &flow{s: s.Session, op: "query", object: req.Object, stream: stream, idle: c.limits.Idle, grace: c.limits.Grace, cancel: cancel, ack: func(a *pb.Ack) error {
		return stream.Send(&pb.QueryRequest{Message: &pb.QueryRequest_Ack{Ack: a}})
	}}
	_, err = f.run(ctx, emit)
	return err
}

// sent hides io.EOF, after which the reason comes by receiving.
func sent(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
