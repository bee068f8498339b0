package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/host/store"
	"github.com/gleis-dev/gleis/sdk"
)

func TestSelectNarrows(t *testing.T) {
	t.Parallel()
	db, _ := open(t, t.TempDir())
	ctx := t.Context()
	fan := func(key, to string) link.ID {
		l := id(key)
		l.TargetPartition = to
		return l
	}
	elsewhere := part
	elsewhere.Partition = "berta@contoso.example"
	links := []link.Link{
		{ID: id("a"), Round: 3},
		{ID: id("b"), Round: 4, At: "2026-01-10"},
		{ID: id("c"), Round: 3, At: "2026-02-01", State: link.Creating},
		{ID: id("d"), Round: 3, At: "2026-02-28", State: link.Deleted},
		{ID: id("e"), Round: 3, At: "2026-03-01", State: link.Released, Parent: "P"},
		{ID: fan("f", "1"), Unknown: true, Parent: "P"},
		{ID: fan("f", "2"), Suspect: true, Parent: "Q"},
		{ID: fan("f", "3"), Unknown: true, Suspect: true},
		{ID: id("g"), Round: 9},
		{ID: link.ID{Process: part.Process, SourcePartition: elsewhere.Partition, SourceKey: "a"}, Unknown: true, Suspect: true, Parent: "P"},
	}
	if err := db.Intend(ctx, links); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		s    run.Selection
		want string // keys
	}{
		"nothing narrows":    {run.Selection{}, "a b c d e f1 f2 f3 g"},
		"states":             {run.Selection{States: []link.State{link.Active, link.Deleted}}, "a b d f1 f2 f3 g"},
		"open intents":       {run.Selection{States: []link.State{link.Creating}}, "c"},
		"unseen":             {run.Selection{Unseen: 4}, "a c d e f1 f2 f3"},
		"reach":              {run.Selection{Reach: [2]string{"2026-02-01", "2026-03-01"}}, "a c d f1 f2 f3 g"},
		"reach without end":  {run.Selection{Reach: [2]string{"2026-02-01", ""}}, "a c d e f1 f2 f3 g"},
		"reach from the end": {run.Selection{Reach: [2]string{"", "2026-02-01"}}, "a b f1 f2 f3 g"},
		"parents":            {run.Selection{Parents: []string{"P", "none"}}, "e f1"},
		"the parent none":    {run.Selection{Parents: []string{""}}, ""},
		"unknown":            {run.Selection{Unknown: true}, "f1 f3"},
		"suspect":            {run.Selection{Suspect: true}, "f2 f3"},
		"both":               {run.Selection{Unknown: true, Suspect: true}, "f3"},
		"both of a parent":   {run.Selection{Unknown: true, Parents: []string{"P"}}, "f1"},
		"after":              {run.Selection{After: "c"}, "d e f1 f2 f3 g"},
		"limit":              {run.Selection{Limit: 2}, "a b"},
		"limit in a fan":     {run.Selection{After: "d", Limit: 2}, "e f1 f2 f3"},
		"limit at the end":   {run.Selection{After: "f", Limit: 5}, "g"},
		"unseen in reach":    {run.Selection{Unseen: 4, Reach: [2]string{"2026-02-01", "2026-02-02"}, States: []link.State{link.Active}}, "a f1 f2 f3"},
		"another partition":  {run.Selection{Part: elsewhere}, "a"},
		"another process":    {run.Selection{Part: run.Part{Process: "x", Partition: part.Partition}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.s.Part == (run.Part{}) {
				c.s.Part = part
			}
			got, err := db.Select(ctx, c.s)
			if err != nil {
				t.Fatal(err)
			}
			var keys []string
			for _, l := range got {
				keys = append(keys, l.SourceKey+l.TargetPartition)
			}
			if d := cmp.Diff(c.want, strings.Join(keys, " ")); d != "" {
				t.Error("keys (-want +got):\n" + d)
			}
		})
	}
	if n, err := db.Count(ctx, part); err != nil || n != 6 {
		t.Errorf("%d active links, %v", n, err)
	}
	if n, err := db.Count(ctx, run.Part{Process: "x"}); err != nil || n != 0 {
		t.Errorf("%d active links of no process, %v", n, err)
	}
}

