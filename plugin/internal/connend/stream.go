package connend

import (
	"context"
	"errors"
	"io"
	"sync"

	"google.golang.org/grpc"

	"github.com/gleis-dev/gleis/plugin/internal/wire"
	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

func badRequest(what string) error { return sdk.Errorf(sdk.Internal, "protocol", "%s", what) }

// emitter turns a stream into an sdk.Emit.
type emitter struct {
	stream grpc.ServerStream
	ack    func() (*pb.Ack, error) // receives the next message of the host

	mu     sync.Mutex
	number uint64
	over   bool
}

// emit sends a batch and waits for the host's answer to it.
//
// Invariant 1: it returns nil only on the Ack that the host sends after it has
// made the outcome of every record durable. Sending alone says nothing: gRPC
// only buffers.
func (e *emitter) emit(ctx context.Context, op, object string, b sdk.Batch) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return badRequest("emit was called after the method it was handed to had returned")
	}
	broken := func(err error) error {
		if ctx.Err() != nil {
			return wire.Ended(ctx, op, object)
		}
		return &sdk.Error{Op: op, Object: object, Kind: sdk.Unavailable, Code: "host_gone", Err: err}
	}
	sent := false
	err := wire.Parts(e.number+1, b, func(p *wire.Part) error {
		sent = true
		return e.stream.SendMsg(p)
	})
	if err != nil && !sent {
		return err // the batch was refused; the connector may emit another
	}
	if err != nil {
		return broken(err)
	}
	e.number++
	ack, err := e.ack()
	if err != nil {
		return broken(err)
	}
	if ack == nil || ack.GetNumber() != e.number {
		return badRequest("the host answered something else than the batch")
	}
	return wire.ErrorFromProto(ack.GetError())
}

func (e *emitter) end() {
	e.mu.Lock()
	e.over = true
	e.mu.Unlock()
}

// Read implements the protocol.
func (s *Server) Read(stream grpc.BidiStreamingServer[pb.ReadRequest, pb.ReadResponse]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	call := first.GetCall()
	if call == nil {
		return badRequest("Read does not begin with a call")
	}
	ctx, conn, done, err := s.use(stream.Context(), call.GetConnection())
	if err != nil {
		return err
	}
	defer done()
	e := &emitter{stream: stream, ack: func() (*pb.Ack, error) {
		m, err := stream.Recv()
		return m.GetAck(), err
	}}
	defer e.end()
	return sdk.Read(ctx, conn, wire.ReadCallFromProto(call), func(b sdk.Batch) error { return e.emit(ctx, "read", call.GetObject(), b) })
}

// Query implements the protocol.
func (s *Server) Query(stream grpc.BidiStreamingServer[pb.QueryRequest, pb.QueryResponse]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	call := first.GetCall()
	if call == nil {
		return badRequest("Query does not begin with a call")
	}
	ctx, conn, done, err := s.use(stream.Context(), call.GetConnection())
	if err != nil {
		return err
	}
	defer done()
	e := &emitter{stream: stream, ack: func() (*pb.Ack, error) {
		m, err := stream.Recv()
		return m.GetAck(), err
	}}
	defer e.end()
	return sdk.Query(ctx, conn, wire.QueryCallFromProto(call), func(b sdk.Batch) error { return e.emit(ctx, "query", call.GetObject(), b) })
}

// records collects the parts of a request that next returns.
func records(next func() (*pb.RecordPart, error)) ([]sdk.Record, error) {
	var all []sdk.Record
	for {
		part, err := next()
		if errors.Is(err, io.EOF) || err == nil && part == nil {
			return nil, badRequest("the records of the call are cut off")
		}
		if err != nil {
			return nil, err
		}
		recs, err := wire.RecordsFromPart(part)
		if err != nil {
			return nil, err
		}
		all = append(all, recs...)
		if !part.GetMore() {
			return all, nil
		}
	}
}

// Write implements the protocol.
func (s *Server) Write(stream grpc.BidiStreamingServer[pb.WriteRequest, pb.WriteResponse]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	call := first.GetCall()
	if call == nil {
		return badRequest("Write does not begin with a call")
	}
	req := wire.WriteCallFromProto(call)
	if req.Records, err = records(func() (*pb.RecordPart, error) {
		m, err := stream.Recv()
		return m.GetRecords(), err
	}); err != nil {
		return err
	}
	ctx, conn, done, err := s.use(stream.Context(), call.GetConnection())
	if err != nil {
		return err
	}
	defer done()
	results, err := sdk.Write(ctx, conn, req)
	if err != nil {
		return err
	}
	return wire.ResultParts(results, func(p *pb.ResultPart) error { return stream.Send(&pb.WriteResponse{Results: p}) })
}

