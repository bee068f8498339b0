package graphsim

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// eventPitfalls are those of calendars and events.
func eventPitfalls() []pitfall {
	return []pitfall{
		{1, "calendarView/delta gives occurrences as stubs: id, type, series, start and end only", "docs#7632, docs#22197, docs#1716, contrib#34", "by default", TestDeltaStubsHaveOnlyWhatDiffersFromTheMaster},
		{2, "a round may name occurrences without their master, when it did not change or began before the window", "", "Config.Oddities, Control.SetOddities", TestTheMasterOfASeriesCanBeMissing},
		{3, "what was created or moved outside the window is reported as removed", "docs#6599, docs#10687, docs#4659, docs#18241, contrib#7136", "by default", changesOutsideAreRemovals},
		{4, "a single occurrence that was deleted is not reported, only its master", "docs#5951, contrib#7345", "by default; Config.OccurrenceRemoved: reported", deletedOccurrencesAreSilent},
		{5, "a full round after an expired token says nothing of what was deleted", "docs#11728", "by default", fullRoundsHaveNoHistory},
		{6, "a token keeps the window of its first request", "contrib#4398", "by default", tokensKeepTheirWindow},
		{7, "a token can expire at any time: 410, minutes after it was given", "docs#2350, docs#2877, docs#2162, docs#2839, docs#9053", "Control.ExpireDelta, Config.KeepGenerations", TestOldGenerationsAreEvicted},
		{8, "next links of a round expire too", "", "Control.ExpireDelta, Config.KeepGenerations", TestExpiredTokensAnswerGone},
		{9, "rows come twice, within a round and across rounds", "docs#3196, docs#10036", "Config.Oddities, Control.SetOddities", rowsComeTwice},
		{10, "calendarView/delta refuses $select and $filter and does not page by $top", "", "by default", deltaTakesNoOptions},
		{11, "calendars with endless series answer 504, windows over 1,825 days are refused", "contrib#7574, docs#6284", "by default; the 504 by Control.Fail", wideWindowsAreRefused},
		{12, "events/delta wants startDateTime in v1.0 and takes no endDateTime", "sdk-php#321, sdk-net#3130", "by default", eventsDeltaWantsAStart},
		{13, "delta with immutable ids loses an event that was moved away and back", "contrib#72", "by default", immutableIDsLoseWhatComesBack},
		{14, "own writes come back in the next round, changed once more by Exchange", "", "by default; changed once more with Config.SecondTouch", ownWritesComeBack},
		{15, "a copy of a meeting has another id in each mailbox, an event another id after a move, and ids may hold characters that a path must escape", "docs#3598, docs#6069", "by default", idsDifferAndChange},
		{16, "iCalUId differs between the occurrences of a series", "docs#17479, docs#4447, docs#18193", "by default; Config.SameICalUID: all the same", TestOccurrencesShareAnICalUIDOrNot},
		{17, "the id of a new calendar is another one in later answers", "docs#11296, docs#5580, docs#10626", "Config.CalendarIDChanges", TestACalendarsIDCanChangeAfterItsMaking},
		{18, "uid cannot be filtered by", "docs#8640", "by default", uidIsNoFilter},
		{19, "all-day events keep their date whatever time zone is preferred", "docs#1802, docs#6003, docs#16798", "by default", TestAllDayEventsKeepTheirDateInEveryZone},
		{20, "originalStart of an all-day occurrence is an instant in UTC, not a date", "docs#2804", "by default", originalStartIsAnInstant},
		{21, "time zones are not understood by every name: Greenwich Mean Time is no zone", "docs#11212, docs#19286, docs#4758, docs#4242", "by default", zonesAreNotKnownByEveryName},
		{22, "a mailbox may have no time zone", "", "Control.ForgetTimeZone", mailboxesHaveNoZone},
		{23, "a filter by start compares instants in UTC and masters, not occurrences", "docs#18988, docs#15892", "by default", filtersCompareMasters},
		{24, "a recurrence whose range starts on another day moves the series", "", "by default", rangesMoveSeries},
		{26, "no request keeps Graph from mailing invitations", "contrib#2320, docs#7483, sdk-net#1549, sdk-net#2172", "by default", invitationsAreAlwaysSent},
		{27, "attendees are replaced by an update: who is not named any more is sent a cancellation", "", "by default", TestMeetingsHaveACopyInEachMailbox},
		{28, "an update of the body removes the link of the online meeting", "", "by default", TestATeamsMeetingLosesItsLinkWithItsBody},
		{29, "If-Match with the ETag of the answer is refused with 412 right after creation", "contrib#7934, sdk-net#1201", "Config.SecondTouch", TestSecondTouchMakesTheAnswersETagStale},
		{30, "an occurrence cannot be moved past its neighbour: ErrorOccurrenceCrossingBoundary", "docs#2285", "by default", TestSeriesExceptionsFollowTheirMaster},
		{31, "an update is answered with 200 and lost", "docs#12141", "Control.LoseUpdates", TestUpdatesCanBeLost},
		{32, "an update of a master that changes its recurrence or times removes exceptions", "", "by default", TestSeriesExceptionsFollowTheirMaster},
		{33, "a create that is sent again after its answer was lost makes a second event, unless it has a transactionId", "", "Control.Fail", lostAnswersMakeDuplicates},
		{34, "an attendee's update changes his copy only, until the organizer's next update", "", "by default", TestAnAttendeesChangeLastsUntilTheOrganisersNextUpdate},
		{35, "declining or deleting removes the attendee's copy, for him alone", "", "by default", copiesGoOneByOne},
	}
}

