package graphsim

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCreatedEventHasItsDefaults(t *testing.T) {
	t.Parallel()
	r := empty(t)
	e := eventAt("Budget", time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), time.Hour, "Europe/Berlin")
	e["body"] = map[string]any{"contentType": "text", "content": "a < b\nzweite Zeile"}
	e["location"] = map[string]any{"displayName": "Raum 3"}
	a := r.send("POST", r.box(0)+"/events", e)
	if a.status != 201 || a.header.Get("Location") == "" || a.header.Get("ETag") != a.body["@odata.etag"] {
		t.Fatalf("%d %v", a.status, a.body)
	}
	want := map[string]any{
		"subject": "Budget", "importance": "normal", "sensitivity": "normal", "showAs": "busy", "isReminderOn": true, "reminderMinutesBeforeStart": 15.0, "type": "singleInstance",
		"isOrganizer": true, "originalStartTimeZone": "W. Europe Standard Time", "bodyPreview": "a < b\nzweite Zeile", "seriesMasterId": nil, "isAllDay": false,
		"start":    map[string]any{"dateTime": "2026-11-24T08:00:00.0000000", "timeZone": "UTC"},
		"location": map[string]any{"displayName": "Raum 3", "locationType": "default", "uniqueId": "Raum 3", "uniqueIdType": "private"},
	}
	got := map[string]any{}
	for k := range want {
		got[k] = a.body[k]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if c := a.body["body"].(map[string]any); c["contentType"] != "html" || !strings.Contains(c["content"].(string), "a &lt; b<br>") {
		t.Errorf("text is stored as HTML: %v", c)
	}
	path := r.box(0) + "/events/" + a.body["id"].(string)
	b := r.send("GET", path, nil, `Prefer: outlook.body-content-type="text", outlook.timezone="Tokyo Standard Time"`)
	if c := b.body["body"].(map[string]any); c["contentType"] != "text" || c["content"] != "a < b\nzweite Zeile" {
		t.Errorf("as text: %v", c)
	}
	if s := b.body["start"].(map[string]any); s["dateTime"] != "2026-11-24T17:00:00.0000000" || s["timeZone"] != "Tokyo Standard Time" {
		t.Errorf("in Tokyo: %v", s)
	}
	if p := b.header.Get("Preference-Applied"); !strings.Contains(p, "outlook.timezone=") || !strings.Contains(p, "body-content-type") {
		t.Errorf("Preference-Applied %q", p)
	}
	sel := r.get(path + "?$select=subject,start")
	delete(sel, "@odata.context")
	if len(sel) != 4 {
		t.Errorf("$select gives %v", sel)
	}
}

