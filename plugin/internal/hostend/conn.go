package hostend

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/gleis-dev/gleis/plugin/internal/wire"
	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// Conn is a connection of a connector in another process. It implements all
// optional interfaces; what the connector can really do is in the capabilities.
// When the process has been started anew, the connection is opened again before
// its next call. It is safe for concurrent use.
type Conn struct {
	sessions func(context.Context) (*Session, error)
	spec     sdk.Spec
	env      sdk.Env
	limits   Limits

	opening chan struct{} // held while the connection is opened or closed
	mu      sync.Mutex
	at      *opened // where it is open
	closed  bool
}

// opened is a connection at one session, and its name there.
type opened struct {
	*Session
	id string
}

var (
	_ sdk.Conn        = (*Conn)(nil)
	_ sdk.Reader      = (*Conn)(nil)
	_ sdk.Writer      = (*Conn)(nil)
	_ sdk.Querier     = (*Conn)(nil)
	_ sdk.Finder      = (*Conn)(nil)
	_ sdk.Stepper     = (*Conn)(nil)
	_ sdk.Partitioner = (*Conn)(nil)
	_ sdk.Poller      = (*Conn)(nil)
	_ sdk.Checker     = (*Conn)(nil)
	_ sdk.Chooser     = (*Conn)(nil)
	_ sdk.Authorizer  = (*Conn)(nil)
	_ sdk.BlobOpener  = (*Conn)(nil)
)

// Open opens a connection at the session that sessions returns; it is asked
// again before every call.
func Open(ctx context.Context, spec sdk.Spec, limits Limits, sessions func(context.Context) (*Session, error), env sdk.Env) (*Conn, error) {
	c := &Conn{sessions: sessions, spec: spec, env: env, limits: limits, opening: make(chan struct{}, 1)}
	if _, err := c.use(ctx, "open", ""); err != nil {
		return nil, err
	}
	return c, nil
}

// use returns the session to call, at which the connection is open.
func (c *Conn) use(ctx context.Context, op, object string) (*opened, error) {
	if ctx.Err() != nil {
		return nil, wire.Ended(ctx, op, object)
	}
	if s, err := c.current(op, object); s != nil || err != nil {
		return s, err
	}
	select {
	case c.opening <- struct{}{}:
		defer func() { <-c.opening }()
	case <-ctx.Done():
		return nil, wire.Ended(ctx, op, object)
	}
	if s, err := c.current(op, object); s != nil || err != nil {
		return s, err
	}
	session, err := c.sessions(ctx)
	if err != nil {
		return nil, err
	}
	s := &opened{Session: session, id: rand.Text()}
	s.Host.hide(c.spec.Settings, c.env.Settings)
	s.Host.attach(s.id, c.env)
	_, err = limited(ctx, session, "open", "", c.limits.Call, c.limits.Grace, func(ctx context.Context) (*pb.OpenResponse, error) {
		return s.Calls.Open(ctx, &pb.OpenRequest{Connection: s.id, Settings: wire.SettingsRaw(c.spec.Settings, c.env.Settings)})
	})
	if err != nil {
		s.Host.detach(s.id)
		if ctx.Err() != nil {
			c.abandon(s)
		}
		return nil, err
	}
	c.mu.Lock()
	c.at = s
	c.mu.Unlock()
	return s, nil
}

// current returns the session at which the connection is open, nil if it must be
// opened, an error if it is closed.
func (c *Conn) current(op, object string) (*opened, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, &sdk.Error{Op: op, Object: object, Kind: sdk.Cancelled, Code: "connection_closed", Err: errors.New("the connection is closed")}
	}
	if c.at == nil || c.at.Reason() != "" {
		return nil, nil
	}
	return c.at, nil
}

// abandon closes, in the background, what an Open that was given up may yet
// have opened.
func (c *Conn) abandon(s *opened) {
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), c.limits.Call)
		defer cancel()
		_, _ = s.Calls.Close(ctx, &pb.CloseRequest{Connection: s.id}) // best effort: the process ends some day
	}()
}

// Close implements sdk.Conn. A connection whose process has ended is closed
// already. A second Close does nothing.
func (c *Conn) Close() error {
	c.opening <- struct{}{}
	defer func() { <-c.opening }()
	c.mu.Lock()
	s, was := c.at, c.closed
	c.at, c.closed = nil, true
	c.mu.Unlock()
	if was || s == nil || s.Reason() != "" {
		return nil
	}
	defer s.Host.detach(s.id)
	_, err := limited(context.Background(), s.Session, "close", "", c.limits.Call, c.limits.Grace, func(ctx context.Context) (*pb.CloseResponse, error) {
		return s.Calls.Close(ctx, &pb.CloseRequest{Connection: s.id})
	})
	if s.Reason() != "" {
		return nil
	}
	return err
}

// call makes a call with the usual limit.
func call[T any](ctx context.Context, c *Conn, op, object string, f func(context.Context, *opened) (T, error)) (T, error) {
	s, err := c.use(ctx, op, object)
	if err != nil {
		var zero T
		return zero, err
	}
	return limited(ctx, s.Session, op, object, c.limits.Call, c.limits.Grace, func(ctx context.Context) (T, error) { return f(ctx, s) })
}

// tooMuch refuses an answer of several messages that has grown too large.
func tooMuch(s *opened, m proto.Message, size *int) error {
	if *size += proto.Size(m); *size > wire.MaxBatch {
		return fmt.Errorf("the connector %q answered with more than %d bytes", s.Name, wire.MaxBatch)
	}
	return nil
}
