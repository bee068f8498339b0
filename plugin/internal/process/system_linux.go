package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gleis-dev/gleis/plugin/internal/handshake"
)

// attributes of a started process: its own group, and SIGKILL when the thread
// that started it ends, which is when the host ends (starter).
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// execPath names the open file itself, so that the file that was checked is the
// one that is read and executed, whatever becomes of its name.
func (p *program) execPath() string { return fmt.Sprintf("/proc/self/fd/%d", p.file.Fd()) }

// settle moves the descriptor out of the way of those that the child gets.
func (p *program) settle() error {
	fd, err := unix.FcntlInt(p.file.Fd(), unix.F_DUPFD_CLOEXEC, 64)
	if err != nil {
		return err
	}
	p.file.Close()
	p.file = os.NewFile(uintptr(fd), p.path)
	return nil
}

// waitExit returns when the process has ended, without reaping it: its number
// and group stay its own until then.
func waitExit(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// startOf returns a text that names the process besides its number: when it
// began, and in which boot. It is "" if there is no such process.
func startOf(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	// The name, in parentheses, may hold anything; the state follows (proc_pid_stat(5)).
	rest := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(rest) < 20 || rest[0] == "Z" || rest[0] == "X" {
		return ""
	}
	return rest[19] + "@" + strings.TrimSpace(string(boot))
}

// resident returns the resident memory of a process in bytes, 0 if unknown.
func resident(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b))
	if len(f) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(f[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// marked returns the processes whose environment holds the token of a start: its
// grandchildren too, whatever group or session they are in.
func marked(token string) []int {
	var pids []int
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		env, err := os.ReadFile(dir + "/environ")
		if err != nil || !bytes.Contains(env, []byte(handshake.EnvToken+"="+token)) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}
