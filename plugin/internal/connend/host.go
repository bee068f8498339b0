package connend

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/gleis-dev/gleis/plugin/internal/wire"
	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// hostLimit bounds what needs no context of its own: giving back a lease,
// reporting progress.
const hostLimit = 5 * time.Second

// host is what a connection has from the host: parameters, leases, blobs,
// progress. It is safe for concurrent use.
type host struct {
	connection string
	calls      pb.HostServiceClient

	mu      sync.Mutex
	pending *pb.ReportProgressRequest
	sending bool
}

var (
	_ sdk.Params     = (*host)(nil)
	_ sdk.Locker     = (*host)(nil)
	_ sdk.BlobOpener = (*host)(nil)
)

func failed(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := wire.FromStatus(err); ok {
		return e
	}
	if ctx.Err() != nil {
		return wire.Ended(ctx, op, "")
	}
	return &sdk.Error{Op: op, Kind: sdk.Unavailable, Code: "host_gone", Err: err}
}

// Get implements sdk.ParamReader.
func (h *host) Get(ctx context.Context, name string) (sdk.Param, error) {
	r, err := h.calls.GetParam(ctx, &pb.GetParamRequest{Connection: h.connection, Name: name})
	if err != nil {
		return sdk.Param{}, failed(ctx, "get parameter", err)
	}
	return sdk.Param{Value: sdk.NewSecret(string(r.GetValue())), Version: r.GetVersion()}, nil
}

// List implements sdk.ParamReader.
func (h *host) List(ctx context.Context, prefix string) ([]sdk.ParamInfo, error) {
	r, err := h.calls.ListParams(ctx, &pb.ListParamsRequest{Connection: h.connection, Prefix: prefix})
	if err != nil {
		return nil, failed(ctx, "list parameters", err)
	}
	var infos []sdk.ParamInfo
	for _, p := range r.GetParams() {
		infos = append(infos, wire.ParamInfoFromProto(p))
	}
	return infos, nil
}

// Put implements sdk.Params.
func (h *host) Put(ctx context.Context, name string, value sdk.Secret, ifVersion int64) error {
	_, err := h.calls.PutParam(ctx, &pb.PutParamRequest{Connection: h.connection, Name: name, Value: []byte(value.Reveal()), IfVersion: ifVersion})
	return failed(ctx, "put parameter", err)
}

// Delete implements sdk.Params.
func (h *host) Delete(ctx context.Context, name string) error {
	_, err := h.calls.DeleteParam(ctx, &pb.DeleteParamRequest{Connection: h.connection, Name: name})
	return failed(ctx, "delete parameter", err)
}

// Lock implements sdk.Locker. The lease ends with the stream, so also with the
// process at either end.
func (h *host) Lock(ctx context.Context, name string) (func(), error) {
	held, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	stream, err := h.calls.Lock(held)
	if err == nil {
		err = stream.Send(&pb.LockRequest{Connection: h.connection, Name: name})
		if err == nil || errors.Is(err, io.EOF) { // the reason then comes by Recv
			_, err = stream.Recv()
		}
	}
	if err == nil && !stop() {
		err = ctx.Err()
	}
	if err != nil {
		stop()
		cancel()
		return nil, failed(ctx, "lock", err)
	}
	var once sync.Once
	return func() {
		once.Do(func() {
			late := time.AfterFunc(hostLimit, cancel)
			if stream.CloseSend() == nil {
				_, _ = stream.Recv() // the end of the stream: the lease is given back
			}
			late.Stop()
			cancel()
		})
	}, nil
}

// OpenBlob implements sdk.BlobOpener.
func (h *host) OpenBlob(ctx context.Context, ref string) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	stream, err := h.calls.FetchBlob(ctx, &pb.FetchBlobRequest{Connection: h.connection, Ref: ref})
	var first *pb.FetchBlobResponse
	if err == nil {
		first, err = stream.Recv()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		defer cancel()
		return nil, failed(ctx, "open blob", err)
	}
	next := first.GetData()
	return wire.NewPieces(func() ([]byte, error) {
		if len(next) > 0 {
			b := next
			next = nil
			return b, nil
		}
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return m.GetData(), failed(ctx, "read blob", err)
	}, cancel), nil
}

// progress reports the latest figures, one report at a time; what comes
// meanwhile replaces what waits.
func (h *host) progress(done, total int64, what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pending = &pb.ReportProgressRequest{Connection: h.connection, Done: done, Total: total, What: wire.Clean(what, 1<<10)}
	if h.sending {
		return
	}
	h.sending = true
	go func() {
		for {
			h.mu.Lock()
			req := h.pending
			h.pending = nil
			h.sending = req != nil
			h.mu.Unlock()
			if req == nil {
				return
			}
			ctx, cancel := context.WithTimeout(context.Background(), hostLimit)
			_, _ = h.calls.ReportProgress(ctx, req) // progress that is lost harms nobody
			cancel()
		}
	}()
}
