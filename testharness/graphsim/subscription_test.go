package graphsim

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestASubscriptionIsKeptRenewedAndDeleted(t *testing.T) {
	t.Parallel()
	h := newHook(t, Config{HoldNotifications: true})
	made := h.do("POST", "/subscriptions", h.wish(h.box(0)+"/events", "lifecycleNotificationUrl", h.url+"/l"), 201)
	id := "/subscriptions/" + made["id"].(string)
	if h.tokens != 2 || made["clientState"] != "geheim" || made["applicationId"] != h.s.Credentials().ClientID || made["includeResourceData"] != nil || made["latestSupportedTlsVersion"] != "v1_2" {
		t.Errorf("%d handshakes, %v", h.tokens, made)
	}
	if got := h.get(id); got["clientState"] != "geheim" || got["lifecycleNotificationUrl"] != h.url+"/l" {
		t.Errorf("read: %v", got)
	}
	if list := values(h.get("/subscriptions")); len(list) != 1 || list[0]["clientState"] != nil {
		t.Errorf("a list hides the client state: %v", list)
	}
	if other := h.as(&claims{app: "other"}, "GET", id, ""); other.status != 404 {
		t.Errorf("another application: %d", other.status)
	}
	h.refused(h.send("POST", "/subscriptions", h.wish(strings.TrimPrefix(h.box(0), "/")+"/events")), 409, "Conflict")
	h.subscribe(h.box(0)+"/events", "changeType", "deleted")

	later := h.ctl.Now().Add(5 * 24 * time.Hour).Format("2006-01-02T15:04:05.0000000Z")
	if got := h.do("PATCH", id, map[string]any{"expirationDateTime": later}, 200); got["expirationDateTime"] != later {
		t.Errorf("renewed: %v", got)
	}
	h.refused(h.send("PATCH", id, map[string]any{"lifecycleNotificationUrl": h.url}), 400, "InvalidRequest")
	h.refused(h.send("PATCH", id, map[string]any{"expirationDateTime": "soon"}), 400, "InvalidRequest")
	h.refused(h.send("PATCH", id, map[string]any{"expirationDateTime": epoch.AddDate(1, 0, 0).Format(time.RFC3339)}), 400, "ExtensionError")
	h.do("POST", id+"/reauthorize", nil, 204)
	h.do("DELETE", id, nil, 204)
	for _, method := range []string{"GET", "DELETE"} {
		h.refused(h.send(method, id, nil), 404, "ResourceNotFound")
	}
	h.refused(h.send("POST", id+"/reauthorize", nil), 404, "ResourceNotFound")
}

func TestTheNotificationAddressCanBeChanged(t *testing.T) {
	t.Parallel()
	h, other := newHook(t, Config{HoldNotifications: true}), newHook(t, Config{HoldNotifications: true})
	id := "/subscriptions/" + h.subscribe(h.box(0)+"/contacts")
	before := h.get(id)
	if got := h.do("PATCH", id, map[string]any{"notificationUrl": other.url + "/n"}, 200); got["notificationUrl"] != other.url+"/n" || got["expirationDateTime"] != before["expirationDateTime"] {
		t.Errorf("moved: %v", got)
	}
	if other.tokens != 1 {
		t.Errorf("%d handshakes", other.tokens)
	}
	h.do("POST", h.box(0)+"/contacts", map[string]any{"givenName": "x"}, 201)
	h.ctl.Deliver()
	if here, there := h.take(), other.take(); len(here) != 0 || len(there) != 1 {
		t.Errorf("told here %v, there %v", here, there)
	}
	for address, code := range map[string]string{"": "InvalidRequest", "http://hook.example/": "InvalidRequest", "http://127.0.0.1:1/": "ValidationError"} {
		h.refused(h.send("PATCH", id, map[string]any{"notificationUrl": address}), 400, code)
	}
	h.refused(h.send("PATCH", id, map[string]any{"notificationUrl": 5}), 400, "InvalidRequest")
	h.refused(h.send("PATCH", "/subscriptions/x", map[string]any{"notificationUrl": other.url}), 404, "ResourceNotFound")
	if got := h.get(id); got["notificationUrl"] != other.url+"/n" {
		t.Errorf("refused, yet changed: %v", got)
	}
}

