package param_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/gleis-dev/gleis/host/param"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/host/store"
	"github.com/gleis-dev/gleis/sdk"
)

const rows = 210 // parameters, and as many cursors: more than one transaction of each

func name(i int) string { return fmt.Sprintf("p%03d", i) }

func partOf(i int) run.Part { return run.Part{Process: "s", Partition: name(i)} }

func fill(t *testing.T, db *store.DB, ring *param.KeyRing) {
	t.Helper()
	p := param.New(ring, db).Params("m365")
	for i := range rows {
		if err := p.Put(t.Context(), name(i), secret(name(i)), 0); err != nil {
			t.Fatal(err)
		}
		if err := db.Commit(t.Context(), run.Commit{Part: partOf(i), Position: &run.Position{Cursor: []byte(name(i))}}); err != nil {
			t.Fatal(err)
		}
	}
}

// check wants every value readable, and returns how many data keys are in use.
func check(t *testing.T, db *store.DB, ring *param.KeyRing) int {
	t.Helper()
	p := param.New(ring, db).Params("m365")
	keys := map[uint32]bool{}
	for i := range rows {
		if got, err := p.Get(t.Context(), name(i)); err != nil || got.Value.Reveal() != name(i) {
			t.Fatalf("parameter %d: %q, %v", i, got.Value.Reveal(), err)
		}
		sealed, _, err := db.Param(t.Context(), "m365", name(i))
		if err != nil {
			t.Fatal(err)
		}
		keys[binary.BigEndian.Uint32(sealed[1:5])] = true
	}
	all, err := db.Positions(t.Context(), "s")
	if err != nil || len(all) != rows {
		t.Fatal(len(all), err)
	}
	for partition, pos := range all {
		if string(pos.Cursor) != partition {
			t.Fatalf("cursor of %s: %q", partition, pos.Cursor)
		}
	}
	return len(keys)
}

// crashing is a vault whose Reseal stops at a row, or before it begins, as if
// the host had ended there.
type crashing struct {
	param.Vault
	after int // rows of this call; -1: PutKeyset does nothing either
}

var errCrash = errors.New("the host ended here")

func (v crashing) PutKeyset(ctx context.Context, wrapped []byte, ifVersion int64) error {
	if v.after < 0 {
		return errCrash
	}
	return v.Vault.PutKeyset(ctx, wrapped, ifVersion)
}

func (v crashing) Reseal(ctx context.Context, one func([]byte, ...string) ([]byte, error)) (int, error) {
	left := v.after
	return v.Vault.Reseal(ctx, func(sealed []byte, bind ...string) ([]byte, error) {
		if left--; left < 0 {
			return nil, errCrash
		}
		return one(sealed, bind...)
	})
}

func TestRotationMayEndAtAnyRow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, ring := open(t, dir)
	fill(t, db, ring)
	for _, after := range []int{-1, 0, 1, 200, 201, 210, 211, 415} { // before, in and behind a transaction of either table
		if _, err := ring.Rotate(t.Context(), crashing{db, after}); !errors.Is(err, errCrash) {
			t.Fatalf("after %d rows: %v", after, err)
		}
		check(t, db, ring)
		p := param.New(ring, db).Params("m365")
		have, err := p.Get(t.Context(), name(7)) // the host may go on for a while: what it seals now must open later
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Put(t.Context(), name(7), have.Value, have.Version); err != nil {
			t.Fatal(err)
		}
		db.Close()
		db, ring = open(t, dir) // the next start knows only what is on disk
		check(t, db, ring)
	}
	n, err := ring.Rotate(t.Context(), db)
	if err != nil || n != 2*rows {
		t.Fatalf("%d sealed again, %v", n, err)
	}
	if n := check(t, db, ring); n != 1 {
		t.Errorf("%d keys are in use", n)
	}
	db.Close()
	db, ring = open(t, dir)
	check(t, db, ring)
}

func TestOldKeysRetire(t *testing.T) {
	t.Parallel()
	db, ring := open(t, t.TempDir())
	old, err := ring.Seal([]byte("x"), "place")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := ring.Rotate(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		_, err := ring.Open(old, "place")
		if kept := err == nil; kept != (i == 0) { // one rotation long
			t.Errorf("after %d rotations: %v", i+1, err)
		}
	}
}

func TestRotationWhileTheHostWorks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, ring := open(t, dir)
	ctx := t.Context()
	p := param.New(ring, db).Params("busy")
	const workers = 4
	var stop atomic.Bool
	started, done := make(chan struct{}, workers), make(chan int, workers)
	for i := range workers {
		go func() {
			version, n := int64(0), 0
			started <- struct{}{}
			for ; !stop.Load(); n++ {
				if err := p.Put(ctx, name(i), secret(fmt.Sprint(n)), version); err != nil {
					t.Error(err)
					break
				}
				got, err := p.Get(ctx, name(i))
				if err != nil || got.Value.Reveal() != fmt.Sprint(n) {
					t.Errorf("put %d, got %q, %v", n, got.Value.Reveal(), err)
					break
				}
				version = got.Version
			}
			done <- n
		}()
	}
	for range workers {
		<-started
	}
	for range 5 {
		if _, err := ring.Rotate(ctx, db); err != nil {
			t.Error(err)
		}
	}
	stop.Store(true)
	for range workers {
		<-done
	}
	db.Close()
	db, ring = open(t, dir)
	list, err := param.New(ring, db).Params("busy").List(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		if _, err := param.New(ring, db).Params("busy").Get(ctx, i.Name); err != nil {
			t.Error(err)
		}
	}
}

func TestTwoRotationsDoNotMix(t *testing.T) {
	t.Parallel()
	db, _ := open(t, t.TempDir())
	wrapped, version, err := db.Keyset(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.PutKeyset(t.Context(), wrapped, version); err != nil {
		t.Fatal(err)
	}
	if err := db.PutKeyset(t.Context(), wrapped, version); !errors.Is(err, sdk.Conflict) {
		t.Error(err)
	}
}
