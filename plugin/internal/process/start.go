//go:build linux || darwin

package process

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/gleis-dev/gleis/plugin/internal/handshake"
	"github.com/gleis-dev/gleis/plugin/internal/hostend"
	"github.com/gleis-dev/gleis/plugin/internal/logline"
	"github.com/gleis-dev/gleis/plugin/internal/wire"
	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// stopGrace is how long a process may take to end when it is asked to.
const stopGrace = 3 * time.Second

// Process is a started and described connector process.
type Process struct {
	Session *hostend.Session
	Spec    sdk.Spec
	Caps    []sdk.Capability
	Began   time.Time
	Over    time.Time // when it ended, once Ended is closed

	client *goplugin.Client
	run    *run
	host   *grpc.Server
	note   string // file
	undo   func() // removes the private socket folder
	lines  *logline.Bridge
	asked  sync.Once
	ended  chan struct{} // everything is cleaned up
}

// PID returns the number of the process, which is also that of its group.
func (p *Process) PID() int { return p.run.pid }

// Ended is closed when the process has ended and nothing of it is left.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Start starts the program, connects to it and asks it what it is. ctx bounds the
// start, not the life.
func Start(ctx context.Context, starter *Starter, c Config) (*Process, error) {
	prog, err := openProgram(c.Path, c.PluginDir, c.Checksum)
	if err != nil {
		return nil, err
	}
	parent, undo, err := socketParent(c.Dir)
	if err != nil {
		prog.file.Close()
		return nil, err
	}
	p := &Process{Began: c.Now(), undo: undo, ended: make(chan struct{})}
	host := hostend.NewService()
	p.lines = logline.New(filepath.Base(c.Path), c.Log, func(connection string) *slog.Logger {
		env, _ := host.Env(connection)
		return env.Log
	}, host.Redact, c.Now)
	config, err := p.clientConfig(c, prog, parent, starter)
	if err != nil {
		prog.file.Close()
		undo()
		return nil, err
	}
	p.client = goplugin.NewClient(config)
	if err := p.connect(ctx, c, config, host); err != nil {
		p.discard()
		prog.file.Close()
		return nil, err
	}
	go p.watch(c)
	return p, nil
}

// clientConfig is where every control of go-plugin is set.
func (p *Process) clientConfig(c Config, prog *program, parent string, starter *Starter) (*goplugin.ClientConfig, error) {
	token := rand.Text()
	env := append([]string(nil), c.Env...)
	env = append(env, handshake.EnvToken+"="+token, handshake.EnvLogLevel+"="+logline.LevelOf(c.Log).String())
	if c.Memory > 0 {
		env = append(env, fmt.Sprintf("GOMEMLIMIT=%d", c.Memory/10*9)) // the collector works harder before the limit
	}
	for _, v := range c.Env {
		if strings.HasPrefix(v, "PLUGIN_") || strings.HasPrefix(v, "GLEIS_PLUGIN") || !strings.Contains(v, "=") {
			return nil, refused("environment", "the environment of a connector cannot set %q", strings.SplitN(v, "=", 2)[0])
		}
	}
	hello, helloWriter := io.Pipe()
	p.run = &run{
		prog: prog, starter: starter, hello: hello, helloWriter: helloWriter, logs: p.lines.Read, exited: make(chan struct{}), token: token,
		bare: func(err error) { c.Log.Debug("what the connector starts may outlive a killed host", "error", err) },
		record: func(pid int, sockets string) {
			n := note{Host: os.Getpid(), HostStart: startOf(os.Getpid()), Plugin: pid, PluginStart: startOf(pid), Token: token, Sockets: sockets}
			if parent != c.Dir {
				n.Private = parent
			}
			var err error
			if p.note, err = n.write(c.Dir); err != nil {
				c.Log.Warn("the connector's process is not written down for a later sweep", "error", err)
			}
		},
	}
	return &goplugin.ClientConfig{
		HandshakeConfig:  handshake.Config(),
		VersionedPlugins: handshake.Wanted(),
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		AutoMTLS:         true, // also sets TLSConfig, without which a program's certificate makes go-plugin panic
		SkipHostEnv:      true,
		StartTimeout:     c.StartTimeout,
		GRPCDialOptions:  wire.DialOptions(),
		Logger:           hclog.NewNullLogger(), // what matters is in the errors
		UnixSocketConfig: &goplugin.UnixSocketConfig{TempDir: parent},
		RunnerFunc: func(_ hclog.Logger, spec *exec.Cmd, sockets string) (runner.Runner, error) {
			p.run.cmd = &exec.Cmd{Args: append([]string{prog.path}, c.Args...), Env: append(env, spec.Env...)}
			p.run.sockets = sockets
			return p.run, nil
		},
	}, nil
}

