// Package hostend is the host's end of the protocol: it presents a connector
// that lives in another process as an sdk.Conn, and serves that process the
// parameters, leases, blobs and progress of its connections.
package hostend

import (
	"context"
	"sync"
	"time"

	"github.com/gleis-dev/gleis/plugin/internal/wire"
	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// Limits are the time limits of calls. All are set.
type Limits struct {
	Call  time.Duration // everything that is not named here
	Write time.Duration // Write, and a step that writes
	Idle  time.Duration // between two batches or pieces while the connector works
	Grace time.Duration // what a connector may take longer before it is taken to hang
}

// Session is one run of a connector process, described and ready for calls.
type Session struct {
	Name  string // of the connector
	Calls pb.ConnectorServiceClient
	Host  *Service
	// End ends the process at once; calls that are under way fail. SetGone follows.
	End func(reason string)

	mu     sync.Mutex
	reason string
	vague  bool // the reason is only what a call noticed
	gone   chan struct{}
}

// NewSession returns a session without Name.
func NewSession(calls pb.ConnectorServiceClient, host *Service, end func(reason string)) *Session {
	return &Session{Calls: calls, Host: host, End: end, gone: make(chan struct{})}
}

// Gone is closed when the process has ended.
func (s *Session) Gone() <-chan struct{} { return s.gone }

// SetGone says that the process has ended, and how. That is the reason unless
// Fail has given one.
func (s *Session) SetGone(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reason == "" || s.vague {
		s.reason, s.vague = reason, false
	}
	select {
	case <-s.gone:
	default:
		close(s.gone)
	}
}

// Reason says why the process has ended, "" while it runs.
func (s *Session) Reason() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reason
}

// Fail ends the process because of what it did.
func (s *Session) Fail(reason string) { s.end(reason, false) }

func (s *Session) end(reason string, vague bool) {
	s.mu.Lock()
	if s.reason == "" {
		s.reason, s.vague = reason, vague
	}
	s.mu.Unlock()
	s.End(reason)
}

// goneGrace is how long a broken call waits to learn why the process ended.
const goneGrace = 2 * time.Second

// broke ends a process to which the way is broken and returns why it ended.
func (s *Session) broke() string {
	s.end("the connection to it broke", true)
	late := time.NewTimer(goneGrace)
	defer late.Stop()
	select {
	case <-s.gone:
	case <-late.C:
	}
	return s.Reason()
}

// Describe asks the connector what it is. broker is the id under which the host
// serves s.Host.
func Describe(ctx context.Context, s *Session, broker uint32, limits Limits) (sdk.Spec, []sdk.Capability, error) {
	r, err := limited(ctx, s, "describe", "", limits.Call, limits.Grace, func(ctx context.Context) (*pb.DescribeResponse, error) {
		return s.Calls.Describe(ctx, &pb.DescribeRequest{HostService: broker, Revision: wire.Revision})
	})
	if err != nil {
		return sdk.Spec{}, nil, err
	}
	spec := wire.SpecFromProto(r.GetSpec())
	if err := spec.Validate(); err != nil {
		return sdk.Spec{}, nil, &sdk.Error{Op: "describe", Kind: sdk.Invalid, Code: "spec", Err: err}
	}
	return spec, wire.CapsFromProto(r.GetCapabilities()), nil
}
