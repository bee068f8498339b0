package run_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

// explained is an explanation in one line.
func (b *bench) explained(key string) string {
	b.t.Helper()
	x, err := b.runner.Explain(b.t.Context(), b.job, key)
	if err != nil {
		b.t.Fatal(err)
	}
	return fmt.Sprintf("source %s: %s (%s)", x.Stages[0].Result, x.Action, x.Reason)
}

func (b *bench) explains(key, want string) {
	b.t.Helper()
	if d := cmp.Diff(want, b.explained(key)); d != "" {
		b.t.Errorf("explanation of %s (-want +got):\n%s", key, d)
	}
}

func TestAReleasedRecordIsExplained(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	released := sdk.Record{Key: "1", Op: sdk.Release}
	b.job.Source.Conn = &series{there: map[string]sdk.Record{"1": released}, batches: []sdk.Batch{
		{Start: true, Done: true, Cursor: []byte("1"), Records: []sdk.Record{released}},
	}}
	b.explains("1", "source released: skip (released_by_source)")
	b.sum(run.Options{}, run.Sum{Read: 1, Skipped: 1})
	if lines := b.lines(); lines != "" {
		t.Errorf("never ours, and noted:\n%s", lines)
	}
}

func TestHeldDeletionsAreExplained(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	for i := range 12 {
		b.put(fmt.Sprint(i), fmt.Sprint("Name ", i), "x")
	}
	b.run(run.Options{})
	for i := range 12 {
		b.src.Remove("person", "", fmt.Sprint(i))
	}
	b.run(run.Options{})
	b.explains("3", "source deleted: hold (brake)")
	ids := b.held(run.HoldHeld)
	if err := b.store.SetHolds(t.Context(), ids[1:], run.HoldReleased); err != nil {
		t.Fatal(err)
	}
	if err := b.store.SetHolds(t.Context(), ids[:1], ""); err != nil {
		t.Fatal(err)
	}
	b.explains(ids[1].SourceKey, "source deleted: delete (released_by_person)")
	b.explains(ids[0].SourceKey, "source deleted: skip (already_released)")
	for i, want := range []string{"rejected_by_person", "released_by_person"} {
		x, err := b.runner.Explain(t.Context(), b.job, ids[i].SourceKey)
		if err != nil || len(x.Journal) == 0 || x.Journal[0].Action != "hold" || x.Journal[0].Reason != want {
			t.Errorf("%s: %+v %v", want, x.Journal, err)
		}
	}
	b.sum(run.Options{}, run.Sum{Read: 11, Deleted: 11})
}

func TestFailuresAreExplained(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.put("1", "Ada", "x")
	b.run(run.Options{})
	b.src.FailRead("person", "", "1", sdk.Errorf(sdk.Auth, "locked", "no access"))
	b.explains("1", "source error: fail (locked)")
	b.src.FailRead("person", "", "1", nil)
	b.job.Mapper = poison("Ada")
	b.explains("1", "source found: fail (poison)")
}

func TestAnExplanationIsShortAndInOneSpelling(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.put("1", "Ada", "a"+strings.Repeat("ü", 4000))
	b.run(run.Options{})
	b.src.FailRead("person", "", "1", sdk.Errorf(sdk.Invalid, "broken", "%s", strings.Repeat("ä", 4000)))
	b.run(run.Options{Keys: []string{"1"}})
	b.src.FailRead("person", "", "1", nil)
	x, err := b.runner.Explain(t.Context(), b.job, "1")
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for _, s := range x.Stages {
		most = max(most, len(s.Detail))
		if len(s.Detail) > 2<<10+len("…") || !utf8.ValidString(s.Detail) {
			t.Errorf("stage %s: %d bytes, valid %v", s.Name, len(s.Detail), utf8.ValidString(s.Detail))
		}
	}
	for _, e := range x.Journal {
		if len(e.Detail) > 2<<10+len("…") || !utf8.ValidString(e.Detail) {
			t.Errorf("line %s: %d bytes", e.Action, len(e.Detail))
		}
	}
	if most < 2000 {
		t.Errorf("the longest detail has %d bytes: nothing was cut", most)
	}
	text, err := json.Marshal(x.Journal[len(x.Journal)-1])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"run":1,"time":"2026-03-01T09:00:00Z","process":"people","partition":"","source_key":"1","target_key":"contact-1","action":"create","reason":"new","detail":"email, title"}`
	if d := cmp.Diff(want, string(text)); d != "" {
		t.Error(d)
	}
}
