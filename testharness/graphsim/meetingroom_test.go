package graphsim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRoomsAnswerByThemselves(t *testing.T) {
	t.Parallel()
	r := empty(t)
	room := r.ctl.AddRoom("raum7", "Raum 7", 8, "")
	box := "/users/" + room.ID
	first := r.meet(map[string]any{"attendees": attendees(room.Mail), "body": map[string]any{"contentType": "text", "content": "geheim"}})
	if diff := cmp.Diff(map[string]string{room.Mail: "accepted"}, responses(r.get(first))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"invitation " + room.Mail, "accepted " + r.users[0].Mail}, r.mails()); diff != "" {
		t.Error(diff)
	}
	got := r.only(box)
	if got["subject"] != r.users[0].Name || got["bodyPreview"] != "" || got["showAs"] != "busy" {
		t.Errorf("in the room's calendar: %v %v %v", got["subject"], got["bodyPreview"], got["showAs"])
	}
	second := r.meet(map[string]any{"attendees": attendees(room.Mail)})
	if diff := cmp.Diff(map[string]string{room.Mail: "declined"}, responses(r.get(second))); diff != "" {
		t.Error(diff)
	}
	start := time.Date(2026, 11, 17, 9, 30, 0, 0, time.UTC)
	series := r.meet(map[string]any{
		"attendees": attendees(room.Mail), "start": moment(start, berlinZone), "end": moment(start.Add(time.Hour), berlinZone), "recurrence": weeklyRule(start, berlinZone, 3, "tuesday"),
	})
	if diff := cmp.Diff(map[string]string{room.Mail: "declined"}, responses(r.get(series))); diff != "" {
		t.Errorf("a series with one conflict: %s", diff)
	}
	later := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	r.do("PATCH", second, map[string]any{"start": moment(later, berlinZone), "end": moment(later.Add(time.Hour), berlinZone)}, 200)
	if diff := cmp.Diff(map[string]string{room.Mail: "accepted"}, responses(r.get(second))); diff != "" {
		t.Errorf("right after the other meeting: %s", diff)
	}
	r.do("PATCH", first, map[string]any{"subject": "Neuer Name"}, 200)
	for _, e := range r.all(box + "/events") {
		if e["subject"] != r.users[0].Name {
			t.Errorf("the room shows %v", e["subject"])
		}
	}
	r.do("POST", first+"/cancel", nil, 202)
	r.do("DELETE", second, nil, 204)
	if n := len(r.all(box + "/events")); n != 0 {
		t.Errorf("a room keeps %d cancelled meetings", n)
	}
}
