package msgraph_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

// span is the window that newTenant's settings make of a day.
func span(now time.Time) (from, to time.Time) {
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	return day.AddDate(0, -1, 0), day.AddDate(0, 3, 0)
}

// shown brings an event into the form in which the simulator's truth and the connector's records are compared: what delta tells of it.
func shown(e map[string]any) string {
	when := func(name string) string {
		m, _ := e[name].(map[string]any)
		s, _ := m["dateTime"].(string)
		return strings.TrimSuffix(s, ".0000000")
	}
	var guests []string
	list, _ := e["attendees"].([]any)
	for _, a := range list {
		m, _ := a.(map[string]any)["emailAddress"].(map[string]any)
		guests = append(guests, fmt.Sprint(m["address"]))
	}
	slices.Sort(guests)
	return fmt.Sprintln(e["type"], e["subject"], when("start"), when("end"), e["isAllDay"], e["isCancelled"], e["showAs"], e["seriesMasterId"], guests)
}

// truth is what the connector should deliver of a mailbox: everything in the window, without the meetings whose organiser is selected
// too, and without the other selected users in the meetings of outsiders.
func (x *tenant) truth(user graphsim.User) map[string]string {
	x.t.Helper()
	from, to := span(x.ctl.Now())
	st, err := x.ctl.State(user.Mail, from, to)
	if err != nil {
		x.t.Fatal(err)
	}
	selected := map[string]bool{}
	for _, u := range x.ctl.Users() {
		if u.Mail != "" && !u.Guest {
			selected[strings.ToLower(u.Mail)], selected[strings.ToLower(u.UPN)] = true, true
		}
	}
	own := map[string]bool{strings.ToLower(user.Mail): true, strings.ToLower(user.UPN): true}
	want := map[string]string{}
	for _, e := range append(st.Events, st.Masters...) {
		org := strings.ToLower(organizer(e))
		if e["isOrganizer"] != true && selected[org] && !own[org] {
			continue
		}
		if e["isOrganizer"] != true && !selected[org] {
			e["attendees"] = slices.DeleteFunc(e["attendees"].([]any), func(a any) bool {
				addr := strings.ToLower(a.(map[string]any)["emailAddress"].(map[string]any)["address"].(string))
				return selected[addr] && !own[addr]
			})
		}
		want[e["id"].(string)] = shown(e)
	}
	return want
}

func organizer(e map[string]any) string {
	o, _ := e["organizer"].(map[string]any)
	m, _ := o["emailAddress"].(map[string]any)
	s, _ := m["address"].(string)
	return s
}

// held is the content of a mirror in the same form.
func (m *mirror) held() map[string]string {
	m.t.Helper()
	got := map[string]string{}
	for k, r := range m.records {
		var e map[string]any
		if err := r.Decode(&e); err != nil {
			m.t.Fatalf("%s: %v in %s", k, err, r.Data)
		}
		if e["id"] != k || e["isDeleted"] != false || e["user"] == nil || r.Stamp == "" {
			m.t.Fatalf("the record %s has wrong key, stamp or added fields: %s", k, r.Data)
		}
		got[k] = shown(e)
	}
	return got
}

func (x *tenant) compare(m *mirror, user graphsim.User, when string) {
	x.t.Helper()
	if d := cmp.Diff(x.truth(user), m.held()); d != "" {
		x.t.Fatalf("%s: the mirror differs from the mailbox (-want +got):\n%s", when, d)
	}
}

func TestEventStepBringsTheWindow(t *testing.T) {
	t.Parallel()
	for _, noise := range []bool{false, true} {
		x := newTenant(t, graphsim.Config{Seed: 1, WireNoise: noise})
		conn := x.open()
		kinds := map[string]int{}
		for n := range 6 {
			user := x.mailbox(n)
			m := newMirror(t, conn, "event", user.Mail)
			m.mustSync()
			x.compare(m, user, "first round")
			for i, b := range m.batches {
				if b.Start != (i == 0) || b.Done != (i == len(m.batches)-1) || !b.Full || b.Reach != [2]string{"2026-10-20T00:00:00Z", "2027-02-20T00:00:00Z"} {
					t.Errorf("batch %d: start %v, done %v, full %v, reach %v", i, b.Start, b.Done, b.Full, b.Reach)
				}
			}
			for _, r := range m.records {
				var e map[string]any
				_ = r.Decode(&e)
				kinds[fmt.Sprint(e["type"])]++
				kinds["external "+fmt.Sprint(e["isExternalOrganizer"])]++
			}
			x.ctl.ResetRequests()
			m.mustSync()
			if c := x.ctl.Counts(); c.Total != 1 || len(m.ops) != 0 || m.batches[0].Full || !m.batches[0].Start || !m.batches[0].Done {
				t.Fatalf("a quiet run made %v and %v", c, m.ops)
			}
		}
		for _, kind := range []string{"singleInstance", "seriesMaster", "occurrence", "exception", "external true", "external false"} {
			if kinds[kind] == 0 {
				t.Errorf("the mailboxes have no %s: %v", kind, kinds)
			}
		}
	}
}