func TestEventsAreRefused(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	with := func(change map[string]any) map[string]any {
		e := eventAt("x", at, time.Hour, "UTC")
		for k, v := range change {
			e[k] = v
		}
		return e
	}
	for name, tt := range map[string]struct {
		body map[string]any
		code string
	}{
		"unknown property":      {with(map[string]any{"betreff": "x"}), "UnableToDeserializePostBody"},
		"start without time":    {with(map[string]any{"start": map[string]any{"date": "2026-11-24"}}), "UnableToDeserializePostBody"},
		"unknown zone":          {with(map[string]any{"start": moment(at, "Mittelerde")}), "TimeZoneNotSupportedException"},
		"Greenwich Mean Time":   {with(map[string]any{"start": moment(at, "Greenwich Mean Time")}), "TimeZoneNotSupportedException"},
		"end before start":      {with(map[string]any{"end": moment(at.Add(-time.Hour), "UTC")}), "ErrorPropertyValidationFailure"},
		"all-day at nine":       {with(map[string]any{"isAllDay": true}), "ErrorPropertyValidationFailure"},
		"no start":              {map[string]any{"subject": "x"}, "ErrorPropertyValidationFailure"},
		"wrong enum":            {with(map[string]any{"importance": "sehr"}), "UnableToDeserializePostBody"},
		"wrong type":            {with(map[string]any{"subject": 5}), "UnableToDeserializePostBody"},
		"attendee without @":    {with(map[string]any{"attendees": []any{map[string]any{"emailAddress": map[string]any{"address": "x"}}}}), "ErrorInvalidRecipients"},
		"bad extended id":       {with(map[string]any{"singleValueExtendedProperties": []any{map[string]any{"id": "CrmId", "value": "1"}}}), "ErrorInvalidProperty"},
		"before 1601":           {with(map[string]any{"start": moment(at.AddDate(-500, 0, 0), "UTC")}), "ErrorPropertyValidationFailure"},
		"after 4500":            {with(map[string]any{"end": moment(at.AddDate(3000, 0, 0), "UTC")}), "ErrorPropertyValidationFailure"},
		"recurrence no weekday": {with(map[string]any{"recurrence": weeklyRule(at, "UTC", 0)}), "ErrorPropertyValidationFailure"},
	} {
		if a := r.send("POST", r.box(0)+"/events", tt.body); a.status != 400 || a.code() != tt.code {
			t.Errorf("%s: %d %v, want %s", name, a.status, a.body, tt.code)
		}
	}
	r.refused(r.send("GET", r.box(0)+"/events/abc", nil), 400, "ErrorInvalidIdMalformed")
	id := r.do("POST", r.box(0)+"/events", with(nil), 201)["id"].(string)
	r.refused(r.send("GET", r.box(1)+"/events/"+id, nil), 404, "ErrorItemNotFound")
	r.do("DELETE", r.box(0)+"/events/"+id, nil, 204)
	r.refused(r.send("GET", r.box(0)+"/events/"+id, nil), 404, "ErrorItemNotFound")
	r.refused(r.send("DELETE", r.box(0)+"/events/"+id, nil), 404, "ErrorItemNotFound")
	for filter, want := range map[string]struct {
		status int
		code   string
	}{
		"organizer/emailAddress/address eq 'x'": {501, "ErrorInvalidUrlQueryFilter"}, "endswith(subject,'x')": {400, "ErrorInvalidUrlQueryFilter"},
		"transactionId eq 'x'": {400, "ErrorInvalidUrlQueryFilter"}, "nonsense eq 'x'": {400, "RequestBroker--ParseUri"},
		"subject eq": {400, "BadRequest"}, "lastModifiedDateTime ge 'gestern'": {400, "BadRequest"},
	} {
		r.refused(r.send("GET", r.box(0)+"/events?$filter="+filter, nil), want.status, want.code)
	}
	r.refused(r.send("GET", r.box(0)+"/events?$select=nonsense", nil), 400, "RequestBroker--ParseUri")
}

func TestCreateIsIdempotentByTransactionID(t *testing.T) {
	t.Parallel()
	r := empty(t)
	e := eventAt("einmal", epoch, time.Hour, "UTC")
	e["transactionId"] = "6b1c0f3e-2d7a-4d0e-9b0e-3f1a2b3c4d5e"
	a, b := r.do("POST", r.box(0)+"/events", e, 201), r.do("POST", r.box(0)+"/events", e, 201)
	if a["id"] != b["id"] || a["transactionId"] != e["transactionId"] {
		t.Errorf("two events for one transaction: %v %v", a["id"], b["id"])
	}
	if n := len(r.all(r.box(0) + "/events")); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

func TestExtendedPropertiesAreAKey(t *testing.T) {
	t.Parallel()
	r := empty(t)
	id := "String {6b1c0f3e-2d7a-4d0e-9b0e-3f1a2b3c4d5e} Name CrmId"
	shouted := "string {6B1C0F3E-2D7A-4D0E-9B0E-3F1A2B3C4D5E} Name CrmId"
	ext := []any{map[string]any{"id": id, "value": "4711"}}
	for kind, body := range map[string]map[string]any{
		"events": eventAt("mit Schlüssel", epoch, time.Hour, "UTC"), "contacts": {"givenName": "Eva"},
	} {
		path := r.box(0) + "/" + kind
		plain := r.do("POST", path, body, 201)
		body["singleValueExtendedProperties"] = ext
		made := r.do("POST", path, body, 201)
		filter := "?$filter=singleValueExtendedProperties/Any(ep: ep/id eq '" + shouted + "' and ep/value eq '4711')"
		hits := values(r.get(path + filter))
		if len(hits) != 1 || hits[0]["id"] != made["id"] {
			t.Errorf("%s: found %v", kind, ids(hits))
		}
		expand := "?$expand=singleValueExtendedProperties($filter=id eq '" + id + "')"
		got := r.get(path + "/" + made["id"].(string) + expand)["singleValueExtendedProperties"]
		if diff := cmp.Diff([]any{map[string]any{"id": id, "value": "4711"}}, got); diff != "" {
			t.Error(diff)
		}
		r.do("PATCH", path+"/"+plain["id"].(string), map[string]any{"singleValueExtendedProperties": ext}, 200)
		if n := len(values(r.get(path + filter))); n != 2 {
			t.Errorf("%s: %d found after PATCH, want 2", kind, n)
		}
	}
}

func TestIfMatch(t *testing.T) {
	t.Parallel()
	r := empty(t)
	made := r.do("POST", r.box(0)+"/events", eventAt("x", epoch, time.Hour, "UTC"), 201)
	path, etag := r.box(0)+"/events/"+made["id"].(string), made["@odata.etag"].(string)
	next := r.do("PATCH", path, map[string]any{"subject": "y"}, 200, "If-Match: "+etag)
	if next["@odata.etag"] == etag || next["changeKey"] == made["changeKey"] {
		t.Error("a change keeps the ETag")
	}
	r.refused(r.send("PATCH", path, map[string]any{"subject": "z"}, "If-Match: "+etag), 412, "ErrorIrresolvableConflict")
	r.refused(r.send("DELETE", path, nil, "If-Match: "+etag), 412, "ErrorIrresolvableConflict")
	r.do("DELETE", path, nil, 204, "If-Match: *")
}

func TestSecondTouchMakesTheAnswersETagStale(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 1, EventsPerUser: -1, SecondTouch: true})
	made := r.do("POST", r.box(0)+"/events", eventAt("x", epoch, time.Hour, "UTC"), 201)
	r.refused(r.send("PATCH", r.box(0)+"/events/"+made["id"].(string), map[string]any{"subject": "y"}, "If-Match: "+made["@odata.etag"].(string)), 412, "ErrorIrresolvableConflict")
}

