package plugin

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/gleis-dev/gleis/plugin/internal/connend"
	"github.com/gleis-dev/gleis/plugin/internal/guard"
	"github.com/gleis-dev/gleis/plugin/internal/handshake"
	"github.com/gleis-dev/gleis/plugin/internal/wire"
	"github.com/gleis-dev/gleis/sdk"
)

// closeLimit is how long the connections may take to close when the process is
// asked to end.
const closeLimit = 1500 * time.Millisecond

// Serve makes a program of c: main calls it and nothing else. It returns when
// the host has asked the process to end. A program that was not started by a
// host says what it is and exits with 2.
//
// Log lines go to the host's log; so does everything that is written to standard
// output or standard error. A panic in a call is the error of that call.
func Serve(c sdk.Connector) { ServeConfig{}.Serve(c) }

// Serve is the Serve of this package with what c says.
func (c ServeConfig) Serve(connector sdk.Connector) {
	stderr := os.Stderr // go-plugin puts others in its place
	cookie := handshake.Config()
	if os.Getenv(cookie.MagicCookieKey) != cookie.MagicCookieValue {
		fmt.Fprintf(stderr, "This program is the Gleis connector %q. A Gleis host starts it; put it into the host's plugin directory.\n", connector.Spec.Name)
		os.Exit(2)
	}
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: logLevel(os.Getenv(handshake.EnvLogLevel))}))
	guard.WatchParent()
	if err := guard.Harden(); err != nil {
		log.Warn("the process could not be hardened", "error", err)
	}
	own := c.or(ServeConfig{}.real())
	var server *connend.Server
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: cookie,
		VersionedPlugins: handshake.Served(func(broker *goplugin.GRPCBroker, s *grpc.Server) error {
			server = connend.New(connend.Config{
				Connector: connector,
				Dial: func(id uint32) (*grpc.ClientConn, error) {
					return broker.DialWithOptions(id, wire.DialOptions()...)
				},
				Local: func(connection string) connend.Local {
					return connend.Local{Log: log.With(handshake.LogConnection, connection), HTTP: own.HTTP, Now: own.Now, Rand: own.Rand}
				},
				Described: func() { takeStdout(stderr, log) },
			})
			server.Register(s)
			return nil
		}),
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(opts, wire.ServerOptions(log)...)...)
		},
		Logger: hclog.New(&hclog.LoggerOptions{Level: hclog.Error, Output: stderr, JSONFormat: true}),
	})
	if server == nil {
		return
	}
	closed := make(chan struct{})
	go func() {
		server.CloseAll()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(closeLimit):
		log.Warn("connections were still closing when the process ended")
	}
}

// takeStdout makes standard output another standard error. The host reads one
// line of it, the handshake, which is over when the first call comes.
func takeStdout(stderr *os.File, log *slog.Logger) {
	if err := guard.RedirectStdout(stderr); err != nil {
		log.Warn("standard output could not be redirected", "error", err)
	}
	os.Stdout, os.Stderr = stderr, stderr
}

func logLevel(s string) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(s)); err != nil {
		return slog.LevelInfo
	}
	return l
}