func TestSeenSetsTheRoundOfOwnLinksOnly(t *testing.T) {
	t.Parallel()
	db, _ := open(t, t.TempDir())
	ctx := t.Context()
	other := link.ID{Process: "other", SourcePartition: part.Partition, SourceKey: "a"}
	c := run.Commit{Part: part, Links: []link.Link{{ID: id("a"), Suspect: true}, {ID: id("b")}, {ID: id("c"), Round: 1}, {ID: other}}, Seen: []string{"a", "b", "none"}, Position: &run.Position{Round: 5}}
	if err := db.Commit(ctx, c); err != nil {
		t.Fatal(err)
	}
	rounds := func() string {
		all, err := db.Links(ctx, run.LinkQuery{Part: part, Keys: []string{"a", "b", "c"}, Parallel: []string{"other"}})
		if err != nil {
			t.Fatal(err)
		}
		text := map[string]int64{}
		for _, l := range all {
			text[l.Process+"/"+l.SourceKey] = l.Round
		}
		return fmt.Sprint(text)
	}
	if got, want := rounds(), "map[events-to-crm/a:5 events-to-crm/b:5 events-to-crm/c:1 other/a:0]"; got != want {
		t.Errorf("rounds %s, want %s", got, want)
	}
	if err := db.Commit(ctx, run.Commit{Part: part, Seen: []string{"c"}}); err != nil { // the stored round counts
		t.Fatal(err)
	}
	if got, want := rounds(), "map[events-to-crm/a:5 events-to-crm/b:5 events-to-crm/c:5 other/a:0]"; got != want {
		t.Errorf("rounds %s, want %s", got, want)
	}
}

