//go:build linux || darwin

package plugin_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/gleis-dev/gleis/plugin/internal/handshake"
	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

func insecureTLS() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // this is the attacker
}

// evil speaks the protocol as nobody should. It uses nothing of plugin.Serve.
type evil struct {
	pb.UnimplementedConnectorServiceServer
	how    string
	stdout *os.File
}

// beEvil serves evil as a process.
func beEvil(how string) {
	stdout := os.Stdout // go-plugin puts another in its place
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: handshake.Config(),
		VersionedPlugins: handshake.Served(func(_ *goplugin.GRPCBroker, s *grpc.Server) error {
			pb.RegisterConnectorServiceServer(s, &evil{how: how, stdout: stdout})
			return nil
		}),
		GRPCServer: func(o []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(o...)
		},
	})
}

func (e *evil) Describe(context.Context, *pb.DescribeRequest) (*pb.DescribeResponse, error) {
	switch e.how {
	case "stdout":
		go func() {
			for {
				if _, err := e.stdout.Write(bytes.Repeat([]byte("x"), 70<<10)); err != nil {
					return
				}
			}
		}()
	case "describe name":
		return &pb.DescribeResponse{Spec: &pb.Spec{Name: "../../etc"}}, nil
	case "describe huge":
		return &pb.DescribeResponse{Spec: &pb.Spec{Name: "evil", Version: strings.Repeat("v", 64<<20)}}, nil
	case "describe hang":
		select {}
	case "describe nothing":
		return &pb.DescribeResponse{}, nil
	}
	return &pb.DescribeResponse{Spec: &pb.Spec{Name: "evil"}, Capabilities: []string{"read", "fly", "read"}}, nil
}

func (e *evil) Open(context.Context, *pb.OpenRequest) (*pb.OpenResponse, error) {
	return &pb.OpenResponse{}, nil
}

func (e *evil) Close(context.Context, *pb.CloseRequest) (*pb.CloseResponse, error) {
	return &pb.CloseResponse{}, nil
}

func (e *evil) Check(context.Context, *pb.CheckRequest) (*pb.CheckResponse, error) {
	if e.how == "check huge" {
		return &pb.CheckResponse{Findings: []*pb.Finding{{Name: strings.Repeat("n", 100<<20)}}}, nil
	}
	return &pb.CheckResponse{Findings: []*pb.Finding{{Name: "x", Level: 77}}}, nil
}

func (e *evil) GetSchema(_ *pb.GetSchemaRequest, s grpc.ServerStreamingServer[pb.GetSchemaResponse]) error {
	f := &pb.Field{Name: "f"}
	for range 2000 {
		f = &pb.Field{Name: "f", Type: "object", Fields: []*pb.Field{f}}
	}
	if e.how == "schema endless" {
		for {
			if err := s.Send(&pb.GetSchemaResponse{Objects: []*pb.Object{{Name: strings.Repeat("o", 1<<20)}}}); err != nil {
				return err
			}
		}
	}
	return s.Send(&pb.GetSchemaResponse{Objects: []*pb.Object{{Name: "o", Fields: []*pb.Field{f}}}})
}

func (e *evil) Write(s grpc.BidiStreamingServer[pb.WriteRequest, pb.WriteResponse]) error {
	for {
		if _, err := s.Recv(); errors.Is(err, io.EOF) {
			return nil
		}
		for range 3 {
			if err := s.Send(&pb.WriteResponse{Results: &pb.ResultPart{Results: []*pb.Result{{Key: "k", Outcome: 99}}}}); err != nil {
				return err
			}
		}
	}
}

func (e *evil) Read(s grpc.BidiStreamingServer[pb.ReadRequest, pb.ReadResponse]) error {
	send := func(b *pb.Batch) error { return s.Send(&pb.ReadResponse{Batch: b}) }
	switch e.how {
	case "endless batch":
		for {
			if err := send(&pb.Batch{Number: 1, More: true, Records: []*pb.Record{{Key: "k", Data: make([]byte, 1<<20)}}}); err != nil {
				return err
			}
		}
	case "empty parts":
		for {
			if err := send(&pb.Batch{Number: 1, More: true}); err != nil {
				return err
			}
		}
	case "wrong number":
		return send(&pb.Batch{Number: 7})
	case "no number":
		return send(&pb.Batch{})
	case "cut off":
		return send(&pb.Batch{Number: 1, More: true})
	case "mixed numbers":
		return errors.Join(send(&pb.Batch{Number: 1, More: true}), send(&pb.Batch{Number: 2}))
	case "huge cursor":
		return send(&pb.Batch{Number: 1, Cursor: make([]byte, 1<<20)})
	case "unknown op":
		return send(&pb.Batch{Number: 1, Records: []*pb.Record{{Op: 99}}})
	case "unknown encoding":
		return send(&pb.Batch{Number: 1, Encoding: 99})
	case "no wait": // does not wait for Ack
		for n := range uint64(1000) {
			if err := send(&pb.Batch{Number: n + 1, Records: []*pb.Record{{Key: "k"}}}); err != nil {
				return err
			}
		}
	case "nothing":
		return s.Send(&pb.ReadResponse{})
	}
	return nil
}

// Whatever a connector of a foreign make does, the host lives, says what is
// wrong, and is not made to hold more than it said it would.
func TestAttackProtocol(t *testing.T) {
	t.Parallel()
	for how, want := range map[string]string{
		"describe name":    "must be lower case",
		"describe huge":    "larger than 16777216", // G11
		"describe hang":    "did not answer",
		"describe nothing": "must be lower case",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			var log logLines
			cfg := attacker(t, &log, "evil", how)
			if how == "describe hang" {
				cfg.Limits.Call, cfg.Limits.Grace = time.Second, time.Millisecond
			}
			loaded, err := loadOnly(t, cfg)
			if err == nil {
				loaded.Close()
				t.Fatal("it was taken for a connector")
			}
			if !strings.Contains(err.Error(), want) {
				t.Error(err)
			}
		})
	}
	reads := map[string]string{
		"endless batch": "batch_too_large", "wrong number": "protocol", "no number": "protocol", "cut off": "protocol", "mixed numbers": "protocol",
		"huge cursor": "cursor_too_large", "unknown op": "protocol", "unknown encoding": "protocol", "no wait": "", "nothing": "protocol",
		"stdout": "", "check huge": "", "schema endless": "", "empty parts": "protocol",
	}
	for how, code := range reads {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			var log logLines
			cfg := attacker(t, &log, "evil", how)
			_, c := load(t, cfg)
			conn := openProbe(t, c)
			err := sdk.Read(t.Context(), conn, sdk.ReadRequest{}, func(sdk.Batch) error { return nil })
			if code == "" && err != nil || code != "" && (err == nil || sdk.AsError(err).Code != code) {
				t.Error(err)
			}
			if how == "check huge" {
				if _, err := sdk.Check(t.Context(), conn); err == nil || sdk.AsError(err).Code != "message_too_large" { // G11
					t.Error(err)
				}
			} else if f, err := sdk.Check(t.Context(), conn); err != nil || f[0].Level != sdk.Warning {
				t.Error(f, err)
			}
			if _, err := conn.Schema(t.Context()); err == nil {
				t.Error("the schema was taken")
			}
			if _, err := sdk.Write(t.Context(), conn, sdk.WriteRequest{Records: []sdk.Record{{Key: "a"}, {Key: "b"}}}); err == nil || sdk.AsError(err).Code != "protocol" {
				t.Error(err)
			}
			if len(c.Caps) != 1 || c.Caps[0] != sdk.CanRead {
				t.Error(c.Caps)
			}
		})
	}
}
