package connend

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/gleis-dev/gleis/plugin/internal/wire"
	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// Check implements the protocol.
func (s *Server) Check(ctx context.Context, req *pb.CheckRequest) (*pb.CheckResponse, error) {
	ctx, conn, done, err := s.use(ctx, req.GetConnection())
	if err != nil {
		return nil, err
	}
	defer done()
	findings, err := sdk.Check(ctx, conn)
	if err != nil {
		return nil, err
	}
	res := &pb.CheckResponse{}
	for _, f := range findings {
		res.Findings = append(res.Findings, wire.FindingToProto(f))
	}
	return res, nil
}

// Choices implements the protocol.
func (s *Server) Choices(ctx context.Context, req *pb.ChoicesRequest) (*pb.ChoicesResponse, error) {
	ctx, conn, done, err := s.use(ctx, req.GetConnection())
	if err != nil {
		return nil, err
	}
	defer done()
	choices, err := sdk.Choices(ctx, conn, sdk.ChoiceRequest{
		Setting: req.GetSetting(), Object: req.GetObject(), Field: req.GetField(), Search: req.GetSearch(), Limit: int(req.GetLimit()),
	})
	if err != nil {
		return nil, err
	}
	return &pb.ChoicesResponse{Choices: wire.ChoicesToProto(choices)}, nil
}

// GetSchema implements the protocol.
func (s *Server) GetSchema(req *pb.GetSchemaRequest, stream grpc.ServerStreamingServer[pb.GetSchemaResponse]) error {
	ctx, conn, done, err := s.use(stream.Context(), req.GetConnection())
	if err != nil {
		return err
	}
	defer done()
	schema, err := conn.Schema(ctx)
	if err != nil {
		return err
	}
	if schema == nil {
		return sdk.Errorf(sdk.Internal, "schema", "the connector returned no schema and no error")
	}
	part, size := &pb.GetSchemaResponse{}, 0
	for _, o := range schema.Objects {
		p := wire.ObjectToProto(o)
		n := proto.Size(p)
		if size+n > sdk.MaxBatchBytes && size > 0 {
			if err := stream.Send(part); err != nil {
				return err
			}
			part, size = &pb.GetSchemaResponse{}, 0
		}
		part.Objects = append(part.Objects, p)
		size += n
	}
	return stream.Send(part)
}

// Partitions implements the protocol.
func (s *Server) Partitions(req *pb.PartitionsRequest, stream grpc.ServerStreamingServer[pb.PartitionsResponse]) error {
	ctx, conn, done, err := s.use(stream.Context(), req.GetConnection())
	if err != nil {
		return err
	}
	defer done()
	list, err := sdk.Partitions(ctx, conn, sdk.PartitionRequest{Object: req.GetObject(), Step: req.GetStep()})
	if err != nil {
		return err
	}
	for list.Scope != nil || len(list.Partitions) > 0 || len(list.Failed) > 0 {
		part := &pb.PartitionsResponse{}
		if list.Scope != nil {
			n := min(len(list.Scope), sdk.MaxBatchBytes)
			part.Scope = list.Scope[:n]
			if list.Scope = list.Scope[n:]; len(list.Scope) == 0 {
				list.Scope = nil
			}
		}
		n := min(len(list.Partitions), sdk.MaxBatchRecords)
		for _, p := range list.Partitions[:n] {
			part.Partitions = append(part.Partitions, wire.PartitionToProto(p))
		}
		list.Partitions = list.Partitions[n:]
		n = min(len(list.Failed), sdk.MaxBatchRecords)
		for _, f := range list.Failed[:n] {
			part.Failed = append(part.Failed, wire.FailureToProto(f))
		}
		list.Failed = list.Failed[n:]
		if err := stream.Send(part); err != nil {
			return err
		}
	}
	return nil
}

// Authorize implements the protocol.
func (s *Server) Authorize(ctx context.Context, req *pb.AuthorizeRequest) (*pb.AuthorizeResponse, error) {
	ctx, conn, done, err := s.use(ctx, req.GetConnection())
	if err != nil {
		return nil, err
	}
	defer done()
	a, err := sdk.Authorize(ctx, conn, sdk.AuthorizeRequest{
		Flow: req.GetFlow(), RedirectURI: req.GetRedirectUri(), State: req.GetState(), Challenge: req.GetChallenge(),
		Nonce: req.GetNonce(), LoginHint: req.GetLoginHint(),
	})
	if err != nil {
		return nil, err
	}
	return wire.AuthorizationToProto(a), nil
}

// Redeem implements the protocol.
func (s *Server) Redeem(ctx context.Context, req *pb.RedeemRequest) (*pb.RedeemResponse, error) {
	ctx, conn, done, err := s.use(ctx, req.GetConnection())
	if err != nil {
		return nil, err
	}
	defer done()
	c, err := sdk.Redeem(ctx, conn, sdk.RedeemRequest{
		Code: sdk.NewSecret(req.GetCode()), Device: req.GetDevice(), RedirectURI: req.GetRedirectUri(),
		Verifier: sdk.NewSecret(req.GetVerifier()), Nonce: req.GetNonce(),
	})
	if err != nil {
		return nil, err
	}
	return wire.ConsentToProto(c), nil
}

// OpenBlob implements the protocol.
func (s *Server) OpenBlob(req *pb.OpenBlobRequest, stream grpc.ServerStreamingServer[pb.OpenBlobResponse]) error {
	ctx, conn, done, err := s.use(stream.Context(), req.GetConnection())
	if err != nil {
		return err
	}
	defer done()
	r, err := sdk.OpenBlob(ctx, conn, req.GetRef())
	if err != nil {
		return err
	}
	defer r.Close()
	return wire.SendPieces(r, func(b []byte) error { return stream.Send(&pb.OpenBlobResponse{Data: b}) })
}
