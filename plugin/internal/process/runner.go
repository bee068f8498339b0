//go:build linux || darwin

package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin/runner"

	"github.com/gleis-dev/gleis/plugin/internal/handshake"
)

// maxHandshake bounds the one line that go-plugin reads of a program.
const maxHandshake = 16 << 10

// pipeGrace is how long output is read after the process has ended: what holds
// the pipes then is a process that left its group.
const pipeGrace = 500 * time.Millisecond

// run is one started process. It implements go-plugin's Runner; go-plugin gets
// the handshake line and nothing else.
type run struct {
	prog    *program
	cmd     *exec.Cmd
	starter *Starter
	sockets string                        // folder of this start
	record  func(pid int, sockets string) // writes down what was started
	logs    func(io.Reader)               // reads standard error to its end
	token   string                        // of this start
	bare    func(error)                   // told why there is no keeper

	hello       *io.PipeReader // the handshake line, for go-plugin
	helloWriter *io.PipeWriter
	parent      *os.File  // while it is open the process lives
	keeper      *exec.Cmd // nil: there is none
	pid         int
	exited      chan struct{} // closed when the process is reaped
	state       string        // how it ended, once exited is closed

	mu     sync.Mutex
	reaped bool
}

var _ runner.Runner = (*run)(nil)

// Start implements runner.Runner.
func (r *run) Start(context.Context) error {
	if err := r.prog.settle(); err != nil {
		return err
	}
	defer r.prog.file.Close()
	outR, outW, err := os.Pipe()
	if err != nil {
		return err
	}
	defer outW.Close()
	errR, errW, err := os.Pipe()
	if err != nil {
		outR.Close()
		return err
	}
	defer errW.Close()
	liveR, liveW, err := os.Pipe()
	if err != nil {
		outR.Close()
		errR.Close()
		return err
	}
	defer liveR.Close()
	r.cmd.Path = r.prog.execPath()
	r.cmd.Stdin = nil // the null device, never the host's
	r.cmd.Stdout, r.cmd.Stderr = outW, errW
	r.cmd.ExtraFiles = []*os.File{liveR} // descriptor 3
	r.cmd.Env = append(r.cmd.Env, handshake.EnvParent+"=3")
	r.cmd.SysProcAttr = attributes()
	if err := r.starter.do(r.cmd.Start); err != nil {
		outR.Close()
		errR.Close()
		liveW.Close()
		return r.prog.startFailed(err)
	}
	r.mu.Lock()
	r.pid = r.cmd.Process.Pid
	r.mu.Unlock()
	r.parent = liveW
	r.record(r.pid, r.sockets)
	if r.keeper, err = startKeeper(r.pid, liveR, r.sockets, r.token); err != nil {
		r.bare(err)
	}
	var read sync.WaitGroup
	read.Go(func() { r.readOut(outR) })
	read.Go(func() { r.logs(errR); errR.Close() })
	go r.reap(outR, errR, &read)
	return nil
}

// readOut hands the first line to go-plugin and throws the rest away, so that a
// program can neither block on standard output nor end anything by it.
func (r *run) readOut(out *os.File) {
	defer out.Close()
	b := bufio.NewReaderSize(out, maxHandshake)
	line, err := b.ReadSlice('\n')
	if err == nil {
		_, _ = r.helloWriter.Write(line) // fails only if go-plugin has given up
	}
	r.helloWriter.Close()
	_, _ = io.Copy(io.Discard, b)
}

// reap waits for the end of the process, ends its group, and reaps it.
func (r *run) reap(out, errs *os.File, read *sync.WaitGroup) {
	waitExit(r.pid)
	r.killGroup() // what it has started; before it is reaped its number cannot be another's
	r.mu.Lock()
	err := r.cmd.Wait()
	r.reaped = true
	r.mu.Unlock()
	if r.keeper != nil {
		_ = r.keeper.Wait() // ended with its group
	}
	r.state = "exit status 0"
	if err != nil {
		r.state = err.Error()
	}
	late := time.Now().Add(pipeGrace)
	_ = out.SetReadDeadline(late) // both fail only if the reader has closed them
	_ = errs.SetReadDeadline(late)
	read.Wait()
	r.parent.Close()
	close(r.exited)
}

// killGroup ends the process and all of its group at once.
func (r *run) killGroup() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pid > 0 && !r.reaped {
		_ = syscall.Kill(-r.pid, syscall.SIGKILL) // ESRCH: nobody is left
	}
}

// Wait implements runner.AttachedRunner.
func (r *run) Wait(context.Context) error {
	<-r.exited
	return nil
}

// Kill implements runner.AttachedRunner.
func (r *run) Kill(context.Context) error {
	r.killGroup()
	return nil
}

// Stdout implements runner.Runner.
func (r *run) Stdout() io.ReadCloser { return r.hello }

// Stderr implements runner.Runner. go-plugin reads nothing: its parser of log
// lines panics on a line that a hostile program can write.
func (r *run) Stderr() io.ReadCloser { return io.NopCloser(eof{}) }

// Name implements runner.Runner.
func (r *run) Name() string { return r.prog.path }

// ID implements runner.AttachedRunner.
func (r *run) ID() string { return strconv.Itoa(r.pid) }

// Diagnose implements runner.Runner.
func (r *run) Diagnose(context.Context) string { return "" }

// PluginToHost implements runner.AddrTranslator: it sees every address before it
// is used.
func (r *run) PluginToHost(network, address string) (string, string, error) {
	return network, address, r.checkAddress(network, address)
}

// HostToPlugin implements runner.AddrTranslator.
func (r *run) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}

var errAddress = errors.New("only a unix socket in the folder of this start is allowed")

// checkAddress refuses all but a socket in the folder of this start: a program
// cannot make the host connect elsewhere.
func (r *run) checkAddress(network, address string) error {
	bad := fmt.Errorf("the address %q %.200q: %w", network, address, errAddress)
	if network != "unix" || filepath.Dir(address) != r.sockets || filepath.Clean(address) != address {
		return bad
	}
	if info, err := os.Lstat(address); err != nil || info.Mode().Type() != os.ModeSocket {
		return bad
	}
	return nil
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }
