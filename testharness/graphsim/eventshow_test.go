package graphsim

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestIDsAreTranslated(t *testing.T) {
	t.Parallel()
	r := empty(t)
	box := r.box(0)
	r.do("POST", box+"/calendars", map[string]any{"name": "Zweiter"}, 201)
	rest := r.do("POST", box+"/events", eventAt("x", epoch, time.Hour, "UTC"), 201)["id"].(string)
	moved, err := r.ctl.MoveToCalendar(r.users[0].UPN, rest, "Zweiter")
	if err != nil {
		t.Fatal(err)
	}
	translate := func(from, to, id string) string {
		t.Helper()
		body := map[string]any{"inputIds": []string{id, "kaputt"}, "sourceIdType": from, "targetIdType": to}
		rows := values(r.do("POST", box+"/translateExchangeIds", body, 200))
		if len(rows) != 2 || rows[0]["sourceId"] != id || rows[1]["targetId"] != nil || rows[1]["errorDetails"].(map[string]any)["code"] != "ErrorInvalidIdMalformed" {
			t.Fatalf("%v", rows)
		}
		target, _ := rows[0]["targetId"].(string)
		return target
	}
	immutable := translate("restId", "restImmutableEntryId", moved)
	if want := r.get(box+"/events/"+moved, `Prefer: IdType="ImmutableId"`)["id"]; immutable != want {
		t.Errorf("%s, want %v", immutable, want)
	}
	if back := translate("restImmutableEntryId", "restId", immutable); back != moved {
		t.Errorf("back: %s, want %s", back, moved)
	}
	for _, format := range idFormats {
		if got := translate(format, "restId", translate("restId", format, moved)); got != moved {
			t.Errorf("by %s: %s, want %s", format, got, moved)
		}
	}
	for name, body := range map[string]map[string]any{
		"unknown format": {"inputIds": []string{rest}, "sourceIdType": "x", "targetIdType": "restId"},
		"no format":      {"inputIds": []string{rest}},
		"no ids":         {"inputIds": []string{}, "sourceIdType": "restId", "targetIdType": "restId"},
		"too many":       {"inputIds": strings.Split(strings.Repeat("a", 1001), ""), "sourceIdType": "restId", "targetIdType": "restId"},
		"not a list":     {"inputIds": 5, "sourceIdType": "restId", "targetIdType": "restId"},
	} {
		if a := r.send("POST", box+"/translateExchangeIds", body); a.status != 400 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	other := values(r.do("POST", r.box(1)+"/translateExchangeIds", map[string]any{"inputIds": []string{moved}, "sourceIdType": "restId", "targetIdType": "ewsId"}, 200))
	if other[0]["errorDetails"].(map[string]any)["code"] != "ErrorItemNotFound" {
		t.Errorf("an id of another mailbox: %v", other)
	}
}

func TestWritesCanAnswerWithoutABody(t *testing.T) {
	t.Parallel()
	r := empty(t)
	minimal := "Prefer: return=minimal"
	a := r.send("POST", r.box(0)+"/events", eventAt("x", epoch, time.Hour, "UTC"), minimal)
	if a.status != 204 || a.body != nil || a.header.Get("Location") == "" || a.header.Get("Preference-Applied") != "return=minimal" {
		t.Errorf("%d %v %v", a.status, a.body, a.header)
	}
	path := r.box(0) + "/events/" + r.only(r.box(0))["id"].(string)
	if a := r.send("PATCH", path, map[string]any{"subject": "y"}, minimal); a.status != 204 || a.body != nil || a.header.Get("ETag") == "" {
		t.Errorf("%d %v", a.status, a.body)
	}
	if got := r.get(path, minimal)["subject"]; got != "y" {
		t.Errorf("subject %v", got)
	}
}

func TestEventsExpandTheirCalendarButNotTheirInstances(t *testing.T) {
	t.Parallel()
	r := empty(t)
	id := r.weekly(r.box(0))
	path := r.box(0) + "/events/" + id
	cal := r.get(path + "?$select=subject&$expand=calendar($select=name)")["calendar"].(map[string]any)
	if cal["name"] != "Kalender" || cal["id"] == nil || cal["color"] != nil {
		t.Errorf("%v", cal)
	}
	r.refused(r.send("GET", path+"?$expand=instances", nil), 400, "ErrorInvalidParameter")
	r.refused(r.send("GET", path+"/instances", nil), 400, "ErrorInvalidParameter")
	occurrence := r.instances(r.box(0), id)[1]["id"].(string)
	r.refused(r.send("GET", r.box(0)+"/events/"+occurrence+"/instances?"+month(), nil), 400, "ErrorInvalidRequest")
}

func TestOccurrencesShareAnICalUIDOrNot(t *testing.T) {
	t.Parallel()
	for _, same := range []bool{false, true} {
		r := newRig(t, Config{Users: 1, EventsPerUser: -1, SameICalUID: same, WireNoise: true})
		id := r.weekly(r.box(0))
		seen := map[any]bool{r.get(r.box(0) + "/events/" + id)["iCalUId"]: true}
		uids := map[any]bool{}
		for _, row := range r.instances(r.box(0), id) {
			seen[row["iCalUId"]], uids[row["uid"]] = true, true
			if !strings.HasPrefix(row["occurrenceId"].(string), "OID."+id+".") || row["calendar@odata.navigationLink"] == nil {
				t.Errorf("%v %v", row["occurrenceId"], row["calendar@odata.navigationLink"])
			}
		}
		if want := map[bool]int{false: 11, true: 1}[same]; len(seen) != want || len(uids) != 1 {
			t.Errorf("same %t: %d ids and %d uids, want %d and 1", same, len(seen), len(uids), want)
		}
	}
}

func TestARecurrenceWithoutAZoneIsInItsEvents(t *testing.T) {
	t.Parallel()
	r := empty(t)
	start := time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)
	id := r.do("POST", r.box(0)+"/events", eventAt("spät", start, time.Hour, "Tokyo Standard Time"), 201)["id"].(string)
	rule := weeklyRule(start, "", 3, "monday")
	delete(rule["range"].(map[string]any), "recurrenceTimeZone")
	got := r.do("PATCH", r.box(0)+"/events/"+id, map[string]any{"recurrence": rule}, 200)
	if zone := got["recurrence"].(map[string]any)["range"].(map[string]any)["recurrenceTimeZone"]; zone != "Tokyo Standard Time" {
		t.Errorf("zone %v", zone)
	}
	if diff := cmp.Diff("2026-11-22T15:30:00.0000000", got["start"].(map[string]any)["dateTime"]); diff != "" {
		t.Error(diff)
	}
}

