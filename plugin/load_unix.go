//go:build linux || darwin

package plugin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/gleis-dev/gleis/plugin/internal/hostend"
	"github.com/gleis-dev/gleis/plugin/internal/process"
	"github.com/gleis-dev/gleis/sdk"
)

// patience is how long a call waits for a restart; for a longer one it answers
// Unavailable with RetryAfter.
const patience = 5 * time.Second

var errClosed = errors.New("it was closed by the host")

// Plugin is a connector whose program this host has started and watches over. It
// is safe for concurrent use.
type Plugin struct {
	config  process.Config
	restart Restart
	starter *process.Starter
	spec    sdk.Spec
	caps    []sdk.Capability
	turn    chan struct{} // held while the process is started or stopped
	over    chan struct{} // closed by Close

	mu      sync.Mutex
	current *process.Process
	deaths  int       // in a row
	next    time.Time // not started before
	why     string    // of the last death
	closed  bool
}

// Load starts the program that cfg names, checks that it is a connector, and
// keeps it running until Close. ctx bounds the start only. It first clears away
// what a host that died has left in the run folder.
//
// A program that may not be started or is no connector is an error of kind
// Invalid; one that does not come up is Unavailable.
func Load(ctx context.Context, cfg Config) (*Plugin, error) {
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if cfg.StartTimeout <= 0 {
		cfg.StartTimeout = 30 * time.Second
	}
	p := &Plugin{
		config: process.Config{
			Path: cfg.Path, Args: cfg.Args, Env: cfg.Env, Checksum: cfg.Checksum, PluginDir: cfg.PluginDir, Dir: cfg.Dir, Log: log,
			StartTimeout: cfg.StartTimeout, Memory: cfg.Memory, Limits: cfg.Limits.orDefault(), Now: time.Now,
		},
		restart: cfg.Restart.orDefault(), turn: make(chan struct{}, 1), over: make(chan struct{}),
	}
	if err := process.Sweep(cfg.Dir, time.Now()); err != nil {
		return nil, err
	}
	p.starter = process.NewStarter()
	proc, err := process.Start(ctx, p.starter, p.config)
	if err != nil {
		p.starter.Close()
		return nil, err
	}
	p.current, p.spec, p.caps = proc, proc.Spec, proc.Caps
	return p, nil
}

// Connector returns the connector, like one that is linked in. It is good until
// Close, over all restarts of the process.
func (p *Plugin) Connector() sdk.Connector {
	return sdk.Connector{Spec: p.spec, Caps: p.caps, Open: func(ctx context.Context, env sdk.Env) (sdk.Conn, error) {
		conn, err := hostend.Open(ctx, p.spec, p.config.Limits, p.session, env)
		if err != nil {
			return nil, err // not conn: a nil *Conn is not a nil sdk.Conn
		}
		return conn, nil
	}}
}

// PID returns the number of the running process, 0 while there is none. A restart
// changes it.
func (p *Plugin) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil {
		return 0
	}
	return p.current.PID()
}

// Close ends the process, its whole group, and all connections. Calling it again
// does nothing.
func (p *Plugin) Close() error {
	p.mu.Lock()
	was := p.closed
	p.closed = true
	p.mu.Unlock()
	if was {
		return nil
	}
	close(p.over)
	p.turn <- struct{}{} // kept: nothing is started any more
	p.mu.Lock()
	proc := p.current
	p.current = nil
	p.mu.Unlock()
	if proc != nil {
		proc.Stop()
	}
	p.starter.Close()
	return nil
}

// session returns the running process, started anew if it has ended.
func (p *Plugin) session(ctx context.Context) (*hostend.Session, error) {
	if s, err := p.running(); s != nil || err != nil {
		return s, err
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-p.over:
		return nil, p.unavailable(errClosed, 0)
	case <-ctx.Done():
		return nil, p.unavailable(ctx.Err(), 0)
	}
	if s, err := p.running(); s != nil || err != nil {
		return s, err
	}
	if err := p.bury(ctx); err != nil {
		return nil, err
	}
	if err := p.delay(ctx); err != nil {
		return nil, err
	}
	proc, err := process.Start(ctx, p.starter, p.config)
	if err != nil {
		if ctx.Err() == nil {
			p.died(0, time.Now(), err.Error())
		}
		return nil, err
	}
	p.mu.Lock()
	p.current = proc
	p.mu.Unlock()
	p.config.Log.Info("connector started again", "plugin", p.spec.Name, "pid", proc.PID())
	return proc.Session, nil
}

// running returns the session of a process that runs, nil if there is none.
func (p *Plugin) running() (*hostend.Session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, p.unavailable(errClosed, 0)
	}
	if p.current == nil || p.current.Session.Reason() != "" {
		return nil, nil
	}
	return p.current.Session, nil
}

// bury waits until nothing is left of a process that has ended, and counts it.
func (p *Plugin) bury(ctx context.Context) error {
	p.mu.Lock()
	proc := p.current
	p.mu.Unlock()
	if proc == nil {
		return nil
	}
	select {
	case <-proc.Ended():
	case <-ctx.Done():
		return p.unavailable(ctx.Err(), 0)
	}
	p.mu.Lock()
	p.current = nil
	p.mu.Unlock()
	p.died(proc.Over.Sub(proc.Began), proc.Over, proc.Session.Reason())
	return nil
}

// died counts a death and sets when the next start may be.
func (p *Plugin) died(lived time.Duration, at time.Time, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if lived >= p.restart.Healthy {
		p.deaths = 0
	}
	p.deaths++
	p.why = why
	delay := p.restart.Max
	if p.deaths < 30 {
		delay = min(delay, p.restart.First<<(p.deaths-1))
	}
	p.next = at.Add(rand.N(delay + 1)) // full jitter: many connectors that died together do not come back together
	if p.deaths >= p.restart.Deaths {
		p.next = at.Add(p.restart.Park)
	}
	p.config.Log.Warn("connector ended", "plugin", p.spec.Name, "reason", why, "deaths", p.deaths, "again_after", max(0, time.Until(p.next)))
}

// delay waits until the next start may be.
func (p *Plugin) delay(ctx context.Context) error {
	p.mu.Lock()
	wait := time.Until(p.next)
	deaths, why := p.deaths, p.why
	p.mu.Unlock()
	switch {
	case wait <= 0:
		return nil
	case deaths >= p.restart.Deaths:
		e := p.unavailable(fmt.Errorf("it is parked because it ended %d times in a row, last: %s", deaths, why), wait)
		e.Code = "connector_parked"
		e.Hint = sdk.Text{
			EN: "Look into the connector's log, mend the cause, and start the host again or wait.",
			DE: "Sehen Sie im Protokoll des Konnektors nach, beheben Sie die Ursache und starten Sie den Host neu oder warten Sie.",
		}
		return e
	case wait > patience:
		return p.unavailable(fmt.Errorf("it ended (%s) and is started again later", why), wait)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-p.over:
		return p.unavailable(errClosed, 0)
	case <-ctx.Done():
		return p.unavailable(ctx.Err(), 0)
	}
}

func (p *Plugin) unavailable(why error, after time.Duration) *sdk.Error {
	e := &sdk.Error{
		Op: "start connector", Kind: sdk.Unavailable, Code: "connector_gone", Args: map[string]string{"connector": p.spec.Name}, RetryAfter: after,
		Err: fmt.Errorf("the connector %q does not run: %w", p.spec.Name, why),
	}
	if errors.Is(why, context.Canceled) {
		e.Kind = sdk.Cancelled
	}
	return e
}
