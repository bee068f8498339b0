package graphsim

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// walker asks one server for everything, in one order, so that two servers can be compared.
type walker struct {
	*testing.T
	s     *Server
	token string
	log   []string
}

func (w *walker) get(path string) map[string]any {
	w.Helper()
	path = strings.TrimPrefix(path, "http://graph.test/v1.0")
	req := httptest.NewRequest("GET", "http://graph.test/v1.0"+path, nil)
	req.Header.Set("Authorization", "Bearer "+w.token)
	rec := httptest.NewRecorder()
	w.s.ServeHTTP(rec, req)
	w.log = append(w.log, fmt.Sprintf("%s: %d %v %s", path, rec.Code, rec.Header(), rec.Body.String()))
	r := rig{T: w.T}
	return r.decode(rec.Body)
}

// list gets all pages and gives the rows.
func (w *walker) list(path string) (rows []map[string]any, link string) {
	w.Helper()
	for path != "" {
		page := w.get(path)
		rows = append(rows, values(page)...)
		link, _ = page["@odata.deltaLink"].(string)
		path, _ = page["@odata.nextLink"].(string)
	}
	return rows, link
}

// everything walks through all collections and items; the delta links that it meets at the end of rounds are the result.
func (w *walker) everything() (links []string) {
	users, _ := w.list("/users?$select=id,displayName,mail,proxyAddresses,assignedLicenses,accountEnabled&$top=5")
	for _, u := range users {
		box := "/users/" + u["id"].(string)
		w.get(box)
		for _, path := range []string{"/events?$top=7", "/calendarView?" + month(), "/contacts"} {
			items, _ := w.list(box + path)
			for _, it := range items {
				collection, _, _ := strings.Cut(path, "?")
				w.get(box + strings.Replace(collection, "calendarView", "events", 1) + "/" + it["id"].(string))
			}
		}
		folders, _ := w.list(box + "/contactFolders")
		for _, f := range folders {
			w.get(box + "/contactFolders/" + f["id"].(string) + "/contacts")
		}
		mail, _ := w.list(box + "/mailFolders?includeHiddenFolders=true")
		for _, path := range []string{"/outlook/masterCategories", "/mailboxSettings", "/calendarGroups", "/manager", "/memberOf", "/transitiveMemberOf"} {
			w.get(box + path)
		}
		for _, f := range mail {
			w.list(box + "/mailFolders/" + f["id"].(string) + "/messages?$expand=attachments")
		}
		rounds := []string{"/mailFolders/delta", inboxDelta, "/calendarView/delta?" + month(), "/contacts/delta", "/contactFolders/delta", "/todo/lists/delta"}
		lists, _ := w.list(box + "/todo/lists")
		for _, l := range lists {
			rounds = append(rounds, "/todo/lists/"+l["id"].(string)+"/tasks/delta")
		}
		for _, path := range rounds {
			if _, link := w.list(box + path); link != "" {
				links = append(links, link)
			}
		}
	}
	for _, path := range []string{"/users/delta", "/groups/delta"} {
		_, link := w.list(path)
		links = append(links, link)
	}
	groups, _ := w.list("/groups")
	for _, g := range groups {
		w.list("/groups/" + g["id"].(string) + "/members")
	}
	return links
}

