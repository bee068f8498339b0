package graphsim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// meet makes a meeting of the first user on 2026-11-24 at nine in Berlin and returns its path.
func (r *rig) meet(change map[string]any) string {
	r.Helper()
	e := eventAt("Planung", time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), time.Hour, berlinZone)
	for k, v := range change {
		e[k] = v
	}
	return r.box(0) + "/events/" + r.do("POST", r.box(0)+"/events", e, 201)["id"].(string)
}

// copyOf is the path of the only event of a mailbox.
func (r *rig) copyOf(user int) string {
	r.Helper()
	return r.box(user) + "/events/" + r.only(r.box(user))["id"].(string)
}

func TestAnAttendeesChangeLastsUntilTheOrganisersNextUpdate(t *testing.T) {
	t.Parallel()
	r := empty(t)
	path := r.meet(map[string]any{"attendees": attendees(r.users[1].Mail)})
	twin := r.copyOf(1)
	r.mails()
	r.do("PATCH", twin, map[string]any{"subject": "Meins", "categories": []string{"Kunde"}}, 200)
	if got := r.get(path)["subject"]; got != "Planung" {
		t.Errorf("the organiser's event is called %v", got)
	}
	r.do("PATCH", path, map[string]any{"location": map[string]any{"displayName": "Raum 2"}}, 200)
	got := r.get(twin)
	if got["subject"] != "Planung" || got["location"].(map[string]any)["displayName"] != "Raum 2" {
		t.Errorf("copy after the update: %v %v", got["subject"], got["location"])
	}
	if diff := cmp.Diff([]any{"Kunde"}, got["categories"]); diff != "" {
		t.Errorf("what is private stays: %s", diff)
	}
	if diff := cmp.Diff([]string{"update " + r.users[1].Mail}, r.mails()); diff != "" {
		t.Error(diff)
	}
}

func TestANewTimeIsProposedWithAnAnswer(t *testing.T) {
	t.Parallel()
	r := empty(t)
	b := r.users[1].Mail
	path := r.meet(map[string]any{"attendees": attendees(b)})
	twin := r.copyOf(1)
	slot := map[string]any{
		"start": moment(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), berlinZone), "end": moment(time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC), berlinZone),
	}
	for name, body := range map[string]map[string]any{
		"not sent":       {"sendResponse": false, "proposedNewTime": slot},
		"end missing":    {"proposedNewTime": map[string]any{"start": slot["start"]}},
		"end before":     {"proposedNewTime": map[string]any{"start": slot["end"], "end": slot["start"]}},
		"not an object":  {"proposedNewTime": 5},
		"wrong zone":     {"proposedNewTime": map[string]any{"start": moment(epoch, "Mittelerde"), "end": slot["end"]}},
		"answer no bool": {"sendResponse": "ja"},
	} {
		if a := r.send("POST", twin+"/tentativelyAccept", body); a.status != 400 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	r.refused(r.send("POST", twin+"/accept", map[string]any{"proposedNewTime": slot}), 400, "ErrorInvalidRequest")
	r.mails()
	r.do("POST", twin+"/tentativelyAccept", map[string]any{"comment": "lieber morgen", "sendResponse": true, "proposedNewTime": slot}, 202)
	mail := r.ctl.Outbox()[0]
	if mail.Kind != "tentativelyAccepted" || mail.Comment != "lieber morgen" || !mail.ProposedStart.Equal(time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", mail)
	}
	who := r.get(path, `Prefer: outlook.timezone="`+berlinZone+`"`)["attendees"].([]any)[0].(map[string]any)
	want := map[string]any{
		"start": map[string]any{"dateTime": "2026-11-25T09:00:00.0000000", "timeZone": berlinZone}, "end": map[string]any{"dateTime": "2026-11-25T10:00:00.0000000", "timeZone": berlinZone},
	}
	if diff := cmp.Diff(want, who["proposedNewTime"]); diff != "" {
		t.Error(diff)
	}
	r.do("PATCH", path, map[string]any{"allowNewTimeProposals": false}, 200)
	r.refused(r.send("POST", twin+"/decline", map[string]any{"proposedNewTime": slot}), 400, "ErrorInvalidRequest")
	r.do("PATCH", path, slot, 200)
	if diff := cmp.Diff(map[string]string{b: "none"}, responses(r.get(path))); diff != "" {
		t.Errorf("a new time asks anew: %s", diff)
	}
	if got := r.get(twin); got["responseStatus"].(map[string]any)["response"] != "notResponded" || got["showAs"] != "tentative" {
		t.Errorf("copy at a new time: %v %v", got["responseStatus"], got["showAs"])
	}
}

