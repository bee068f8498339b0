//go:build linux || darwin

package plugin_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/gleis-dev/gleis/plugin"
	"github.com/gleis-dev/gleis/sdk"
)

// G5, I-26: only the registered bytes, and only a proper program.
func TestAttackProgram(t *testing.T) {
	t.Parallel()
	self, sum := self(t)
	var log logLines
	for name, test := range map[string]struct {
		make func(t *testing.T, dir string) string
		code string
	}{
		"another program": {func(t *testing.T, dir string) string { return copyTo(t, self, dir, 0o755, "+") }, "checksum"},
		"missing":         {func(t *testing.T, dir string) string { return dir + "/none" }, "program_missing"},
		"folder":          {func(t *testing.T, dir string) string { return dir }, "program_outside"},
		"folder inside":   {func(t *testing.T, dir string) string { return mkdir(t, dir+"/sub") }, "program_kind"},
		"named pipe":      {func(t *testing.T, dir string) string { return mkfifo(t, dir+"/pipe") }, "program_kind"},
		"not executable":  {func(t *testing.T, dir string) string { return copyTo(t, self, dir, 0o644, "") }, "program_kind"},
		"empty":           {func(t *testing.T, dir string) string { return write(t, dir+"/empty", "", 0o755) }, "program_kind"},
		"script":          {func(t *testing.T, dir string) string { return write(t, dir+"/script", "#!/bin/sh\n", 0o755) }, "program_kind"},
		"group can write": {func(t *testing.T, dir string) string { return copyTo(t, self, dir, 0o775, "") }, "program_writable"},
		"all can write":   {func(t *testing.T, dir string) string { return copyTo(t, self, dir, 0o757, "") }, "program_writable"},
		"setuid":          {func(t *testing.T, dir string) string { return copyTo(t, self, dir, 0o755|os.ModeSetuid, "") }, "program_setuid"},
		"link out":        {func(t *testing.T, dir string) string { return link(t, self, dir+"/link") }, "program_outside"},
		"dots out":        {func(t *testing.T, dir string) string { return dir + "/../" + filepath.Base(filepath.Dir(self)) + "/x" }, "program_missing"},
		"folder all can write": {func(t *testing.T, dir string) string {
			sub := mkdir(t, dir+"/open")
			p := copyTo(t, self, sub, 0o755, "")
			if err := os.Chmod(sub, 0o777); err != nil {
				t.Fatal(err)
			}
			return p
		}, "program_writable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, err := filepath.EvalSymlinks(runDir(t))
			if err != nil {
				t.Fatal(err)
			}
			p, err := plugin.Load(t.Context(), plugin.Config{Path: test.make(t, dir), Args: []string{"probe"}, Checksum: sum, PluginDir: dir, Dir: runDir(t)})
			if err == nil {
				p.Close()
				t.Fatal("it was started")
			}
			if e := sdk.AsError(err); e.Kind != sdk.Invalid || e.Code != test.code {
				t.Error(err)
			}
		})
	}
	t.Run("without checksum", func(t *testing.T) {
		cfg := config(t, &log)
		cfg.Checksum = nil
		if _, err := plugin.Load(t.Context(), cfg); sdk.AsError(err).Code != "checksum_missing" {
			t.Error(err)
		}
	})
	t.Run("other architecture", func(t *testing.T) {
		dir := runDir(t)
		bin := write(t, dir+"/bin", "\x7fELF\x02\x01\x01 nothing that runs", 0o755)
		other, err := plugin.ChecksumOf(bin)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plugin.Load(t.Context(), plugin.Config{Path: bin, Checksum: other, PluginDir: dir, Dir: runDir(t)}); sdk.AsError(err).Code != "program_kind" {
			t.Error(err)
		}
	})
	t.Run("a link inside is followed", func(t *testing.T) {
		dir := runDir(t)
		copyTo(t, self, dir, 0o755, "")
		cfg := config(t, &log)
		cfg.Path, cfg.PluginDir = link(t, dir+"/program", dir+"/link"), dir
		load(t, cfg)
	})
}

// I-26: a program that is swapped between check and start, as often as can be.
// What runs is what was checked, or nothing.
func TestAttackSwap(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("this system cannot execute an open file")
	}
	self, sum := self(t)
	dir := runDir(t)
	good, evil, path := copyTo(t, self, mkdir(t, dir+"/g"), 0o755, ""), write(t, dir+"/evil", "#!/bin/sh\ntouch "+dir+"/wrong\n", 0o755), dir+"/program"
	stop := make(chan struct{})
	swapping := make(chan struct{})
	go func() {
		defer close(swapping)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			from := good
			if i%2 == 0 {
				from = evil
			}
			_ = os.Remove(path + ".new")
			if os.Link(from, path+".new") == nil {
				_ = os.Rename(path+".new", path)
			}
		}
	}()
	started := 0
	for range 40 {
		p, err := plugin.Load(t.Context(), plugin.Config{Path: path, Args: []string{"probe"}, Checksum: sum, PluginDir: dir, Dir: dir + "/run"})
		if err == nil {
			started++
			p.Close()
		} else if sdk.KindOf(err) != sdk.Invalid {
			t.Error(err)
		}
	}
	close(stop)
	<-swapping
	if _, err := os.Stat(dir + "/wrong"); err == nil {
		t.Error("the wrong program was started")
	}
	t.Log("started", started, "of 40")
}

func copyTo(t *testing.T, from, dir string, mode os.FileMode, more string) string {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, dir+"/program", string(b)+more, mode)
}

func write(t *testing.T, path, content string, mode os.FileMode) string {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, []byte(content), 0o600), os.Chmod(path, mode)); err != nil {
		t.Fatal(err)
	}
	return path
}

func mkdir(t *testing.T, path string) string {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func mkfifo(t *testing.T, path string) string {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func link(t *testing.T, to, path string) string {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
	return path
}
