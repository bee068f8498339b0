package graphsim

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func (r *rig) saved() string {
	r.Helper()
	var b bytes.Buffer
	r.must(r.ctl.SaveState(&b))
	return b.String()
}

// TestAStateSurvivesAProgramThatRewritesIt reads a state as many languages do, numbers as floats and members in no order.
func TestAStateSurvivesAProgramThatRewritesIt(t *testing.T) {
	t.Parallel()
	h := newHook(t, Config{HoldNotifications: true})
	h.subscribe(h.box(0) + "/contacts")
	scribble(h.rig, 60)
	h.ctl.Deliver() // the body of a notice on its way has members in an order
	h.do("POST", h.box(0)+"/todo/lists/"+values(h.get(h.box(0) + "/todo/lists"))[0]["id"].(string)+"/tasks", map[string]any{"title": "ohne Datum"}, 201)
	before := h.saved()
	var doc any
	if err := json.Unmarshal([]byte(before), &doc); err != nil {
		t.Fatal(err)
	}
	h.must(h.ctl.LoadState(strings.NewReader(rawJSON(doc))))
	if after := h.saved(); after != before {
		at := 0
		for at < min(len(after), len(before)) && after[at] == before[at] {
			at++
		}
		t.Errorf("differs at %d:\n%.200s\n%.200s", at, before[max(0, at-100):], after[max(0, at-100):])
	}
}

func TestACompanyCanBeWrittenByHand(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 3, Small: true})
	cred := r.s.Credentials()
	r.must(r.ctl.LoadState(strings.NewReader(`{"version": 1, "users": [
		{"principalName": "anna@contoso.example", "name": "Anna Amsel", "items": {
			"events": [
				{"subject": "Jour fixe", "start": {"dateTime": "2026-11-23T09:00:00", "timeZone": "UTC"}, "end": {"dateTime": "2026-11-23T10:00:00", "timeZone": "UTC"},
					"attendees": [{"type": "required", "emailAddress": {"address": "bert@contoso.example"}}]},
				{"subject": "Urlaub", "isAllDay": true, "start": {"dateTime": "2026-12-01T00:00:00", "timeZone": "UTC"}, "end": {"dateTime": "2026-12-02T00:00:00", "timeZone": "UTC"}}],
			"contacts": [{"givenName": "Cora"}], "tasks": [{"title": "Angebot"}], "messages": [{"subject": "Hallo"}]}},
		{"principalName": "bert@contoso.example", "mailbox": {}, "entry": {"properties": {"jobTitle": "Koch"}}},
		{"principalName": "dora@contoso.example"}], "format": "graphsim"}`)))
	if r.s.Credentials() != cred {
		t.Error("the credentials changed")
	}
	r.signIn()
	users := values(r.get("/users?$select=id,displayName,userPrincipalName,jobTitle,accountEnabled,mail"))
	if len(users) != 3 || users[0]["displayName"] != "Anna Amsel" || users[1]["jobTitle"] != "Koch" || users[1]["displayName"] != "bert" || users[1]["mail"] != "bert@contoso.example" {
		t.Errorf("users %v", users)
	}
	anna, bert := "/users/anna@contoso.example", "/users/bert@contoso.example"
	for path, want := range map[string]int{
		anna + "/events": 2, anna + "/contacts": 1, anna + "/mailFolders/inbox/messages": 1, anna + "/calendars": 1, bert + "/events": 1, bert + "/contacts": 0, bert + "/todo/lists": 2,
	} {
		if n := len(values(r.get(path))); n != want {
			t.Errorf("%s: %d, want %d", path, n, want)
		}
	}
	r.refused(r.send("GET", "/users/dora@contoso.example/events", nil), 404, "MailboxNotEnabledForRESTAPI")
	if n := len(r.ctl.Outbox()); n != 0 {
		t.Errorf("%d mails sent", n)
	}
	r.do("POST", bert+"/events", eventAt("x", epoch, time.Hour, "UTC"), 201)
	r.signInAs(r.ctl.Users()[0], "Calendars.Read")
	r.get("/me/events")
	whole := r.saved()
	r.must(r.ctl.LoadState(strings.NewReader(whole)))
	if again := r.saved(); again != whole {
		t.Error("saved and loaded, it differs")
	}
}

func TestStatesThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	before := r.saved()
	for text, users := range map[string]string{
		"no principalName":      `[{"name":"Anna"}]`,
		"two users":             `[{"principalName":"a@b.example"},{"principalName":"A@b.example"}]`,
		"events 1 of a@b":       `[{"principalName":"a@b.example","items":{"events":[{"subject":"ohne Zeit"}]}}]`,
		`unknown field "event"`: `[{"principalName":"a@b.example","items":{"event":[]}}]`,
		"lies in no calendar":   `[{"principalName":"a@b.example","mailbox":{"events":[{"number":9,"calendar":8}]}}]`,
		"ends before it starts": `[{"principalName":"a@b.example","mailbox":{"events":[{"number":9,"calendar":1,"start":5}]}}]`,
		"two items":             `[{"principalName":"a@b.example","mailbox":{"tasks":[{"number":9,"list":2},{"number":9,"list":2}]}}]`,
		"is none of":            `[{"principalName":"a@b.example","mailbox":{"tasks":[{"number":9,"list":2,"importance":7}]}}]`,
		`contacts have no "x"`:  `[{"principalName":"a@b.example","mailbox":{"contacts":[{"number":9,"folder":4,"properties":{"x":1}}]}}]`,
		"a rule without dates":  `[{"principalName":"a@b.example","mailbox":{"tasks":[{"number":9,"list":2,"rule":{"kind":"weekly"}}]}}]`,
		"or none of these":      `[{"principalName":"a@b.example","mailbox":{"calendars":[{"number":1}]}}]`,
		"stands where":          `{}`,
	} {
		err := r.ctl.LoadState(strings.NewReader(`{"format":"graphsim","version":1,"users":` + users + `}`))
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", users, err)
		}
	}
	if r.saved() != before {
		t.Error("something changed")
	}
}

// edits are all documents that differ from v in one member or element: gone, or a number that is out of most ranges. Of members with the
// same path only the first is edited.
func edits(v any, path string, seen map[string]bool, emit func(what string)) {
	each := func(name string, old any, set func(any), drop func()) {
		here := path + "/" + name
		if seen[here] {
			return
		}
		seen[here] = true
		drop()
		emit(here + " gone")
		if _, ok := old.(float64); ok {
			set(250.0)
			emit(here + " 250")
		}
		set(old)
		edits(old, here, seen, emit)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			old := v[name]
			each(name, old, func(x any) { v[name] = x }, func() { delete(v, name) })
		}
	case []any:
		for i, old := range v {
			each("*", old, func(x any) { v[i] = x }, func() { v[i] = nil })
			edits(v[i], path+"/*", seen, emit)
		}
	}
}

// TestAStateWithAnErrorIsRefusedOrServed loads a state with each of its members once gone or wrong. Whatever is loaded must be served.
func TestAStateWithAnErrorIsRefusedOrServed(t *testing.T) {
	t.Parallel()
	h := newHook(t, Config{HoldNotifications: true})
	h.subscribe(h.box(0) + "/contacts")
	scribble(h.rig, 16)
	var doc any
	if err := json.Unmarshal([]byte(h.saved()), &doc); err != nil {
		t.Fatal(err)
	}
	users := doc.(map[string]any)["users"].([]any)
	doc.(map[string]any)["users"] = users[:1]
	delete(doc.(map[string]any)["tenant"].(map[string]any), "groups")
	loaded, refused, ctl := 0, 0, newRig(t, Config{Users: 1, Small: true, HoldNotifications: true}).ctl
	edits(doc, "", map[string]bool{}, func(what string) {
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("%s: %v", what, p)
				ctl = newRig(t, Config{Users: 1, Small: true, HoldNotifications: true}).ctl // that one may be locked for ever
			}
		}()
		if err := ctl.LoadState(strings.NewReader(rawJSON(doc))); err != nil {
			refused++
			return
		}
		loaded++
		for _, u := range ctl.Users() {
			for _, path := range []string{"", "/events", "/calendarView?" + month(), "/calendars", "/contacts", "/contactFolders", "/messages", "/mailFolders", "/todo/lists"} {
				if _, err := ctl.Do("GET", "/users/"+u.ID+path, nil); err != nil && strings.Contains(err.Error(), "graphsim: 500") {
					t.Errorf("%s: %s: %v", what, path, err)
				}
			}
			list, _ := ctl.DefaultList(u.ID)
			for _, path := range []string{"/todo/lists/" + list + "/tasks", "/calendarView/delta?" + month(), "/contacts/delta", "/mailFolders/delta"} {
				_, _ = ctl.Do("GET", "/users/"+u.ID+path, nil)
			}
			_, _ = ctl.Do("POST", "/users/"+u.ID+"/contacts", map[string]any{"givenName": "x"})
		}
		_, _ = ctl.Do("GET", "/users", nil)
		var again bytes.Buffer
		if err := ctl.SaveState(&again); err != nil {
			t.Errorf("%s: saved: %v", what, err)
		}
	})
	if loaded < 80 || refused < 20 {
		t.Errorf("%d loaded, %d refused", loaded, refused)
	}
}
