package testharness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/gleis-dev/gleis/plugin"
	"github.com/gleis-dev/gleis/sdk"
)

// serveArg is what a process of the test's own program is started with, followed by
// the name of a connector.
const serveArg = "gleis-testharness-serve"

// Main is the body of TestMain in a package that calls Run. It does not return.
func Main(m *testing.M, connectors ...sdk.Connector) {
	Serve(connectors...)
	os.Exit(m.Run())
}

// Serve lets a program that calls Check stand for the connector's own program, so
// that rules meet a real process: main calls it first. It returns at once unless
// the harness has started the program for that; then it does not return.
func Serve(connectors ...sdk.Connector) {
	if len(os.Args) == 3 && os.Args[1] == serveArg {
		for _, c := range connectors {
			if c.Spec.Name == os.Args[2] {
				plugin.Serve(c)
				os.Exit(0)
			}
		}
		fmt.Fprintf(os.Stderr, "testharness.Main, or Serve, was not given the connector %q\n", os.Args[2])
		os.Exit(2)
	}
}

// transports are the ways in which a host reaches connectors.
func transports() []transport {
	return []transport{{"loop", startLoop}, {"process", startProcess}}
}

func startLoop(ctx context.Context, c sdk.Connector, _ *slog.Logger) (served, error) {
	x, stop, err := plugin.Loop(ctx, c, plugin.ServeConfig{})
	if err != nil {
		return served{}, err
	}
	return served{connector: x, linked: true, stop: func() error { stop(); return nil }}, nil
}

func startProcess(ctx context.Context, c sdk.Connector, log *slog.Logger) (served, error) {
	if len(os.Args) > 1 && os.Args[1] == serveArg {
		return served{}, errors.New("the program that was started to serve runs the harness again: call testharness.Main in TestMain, or testharness.Serve first in main")
	}
	self, err := os.Executable()
	if err != nil {
		return served{}, err
	}
	sum, err := plugin.ChecksumOf(self)
	if err != nil {
		return served{}, err
	}
	dir, err := os.MkdirTemp("", "gleis")
	if err != nil {
		return served{}, err
	}
	p, err := plugin.Load(ctx, plugin.Config{Path: self, Args: []string{serveArg, c.Spec.Name}, Checksum: sum, Dir: dir, Log: log})
	if err != nil {
		return served{}, errors.Join(err, os.RemoveAll(dir))
	}
	return served{
		connector: p.Connector(),
		stop:      func() error { return errors.Join(p.Close(), os.RemoveAll(dir)) },
		kill: func() error {
			proc, err := os.FindProcess(p.PID())
			if err != nil {
				return err
			}
			return proc.Kill()
		},
	}, nil
}
