//go:build linux || darwin

package plugin_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gleis-dev/gleis/plugin"
	"github.com/gleis-dev/gleis/sdk"
)

// G7: the folder of the sockets is private whatever the umask (here 0, see
// TestMain), and is gone afterwards (see load).
func TestAttackSocketFolder(t *testing.T) {
	t.Parallel()
	var log logLines
	cfg := config(t, &log)
	cfg.Dir = filepath.Join(cfg.Dir, "made", "by", "load")
	_, c := load(t, cfg)
	openProbe(t, c)
	for _, pattern := range []string{cfg.Dir, cfg.Dir + "/plugin-dir*"} {
		dirs, err := filepath.Glob(pattern)
		if err != nil || len(dirs) != 1 {
			t.Fatal(dirs, err)
		}
		if info, err := os.Stat(dirs[0]); err != nil || info.Mode().Perm() != 0o700 {
			t.Error(dirs[0], info.Mode(), err)
		}
	}
}

func TestRunFolder(t *testing.T) {
	t.Parallel()
	t.Run("too long for a socket", func(t *testing.T) {
		t.Parallel()
		var log logLines
		cfg := config(t, &log)
		cfg.Dir = filepath.Join(cfg.Dir, strings.Repeat("long", 30))
		_, c := load(t, cfg)
		dir := ""
		for _, v := range strings.Split(ask(t, openProbe(t, c), "env"), "\x00") {
			if after, ok := strings.CutPrefix(v, "PLUGIN_UNIX_SOCKET_DIR="); ok {
				dir = filepath.Dir(after)
			}
		}
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 || !strings.HasPrefix(filepath.Base(dir), "gleis-") {
			t.Fatal(dir, info, err)
		}
	})
	t.Run("that others can write is refused", func(t *testing.T) {
		t.Parallel()
		var log logLines
		cfg := config(t, &log)
		if err := os.Chmod(cfg.Dir, 0o777); err != nil {
			t.Fatal(err)
		}
		if _, err := plugin.Load(t.Context(), cfg); sdk.AsError(err).Code != "program_writable" {
			t.Error(err)
		}
	})
	t.Run("that is relative is refused", func(t *testing.T) {
		t.Parallel()
		var log logLines
		cfg := config(t, &log)
		cfg.Dir = "run"
		if _, err := plugin.Load(t.Context(), cfg); sdk.AsError(err).Code != "run_dir" {
			t.Error(err)
		}
	})
}
