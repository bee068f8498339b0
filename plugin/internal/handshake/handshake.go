// Package handshake holds what the program of a connector and the host that
// starts it agree on before they speak the protocol.
package handshake

import (
	"context"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// Names of environment variables that the host sets.
const (
	EnvParent   = "GLEIS_PLUGIN_PARENT"    // descriptor of a pipe that ends with the host
	EnvToken    = "GLEIS_PLUGIN_TOKEN"     // random, names this start: what it leaves behind is found by it
	EnvLogLevel = "GLEIS_PLUGIN_LOG_LEVEL" // of log/slog
)

// LogConnection is the log attribute that names the connection.
const LogConnection = "gleis_connection"

const (
	version = 1
	name    = "connector"
)

// Config is how both ends recognise each other. The cookie is no secret: it only
// tells a person who starts a connector by hand what it is.
func Config() goplugin.HandshakeConfig {
	return goplugin.HandshakeConfig{MagicCookieKey: "GLEIS_PLUGIN", MagicCookieValue: "connector-v1"}
}

// Served returns the plugins of a program that serves by register.
func Served(register func(*goplugin.GRPCBroker, *grpc.Server) error) map[int]goplugin.PluginSet {
	return map[int]goplugin.PluginSet{version: {name: &half{register: register}}}
}

// Wanted returns the plugins that a host wants.
func Wanted() map[int]goplugin.PluginSet {
	return map[int]goplugin.PluginSet{version: {name: &half{}}}
}

// Link is the host's way to a started program.
type Link struct {
	Conn   *grpc.ClientConn
	Broker *goplugin.GRPCBroker
}

// Dispense returns the way to the program of client.
func Dispense(client goplugin.ClientProtocol) (*Link, error) {
	v, err := client.Dispense(name)
	if err != nil {
		return nil, err
	}
	return v.(*Link), nil
}

// half is one end of a plugin, for go-plugin.
type half struct {
	goplugin.NetRPCUnsupportedPlugin
	register func(*goplugin.GRPCBroker, *grpc.Server) error
}

// GRPCServer implements go-plugin's GRPCPlugin in the program.
func (h *half) GRPCServer(b *goplugin.GRPCBroker, s *grpc.Server) error { return h.register(b, s) }

// GRPCClient implements go-plugin's GRPCPlugin in the host.
func (h *half) GRPCClient(_ context.Context, b *goplugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return &Link{Conn: c, Broker: b}, nil
}
