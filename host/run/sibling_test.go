package run_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/connectors/memory"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

// both is a bench with a second job in the other direction.
type both struct {
	*bench
	there, back *run.Job
}

func newBoth(t *testing.T, rule process.Conflict) *both {
	p, c := person(), contact(sdk.ByIntent)
	p.Idempotency = sdk.ByIntent
	b := &both{bench: newBench(t, p, c)}
	b.there = b.job
	b.there.Process.Conflict = rule
	b.there.Siblings = []process.Sibling{{Name: "back", Reverse: true}}
	b.back = &run.Job{
		Process: process.Process{Name: "back", Conflict: rule, OnError: process.RepeatDifferences},
		Source:  b.there.Target, Target: b.there.Source,
		Mapper:   copying(map[string]string{"name": "title", "mail": "email"}),
		Siblings: []process.Sibling{{Name: "people", Reverse: true}},
	}
	return b
}

func (b *both) goes(there, back run.Sum) {
	b.t.Helper()
	b.job = b.there
	b.sum(run.Options{}, there)
	b.job = b.back
	b.sum(run.Options{}, back)
}

func (b *both) contact(title string) string {
	for _, r := range b.dst.Rows("contact") {
		if r.Data["title"] == title {
			return r.Key
		}
	}
	b.t.Fatalf("no contact %q", title)
	return ""
}

// people is what the source holds, by name.
func (b *both) people() map[string]string {
	out := map[string]string{}
	for _, r := range b.src.Rows("person") {
		out[fmt.Sprint(r.Data["name"])] = fmt.Sprint(r.Data["mail"])
	}
	return out
}

// TestNoEcho: each change of a user causes one write, in either direction.
func TestNoEcho(t *testing.T) {
	t.Parallel()
	b := newBoth(t, process.Merge)
	quiet := run.Sum{}
	b.put("1", "Ada", "a")
	b.goes(run.Sum{Read: 1, Created: 1}, run.Sum{Read: 1, Unchanged: 1})
	b.goes(quiet, quiet)

	b.src.Edit("person", "", "1", map[string]any{"mail": "b"})
	b.goes(run.Sum{Read: 1, Updated: 1}, run.Sum{Read: 1, Unchanged: 1})
	b.goes(quiet, quiet)

	b.dst.Edit("contact", "", b.contact("Ada"), map[string]any{"email": "c"})
	b.goes(quiet, run.Sum{Read: 1, Updated: 1})
	b.goes(run.Sum{Read: 1, Unchanged: 1}, quiet)
	b.goes(quiet, quiet)

	b.dst.Put("contact", "", "9", map[string]any{"title": "Bob", "email": "b"})
	b.goes(quiet, run.Sum{Read: 1, Created: 1})
	b.goes(run.Sum{Read: 1, Unchanged: 1}, quiet)

	// A full round in both directions changes nothing either.
	b.src.LoseCursors()
	b.dst.LoseCursors()
	b.goes(run.Sum{Read: 2, Unchanged: 2}, run.Sum{Read: 2, Unchanged: 2})

	b.src.Remove("person", "", "1")
	b.goes(run.Sum{Read: 1, Deleted: 1}, run.Sum{Read: 1, Skipped: 1})
	b.dst.Remove("contact", "", "9")
	b.goes(quiet, run.Sum{Read: 1, Deleted: 1})
	b.goes(run.Sum{Read: 1, Skipped: 1}, quiet)
	if n := len(b.people()) + len(b.contacts()); n != 0 {
		t.Fatalf("%d records are left", n)
	}
}

