package msgraph_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

// TestChangesOnTheDaysThatTheWindowLeavesAreNotLost: what was changed or deleted after the last run, on a day that the next window does not
// hold any more, is reported before the window moves.
func TestChangesOnTheDaysThatTheWindowLeavesAreNotLost(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 60, Small: true})
	user := x.mailbox(0)
	from, _ := span(noon)
	renamed := x.event(user, once("bleibt", from.Add(9*time.Hour)))
	deleted := x.event(user, once("geht", from.Add(12*time.Hour)))
	m := newMirror(t, x.open(), "event", user.Mail)
	m.mustSync()
	if _, err := x.ctl.UpdateEvent(user.Mail, renamed, map[string]any{"subject": "heißt anders"}); err != nil {
		t.Fatal(err)
	}
	if err := x.ctl.DeleteEvent(user.Mail, deleted); err != nil {
		t.Fatal(err)
	}
	x.ctl.Advance(24 * time.Hour)
	m.stopAt = 2 // between the two rounds
	if err := m.sync(); !errors.Is(err, errHost) || m.batches[0].Full || !m.batches[0].Done || !m.batches[1].Full || !m.batches[1].Start {
		t.Fatalf("%v: %+v", err, m.batches)
	}
	m.stopAt = 0
	m.mustSync()
	if s := string(m.records[renamed].Data); !strings.Contains(s, "heißt anders") {
		t.Errorf("the change is lost: %s", s)
	}
	if _, there := m.records[deleted]; there {
		t.Error("the deletion is lost")
	}
	x.ctl.Advance(24 * time.Hour)
	x.ctl.ExpireDelta("") // the position in the old window is lost: the new one is read all the same
	if m.mustSync(); !m.batches[0].Full || m.ops[sdk.Delete] != 0 {
		t.Errorf("after a loss: %+v, %v", m.batches[0], m.ops)
	}
}

// TestDeletionAtTheEdgeOfTheWindowIsFoundByAFullRound: events that overlap an edge are within the reach of the full round that misses them.
func TestDeletionAtTheEdgeOfTheWindowIsFoundByAFullRound(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 61, Small: true})
	user := x.mailbox(0)
	from, to := span(noon)
	long := func(start, end time.Time) string {
		e := once("lang", start)
		e["end"] = moment(end)
		return x.event(user, e)
	}
	ids := []string{long(from.AddDate(0, 0, -5), from.AddDate(0, 0, 5)), long(to.Add(-time.Hour), to.AddDate(0, 0, 1)), long(from.AddDate(0, 0, -9), to.AddDate(0, 0, 1))}
	m := newMirror(t, x.open(), "event", user.Mail)
	m.mustSync()
	for _, id := range ids {
		if m.records[id].Data == nil {
			t.Fatal("an event that overlaps the edge is not listed")
		}
		if err := x.ctl.DeleteEvent(user.Mail, id); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		x.ctl.ExpireDelta("")
		x.ctl.Advance(24 * time.Hour)
		m.mustSync()
	}
	for i, id := range ids {
		if _, there := m.records[id]; there {
			t.Errorf("the deletion of event %d is lost", i)
		}
	}
}

func (x *tenant) event(user graphsim.User, e map[string]any) string {
	x.t.Helper()
	id, err := x.ctl.CreateEvent(user.Mail, e)
	if err != nil {
		x.t.Fatal(err)
	}
	return id
}

// TestSeriesThatCannotBeListedStopsOnlyItself: and a mailbox that is throttled meanwhile is read again from the same position.
func TestSeriesThatCannotBeListedStopsOnlyItself(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 62, Small: true})
	user := x.mailbox(0)
	m := newMirror(t, x.open(), "event", user.Mail)
	m.mustSync()
	series, other := x.event(user, weekly("krank", "2026-11-23")), x.event(user, once("gesund", noon))
	read := func() (failed, read []string, err error) {
		req := sdk.StepRequest{Step: "event", Read: &sdk.ReadRequest{Partition: m.part, Scope: m.scope, Cursor: m.cursor}}
		_, err = sdk.RunStep(t.Context(), m.conn, req, func(b sdk.Batch) error {
			if b.Full {
				t.Error("a full round")
			}
			for _, f := range b.Failed {
				failed = append(failed, f.Key)
			}
			for _, r := range b.Records {
				read = append(read, r.Key)
			}
			return nil
		})
		return failed, read, err
	}
	for _, status := range []int{400, 403 + 2, 500} {
		x.ctl.Fail(graphsim.Rule{Path: "/users/*/events/*/instances", Times: -1, Status: status, Code: "ErrorCorruptData"})
		failed, keys, err := read()
		if err != nil || fmt.Sprint(failed) != fmt.Sprint([]string{series}) || !strings.Contains(fmt.Sprint(keys), other) {
			t.Errorf("status %d: failed %v, %d records, %v", status, failed, len(keys), err)
		}
		x.ctl.ClearFaults()
	}
	x.ctl.Fail(graphsim.Rule{Path: "/users/*/events/*/instances", Times: -1, Status: 429, RetryAfter: time.Hour})
	if failed, _, err := read(); sdk.KindOf(errOr(err)) != sdk.Throttled || sdk.AsError(err).RetryAfter == 0 || len(failed) != 0 {
		t.Errorf("throttled: failed %v, %v", failed, err)
	}
}

