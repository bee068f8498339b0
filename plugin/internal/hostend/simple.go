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

// Schema implements sdk.Conn.
func (c *Conn) Schema(ctx context.Context) (*sdk.Schema, error) {
	return call(ctx, c, "schema", "", func(ctx context.Context, s *opened) (*sdk.Schema, error) {
		stream, err := s.Calls.GetSchema(ctx, &pb.GetSchemaRequest{Connection: s.id})
		if err != nil {
			return nil, err
		}
		schema, size := &sdk.Schema{}, 0
		for {
			part, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return schema, nil
			}
			if err != nil {
				return nil, err
			}
			if err := tooMuch(s, part, &size); err != nil {
				return nil, err
			}
			for _, o := range part.GetObjects() {
				object, err := wire.ObjectFromProto(o)
				if err != nil {
					return nil, wire.Status(err)
				}
				schema.Objects = append(schema.Objects, object)
			}
		}
	})
}

// Partitions implements sdk.Partitioner.
func (c *Conn) Partitions(ctx context.Context, req sdk.PartitionRequest) (sdk.PartitionList, error) {
	return call(ctx, c, "partitions", req.Object, func(ctx context.Context, s *opened) (sdk.PartitionList, error) {
		var list sdk.PartitionList
		stream, err := s.Calls.Partitions(ctx, &pb.PartitionsRequest{Connection: s.id, Object: req.Object, Step: req.Step})
		if err != nil {
			return list, err
		}
		for size := 0; ; {
			part, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return list, nil
			}
			if err == nil {
				err = tooMuch(s, part, &size)
			}
			if err != nil {
				return sdk.PartitionList{}, err
			}
			for _, p := range part.GetPartitions() {
				list.Partitions = append(list.Partitions, wire.PartitionFromProto(p))
			}
			for _, f := range part.GetFailed() {
				list.Failed = append(list.Failed, wire.FailureFromProto(f))
			}
			if part.Scope != nil {
				list.Scope = append(list.Scope, part.Scope...)
				if list.Scope == nil {
					list.Scope = []byte{}
				}
			}
		}
	})
}

// Check implements sdk.Checker.
func (c *Conn) Check(ctx context.Context) ([]sdk.Finding, error) {
	return call(ctx, c, "check", "", func(ctx context.Context, s *opened) ([]sdk.Finding, error) {
		r, err := s.Calls.Check(ctx, &pb.CheckRequest{Connection: s.id})
		return wire.FindingsFromProto(r.GetFindings()), err
	})
}

// Choices implements sdk.Chooser.
func (c *Conn) Choices(ctx context.Context, req sdk.ChoiceRequest) ([]sdk.Choice, error) {
	return call(ctx, c, "choices", req.Object, func(ctx context.Context, s *opened) ([]sdk.Choice, error) {
		r, err := s.Calls.Choices(ctx, &pb.ChoicesRequest{
			Connection: s.id, Setting: req.Setting, Object: req.Object, Field: req.Field, Search: req.Search, Limit: int64(req.Limit),
		})
		return wire.ChoicesFromProto(r.GetChoices()), err
	})
}

// Authorize implements sdk.Authorizer.
func (c *Conn) Authorize(ctx context.Context, req sdk.AuthorizeRequest) (sdk.Authorization, error) {
	return call(ctx, c, "authorize", "", func(ctx context.Context, s *opened) (sdk.Authorization, error) {
		r, err := s.Calls.Authorize(ctx, &pb.AuthorizeRequest{
			Connection: s.id, Flow: req.Flow, RedirectUri: req.RedirectURI, State: req.State, Challenge: req.Challenge,
			Nonce: req.Nonce, LoginHint: req.LoginHint,
		})
		return wire.AuthorizationFromProto(r), err
	})
}

// Redeem implements sdk.Authorizer.
func (c *Conn) Redeem(ctx context.Context, req sdk.RedeemRequest) (sdk.Consent, error) {
	return call(ctx, c, "redeem", "", func(ctx context.Context, s *opened) (sdk.Consent, error) {
		r, err := s.Calls.Redeem(ctx, &pb.RedeemRequest{
			Connection: s.id, Code: req.Code.Reveal(), Device: req.Device, RedirectUri: req.RedirectURI,
			Verifier: req.Verifier.Reveal(), Nonce: req.Nonce,
		})
		return wire.ConsentFromProto(r), err
	})
}

// OpenBlob implements sdk.BlobOpener.
func (c *Conn) OpenBlob(ctx context.Context, ref string) (io.ReadCloser, error) {
	s, err := c.use(ctx, "open blob", "")
	if err != nil {
		return nil, err
	}
	inner, cancel := context.WithCancel(wire.Idle(ctx, c.limits.Idle))
	stream, err := s.Calls.OpenBlob(inner, &pb.OpenBlobRequest{Connection: s.id, Ref: ref})
	if err != nil {
		cancel()
		return nil, failed(ctx, s.Session, "open blob", "", err)
	}
	receive := func() ([]byte, error) {
		patience := c.limits.Idle + c.limits.Grace
		late := time.AfterFunc(patience, func() { s.Fail("it sent no piece of a blob within " + patience.String()) })
		defer late.Stop()
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return m.GetData(), failed(ctx, s.Session, "read blob", "", err)
	}
	first, err := receive()
	if err != nil && !errors.Is(err, io.EOF) {
		cancel()
		return nil, err
	}
	return wire.NewPieces(func() ([]byte, error) {
		if len(first) > 0 {
			b := first
			first = nil
			return b, nil
		}
		return receive()
	}, cancel), nil
}
