package hostend

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gleis-dev/gleis/plugin/internal/wire"
	"github.com/gleis-dev/gleis/sdk"
)

// limited makes a call with a time limit. The connector is told the limit and
// ends the call by then; one that has not done so when grace has passed too
// hangs, and its process is ended.
func limited[T any](ctx context.Context, s *Session, op, object string, limit, grace time.Duration, call func(context.Context) (T, error)) (T, error) {
	inner, cancel := context.WithCancel(wire.Limit(ctx, limit))
	defer cancel()
	late := time.AfterFunc(limit+grace, func() { s.Fail(fmt.Sprintf("it did not answer %q within %s", op, limit+grace)) })
	defer late.Stop()
	v, err := call(inner)
	return v, failed(ctx, s, op, object, err)
}

// failed returns the error of a call: what the connector answered, or what
// became of the way to it. It returns nil for nil.
func failed(ctx context.Context, s *Session, op, object string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := wire.FromStatus(err); ok && (ctx.Err() == nil || sdk.KindOf(e) != sdk.Cancelled && sdk.KindOf(e) != sdk.Unavailable) {
		return e
	}
	if ctx.Err() != nil {
		return wire.Ended(ctx, op, object)
	}
	if _, bounded := ctx.Deadline(); bounded && status.Code(err) == codes.DeadlineExceeded { // gRPC was faster than ctx
		return &sdk.Error{Op: op, Object: object, Kind: sdk.Unavailable, Err: context.DeadlineExceeded}
	}
	e := &sdk.Error{Op: op, Object: object, Kind: sdk.Internal, Code: "protocol", Args: map[string]string{"connector": s.Name}, Err: err}
	switch st, _ := status.FromError(err); {
	case s.Reason() != "" || st.Code() == codes.Unavailable || st.Code() == codes.Canceled:
		e.Kind, e.Code = sdk.Unavailable, "connector_gone"
		e.Err = fmt.Errorf("the process of the connector %q ended: %s", s.Name, s.broke())
		e.Hint = sdk.Text{
			EN: "The connector is started again by itself; its log says why it ended.",
			DE: "Der Konnektor wird von selbst neu gestartet; warum er endete, steht in seinem Protokoll.",
		}
	case st.Code() == codes.ResourceExhausted:
		e.Kind, e.Code = sdk.Invalid, "message_too_large"
		e.Err = fmt.Errorf("a message to or from the connector %q is larger than %d bytes", s.Name, wire.MaxMessage)
	case st.Code() == codes.Unimplemented:
		e.Kind, e.Code = sdk.Unsupported, "not_supported"
	}
	return e
}

// broken is the error of a connector that does not keep to the protocol.
func broken(s *Session, op, object, format string, args ...any) error {
	return &sdk.Error{
		Op: op, Object: object, Kind: sdk.Internal, Code: "protocol", Args: map[string]string{"connector": s.Name}, Err: fmt.Errorf(format, args...),
	}
}
