package run_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/connectors/memory"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

func TestLostCreates(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]memory.Fault{
		"answer lost":            {Op: "write", After: true},
		"answers lost":           {Op: "write", After: true, Times: 2},
		"call failed after":      {Op: "write", After: true, Whole: true},
		"call failed before":     {Op: "write", Whole: true},
		"refused for the moment": {Op: "write", Err: &sdk.Error{Kind: sdk.Throttled, RetryAfter: 3 * time.Second}},
		"conflict":               {Op: "write", Err: sdk.Errorf(sdk.Invalid, "bad", "not like this")},
		"find is down":           {Op: "find", Times: 2},
	} {
		for _, idem := range []sdk.Idempotency{sdk.ByIntent, sdk.ByKey, sdk.ByNothing} {
			t.Run(name+", idempotent by "+string(idem), func(t *testing.T) {
				t.Parallel()
				b := newBench(t, person(), contact(idem))
				b.job.Mapper = copying(map[string]string{"id": "id", "title": "name", "email": "mail"})
				b.put("1", "Ada", "x")
				b.put("2", "Bob", "x")
				b.dst.Inject(fault)
				b.run(run.Options{})
				b.run(run.Options{})
				got := b.contacts()
				if lost := idem == sdk.ByNothing && fault.Whole; lost && len(got) < 2 {
					// Never sent, but nobody can know: it waits in sight, and is not made twice.
					parked, err := b.store.Parked(t.Context(), run.Part{Process: "people"}, true)
					if err != nil || len(parked)+len(got) != 2 {
						t.Fatalf("parked %v, %v; %v", parked, err, got)
					}
					return
				}
				if d := cmp.Diff(map[string]string{"Ada": "x", "Bob": "x"}, got); d != "" {
					t.Fatalf("the target (-want +got):\n%s\n%s", d, b.lines())
				}
				b.sum(run.Options{}, run.Sum{})
			})
		}
	}
}

func TestLostUpdates(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]memory.Fault{
		"answer lost":             {Op: "write", After: true},
		"call failed after":       {Op: "write", After: true, Whole: true},
		"call failed before":      {Op: "write", Whole: true},
		"refused for the moment":  {Op: "write", Err: &sdk.Error{Kind: sdk.Throttled}},
		"changed at that moment":  {Op: "write", Err: sdk.Errorf(sdk.Conflict, "stamp", "another stamp")},
		"changed all the time":    {Op: "write", Times: 3, Err: sdk.Errorf(sdk.Conflict, "stamp", "another stamp")},
		"not found at the moment": {Op: "write", Err: sdk.Errorf(sdk.NotFound, "gone", "no such record")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, person(), contact(sdk.ByIntent))
			b.put("1", "Ada", "x")
			b.run(run.Options{})
			b.src.Edit("person", "", "1", map[string]any{"mail": "y"})
			b.dst.Inject(fault)
			b.run(run.Options{})
			b.run(run.Options{})
			b.same(map[string]string{"Ada": "y"})
			b.sum(run.Options{}, run.Sum{})
		})
	}
}

// TestThereAndBackAgain: an update whose answer was lost, taken back at the
// source before the next run, is taken back at the target too.
func TestThereAndBackAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.put("1", "Ada", "x")
	b.run(run.Options{})
	b.src.Edit("person", "", "1", map[string]any{"mail": "y"})
	b.dst.Inject(memory.Fault{Op: "write", After: true, Whole: true, Err: sdk.Errorf(sdk.Auth, "revoked", "consent withdrawn")})
	b.sum(run.Options{}, run.Sum{FailedPartitions: 1})
	b.same(map[string]string{"Ada": "y"})
	b.src.Edit("person", "", "1", map[string]any{"mail": "x"})
	b.run(run.Options{})
	b.same(map[string]string{"Ada": "x"})
}

