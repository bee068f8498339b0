package hostend

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/gleis-dev/gleis/plugin/internal/wire"
	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// sendable parts the records that can cross the wire from those that cannot. The
// latter have their result already, at their place in results; places says where
// the results of the former belong.
func sendable(records []sdk.Record) (good []sdk.Record, results []sdk.Result, places []int) {
	results = make([]sdk.Result, len(records))
	places = make([]int, 0, len(records))
	good = make([]sdk.Record, 0, len(records))
	for i := range records {
		if err := wire.CheckRecord(&records[i]); err != nil {
			results[i] = sdk.Result{Key: records[i].Key, Partition: records[i].Partition, Outcome: sdk.NotDone, Err: err}
			continue
		}
		good = append(good, records[i])
		places = append(places, i)
	}
	return good, results, places
}

// place puts the results of the sent records into all results.
func place(s *Session, op, object string, all, got []sdk.Result, places []int) ([]sdk.Result, error) {
	if len(got) != len(places) {
		return nil, broken(s, op, object, "%d results came for %d records", len(got), len(places))
	}
	for i, at := range places {
		all[at] = got[i]
	}
	return all, nil
}

// Write implements sdk.Writer. A record that cannot cross the wire (over 8 MiB)
// is not written; its result says so.
func (c *Conn) Write(ctx context.Context, req sdk.WriteRequest) ([]sdk.Result, error) {
	s, err := c.use(ctx, "write", req.Object)
	if err != nil {
		return nil, err
	}
	good, all, places := sendable(req.Records)
	got, err := limited(ctx, s.Session, "write", req.Object, c.limits.Write, c.limits.Grace, func(ctx context.Context) ([]sdk.Result, error) {
		stream, err := s.Calls.Write(ctx)
		if err != nil {
			return nil, err
		}
		err = stream.Send(&pb.WriteRequest{Message: &pb.WriteRequest_Call{Call: wire.WriteCallToProto(s.id, req)}})
		if err == nil {
			err = wire.RecordParts(good, func(p *pb.RecordPart) error {
				return stream.Send(&pb.WriteRequest{Message: &pb.WriteRequest_Records{Records: p}})
			})
		}
		if err = sent(err); err != nil {
			return nil, err
		}
		var results []sdk.Result
		for {
			m, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return results, nil
			}
			if err != nil {
				return nil, err
			}
			part, err := wire.ResultsFromPart(m.GetResults())
			if err != nil {
				return nil, wire.Status(broken(s.Session, "write", req.Object, "a result: %w", err))
			}
			if len(results)+len(part) > len(places) {
				return nil, wire.Status(broken(s.Session, "write", req.Object, "more results came than records were sent"))
			}
			results = append(results, part...)
		}
	})
	if err != nil {
		return nil, err
	}
	return place(s.Session, "write", req.Object, all, got, places)
}

// Find implements sdk.Finder.
func (c *Conn) Find(ctx context.Context, req sdk.FindRequest) ([]sdk.Match, error) {
	for i := range req.Records {
		if err := wire.CheckRecord(&req.Records[i]); err != nil {
			return nil, err
		}
	}
	return call(ctx, c, "find", req.Object, func(ctx context.Context, s *opened) ([]sdk.Match, error) {
		stream, err := s.Calls.Find(ctx)
		if err != nil {
			return nil, err
		}
		err = stream.Send(&pb.FindRequest{Message: &pb.FindRequest_Call{Call: wire.FindCallToProto(s.id, req)}})
		if err == nil {
			err = wire.RecordParts(req.Records, func(p *pb.RecordPart) error {
				return stream.Send(&pb.FindRequest{Message: &pb.FindRequest_Records{Records: p}})
			})
		}
		if err = sent(err); err != nil {
			return nil, err
		}
		var matches []sdk.Match
		for size := 0; ; {
			m, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return matches, nil
			}
			if err == nil {
				err = tooMuch(s, m, &size)
			}
			if err != nil {
				return nil, err
			}
			for _, p := range m.GetMatches() {
				match := wire.MatchFromProto(p)
				if match.Index < 0 || match.Index >= len(req.Records) {
					return nil, wire.Status(broken(s.Session, "find", req.Object, "a match for record %d of %d", match.Index, len(req.Records)))
				}
				matches = append(matches, match)
			}
		}
	})
}

