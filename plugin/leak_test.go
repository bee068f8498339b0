//go:build linux || darwin

package plugin_test

import (
	"errors"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/gleis-dev/gleis/plugin"
	"github.com/gleis-dev/gleis/sdk"
)

// I-28: neither a loaded connector that was closed, nor one that was killed many
// times, nor a Loop leaves a goroutine or a descriptor. Not parallel: it counts
// what the whole program has.
func TestNothingLeaks(t *testing.T) {
	before := goleak.IgnoreCurrent()
	files := descriptors(t)
	t.Run("process", func(t *testing.T) {
		var log logLines
		_, c := load(t, config(t, &log))
		conn := openProbe(t, c)
		for range 5 {
			if err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "kill"}, nil); !errors.Is(err, sdk.Unavailable) {
				t.Error(err)
			}
			if _, err := sdk.OpenBlob(t.Context(), conn, "keep it"); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("loop", func(t *testing.T) {
		c, stop, err := plugin.Loop(t.Context(), probeConnector(), plugin.ServeConfig{})
		if err != nil {
			t.Fatal(err)
		}
		conn := openProbe(t, c)
		if err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "count 3"}, func(sdk.Batch) error { return nil }); err != nil {
			t.Error(err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		stop()
		stop()
	})
	t.Run("program that is refused", func(t *testing.T) {
		var log logLines
		if _, err := loadOnly(t, attacker(t, &log, "quit")); err == nil {
			t.Error("it was taken for a connector")
		}
	})
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
	eventually(t, "no descriptor is left", func() bool { return descriptors(t) <= files })
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Skip("the system does not list descriptors:", err)
	}
	return len(list)
}
