//go:build !linux && !darwin

package plugin

import (
	"context"
	"runtime"

	"github.com/gleis-dev/gleis/sdk"
)

// Plugin cannot be on this system.
type Plugin struct{}

// Load answers with an error of kind Unsupported: on this system connectors are
// linked into the host.
func Load(context.Context, Config) (*Plugin, error) {
	return nil, sdk.Errorf(sdk.Unsupported, "plugin_system", "on %s a connector cannot run as a process of its own: link it into the host", runtime.GOOS)
}

// Connector returns nothing.
func (*Plugin) Connector() sdk.Connector { return sdk.Connector{} }

// PID returns 0.
func (*Plugin) PID() int { return 0 }

// Close does nothing.
func (*Plugin) Close() error { return nil }