func TestEventStepFollowsChanges(t *testing.T) {
	t.Parallel()
	for _, removedRows := range []bool{false, true} {
		x := newTenant(t, graphsim.Config{Seed: 2, Users: 6, OccurrenceRemoved: removedRows})
		user := x.mailbox(0)
		m := newMirror(t, x.open(), "event", user.Mail)
		m.mustSync()
		series, err := x.ctl.CreateEvent(user.Mail, weekly("Serie", "2026-11-23"))
		if err != nil {
			t.Fatal(err)
		}
		m.mustSync()
		x.compare(m, user, "a new series")
		from, to := span(x.ctl.Now())
		ids, err := x.ctl.Occurrences(user.Mail, series, from, to)
		if err != nil || len(ids) < 8 {
			t.Fatal(ids, err)
		}
		single := x.anySingle(user)
		for _, step := range []struct {
			name string
			do   func() error
			ops  map[sdk.Op]int // at least
		}{
			{"an occurrence is deleted", func() error { return x.ctl.DeleteEvent(user.Mail, ids[2]) }, map[sdk.Op]int{sdk.Delete: 1}},
			{"an occurrence becomes an exception", func() error {
				_, err := x.ctl.UpdateEvent(user.Mail, ids[3], map[string]any{"subject": "Ausnahme"})
				return err
			}, map[sdk.Op]int{sdk.Upsert: 1}},
			{"an exception moves out of the window", func() error { return x.ctl.MoveEvent(user.Mail, ids[3], noon.AddDate(0, 0, 21)) }, nil},
			{"the series is renamed", func() error {
				_, err := x.ctl.UpdateEvent(user.Mail, series, map[string]any{"subject": "Serie neu"})
				return err
			}, map[sdk.Op]int{sdk.Upsert: 5}},
			{"an event is renamed", func() error {
				_, err := x.ctl.UpdateEvent(user.Mail, single, map[string]any{"subject": "Neu"})
				return err
			}, map[sdk.Op]int{sdk.Upsert: 1}},
			{"an event moves within the window", func() error { return x.ctl.MoveEvent(user.Mail, single, noon.AddDate(0, 0, 9)) }, map[sdk.Op]int{sdk.Upsert: 1}},
			{"an event outside the window is made", func() error {
				_, err := x.ctl.CreateEvent(user.Mail, once("Fern", noon.AddDate(1, 0, 0)))
				return err
			}, map[sdk.Op]int{}},
			{"the series is deleted", func() error { return x.ctl.DeleteEvent(user.Mail, series) }, map[sdk.Op]int{sdk.Delete: 6}},
			{"an event is deleted", func() error { return x.ctl.DeleteEvent(user.Mail, single) }, map[sdk.Op]int{sdk.Delete: 1}},
		} {
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			m.mustSync()
			x.compare(m, user, step.name)
			for op, n := range step.ops {
				if m.ops[op] < n {
					t.Errorf("%s: %v, want at least %d %s", step.name, m.ops, n, op)
				}
			}
			if m.batches[0].Full {
				t.Errorf("%s: a full round", step.name)
			}
			m.mustSync()
			if len(m.ops) != 0 {
				t.Errorf("%s: the run after it brings %v", step.name, m.ops)
			}
		}
	}
}

func TestEventMovedOutOfTheWindowIsKeptUpToDateAndNeverDeleted(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 3})
	user := x.mailbox(0)
	m := newMirror(t, x.open(), "event", user.Mail)
	m.mustSync()
	single := x.anySingle(user)
	if err := x.ctl.MoveEvent(user.Mail, single, noon.AddDate(2, 0, 0)); err != nil {
		t.Fatal(err)
	}
	m.mustSync()
	if m.ops[sdk.Delete] != 0 || m.ops[sdk.Missing] != 1 || !strings.Contains(string(m.records[single].Data), `"dateTime":"2028-11-20T12:00:00"`) {
		t.Fatalf("%v, %s", m.ops, m.records[single].Data)
	}
}