func poison(bad string) run.MapperFunc {
	good := copying(map[string]string{"title": "name", "email": "mail"})
	return func(ctx context.Context, recs []sdk.Record) ([]run.Mapped, error) {
		out, err := good(ctx, recs)
		for i, r := range recs {
			if strings.Contains(string(r.Data), bad) {
				out[i] = run.Mapped{Err: sdk.Errorf(sdk.Invalid, "poison", "the record is poisonous")}
			}
		}
		return out, err
	}
}

func TestOneRecordFailsAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode   process.OnError
		first  run.Sum // one of three is bad
		second run.Sum // cured
	}{
		{process.RepeatDifferences, run.Sum{Read: 3, Created: 2, Failed: 1}, run.Sum{Read: 1, Created: 1}},
		{process.Ignore, run.Sum{Read: 3, Created: 2, Failed: 1}, run.Sum{}},
		{process.Stop, run.Sum{Read: 3, Created: 2, Failed: 1, FailedPartitions: 1}, run.Sum{Read: 3, Created: 1, Unchanged: 2}},
	} {
		t.Run(string(c.mode), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, person(), contact(sdk.ByIntent))
			b.job.Process.OnError = c.mode
			for _, n := range []string{"Ada", "bad", "Cyd"} {
				b.put(n, n, "x")
			}
			b.job.Mapper = poison("bad")
			b.sum(run.Options{}, c.first)
			b.same(map[string]string{"Ada": "x", "Cyd": "x"})
			b.job.Mapper = poison("nothing")
			b.sum(run.Options{}, c.second)
			b.sum(run.Options{}, run.Sum{})
		})
	}
}

func TestTooManyFailuresStop(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	for i := range 300 {
		b.put(fmt.Sprintf("%03d", i), "bad", "x")
	}
	b.job.Mapper = poison("bad")
	rep := b.run(run.Options{})
	if err := rep.Partitions[0].Err; err == nil || sdk.AsError(err).Code != "too_many_failed" || rep.Sum.Failed < 101 || rep.Sum.Failed == 300 {
		t.Fatalf("%+v %v", rep.Sum, err)
	}
	b.job.Mapper = poison("nothing")
	b.run(run.Options{})
	if n := len(b.dst.Rows("contact")); n != 300 {
		t.Fatalf("%d contacts after the cure", n)
	}
}

func TestTheSourceFailsToReadARecord(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.put("1", "Ada", "x")
	b.put("2", "Bob", "x")
	b.run(run.Options{})
	b.src.Edit("person", "", "2", map[string]any{"mail": "y"})
	b.src.FailRead("person", "", "2", sdk.Errorf(sdk.Invalid, "broken", "the record is broken"))
	b.sum(run.Options{Full: true}, run.Sum{Read: 2, Unchanged: 1, Failed: 1}) // and is not taken for gone
	b.sum(run.Options{}, run.Sum{Read: 1, Failed: 1})
	parked, err := b.store.Parked(t.Context(), run.Part{Process: "people"}, false)
	if err != nil || len(parked) != 1 || parked[0].Attempts != 2 || parked[0].Code != "broken" {
		t.Fatalf("%+v %v", parked, err)
	}
	b.src.FailRead("person", "", "2", nil)
	b.sum(run.Options{}, run.Sum{Read: 1, Updated: 1})
	b.sum(run.Options{}, run.Sum{})
}

func TestThrottlingIsObeyed(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.put("1", "Ada", "x")
	b.src.Inject(memory.Fault{Op: "read", Times: 2, Err: &sdk.Error{Kind: sdk.Throttled, RetryAfter: 17 * time.Second}})
	b.dst.Inject(memory.Fault{Op: "write", Err: &sdk.Error{Kind: sdk.Throttled, RetryAfter: 23 * time.Second}})
	b.sum(run.Options{}, run.Sum{Read: 1, Created: 1})
	if d := cmp.Diff([]time.Duration{17 * time.Second, 17 * time.Second, 23 * time.Second}, b.slept); d != "" {
		t.Fatal(d)
	}
	// Longer than a run waits, or again and again: the partition ends with the cursor where it was.
	for _, f := range []memory.Fault{{Op: "read", Times: 1, Err: &sdk.Error{Kind: sdk.Throttled, RetryAfter: time.Hour}}, {Op: "write", Times: 50, Err: &sdk.Error{Kind: sdk.Throttled}}} {
		b.src.Edit("person", "", "1", map[string]any{"mail": f.Op})
		b.src.Heal()
		b.dst.Heal()
		if f.Op == "read" {
			b.src.Inject(f)
		} else {
			b.dst.Inject(f)
		}
		rep := b.run(run.Options{})
		if err := rep.Partitions[0].Err; !errors.Is(err, sdk.Throttled) || rep.Sum.Failed != 0 {
			t.Fatalf("%s: %+v %v", f.Op, rep.Sum, err)
		}
		b.dst.Heal()
		b.sum(run.Options{}, run.Sum{Read: 1, Updated: 1})
	}
}

