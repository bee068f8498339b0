package param_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/host/param"
	"github.com/gleis-dev/gleis/host/store"
	"github.com/gleis-dev/gleis/sdk"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// open opens the store in dir with a ring of its own, as a start of the host does.
func open(t *testing.T, dir string) (*store.DB, *param.KeyRing) {
	t.Helper()
	ring := param.NewKeyRing(param.Master{File: filepath.Join(dir, "master.key"), Rand: rand.Reader})
	db, err := store.Open(t.Context(), dir, store.Options{Sealer: ring, Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, ring
}

func secret(s string) sdk.Secret { return sdk.NewSecret(s) }

func TestParameters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, ring := open(t, dir)
	ctx := t.Context()
	p := param.New(ring, db).Params("m365")
	if _, err := p.Get(ctx, "token"); !errors.Is(err, sdk.NotFound) {
		t.Errorf("none: %v", err)
	}
	if err := p.Put(ctx, "token", secret("one"), 7); !errors.Is(err, sdk.Conflict) {
		t.Errorf("expected version of a new one: %v", err)
	}
	if err := p.Put(ctx, "token", secret("one"), 0); err != nil {
		t.Fatal(err)
	}
	if err := p.Put(ctx, "token", secret("two"), 0); !errors.Is(err, sdk.Conflict) {
		t.Errorf("there is one already: %v", err)
	}
	one, err := p.Get(ctx, "token")
	if err != nil || one.Value.Reveal() != "one" {
		t.Fatal(one.Value.Reveal(), err)
	}
	if err := p.Put(ctx, "token", secret(""), one.Version); err != nil { // an empty value is a value
		t.Fatal(err)
	}
	two, err := p.Get(ctx, "token")
	if err != nil || two.Value.Reveal() != "" || two.Version <= one.Version {
		t.Fatal(two, err)
	}
	if err := p.Put(ctx, "token", secret("late"), one.Version); !errors.Is(err, sdk.Conflict) {
		t.Errorf("an old version: %v", err)
	}
	for range 2 {
		if err := p.Delete(ctx, "token"); err != nil {
			t.Error(err)
		}
	}
	if _, err := p.Get(ctx, "token"); !errors.Is(err, sdk.NotFound) {
		t.Errorf("deleted: %v", err)
	}
	if err := p.Put(ctx, "token", secret("three"), 0); err != nil {
		t.Fatal(err)
	}
	three, err := p.Get(ctx, "token")
	if err != nil || three.Version <= two.Version {
		t.Errorf("a deleted one's version came back: %d after %d, %v", three.Version, two.Version, err)
	}
	db.Close()
	db, ring = open(t, dir) // another start
	again, err := param.New(ring, db).Params("m365").Get(ctx, "token")
	if err != nil || again.Value.Reveal() != "three" || again.Version != three.Version {
		t.Error(again, err)
	}
	if _, err := param.New(ring, db).Params("crm").Get(ctx, "token"); !errors.Is(err, sdk.NotFound) {
		t.Errorf("of another connection: %v", err)
	}
}

func TestParameterLimits(t *testing.T) {
	t.Parallel()
	db, ring := open(t, t.TempDir())
	ctx := t.Context()
	p := param.New(ring, db).Params("m365")
	for name, err := range map[string]error{
		"no name":          p.Put(ctx, "", secret("x"), 0),
		"long name":        p.Put(ctx, strings.Repeat("n", param.MaxName+1), secret("x"), 0),
		"long value":       p.Put(ctx, "v", secret(strings.Repeat("v", param.MaxValue+1)), 0),
		"negative version": p.Put(ctx, "v", secret("x"), param.AnyVersion),
		"delete no name":   p.Delete(ctx, ""),
	} {
		if !errors.Is(err, sdk.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "vvvv") {
			t.Errorf("%s: the error holds the value", name)
		}
	}
	if err := p.Put(ctx, strings.Repeat("n", param.MaxName), secret(strings.Repeat("v", param.MaxValue)), 0); err != nil {
		t.Error(err)
	}
	if got, err := p.Get(ctx, strings.Repeat("n", param.MaxName)); err != nil || len(got.Value.Reveal()) != param.MaxValue {
		t.Error(len(got.Value.Reveal()), err)
	}
}

func TestListByPrefix(t *testing.T) {
	t.Parallel()
	db, ring := open(t, t.TempDir())
	ctx := t.Context()
	all := param.New(ring, db)
	for _, n := range []string{"consent/b", "consent/a", "consent", "Consent/a", "consent/%", "consent/_", "consent0", "x", "é", "é\xff", "consent/\x00"} {
		if err := all.Params("m365").Put(ctx, n, secret("v"), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := all.Params("crm").Put(ctx, "consent/c", secret("v"), 0); err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[string][]string{
		"":          {"Consent/a", "consent", "consent/\x00", "consent/%", "consent/_", "consent/a", "consent/b", "consent0", "x", "é", "é\xff"},
		"consent/":  {"consent/\x00", "consent/%", "consent/_", "consent/a", "consent/b"},
		"consent/%": {"consent/%"},
		"consent/_": {"consent/_"},
		"\xc3":      {"é", "é\xff"},
		"z":         nil,
	} {
		list, err := all.Params("m365").List(ctx, prefix)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, i := range list {
			got = append(got, i.Name)
			if i.Version == 0 || !i.Changed.Equal(noon()) {
				t.Errorf("%+v", i)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("prefix %q (-want +got):\n%s", prefix, d)
		}
	}
}

// Invariant 9 stands on this: of all who saw the same version one wins.
func TestFiftyAtOneVersion(t *testing.T) {
	t.Parallel()
	db, ring := open(t, t.TempDir())
	p := param.New(ring, db).Params("m365")
	if err := p.Put(t.Context(), "n", secret("0"), 0); err != nil {
		t.Fatal(err)
	}
	first, err := p.Get(t.Context(), "n")
	if err != nil {
		t.Fatal(err)
	}
	const workers = 50
	won := make(chan string, workers)
	each(workers, func(i int) {
		err := p.Put(t.Context(), "n", secret(strconv.Itoa(i)), first.Version)
		switch {
		case err == nil:
			won <- strconv.Itoa(i)
		case !errors.Is(err, sdk.Conflict):
			t.Error(err)
		}
	})
	got, err := p.Get(t.Context(), "n")
	if err != nil || len(won) != 1 || got.Value.Reveal() != <-won {
		t.Fatalf("%d won, %v", len(won), err)
	}
	if err := p.Put(t.Context(), "n", secret("0"), got.Version); err != nil {
		t.Fatal(err)
	}
	each(workers, func(int) { // each adds one, again after each conflict
		if err := addOne(t.Context(), p); err != nil {
			t.Error(err)
		}
	})
	if got, err = p.Get(t.Context(), "n"); err != nil || got.Value.Reveal() != strconv.Itoa(workers) {
		t.Errorf("%s, %v", got.Value.Reveal(), err)
	}
}

func addOne(ctx context.Context, p sdk.Params) error {
	for {
		have, err := p.Get(ctx, "n")
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(have.Value.Reveal())
		if err != nil {
			return err
		}
		err = p.Put(ctx, "n", secret(strconv.Itoa(n+1)), have.Version)
		if !errors.Is(err, sdk.Conflict) {
			return err
		}
	}
}

func each(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

func TestErrorsAndValuesDoNotPrint(t *testing.T) {
	t.Parallel()
	db, ring := open(t, t.TempDir())
	p := param.New(ring, db).Params("m365")
	const token = "SENTINEL-RT-1"
	if err := p.Put(t.Context(), "token", secret(token), 0); err != nil {
		t.Fatal(err)
	}
	got, err := p.Get(t.Context(), "token")
	conflict := p.Put(t.Context(), "token", secret(token), 99)
	if text := fmt.Sprintf("%v %+v %#v %v %v", got, got, got, err, conflict); strings.Contains(text, token) {
		t.Error(text)
	}
}
