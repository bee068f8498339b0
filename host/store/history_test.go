package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/host/store"
	"github.com/gleis-dev/gleis/sdk"
)

func contextEnded(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx, cancel
}

func TestJournalOfARecordAndOfAProcess(t *testing.T) {
	t.Parallel()
	db, _ := open(t, t.TempDir())
	ctx := t.Context()
	for n := range 5 {
		c := run.Commit{Part: part, Run: int64(n + 1), Journal: []run.Entry{{SourceKey: "a", Action: fmt.Sprint(n)}, {SourceKey: "b", Action: fmt.Sprint(n)}}}
		if err := db.Commit(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Commit(ctx, run.Commit{Part: run.Part{Process: "other"}, Run: 6, Journal: []run.Entry{{SourceKey: "a", Action: "x"}}}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		process, key string
		limit        int
		want         string
	}{
		"of a record":           {part.Process, "a", 3, "a4 a3 a2 "},
		"of the process":        {part.Process, "", 3, "b4 a4 b3 "},
		"of another process":    {"other", "", 3, "ax "},
		"of an unknown record":  {part.Process, "z", 3, ""},
		"of an unknown process": {"none", "", 3, ""},
		"no limit":              {part.Process, "b", 0, "b4 b3 b2 b1 b0 "},
	} {
		got, err := db.Journal(ctx, c.process, c.key, c.limit)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, e := range got {
			text += e.SourceKey + e.Action + " "
			if e.Process != c.process || !e.Time.Equal(noon()) {
				t.Errorf("%s: %+v", name, e)
			}
		}
		if text != c.want {
			t.Errorf("%s: %q, want %q", name, text, c.want)
		}
	}
}

func TestJournalStaysBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, _ := open(t, dir, func(o *store.Options) { o.JournalLimit = 10 })
	ctx := t.Context()
	add := func(db *store.DB, process string, from, n int) {
		var list []run.Entry
		for i := range n {
			list = append(list, run.Entry{SourceKey: fmt.Sprint(from + i)})
		}
		if err := db.Commit(ctx, run.Commit{Part: run.Part{Process: process}, Run: 1, Journal: list}); err != nil {
			t.Fatal(err)
		}
	}
	check := func(db *store.DB, process string, first, n int) {
		t.Helper()
		got, err := db.Journal(ctx, process, "", 1000)
		if err != nil || len(got) != n || got[0].SourceKey != fmt.Sprint(first) {
			t.Fatalf("%s: %d lines, want %d from %d; %v", process, len(got), n, first, err)
		}
	}
	add(db, "quiet", 0, 3)
	for i := range 20 {
		add(db, "loud", i*4, 4)
	}
	check(db, "loud", 79, 10)
	check(db, "quiet", 2, 3)
	db.Close()
	db, _ = open(t, dir, func(o *store.Options) { o.JournalLimit = 4 }) // lowered: twice what is added goes
	add(db, "loud", 80, 1)
	check(db, "loud", 80, 9)
	add(db, "loud", 81, 3)
	check(db, "loud", 83, 6)
	add(db, "loud", 84, 1)
	add(db, "loud", 85, 1)
	check(db, "loud", 85, 4)
}

func TestRuns(t *testing.T) {
	t.Parallel()
	db, _ := open(t, t.TempDir(), func(o *store.Options) { o.RunLimit = 3 })
	ctx := t.Context()
	before := int64(0)
	for n := range 6 {
		number, err := db.Begin(ctx, "a", noon())
		if err != nil || number <= before {
			t.Fatal(number, before, err)
		}
		before = number
		if err := db.End(ctx, number, noon(), run.Sum{Read: n, Failed: 1}); err != nil {
			t.Fatal(err)
		}
	}
	killed, err := db.Begin(ctx, "a", noon()) // never ended
	if err != nil {
		t.Fatal(err)
	}
	other, err := db.Begin(ctx, "b", noon())
	if err != nil {
		t.Fatal(err)
	}
	got, err := db.Runs(ctx, "a", 10)
	if err != nil {
		t.Fatal(err)
	}
	done := func(number int64, read int) store.Run {
		return store.Run{Number: number, Process: "a", Started: noon(), Ended: noon(), Sum: run.Sum{Read: read, Failed: 1}}
	}
	want := []store.Run{{Number: killed, Process: "a", Started: noon()}, done(before, 5), done(before-1, 4)}
	if d := cmp.Diff(want, got); d != "" {
		t.Error("runs (-want +got):\n" + d)
	}
	all, err := db.Runs(ctx, "", 1)
	if err != nil || len(all) != 1 || all[0].Number != other || all[0].Process != "b" {
		t.Errorf("%+v, %v", all, err)
	}
	if err := db.End(ctx, 12345, noon(), run.Sum{}); !errors.Is(err, sdk.NotFound) {
		t.Error(err)
	}
}