func TestAPanicEndsOnlyItsPartition(t *testing.T) {
	t.Parallel()
	b := newBench(t, person("a", "b"), contact(sdk.ByIntent))
	b.putIn("a", "1", "Ada", "x")
	b.putIn("b", "2", "bad", "x")
	good := b.job.Mapper
	b.job.Mapper = run.MapperFunc(func(ctx context.Context, recs []sdk.Record) ([]run.Mapped, error) {
		if strings.Contains(string(recs[0].Data), "bad") {
			panic("poison")
		}
		return good.Map(ctx, recs)
	})
	rep := b.run(run.Options{})
	if rep.Sum.FailedPartitions != 1 || rep.Sum.Created != 1 || sdk.AsError(rep.Partitions[1].Err).Code != "panic" {
		t.Fatalf("%+v %v", rep.Sum, rep.Partitions[1].Err)
	}
}

func TestCancellationEndsTheRun(t *testing.T) {
	t.Parallel()
	b := newBench(t, person("a", "b", "c", "d", "e", "f"), contact(sdk.ByIntent))
	for _, p := range []string{"a", "b", "c", "d", "e", "f"} {
		b.putIn(p, p, "Name "+p, "x")
	}
	ctx, cancel := context.WithCancel(t.Context())
	b.src.Switch(func(s *memory.Switches) {
		s.Call = func(_ context.Context, c memory.Call) error {
			if c.Op == "read" {
				cancel()
			}
			return nil
		}
	})
	rep, err := b.runner.Run(ctx, b.job, run.Options{})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	if rep.Sum.Created != 0 || len(b.contacts()) != 0 {
		t.Fatalf("%+v", rep.Sum)
	}
	b.src.Switch(func(s *memory.Switches) { s.Call = nil })
	b.sum(run.Options{}, run.Sum{Read: 6, Created: 6})
}

func TestDoubledRecordsAreOne(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.src.Switch(func(s *memory.Switches) { s.Duplicates = true })
	b.put("1", "Ada", "x")
	b.sum(run.Options{}, run.Sum{Read: 1, Created: 1})
	b.same(map[string]string{"Ada": "x"})
}

func TestRecordsThatComeTwiceWithOtherContentAreAskedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	rec := func(stamp, name string) sdk.Record {
		return sdk.Record{Key: "1", Stamp: stamp, Data: []byte(`{"name":"` + name + `","mail":"x"}`)}
	}
	b.job.Source.Conn = &series{there: map[string]sdk.Record{"1": rec("2", "new")}, batches: []sdk.Batch{
		{Start: true, Done: true, Cursor: []byte("1"), Records: []sdk.Record{rec("2", "new"), {Key: "1", Op: sdk.Delete}, rec("1", "old")}},
	}}
	b.sum(run.Options{}, run.Sum{Read: 1, Created: 1})
	b.same(map[string]string{"new": "x"})
}