// tracked is an empty rig with a delta link of the first user's calendar view.
func tracked(t *testing.T) (r *rig, link string) {
	t.Helper()
	t.Parallel()
	r = empty(t)
	_, link = r.round(r.box(0) + "/calendarView/delta?" + month())
	return r, link
}

func (r *rig) post(subject string, at time.Time) string {
	r.Helper()
	return r.do("POST", r.box(0)+"/events", eventAt(subject, at, time.Hour, "UTC"), 201)["id"].(string)
}

func (r *rig) wantKinds(link string, want ...string) (next string) {
	r.Helper()
	rows, next := r.round(link)
	if diff := cmp.Diff(want, kinds(rows)); diff != "" {
		r.Error(diff)
	}
	return next
}

func changesOutsideAreRemovals(t *testing.T) {
	r, link := tracked(t)
	id := r.post("weit weg", epoch.AddDate(0, 6, 0))
	r.wantKinds(link, "removed")
	r.get(r.box(0) + "/events/" + id)
}

func deletedOccurrencesAreSilent(t *testing.T) {
	t.Parallel()
	r := empty(t)
	id := r.weekly(r.box(0))
	_, link := r.round(r.box(0) + "/calendarView/delta?" + month())
	r.do("DELETE", r.box(0)+"/events/"+r.instances(r.box(0), id)[0]["id"].(string), nil, 204)
	r.wantKinds(link, "seriesMaster")
}

func fullRoundsHaveNoHistory(t *testing.T) {
	t.Parallel()
	r := empty(t)
	id := r.post("alt", epoch)
	path := r.box(0) + "/calendarView/delta?" + month()
	_, link := r.round(path)
	r.do("DELETE", r.box(0)+"/events/"+id, nil, 204)
	r.ctl.ExpireDelta("")
	r.refused(r.send("GET", link, nil), 410, "SyncStateNotFound")
	r.wantKinds(path)
}

func tokensKeepTheirWindow(t *testing.T) {
	r, link := tracked(t)
	r.post("später", epoch.AddDate(0, 2, 0))
	wider := span(epoch, epoch.AddDate(1, 0, 0))
	r.wantKinds(link+"&"+wider, "removed")
	r.wantKinds(r.box(0)+"/calendarView/delta?"+wider, "singleInstance")
}

func rowsComeTwice(t *testing.T) {
	r, link := tracked(t)
	r.ctl.SetOddities(Oddities{Repeat: true, Replay: true})
	r.post("a", epoch)
	link = r.wantKinds(link, "singleInstance", "singleInstance")
	r.post("b", epoch)
	r.wantKinds(link, "singleInstance", "singleInstance", "singleInstance")
}