// connect brings the process from nothing to described.
func (p *Process) connect(ctx context.Context, c Config, config *goplugin.ClientConfig, host *hostend.Service) error {
	stop := context.AfterFunc(ctx, p.run.killGroup) // a start that nobody waits for any more
	defer stop()
	addr, err := guarded(p.client.Start)
	if err == nil {
		err = p.run.checkAddress(addr.Network(), addr.String())
	}
	var link *handshake.Link
	if err == nil {
		link, err = guarded(func() (*handshake.Link, error) {
			cl, err := p.client.Client()
			if err != nil {
				return nil, err
			}
			return handshake.Dispense(cl)
		})
	}
	if err != nil {
		return p.startError(ctx, err)
	}
	broker := link.Broker.NextId()
	listener, err := link.Broker.Accept(broker)
	if err != nil {
		return p.startError(ctx, err)
	}
	p.host = grpc.NewServer(append(wire.ServerOptions(c.Log), grpc.Creds(credentials.NewTLS(config.TLSConfig)))...)
	host.Register(p.host)
	go func() { _ = p.host.Serve(listener) }() // ends with Stop
	p.Session = hostend.NewSession(pb.NewConnectorServiceClient(link.Conn), host, func(string) { p.run.killGroup() })
	p.Session.Name = p.run.prog.path
	if p.Spec, p.Caps, err = hostend.Describe(ctx, p.Session, broker, c.Limits); err != nil {
		return p.startError(ctx, err)
	}
	p.Session.Name = p.Spec.Name
	p.lines.Rename(p.Spec.Name)
	return nil
}

// guarded turns a panic of go-plugin into an error: a program can cause one by
// what it prints.
func guarded[T any](f func() (T, error)) (v T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the program's first line made the handshake fail: %v", r)
		}
	}()
	return f()
}

// startError says why a start failed in terms of the program.
func (p *Process) startError(ctx context.Context, err error) error {
	var known *sdk.Error
	if errors.As(err, &known) && p.run.pid == 0 {
		return known // refused before there was a process
	}
	if ctx.Err() != nil {
		return wire.Ended(ctx, "start connector", "")
	}
	if known != nil && known.Err != nil {
		err = known.Err
	}
	e := &sdk.Error{Op: "start connector", Kind: sdk.Unavailable, Code: "start", Args: map[string]string{"program": p.run.prog.path}, Err: err}
	p.run.killGroup()
	if p.run.pid == 0 {
		return e
	}
	select {
	case <-p.run.exited:
		e.Err = fmt.Errorf("%s: %s (%s)%s", p.run.prog.path, wire.Clean(err.Error(), 300), p.run.state, p.lines.Last())
	case <-time.After(stopGrace):
		e.Err = fmt.Errorf("%s: %s%s", p.run.prog.path, wire.Clean(err.Error(), 300), p.lines.Last())
	}
	e.Hint = sdk.Text{
		EN: "A connector is a program that calls plugin.Serve, built for this system; its messages are in the log.",
		DE: "Ein Konnektor ist ein für dieses System gebautes Programm, das plugin.Serve aufruft; seine Meldungen stehen im Protokoll.",
	}
	return e
}

// watch cleans up when the process has ended, however it did.
func (p *Process) watch(c Config) {
	if c.Memory > 0 {
		go p.watchMemory(c.Memory)
	}
	<-p.run.exited
	p.Over = c.Now()
	p.Session.SetGone(p.run.state + p.lines.Last())
	p.discard()
}

// memoryInterval is how often the memory of a process is looked at.
const memoryInterval = time.Second

func (p *Process) watchMemory(limit int64) {
	tick := time.NewTicker(memoryInterval)
	defer tick.Stop()
	for {
		select {
		case <-p.run.exited:
			return
		case <-tick.C:
			if used := resident(p.run.pid); used > limit {
				p.Session.Fail(fmt.Sprintf("it used %d bytes of memory, more than the allowed %d", used, limit))
			}
		}
	}
}

// discard ends what is left and removes all traces.
func (p *Process) discard() {
	p.run.killGroup()
	p.run.helloWriter.Close()
	_, _ = guarded(func() (any, error) { p.client.Kill(); return nil, nil }) // also removes the folder of the sockets
	if p.host != nil {
		p.host.Stop()
	}
	if p.note != "" {
		_ = os.Remove(p.note) // a later sweep would find nothing to do for it
	}
	p.undo()
	close(p.ended)
}

// Stop asks the process to end, makes it end, and waits until nothing is left.
func (p *Process) Stop() {
	p.asked.Do(func() {
		late := time.AfterFunc(stopGrace, p.run.killGroup)
		defer late.Stop()
		go func() { _, _ = guarded(func() (any, error) { p.client.Kill(); return nil, nil }) }()
		<-p.run.exited
	})
	<-p.ended
}
