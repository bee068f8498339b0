package process

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes of a started process: its own group. macOS has no signal for the
// death of a parent; the pipe of handshake.EnvParent does that work.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// execPath is the resolved name: macOS cannot execute an open file.
func (p *program) execPath() string { return p.path }

func (p *program) settle() error { return nil }

// waitExit returns when the process has ended, without reaping it: its number
// and group stay its own until then.
func waitExit(pid int) {
	kq, err := unix.Kqueue()
	if err != nil {
		return
	}
	defer unix.Close(kq)
	want := make([]unix.Kevent_t, 1)
	unix.SetKevent(&want[0], pid, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	want[0].Fflags = unix.NOTE_EXIT
	for {
		n, err := unix.Kevent(kq, want, make([]unix.Kevent_t, 1), nil)
		if err == nil && n > 0 || err != nil && !errors.Is(err, unix.EINTR) { // ESRCH: it has ended before
			return
		}
	}
}

// startOf returns a text that names the process besides its number: when it
// began. It is "" if there is no such process.
func startOf(pid int) string {
	p, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || p == nil || p.Proc.P_pid != int32(pid) {
		return ""
	}
	t := p.Proc.P_starttime
	return fmt.Sprintf("%d.%d", t.Sec, t.Usec)
}

// resident is unknown without cgo.
func resident(int) int64 { return 0 }

// marked finds nothing: other processes' environments cannot be read here.
func marked(string) []int { return nil }