func TestASubscriptionEndsWithItsTime(t *testing.T) {
	t.Parallel()
	h := newHook(t, Config{HoldNotifications: true})
	for resource, minutes := range map[string]int{h.box(0) + "/events": 10_080, h.box(0) + "/contacts": 10_080} {
		far := epoch.Add(time.Duration(minutes+10) * time.Minute).Format(time.RFC3339)
		h.refused(h.send("POST", "/subscriptions", h.wish(resource, "expirationDateTime", far)), 400, "ExtensionError")
	}
	list, _ := h.ctl.DefaultList(h.users[0].UPN)
	tasks := h.box(0) + "/todo/lists/" + list + "/tasks"
	h.refused(h.send("POST", "/subscriptions", h.wish(tasks, "expirationDateTime", epoch.Add(4300*time.Minute).Format(time.RFC3339))), 400, "ExtensionError")
	h.refused(h.send("POST", "/subscriptions", h.wish(tasks, "expirationDateTime", epoch.Add(-time.Minute).Format(time.RFC3339))), 400, "InvalidRequest")
	short := h.do("POST", "/subscriptions", h.wish(tasks, "expirationDateTime", epoch.Add(time.Minute).Format(time.RFC3339)), 201)
	if want := epoch.Add(45 * time.Minute).Format("2006-01-02T15:04:05.0000000Z"); short["expirationDateTime"] != want {
		t.Errorf("too short a life is raised: %v", short["expirationDateTime"])
	}
	h.ctl.Advance(45 * time.Minute)
	id := "/subscriptions/" + short["id"].(string)
	h.refused(h.send("PATCH", id, map[string]any{"expirationDateTime": h.ctl.Now().Add(time.Hour).Format(time.RFC3339)}), 404, "ResourceNotFound")
	h.do("POST", tasks, map[string]any{"title": "x"}, 201)
	if got := h.told(); len(got) != 0 || len(h.ctl.Subscriptions()) != 0 {
		t.Errorf("after the end: %v, %v", got, h.ctl.Subscriptions())
	}
}

func TestWrongSubscriptionsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHook(t, Config{HoldNotifications: true})
	events := h.box(0) + "/events"
	if err := h.ctl.RevokeMailbox(h.users[3].UPN); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		body   map[string]any
		status int
		code   string
	}{
		"no change type":         {h.wish(events, "changeType", nil), 400, "InvalidRequest"},
		"unknown change type":    {h.wish(events, "changeType", "created,moved"), 400, "InvalidRequest"},
		"no address":             {h.wish(events, "notificationUrl", nil), 400, "InvalidRequest"},
		"no expiry":              {h.wish(events, "expirationDateTime", nil), 400, "InvalidRequest"},
		"expiry without meaning": {h.wish(events, "expirationDateTime", "morgen"), 400, "InvalidRequest"},
		"no resource":            {h.wish(""), 400, "InvalidRequest"},
		"http to elsewhere":      {h.wish(events, "notificationUrl", "http://hook.example/"), 400, "InvalidRequest"},
		"lifecycle elsewhere":    {h.wish(events, "lifecycleNotificationUrl", "http://hook.example/"), 400, "InvalidRequest"},
		"no URL":                 {h.wish(events, "notificationUrl", "hook"), 400, "InvalidRequest"},
		"long client state":      {h.wish(events, "clientState", strings.Repeat("x", 129)), 400, "InvalidRequest"},
		"unknown path":           {h.wish(h.box(0) + "/nothing"), 400, "ExtensionError"},
		"not offered":            {h.wish(h.box(0) + "/calendarView"), 400, "InvalidRequest"},
		"an item":                {h.wish(h.box(0) + "/events/x"), 400, "InvalidRequest"},
		"a calendar that is not": {h.wish(h.box(0) + "/calendars/x/events"), 400, "ExtensionError"},
		"nobody":                 {h.wish("/users/nobody/events"), 404, "ExtensionError"},
		"no mailbox":             {h.wish(h.box(3) + "/events"), 404, "ExtensionError"},
		"me of an application":   {h.wish("/me/events"), 400, "ExtensionError"},
		"filter on tasks":        {h.wish(h.box(0) + "/contacts?$filter=displayName eq 'x'"), 400, "InvalidRequest"},
		"filter without sense":   {h.wish(h.box(0) + "/events?$filter=subject eq"), 400, "BadRequest"},
		"data without key":       {h.wish(events+"?$select=subject", "includeResourceData", true), 400, "InvalidRequest"},
		"wrong type":             {h.wish(events, "includeResourceData", "yes"), 400, "InvalidRequest"},
	} {
		if a := h.send("POST", "/subscriptions", c.body); a.status != c.status || a.code() != c.code {
			t.Errorf("%s: %d %v, want %d %s", name, a.status, a.body, c.status, c.code)
		}
	}
	if h.tokens != 0 || len(h.ctl.Subscriptions()) != 0 {
		t.Errorf("%d handshakes, %v", h.tokens, h.ctl.Subscriptions())
	}
	h.refused(h.send("GET", "/subscriptions/x", nil), 404, "ResourceNotFound")
}

