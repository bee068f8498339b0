package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/run"
)

var part = run.Part{Process: "events-to-crm", Partition: "anna@contoso.example"}

func id(key string) link.ID {
	return link.ID{Process: part.Process, SourcePartition: part.Partition, SourceKey: key}
}

// whole is a link with every field filled.
func whole(key string) link.Link {
	return link.Link{
		ID:        link.ID{Process: part.Process, SourcePartition: part.Partition, SourceKey: key, TargetPartition: "room 1"},
		TargetKey: "T-" + key, TargetAt: "there", SourceStamp: "s1", TargetStamp: "t1", Base: []byte(`{"a":1}`), State: link.Deleted, Unknown: true, Suspect: true,
		Intent: "i-" + key, IntentAt: "2026-03-01T12:00:00Z", Round: 7, At: "2026-04-01T00:00:00Z", Parent: "P",
	}
}

func TestCommitKeepsEverything(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, _ := open(t, dir)
	ctx := t.Context()
	number, err := db.Begin(ctx, part.Process, noon())
	if err != nil {
		t.Fatal(err)
	}
	links := []link.Link{whole("a"), {ID: id("b"), Base: []byte("null")}, {ID: id("c")}}
	position := run.Position{Cursor: []byte("delta-1"), Round: 3, Full: true, Open: true, Doubt: true, Finished: noon()}
	c := run.Commit{
		Part: part, Run: number, Links: links, Position: &position,
		Hold:    []run.Hold{{ID: id("a"), TargetKey: "T-a", State: run.HoldPending, Reason: "confirmed", Since: noon()}},
		Park:    []run.Parked{{Part: part, Key: "z", Error: "no", Code: "c", Attempts: 2, Since: noon()}},
		Journal: []run.Entry{{SourceKey: "a", TargetKey: "T-a", Action: "create", Reason: "new", Detail: "x"}, {SourceKey: "b", Action: "skip"}},
	}
	if err := db.Commit(ctx, c); err != nil {
		t.Fatal(err)
	}
	if err := db.End(ctx, number, noon(), run.Sum{Read: 3, Created: 1}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	db, _ = open(t, dir)
	got, err := db.Select(ctx, run.Selection{Part: part})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(links, got); d != "" {
		t.Error("links (-want +got):\n" + d)
	}
	pos, err := db.Position(ctx, part)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(position, pos); d != "" {
		t.Error("position (-want +got):\n" + d)
	}
	holds, err := db.Holds(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(c.Hold, holds); d != "" {
		t.Error("holds (-want +got):\n" + d)
	}
	parked, err := db.Parked(ctx, part, false)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(c.Park, parked); d != "" {
		t.Error("parked (-want +got):\n" + d)
	}
	journal, err := db.Journal(ctx, part.Process, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	want := []run.Entry{
		{Run: number, Time: noon(), Part: part, SourceKey: "b", Action: "skip"},
		{Run: number, Time: noon(), Part: part, SourceKey: "a", TargetKey: "T-a", Action: "create", Reason: "new", Detail: "x"},
	}
	if d := cmp.Diff(want, journal); d != "" {
		t.Error("journal (-want +got):\n" + d)
	}
	runs, err := db.Runs(ctx, part.Process, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 1 || runs[0].Sum.Created != 1 || !runs[0].Ended.Equal(noon()) {
		t.Errorf("runs: %+v", runs)
	}
}

func TestLinksAnswersOwnParallelAndReverse(t *testing.T) {
	t.Parallel()
	db, _ := open(t, t.TempDir())
	ctx := t.Context()
	other := run.Part{Process: "other", Partition: "crm"}
	fan := whole("a")
	fan.TargetPartition = "room 2"
	parallel := link.Link{ID: link.ID{Process: "parallel", SourcePartition: part.Partition, SourceKey: "a"}, TargetKey: "p"}
	reverse := link.Link{ID: link.ID{Process: other.Process, SourcePartition: other.Partition, SourceKey: "T-b"}, TargetKey: "b", TargetAt: part.Partition}
	all := []link.Link{
		whole("a"), fan, parallel, reverse,
		{ID: id("c")}, // another key
		{ID: link.ID{Process: part.Process, SourcePartition: "berta@contoso.example", SourceKey: "a"}},                                // another partition
		{ID: link.ID{Process: "parallel", SourcePartition: "berta@contoso.example", SourceKey: "a"}},                                  // a sibling's other partition
		{ID: link.ID{Process: other.Process, SourcePartition: "crm", SourceKey: "T-x"}, TargetKey: "b", TargetAt: "elsewhere"},        // lies elsewhere
		{ID: link.ID{Process: other.Process, SourcePartition: "crm", SourceKey: "T-y"}, TargetKey: "", TargetAt: part.Partition},      // no target yet
		{ID: link.ID{Process: "stranger", SourcePartition: "crm", SourceKey: "T-b"}, TargetKey: "b", TargetAt: part.Partition},        // no sibling
		{ID: link.ID{Process: part.Process, SourcePartition: part.Partition, SourceKey: "A"}, TargetKey: "byte for byte"},             // another case
		{ID: link.ID{Process: part.Process, SourcePartition: part.Partition, SourceKey: "a\u0301"}, TargetKey: "another composition"}, // same letter to people
	}
	if err := db.Intend(ctx, all); err != nil {
		t.Fatal(err)
	}
	got, err := db.Links(ctx, run.LinkQuery{Part: part, Keys: []string{"a", "b", "a", ""}, Parallel: []string{"parallel"}, Reverse: []string{other.Process, "unknown"}})
	if err != nil {
		t.Fatal(err)
	}
	byID := cmpopts.SortSlices(func(x, y link.Link) bool { return x.Process+x.TargetPartition < y.Process+y.TargetPartition })
	if d := cmp.Diff([]link.Link{whole("a"), fan, parallel, reverse}, got, byID); d != "" {
		t.Error("links (-want +got):\n" + d)
	}
}

func TestKeysAreKeptByteForByte(t *testing.T) {
	t.Parallel()
	db, _ := open(t, t.TempDir())
	ctx := t.Context()
	keys := []string{`quote"`, `back\slash`, "new\nline", "tab\t", "\x01", "nul\x00behind", "\x00", "é", "e\u0301", "😀", "\xff\xfe", "1", "01", "1.0", "null", "[]", " a", "a ", "a", "A", "\u2028", "<&>"}
	var links []link.Link
	for _, k := range keys {
		links = append(links, link.Link{ID: id(k), TargetKey: k, TargetAt: part.Partition})
	}
	if err := db.Intend(ctx, links); err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		got, err := db.Links(ctx, run.LinkQuery{Part: part, Keys: []string{k}})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0].SourceKey != k || got[0].TargetKey != k {
			t.Errorf("key %q: %+v", k, got)
		}
		got, err = db.Links(ctx, run.LinkQuery{Part: run.Part{Process: "x", Partition: part.Partition}, Keys: []string{k}, Reverse: []string{part.Process}})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0].SourceKey != k {
			t.Errorf("target key %q: %+v", k, got)
		}
	}
}
