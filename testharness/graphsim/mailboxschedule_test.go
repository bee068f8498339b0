package graphsim

import (
	"strings"
	"testing"
	"time"
)

// ask asks for the free/busy times of a day from 8 to 18 o'clock.
func (r *rig) ask(token *claims, interval int, names ...string) []map[string]any {
	r.Helper()
	body := rawJSON(scheduleBody(epoch.Add(-2*time.Hour), 10*time.Hour, interval, names...))
	rep := r.as(token, "POST", r.box(0)+"/calendar/getSchedule", body)
	if rep.status != 200 {
		r.Fatalf("getSchedule: %d %s", rep.status, rep.body)
	}
	return values(r.decode(strings.NewReader(string(rep.body))))
}

func scheduleBody(from time.Time, d time.Duration, interval int, names ...string) map[string]any {
	return map[string]any{"schedules": names, "startTime": moment(from, "UTC"), "endTime": moment(from.Add(d), "UTC"), "availabilityViewInterval": interval}
}

func TestGetScheduleShowsTimesAndWhatTheCallerMaySee(t *testing.T) {
	t.Parallel()
	r := empty(t)
	add := func(subject, showAs string, hour int, more ...any) {
		e := eventAt(subject, epoch.Add(time.Duration(hour-10)*time.Hour), time.Hour, "UTC")
		e["showAs"], e["location"] = showAs, map[string]any{"displayName": "Raum 1"}
		for i := 0; i+1 < len(more); i += 2 {
			e[more[i].(string)] = more[i+1]
		}
		if _, err := r.ctl.CreateEvent(r.users[1].UPN, e); err != nil {
			t.Fatal(err)
		}
	}
	add("Budget", "busy", 9)
	add("Urlaub", "oof", 11)
	add("vielleicht", "tentative", 9, "sensitivity", "private")
	add("woanders", "workingElsewhere", 14)
	add("frei", "free", 15)
	add("Serie", "tentative", 16, "recurrence", weeklyRule(epoch, "UTC", 3, "sunday"))
	who := r.users[1].Mail

	got := r.ask(app("Calendars.ReadBasic"), 60, who)[0]
	if got["availabilityView"] != "0203004010" || len(got["scheduleItems"].([]any)) != 6 || got["scheduleId"] != who {
		t.Errorf("schedule: %v", got)
	}
	if hours := got["workingHours"].(map[string]any); len(hours["daysOfWeek"].([]any)) != 5 {
		t.Errorf("hours: %v", hours)
	}
	first := got["scheduleItems"].([]any)[0].(map[string]any)
	if first["subject"] != "Budget" || first["location"] != "Raum 1" || first["status"] != "busy" || first["isPrivate"] != false {
		t.Errorf("item: %v", first)
	}
	if v := r.ask(app("Calendars.Read"), 30, who)[0]["availabilityView"]; v != "00220033000044001100" {
		t.Errorf("half hours: %v", v)
	}

	// a person sees what the calendar's sharing shows
	me := r.person(0, "Calendars.ReadBasic")
	for role, subjects := range map[string]int{"freeBusyRead": 0, "limitedRead": 5, "read": 5, "delegateWithPrivateEventAccess": 6} {
		if err := r.ctl.ShareCalendar(r.users[1].UPN, "", r.users[0].UPN, role); err != nil {
			t.Fatal(err)
		}
		seen := 0
		items := r.ask(me, 60, who)[0]["scheduleItems"].([]any)
		for _, item := range items {
			if item.(map[string]any)["subject"] != nil {
				seen++
			}
		}
		if len(items) != 6 || seen != subjects {
			t.Errorf("%s: %d items, %d with subject, want %d", role, len(items), seen, subjects)
		}
	}
	if err := r.ctl.ShareCalendar(r.users[1].UPN, "", r.users[0].UPN, "none"); err != nil {
		t.Fatal(err)
	}
	if e, _ := r.ask(me, 60, who)[0]["error"].(map[string]any); e["responseCode"] != "ErrorNoFreeBusyAccess" {
		t.Errorf("nothing shared: %v", e)
	}
}

