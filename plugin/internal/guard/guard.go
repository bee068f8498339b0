// Package guard makes a connector process harmless and mortal: it cannot leave a
// core dump, cannot be blocked by its own output, and ends with its host.
package guard

import (
	"os"
	"strconv"
	"time"

	"github.com/gleis-dev/gleis/plugin/internal/handshake"
)

// parentInterval is how often the parent is looked at where there is no pipe.
const parentInterval = time.Second

// WatchParent ends this process and its group when the host has ended. It
// returns at once.
func WatchParent() {
	if fd, err := strconv.Atoi(os.Getenv(handshake.EnvParent)); err == nil && fd > 2 {
		pipe := os.NewFile(uintptr(fd), "host")
		closeOnExec(fd) // what the connector starts has no business with it
		go func() {
			_, _ = pipe.Read(make([]byte, 1)) // nothing is ever written: it returns when the host is gone
			endGroup()
		}()
		return
	}
	parent := os.Getppid()
	go func() {
		for os.Getppid() == parent {
			time.Sleep(parentInterval)
		}
		endGroup()
	}()
}
