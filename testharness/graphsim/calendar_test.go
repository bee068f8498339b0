package graphsim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func namesOf(rows []map[string]any) []string {
	var out []string
	for _, row := range rows {
		out = append(out, row["name"].(string))
	}
	return out
}

func TestCalendarsAreMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	r := empty(t)
	box := r.box(0)
	made := r.do("POST", box+"/calendars", map[string]any{"name": "Projekte", "color": "lightGreen"}, 201)
	path := box + "/calendars/" + made["id"].(string)
	if made["isRemovable"] != true || made["isDefaultCalendar"] != false || made["color"] != "lightGreen" {
		t.Errorf("%v", made)
	}
	r.refused(r.send("POST", box+"/calendars", map[string]any{"name": "projekte"}), 409, "ErrorFolderExists")
	next := r.do("PATCH", path, map[string]any{"name": "Vorhaben", "color": "lightRed"}, 200)
	if next["name"] != "Vorhaben" || next["color"] != "lightRed" || next["changeKey"] == made["changeKey"] || next["id"] != made["id"] {
		t.Errorf("%v", next)
	}
	r.refused(r.send("PATCH", path, map[string]any{"name": "Kalender"}), 409, "ErrorFolderExists")
	r.refused(r.send("PATCH", path, map[string]any{"color": "rot"}), 400, "UnableToDeserializePostBody")
	r.refused(r.send("PATCH", path, map[string]any{"farbe": "auto"}), 400, "UnableToDeserializePostBody")
	r.refused(r.send("PATCH", path, map[string]any{"name": " "}), 400, "ErrorPropertyValidationFailure")
	r.refused(r.send("POST", box+"/calendars", map[string]any{}), 400, "ErrorPropertyValidationFailure")
	if got := r.do("PATCH", box+"/calendar", map[string]any{"color": "lightBlue"}, 200); got["isDefaultCalendar"] != true || got["color"] != "lightBlue" {
		t.Errorf("%v", got)
	}
	event := r.do("POST", path+"/events", eventAt("x", epoch, time.Hour, "UTC"), 201)["id"].(string)
	if got := r.get(box + "/events/" + event + "/calendar")["name"]; got != "Vorhaben" {
		t.Errorf("the event is in %v", got)
	}
	if n := len(r.all(box + "/events")); n != 0 {
		t.Errorf("%d events in the default calendar", n)
	}
	standard := r.get(box + "/calendar")["id"].(string)
	r.refused(r.send("GET", box+"/calendars/"+standard+"/events/"+event, nil), 404, "ErrorItemNotFound")
	r.refused(r.send("DELETE", box+"/calendars/"+standard, nil), 400, "ErrorDeleteDistinguishedFolder")
	r.refused(r.send("POST", box+"/calendar/permanentDelete", nil), 400, "ErrorDeleteDistinguishedFolder")
	r.do("DELETE", path, nil, 204)
	r.refused(r.send("GET", path, nil), 404, "ErrorItemNotFound")
	r.refused(r.send("GET", box+"/events/"+event, nil), 404, "ErrorItemNotFound")
	r.refused(r.send("GET", box+"/calendars/x", nil), 400, "ErrorInvalidIdMalformed")
}

func TestCalendarGroupsHoldCalendars(t *testing.T) {
	t.Parallel()
	r := empty(t)
	box := r.box(0)
	if diff := cmp.Diff([]string{"My Calendars"}, namesOf(r.all(box+"/calendarGroups"))); diff != "" {
		t.Error(diff)
	}
	standard := box + "/calendarGroups/" + values(r.get(box + "/calendarGroups"))[0]["id"].(string)
	made := r.do("POST", box+"/calendarGroups", map[string]any{"name": "Werk"}, 201)
	group := box + "/calendarGroups/" + made["id"].(string)
	r.refused(r.send("POST", box+"/calendarGroups", map[string]any{"name": "werk"}), 409, "ErrorFolderExists")
	r.refused(r.send("PATCH", standard, map[string]any{"name": "x"}), 400, "ErrorInvalidRequest")
	r.refused(r.send("POST", box+"/calendarGroups", map[string]any{"nom": "x"}), 400, "UnableToDeserializePostBody")
	cal := r.do("POST", group+"/calendars", map[string]any{"name": "Schicht"}, 201)["id"].(string)
	for path, want := range map[string][]string{standard: {"Kalender"}, group: {"Schicht"}} {
		if diff := cmp.Diff(want, namesOf(r.all(path+"/calendars"))); diff != "" {
			t.Error(diff)
		}
	}
	r.refused(r.send("GET", standard+"/calendars/"+cal+"/events", nil), 404, "ErrorItemNotFound")
	at := group + "/calendars/" + cal
	event := r.do("POST", at+"/events", eventAt("Früh", epoch, time.Hour, "UTC"), 201)["id"].(string)
	r.do("PATCH", at+"/events/"+event, map[string]any{"subject": "Spät"}, 200)
	if rows := values(r.get(at + "/calendarView?" + month())); len(rows) != 1 || rows[0]["subject"] != "Spät" {
		t.Errorf("%v", rows)
	}
	rows, _ := r.round(at + "/events/delta?" + month())
	if diff := cmp.Diff([]string{event}, ids(rows)); diff != "" {
		t.Error(diff)
	}
	r.refused(r.send("GET", at+"/calendarView/delta?"+month(), nil), 400, "BadRequest")
	if got := r.do("PATCH", group, map[string]any{"name": "Fabrik"}, 200); got["name"] != "Fabrik" || got["changeKey"] == made["changeKey"] {
		t.Errorf("%v", got)
	}
	r.refused(r.send("DELETE", group, nil), 400, "ErrorCalendarGroupIsNotEmpty")
	r.do("DELETE", at, nil, 204)
	r.do("DELETE", group, nil, 204)
	r.refused(r.send("GET", group, nil), 404, "ErrorItemNotFound")
}

func TestACalendarsIDCanChangeAfterItsMaking(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 1, EventsPerUser: -1, CalendarIDChanges: true})
	made := r.do("POST", r.box(0)+"/calendars", map[string]any{"name": "Projekte"}, 201)["id"]
	listed := ids(r.all(r.box(0) + "/calendars"))[1]
	if made == listed {
		t.Error("the id stays")
	}
	r.get(r.box(0) + "/calendars/" + listed)
}
