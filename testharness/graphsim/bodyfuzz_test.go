package graphsim

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// FuzzBodies sends one body to everything that a mailbox lets be made and, where that worked, be changed. Whatever it is, the answer is JSON,
// and what was stored can be read again with all that $expand knows. What the simulator keeps makes its coverage change from run to run, so
// that looking for shorter inputs finds no end: use -fuzzminimizetime 1x.
func FuzzBodies(f *testing.F) {
	for _, body := range []string{
		`{"displayName":"x","title":"x","subject":"x","name":"x"}`, `{"subject":"x","start":{"dateTime":"2026-11-24T08:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-11-24T09:00:00","timeZone":"UTC"}}`,
		`{"@odata.type":"#microsoft.graph.openTypeExtension","extensionName":"a.b","\"":[1,null,true],"n":-1e3,"s":"\u2028\"","e":[]}`,
		`{"title":"x","checklistItems":[{"displayName":"a","isChecked":true}],"linkedResources":[{"externalId":null}],"extensions":[{"@odata.type":"microsoft.graph.openTypeExtension","extensionName":"a"}],"recurrence":{"pattern":{"type":"daily","interval":1},"range":{"type":"noEnd","startDate":"2026-11-24"}}}`,
		`{"givenName":"x","birthday":"1980-02-29","emailAddresses":[{}],"primaryEmailAddress":null,"tertiaryEmailAddress":{"address":"a@b"},"homeAddress":{},"children":[""]}`,
		`{"displayName":"x","name":"x","subject":"x","singleValueExtendedProperties":[{"id":"String {6b1c0f3e-2d7a-4d0e-9b0e-3f1a2b3c4d5e} Name A","value":null}],"multiValueExtendedProperties":[{"id":"IntegerArray 0x0E2B","value":["1"]}]}`,
		`{"displayName":"x","color":"preset3"}`, `{"displayName":null,"parentFolderId":"AAA"}`, `[]`, `null`, `{`, ``, `{"a":{"b":[[]]}}`,
	} {
		f.Add(body)
	}
	s, err := New(Config{Users: 1, EventsPerUser: -1, TasksPerUser: -1, ContactsPerUser: -1, Seed: 7, Now: func() time.Time { return epoch }})
	if err != nil {
		f.Fatal(err)
	}
	box := "/users/" + s.Control().Users()[0].ID
	list, err := s.Control().DefaultList(s.Control().Users()[0].ID)
	if err != nil {
		f.Fatal(err)
	}
	token := tokenOf(f, s)
	f.Fuzz(func(t *testing.T, body string) {
		r := &rig{T: t, s: s, token: token} // one for all inputs: each takes back what it made
		for _, path := range []string{
			"/contacts", "/contactFolders", "/todo/lists", "/todo/lists/" + list + "/tasks", "/outlook/masterCategories", "/events", "/calendars", "/messages", "/mailFolders",
		} {
			path = box + path
			made := r.offer("POST", path, body)
			id, _ := made["id"].(string)
			if id == "" {
				continue
			}
			item := path + "/" + id
			r.offer("PATCH", item, body)
			for _, below := range []string{"/extensions", "/checklistItems", "/linkedResources"} {
				if child, _ := r.offer("POST", item+below, body)["id"].(string); child != "" && !strings.ContainsAny(child, "/?#%()'\\") {
					r.offer("PATCH", item+below+"/"+child, body)
				}
			}
			for _, member := range []string{"extensions", "singleValueExtendedProperties", "multiValueExtendedProperties"} {
				r.offer("GET", item+strings.ReplaceAll("?$expand="+member+"($filter=id ne 'x')", " ", "%20"), "")
			}
			r.offer("GET", path, "")
			r.offer("DELETE", item, "")
			if got := r.offer("GET", item, ""); got != nil {
				t.Fatalf("%s is still there: %v", item, got)
			}
		}
	})
}

// tokenOf signs in at a simulator past the network.
func tokenOf(tb testing.TB, s *Server) string {
	tb.Helper()
	cred := s.Credentials()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {cred.ClientID}, "client_secret": {cred.ClientSecret}, "scope": {"https://graph.microsoft.com/.default"},
	}
	req := httptest.NewRequest("POST", "http://graph.test/"+cred.TenantID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, req)
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil || answer.Token == "" {
		tb.Fatalf("token: %d %s", rec.Code, rec.Body)
	}
	return answer.Token
}

// offer sends a body as it is, past the network, and gives the answer, which must be JSON; nil for a refusal.
func (r *rig) offer(method, path, body string) map[string]any {
	r.Helper()
	req := httptest.NewRequest(method, "http://graph.test/v1.0"+path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+r.token)
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	r.s.ServeHTTP(rec, req)
	var answer map[string]any
	if raw := rec.Body.Bytes(); len(raw) > 0 && json.Unmarshal(raw, &answer) != nil {
		r.Fatalf("%s %s with %q: %d, not JSON: %s", method, path, body, rec.Code, raw)
	}
	if rec.Code >= 400 {
		return nil
	}
	return answer
}