// Find implements the protocol.
func (s *Server) Find(stream grpc.BidiStreamingServer[pb.FindRequest, pb.FindResponse]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	call := first.GetCall()
	if call == nil {
		return badRequest("Find does not begin with a call")
	}
	req := wire.FindCallFromProto(call)
	if req.Records, err = records(func() (*pb.RecordPart, error) {
		m, err := stream.Recv()
		return m.GetRecords(), err
	}); err != nil {
		return err
	}
	ctx, conn, done, err := s.use(stream.Context(), call.GetConnection())
	if err != nil {
		return err
	}
	defer done()
	matches, err := sdk.Find(ctx, conn, req)
	if err != nil {
		return err
	}
	for len(matches) > 0 {
		part, size := &pb.FindResponse{}, 0
		for len(matches) > 0 && len(part.Matches) < sdk.MaxBatchRecords && (size == 0 || size+len(matches[0].Data) <= sdk.MaxBatchBytes) {
			size += len(matches[0].Data) + 1
			part.Matches = append(part.Matches, wire.MatchToProto(matches[0]))
			matches = matches[1:]
		}
		if err := stream.Send(part); err != nil {
			return err
		}
	}
	return nil
}

// RunStep implements the protocol.
func (s *Server) RunStep(stream grpc.BidiStreamingServer[pb.RunStepRequest, pb.RunStepResponse]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	call := first.GetCall()
	if call.GetRead() == nil && call.GetWrite() == nil {
		return badRequest("RunStep does not begin with a call")
	}
	op := "step " + call.GetStep()
	spec, ok := s.config.Connector.Spec.Step(call.GetStep())
	if !ok {
		return &sdk.Error{Op: op, Kind: sdk.Unsupported, Code: "step_unknown"}
	}
	req := sdk.StepRequest{Step: call.GetStep()}
	if req.Settings, err = sdk.ParseSettings(spec.Settings, call.GetSettings()); err != nil {
		return err
	}
	id, object := call.GetRead().GetConnection(), call.GetRead().GetObject()
	if r := call.GetRead(); r != nil {
		read := wire.ReadCallFromProto(r)
		req.Read = &read
	} else {
		id, object = call.GetWrite().GetConnection(), call.GetWrite().GetObject()
		write := wire.WriteCallFromProto(call.GetWrite())
		if write.Records, err = records(func() (*pb.RecordPart, error) {
			m, err := stream.Recv()
			return m.GetRecords(), err
		}); err != nil {
			return err
		}
		req.Write = &write
	}
	ctx, conn, done, err := s.use(stream.Context(), id)
	if err != nil {
		return err
	}
	defer done()
	e := &emitter{stream: stream, ack: func() (*pb.Ack, error) {
		m, err := stream.Recv()
		return m.GetAck(), err
	}}
	defer e.end()
	results, err := sdk.RunStep(ctx, conn, req, func(b sdk.Batch) error { return e.emit(ctx, op, object, b) })
	if err != nil {
		return err
	}
	return wire.ResultParts(results, func(p *pb.ResultPart) error {
		return stream.Send(&pb.RunStepResponse{Message: &pb.RunStepResponse_Results{Results: p}})
	})
}

// Poll implements the protocol.
func (s *Server) Poll(stream grpc.BidiStreamingServer[pb.PollRequest, pb.PollResponse]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	call := first.GetCall()
	if call == nil {
		return badRequest("Poll does not begin with a call")
	}
	req := sdk.PollRequest{Object: call.GetObject(), Step: call.GetStep(), Scope: call.Scope}
	for more := true; more; {
		m, err := stream.Recv()
		if err != nil || m.GetItems() == nil {
			return badRequest("the items of Poll are cut off")
		}
		for _, i := range m.GetItems().GetItems() {
			req.Items = append(req.Items, wire.PollItemFromProto(i))
		}
		more = m.GetItems().GetMore()
	}
	ctx, conn, done, err := s.use(stream.Context(), call.GetConnection())
	if err != nil {
		return err
	}
	defer done()
	results, err := sdk.Poll(ctx, conn, req)
	if err != nil {
		return err
	}
	for len(results) > 0 {
		part, size := &pb.PollResponse{}, 0
		for len(results) > 0 && size <= sdk.MaxBatchBytes && len(part.Results) < sdk.MaxBatchRecords {
			size += len(results[0].Cursor)
			part.Results = append(part.Results, wire.PollResultToProto(results[0]))
			results = results[1:]
		}
		if err := stream.Send(part); err != nil {
			return err
		}
	}
	return nil
}
