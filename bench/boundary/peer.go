package boundary

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"os/exec"
	"strconv"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// The other side of the comparison: a plugin of go-plugin alone, with the same
// mutual TLS and checksum as Gleis asks for, whose one call streams structs.

const (
	peerName   = "structs"
	peerMethod = "/bench.StructService/Read"
)

func handshake() plugin.HandshakeConfig {
	return plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "GLEIS_BENCH_STRUCTS", MagicCookieValue: "1"}
}

// streamer is what the service's handler is registered for.
type streamer interface {
	send(n int, to grpc.ServerStream) error
}

type structSource struct{ list []*structpb.Struct }

func (s structSource) send(n int, to grpc.ServerStream) error {
	for i := range n {
		if err := to.SendMsg(s.list[i%len(s.list)]); err != nil {
			return err
		}
	}
	return nil
}

// service describes the one call: an Int64Value in, so many Structs out.
func service() *grpc.ServiceDesc {
	return &grpc.ServiceDesc{
		ServiceName: "bench.StructService", HandlerType: (*streamer)(nil),
		Streams: []grpc.StreamDesc{{StreamName: "Read", ServerStreams: true, Handler: func(srv any, stream grpc.ServerStream) error {
			var n wrapperspb.Int64Value
			if err := stream.RecvMsg(&n); err != nil {
				return err
			}
			s, ok := srv.(streamer)
			if !ok {
				return fmt.Errorf("served by a %T", srv)
			}
			return s.send(int(n.Value), stream)
		}}},
	}
}

// peerPlugin is both halves of the plugin, as go-plugin wants them.
type peerPlugin struct {
	plugin.NetRPCUnsupportedPlugin
	source structSource
}

// GRPCServer registers the service in the plugin's process.
func (p peerPlugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	s.RegisterService(service(), p.source)
	return nil
}

// GRPCClient returns the connection to it.
func (peerPlugin) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, cc *grpc.ClientConn) (any, error) {
	return cc, nil
}

// ServePeer is the plugin's process. It returns when the plugin is ended.
func ServePeer() error {
	list, err := structs()
	if err != nil {
		return err
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: handshake(), Plugins: plugin.PluginSet{peerName: peerPlugin{source: structSource{list}}}, GRPCServer: plugin.DefaultGRPCServer,
		Logger: hclog.New(&hclog.LoggerOptions{Level: hclog.Warn, JSONFormat: true}),
	})
	return nil
}

// peer is a running plugin as its host sees it.
type peer struct {
	client *plugin.Client
	cc     *grpc.ClientConn
	pid    int
}

func startPeer(ctx context.Context, program, role string) (*peer, error) {
	sum, err := checksum(program, sha256.New())
	if err != nil {
		return nil, err
	}
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: handshake(), Plugins: plugin.PluginSet{peerName: peerPlugin{}}, Cmd: exec.CommandContext(ctx, program, role),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC}, AutoMTLS: true, SecureConfig: &plugin.SecureConfig{Checksum: sum, Hash: sha256.New()},
		Logger: hclog.New(&hclog.LoggerOptions{Level: hclog.Error, Output: os.Stderr}),
	})
	cc, err := dispense(client)
	if err != nil {
		client.Kill()
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	pid, err := strconv.Atoi(client.ID())
	if err != nil {
		client.Kill()
		return nil, fmt.Errorf("process id of %s: %w", role, err)
	}
	return &peer{client: client, cc: cc, pid: pid}, nil
}

func checksum(name string, h hash.Hash) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := io.Copy(h, f); err != nil {
		return nil, err
	}
	return h.Sum(nil), nil
}

func dispense(c *plugin.Client) (*grpc.ClientConn, error) {
	protocol, err := c.Client()
	if err != nil {
		return nil, err
	}
	raw, err := protocol.Dispense(peerName)
	if err != nil {
		return nil, err
	}
	cc, ok := raw.(*grpc.ClientConn)
	if !ok {
		return nil, fmt.Errorf("dispensed a %T", raw)
	}
	return cc, nil
}

// read has n structs sent and returns how many arrived whole.
func (p *peer) read(ctx context.Context, n int) (int, error) {
	stream, err := p.cc.NewStream(ctx, &grpc.StreamDesc{StreamName: "Read", ServerStreams: true}, peerMethod)
	if err != nil {
		return 0, err
	}
	if err := stream.SendMsg(wrapperspb.Int64(int64(n))); err != nil {
		return 0, err
	}
	if err := stream.CloseSend(); err != nil {
		return 0, err
	}
	for got := 0; ; {
		var s structpb.Struct
		switch err := stream.RecvMsg(&s); {
		case errors.Is(err, io.EOF):
			return got, nil
		case err != nil:
			return got, err
		case len(s.Fields) == fieldCount:
			got++
		}
	}
}

// fieldCount is the number of fields of a meeting.
const fieldCount = 19

func (p *peer) close() { p.client.Kill() }
