package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/gleis-dev/gleis/host/catalog"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/plugin"
	"github.com/gleis-dev/gleis/sdk"
)

// connectors returns the carried connectors as the catalogue takes them: with
// Self each is started as a process of its own when it is first opened.
func (h *Host) connectors() []sdk.Connector {
	if h.cfg.Self == "" {
		return h.cfg.Connectors
	}
	out := make([]sdk.Connector, len(h.cfg.Connectors))
	for i, c := range h.cfg.Connectors {
		out[i] = sdk.Connector{Spec: c.Spec, Caps: c.Caps, Open: func(ctx context.Context, env sdk.Env) (sdk.Conn, error) {
			loaded, err := h.load(ctx, c.Spec.Name)
			if errors.Is(err, sdk.Unsupported) {
				return c.Open(ctx, env) // no processes of their own on this system
			}
			if err != nil {
				return nil, err
			}
			return loaded.Open(ctx, env)
		}}
	}
	return out
}

// load starts the process of a carried connector, once. The caller holds h.mu.
func (h *Host) load(ctx context.Context, name string) (sdk.Connector, error) {
	if p := h.plugins[name]; p != nil {
		return p.Connector(), nil
	}
	sum, err := plugin.ChecksumOf(h.cfg.Self)
	if err != nil {
		return sdk.Connector{}, fmt.Errorf("start connector %s: %w", name, err)
	}
	p, err := plugin.Load(ctx, plugin.Config{
		Path: h.cfg.Self, Args: []string{"plugin", name}, Checksum: sum,
		Dir: filepath.Join(h.db.Dir(), "run"), Log: h.cfg.Log.With("connector", name),
	})
	if err != nil {
		return sdk.Connector{}, fmt.Errorf("start connector %s: %w", name, err)
	}
	h.plugins[name] = p
	return p.Connector(), nil
}

// Connection returns the open connection of that name, and opens it where it is
// not. It stays open until the host closes.
func (h *Host) Connection(ctx context.Context, name string) (*catalog.Conn, error) {
	c := h.file.Connection(name)
	if c == nil {
		return nil, &UnknownError{What: "connection", Name: name, Known: h.file.ConnectionNames()}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if conn := h.conns[name]; conn != nil {
		return conn, nil
	}
	env, err := h.env(c)
	if err != nil {
		return nil, err
	}
	conn, err := h.catalog.Open(ctx, name, c.Connector, env)
	if err != nil {
		return nil, c.Blame(err)
	}
	h.conns[name] = conn
	return conn, nil
}

// env is what a connection is given.
func (h *Host) env(c *process.Connection) (sdk.Env, error) {
	x, ok := h.catalog.Connector(c.Connector)
	if !ok {
		return sdk.Env{}, sdk.Errorf(sdk.Invalid, "connector_unknown", "connection %s: unknown connector %q", c.Name, c.Connector)
	}
	settings, err := c.Parse(x.Spec)
	if err != nil {
		return sdk.Env{}, err
	}
	return sdk.Env{
		Settings: settings,
		Params:   h.params.Params(c.Name),
		Locker:   h.leases.Locker(c.Name),
		Blobs:    noBlobs{},
		Log:      h.cfg.Log.With("connection", c.Name),
		HTTP:     h.cfg.HTTP,
		Now:      h.cfg.Now,
		Rand:     h.cfg.Rand,
		Progress: func(done, total int64, what string) {
			h.cfg.Log.Debug("progress", "connection", c.Name, "done", done, "total", total, "what", what)
		},
	}, nil
}

// noBlobs answers for blob fields, which the host does not carry from one
// connection to another.
type noBlobs struct{}

// OpenBlob implements sdk.BlobOpener.
func (noBlobs) OpenBlob(context.Context, string) (io.ReadCloser, error) {
	return nil, sdk.Errorf(sdk.Unsupported, "blob", "blobs are not carried between connections")
}

// UnknownError says that a name is not in the configuration.
type UnknownError struct {
	What  string // "connection" or "process"
	Name  string
	Known []string
}

// Error implements error and names what there is.
func (e *UnknownError) Error() string {
	s := fmt.Sprintf("there is no %s %q", e.What, e.Name)
	if hint := process.Suggest(e.Name, e.Known); hint != "" {
		s += "; " + hint
	}
	return s
}

// Unwrap gives the kind.
func (e *UnknownError) Unwrap() error { return sdk.Invalid }

// findings runs the check of a connection; a connector without one is checked by
// reading its schema.
func findings(ctx context.Context, conn *catalog.Conn) ([]sdk.Finding, error) {
	if conn.Can(sdk.CanCheck) {
		return conn.Check(ctx)
	}
	s, err := conn.Schema(ctx)
	if err != nil {
		return nil, err
	}
	return []sdk.Finding{{Level: sdk.OK, Name: "schema", Text: sdk.Text{
		EN: fmt.Sprintf("the schema has %d objects", len(s.Objects)), DE: fmt.Sprintf("das Schema hat %d Objekte", len(s.Objects)),
	}}}, nil
}

// Test opens a connection and checks it. The error says that it cannot be opened
// or not be checked.
func (h *Host) Test(ctx context.Context, name string) ([]sdk.Finding, error) {
	conn, err := h.Connection(ctx, name)
	if err != nil {
		return nil, err
	}
	list, err := findings(ctx, conn)
	if errors.Is(err, sdk.Unsupported) {
		return nil, fmt.Errorf("connection %s cannot be checked: %w", name, err)
	}
	return list, err
}
