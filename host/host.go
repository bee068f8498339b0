// Package host is the integration host: it reads a configuration, opens the
// store, starts connectors, and runs processes. It wires the packages below it
// and is the only one that knows both the engine and the plugins.
package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gleis-dev/gleis/host/catalog"
	"github.com/gleis-dev/gleis/host/param"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/host/store"
	"github.com/gleis-dev/gleis/plugin"
	"github.com/gleis-dev/gleis/sdk"
)

// FileName is the name of the configuration in its folder.
const FileName = "gleis.yaml"

// DataName is the name of the data folder beside the configuration.
const DataName = ".gleis"

// Config says what a host is made of. Connectors, Now, Rand and HTTP are
// required.
type Config struct {
	Dir  string // folder that holds gleis.yaml
	Data string // data folder; "": .gleis in Dir

	// Connectors are those that the program carries.
	Connectors []sdk.Connector
	// Self is a program that serves a carried connector as a plugin process when
	// it is started with the arguments "plugin NAME". "" means that connectors
	// run linked in.
	Self string

	Env   func(name string) (value string, ok bool) // looks up variables; nil: there are none
	Owner string                                    // names this program to a second host on the same data folder; may be empty
	Now   func() time.Time
	Rand  io.Reader
	Sleep func(ctx context.Context, d time.Duration) error // nil: waits on the clock
	HTTP  http.RoundTripper                                // of connectors that run linked in
	Log   *slog.Logger                                     // nil: none

	Progress func(run.Progress) // nil: none; called from several goroutines
}

// Host is one host on one data folder. It may be used from several goroutines.
type Host struct {
	cfg     Config
	file    *process.File
	catalog *catalog.Catalog
	db      *store.DB
	params  *param.Store
	leases  param.Leases
	runner  *run.Runner

	mu      sync.Mutex
	plugins map[string]*plugin.Plugin // by connector
	conns   map[string]*catalog.Conn  // by connection
}

// New reads and checks the configuration and opens the store. No connector is
// started and no connection opened before it is needed. The error is
// process.Problems if the configuration is wrong, otherwise it says why nothing
// can run.
func New(ctx context.Context, cfg Config) (*Host, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Sleep == nil {
		cfg.Sleep = sleep
	}
	h := &Host{cfg: cfg, plugins: map[string]*plugin.Plugin{}, conns: map[string]*catalog.Conn{}}
	var err error
	if h.catalog, err = catalog.New(h.connectors()...); err != nil {
		return nil, err
	}
	if h.file, err = readFile(cfg, h.catalog.Specs()); err != nil {
		return nil, err
	}
	if err := h.openStore(ctx); err != nil {
		return nil, err
	}
	h.runner = &run.Runner{Store: h.db, Now: cfg.Now, Rand: cfg.Rand, Sleep: cfg.Sleep, Log: cfg.Log, Progress: cfg.Progress}
	return h, nil
}

// File returns the configuration; it is not changed.
func (h *Host) File() *process.File { return h.file }

// openStore takes the data folder. Nothing in it is changed if it belongs to
// another host or its master key is missing.
func (h *Host) openStore(ctx context.Context) error {
	dir := h.cfg.Data
	if dir == "" {
		dir = filepath.Join(h.cfg.Dir, DataName)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	master := param.Master{File: filepath.Join(dir, "master.key"), Rand: h.cfg.Rand}
	if h.cfg.Env != nil {
		if v, ok := h.cfg.Env(param.Variable); ok && v != "" {
			master = param.Master{Value: sdk.NewSecret(v)}
		}
	}
	ring := param.NewKeyRing(master)
	db, err := store.Open(ctx, dir, store.Options{Sealer: ring, Now: h.cfg.Now, Owner: h.cfg.Owner})
	if err != nil {
		return err
	}
	h.db, h.params = db, param.New(ring, db)
	return nil
}

// Close closes the connections, ends the plugins and closes the store. What is
// under way fails.
func (h *Host) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	for _, c := range h.conns {
		errs = append(errs, c.Close())
	}
	for _, p := range h.plugins {
		errs = append(errs, p.Close())
	}
	clear(h.conns)
	clear(h.plugins)
	return errors.Join(append(errs, h.db.Close())...)
}
