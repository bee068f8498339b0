//go:build linux || darwin

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gleis-dev/gleis/plugin"
	"github.com/gleis-dev/gleis/sdk"
)

// load starts a connector's program, which lies in the folder programs.
func load(ctx context.Context, programs, name, run string, checksum []byte) (*plugin.Plugin, error) {
	return plugin.Load(ctx, plugin.Config{
		Path:      filepath.Join(programs, name),
		PluginDir: programs, // links that lead out of it, and files that others may write, are refused
		Checksum:  checksum, // as registered when the program was installed
		Dir:       run,      // sockets; private to the host
	})
}

// The program that go build makes is what a host loads.
func TestProgram(t *testing.T) {
	t.Parallel()
	programs, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(programs, 0o700); err != nil { //nolint:gosec // a folder is entered
		t.Fatal(err)
	}
	file := filepath.Join(programs, "jsonfolder")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", file, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.Chmod(file, 0o700); err != nil { //nolint:gosec // a program is executed
		t.Fatal(err)
	}
	sum, err := plugin.ChecksumOf(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := load(t.Context(), programs, "jsonfolder", filepath.Join(t.TempDir(), "run"), sum)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	c := p.Connector()
	settings, err := sdk.ParseSettings(c.Spec.Settings, map[string]string{"folder": t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := c.Open(t.Context(), sdk.Env{Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	findings, err := sdk.Check(t.Context(), conn)
	if err != nil || len(findings) != 1 || findings[0].Text.EN != "The folder holds 0 documents." {
		t.Error(findings, err)
	}
}