func TestPositions(t *testing.T) {
	t.Parallel()
	db, _ := open(t, t.TempDir())
	ctx := t.Context()
	if pos, err := db.Position(ctx, part); err != nil || !cmp.Equal(pos, run.Position{}) {
		t.Errorf("never ran: %+v, %v", pos, err)
	}
	full := run.Position{Cursor: []byte("c"), Round: 2, Full: true, Finished: noon().Add(time.Nanosecond)}
	if err := db.Commit(ctx, run.Commit{Part: part, Position: &full, Links: []link.Link{{ID: id("a")}}}); err != nil {
		t.Fatal(err)
	}
	if err := db.Commit(ctx, run.Commit{Part: part}); err != nil { // nil: unchanged
		t.Fatal(err)
	}
	all, err := db.Positions(ctx, part.Process)
	if d := cmp.Diff(map[string]run.Position{part.Partition: full}, all); d != "" || err != nil {
		t.Error(err, "positions (-want +got):\n"+d)
	}
	if err := db.Forget(ctx, part); err != nil {
		t.Fatal(err)
	}
	full.Cursor = nil
	if pos, err := db.Position(ctx, part); err != nil || !cmp.Equal(pos, full) {
		t.Errorf("forgotten: %+v, %v", pos, err)
	}
	if n, err := db.Count(ctx, part); err != nil || n != 1 {
		t.Errorf("links after Forget: %d, %v", n, err)
	}
	if err := db.Commit(ctx, run.Commit{Part: run.Part{Process: part.Process, Partition: "sound"}, Position: &run.Position{Cursor: []byte("x")}}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Writer(db).Exec(`UPDATE parts SET cursor = x'00' WHERE partition = ?`, part.Partition); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Position(ctx, part); !errors.Is(err, store.Sealed) {
		t.Error(err)
	}
	all, err = db.Positions(ctx, part.Process) // one damaged cursor does not stop the others
	if err != nil || all[part.Partition].Cursor != nil || string(all["sound"].Cursor) != "x" {
		t.Errorf("%+v, %v", all, err)
	}
	if err := db.Forget(ctx, run.Part{Process: "never", Partition: "ran"}); err != nil {
		t.Error(err)
	}
}

// A statement in the middle fails: nothing of the commit is there, and the next
// one works.
func TestCommitIsAllOrNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, _ := open(t, dir)
	ctx := t.Context()
	if err := db.Commit(ctx, step(1)); err != nil {
		t.Fatal(err)
	}
	hold := step(2)
	hold.Hold = append(hold.Hold, run.Hold{ID: id("x"), State: "no such state"})
	bad := step(2)
	bad.Links = append(bad.Links, link.Link{ID: id("x"), State: 9})
	for name, c := range map[string]run.Commit{"hold": hold, "link": bad} {
		err := db.Commit(ctx, c)
		var e *store.Error
		if !errors.As(err, &e) || e.Fault != store.Broken || !strings.Contains(err.Error(), "constraint") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := db.Intend(ctx, []link.Link{{ID: id("y")}, {ID: id("x"), State: 9}}); err == nil {
		t.Error("stored")
	}
	db.Close()
	if n := checkChain(t, dir, 1); n != 1 {
		t.Errorf("the store is at step %d", n)
	}
	db, _ = open(t, dir)
	if err := db.Commit(ctx, step(2)); err != nil {
		t.Fatal(err)
	}
	db.Close()
	checkChain(t, dir, 2)
}

func TestEndedContext(t *testing.T) {
	t.Parallel()
	db, _ := open(t, t.TempDir())
	ctx, cancel := contextEnded(t)
	defer cancel()
	err := db.Commit(ctx, step(1))
	if err == nil || sdk.KindOf(err) != sdk.Cancelled {
		t.Errorf("%v", err)
	}
	if p, err := db.Position(t.Context(), part); err != nil || p.Round != 0 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := db.Links(ctx, run.LinkQuery{Part: part, Keys: []string{"a"}}); sdk.KindOf(err) != sdk.Cancelled {
		t.Error(err)
	}
	if err := db.Commit(t.Context(), step(1)); err != nil {
		t.Error(err)
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	db, _ := open(t, t.TempDir())
	ctx := t.Context()
	a := run.Hold{ID: id("a"), TargetKey: "1", State: run.HoldHeld, Reason: "brake", Since: noon()}
	b := run.Hold{ID: id("b"), TargetKey: "2", State: run.HoldPending, Reason: "confirmed", Since: noon()}
	c := run.Hold{ID: link.ID{Process: "other", SourceKey: "a"}, TargetKey: "3", State: run.HoldHeld, Since: noon()}
	links := []link.Link{{ID: a.ID, Suspect: true}, {ID: b.ID}, {ID: c.ID}}
	if err := db.Commit(ctx, run.Commit{Part: part, Links: links, Hold: []run.Hold{b, a, c}}); err != nil {
		t.Fatal(err)
	}
	want := func(process string, list ...run.Hold) {
		t.Helper()
		got, err := db.Holds(ctx, process)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(list, got); d != "" {
			t.Error("holds (-want +got):\n" + d)
		}
	}
	want("", a, b, c)
	want("other", c)
	want("none")
	if err := db.SetHolds(ctx, []link.ID{a.ID, b.ID}, run.HoldReleased); err != nil {
		t.Fatal(err)
	}
	a.State, b.State = run.HoldReleased, run.HoldReleased
	want(part.Process, a, b)
	err := db.SetHolds(ctx, []link.ID{a.ID, id("none")}, "")
	if !errors.Is(err, sdk.NotFound) {
		t.Error(err)
	}
	want(part.Process, a, b) // not one of them
	if err := db.SetHolds(ctx, []link.ID{a.ID}, ""); err != nil {
		t.Fatal(err)
	}
	want(part.Process, b)
	number, err := db.Begin(ctx, part.Process, noon())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.SetHolds(ctx, []link.ID{b.ID}, run.HoldReleased); err != nil {
		t.Fatal(err)
	}
	lines, err := db.Journal(ctx, part.Process, "", 0)
	var said []string
	for _, e := range lines {
		said = append(said, fmt.Sprint(e.Run == number, " ", e.Partition == part.Partition, " ", e.SourceKey, " ", e.TargetKey, " ", e.Action, " ", e.Reason))
	}
	if d := cmp.Diff([]string{
		"true true b 2 hold released_by_person", "false true a 1 hold rejected_by_person",
		"false true b 2 hold released_by_person", "false true a 1 hold released_by_person",
	}, said); d != "" || err != nil {
		t.Errorf("journal (-want +got):\n%s%v", d, err)
	}
	left, err := db.Select(ctx, run.Selection{Part: part, States: []link.State{link.Released}})
	if err != nil || len(left) != 1 || left[0].SourceKey != "a" || left[0].Suspect {
		t.Errorf("released %+v, %v", left, err)
	}
	if err := db.Commit(ctx, run.Commit{Part: part, Unhold: []link.ID{b.ID, id("none")}, Forget: []link.ID{b.ID}}); err != nil {
		t.Fatal(err)
	}
	want(part.Process)
	if n, err := db.Select(ctx, run.Selection{Part: part}); err != nil || len(n) != 1 {
		t.Errorf("%d links, %v", len(n), err)
	}
}

func TestParked(t *testing.T) {
	t.Parallel()
	db, _ := open(t, t.TempDir())
	ctx := t.Context()
	a := run.Parked{Part: part, Key: "a", Error: "refused", Code: "invalid", Attempts: 1, Since: noon()}
	other := run.Part{Process: part.Process, Partition: "z"}
	z := run.Parked{Part: other, Key: "a", Attempts: 3}
	for _, c := range []run.Commit{
		{Part: part, Park: []run.Parked{a, {Key: "b"}}}, // without a part: the commit's
		{Part: other, Park: []run.Parked{z}},
		{Part: part, Unpark: []string{"b", "none"}, Park: []run.Parked{{Part: part, Key: "a", Error: "again", Attempts: 2, Since: noon()}}},
	} {
		if err := db.Commit(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	a.Error, a.Code, a.Attempts = "again", "", 2
	got, err := db.Parked(ctx, part, false)
	if d := cmp.Diff([]run.Parked{a}, got); d != "" || err != nil {
		t.Error(err, "parked (-want +got):\n"+d)
	}
	got, err = db.Parked(ctx, run.Part{Process: part.Process}, true)
	if d := cmp.Diff([]run.Parked{a, z}, got); d != "" || err != nil {
		t.Error(err, "parked of all (-want +got):\n"+d)
	}
}