func deltaTakesNoOptions(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.weekly(r.box(0))
	path := r.box(0) + "/calendarView/delta?" + month()
	for _, option := range []string{"$select=subject", "$filter=subject eq 'x'", "$orderby=subject", "$expand=extensions", "$search=x"} {
		r.refused(r.send("GET", path+"&"+option, nil), 400, "ErrorInvalidUrlQuery")
	}
	if rows, _ := r.round(path + "&$top=2"); len(rows) != 2 {
		t.Errorf("$top gives a whole round of %d rows", len(rows))
	}
}

func wideWindowsAreRefused(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.refused(r.send("GET", r.box(0)+"/calendarView/delta?"+span(epoch, epoch.AddDate(0, 0, 1826)), nil), 400, "ErrorInvalidRequest")
	r.get(r.box(0) + "/calendarView/delta?" + span(epoch, epoch.AddDate(0, 0, 1825)))
	r.ctl.Fail(Rule{Path: "/users/*/calendarView/delta", Status: 504})
	r.refused(r.send("GET", r.box(0)+"/calendarView/delta?"+month(), nil), 504, "UnknownError")
}

func eventsDeltaWantsAStart(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.post("irgendwann", epoch.AddDate(9, 0, 0))
	r.refused(r.send("GET", r.box(0)+"/events/delta", nil), 400, "ErrorInvalidParameter")
	r.wantKinds(r.box(0)+"/events/delta?startDateTime=2026-01-01T00:00:00Z", "singleInstance")
}

func immutableIDsLoseWhatComesBack(t *testing.T) {
	t.Parallel()
	r := empty(t)
	immutable := `Prefer: IdType="ImmutableId"`
	r.do("POST", r.box(0)+"/calendars", map[string]any{"name": "Zweiter"}, 201)
	id := r.post("x", epoch)
	_, link := r.round(r.box(0)+"/calendarView/delta?"+month(), immutable)
	for _, name := range []string{"Zweiter", "Kalender"} {
		moved, err := r.ctl.MoveToCalendar(r.users[0].UPN, id, name)
		if err != nil {
			t.Fatal(err)
		}
		id = moved
	}
	rows, _ := r.round(link, immutable)
	last := rows[len(rows)-1]
	if last["@removed"] == nil || last["id"] != rows[0]["id"] {
		t.Errorf("the last word on the event is not its removal: %v", rows)
	}
	r.get(r.box(0)+"/events/"+last["id"].(string), immutable)
}

func ownWritesComeBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 1, EventsPerUser: -1, SecondTouch: true})
	_, link := r.round(r.box(0) + "/calendarView/delta?" + month())
	made := r.do("POST", r.box(0)+"/events", eventAt("x", epoch, time.Hour, "UTC"), 201)
	rows, _ := r.round(link)
	if len(rows) != 1 || rows[0]["id"] != made["id"] || rows[0]["@odata.etag"] == made["@odata.etag"] {
		t.Errorf("%v", rows)
	}
}

func idsDifferAndChange(t *testing.T) {
	t.Parallel()
	r := empty(t)
	own := r.meet(map[string]any{"attendees": attendees(r.users[1].Mail)})
	id, twin := own[strings.LastIndexByte(own, '/')+1:], r.only(r.box(1))["id"]
	if id == twin || !strings.HasSuffix(id, "=") {
		t.Errorf("ids %s and %s", id, twin)
	}
	r.do("POST", r.box(0)+"/calendars", map[string]any{"name": "Zweiter"}, 201)
	if moved, err := r.ctl.MoveToCalendar(r.users[0].UPN, id, "Zweiter"); err != nil || moved == id {
		t.Errorf("after a move %s %v", moved, err)
	}
}

func uidIsNoFilter(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.refused(r.send("GET", r.box(0)+"/events?$filter=uid eq 'x'", nil), 400, "RequestBroker--ParseUri")
}

