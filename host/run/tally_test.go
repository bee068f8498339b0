package run_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/gleis-dev/gleis/connectors/memory"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

// TestAParkedRecordIsTriedOnceARun: it is asked for by key, and the complete
// listing of the same run brings it again.
func TestAParkedRecordIsTriedOnceARun(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.put("1", "Ada", "x")
	b.put("2", "bad", "x")
	b.put("3", "Cyd", "x")
	b.src.FailRead("person", "", "3", sdk.Errorf(sdk.Invalid, "broken", "the record is broken"))
	b.job.Mapper = poison("bad")
	b.sum(run.Options{}, run.Sum{Read: 3, Created: 1, Failed: 2})
	for n := 2; n < 4; n++ {
		b.sum(run.Options{Full: true}, run.Sum{Read: 3, Unchanged: 1, Failed: 2})
		if len(b.entry) != 2 {
			t.Errorf("run %d:\n%s", n, b.lines())
		}
		parked, err := b.store.Parked(t.Context(), run.Part{Process: "people"}, true)
		if err != nil || len(parked) != 2 || parked[0].Attempts != n || parked[1].Attempts != n {
			t.Fatalf("run %d: %+v %v", n, parked, err)
		}
	}
	// Cured between the question and the listing, it is carried at once.
	b.src.FailRead("person", "", "3", nil)
	b.src.Switch(func(s *memory.Switches) {
		asked := false
		s.Call = func(_ context.Context, c memory.Call) error {
			if c.Op == "read" && asked {
				b.src.Switch(func(s *memory.Switches) { s.Call = nil })
				b.src.Edit("person", "", "2", map[string]any{"name": "Bob"})
			}
			asked = asked || c.Op == "read"
			return nil
		}
	})
	b.sum(run.Options{Full: true}, run.Sum{Read: 4, Created: 2, Unchanged: 1, Failed: 1})
	b.same(map[string]string{"Ada": "x", "Bob": "x", "Cyd": "x"})
	if keys := b.parkedKeys(); keys != nil {
		t.Errorf("parked: %v", keys)
	}
}

// TestADoubtedListingIsCountedOnce: what the second reading brings unchanged from
// the first is not counted again.
func TestADoubtedListingIsCountedOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.job.Mapper = poison("bad")
	for i := range 40 {
		b.put(fmt.Sprint(i), fmt.Sprint("Name ", i), "x")
	}
	b.run(run.Options{})
	for i := range 20 {
		b.src.Hide("person", "", fmt.Sprint(i))
	}
	b.src.Put("person", "", "dropped", map[string]any{"name": "Dan", "drop": "yes"})
	b.put("failing", "bad", "x")
	b.put("new", "New", "x")
	b.src.Edit("person", "", "30", map[string]any{"mail": "y"})
	b.src.LoseCursors()
	b.sum(run.Options{}, run.Sum{Read: 43, Created: 1, Updated: 1, Unchanged: 39, Skipped: 1, Failed: 1})
	parks := 0
	for _, e := range b.entry {
		if e.Action == "park" {
			parks++
		}
	}
	if parks != 1 {
		t.Errorf("parked %d times:\n%s", parks, b.lines())
	}
}

func TestAnEmptyMailboxIsReadOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	reads := 0
	b.src.Switch(func(s *memory.Switches) {
		s.Call = func(_ context.Context, c memory.Call) error {
			if c.Op == "read" {
				reads++
			}
			return nil
		}
	})
	if b.sum(run.Options{}, run.Sum{}); reads != 1 {
		t.Errorf("%d reads of a mailbox without records", reads)
	}
}

// TestWhatAStopLeavesIsNotRead: the records after the one on which the process
// stops are not counted as read, or they would be missing in the sum.
func TestWhatAStopLeavesIsNotRead(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.job.Process.OnError = process.Stop
	for _, name := range []string{"bad 1", "bad 2", "bad 3"} {
		b.put(name, name, "x")
	}
	b.job.Mapper = poison("bad")
	rep := b.sum(run.Options{}, run.Sum{Read: 1, Failed: 1, FailedPartitions: 1})
	if err := rep.Partitions[0].Err; err == nil || !strings.Contains(err.Error(), "bad 1") {
		t.Error(err)
	}
}

// TestHeldDeletionsAreCountedWhereverTheyLie: also those of mailboxes in which
// nothing happens, and of those that the run leaves out.
func TestHeldDeletionsAreCountedWhereverTheyLie(t *testing.T) {
	t.Parallel()
	b := newBench(t, person("a", "b"), contact(sdk.ByIntent))
	for i := range 12 {
		b.putIn("a", fmt.Sprint(i), fmt.Sprint("Name ", i), "x")
	}
	b.run(run.Options{})
	for i := range 12 {
		b.src.Remove("person", "a", fmt.Sprint(i))
	}
	b.sum(run.Options{}, run.Sum{Read: 12, Held: 12})
	for name, opts := range map[string]run.Options{"quiet": {}, "another mailbox": {Partitions: []string{"b"}}, "by key": {Keys: []string{"1"}}, "dry": {DryRun: true}} {
		if rep := b.run(opts); rep.Sum.Held != 12 {
			t.Errorf("%s: %+v", name, rep.Sum)
		}
	}
	if err := b.store.SetHolds(t.Context(), b.held(run.HoldHeld), ""); err != nil {
		t.Fatal(err)
	}
	b.sum(run.Options{}, run.Sum{})
}

// rounds is a source whose read is several rounds in a row.
type rounds struct{ *series }

func (r rounds) Read(ctx context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	if req.Keys != nil {
		return r.series.Read(ctx, req, emit)
	}
	for _, b := range r.batches {
		if err := emit(b); err != nil {
			return err
		}
	}
	return nil
}

// TestThereAndBackInOneRun: a record that failed, was carried in another state and
// is back in the first one within a run has failed again.
func TestThereAndBackInOneRun(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.job.Mapper = poison("bad")
	batch := func(cursor, name string) sdk.Batch {
		return sdk.Batch{Start: true, Done: true, Cursor: []byte(cursor), Records: []sdk.Record{{Key: "1", Data: []byte(`{"name":"` + name + `","mail":"x"}`)}}}
	}
	b.job.Source.Conn = rounds{&series{batches: []sdk.Batch{batch("1", "bad"), batch("2", "bad"), batch("3", "Ada"), batch("4", "bad")}}}
	b.sum(run.Options{}, run.Sum{Read: 3, Created: 1, Failed: 2})
	if keys := b.parkedKeys(); len(keys) != 1 {
		t.Errorf("parked: %v", keys)
	}
}