func TestASubscriptionNeedsThePermissionToReadItsResource(t *testing.T) {
	t.Parallel()
	h := newHook(t, Config{HoldNotifications: true})
	for name, c := range map[string]struct {
		token    *claims
		resource string
		status   int
	}{
		"application with the role":       {&claims{app: "a", roles: []string{"Calendars.Read"}}, h.box(0) + "/events", 201},
		"application without the role":    {&claims{app: "a", roles: []string{"Contacts.Read"}}, h.box(0) + "/events", 403},
		"person, own mailbox":             {h.person(0, "Calendars.Read"), "/me/events", 201},
		"person, own mailbox by id":       {h.person(1, "Calendars.Read"), h.box(1) + "/events", 201},
		"person, scope for shared alone":  {h.person(2, "Calendars.Read.Shared"), "me/events", 403},
		"person, another's mailbox":       {h.person(0, "Calendars.Read", "Calendars.Read.Shared"), h.box(1) + "/events", 403},
		"person, other scope than needed": {h.person(0, "User.Read"), "/me/contacts", 403},
	} {
		rep := h.as(c.token, "POST", "/subscriptions", rawJSON(h.wish(c.resource)))
		if rep.status != c.status || rep.status == 403 && rep.code != "ExtensionError" {
			t.Errorf("%s: %d %s, want %d", name, rep.status, rep.body, c.status)
		}
	}
}

func TestBothAddressesMustAnswerTheHandshake(t *testing.T) {
	t.Parallel()
	h, hasty := newHook(t, Config{HoldNotifications: true}), newHook(t, Config{HoldNotifications: true, NotifyWait: time.Millisecond})
	over := make(chan struct{})
	answer := func(status int, kind string, body func(token string) string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("Content-Type"); got != "text/plain; charset=utf-8" || r.Method != "POST" {
				t.Errorf("handshake %s %s", r.Method, got)
			}
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			w.Write([]byte(body(r.URL.Query().Get("validationToken"))))
		}
	}
	same := func(s string) string { return s }
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"accepted instead of OK": {answer(202, "text/plain", same), "Response must be 200 OK, was 202"},
		"as JSON":                {answer(200, "application/json", same), "content type"},
		"escaped":                {answer(200, "text/plain", url.QueryEscape), "validation token"},
		"empty":                  {answer(200, "text/plain", func(string) string { return "" }), "validation token"},
		"never":                  {func(http.ResponseWriter, *http.Request) { <-over }, "timed out"},
	} {
		ts, by := httptest.NewServer(c.handler), h
		if name == "never" {
			by = hasty
		}
		for _, which := range []string{"notificationUrl", "lifecycleNotificationUrl"} {
			a := by.send("POST", "/subscriptions", by.wish(by.box(0)+"/events", which, ts.URL+"/?a=b"))
			h.refused(a, 400, "ValidationError")
			if text, _ := a.body["error"].(map[string]any)["message"].(string); !strings.Contains(text, c.want) {
				t.Errorf("%s: %s", name, text)
			}
		}
		t.Cleanup(ts.Close)
	}
	close(over)
	gone := httptest.NewServer(nil)
	gone.Close()
	h.refused(h.send("POST", "/subscriptions", h.wish(h.box(0)+"/events", "notificationUrl", gone.URL)), 400, "ValidationError")
	ok := httptest.NewServer(answer(200, "text/plain; charset=utf-8", same))
	t.Cleanup(ok.Close)
	h.subscribe(h.box(0)+"/events", "notificationUrl", ok.URL)
}

func TestSubscriptionsAndNoticesAreInTheState(t *testing.T) {
	t.Parallel()
	h := newHook(t, Config{HoldNotifications: true})
	id := h.subscribe(h.box(0) + "/contacts")
	h.do("POST", h.box(0)+"/contacts", map[string]any{"givenName": "Vorher"}, 201)
	var saved bytes.Buffer
	if err := h.ctl.SaveState(&saved); err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{HoldNotifications: true, Users: 1, Now: func() time.Time { return epoch }})
	if err != nil {
		t.Fatal(err)
	}
	ctl := s.Control()
	if err := ctl.LoadState(&saved); err != nil {
		t.Fatal(err)
	}
	if _, err := ctl.Do("POST", h.box(0)+"/contacts", map[string]any{"givenName": "Nachher"}); err != nil {
		t.Fatal(err)
	}
	if d := ctl.Deliver(); d != (Deliveries{Sent: 2}) {
		t.Errorf("delivered %+v", d)
	}
	for _, n := range h.take() {
		if n["subscriptionId"] != id || n["changeType"] != "created" {
			t.Errorf("notice %v", n)
		}
	}
}
