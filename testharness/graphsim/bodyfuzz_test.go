package graphsim

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzBodies sends one body to everything that a mailbox lets be made and, where that worked, be changed. Whatever it is, the answer is JSON,
// and what was stored can be read again with all that $expand knows.
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
	f.Fuzz(func(t *testing.T, body string) {
		r := newRig(t, Config{Users: 1, EventsPerUser: -1, TasksPerUser: -1, ContactsPerUser: -1})
		for _, path := range []string{
			"/contacts", "/contactFolders", "/todo/lists", strings.TrimPrefix(r.tasks(0), r.box(0)), "/outlook/masterCategories", "/events", "/calendars", "/messages", "/mailFolders",
		} {
			path = r.box(0) + path
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
		}
	})
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
