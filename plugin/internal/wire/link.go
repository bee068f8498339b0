package wire

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/gleis-dev/gleis/sdk"
)

// window is what may be on its way unread: a whole batch, so that one message
// needs no round trip for flow control.
const window = 4 << 20

// ServerOptions are the options of the gRPC server at either end: limits, codec,
// time limits as the protocol says them, and a panic that becomes an error of
// kind Internal instead of the end of the process. Panics are logged to log.
func ServerOptions(log *slog.Logger) []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(MaxMessage), grpc.MaxSendMsgSize(MaxMessage),
		grpc.InitialWindowSize(window), grpc.InitialConnWindowSize(2 * window),
		grpc.WriteBufferSize(256 << 10), grpc.ReadBufferSize(256 << 10),
		grpc.ForceServerCodecV2(NewCodec()),
		grpc.UnaryInterceptor(func(ctx context.Context, req any, info *grpc.UnaryServerInfo, h grpc.UnaryHandler) (res any, err error) {
			ctx, cancel := limited(ctx)
			defer cancel()
			defer caught(log, info.FullMethod, &err)
			res, err = h(ctx, req)
			return res, answer(err)
		}),
		grpc.StreamInterceptor(func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, h grpc.StreamHandler) (err error) {
			ctx, cancel := limited(ss.Context())
			defer cancel()
			defer caught(log, info.FullMethod, &err)
			ctx, work := newShift(ctx)
			defer work.pause()
			return answer(work.reason(ctx, h(srv, &limitedStream{ServerStream: ss, ctx: ctx, work: work})))
		}),
	}
}

// DialOptions are the options of the gRPC client at either end.
func DialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(MaxMessage), grpc.MaxCallSendMsgSize(MaxMessage), grpc.ForceCodecV2(NewCodec())),
		grpc.WithInitialWindowSize(window), grpc.WithInitialConnWindowSize(2 * window),
		grpc.WithWriteBufferSize(256 << 10), grpc.WithReadBufferSize(256 << 10),
		grpc.WithIdleTimeout(0), // a second handshake would fail after a clock that was set back: the certificates are as old as the process
		grpc.WithDisableServiceConfig(), grpc.WithDisableRetry(),
	}
}

// limitedStream hands a handler the context with the time limits of the call.
type limitedStream struct {
	grpc.ServerStream
	ctx  context.Context // mimics grpc.ServerStream, whose Context is the only way to pass one on
	work *shift
}

// Context implements grpc.ServerStream.
func (s *limitedStream) Context() context.Context { return s.ctx }

// SendMsg implements grpc.ServerStream. Waiting for the other end is no work.
func (s *limitedStream) SendMsg(m any) error {
	s.work.pause()
	defer s.work.resume()
	return s.ServerStream.SendMsg(m)
}

// RecvMsg implements grpc.ServerStream, as SendMsg.
func (s *limitedStream) RecvMsg(m any) error {
	s.work.pause()
	defer s.work.resume()
	return s.ServerStream.RecvMsg(m)
}

// Limit puts the time limit of a call into the metadata of ctx.
func Limit(ctx context.Context, limit time.Duration) context.Context {
	return metadata.AppendToOutgoingContext(ctx, TimeoutKey, strconv.FormatInt(limit.Milliseconds(), 10))
}

func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if limit := span(ctx, TimeoutKey); limit > 0 {
		return context.WithTimeout(ctx, limit)
	}
	return context.WithCancel(ctx)
}

// span reads a duration in milliseconds from the metadata of ctx, 0 if there is none.
func span(ctx context.Context, key string) time.Duration {
	if v := metadata.ValueFromIncomingContext(ctx, key); len(v) == 1 {
		if ms, err := strconv.ParseInt(v[0], 10, 32); err == nil && ms > 0 {
			return time.Duration(ms) * time.Millisecond
		}
	}
	return 0
}

// answer leaves alone what already is a status with an Error.
func answer(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := FromStatus(err); ok {
		return err
	}
	return Status(err)
}

func caught(log *slog.Logger, method string, err *error) {
	v := recover()
	if v == nil {
		return
	}
	log.Error("panic", "call", method, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
	*err = Status(&sdk.Error{Kind: sdk.Internal, Code: "panic", Err: fmt.Errorf("%s: panic: %v", method, v)})
}