func TestADeclinedMeetingComesBackWithAnUpdate(t *testing.T) {
	t.Parallel()
	r := empty(t)
	path := r.meet(map[string]any{"attendees": attendees(r.users[1].Mail, r.users[2].Mail)})
	twin := r.copyOf(1)
	r.mails()
	r.do("POST", twin+"/decline", map[string]any{"sendResponse": false}, 202)
	if got := r.mails(); len(got) > 0 {
		t.Errorf("an answer that is not sent mails %v", got)
	}
	if diff := cmp.Diff(map[string]string{r.users[1].Mail: "none", r.users[2].Mail: "none"}, responses(r.get(path))); diff != "" {
		t.Error(diff)
	}
	r.do("POST", r.copyOf(2)+"/permanentDelete", nil, 204)
	if diff := cmp.Diff(map[string]string{r.users[1].Mail: "none", r.users[2].Mail: "declined"}, responses(r.get(path))); diff != "" {
		t.Error(diff)
	}
	if got := r.mails(); len(got) > 0 {
		t.Errorf("deleting for ever mails %v", got)
	}
	r.do("PATCH", path, map[string]any{"subject": "Planung 2"}, 200)
	for _, user := range []int{1, 2} {
		if got := r.only(r.box(user)); got["subject"] != "Planung 2" || r.box(user)+"/events/"+got["id"].(string) == twin {
			t.Errorf("%v", got)
		}
	}
}

func TestAnAnswerToOneOccurrenceIsTheOrganisersException(t *testing.T) {
	t.Parallel()
	r := empty(t)
	b := r.users[1].Mail
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	master := r.meet(map[string]any{
		"start": moment(start, berlinZone), "end": moment(start.Add(time.Hour), berlinZone), "attendees": attendees(b), "recurrence": weeklyRule(start, berlinZone, 4, "monday"),
	})
	id := master[len(r.box(0)+"/events/"):]
	twin := r.only(r.box(1))["id"].(string)
	rows := r.instances(r.box(1), twin)
	r.do("POST", r.box(1)+"/events/"+rows[1]["id"].(string)+"/accept", nil, 202)
	r.do("POST", r.box(1)+"/events/"+rows[2]["id"].(string)+"/decline", nil, 202)
	var got []string
	for _, row := range r.instances(r.box(0), id) {
		got = append(got, row["type"].(string)+" "+responses(row)[b])
	}
	if diff := cmp.Diff([]string{"occurrence none", "occurrence none", "exception accepted", "exception declined"}, got); diff != "" {
		t.Error(diff)
	}
	if n := len(r.instances(r.box(1), twin)); n != 3 {
		t.Errorf("%d occurrences left for the attendee, want 3", n)
	}
	r.do("POST", r.box(1)+"/events/"+twin+"/accept", nil, 202)
	if got := responses(r.get(master))[b]; got != "accepted" {
		t.Errorf("the series is %s", got)
	}
}

func TestPeopleInvitedToOneOccurrenceGetItAlone(t *testing.T) {
	t.Parallel()
	r := empty(t)
	b, c := r.users[1].Mail, r.users[2].Mail
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	master := r.meet(map[string]any{
		"start": moment(start, berlinZone), "end": moment(start.Add(time.Hour), berlinZone), "attendees": attendees(b), "recurrence": weeklyRule(start, berlinZone, 4, "monday"),
	})
	id := master[len(r.box(0)+"/events/"):]
	second := r.box(0) + "/events/" + r.instances(r.box(0), id)[1]["id"].(string)
	r.mails()
	r.do("PATCH", second, map[string]any{"attendees": attendees(b, c)}, 200)
	if diff := cmp.Diff([]string{"invitation " + c}, r.mails()); diff != "" {
		t.Error(diff)
	}
	if got := r.only(r.box(2)); got["type"] != "singleInstance" || got["start"].(map[string]any)["dateTime"] != "2026-11-30T08:00:00.0000000" {
		t.Errorf("%v %v", got["type"], got["start"])
	}
	r.do("PATCH", second, map[string]any{"attendees": attendees(c)}, 200)
	if diff := cmp.Diff([]string{"cancellation " + b}, r.mails()); diff != "" {
		t.Error(diff)
	}
	r.do("POST", second+"/cancel", map[string]any{"comment": "fällt aus"}, 202)
	if m := r.ctl.Outbox()[0]; m.Comment != "fällt aus" || m.Kind != "cancellation" || len(m.To) != 1 || m.To[0] != c {
		t.Errorf("%+v", m)
	}
	if got := r.only(r.box(2)); got["isCancelled"] != true {
		t.Errorf("%v", got)
	}
	var got []string
	for _, row := range r.instances(r.box(1), r.only(r.box(1))["id"].(string)) {
		got = append(got, row["type"].(string)+" "+row["subject"].(string))
	}
	if diff := cmp.Diff([]string{"occurrence Planung", "occurrence Planung", "occurrence Planung", "exception Canceled: Planung"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestHiddenAttendeesSeeOnlyThemselves(t *testing.T) {
	t.Parallel()
	r := empty(t)
	path := r.meet(map[string]any{"attendees": attendees(r.users[1].Mail, r.users[2].Mail), "hideAttendees": true})
	if n := len(responses(r.get(path))); n != 2 {
		t.Errorf("the organiser sees %d", n)
	}
	if diff := cmp.Diff(map[string]string{r.users[0].Mail: "none", r.users[1].Mail: "none"}, responses(r.only(r.box(1)))); diff != "" {
		t.Error(diff)
	}
}
