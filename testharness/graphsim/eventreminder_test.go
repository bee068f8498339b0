package graphsim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// reminders are the subjects and times of the reminders of the first user in a window around epoch.
func (r *rig) reminders() []string {
	r.Helper()
	path := "/reminderView(startDateTime='" + epoch.Format(time.RFC3339) + "',endDateTime='" + epoch.AddDate(0, 0, 9).Format("2006-01-02T15:04:05") + "')"
	var out []string
	for _, row := range r.all(r.box(0) + path + "?$top=2") {
		out = append(out, row["eventSubject"].(string)+" "+row["reminderFireTime"].(map[string]any)["dateTime"].(string)[:16])
	}
	return out
}

func TestRemindersFireAreSnoozedAndDismissed(t *testing.T) {
	t.Parallel()
	r := empty(t)
	box := r.box(0)
	e := eventAt("Budget", epoch.AddDate(0, 0, 2), time.Hour, "UTC")
	e["reminderMinutesBeforeStart"] = 30
	budget := box + "/events/" + r.do("POST", box+"/events", e, 201)["id"].(string)
	e = eventAt("ohne", epoch.AddDate(0, 0, 2), time.Hour, "UTC")
	e["isReminderOn"] = false
	r.do("POST", box+"/events", e, 201)
	series := r.weekly(box)
	want := []string{"Wochenrunde 2026-11-23T07:45", "Budget 2026-11-24T09:30", "Wochenrunde 2026-11-30T07:45"}
	if diff := cmp.Diff(want, r.reminders()); diff != "" {
		t.Error(diff)
	}
	r.do("POST", budget+"/snoozeReminder", map[string]any{"newReminderTime": moment(time.Date(2026, 11, 24, 10, 55, 0, 0, time.UTC), berlinZone)}, 200)
	r.do("POST", box+"/events/"+r.instances(box, series)[0]["id"].(string)+"/dismissReminder", nil, 200)
	want = []string{"Budget 2026-11-24T09:55", "Wochenrunde 2026-11-30T07:45"}
	if diff := cmp.Diff(want, r.reminders()); diff != "" {
		t.Error(diff)
	}
	at := epoch.AddDate(0, 0, 3)
	r.do("PATCH", budget, map[string]any{"start": moment(at, "UTC"), "end": moment(at.Add(time.Hour), "UTC")}, 200)
	want[0] = "Budget 2026-11-25T09:30"
	if diff := cmp.Diff(want, r.reminders()); diff != "" {
		t.Errorf("at another time: %s", diff)
	}
	if _, err := r.ctl.MoveToCalendar(r.users[1].UPN, budget[len(box+"/events/"):], "Kalender"); err == nil {
		t.Error("moved in a mailbox that does not have it")
	}
	for name, body := range map[string]any{"nothing": nil, "no time": map[string]any{}, "no zone": map[string]any{"newReminderTime": moment(epoch, "Mittelerde")}} {
		if a := r.send("POST", budget+"/snoozeReminder", body); a.status != 400 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	r.refused(r.send("POST", box+"/events/abc/dismissReminder", nil), 400, "ErrorInvalidIdMalformed")
	r.refused(r.send("GET", box+"/reminderView", nil), 400, "ErrorInvalidParameter")
	r.refused(r.send("GET", box+"/reminderView(startDateTime='x',endDateTime='y')", nil), 400, "ErrorInvalidParameter")
}
