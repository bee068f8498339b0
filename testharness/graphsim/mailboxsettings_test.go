package graphsim

import (
	"strings"
	"testing"

	names "github.com/gleis-dev/gleis/sdk/zone"
)

func TestMailboxSettingsAreReadInWholeAndByPath(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true, Rooms: 1})
	at := r.box(0) + "/mailboxSettings"
	whole := r.get(at)
	if whole["userPurpose"] != "user" || whole["timeZone"] != "W. Europe Standard Time" || whole["workingHours"].(map[string]any)["startTime"] != "08:00:00.0000000" {
		t.Errorf("settings: %v", whole)
	}
	for path, want := range map[string]any{"/timeZone": "W. Europe Standard Time", "/dateFormat": "dd.MM.yyyy", "/timeFormat": "HH:mm", "/userPurpose": "user"} {
		got := r.get(at + path)
		if got["value"] != want || !strings.HasSuffix(got["@odata.context"].(string), "/mailboxSettings"+path) {
			t.Errorf("%s: %v", path, got)
		}
	}
	if got := r.get(at + "/language"); got["locale"] != "de-DE" || got["displayName"] != "Deutsch (Deutschland)" {
		t.Errorf("language: %v", got)
	}
	if got := r.get(at + "/workinghours"); len(got["daysOfWeek"].([]any)) != 5 {
		t.Errorf("working hours: %v", got)
	}
	if got := r.get(at + "/automaticRepliesSetting"); got["status"] != "disabled" {
		t.Errorf("replies: %v", got)
	}
	if got := r.get(at + "?$select=timeZone"); len(got) != 2 {
		t.Errorf("selected: %v", got)
	}
	if got := r.get("/users/" + r.users[6].ID + "/mailboxSettings/userPurpose"); got["value"] != "room" {
		t.Errorf("a room: %v", got)
	}
	r.refused(r.send("GET", at+"/nonsense", nil), 400, "BadRequest")
	r.refused(r.send("GET", "/users/"+r.users[5].ID+"/mailboxSettings", nil), 404, "MailboxNotEnabledForRESTAPI")
}

func TestMailboxSettingsAreChangedInPart(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := r.box(0) + "/mailboxSettings"
	got := r.do("PATCH", at, map[string]any{"timeZone": "Tokyo Standard Time", "language": map[string]any{"locale": "fr-FR"}}, 200)
	if len(got) != 3 || got["timeZone"] != "Tokyo Standard Time" || got["language"].(map[string]any)["displayName"] != "français (France)" {
		t.Errorf("changed: %v", got)
	}
	r.do("PATCH", at, map[string]any{"automaticRepliesSetting": map[string]any{"status": "alwaysEnabled", "internalReplyMessage": "weg"}}, 200)
	r.do("PATCH", at, map[string]any{"workingHours": map[string]any{"daysOfWeek": []string{"monday"}}}, 200)
	whole := r.get(at)
	replies, hours := whole["automaticRepliesSetting"].(map[string]any), whole["workingHours"].(map[string]any)
	if replies["status"] != "alwaysEnabled" || replies["externalAudience"] != "none" || whole["timeZone"] != "Tokyo Standard Time" {
		t.Errorf("settings: %v", whole)
	}
	if len(hours["daysOfWeek"].([]any)) != 1 || hours["endTime"] != "17:00:00.0000000" {
		t.Errorf("hours: %v", hours)
	}
	if other := r.get(r.box(1) + "/mailboxSettings/workingHours"); len(other["daysOfWeek"].([]any)) != 5 {
		t.Errorf("another mailbox: %v", other)
	}
	for _, tt := range []struct {
		body map[string]any
		code string
	}{
		{map[string]any{"timeZone": "Greenwich Mean Time"}, "TimeZoneNotSupportedException"},
		{map[string]any{"timeZone": ""}, "TimeZoneNotSupportedException"},
		{map[string]any{"timeZone": 1}, "UnableToDeserializePostBody"},
		{map[string]any{"language": map[string]any{"locale": "xx-XX"}}, "ErrorPropertyValidationFailure"},
		{map[string]any{"userPurpose": "room"}, "ErrorPropertyValidationFailure"},
		{map[string]any{"nonsense": 1}, "UnableToDeserializePostBody"},
		{map[string]any{"workingHours": map[string]any{"daysOfWeek": []string{"Montag"}}}, "ErrorPropertyValidationFailure"},
		{map[string]any{"workingHours": map[string]any{"timeZone": map[string]any{"name": "x"}}}, "TimeZoneNotSupportedException"},
		{map[string]any{"workingHours": map[string]any{"startTime": "25:00:00"}}, "ErrorPropertyValidationFailure"},
		{map[string]any{"workingHours": map[string]any{"endTime": nil, "startTime": "early"}}, "ErrorPropertyValidationFailure"},
		{map[string]any{"automaticRepliesSetting": map[string]any{"status": "sometimes"}}, "ErrorPropertyValidationFailure"},
		{map[string]any{"automaticRepliesSetting": map[string]any{"status": "scheduled", "scheduledStartDateTime": moment(epoch.AddDate(1, 0, 0), "UTC")}}, "ErrorPropertyValidationFailure"},
		{map[string]any{"delegateMeetingMessageDeliveryOptions": "never"}, "ErrorPropertyValidationFailure"},
	} {
		r.refused(r.send("PATCH", at, tt.body), 400, tt.code)
	}
	if got := r.do("PATCH", at, map[string]any{"workingHours": map[string]any{"startTime": "07:30:00"}}, 200); got["workingHours"].(map[string]any)["startTime"] != "07:30:00.0000000" {
		t.Errorf("a new start of work: %v", got)
	}
	if err := r.ctl.SetMailboxTimeZone(r.users[0].UPN, ""); err != nil {
		t.Fatal(err)
	}
	if got := r.get(at + "/timeZone"); got["value"] != "" {
		t.Errorf("a mailbox without zone: %v", got)
	}
}