func scribble(r *rig, n int) {
	r.Helper()
	rnd := rand.New(rand.NewPCG(3, 5))
	var items []string
	for i := range n {
		box := r.box(rnd.IntN(4))
		start := epoch.Add(time.Duration(rnd.IntN(400)) * time.Hour)
		e := eventAt(fmt.Sprintf("Termin \"%d\" <b>& ü\u2028", i), start, time.Hour, "W. Europe Standard Time")
		path, body := box+"/events", e
		switch rnd.IntN(10) {
		case 0:
			e["recurrence"] = weeklyRule(start, "W. Europe Standard Time", rnd.IntN(3)*4, "monday", "thursday")
		case 1:
			e["attendees"] = []any{map[string]any{"type": "required", "emailAddress": map[string]any{"address": r.users[rnd.IntN(4)].Mail}}}
		case 2:
			path, body = box+"/contacts", map[string]any{"givenName": "K" + itoa(i), "homePhones": []string{"1", "2"}, "singleValueExtendedProperties": []any{
				map[string]any{"id": "String {00020329-0000-0000-c000-000000000046} Name Key", "value": itoa(i)}}}
		case 3:
			lists := values(r.get(box + "/todo/lists"))
			path, body = box+"/todo/lists/"+lists[0]["id"].(string)+"/tasks", map[string]any{"title": "Aufgabe " + itoa(i), "dueDateTime": moment(start, "UTC")}
		case 6:
			path, body = box+"/messages", mailTo("Entwurf "+itoa(i), r.users[rnd.IntN(4)].Mail)
			body["attachments"] = []any{fileOf("a.txt", "A"+itoa(i))}
			body["flag"] = map[string]any{"flagStatus": "flagged", "startDateTime": moment(start, "UTC"), "dueDateTime": moment(start, "UTC")}
		case 7:
			r.do("POST", box+"/sendMail", map[string]any{"message": mailTo("Post "+itoa(i), r.users[rnd.IntN(4)].Mail)}, 202)
		case 8:
			r.do("PATCH", box, map[string]any{"jobTitle": "Stelle " + itoa(i)}, http.StatusNoContent)
		case 9:
			path, body = box+"/outlook/masterCategories", map[string]any{"displayName": fmt.Sprint("Kategorie ", i, r.ctl.Now().Unix()), "color": "preset3"}
		case 4, 5:
			rows := values(r.get(box + "/calendarView?" + month() + "&$top=50"))
			if len(rows) > 0 {
				items = append(items, box+"/events/"+rows[rnd.IntN(len(rows))]["id"].(string))
			}
		}
		if len(items) > 0 && rnd.IntN(3) == 0 {
			at := items[len(items)-1]
			items = items[:len(items)-1]
			if rnd.IntN(3) == 0 {
				r.send("DELETE", at, nil)
			} else {
				r.send("PATCH", at, map[string]any{"subject": "neu " + itoa(i), "location": map[string]any{"displayName": "Raum"}})
			}
			continue
		}
		if i%2 == 0 {
			if _, err := r.ctl.Do("POST", path, body); err != nil {
				r.Fatal(err)
			}
			continue
		}
		r.do("POST", path, body, http.StatusCreated)
	}
}

func TestALoadedStateAnswersAsBeforeByteForByte(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 8, Small: true})
	before := &walker{T: t, s: r.s, token: r.token}
	scribble(r, 150)
	links := before.everything()
	r.ctl.Advance(90 * time.Minute)
	r.ctl.Advance(-40 * time.Minute)
	scribble(r, 150)
	r.ctl.ExpireDelta(r.users[1].UPN)

	var saved bytes.Buffer
	if err := r.ctl.SaveState(&saved); err != nil {
		t.Fatal(err)
	}
	other, err := New(Config{Users: 3, Seed: 99, Now: func() time.Time { return epoch }})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Control().LoadState(bytes.NewReader(saved.Bytes())); err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := other.Control().SaveState(&again); err != nil || again.String() != saved.String() {
		t.Errorf("the state saved by the server that loaded it differs: %v", err)
	}
	before.log = nil
	after := &walker{T: t, s: other, token: r.token}
	for _, w := range []*walker{before, after} {
		for _, link := range links {
			w.list(link)
		}
		w.everything()
	}
	if len(before.log) < 500 || len(before.log) != len(after.log) {
		t.Fatalf("%d and %d answers", len(before.log), len(after.log))
	}
	for i := range before.log {
		if before.log[i] != after.log[i] {
			t.Fatalf("answer %d differs\n%s\n%s", i, before.log[i], after.log[i])
		}
	}
	if a, b := r.ctl.Outbox(), other.Control().Outbox(); len(a) == 0 || !reflect.DeepEqual(a, b) {
		t.Errorf("outbox of %d and %d", len(a), len(b))
	}
	if r.s.Credentials() != other.Credentials() {
		t.Error("credentials differ")
	}
}

func TestAStateIsLoadedWhileRequestsAreServed(t *testing.T) {
	t.Parallel()
	h := newHook(t, Config{})
	h.subscribe(h.box(0) + "/contacts")
	var saved bytes.Buffer
	if err := h.ctl.SaveState(&saved); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 15 {
				if a := h.send("POST", h.box(i)+"/contacts", map[string]any{"givenName": "x"}); a.status != 201 {
					t.Errorf("write: %d %v", a.status, a.body)
				}
				if a := h.send("GET", h.box(i)+"/contacts", nil); a.status != 200 {
					t.Errorf("read: %d %v", a.status, a.body)
				}
			}
		})
	}
	for range 5 {
		if err := h.ctl.LoadState(bytes.NewReader(saved.Bytes())); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}

func TestAStateThatIsDamagedChangesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 3, Small: true})
	var saved bytes.Buffer
	if err := r.ctl.SaveState(&saved); err != nil {
		t.Fatal(err)
	}
	whole := saved.String()
	for name, doc := range map[string]string{
		"empty":          "",
		"cut":            whole[:len(whole)-3],
		"another format": `{"format":"x","version":1}`,
		"newer":          strings.Replace(whole, `"version":1`, `"version":2`, 1),
		"unknown member": strings.Replace(whole, `"subject":`, `"subjekt":`, 1),
		"unknown zone":   strings.Replace(whole, `"startZone":"W. Europe`, `"startZone":"X. Europe`, 1),
		"wrong type":     strings.Replace(whole, `"version":`, `"version":"x`, 2),
		"lost member":    strings.Replace(whole, `"members":["`, `"members":["x`, 1),
	} {
		if name != "empty" && name != "another format" && doc == whole {
			t.Fatalf("%s: the document was not changed", name)
		}
		if err := r.ctl.LoadState(strings.NewReader(doc)); err == nil {
			t.Errorf("%s: loaded", name)
		}
	}
	r.get(r.box(0) + "/events")
}

// unsaved are stored fields that the state does not carry, with the reason.
var unsaved = map[string]string{
	"tenant.users":     "carried one by one before the tenant",
	"tenant.byID":      "made by addUser",
	"tenant.byName":    "made by addUser",
	"calendar.of":      "of calendars made for an answer",
	"calendar.source":  "of calendars made for an answer",
	"mailbox.user":     "set by the user that holds it",
	"mailbox.byUID":    "carried as the numbers of the events",
	"contact.card":     "carried as a list of properties",
	"mailbox.mail":     "carried by postState",
	"mailbox.attached": "carried by sideState as lists",
	"mailbox.uploads":  "carried by sideState as a list",
}

// encodes tells that all fields of a struct are exported, so that encoding/json carries them.
func encodes(typ reflect.Type) bool {
	for i := range typ.NumField() {
		if f := typ.Field(i); !f.IsExported() || f.Tag.Get("json") == "-" {
			return false
		}
	}
	return true
}

func TestEveryStoredFieldIsInTheState(t *testing.T) {
	t.Parallel()
	s := newRig(t, Config{Users: 1, Small: true}).s
	queue, seen := []reflect.Type{reflect.TypeFor[tenant](), reflect.TypeFor[user](), reflect.TypeFor[service](), reflect.TypeFor[mailStore]()}, map[reflect.Type]bool{}
	for len(queue) > 0 {
		typ := queue[0]
		queue = queue[1:]
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map || typ.Kind() == reflect.Array {
			typ = typ.Elem()
		}
		if seen[typ] || typ.Kind() != reflect.Struct || typ == reflect.TypeFor[zone]() || !strings.HasSuffix(typ.PkgPath(), "graphsim") {
			continue
		}
		seen[typ] = true
		fresh := reflect.New(typ)
		if _, ok := fresh.Interface().(stored); !ok && encodes(typ) {
			continue
		}
		carried := map[uintptr]bool{}
		names := map[string]bool{}
		if thing, ok := fresh.Interface().(stored); ok {
			thing.state(&archive{s: s, watch: func(name string, at any) {
				carried[reflect.ValueOf(at).Pointer()] = true
				if names[name] {
					t.Errorf("%s carries two members %q", typ.Name(), name)
				}
				names[name] = true
			}})
		} else if !strings.HasPrefix(typ.Name(), "shelf[") {
			t.Errorf("%s is stored but has no method state (see state.go)", typ.Name())
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			queue = append(queue, f.Type)
			name := typ.Name() + "." + f.Name
			if unsaved[name] == "" && !carried[fresh.Elem().Field(i).UnsafeAddr()] && !strings.HasPrefix(typ.Name(), "shelf[") {
				t.Errorf("%s is not in the state: add it to the method state of %s (see state.go)", name, typ.Name())
			}
		}
	}
	if len(seen) < 15 {
		t.Errorf("found %d stored structs", len(seen))
	}
}
