package graphsim

import (
	"io"
	"net/http"
	"testing"
	"time"
)

// plain gets a path whose answer is text.
func (r *rig) plain(path string, headers ...string) (int, string) {
	r.Helper()
	req, err := http.NewRequest("GET", r.url+"/v1.0"+path, http.NoBody)
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type") + ": " + string(body)
}

func TestListsOfAMailboxCanBeCountedAlone(t *testing.T) {
	t.Parallel()
	r := empty(t)
	box := r.box(0)
	for i := range 12 {
		r.do("POST", box+"/contacts", map[string]any{"givenName": "Zoë", "surname": string(rune('A' + i))}, 201)
		r.do("POST", box+"/events", eventAt("Termin", epoch.Add(time.Duration(i)*time.Hour), time.Hour, "UTC"), 201)
		r.do("POST", box+"/messages", map[string]any{"subject": "Brief"}, 201)
	}
	for path, want := range map[string]string{
		"/contacts/$count": "12",
		"/contacts/$count?$filter=surname%20eq%20'B'": "1",
		"/contacts/$count?$top=5&$skip=3":             "12",
		"/contactFolders/$count":                      "1",
		"/events/$count":                              "12",
		"/calendar/events/$count":                     "12",
		"/calendars/$count":                           "1",
		"/calendarGroups/$count":                      "1",
		"/messages/$count":                            "12",
		"/mailFolders/drafts/messages/$count":         "12",
	} {
		if status, got := r.plain(box + path); status != 200 || got != "text/plain: "+want {
			t.Errorf("%s: %d %s, want %s", path, status, got, want)
		}
	}
	r.refused(r.send("GET", box+"/contacts/$count?$filter=nonsense", nil), 400, "RequestBroker--ParseUri")
	r.refused(r.send("GET", box+"/calendar/$count", nil), 400, "BadRequest")
}

func TestTheAliasOfTheNameSpaceIsUnderstood(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for _, pair := range [][2]string{
		{"/places/graph.room", "/places/microsoft.graph.room"},
		{"/users/graph.delta", "/users/delta"},
		{"/users/" + r.users[0].ID + "/memberOf/GRAPH.group", "/users/" + r.users[0].ID + "/memberOf/microsoft.graph.group"},
	} {
		if short, long := len(values(r.get(pair[0]))), len(values(r.get(pair[1]))); short != long {
			t.Errorf("%s has %d rows, %s has %d", pair[0], short, pair[1], long)
		}
	}
	r.refused(r.send("GET", "/users/"+r.users[0].ID+"/memberOf/graph.elephant", nil), 400, "BadRequest")
}
