// Package connend is the connector's end of the protocol: it serves an
// sdk.Connector as ConnectorService and gives its connections an Env whose
// parameters, leases, blobs and progress are the host's.
package connend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/gleis-dev/gleis/plugin/internal/wire"
	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// Local is what a connection has from its own process.
type Local struct {
	Log  *slog.Logger
	HTTP http.RoundTripper
	Now  func() time.Time
	Rand io.Reader
}

// Config is what a Server needs. All fields but Described are set.
type Config struct {
	Connector sdk.Connector
	// Dial connects to the HostService with the broker's id.
	Dial func(broker uint32) (*grpc.ClientConn, error)
	// Local returns what the connection with that name has.
	Local func(connection string) Local
	// Described is called when the host calls for the first time.
	Described func()
}

// Server serves one connector. It is safe for concurrent use.
type Server struct {
	pb.UnimplementedConnectorServiceServer
	config Config
	once   sync.Once

	mu    sync.Mutex
	link  *grpc.ClientConn
	conns map[string]*connection
}

// connection is an open connection and the calls that are under way.
type connection struct {
	conn   sdk.Conn
	mu     sync.Mutex
	closed bool
	calls  map[*context.CancelFunc]struct{}
}

var errClosed = errors.New("the connection is closed")

// New returns a server; Register it with a gRPC server.
func New(config Config) *Server {
	return &Server{config: config, conns: map[string]*connection{}}
}

// Register adds the service to r.
func (s *Server) Register(r grpc.ServiceRegistrar) { pb.RegisterConnectorServiceServer(r, s) }

// Describe implements the protocol.
func (s *Server) Describe(_ context.Context, req *pb.DescribeRequest) (*pb.DescribeResponse, error) {
	if s.config.Described != nil {
		s.once.Do(s.config.Described)
	}
	link, err := s.config.Dial(req.GetHostService())
	if err != nil {
		return nil, fmt.Errorf("connect to the host: %w", err)
	}
	s.mu.Lock()
	old := s.link
	s.link = link
	s.mu.Unlock()
	if old != nil {
		old.Close()
	}
	return &pb.DescribeResponse{
		Revision: wire.Revision, Spec: wire.SpecToProto(s.config.Connector.Spec), Capabilities: wire.CapsToProto(s.config.Connector.Caps),
	}, nil
}

// Open implements the protocol.
func (s *Server) Open(ctx context.Context, req *pb.OpenRequest) (*pb.OpenResponse, error) {
	id := req.GetConnection()
	s.mu.Lock()
	link := s.link
	_, taken := s.conns[id]
	if link != nil && !taken {
		s.conns[id] = nil // taken while it opens
	}
	s.mu.Unlock()
	switch {
	case link == nil:
		return nil, sdk.Errorf(sdk.Internal, "protocol", "Open before Describe")
	case taken || id == "":
		return nil, sdk.Errorf(sdk.Internal, "protocol", "the connection %q exists already", id)
	}
	conn, err := s.open(ctx, id, link, req.GetSettings())
	if err == nil && ctx.Err() != nil { // nobody waits for it any more, so nobody would close it
		err = errors.Join(wire.Ended(ctx, "open", ""), conn.Close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		delete(s.conns, id)
		return nil, err
	}
	s.conns[id] = &connection{conn: conn, calls: map[*context.CancelFunc]struct{}{}}
	return &pb.OpenResponse{}, nil
}

func (s *Server) open(ctx context.Context, id string, link *grpc.ClientConn, raw map[string]string) (conn sdk.Conn, err error) {
	defer func() {
		if v := recover(); v != nil { // here, so that the name of the connection is free again
			err = &sdk.Error{Op: "open", Kind: sdk.Internal, Code: "panic", Err: fmt.Errorf("panic: %v", v)}
			s.config.Local(id).Log.Error("panic in Open", "panic", fmt.Sprint(v))
		}
	}()
	settings, err := sdk.ParseSettings(s.config.Connector.Spec.Settings, raw)
	if err != nil {
		return nil, err
	}
	local := s.config.Local(id)
	host := &host{connection: id, calls: pb.NewHostServiceClient(link)}
	return s.config.Connector.Open(ctx, sdk.Env{
		Settings: settings, Params: host, Locker: host, Blobs: host, Progress: host.progress,
		Log: local.Log, HTTP: local.HTTP, Now: local.Now, Rand: local.Rand,
	})
}

// Close implements the protocol.
func (s *Server) Close(_ context.Context, req *pb.CloseRequest) (*pb.CloseResponse, error) {
	s.mu.Lock()
	c := s.conns[req.GetConnection()]
	if c != nil {
		delete(s.conns, req.GetConnection())
	}
	s.mu.Unlock()
	if c == nil {
		return &pb.CloseResponse{}, nil
	}
	return &pb.CloseResponse{}, c.close()
}

// CloseAll closes what is open, when the process is about to end.
func (s *Server) CloseAll() {
	s.mu.Lock()
	conns := s.conns
	s.conns = map[string]*connection{}
	link := s.link
	s.link = nil
	s.mu.Unlock()
	for id, c := range conns {
		if c == nil {
			continue
		}
		if err := c.close(); err != nil {
			s.config.Local(id).Log.Warn("close connection", "error", err)
		}
	}
	if link != nil {
		link.Close()
	}
}

func (c *connection) close() error {
	c.mu.Lock()
	c.closed = true
	for cancel := range c.calls {
		(*cancel)()
	}
	c.mu.Unlock()
	return c.conn.Close()
}

// use returns the connection and a context that ends with it; done is called
// after the call.
func (s *Server) use(ctx context.Context, id string) (_ context.Context, conn sdk.Conn, done func(), err error) {
	s.mu.Lock()
	c := s.conns[id]
	s.mu.Unlock()
	gone := &sdk.Error{Kind: sdk.Cancelled, Code: "connection_closed", Err: errClosed}
	if c == nil {
		return nil, nil, nil, gone
	}
	ctx, cancel := context.WithCancel(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		cancel()
		return nil, nil, nil, gone
	}
	c.calls[&cancel] = struct{}{}
	return ctx, c.conn, func() {
		cancel()
		c.mu.Lock()
		delete(c.calls, &cancel)
		c.mu.Unlock()
	}, nil
}