func TestSupportedTimeZonesAreThoseThatRequestsMayName(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := r.box(0) + "/outlook/supportedTimeZones"
	zones := values(r.get(at))
	if len(zones) < 130 {
		t.Errorf("%d zones", len(zones))
	}
	seen := map[string]string{}
	for _, z := range zones {
		alias := z["alias"].(string)
		if _, err := names.Load(alias); err != nil || seen[alias] != "" {
			t.Errorf("%q: %v", alias, err)
		}
		seen[alias] = z["displayName"].(string)
	}
	for alias, want := range map[string]string{
		"W. Europe Standard Time": "(UTC+01:00) Berlin", "India Standard Time": "(UTC+05:30) ", "UTC": "(UTC+00:00) Coordinated Universal Time",
		"Newfoundland Standard Time": "(UTC-03:30) St Johns", "AUS Eastern Standard Time": "(UTC+10:00) Sydney",
	} {
		if !strings.HasPrefix(seen[alias], want) {
			t.Errorf("%s: %q", alias, seen[alias])
		}
	}
	iana := values(r.get(at + "(TimeZoneStandard=microsoft.graph.timeZoneStandard'Iana')"))
	if len(iana) != len(zones) || iana[0]["alias"] == zones[0]["alias"] {
		t.Errorf("IANA: %d, %v", len(iana), iana[0])
	}
	r.get(at + "(TimeZoneStandard=microsoft.graph.timeZoneStandard'Windows')")
	r.refused(r.send("GET", at+"(TimeZoneStandard=microsoft.graph.timeZoneStandard'Mars')", nil), 400, "BadRequest")
	if languages := values(r.get(r.box(0) + "/outlook/supportedLanguages")); len(languages) < 10 || languages[0]["locale"] == nil {
		t.Errorf("languages: %v", languages)
	}
}

func TestRoomsAreUsersAndPlaces(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true, Rooms: 3})
	rooms := values(r.get("/places/microsoft.graph.room"))
	if len(rooms) != 3 || rooms[0]["capacity"] != 4.0 || rooms[0]["displayName"] != "Raum 1 Spree" {
		t.Fatalf("rooms: %v", rooms)
	}
	mail := rooms[0]["emailAddress"].(string)
	if u := r.get("/users/" + mail + "?$select=accountEnabled,displayName,userType"); u["accountEnabled"] != false || u["userType"] != "Member" {
		t.Errorf("as a user: %v", u)
	}
	r.get("/users/" + mail + "/events")
	lists := values(r.get("/places/microsoft.graph.roomlist"))
	if len(lists) != 1 || lists[0]["displayName"] != "Haus 1" {
		t.Fatalf("lists: %v", lists)
	}
	at := "/places/" + lists[0]["emailAddress"].(string) + "/microsoft.graph.roomlist/rooms"
	for query, want := range map[string]int{
		"": 3, "?$filter=capacity ge 8": 2, "?$filter=displayName eq 'Raum 1 Spree'": 1, "?$filter=tags/any(t:t eq 'x')": 0, "?$skip=1": 2,
	} {
		if got := r.get(at + query); len(values(got)) != want {
			t.Errorf("rooms of the list%s: %v, want %d", query, got, want)
		}
	}
	if got := r.get("/places/microsoft.graph.room?$filter=capacity eq 4&$count=true&$select=displayName"); got["@odata.count"] != 1.0 || values(got)[0]["capacity"] != nil {
		t.Errorf("rooms of 4: %v", got)
	}
	r.refused(r.send("GET", "/places/"+lists[0]["id"].(string)+"/microsoft.graph.roomlist/rooms", nil), 404, "ErrorItemNotFound")
	large := r.ctl.AddRoom("saal", "Großer Saal", 80, "Haus 2")
	if page := r.get("/places/microsoft.graph.room?$top=3"); len(values(page)) != 3 || page["@odata.nextLink"] == nil {
		t.Errorf("page: %v", page)
	}
	if all := r.all("/places/microsoft.graph.room?$top=3"); len(all) != 4 || all[3]["capacity"] != 80.0 || !large.Room {
		t.Errorf("all: %v", all)
	}
	r.refused(r.send("GET", "/places/x/microsoft.graph.roomlist/rooms", nil), 404, "ErrorItemNotFound")
	for query, code := range map[string]string{
		"$orderby=capacity": "ErrorInvalidUrlQuery", "$search=x": "ErrorInvalidUrlQuery", "$filter=label eq 'x'": "ErrorInvalidUrlQueryFilter",
		"$filter=nonsense eq 1": "RequestBroker--ParseUri", "$select=nonsense": "RequestBroker--ParseUri", "$filter=capacity eq 'x'": "BadRequest",
	} {
		r.refused(r.send("GET", "/places/microsoft.graph.room?"+query, nil), 400, code)
	}
	if _, err := New(Config{Rooms: -1}); err == nil {
		t.Error("fewer than no rooms")
	}
}
