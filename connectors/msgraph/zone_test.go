package msgraph_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

func TestTimesComeInThePreferredZone(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 60, Small: true})
	user := x.mailbox(0)
	timed, err := x.ctl.CreateEvent(user.Mail, once("mit Zeit", noon))
	if err != nil {
		t.Fatal(err)
	}
	allDay := once("ganztags", time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC))
	allDay["isAllDay"], allDay["end"] = true, moment(time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC))
	day, err := x.ctl.CreateEvent(user.Mail, allDay)
	if err != nil {
		t.Fatal(err)
	}
	for setting, c := range map[string]struct{ start, zone, day, from string }{
		"":                          {"2026-11-20T12:00:00", "UTC", "2026-11-24T00:00:00", "2026-10-20T00:00:00Z"},
		"Europe/Berlin":             {"2026-11-20T13:00:00", "W. Europe Standard Time", "2026-11-24T00:00:00", "2026-10-19T22:00:00Z"},
		"Pacific Standard Time":     {"2026-11-20T04:00:00", "Pacific Standard Time", "2026-11-24T00:00:00", "2026-10-20T07:00:00Z"},
		"AUS Eastern Standard Time": {"2026-11-20T23:00:00", "AUS Eastern Standard Time", "2026-11-24T00:00:00", "2026-10-19T13:00:00Z"},
	} {
		m := newMirror(t, x.with("time_zone", setting).open(), "event", user.Mail)
		m.mustSync()
		type when struct {
			DateTime string `json:"dateTime"`
			TimeZone string `json:"timeZone"`
		}
		var e, d struct{ Start when }
		if err := m.records[timed].Decode(&e); err != nil {
			t.Fatal(err)
		}
		if err := m.records[day].Decode(&d); err != nil {
			t.Fatal(err)
		}
		if e.Start.DateTime != c.start || e.Start.TimeZone != c.zone || d.Start.DateTime != c.day || m.records[timed].At != "2026-11-20T12:59:59Z" || m.records[day].At != "2026-11-24T23:59:59Z" || m.batches[0].Reach[0] != c.from {
			t.Errorf("%q: %+v at %s, %+v at %s, reach %v", setting, e.Start, m.records[timed].At, d.Start, m.records[day].At, m.batches[0].Reach)
		}
	}
}

func TestSchemaIsReadFromTheService(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 61, Small: true})
	c := x.open()
	for range 2 {
		s, err := c.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range []string{"event", "task", "contact"} {
			o := s.Object(object)
			if o == nil || o.Field("id") == nil || o.Field("user") == nil || o.Idempotency != sdk.ByIntent || !o.Allow.Partitioned {
				t.Fatalf("%s: %+v", object, o)
			}
		}
	}
	if n := x.ctl.Counts().Class["GET /$metadata"]; n != 1 {
		t.Errorf("the document was read %d times: %s", n, x.ctl.Counts())
	}
	x.ctl.Fail(graphsim.Rule{Path: "/$metadata", Times: -1, Status: 200, Body: "<html>"})
	if _, err := x.open().Schema(t.Context()); sdk.KindOf(err) != sdk.Unavailable || !strings.Contains(err.Error(), "byte") {
		t.Errorf("a page of a proxy: %v", err)
	}
}

func TestCheckTellsWhatWorks(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 62, Small: true})
	levels := func(c sdk.Conn) map[string]sdk.Level {
		t.Helper()
		list, err := sdk.Check(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]sdk.Level{}
		for _, f := range list {
			m[f.Name] = max(m[f.Name], f.Level)
		}
		return m
	}
	got := levels(x.open())
	for _, name := range []string{"sign_in", "users", "read_event", "read_task", "read_contact"} {
		if l, ok := got[name]; !ok || l != sdk.OK {
			t.Errorf("%s: %v", name, got)
		}
	}
	x.ctl.SetRoles("User.Read.All", "Calendars.ReadWrite")
	y := x.with()
	y.params = &memParams{}
	if got := levels(y.open()); got["read_event"] != sdk.OK || got["read_task"] != sdk.Failed || got["read_contact"] != sdk.Failed {
		t.Errorf("without permissions: %v", got)
	}
	y = x.with("client_secret", "falsch")
	y.params = &memParams{}
	if got := levels(y.open()); got["sign_in"] != sdk.Failed || len(got) != 1 {
		t.Errorf("a wrong secret: %v", got)
	}
}

// TestDayOfATaskIsTheDayThatWasMeant: To Do hands the midnight of somebody's zone out in another one, where it may be the day before.
func TestDayOfATaskIsTheDayThatWasMeant(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 26, Small: true})
	user := x.mailbox(0)
	in := func(zone, at string) map[string]any { return map[string]any{"dateTime": at, "timeZone": zone} }
	ids := map[string]string{}
	for _, zone := range []string{"W. Europe Standard Time", "Pacific Standard Time", "Tokyo Standard Time", "UTC"} {
		id, err := x.ctl.CreateTask(user.Mail, map[string]any{
			"title": zone, "dueDateTime": in(zone, "2026-09-26T17:30:00"), "startDateTime": in(zone, "2026-09-25T00:00:00"), "reminderDateTime": in(zone, "2026-09-25T07:30:00"),
		})
		if err != nil {
			t.Fatal(err)
		}
		ids[id] = zone
	}
	for setting, name := range map[string]string{"": "UTC", "Europe/Berlin": "W. Europe Standard Time"} {
		conn := x.with("time_zone", setting).open()
		m := newMirror(t, conn, "task", user.Mail)
		m.mustSync()
		for id, zone := range ids {
			var e struct {
				Due      map[string]string `json:"dueDateTime"`
				Start    map[string]string `json:"startDateTime"`
				Reminder map[string]string `json:"reminderDateTime"`
			}
			if err := m.records[id].Decode(&e); err != nil {
				t.Fatal(err)
			}
			if e.Due["dateTime"] != "2026-09-26T00:00:00" || e.Start["dateTime"] != "2026-09-25T00:00:00" || e.Due["timeZone"] != name || len(e.Reminder["dateTime"]) != len("2026-09-25T07:30:00") {
				t.Errorf("set in %q, read in %q: due %v, start %v, reminder %v", zone, name, e.Due, e.Start, e.Reminder)
			}
			if zone == name && e.Reminder["dateTime"] != "2026-09-25T07:30:00" {
				t.Errorf("set and read in %q: the reminder is at %v", zone, e.Reminder)
			}
		}
		found, err := sdk.Find(t.Context(), conn, sdk.FindRequest{Object: "task", Records: []sdk.Record{{
			Partition: m.part, Data: data(map[string]any{"title": "Pacific Standard Time", "dueDateTime": in(name, "2026-09-26T00:00:00.0000000")}),
		}}})
		if err != nil || len(found) != 1 {
			t.Errorf("found by its day: %v, %v", found, err)
		}
	}
}