// TestAnEchoDoesNotHideAChange: what a user changed at the target before we wrote
// there is carried back, and what he changes at the source meanwhile is not
// overwritten by the echo of our own write.
func TestAnEchoDoesNotHideAChange(t *testing.T) {
	t.Parallel()
	b := newBoth(t, process.Merge)
	b.put("1", "Ada", "a")
	b.goes(run.Sum{Read: 1, Created: 1}, run.Sum{Read: 1, Unchanged: 1})

	// Other fields on both sides before either direction runs.
	b.src.Edit("person", "", "1", map[string]any{"name": "Ada II"})
	b.dst.Edit("contact", "", b.contact("Ada"), map[string]any{"email": "b"})
	b.goes(run.Sum{Read: 1, Updated: 1}, run.Sum{Read: 1, Updated: 1})
	want := map[string]string{"Ada II": "b"}
	if d := cmp.Diff(want, b.people()); d != "" {
		t.Fatal(d)
	}
	b.same(want)
	b.goes(run.Sum{Read: 1, Unchanged: 1}, run.Sum{})
	b.goes(run.Sum{}, run.Sum{})

	// There, then again at the source before the echo comes back.
	b.src.Edit("person", "", "1", map[string]any{"mail": "c"})
	b.job = b.there
	b.sum(run.Options{}, run.Sum{Read: 1, Updated: 1})
	b.src.Edit("person", "", "1", map[string]any{"mail": "d"})
	b.job = b.back
	b.sum(run.Options{}, run.Sum{Read: 1, Unchanged: 1})
	b.goes(run.Sum{Read: 1, Updated: 1}, run.Sum{Read: 1, Unchanged: 1})
	b.same(map[string]string{"Ada II": "d"})
}

// TestBothDirectionsComeTogether edits both sides at random; with merge nothing
// that only one side changed is lost, and both end up the same and quiet.
func TestBothDirectionsComeTogether(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			b := newBoth(t, process.Merge)
			r := rand.New(rand.NewPCG(seed, 3))
			for i := range 6 {
				b.put(fmt.Sprint(i), fmt.Sprintf("n%d", i), "m")
			}
			next := 0
			for range 25 {
				next++
				people, contacts := b.src.Rows("person"), b.dst.Rows("contact")
				switch k := r.IntN(6); {
				case k == 0 && len(people) > 0:
					b.src.Edit("person", "", people[r.IntN(len(people))].Key, map[string]any{"mail": fmt.Sprint(next)})
				case k == 1 && len(contacts) > 0:
					b.dst.Edit("contact", "", contacts[r.IntN(len(contacts))].Key, map[string]any{"title": fmt.Sprint("t", next)})
				case k == 2:
					b.put(fmt.Sprint("new", next), fmt.Sprint("new", next), "m")
				case k == 3:
					b.dst.Put("contact", "", fmt.Sprint("c", next), map[string]any{"title": fmt.Sprint("c", next), "email": "m"})
				case k == 4:
					b.job = b.there
					b.run(run.Options{})
				case k == 5:
					b.job = b.back
					b.run(run.Options{})
				}
			}
			for range 3 {
				b.job = b.there
				b.run(run.Options{})
				b.job = b.back
				b.run(run.Options{})
			}
			if d := cmp.Diff(b.people(), b.contacts()); d != "" {
				t.Fatalf("people and contacts (-people +contacts):\n%s", d)
			}
			b.goes(run.Sum{}, run.Sum{})
		})
	}
}

func TestLostStateIsLinkedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.put("1", "Ada", "a@x.example")
	b.put("2", "Bob", "b@x.example")
	b.run(run.Options{})
	b.dst.Put("contact", "", "foreign", map[string]any{"title": "Zoe", "email": "z@x.example"})
	b.dst.ForgetLog()

	fresh := newBench(t, person(), contact(sdk.ByIntent)) // the same systems, an empty store
	fresh.src, fresh.dst = b.src, b.dst
	fresh.job = b.job
	fresh.job.Process.Match = process.Match{Fields: []string{"email"}}
	b.src.Remove("person", "", "2") // while nobody remembered it
	fresh.sum(run.Options{}, run.Sum{Read: 1, Unchanged: 1})
	fresh.sum(run.Options{}, run.Sum{})
	if log := b.dst.Log(); len(log) != 0 {
		t.Fatalf("lost state wrote: %v", log)
	}
	b.src.Edit("person", "", "1", map[string]any{"name": "Ada II"})
	fresh.sum(run.Options{}, run.Sum{Read: 1, Updated: 1})
	fresh.same(map[string]string{"Ada II": "a@x.example", "Bob": "b@x.example", "Zoe": "z@x.example"})
}

