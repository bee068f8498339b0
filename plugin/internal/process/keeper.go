//go:build linux || darwin

package process

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"github.com/gleis-dev/gleis/plugin/internal/handshake"
)

// keeperScript waits on standard input, which is the pipe that ends with the host,
// removes the folder of the sockets, and ends the process group, itself included.
const keeperScript = `read -r _; rm -rf -- "$0"; kill -9 0`

// startKeeper starts a shell in the group of the process. The kernel ends the
// process itself when the host ends, which leaves it no time to end what it has
// started; the keeper does that, whatever state the process was in (I-28). It is a
// child of the host, so nothing is left unreaped while the host lives, and it ends
// with the group in any case.
//
// Where there is no shell, as in a container that holds the host alone, nothing is
// lost: what the host leaves behind ends with the container, else by Sweep.
func startKeeper(group int, host *os.File, sockets, token string) (*exec.Cmd, error) {
	cmd := &exec.Cmd{
		Path: "/bin/sh", Args: []string{"sh", "-c", keeperScript, sockets}, Dir: "/", Stdin: host,
		Env:         []string{"PATH=/usr/bin:/bin", handshake.EnvToken + "=" + token},
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true, Pgid: group}, // or it does not start: it never ends another group
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the keeper of a process group: %w", err)
	}
	return cmd, nil
}
