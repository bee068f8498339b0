package run_test

import (
	"fmt"
	"testing"

	"github.com/gleis-dev/gleis/connectors/memory"
	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

func (b *bench) held(state run.HoldState) []link.ID {
	b.t.Helper()
	holds, err := b.store.Holds(b.t.Context(), "")
	if err != nil {
		b.t.Fatal(err)
	}
	var ids []link.ID
	for _, h := range holds {
		if h.State == state {
			ids = append(ids, h.ID)
		}
	}
	return ids
}

// TestTheBrake: more than max(10, 20 %) deletions of a partition are held, fewer
// are carried out, and what is held can be released, rejected or taken back.
func TestTheBrake(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		links, gone int
		held        bool
	}{{1, 1, false}, {10, 10, false}, {11, 11, true}, {100, 20, false}, {100, 21, true}, {100, 100, true}} {
		t.Run(fmt.Sprintf("%d of %d", c.gone, c.links), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, person(), contact(sdk.ByIntent))
			for i := range c.links {
				b.put(fmt.Sprint(i), fmt.Sprint("Name ", i), "x")
			}
			b.run(run.Options{})
			for i := range c.gone {
				b.src.Remove("person", "", fmt.Sprint(i))
			}
			b.put("new", "New", "x")
			if !c.held {
				b.sum(run.Options{}, run.Sum{Read: c.gone + 1, Created: 1, Deleted: c.gone})
				return
			}
			b.sum(run.Options{}, run.Sum{Read: c.gone + 1, Created: 1, Held: c.gone})
			if n := len(b.contacts()); n != c.links+1 {
				t.Fatalf("%d contacts while %d deletions are held", n, c.gone)
			}
			ids := b.held(run.HoldHeld)
			if len(ids) != c.gone {
				t.Fatalf("%d are held, want %d", len(ids), c.gone)
			}
			b.sum(run.Options{}, run.Sum{Held: c.gone}) // still
			b.sum(run.Options{Keys: []string{"new"}}, run.Sum{Read: 1, Unchanged: 1, Held: c.gone})
			b.sum(run.Options{Full: true}, run.Sum{Read: c.links + 1, Unchanged: c.links - c.gone + 1, Held: c.gone})
			if lines := b.lines(); lines != "" {
				t.Errorf("held again:\n%s", lines)
			}

			if err := b.store.SetHolds(t.Context(), ids[:1], ""); err != nil { // rejected
				t.Fatal(err)
			}
			b.put(ids[1].SourceKey, "Back", "x") // there again
			if err := b.store.SetHolds(t.Context(), ids[1:], run.HoldReleased); err != nil {
				t.Fatal(err)
			}
			rep := b.run(run.Options{})
			if rep.Sum.Deleted != c.gone-2 || rep.Sum.Updated != 1 {
				t.Fatalf("after the release: %+v\n%s", rep.Sum, b.lines())
			}
			if n := len(b.contacts()); n != c.links+1-(c.gone-2) {
				t.Fatalf("%d contacts", n)
			}
			if n := len(b.held(run.HoldReleased)) + len(b.held(run.HoldHeld)); n != 0 {
				t.Fatalf("%d holds are left", n)
			}
			b.sum(run.Options{}, run.Sum{})
		})
	}
}

func TestADeletionWaitsForTheLastBatch(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.src.Switch(func(s *memory.Switches) { s.BatchSize = 1 })
	b.put("1", "Ada", "x")
	b.put("2", "Bob", "x")
	b.run(run.Options{})
	b.src.Remove("person", "", "1")
	b.src.Edit("person", "", "2", map[string]any{"name": "Bobby"})
	b.src.Inject(memory.Fault{Op: "read", Skip: 1, Times: 1, Err: sdk.Errorf(sdk.Auth, "locked", "no access")}) // the second batch
	b.sum(run.Options{}, run.Sum{FailedPartitions: 1})
	if ids := b.held(run.HoldPending); len(ids) != 1 {
		t.Fatalf("pending: %v", ids)
	}
	b.src.Heal()
	b.sum(run.Options{}, run.Sum{Read: 2, Updated: 1, Deleted: 1}) // confirmed anew, then carried out
	b.same(map[string]string{"Bobby": "x"})
}

func TestADeletionLosesAgainstAChange(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.put("1", "Ada", "x")
	b.put("2", "Bob", "x")
	b.run(run.Options{})
	for _, r := range b.dst.Rows("contact") {
		if r.Data["title"] == "Ada" {
			b.dst.Edit("contact", "", r.Key, map[string]any{"email": "changed"})
		} else {
			b.dst.Edit("contact", "", r.Key, map[string]any{"note": "not ours"})
		}
	}
	b.src.Remove("person", "", "1")
	b.src.Remove("person", "", "2")
	b.sum(run.Options{}, run.Sum{Read: 2, Deleted: 1, Skipped: 1})
	b.same(map[string]string{"Ada": "changed"})
	b.sum(run.Options{}, run.Sum{})
}