func TestTheMatchRule(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.job.Process.Match = process.Match{Fields: []string{"email"}}
	b.dst.Put("contact", "", "1", map[string]any{"title": "Ada", "email": "a"})
	b.dst.Put("contact", "", "2", map[string]any{"title": "Bob old", "email": "b"})
	b.dst.Put("contact", "", "3", map[string]any{"title": "Cyd", "email": "c"})
	b.dst.Put("contact", "", "4", map[string]any{"title": "Cyd", "email": "c"})
	b.put("1", "Ada", "a")
	b.put("2", "Bob", "b")
	b.put("3", "Cyd", "c")
	b.put("4", "Dan", "d")
	b.put("5", "Bob the second", "b") // Bob is taken
	b.put("6", "Nobody", "")          // nothing matches an empty value
	b.sum(run.Options{}, run.Sum{Read: 6, Created: 3, Updated: 1, Unchanged: 1, Skipped: 1})
	b.sum(run.Options{}, run.Sum{})
}

func TestWhatAWriteMakesBesidesIsNoNews(t *testing.T) {
	t.Parallel()
	b := newBoth(t, process.SourceWins)
	b.dst.Switch(func(s *memory.Switches) {
		s.Related = func(r sdk.Record) []memory.Row {
			return []memory.Row{{Object: "contact", Key: r.Key + "-1", Data: map[string]any{"title": "part one"}}}
		}
	})
	b.put("1", "Ada", "a")
	b.goes(run.Sum{Read: 1, Created: 1}, run.Sum{Read: 2, Unchanged: 2})
	if d := cmp.Diff(map[string]string{"Ada": "a"}, b.people()); d != "" {
		t.Fatal(d)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	b := newBench(t, person("a", "b"), contact(sdk.ByIntent))
	b.putIn("a", "1", "Ada", "x")
	b.src.Put("person", "b", "2", map[string]any{"name": "Bob", "drop": "yes"})
	b.run(run.Options{})
	b.src.Edit("person", "a", "1", map[string]any{"mail": "y"})
	commits := len(b.dst.Log())
	for key, want := range map[string]string{
		"1": "source found, transformation mapped, link active, stamp changed, target found, decision update | update changed",
		"2": "source found, transformation dropped, link none, decision skip | skip where",
	} {
		x, err := b.runner.Explain(t.Context(), b.job, key)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range x.Stages {
			got = append(got, s.Name+" "+s.Result)
		}
		if d := cmp.Diff(want, strings.Join(got, ", ")+" | "+x.Action+" "+x.Reason); d != "" {
			t.Errorf("%s: %s", key, d)
		}
		if len(x.Journal) == 0 {
			t.Errorf("%s: no journal", key)
		}
	}
	if n := len(b.dst.Log()); n != commits {
		t.Errorf("explaining wrote %d times", n-commits)
	}
	if _, err := b.runner.Explain(t.Context(), b.job, "unknown"); err == nil || sdk.AsError(err).Kind != sdk.NotFound {
		t.Errorf("unknown key: %v", err)
	}
	b.src.Remove("person", "a", "1")
	if x, err := b.runner.Explain(t.Context(), b.job, "1"); err != nil || x.Action != "hold" {
		t.Errorf("%+v %v", x, err)
	}
	b.sum(run.Options{}, run.Sum{Read: 1, Deleted: 1})
}

func TestOptions(t *testing.T) {
	t.Parallel()
	b := newBench(t, person("a", "b"), contact(sdk.ByIntent))
	b.putIn("a", "1", "Ada", "x")
	b.putIn("b", "2", "Bob", "x")

	b.sum(run.Options{DryRun: true}, run.Sum{Read: 2, Created: 2})
	if n := len(b.contacts()); n != 0 {
		t.Fatalf("a dry run made %d contacts", n)
	}
	b.sum(run.Options{Partitions: []string{"b"}}, run.Sum{Read: 1, Created: 1})
	b.sum(run.Options{Partitions: []string{"a"}, Keys: []string{"1", "unknown"}}, run.Sum{Read: 2, Created: 1, Failed: 1})
	b.same(map[string]string{"Ada": "x", "Bob": "x"})
	b.sum(run.Options{}, run.Sum{Read: 1, Unchanged: 1}) // the cursor of a had not moved

	// Nothing has changed: the poll leaves both out, and nothing is read.
	reads := 0
	b.src.Switch(func(s *memory.Switches) {
		s.Call = func(_ context.Context, c memory.Call) error {
			if c.Op == "read" {
				reads++
			}
			return nil
		}
	})
	if rep := b.sum(run.Options{}, run.Sum{}); reads != 0 || rep.Sum.Partitions != 2 {
		t.Fatalf("%d reads, %+v", reads, rep.Sum)
	}
	b.src.Edit("person", "b", "2", map[string]any{"mail": "y"})
	if b.sum(run.Options{}, run.Sum{Read: 1, Updated: 1}); reads != 1 {
		t.Fatalf("%d reads", reads)
	}
}

// TestASiblingsLostCreateIsNotMadeBack: a create whose answer was lost is not
// taken for a user's record by the other direction.
func TestASiblingsLostCreateIsNotMadeBack(t *testing.T) {
	t.Parallel()
	for _, idem := range []sdk.Idempotency{sdk.ByIntent, sdk.ByNothing} {
		t.Run("idempotent by "+string(idem), func(t *testing.T) {
			t.Parallel()
			b := newBoth(t, process.Merge)
			object := *b.there.Target.Object
			object.Idempotency = idem
			b.there.Target.Object, b.back.Source.Object = &object, &object
			b.put("1", "Ada", "a")
			b.dst.Inject(memory.Fault{Op: "write", After: true, Whole: true, Err: sdk.Errorf(sdk.Auth, "revoked", "consent withdrawn")})
			b.goes(run.Sum{FailedPartitions: 1}, run.Sum{Read: 1, Failed: 1})
			b.dst.Put("contact", "", "2", map[string]any{"title": "Bob", "email": "b"})
			b.goes(run.Sum{Read: 1, Unchanged: 1}, run.Sum{Read: 2, Created: 1, Unchanged: 1})
			b.goes(run.Sum{Read: 1, Unchanged: 1}, run.Sum{})
			want := map[string]string{"Ada": "a", "Bob": "b"}
			b.same(want)
			if d := cmp.Diff(want, b.people()); d != "" {
				t.Fatal(d)
			}
		})
	}
}

func TestALoopIsBroken(t *testing.T) {
	t.Parallel()
	b := newBoth(t, process.SourceWins)
	b.put("1", "Ada", "a")
	b.goes(run.Sum{Read: 1, Created: 1}, run.Sum{Read: 1, Unchanged: 1})
	b.job = b.there
	for i := range 6 {
		b.mu.Lock()
		b.now = b.now.Add(-time.Hour) // all within the same minutes
		b.mu.Unlock()
		want := run.Sum{Read: 1, Updated: 1}
		if i >= 5 {
			want = run.Sum{Read: 1, Failed: 1}
		}
		b.src.Edit("person", "", "1", map[string]any{"mail": string(rune('b' + i))})
		b.sum(run.Options{}, want)
	}
	b.mu.Lock()
	b.now = b.now.Add(time.Hour)
	b.mu.Unlock()
	b.sum(run.Options{}, run.Sum{Read: 1, Updated: 1})
	b.same(map[string]string{"Ada": "g"})
}
