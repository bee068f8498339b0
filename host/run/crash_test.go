package run_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/host/store"
)

// mortal is a store before and after each of whose changes the process may die.
type mortal struct {
	run.Store
	w *world
}

func (m mortal) change(f func() error) error {
	if err := m.w.point(); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	return m.w.point()
}

func (m mortal) Intend(ctx context.Context, links []link.Link) error {
	return m.change(func() error { return m.Store.Intend(ctx, links) })
}

func (m mortal) Commit(ctx context.Context, c run.Commit) error {
	return m.change(func() error { return m.Store.Commit(ctx, c) })
}

func (m mortal) Forget(ctx context.Context, p run.Part) error {
	return m.change(func() error { return m.Store.Forget(ctx, p) })
}

// script is a history of about forty operations: creates, edits, deletions, a
// return, a window, lost cursors and runs, each of which may be cut anywhere.
func script(s *simulation, st run.Store) string {
	s.w.faults, s.w.during = false, nil
	if st != nil {
		s.runner.Store = mortal{st, s.w}
	}
	edit := func(id, body int) { o := s.src.items[id]; s.src.change(o, func() { o.body = body }) }
	gone := func(id int, gone bool) { o := s.src.items[id]; s.src.change(o, func() { o.gone = gone }) }
	window := func(id int, in bool) { o := s.src.items[id]; s.src.change(o, func() { o.inWindow = in }) }
	create := func(n int) {
		for range n {
			s.create()
			s.src.items[len(s.src.items)-1].inWindow = true
		}
	}
	for _, step := range []func(){
		func() { create(5) },
		func() { edit(0, 7); edit(1, 8); create(2) },
		func() { gone(2, true); edit(3, 9) },
		func() { edit(0, 0); window(4, false); create(1) },
		func() { gone(2, false); edit(2, 5); gone(5, true) },
		func() { clear(s.src.tokens); s.src.order = nil; gone(6, true); create(1); edit(1, 1) }, // a full round
		func() { window(4, true); edit(4, 3); gone(0, true); gone(1, true) },
	} {
		step()
		s.once(run.Options{})
	}
	for range 4 {
		s.once(run.Options{})
	}
	if s.dst.wrong != "" {
		return s.dst.wrong
	}
	writes := s.dst.writes
	s.once(run.Options{})
	if s.dst.writes != writes {
		return "a quiet run writes"
	}
	for ext, n := range s.dst.made {
		if n > 1 && ext != 2 { // 2 was deleted and came back
			return fmt.Sprintf("a%d was created %d times", ext, n)
		}
	}
	return s.judgeContent(true)
}

func TestCrashAtEveryPoint(t *testing.T) {
	t.Parallel()
	whole := newSimulation(0, careful)
	if fail := script(whole, nil); fail != "" {
		t.Fatalf("without a crash: %s", fail)
	}
	points := whole.w.steps
	if points < 80 {
		t.Fatalf("the script has only %d points", points)
	}
	for at := 1; at <= points; at++ {
		s := newSimulation(0, careful)
		s.w.kill = map[int]bool{at: true}
		if fail := script(s, nil); fail != "" {
			t.Errorf("killed at point %d of %d: %s", at, points, fail)
		}
	}
	t.Logf("%d points", points)
}

func TestCrashAtEveryPairOfPoints(t *testing.T) {
	t.Parallel()
	whole := newSimulation(0, careful)
	script(whole, nil)
	points, tried := whole.w.steps, 0
	stride := 13 // all of them with GLEIS_SIM_HISTORIES
	if os.Getenv("GLEIS_SIM_HISTORIES") != "" {
		stride = 1
	} else if testing.Short() || raceEnabled {
		stride = 97
	}
	for a := 1; a <= points; a++ {
		for b := a + 1; b <= points+40; b += stride {
			s := newSimulation(0, careful)
			s.w.kill = map[int]bool{a: true, b: true}
			tried++
			if fail := script(s, nil); fail != "" {
				t.Fatalf("killed at the points %d and %d: %s", a, b, fail)
			}
		}
	}
	t.Logf("%d pairs of %d points", tried, points)
}

// TestCrashOnDisk is TestCrashAtEveryPoint over the real store.
func TestCrashOnDisk(t *testing.T) {
	t.Parallel()
	stride := 9 // all of them with GLEIS_SIM_HISTORIES: each costs a disk some seconds
	if os.Getenv("GLEIS_SIM_HISTORIES") != "" {
		stride = 1
	}
	points := 1
	for at := 0; at <= points; at += stride {
		s := newSimulation(0, careful)
		db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "data"), store.Options{Sealer: openSealer{}, Now: s.runner.Now})
		if err != nil {
			t.Fatal(err)
		}
		s.w.kill = map[int]bool{at: at > 0}
		if fail := script(s, db); fail != "" {
			t.Errorf("killed at point %d: %s", at, fail)
		}
		if at == 0 {
			points = s.w.steps
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d points", points)
}
