package measure

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of processor time in /proc: USER_HZ is 100 on every
// Linux (proc_pid_stat(5)).
const clockTick = 10 * time.Millisecond

// CPU is the processor time that a process has used, in user and system mode,
// and 0 where the system has no /proc or the process is gone. A busy machine
// stretches the time by the clock, but hardly this one.
func CPU(pid int) time.Duration {
	f := Stat(pid)
	if len(f) < 13 {
		return 0
	}
	user, err := strconv.Atoi(f[11])
	if err != nil {
		return 0
	}
	system, err := strconv.Atoi(f[12])
	if err != nil {
		return 0
	}
	return time.Duration(user+system) * clockTick
}

// Stat is what /proc says of a process after its name: state, parent's id, and so
// on (proc_pid_stat(5)); nil when the process is gone.
func Stat(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	// The name stands in brackets and may hold anything, brackets and blanks too.
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
}