func TestSeriesExceptionsFollowTheirMaster(t *testing.T) {
	t.Parallel()
	r := empty(t)
	box := r.box(0)
	id := r.weekly(box)
	rows := r.instances(box, id)
	if len(rows) != 10 {
		t.Fatalf("%d occurrences, want 10", len(rows))
	}
	second := rows[1]["id"].(string)
	changed := r.do("PATCH", box+"/events/"+second, map[string]any{"subject": "mit Gast"}, 200)
	if changed["type"] != "exception" || changed["seriesMasterId"] != id || changed["id"] != second || changed["originalStart"] != "2026-11-30T08:00:00Z" {
		t.Errorf("exception %v", changed)
	}
	r.do("DELETE", box+"/events/"+rows[3]["id"].(string), nil, 204)
	r.refused(r.send("GET", box+"/events/"+rows[3]["id"].(string), nil), 404, "ErrorItemNotFound")
	r.do("PATCH", box+"/events/"+id, map[string]any{"subject": "neuer Name", "location": map[string]any{"displayName": "Raum 9"}}, 200)
	ex := r.get(box + "/events/" + second)
	if ex["subject"] != "mit Gast" || ex["location"].(map[string]any)["displayName"] != "Raum 9" {
		t.Errorf("the exception keeps its own subject and takes the new place: %v %v", ex["subject"], ex["location"])
	}
	master := r.get(box + "/events/" + id + "?$select=cancelledOccurrences&$expand=exceptionOccurrences($select=id,subject)")
	if diff := cmp.Diff([]any{"OID." + id + ".2026-12-14"}, master["cancelledOccurrences"]); diff != "" {
		t.Error(diff)
	}
	if list := master["exceptionOccurrences"].([]any); len(list) != 1 || list[0].(map[string]any)["id"] != second {
		t.Errorf("exceptionOccurrences %v", list)
	}
	at := time.Date(2026, 12, 8, 9, 0, 0, 0, time.UTC)
	r.refused(r.send("PATCH", box+"/events/"+second, map[string]any{"start": moment(at, "UTC"), "end": moment(at, "UTC")}), 400, "ErrorOccurrenceCrossingBoundary")
	at = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	r.do("PATCH", box+"/events/"+id, map[string]any{"start": moment(at, berlinZone), "end": moment(at.Add(time.Hour), berlinZone)}, 200)
	rows = r.instances(box, id)
	for _, row := range rows {
		if row["type"] != "occurrence" {
			t.Errorf("a moved series drops its exceptions: %v", row)
		}
	}
	if len(rows) != 10 {
		t.Errorf("%d occurrences, want 10", len(rows))
	}
	r.do("DELETE", box+"/events/"+id, nil, 204)
	if n := len(values(r.get(box + "/calendarView?" + month()))); n != 0 {
		t.Errorf("%d left of a deleted series", n)
	}
}

