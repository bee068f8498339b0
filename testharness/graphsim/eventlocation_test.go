package graphsim

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLocationsKeepWhatTheySay(t *testing.T) {
	t.Parallel()
	r := empty(t)
	post := func(name string, value any) map[string]any {
		e := eventAt("x", epoch, time.Hour, "UTC")
		e[name] = value
		return r.do("POST", r.box(0)+"/events", e, 201)
	}
	hall := map[string]any{
		"displayName": "Halle", "locationEmailAddress": "halle@contoso.example", "locationType": "conferenceRoom", "uniqueId": "h1", "uniqueIdType": "directory",
		"address": map[string]any{"city": "Seattle", "street": "900 Broadway"}, "coordinates": map[string]any{"latitude": 47.6105, "longitude": -122.321},
	}
	got := post("location", hall)
	if diff := cmp.Diff(any(hall), got["location"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{hall}, got["locations"]); diff != "" {
		t.Error(diff)
	}
	got = post("locations", []any{map[string]any{"displayName": "A"}, hall})
	if name := got["location"].(map[string]any)["displayName"]; name != "A; Halle" || len(got["locations"].([]any)) != 2 {
		t.Errorf("%v %v", name, got["locations"])
	}
	none := map[string]any{"displayName": "", "locationType": "default", "uniqueIdType": "unknown", "address": map[string]any{}, "coordinates": map[string]any{}}
	for _, sent := range []any{nil, map[string]any{}, none} {
		got = post("location", sent)
		if diff := cmp.Diff(any(none), got["location"]); diff != "" || len(got["locations"].([]any)) != 0 {
			t.Errorf("%v: %s %v", sent, diff, got["locations"])
		}
	}
	for range 20 { // what is shown goes back as it is
		e := eventAt("x", epoch, time.Hour, "UTC")
		e["location"], e["locations"] = map[string]any{"displayName": "A; Halle"}, []any{map[string]any{"displayName": "A"}, hall}
		if got := r.do("POST", r.box(0)+"/events", e, 201); len(got["locations"].([]any)) != 2 {
			t.Fatalf("locations do not win: %v", got["locations"])
		}
	}
	for _, bad := range []any{"Halle", map[string]any{"locationType": "zelt", "displayName": "x"}, map[string]any{"uniqueIdType": "x", "displayName": "x"}} {
		e := eventAt("x", epoch, time.Hour, "UTC")
		e["location"] = bad
		r.refused(r.send("POST", r.box(0)+"/events", e), 400, "UnableToDeserializePostBody")
	}
}

func TestATeamsMeetingLosesItsLinkWithItsBody(t *testing.T) {
	t.Parallel()
	r := empty(t)
	path := r.meet(map[string]any{"attendees": attendees(r.users[1].Mail), "isOnlineMeeting": true, "onlineMeetingProvider": "teamsForBusiness"})
	made := r.get(path)
	link := made["onlineMeeting"].(map[string]any)["joinUrl"].(string)
	body := made["body"].(map[string]any)["content"].(string)
	if made["isOnlineMeeting"] != true || made["onlineMeetingProvider"] != "teamsForBusiness" || !strings.Contains(body, link) {
		t.Errorf("%v", made)
	}
	if got := r.get(r.copyOf(1)); got["onlineMeeting"].(map[string]any)["joinUrl"] != link {
		t.Errorf("the copy has %v", got["onlineMeeting"])
	}
	if got := r.do("PATCH", path, map[string]any{"isOnlineMeeting": false, "subject": "neu"}, 200); got["isOnlineMeeting"] != true {
		t.Error("online once is online for good")
	}
	if got := r.do("PATCH", path, map[string]any{"body": map[string]any{"contentType": "html", "content": "Tagesordnung " + body}}, 200); got["isOnlineMeeting"] != true {
		t.Error("a body with the link ends the meeting")
	}
	got := r.do("PATCH", path, map[string]any{"body": map[string]any{"contentType": "html", "content": "Tagesordnung"}}, 200)
	if got["isOnlineMeeting"] != false || got["onlineMeeting"] != nil {
		t.Errorf("%v %v", got["isOnlineMeeting"], got["onlineMeeting"])
	}
	if got := r.get(r.copyOf(1)); got["isOnlineMeeting"] != false {
		t.Error("the copy is still online")
	}
	if got := r.do("PATCH", path, map[string]any{"isOnlineMeeting": true}, 200); !strings.Contains(got["body"].(map[string]any)["content"].(string), link) {
		t.Error("a meeting that goes online has no link in its body")
	}
}
