package hostend

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"google.golang.org/grpc"

	"github.com/gleis-dev/gleis/plugin/internal/wire"
	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// maxName is the longest name of a parameter in bytes.
const maxName = 512

// Service is HostService for one connector process. It is safe for concurrent use.
type Service struct {
	pb.UnimplementedHostServiceServer
	mu      sync.Mutex
	envs    map[string]sdk.Env
	secrets []string          // values that Redact hides
	hidden  *strings.Replacer // of the secrets; nil: there are none
}

// NewService returns a service without connections.
func NewService() *Service { return &Service{envs: map[string]sdk.Env{}} }

// Register adds the service to r.
func (h *Service) Register(r grpc.ServiceRegistrar) { pb.RegisterHostServiceServer(r, h) }

// Env returns what the connection with that name was opened with.
func (h *Service) Env(connection string) (sdk.Env, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	env, ok := h.envs[connection]
	return env, ok
}

func (h *Service) attach(connection string, env sdk.Env) {
	h.mu.Lock()
	h.envs[connection] = env
	h.mu.Unlock()
}

func (h *Service) detach(connection string) {
	h.mu.Lock()
	delete(h.envs, connection)
	h.mu.Unlock()
}

func missing(what string) error {
	return sdk.Errorf(sdk.Unsupported, "not_supported", "the host has no %s for this connection", what)
}

func (h *Service) params(connection, name string) (sdk.Params, error) {
	env, ok := h.Env(connection)
	switch {
	case !ok || env.Params == nil:
		return nil, missing("parameters")
	case name == "" || len(name) > maxName:
		return nil, sdk.Errorf(sdk.Invalid, "param_name", "the name of a parameter has 1 to %d bytes, not %d", maxName, len(name))
	}
	return env.Params, nil
}

// GetParam implements the protocol.
func (h *Service) GetParam(ctx context.Context, req *pb.GetParamRequest) (*pb.GetParamResponse, error) {
	p, err := h.params(req.GetConnection(), req.GetName())
	if err != nil {
		return nil, err
	}
	v, err := p.Get(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	h.hideValue(v.Value.Reveal())
	return &pb.GetParamResponse{Value: []byte(v.Value.Reveal()), Version: v.Version}, nil
}

// PutParam implements the protocol.
func (h *Service) PutParam(ctx context.Context, req *pb.PutParamRequest) (*pb.PutParamResponse, error) {
	p, err := h.params(req.GetConnection(), req.GetName())
	if err != nil {
		return nil, err
	}
	h.hideValue(string(req.GetValue()))
	return &pb.PutParamResponse{}, p.Put(ctx, req.GetName(), sdk.NewSecret(string(req.GetValue())), req.GetIfVersion())
}

// DeleteParam implements the protocol.
func (h *Service) DeleteParam(ctx context.Context, req *pb.DeleteParamRequest) (*pb.DeleteParamResponse, error) {
	p, err := h.params(req.GetConnection(), req.GetName())
	if err != nil {
		return nil, err
	}
	return &pb.DeleteParamResponse{}, p.Delete(ctx, req.GetName())
}

// ListParams implements the protocol.
func (h *Service) ListParams(ctx context.Context, req *pb.ListParamsRequest) (*pb.ListParamsResponse, error) {
	p, err := h.params(req.GetConnection(), "any")
	if err != nil {
		return nil, err
	}
	infos, err := p.List(ctx, req.GetPrefix())
	if err != nil {
		return nil, err
	}
	res := &pb.ListParamsResponse{}
	for _, i := range infos {
		res.Params = append(res.Params, wire.ParamInfoToProto(i))
	}
	return res, nil
}

// Lock implements the protocol. However the stream ends, the lease is given back.
func (h *Service) Lock(stream grpc.BidiStreamingServer[pb.LockRequest, pb.LockResponse]) error {
	req, err := stream.Recv()
	if err != nil {
		return err
	}
	env, ok := h.Env(req.GetConnection())
	if !ok || env.Locker == nil {
		return missing("leases")
	}
	release, err := env.Locker.Lock(stream.Context(), req.GetName())
	if err != nil {
		return err
	}
	defer release()
	if err := stream.Send(&pb.LockResponse{}); err != nil {
		return err
	}
	_, _ = stream.Recv() // until the connector gives it back or is gone
	return nil
}

// FetchBlob implements the protocol.
func (h *Service) FetchBlob(req *pb.FetchBlobRequest, stream grpc.ServerStreamingServer[pb.FetchBlobResponse]) error {
	env, ok := h.Env(req.GetConnection())
	if !ok || env.Blobs == nil {
		return missing("blobs")
	}
	r, err := env.Blobs.OpenBlob(stream.Context(), req.GetRef())
	if err != nil {
		return err
	}
	if r == nil {
		return fmt.Errorf("the host opened nothing")
	}
	defer r.Close()
	return wire.SendPieces(r, func(b []byte) error { return stream.Send(&pb.FetchBlobResponse{Data: b}) })
}

// ReportProgress implements the protocol.
func (h *Service) ReportProgress(_ context.Context, req *pb.ReportProgressRequest) (*pb.ReportProgressResponse, error) {
	if env, ok := h.Env(req.GetConnection()); ok && env.Progress != nil {
		env.Progress(req.GetDone(), req.GetTotal(), wire.Clean(req.GetWhat(), 1<<10))
	}
	return &pb.ReportProgressResponse{}, nil
}
