//go:build unix

package memory

import (
	"os"
	"syscall"
)

// lockFile waits for the exclusive lock on f, which ends with the process or
// with closing f.
func lockFile(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if err != syscall.EINTR {
			return err
		}
	}
}
