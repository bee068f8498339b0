package wire

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/grpc/metadata"

	"github.com/gleis-dev/gleis/sdk"
)

// Idle puts into the metadata of ctx how long the connector may work in a
// streamed call between two messages.
func Idle(ctx context.Context, limit time.Duration) context.Context {
	return metadata.AppendToOutgoingContext(ctx, IdleKey, strconv.FormatInt(limit.Milliseconds(), 10))
}

// errIdle is the cause with which a shift ends its context.
var errIdle = errors.New("nothing was sent for too long")

// shift ends the context of a handler that works longer than IdleKey allows
// between two messages. So the call alone fails that a connector is too slow in,
// and the host knows that the process, which answers, does not hang.
type shift struct {
	limit time.Duration
	timer *time.Timer // nil: no limit
}

// newShift begins a shift and returns the context for its handler, which ends
// with ctx, and so with the call.
func newShift(ctx context.Context) (context.Context, *shift) {
	s := &shift{limit: span(ctx, IdleKey)}
	if s.limit == 0 {
		return ctx, s
	}
	inner, cancel := context.WithCancelCause(ctx)
	s.timer = time.AfterFunc(s.limit, func() { cancel(errIdle) })
	return inner, s
}

func (s *shift) pause() {
	if s.timer != nil {
		s.timer.Stop()
	}
}

func (s *shift) resume() {
	if s.timer != nil {
		s.timer.Reset(s.limit)
	}
}

// reason returns the error of a handler, or why its context ctx was ended, if that
// is what made it fail.
func (s *shift) reason(ctx context.Context, err error) error {
	if err == nil || !errors.Is(context.Cause(ctx), errIdle) {
		return err
	}
	return &sdk.Error{
		Kind: sdk.Unavailable, Code: "too_slow", Err: fmt.Errorf("the connector had nothing to send for %s: %w", s.limit, err),
		Hint: sdk.Text{
			EN: "The system may be slow or ask for long waits; the call is repeated later.",
			DE: "Das System ist vielleicht langsam oder verlangt lange Pausen; der Aufruf wird später wiederholt.",
		},
	}
}