func TestUpdatesCanBeLost(t *testing.T) {
	t.Parallel()
	r := empty(t)
	path := r.meet(nil)
	if err := r.ctl.LoseUpdates(r.users[0].UPN, 1); err != nil {
		t.Fatal(err)
	}
	if got := r.do("PATCH", path, map[string]any{"subject": "neu"}, 200)["subject"]; got != "neu" {
		t.Errorf("answered %v", got)
	}
	if got := r.get(path)["subject"]; got != "Planung" {
		t.Errorf("kept %v", got)
	}
	r.do("PATCH", path, map[string]any{"subject": "neu"}, 200)
	if got := r.get(path)["subject"]; got != "neu" {
		t.Errorf("kept %v", got)
	}
}

func TestReadBasicShowsNoBody(t *testing.T) {
	t.Parallel()
	r := empty(t)
	path := r.meet(map[string]any{"body": map[string]any{"contentType": "text", "content": "geheim"}})
	r.ctl.SetRoles("Calendars.ReadBasic")
	r.signIn()
	got := r.get(path)
	if got["subject"] != "Planung" || got["body"] != nil || got["bodyPreview"] != nil {
		t.Errorf("%v", got)
	}
	r.refused(r.send("GET", r.box(0)+"/calendarView/delta?"+month(), nil), 403, "ErrorAccessDenied")
}