func TestAllDayEventsKeepTheirDateInEveryZone(t *testing.T) {
	t.Parallel()
	r := empty(t)
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	e := eventAt("Urlaub", day, 48*time.Hour, berlinZone)
	e["isAllDay"] = true
	id := r.do("POST", r.box(0)+"/events", e, 201)["id"].(string)
	for _, zone := range []string{"", `Prefer: outlook.timezone="Tokyo Standard Time"`, `Prefer: outlook.timezone="Pacific Standard Time"`} {
		var headers []string
		if zone != "" {
			headers = []string{zone}
		}
		got := r.get(r.box(0)+"/events/"+id, headers...)
		if s, e := got["start"].(map[string]any)["dateTime"], got["end"].(map[string]any)["dateTime"]; s != "2026-11-24T00:00:00.0000000" || e != "2026-11-26T00:00:00.0000000" {
			t.Errorf("%s: %v – %v", zone, s, e)
		}
	}
	edge := time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC) // already the 24th in Berlin
	if n := len(values(r.get(r.box(0) + "/calendarView?" + span(edge.Add(-time.Hour), edge)))); n != 1 {
		t.Errorf("a view compares instants of the event's zone: %d events, want 1", n)
	}
}

func TestImmutableIDs(t *testing.T) {
	t.Parallel()
	r := empty(t)
	box := r.box(0)
	prefer := `Prefer: IdType="ImmutableId"`
	r.do("POST", box+"/calendars", map[string]any{"name": "Zweiter"}, 201)
	short := r.do("POST", box+"/events", eventAt("x", epoch, time.Hour, "UTC"), 201)["id"].(string)
	long := r.get(box+"/events/"+short, prefer)["id"].(string)
	if long == short || !strings.HasPrefix(long, "AAkA") || !strings.HasPrefix(short, "AAMk") {
		t.Errorf("ids %s and %s", short, long)
	}
	moved, err := r.ctl.MoveToCalendar(r.users[0].UPN, short, "Zweiter")
	if err != nil || moved == short {
		t.Errorf("a move gives a new id: %s %v", moved, err)
	}
	r.refused(r.send("GET", box+"/events/"+short, nil), 404, "ErrorItemNotFound")
	if got := r.get(box+"/events/"+long, prefer)["id"]; got != long {
		t.Errorf("the immutable id changed to %v", got)
	}
}

func TestEventListQueries(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 3})
	box := r.box(0)
	whole := r.all(box + "/events?$top=7")
	if a, b := len(whole), len(r.all(box+"/events")); a != b || a < 30 {
		t.Errorf("%d and %d events", a, b)
	}
	for _, e := range whole {
		if k := e["type"]; k != "singleInstance" && k != "seriesMaster" {
			t.Errorf("%v in a list of events", k)
		}
	}
	sorted := r.all(box + "/events?$top=100&$orderby=start/dateTime desc")
	for i := 1; i < len(sorted); i++ {
		a, b := sorted[i-1]["start"].(map[string]any)["dateTime"].(string), sorted[i]["start"].(map[string]any)["dateTime"].(string)
		if a < b {
			t.Fatalf("%s before %s", a, b)
		}
	}
	page := r.get(box + "/events?$count=true&$top=2&$skip=1")
	if page["@odata.count"] != float64(len(whole)) || values(page)[0]["id"] != whole[1]["id"] {
		t.Errorf("count %v, want %d", page["@odata.count"], len(whole))
	}
	made := r.do("POST", box+"/events", eventAt("Gesuchtes", epoch.AddDate(0, 3, 0), time.Hour, "UTC"), 201)
	for _, filter := range []string{
		"subject eq 'Gesuchtes'", "startswith(subject,'Gesucht')", "iCalUId eq '" + made["iCalUId"].(string) + "'",
		"lastModifiedDateTime ge " + made["lastModifiedDateTime"].(string), "start/dateTime ge '2027-02-22T10:00' and type eq 'singleInstance'",
	} {
		hits := values(r.get(box + "/events?$top=50&$filter=" + filter))
		if len(hits) != 1 || hits[0]["id"] != made["id"] {
			t.Errorf("%s finds %d", filter, len(hits))
		}
	}
	if n := len(values(r.get(box + "/events?$filter=lastModifiedDateTime gt " + made["lastModifiedDateTime"].(string)))); n != 0 {
		t.Errorf("%d changed after the last change", n)
	}
}
