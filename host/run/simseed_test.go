package run_test

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/run"
)

// traced is a store that notes what it is given.
type traced struct {
	run.Store
	w *world
}

func (t traced) link(what string, l link.Link) {
	t.w.note("   %s %s → %s, stamps %s %s, state %d, unknown %v, suspect %v, round %d, base %s",
		what, l.SourceKey, l.TargetKey, l.SourceStamp, l.TargetStamp, l.State, l.Unknown, l.Suspect, l.Round, l.Base)
}

func (t traced) Intend(ctx context.Context, links []link.Link) error {
	for _, l := range links {
		t.link("intend", l)
	}
	return t.Store.Intend(ctx, links)
}

func (t traced) Commit(ctx context.Context, c run.Commit) error {
	if p := c.Position; p != nil {
		t.w.note("   commit %q, round %d, full %v, open %v, doubt %v", p.Cursor, p.Round, p.Full, p.Open, p.Doubt)
	}
	t.w.note("   commit: forget %v, seen %v, hold %v, unhold %v, park %v, unpark %v", c.Forget, c.Seen, c.Hold, c.Unhold, c.Park, c.Unpark)
	for _, l := range c.Links {
		t.link("commit", l)
	}
	return t.Store.Commit(ctx, c)
}

// TestSeed plays the history of the seed GLEIS_SIM_SEED, without and with the
// healing read, and shows all of it.
func TestSeed(t *testing.T) {
	seed, err := strconv.ParseUint(os.Getenv("GLEIS_SIM_SEED"), 10, 64)
	if err != nil {
		t.Skip("GLEIS_SIM_SEED names no seed")
	}
	for _, heal := range []bool{false, true} {
		s := newSimulation(seed, careful)
		s.w.whole, s.runner.Store = true, traced{s.runner.Store, s.w}
		fail := s.play(careful, heal)
		t.Logf("healing read %v: %q\n%s", heal, fail, strings.Join(s.w.trace, "\n"))
		if fail != "" {
			t.Fail()
		}
	}
}