func (x *tenant) anySingle(user graphsim.User) string {
	x.t.Helper()
	from, to := span(x.ctl.Now())
	st, err := x.ctl.State(user.Mail, from, to)
	if err != nil {
		x.t.Fatal(err)
	}
	for _, e := range st.Events {
		if e["type"] == "singleInstance" && e["isOrganizer"] == true && e["isAllDay"] != true {
			return e["id"].(string)
		}
	}
	x.t.Fatal("the mailbox has no single event")
	return ""
}

func moment(t time.Time) map[string]any {
	return map[string]any{"dateTime": t.Format("2006-01-02T15:04:05"), "timeZone": "UTC"}
}

func once(subject string, at time.Time) map[string]any {
	return map[string]any{"subject": subject, "start": moment(at), "end": moment(at.Add(time.Hour))}
}

func weekly(subject, first string) map[string]any {
	at, err := time.Parse(time.DateOnly, first)
	if err != nil {
		panic(err)
	}
	e := once(subject, at.Add(9*time.Hour))
	e["recurrence"] = map[string]any{
		"pattern": map[string]any{"type": "weekly", "interval": 1, "daysOfWeek": []string{strings.ToLower(at.Weekday().String())}},
		"range":   map[string]any{"type": "noEnd", "startDate": first, "recurrenceTimeZone": "UTC"},
	}
	return e
}

func TestEventRoundIsResumedAfterEveryBatch(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 4, Users: 5})
	user := x.mailbox(1)
	if err := x.ctl.BigMailbox(user.Mail, 1900); err != nil {
		t.Fatal(err)
	}
	whole := newMirror(t, x.open(), "event", user.Mail)
	whole.mustSync()
	x.compare(whole, user, "without interruption")
	if len(whole.batches) < 4 {
		t.Fatalf("only %d batches", len(whole.batches))
	}
	for n := 1; n <= len(whole.batches); n++ {
		m := newMirror(t, x.open(), "event", user.Mail)
		m.stopAt = n
		if err := m.sync(); !errors.Is(err, errHost) || sdk.KindOf(err) != sdk.Internal {
			t.Fatalf("stopped at %d: %v", n, err)
		}
		if len(m.cursor) > sdk.MaxCursor {
			t.Fatalf("a cursor of %d bytes", len(m.cursor))
		}
		m.stopAt = 0
		m.mustSync()
		x.compare(m, user, fmt.Sprintf("resumed after batch %d", n))
		if n < len(whole.batches) && m.batches[0].Start {
			t.Fatalf("resumed after batch %d: the round began anew", n)
		}
	}
}

func TestEventWindowMovesWithTheDay(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 5})
	user := x.mailbox(0)
	m := newMirror(t, x.open(), "event", user.Mail)
	m.mustSync()
	x.ctl.Advance(24 * time.Hour)
	m.mustSync()
	if b := m.batches[0]; !b.Full || !b.Start || b.Reach != [2]string{"2026-10-21T00:00:00Z", "2027-02-21T00:00:00Z"} {
		t.Fatalf("the next day: %+v", b)
	}
	if m.ops[sdk.Delete]+m.ops[sdk.Missing] != 0 {
		t.Fatalf("what fell out of the window was touched: %v", m.ops)
	}
	// Other settings make another window on the same day; the same settings do not.
	for months, full := range map[string]bool{"3": false, "2": true} {
		o := newMirror(t, x.with("future_months", months).open(), "event", user.Mail)
		o.cursor, o.records = slices.Clone(m.cursor), m.records
		o.mustSync()
		if o.batches[0].Full != full {
			t.Errorf("future_months %s: full %v", months, o.batches[0].Full)
		}
	}
	w := newMirror(t, x.with("window_days", "3").open(), "event", user.Mail)
	w.mustSync()
	for day, full := range []bool{false, false, true, false} {
		x.ctl.Advance(24 * time.Hour)
		if w.mustSync(); w.batches[0].Full != full {
			t.Errorf("window_days 3, day %d: full %v", day+1, w.batches[0].Full)
		}
	}
}
