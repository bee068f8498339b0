//go:build linux || darwin

package plugin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/plugin"
	"github.com/gleis-dev/gleis/sdk"
)

func TestContractLinked(t *testing.T) {
	t.Parallel()
	contract(t, probeConnector(), true)
}

func TestContractLoop(t *testing.T) {
	t.Parallel()
	c, stop, err := plugin.Loop(t.Context(), probeConnector(), plugin.ServeConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	contract(t, c, false)
}

func TestLoopHandsClockAndRandomnessOn(t *testing.T) {
	t.Parallel()
	other := func() time.Time { return time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC) }
	for name, test := range map[string]struct {
		cfg  plugin.ServeConfig
		want time.Time
	}{
		"the host's":       {plugin.ServeConfig{}, movedClock()},
		"the configured's": {plugin.ServeConfig{Now: other}, other()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, stop, err := plugin.Loop(t.Context(), probeConnector(), test.cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			conn, err := c.Open(t.Context(), newStore().env(t, t.Output(), nil))
			if err != nil {
				t.Fatal(err)
			}
			found, err := sdk.Check(t.Context(), conn)
			if err != nil || found[0].Text.EN != test.want.Format(time.RFC3339) {
				t.Error(found, err)
			}
			r, err := sdk.OpenBlob(t.Context(), conn, "random")
			if err != nil {
				t.Fatal(err)
			}
			if b, _ := io.ReadAll(r); string(b) != "rand" {
				t.Errorf("%q", b)
			}
		})
	}
}

func sameBatches(t *testing.T, want, got func(sdk.Emit) error) {
	t.Helper()
	collect := func(read func(sdk.Emit) error) (any, error) {
		var all []sdk.Batch
		err := read(func(b sdk.Batch) error { all = append(all, b); return nil })
		return all, err
	}
	same(t, func() (any, error) { return collect(want) }, func() (any, error) { return collect(got) })
}

func same(t *testing.T, want, got func() (any, error)) {
	t.Helper()
	w, err := want()
	if err != nil {
		t.Fatal(err)
	}
	g, err := got()
	if err != nil {
		t.Fatal(err)
	}
	opts := cmp.Options{
		cmp.Comparer(bytes.Equal), // cmp's own is far too slow for large data
		cmp.Comparer(func(a, b sdk.Secret) bool { return a == b }),
		cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) }),
	}
	if d := cmp.Diff(w, g, opts); d != "" {
		t.Error(d)
	}
}

func TestOpenThatIsGivenUpIsClosed(t *testing.T) {
	t.Parallel()
	c, stop, err := plugin.Loop(t.Context(), probeConnector(), plugin.ServeConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var log logLines
	if _, err := c.Open(ctx, newStore().env(t, &log, map[string]string{"fail": "late"})); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	log.wait(t, "msg=closed")
}