func TestEventThatMayHaveBeenASeriesSaysThatNothingOfItIsLeft(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 63, Small: true})
	user := x.mailbox(0)
	m := newMirror(t, x.open(), "event", user.Mail)
	m.mustSync()
	id := x.event(user, weekly("Serie", "2026-11-23"))
	m.mustSync()
	if _, err := x.ctl.UpdateEvent(user.Mail, id, map[string]any{"recurrence": nil}); err != nil {
		t.Fatal(err)
	}
	m.mustSync()
	x.compare(m, user, "a series became a single event")
	said := false
	for _, b := range m.batches {
		for _, s := range b.Sets {
			said = said || s.Parent == id && len(s.Keys) == 0
		}
	}
	if !said {
		t.Error("its occurrences are not said to be gone")
	}
	if _, err := x.ctl.UpdateEvent(user.Mail, id, map[string]any{"recurrence": weekly("", "2026-11-23")["recurrence"]}); err != nil {
		t.Fatal(err)
	}
	m.mustSync()
	x.compare(m, user, "and a series again")
}

// TestPageThatGrowsIsHandedOverInParts: twenty series of a hundred occurrences on one page.
func TestPageThatGrowsIsHandedOverInParts(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 64, Small: true})
	user := x.mailbox(0)
	m := newMirror(t, x.open(), "event", user.Mail)
	m.mustSync()
	for n := range 24 {
		e := weekly(fmt.Sprint("täglich ", n), "2026-10-26")
		e["recurrence"].(map[string]any)["pattern"] = map[string]any{"type": "daily", "interval": 1}
		x.event(user, e)
	}
	m.mustSync()
	from, to := span(noon)
	st, err := x.ctl.State(user.Mail, from, to)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range st.Masters {
		if !strings.HasPrefix(e["subject"].(string), "täglich") {
			continue
		}
		ids, err := x.ctl.Occurrences(user.Mail, e["id"].(string), from, to)
		if err == nil {
			err = x.ctl.DeleteEvent(user.Mail, ids[3])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	before := m.cursor
	m.stopAt = 2
	if err := m.sync(); !errors.Is(err, errHost) || string(m.cursor) != string(before) {
		t.Fatalf("stopped within the page: %v, the cursor has moved: %t", err, string(m.cursor) != string(before))
	}
	m.stopAt = 0
	m.mustSync()
	x.compare(m, user, "in parts")
	for i, b := range m.batches {
		last := i == len(m.batches)-1
		if b.Start != (i == 0) || b.Done != last || (b.Cursor != nil) != last || b.Full || len(b.Records) > sdk.MaxBatchRecords {
			t.Errorf("batch %d of %d: start %t, done %t, cursor %t, %d records", i, len(m.batches), b.Start, b.Done, b.Cursor != nil, len(b.Records))
		}
	}
}

// TestSlowServiceIsNoSilence: while a page is asked for again and again, the host hears of it.
func TestSlowServiceIsNoSilence(t *testing.T) {
	t.Parallel()
	var ticks atomic.Int64
	x := newTenant(t, graphsim.Config{Seed: 65, Small: true, TokenLife: 24 * time.Hour, Now: func() time.Time { return noon.Add(time.Duration(ticks.Add(1)) * 5 * time.Second) }})
	user := x.mailbox(0)
	m := newMirror(t, x.open(), "event", user.Mail)
	x.ctl.Fail(graphsim.Rule{Path: "/users/*/calendarView/delta*", Times: 10, Status: 504})
	m.mustSync()
	first, last := m.batches[0], m.batches[len(m.batches)-1]
	if len(first.Records) != 0 || first.Cursor != nil || !first.Start || !first.Full || first.Reach[0] == "" || last.Start || !last.Done {
		t.Errorf("%d batches, the first is %+v", len(m.batches), first)
	}
	x.compare(m, user, "after a slow beginning")
}

// TestSeriesThatIsOverIsNotAskedForForEver: once its end has left the window, a full round does not expect it any more.
func TestSeriesThatIsOverIsNotAskedForForEver(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 66, Small: true})
	user := x.mailbox(0)
	m := newMirror(t, x.open(), "event", user.Mail)
	at := map[string]string{}
	for name, r := range map[string]map[string]any{
		"numbered": {"type": "numbered", "startDate": "2026-11-23", "numberOfOccurrences": 3},
		"many":     {"type": "numbered", "startDate": "2026-11-23", "numberOfOccurrences": 500},
		"dated":    {"type": "endDate", "startDate": "2026-11-23", "endDate": "2026-12-07"},
		"endless":  {"type": "noEnd", "startDate": "2026-11-23"},
	} {
		e := weekly(name, "2026-11-23")
		r["recurrenceTimeZone"] = "UTC"
		e["recurrence"].(map[string]any)["range"] = r
		at[x.event(user, e)] = map[string]string{"numbered": "2026-12-14T09:00:00Z", "dated": "2026-12-07T00:00:00Z"}[name]
	}
	m.mustSync()
	for id, want := range at {
		if r := m.records[id]; r.At != want {
			t.Errorf("%s lies at %q, want %q", r.Data, r.At, want)
		}
	}
}
