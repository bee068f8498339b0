//go:build linux || darwin

package plugin_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/plugin"
	"github.com/gleis-dev/gleis/sdk"
)

// G9, I-28: kill -9 of the host leaves no connector, nothing that it started, and
// no socket; the next host clears away what has left the group, and the note.
func TestAttackHostKilled(t *testing.T) {
	t.Parallel()
	dir := runDir(t)
	file := filepath.Join(t.TempDir(), "pid")
	self, _ := self(t)
	host := exec.Command(self, "host", dir, file)
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	host.Stderr = os.Stderr
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscanf(out, "plugin %d\n", &pid); err != nil {
		t.Fatal(err)
	}
	grandchild, runaway := readPID(t, file), readPID(t, file+".runaway")
	if !alive(pid) || !alive(grandchild) || !alive(runaway) {
		t.Fatal("nothing to kill")
	}
	if sockets, _ := filepath.Glob(dir + "/plugin-dir*/plugin*"); len(sockets) == 0 {
		t.Fatal("there is no socket to begin with")
	}
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait() // killed
	eventually(t, "the connector has ended with its host", func() bool { return !alive(pid) })
	eventually(t, "what the connector had started has ended with it", func() bool { return !alive(grandchild) })
	if runtime.GOOS == "linux" { // elsewhere the connector may end its group before the keeper has come to it
		eventually(t, "the sockets are gone", func() bool { left, _ := filepath.Glob(dir + "/plugin-dir*"); return len(left) == 0 })
	}
	if left, _ := filepath.Glob(dir + "/*"); len(left) == 0 {
		t.Fatal("the killed host has left nothing that could be swept")
	}
	var log logLines
	cfg := config(t, &log)
	cfg.Dir = dir
	load(t, cfg) // which checks at the end that the folder is empty
	if runtime.GOOS == "linux" {
		eventually(t, "what had left the group has been swept", func() bool { return !alive(runaway) })
	}
}

// beHost loads the probe, lets it start a process, and waits to be killed.
func beHost(args []string) {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	sum, err := plugin.ChecksumOf(self)
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	p, err := plugin.Load(ctx, plugin.Config{Path: self, Args: []string{"probe"}, Checksum: sum, Dir: args[0]})
	if err != nil {
		panic(err)
	}
	s := newStore()
	conn, err := p.Connector().Open(ctx, sdk.Env{Params: s, Locker: s, Blobs: s})
	if err != nil {
		panic(err)
	}
	for _, what := range []string{"grandchild " + args[1], "runaway " + args[1] + ".runaway"} {
		if _, err := sdk.OpenBlob(ctx, conn, what); err != nil {
			panic(err)
		}
	}
	pids, err := filepath.Glob(args[0] + "/plugin-*.json")
	if err != nil || len(pids) != 1 {
		panic(fmt.Sprint(pids, err))
	}
	fmt.Printf("plugin %s\n", strings.TrimSuffix(strings.TrimPrefix(filepath.Base(pids[0]), "plugin-"), ".json"))
	for range time.Tick(time.Minute) {
		runtime.KeepAlive(p)
	}
}

// G9 where the kernel sends no signal: the pipe to the host ends the process and
// its group.
func TestWatchParentEndsTheGroup(t *testing.T) {
	t.Parallel()
	self, _ := self(t)
	file := filepath.Join(t.TempDir(), "pid")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "attacker", "watched", file)
	cmd.Env = []string{"GLEIS_PLUGIN_PARENT=3", "PATH=" + os.Getenv("PATH")}
	cmd.ExtraFiles = []*os.File{r}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := fmt.Fscanf(out, "watching\n"); err != nil {
		t.Fatal(err)
	}
	pid := readPID(t, file)
	w.Close()
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Error(err)
	}
	eventually(t, "the grandchild has ended", func() bool { return !alive(pid) })
}
