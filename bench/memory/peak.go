package memory

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/bench/measure"
)

// The processes that are watched.
const (
	host   = "host"
	source = "msgraph" // connector process of the source
	target = "sql"     // connector process of the target
)

// size is a number of bytes.
type size int64

func (s size) megabytes() float64 { return float64(s) / 1e6 }

// peaks are the most resident memory of each process.
type peaks map[string]size

// interval is how often the peaks are read. A process's peak only grows, so that
// nothing between two looks is missed but what lies after the last one.
const interval = 20 * time.Millisecond

// watch follows the host with that process id and its connector processes until
// the returned function is called. p is not used meanwhile.
func (p peaks) watch(pid int) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			p.look(pid)
			select {
			case <-tick.C:
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

func (p peaks) look(pid int) {
	p.take(host, pid)
	for _, child := range children(pid) {
		args := arguments(child)
		for _, who := range []string{source, target} {
			if len(args) == 3 && args[1] == "plugin" && args[2] == who {
				p.take(who, child)
			}
		}
	}
}

func (p peaks) take(who string, pid int) { p[who] = max(p[who], peak(pid)) }

// peak is VmHWM, the most resident memory a process has had (proc(5)); 0 when the
// process is gone.
func peak(pid int) size {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		rest, ok := strings.CutPrefix(line, "VmHWM:")
		if !ok {
			continue
		}
		kB, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
		if err != nil {
			return 0
		}
		return size(kB * 1024)
	}
	return 0
}

// children are the processes that pid has started and that still run.
func children(pid int) []int {
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	var list []int
	for _, name := range all {
		n, err := strconv.Atoi(filepath.Base(name))
		if err == nil && parent(n) == pid {
			list = append(list, n)
		}
	}
	return list
}

// parent is the id of a process's parent, 0 when the process is gone.
func parent(pid int) int {
	f := measure.Stat(pid)
	if len(f) < 2 {
		return 0
	}
	n, err := strconv.Atoi(f[1])
	if err != nil {
		return 0
	}
	return n
}

// arguments are the command line of a process, nil when it is gone.
func arguments(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || len(text) == 0 {
		return nil
	}
	return strings.Split(string(bytes.TrimSuffix(text, []byte{0})), "\x00")
}