func TestGetScheduleKnowsGroupsAndRefusesStrangers(t *testing.T) {
	t.Parallel()
	r := empty(t)
	group := r.do("POST", "/groups", map[string]any{"displayName": "Team", "mailEnabled": true, "mailNickname": "team", "securityEnabled": false}, 201)
	for i := range 2 {
		r.do("POST", "/groups/"+group["id"].(string)+"/members/$ref", map[string]any{"@odata.id": "/" + r.users[i].ID}, 204)
		e := eventAt("x", epoch.Add(time.Duration(i)*time.Hour), time.Hour, "UTC")
		if _, err := r.ctl.CreateEvent(r.users[i].UPN, e); err != nil {
			t.Fatal(err)
		}
	}
	got := r.ask(app("Calendars.Read"), 60, "team@contoso.example", "nobody@contoso.example", r.users[5].Mail)
	if got[0]["availabilityView"] != "0022000000" {
		t.Errorf("group: %v", got[0])
	}
	if err := r.ctl.ShareCalendar(r.users[1].UPN, "", "", "none"); err != nil {
		t.Fatal(err)
	}
	if row := r.ask(r.person(0, "Calendars.ReadBasic"), 60, "team@contoso.example")[0]; row["availabilityView"] != "0020000000" {
		t.Errorf("a group with a member who shares nothing: %v", row)
	}
	for _, row := range got[1:] {
		if e, _ := row["error"].(map[string]any); e["responseCode"] != "ErrorMailRecipientNotFound" || e["message"] == "" {
			t.Errorf("without mailbox: %v", row)
		}
	}
}

func TestGetScheduleRefusesWrongInput(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at, me := r.box(0)+"/calendar/getSchedule", r.users[0].Mail
	many := make([]string, 101)
	for i := range many {
		many[i] = me
	}
	r.do("POST", at, scheduleBody(epoch, time.Hour, 30, many[:100]...), 200)
	r.do("POST", at, scheduleBody(epoch, 62*24*time.Hour, 1440, me), 200)
	for _, tt := range []struct {
		body any
		code string
	}{
		{scheduleBody(epoch, time.Hour, 30, many...), "ErrorMailboxDataArrayTooBig"},
		{scheduleBody(epoch, time.Hour, 30), "ErrorMailboxDataArrayEmpty"},
		{scheduleBody(epoch, time.Hour, 4, me), "ErrorInvalidMergedFreeBusyInterval"},
		{scheduleBody(epoch, time.Hour, 1441, me), "ErrorInvalidMergedFreeBusyInterval"},
		{scheduleBody(epoch, -time.Hour, 30, me), "ErrorInvalidTimeInterval"},
		{scheduleBody(epoch, 63*24*time.Hour, 30, me), "ErrorTimeIntervalTooBig"},
		{map[string]any{"schedules": []string{me}}, "UnableToDeserializePostBody"},
		{map[string]any{"schedules": me}, "UnableToDeserializePostBody"},
		{map[string]any{"schedules": []string{me}, "startTime": moment(epoch, "Mars"), "endTime": moment(epoch, "UTC")}, "TimeZoneNotSupportedException"},
	} {
		r.refused(r.send("POST", at, tt.body), 400, tt.code)
	}
	items := r.do("POST", at, scheduleBody(epoch, time.Hour, 30, me), 200, `Prefer: outlook.timezone="Tokyo Standard Time"`)
	if values(items)[0]["availabilityView"] != "00" {
		t.Errorf("schedule: %v", items)
	}
	if err := r.ctl.BigMailbox(r.users[1].UPN, 2600); err != nil {
		t.Fatal(err)
	}
	full := values(r.do("POST", at, scheduleBody(epoch.AddDate(0, 0, -30), 60*24*time.Hour, 30, r.users[1].Mail), 200))[0]
	if e, _ := full["error"].(map[string]any); e["responseCode"] != "ErrorResultSetTooBig" {
		t.Errorf("more than 1,000 entries: %v", full["error"])
	}
}
