package graphsim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func attendees(addresses ...string) []any {
	var out []any
	for _, a := range addresses {
		out = append(out, map[string]any{"type": "required", "emailAddress": map[string]any{"address": a}})
	}
	return out
}

// only returns the one event of a mailbox.
func (r *rig) only(box string) map[string]any {
	r.Helper()
	rows := r.all(box + "/events")
	if len(rows) != 1 {
		r.Fatalf("%d events in %s, want 1", len(rows), box)
	}
	return rows[0]
}

func (r *rig) mails() []string {
	var out []string
	for _, m := range r.ctl.Outbox() {
		for _, to := range m.To {
			out = append(out, m.Kind+" "+to)
		}
	}
	r.ctl.ClearOutbox()
	return out
}

func responses(e map[string]any) map[string]string {
	out := map[string]string{}
	for _, a := range e["attendees"].([]any) {
		m := a.(map[string]any)
		out[m["emailAddress"].(map[string]any)["address"].(string)] = m["status"].(map[string]any)["response"].(string)
	}
	return out
}

func TestMeetingsHaveACopyInEachMailbox(t *testing.T) {
	t.Parallel()
	r := empty(t)
	anna, b, c := r.users[0], r.users[1], r.users[2]
	e := eventAt("Planung", epoch.AddDate(0, 0, 2), time.Hour, berlinZone)
	e["attendees"] = attendees(b.Mail, "gast@fabrikam.example")
	own := r.do("POST", r.box(0)+"/events", e, 201)
	if diff := cmp.Diff([]string{"invitation " + b.Mail, "invitation gast@fabrikam.example"}, r.mails()); diff != "" {
		t.Error(diff)
	}
	copied := r.only(r.box(1))
	if copied["id"] == own["id"] || copied["iCalUId"] != own["iCalUId"] || copied["isOrganizer"] != false || copied["showAs"] != "tentative" {
		t.Errorf("copy %v", copied)
	}
	if diff := cmp.Diff(map[string]string{anna.Mail: "none", b.Mail: "none", "gast@fabrikam.example": "none"}, responses(copied)); diff != "" {
		t.Error(diff)
	}

	path := r.box(0) + "/events/" + own["id"].(string)
	r.do("PATCH", path, map[string]any{"subject": "Planung 2"}, 200)
	if got := r.only(r.box(1))["subject"]; got != "Planung 2" {
		t.Errorf("the copy is called %v", got)
	}
	r.mails()
	r.do("PATCH", path, map[string]any{"categories": []string{"Kunde"}}, 200)
	if got := r.mails(); len(got) != 0 {
		t.Errorf("a private change mails %v", got)
	}
	r.do("PATCH", path, map[string]any{"attendees": attendees(b.Mail, c.Mail)}, 200)
	if diff := cmp.Diff([]string{"cancellation gast@fabrikam.example", "invitation " + c.Mail}, r.mails()); diff != "" {
		t.Error(diff)
	}
	r.only(r.box(2))

	copyPath := r.box(1) + "/events/" + copied["id"].(string)
	r.do("POST", copyPath+"/accept", map[string]any{"sendResponse": true}, 202)
	if diff := cmp.Diff(map[string]string{b.Mail: "accepted", c.Mail: "none"}, responses(r.get(path))); diff != "" {
		t.Error(diff)
	}
	if got := r.only(r.box(1)); got["responseStatus"].(map[string]any)["response"] != "accepted" || got["showAs"] != "busy" {
		t.Errorf("copy after accepting: %v %v", got["responseStatus"], got["showAs"])
	}
	r.do("POST", r.box(2)+"/events/"+r.only(r.box(2))["id"].(string)+"/decline", map[string]any{"sendResponse": true}, 202)
	if n := len(r.all(r.box(2) + "/events")); n != 0 {
		t.Errorf("a declined meeting stays: %d", n)
	}
	r.refused(r.send("POST", copyPath+"/cancel", map[string]any{}), 400, "ErrorInvalidRequest")
	r.refused(r.send("POST", path+"/accept", map[string]any{}), 400, "ErrorInvalidRequest")
	r.mails()
	r.do("DELETE", path, nil, 204)
	if got := r.only(r.box(1)); got["isCancelled"] != true || got["subject"] != "Canceled: Planung 2" {
		t.Errorf("copy of a cancelled meeting: %v %v", got["isCancelled"], got["subject"])
	}
	if diff := cmp.Diff([]string{"cancellation " + b.Mail, "cancellation " + c.Mail}, r.mails()); diff != "" {
		t.Error(diff)
	}
	r.do("DELETE", copyPath, nil, 204)
	if got := r.mails(); len(got) != 0 {
		t.Errorf("an attendee's deletion mails %v", got)
	}
}

func TestSeriesOfSeveralPeople(t *testing.T) {
	t.Parallel()
	r := empty(t)
	b := r.users[1]
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	e := eventAt("Runde", start, time.Hour, berlinZone)
	e["recurrence"], e["attendees"] = weeklyRule(start, berlinZone, 4, "monday"), attendees(b.Mail)
	id := r.do("POST", r.box(0)+"/events", e, 201)["id"].(string)
	twin := r.only(r.box(1))["id"].(string)
	rows := r.instances(r.box(0), id)
	r.do("PATCH", r.box(0)+"/events/"+rows[1]["id"].(string), map[string]any{"subject": "anders"}, 200)
	r.do("DELETE", r.box(0)+"/events/"+rows[2]["id"].(string), nil, 204)
	var got []string
	for _, row := range r.instances(r.box(1), twin) {
		got = append(got, row["type"].(string)+" "+row["subject"].(string))
	}
	want := []string{"occurrence Runde", "occurrence Runde", "exception anders", "exception Canceled: Runde"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := len(r.instances(r.box(0), id)); n != 3 {
		t.Errorf("the organiser has %d occurrences, want 3", n)
	}
}