func TestTargetsThatChangeWhatTheyAreGiven(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*memory.Switches){
		"say so":      func(*memory.Switches) {},
		"no data":     func(s *memory.Switches) { s.NoData = true },
		"no stamp":    func(s *memory.Switches) { s.NoStamp = true },
		"say nothing": func(s *memory.Switches) { s.NoStamp, s.NoData = true, true },
	} {
		for _, rule := range []process.Conflict{process.SourceWins, process.TargetWins, process.Skip, process.Merge} {
			t.Run(name+", "+string(rule), func(t *testing.T) {
				t.Parallel()
				b := newBench(t, person(), contact(sdk.ByIntent))
				b.job.Process.Conflict = rule
				b.dst.Switch(func(s *memory.Switches) { change(s); s.Normalise = memory.Trim })
				b.put("1", "  Ada ", " x ")
				b.put("2", "  Bob ", " x ")
				b.sum(run.Options{}, run.Sum{Read: 2, Created: 2})
				b.dst.ForgetLog()
				b.sum(run.Options{Full: true}, run.Sum{Read: 2, Unchanged: 2})
				b.src.Edit("person", "", "1", map[string]any{"mail": " y "})
				b.sum(run.Options{}, run.Sum{Read: 1, Updated: 1})
				b.sum(run.Options{Full: true}, run.Sum{Read: 2, Unchanged: 2})
				b.same(map[string]string{"Ada": "y", "Bob": "x"})
				if log := b.dst.Log(); len(log) != 1 || log[0].Data != `{"email":" y "}` {
					t.Errorf("writes: %v", log)
				}
				b.src.Remove("person", "", "2")
				b.sum(run.Options{}, run.Sum{Read: 1, Deleted: 1})
			})
		}
	}
}

func TestTheJournalSaysWhatWasDone(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.put("1", "Ada", "x")
	b.src.Put("person", "", "2", map[string]any{"name": "Bob", "drop": "yes"})
	b.run(run.Options{})
	b.src.Edit("person", "", "1", map[string]any{"mail": "y"})
	b.run(run.Options{})
	b.src.Remove("person", "", "1")
	b.run(run.Options{})
	entries, err := b.store.Journal(t.Context(), "people", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range slices.Backward(entries) {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", e.SourceKey, e.Action, e.Reason, e.Detail)))
	}
	want := []string{"2 skip where", "1 create new email, title", "1 update changed email", "1 hold confirmed_deletion", "1 delete confirmed_deletion"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// halfMade is a target whose first create is stored in part and answered with an
// error and the key.
type halfMade struct {
	sdk.Conn
	outcome sdk.Outcome
	done    bool
}

func (h *halfMade) Read(ctx context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	return sdk.Read(ctx, h.Conn, req, emit)
}

func (h *halfMade) Find(ctx context.Context, req sdk.FindRequest) ([]sdk.Match, error) {
	return sdk.Find(ctx, h.Conn, req)
}

func (h *halfMade) Write(ctx context.Context, req sdk.WriteRequest) ([]sdk.Result, error) {
	if h.done {
		return sdk.Write(ctx, h.Conn, req)
	}
	h.done = true
	half := slices.Clone(req.Records)
	half[0].Data = []byte(`{"title":"Ada"}`)
	res, err := sdk.Write(ctx, h.Conn, sdk.WriteRequest{Object: req.Object, Records: half})
	if err == nil {
		res[0] = sdk.Result{Key: res[0].Key, Outcome: h.outcome, Err: sdk.Errorf(sdk.Unavailable, "concurrent_item_save", "half made")}
	}
	return res, err
}

func TestAHalfMadeRecordIsCompleted(t *testing.T) {
	t.Parallel()
	for _, outcome := range []sdk.Outcome{sdk.Done, sdk.Unknown} {
		t.Run(outcome.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, person(), contact(sdk.ByNothing))
			b.job.Target.Conn = &halfMade{Conn: b.job.Target.Conn, outcome: outcome}
			b.put("1", "Ada", "x")
			rep := b.run(run.Options{})
			if failed := rep.Sum.Failed; failed != map[sdk.Outcome]int{sdk.Done: 1, sdk.Unknown: 0}[outcome] {
				t.Fatalf("%+v", rep.Sum)
			}
			b.run(run.Options{})
			b.same(map[string]string{"Ada": "x"})
			b.sum(run.Options{}, run.Sum{})
		})
	}
}