func originalStartIsAnInstant(t *testing.T) {
	t.Parallel()
	r := empty(t)
	day := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	e := eventAt("Messe", day, 24*time.Hour, berlinZone)
	e["isAllDay"], e["recurrence"] = true, weeklyRule(day, berlinZone, 3, "monday")
	id := r.do("POST", r.box(0)+"/events", e, 201)["id"].(string)
	if got := r.instances(r.box(0), id)[1]["originalStart"]; got != "2026-11-29T23:00:00Z" {
		t.Errorf("originalStart %v", got)
	}
}

func zonesAreNotKnownByEveryName(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for _, zone := range []string{"Greenwich Mean Time", "Africa/Casablanca"} {
		r.refused(r.send("POST", r.box(0)+"/events", eventAt("x", epoch, time.Hour, zone)), 400, "TimeZoneNotSupportedException")
	}
	r.get(r.box(0)+"/events", `Prefer: outlook.timezone="Africa/Casablanca"`)
	r.do("POST", r.box(0)+"/events", eventAt("x", epoch, time.Hour, "Morocco Standard Time"), 201)
}

func mailboxesHaveNoZone(t *testing.T) {
	t.Parallel()
	r := empty(t)
	if err := r.ctl.ForgetTimeZone(r.users[0].UPN); err != nil {
		t.Fatal(err)
	}
	if got := r.get(r.box(0) + "/mailboxSettings")["timeZone"]; got != "" {
		t.Errorf("time zone %v", got)
	}
}

func filtersCompareMasters(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.weekly(r.box(0)) // it begins on 23 November and goes on for ten weeks
	if n := len(values(r.get(r.box(0) + "/events?$filter=start/dateTime ge '2026-11-25T00:00'"))); n != 0 {
		t.Errorf("a running series is found: %d", n)
	}
	if n := len(values(r.get(r.box(0) + "/events?$filter=start/dateTime eq '2026-11-23T08:00:00.0000000'"))); n != 1 {
		t.Errorf("by its first start in UTC: %d", n)
	}
}

func rangesMoveSeries(t *testing.T) {
	t.Parallel()
	r := empty(t)
	e := eventAt("Runde", time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), time.Hour, berlinZone)
	e["recurrence"] = weeklyRule(time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC), berlinZone, 3, "monday")
	if got := r.do("POST", r.box(0)+"/events", e, 201)["start"].(map[string]any)["dateTime"]; got != "2026-12-07T08:00:00.0000000" {
		t.Errorf("it starts at %v", got)
	}
}

func invitationsAreAlwaysSent(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.meet(map[string]any{"attendees": attendees("gast@fabrikam.example"), "responseRequested": false, "isReminderOn": false, "isDraft": true})
	if diff := cmp.Diff([]string{"invitation gast@fabrikam.example"}, r.mails()); diff != "" {
		t.Error(diff)
	}
}

func lostAnswersMakeDuplicates(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for _, transaction := range []any{nil, "6b1c0f3e-2d7a-4d0e-9b0e-3f1a2b3c4d5e"} {
		r.ctl.Fail(Rule{Method: "POST", Path: "/users/*/events", Status: 504, Execute: true})
		e := eventAt("einmal", epoch, time.Hour, "UTC")
		e["transactionId"] = transaction
		if a := r.send("POST", r.box(0)+"/events", e); a.status != 504 {
			t.Fatalf("%d", a.status)
		}
		r.do("POST", r.box(0)+"/events", e, 201)
	}
	if n := len(r.all(r.box(0) + "/events")); n != 3 {
		t.Errorf("%d events, want two without and one with transactionId", n)
	}
}

func copiesGoOneByOne(t *testing.T) {
	t.Parallel()
	r := empty(t)
	path := r.meet(map[string]any{"attendees": attendees(r.users[1].Mail, r.users[2].Mail)})
	for i, method := range []string{"POST", "DELETE"} {
		box := r.box(i + 1)
		_, link := r.round(box + "/calendarView/delta?" + month())
		if method == "POST" {
			r.do("POST", r.copyOf(i+1)+"/decline", nil, 202)
		} else {
			r.do("DELETE", r.copyOf(i+1), nil, 204)
		}
		r.wantKinds(link, "removed")
	}
	r.get(path)
}