func TestNothingIsDeletedWithoutConfirmation(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.put("1", "Ada", "x")
	b.run(run.Options{})
	b.src.Switch(func(s *memory.Switches) { s.Unconfirmed = true })
	b.src.Remove("person", "", "1")
	b.sum(run.Options{}, run.Sum{Read: 1, Skipped: 1})
	b.sum(run.Options{Full: true}, run.Sum{Read: 1, Skipped: 1}) // asked again; the empty listing proves nothing
	b.same(map[string]string{"Ada": "x"})
	b.src.Switch(func(s *memory.Switches) { s.Unconfirmed = false })
	b.sum(run.Options{}, run.Sum{Read: 1, Deleted: 1})
	b.same(map[string]string{})
	b.sum(run.Options{}, run.Sum{})
}

func TestWhatLeavesTheWindowStays(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.src.SetReach("person", "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z")
	b.src.Put("person", "", "1", map[string]any{"name": "Ada", "mail": "x", "born": "2025-01-01T00:00:00Z"})
	b.src.Put("person", "", "2", map[string]any{"name": "Bob", "mail": "x", "born": "2026-01-01T00:00:00Z"})
	b.run(run.Options{})
	b.src.SetReach("person", "2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z")
	b.src.LoseCursors()
	b.sum(run.Options{}, run.Sum{Read: 1, Unchanged: 1})
	b.same(map[string]string{"Ada": "x", "Bob": "x"})
	b.src.Edit("person", "", "2", map[string]any{"born": "2021-01-01T00:00:00Z"}) // moves out: reported as missing
	b.sum(run.Options{}, run.Sum{Read: 1, Skipped: 1})
	b.sum(run.Options{}, run.Sum{Read: 1, Unchanged: 1}) // asked by key: it is there
	b.sum(run.Options{}, run.Sum{})
	b.same(map[string]string{"Ada": "x", "Bob": "x"})
}

func TestAReturnedRecordIsMadeAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.put("1", "Ada", "x")
	b.run(run.Options{})
	b.src.Remove("person", "", "1")
	b.sum(run.Options{}, run.Sum{Read: 1, Deleted: 1})
	b.put("1", "Ada", "y")
	b.sum(run.Options{}, run.Sum{Read: 1, Created: 1})
	b.same(map[string]string{"Ada": "y"})
	b.sum(run.Options{Full: true}, run.Sum{Read: 1, Unchanged: 1})
}

func TestLostDeletions(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]memory.Fault{
		"answer lost":              {Op: "write", After: true},
		"call failed after":        {Op: "write", After: true, Whole: true},
		"call failed before":       {Op: "write", Whole: true},
		"refused for the moment":   {Op: "write", Err: &sdk.Error{Kind: sdk.Throttled}},
		"changed at that moment":   {Op: "write", Err: sdk.Errorf(sdk.Conflict, "stamp", "another stamp")},
		"cannot be read before":    {Op: "read"},
		"refused three times over": {Op: "write", Times: 3, Err: &sdk.Error{Kind: sdk.Unavailable}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, person(), contact(sdk.ByIntent))
			b.put("1", "Ada", "x")
			b.run(run.Options{})
			b.src.Remove("person", "", "1")
			b.dst.Inject(fault)
			b.run(run.Options{})
			b.run(run.Options{})
			b.same(map[string]string{})
			b.sum(run.Options{}, run.Sum{})
			if n := len(b.held(run.HoldPending)); n > 0 {
				t.Errorf("%d holds are left", n)
			}
		})
	}
}

func TestARefusedDeletionStaysHeld(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.put("1", "Ada", "x")
	b.run(run.Options{})
	b.src.Remove("person", "", "1")
	b.dst.Inject(memory.Fault{Op: "write", Times: 1, Err: sdk.Errorf(sdk.Invalid, "protected", "the record is protected")})
	b.sum(run.Options{}, run.Sum{Read: 1, Failed: 1})
	b.sum(run.Options{}, run.Sum{Read: 1, Deleted: 1})
}

func TestDeletingIsNotAllowed(t *testing.T) {
	t.Parallel()
	target := contact(sdk.ByIntent)
	target.Allow = sdk.Allow{Read: true, Create: true, Update: true, ByKey: true}
	b := newBench(t, person(), target)
	b.job.Process.Conflict = process.Merge
	b.put("1", "Ada", "x")
	b.run(run.Options{})
	b.src.Remove("person", "", "1")
	b.sum(run.Options{}, run.Sum{Read: 1, Skipped: 1})
	b.same(map[string]string{"Ada": "x"})
	b.sum(run.Options{}, run.Sum{})
}