// RunStep implements sdk.Stepper.
func (c *Conn) RunStep(ctx context.Context, req sdk.StepRequest, emit sdk.Emit) ([]sdk.Result, error) {
	op := "step " + req.Step
	object := ""
	switch {
	case req.Read != nil && req.Write == nil:
		object = req.Read.Object
	case req.Write != nil && req.Read == nil:
		object = req.Write.Object
	default:
		return nil, sdk.Errorf(sdk.Invalid, "step_request", "%s: exactly one of Read and Write is given", op)
	}
	s, err := c.use(ctx, op, object)
	if err != nil {
		return nil, err
	}
	var all []sdk.Result
	var good []sdk.Record
	var places []int
	idle := c.limits.Idle
	begin := &pb.RunStepCall{Step: req.Step, Settings: c.stepSettings(req)}
	if req.Read != nil {
		begin.Direction = &pb.RunStepCall_Read{Read: wire.ReadCallToProto(s.id, *req.Read)}
	} else {
		begin.Direction = &pb.RunStepCall_Write{Write: wire.WriteCallToProto(s.id, *req.Write)}
		good, all, places = sendable(req.Write.Records)
		idle = c.limits.Write
	}
	inner, cancel := context.WithCancel(wire.Idle(ctx, idle))
	f := &flow{s: s.Session, op: op, object: object, step: true, idle: idle, grace: c.limits.Grace, cancel: cancel, results: len(good)}
	got, err := f.step0(ctx, inner, begin, good, emit)
	if err != nil || req.Read != nil {
		return nil, err
	}
	return place(s.Session, op, object, all, got, places)
}

func (c *Conn) stepSettings(req sdk.StepRequest) map[string]string {
	spec, _ := c.spec.Step(req.Step) // an unknown step is the connector's to refuse
	return wire.SettingsRaw(spec.Settings, req.Settings)
}

// step0 begins a RunStep and carries it through.
func (f *flow) step0(ctx, inner context.Context, begin *pb.RunStepCall, records []sdk.Record, emit sdk.Emit) ([]sdk.Result, error) {
	stream, err := f.s.Calls.RunStep(inner)
	if err == nil {
		err = stream.Send(&pb.RunStepRequest{Message: &pb.RunStepRequest_Call{Call: begin}})
	}
	if err == nil && begin.GetWrite() != nil {
		late := time.AfterFunc(f.idle+f.grace, func() { f.s.Fail("it did not take the records of " + f.op) })
		err = wire.RecordParts(records, func(p *pb.RecordPart) error {
			return stream.Send(&pb.RunStepRequest{Message: &pb.RunStepRequest_Records{Records: p}})
		})
		late.Stop()
	}
	if err = sent(err); err != nil {
		f.cancel()
		return nil, failed(ctx, f.s, f.op, f.object, err)
	}
	f.stream = stream
	f.ack = func(a *pb.Ack) error {
		return stream.Send(&pb.RunStepRequest{Message: &pb.RunStepRequest_Ack{Ack: a}})
	}
	return f.run(ctx, emit)
}

// Poll implements sdk.Poller.
func (c *Conn) Poll(ctx context.Context, req sdk.PollRequest) ([]sdk.PollResult, error) {
	return call(ctx, c, "poll", req.Object, func(ctx context.Context, s *opened) ([]sdk.PollResult, error) {
		stream, err := s.Calls.Poll(ctx)
		if err != nil {
			return nil, err
		}
		begin := &pb.PollCall{Connection: s.id, Object: req.Object, Step: req.Step, Scope: req.Scope}
		err = stream.Send(&pb.PollRequest{Message: &pb.PollRequest_Call{Call: begin}})
		if err == nil {
			err = pollParts(req.Items, func(p *pb.PollPart) error {
				return stream.Send(&pb.PollRequest{Message: &pb.PollRequest_Items{Items: p}})
			})
		}
		if err = sent(err); err != nil {
			return nil, err
		}
		var results []sdk.PollResult
		for {
			m, err := stream.Recv()
			switch {
			case errors.Is(err, io.EOF) && len(results) == len(req.Items):
				return results, nil
			case errors.Is(err, io.EOF) || len(results)+len(m.GetResults()) > len(req.Items):
				return nil, wire.Status(broken(s.Session, "poll", req.Object, "%d results or more came for %d items", len(results), len(req.Items)))
			case err != nil:
				return nil, err
			}
			for _, p := range m.GetResults() {
				results = append(results, wire.PollResultFromProto(p))
			}
		}
	})
}

func pollParts(items []sdk.PollItem, send func(*pb.PollPart) error) error {
	for {
		part, size := &pb.PollPart{}, 0
		for len(items) > 0 && size <= sdk.MaxBatchBytes && len(part.Items) < sdk.MaxBatchRecords {
			size += len(items[0].Cursor)
			part.Items = append(part.Items, wire.PollItemToProto(items[0]))
			items = items[1:]
		}
		part.More = len(items) > 0
		if err := send(part); err != nil || !part.More {
			return err
		}
	}
}
