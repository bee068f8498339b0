//go:build linux || darwin

package guard

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Harden forbids core dumps, which would hold secrets, and gives new files to
// nobody else.
func Harden() error {
	syscall.Umask(0o077)
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return err
	}
	return undumpable()
}

// RedirectStdout makes descriptor 1 the same as standard error, so that a raw
// write to it becomes a log line and nothing else. stderr is the one the process
// was started with.
func RedirectStdout(stderr *os.File) error { return dup(int(stderr.Fd()), 1) }

func closeOnExec(fd int) { unix.CloseOnExec(fd) }

// endGroup ends this process and what it has started. Without a group of its own
// only itself: the group is then somebody else's.
func endGroup() {
	if unix.Getpgrp() == os.Getpid() {
		_ = unix.Kill(0, unix.SIGKILL) // our own group; it does not return
	}
	os.Exit(1)
}
