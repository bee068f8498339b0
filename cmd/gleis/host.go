package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/gleis-dev/gleis/host"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/host/run"
)

// open opens the host of a.dir, whose connectors run as processes of their own.
// Relative paths of the configuration count from its folder, so that becomes the
// working directory first.
func (a *app) open(ctx context.Context, progress func(run.Progress)) (*host.Host, error) {
	log, err := a.logger()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fail(exitNothing, fmt.Errorf("find this program to start connectors with: %w", err))
	}
	data := a.data
	if data != "" {
		if data, err = filepath.Abs(data); err != nil {
			return nil, fail(exitUsage, err)
		}
	}
	if err := os.Chdir(a.dir); err != nil {
		return nil, fail(exitUsage, fmt.Errorf("--dir: %w", err))
	}
	h, err := host.New(ctx, host.Config{
		Dir: ".", Data: data, Connectors: shipped(), Self: self, Env: os.LookupEnv, Owner: "gleis",
		Now: time.Now, Rand: rand.Reader, HTTP: http.DefaultTransport, Log: log, Progress: progress,
	})
	return h, exitCode(err)
}

// with opens the host, calls f, and closes the host.
func (a *app) with(ctx context.Context, progress func(run.Progress), f func(h *host.Host) error) error {
	h, err := a.open(ctx, progress)
	if err != nil {
		return err
	}
	err = f(h)
	if e := h.Close(); e != nil && err == nil {
		err = fail(exitNothing, e)
	}
	return err
}

// exitCode gives err the exit code of its sort: what the configuration or the
// command line names wrongly is usage, all else means that nothing could run.
func exitCode(err error) error {
	var problems process.Problems
	var unknown *host.UnknownError
	var known *exitError
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.As(err, &problems) || errors.As(err, &unknown):
		return fail(exitUsage, err)
	}
	return fail(exitNothing, err)
}
