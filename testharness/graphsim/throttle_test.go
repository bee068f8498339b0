package graphsim

import (
	"testing"
	"time"
)

func TestTheFifthRequestAtATimeIsRefused(t *testing.T) {
	t.Parallel()
	g := &gates{parallel: 4, budget: 100, window: time.Minute, retry: time.Second}
	enter := func(name string) (func(), *apiError) {
		return g.enter(&call{token: &claims{app: "app"}, user: &user{entry: entry{id: name}}, box: &mailbox{}, route: &route{area: areaExchange}}, epoch)
	}
	var leave func()
	for range 4 {
		var err *apiError
		if leave, err = enter("box"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := enter("box"); err == nil || err.status != 429 {
		t.Errorf("fifth: %v", err)
	}
	if _, err := enter("other"); err != nil {
		t.Errorf("another mailbox: %v", err)
	}
	leave()
	if _, err := enter("box"); err != nil {
		t.Errorf("after one ended: %v", err)
	}
}

func TestBudgetOnTheClock(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true, Budget: 3, BudgetWindow: 10 * time.Minute})
	list, _ := r.ctl.DefaultList(r.users[0].UPN)
	for range 3 {
		r.get(r.box(0) + "/contacts")
	}
	r.ctl.Advance(4 * time.Minute)
	a := r.send("GET", r.box(0)+"/contacts", nil)
	r.refused(a, 429, "ApplicationThrottled")
	if got := a.header.Get("Retry-After"); got != "360" {
		t.Errorf("Retry-After %q, want 360", got)
	}
	todo := r.send("GET", r.box(0)+"/todo/lists/"+list, nil)
	r.refused(todo, 429, "activityLimitReached")
	r.get(r.box(1) + "/contacts")
	r.ctl.Advance(6 * time.Minute)
	r.get(r.box(0) + "/contacts")
}

func TestUploadsToAMailboxAreLimited(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	contact := map[string]any{"givenName": "Groß"}
	r.do("POST", r.box(0)+"/contacts", contact, 201)
	gate := r.s.gates.boxes[r.s.Credentials().ClientID+"/"+r.users[0].ID]
	size := len(rawJSON(contact))
	if gate.sent.spent != size {
		t.Errorf("%d bytes counted, %d sent", gate.sent.spent, size)
	}
	gate.sent.spent = uploadLimit - size // as after many large ones
	r.do("POST", r.box(0)+"/contacts", contact, 201)
	r.ctl.Advance(2 * time.Minute)
	a := r.send("POST", r.box(0)+"/contacts", contact)
	r.refused(a, 429, "ApplicationThrottled")
	if got := a.header.Get("Retry-After"); got != "180" {
		t.Errorf("Retry-After %q, want 180", got)
	}
	r.get(r.box(0) + "/contacts?$top=1")
	r.do("POST", r.box(1)+"/contacts", contact, 201)
	r.ctl.Advance(3 * time.Minute)
	r.do("POST", r.box(0)+"/contacts", contact, 201)
}

func TestTheDirectoryCountsResourceUnits(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true, DirectoryUnits: 20})
	groups := values(r.get("/groups"))
	group := "/groups/" + groups[0]["id"].(string)
	r.ctl.ResetRequests()
	spent := 0
	for _, c := range []struct {
		path string
		cost int
	}{
		{"/users", 2}, {"/users?$select=id", 1}, {"/users?$top=5", 1}, {"/users/" + r.users[0].ID, 1}, {"/users?$top=50", 2},
		{group + "/members", 3}, {group + "/transitiveMembers", 5}, {group + "/members?$select=id&$top=5", 1},
	} {
		a := r.send("GET", c.path, nil)
		spent += c.cost
		if a.status != 200 || a.header.Get("x-ms-resource-unit") != itoa(c.cost) {
			t.Errorf("%s: %d, cost %q, want %d", c.path, a.status, a.header.Get("x-ms-resource-unit"), c.cost)
		}
		share := a.header.Get("x-ms-throttle-limit-percentage")
		if (share != "") != (spent >= 16) {
			t.Errorf("after %d of 20 units the share is %q", spent, share)
		}
	}
	r.ctl.Advance(3 * time.Second)
	r.send("GET", group+"/transitiveMembers", nil)
	a := r.send("GET", "/users", nil)
	r.refused(a, 429, "Request_ThrottledTemporarily")
	h := a.header
	if h.Get("Retry-After") != "7" || h.Get("x-ms-throttle-information") != "ResourceUnitLimitExceeded" || h.Get("x-ms-throttle-limit-percentage") != "1.15" {
		t.Errorf("headers %v", h)
	}
	if want := "Tenant_Application/ReadWrite/" + r.s.Credentials().ClientID + "/" + r.s.Credentials().TenantID; h.Get("x-ms-throttle-scope") != want {
		t.Errorf("scope %q, want %q", h.Get("x-ms-throttle-scope"), want)
	}
	r.ctl.Advance(7 * time.Second)
	r.get("/users")
	if a := r.send("GET", r.box(0)+"/events", nil); a.header.Get("x-ms-resource-unit") != "" {
		t.Errorf("Outlook counts no units: %v", a.header)
	}
}

func TestTheBucketOfTheDirectoryGrowsWithTheTenant(t *testing.T) {
	t.Parallel()
	for users, want := range map[int]int{1: 3500, 49: 3500, 50: 5000, 500: 5000, 501: 8000} {
		if got := unitLimit(users); got != want {
			t.Errorf("%d users: %d, want %d", users, got, want)
		}
	}
	r := newRig(t, Config{Users: 49, EventsPerUser: -1, TasksPerUser: -1, ContactsPerUser: -1})
	if got := r.s.unitLimit(); got != 3500 {
		t.Errorf("49 users: %d", got)
	}
	r.ctl.AddUser("neu", "Nina", "Neu")
	if got := r.s.unitLimit(); got != 5000 {
		t.Errorf("50 users: %d", got)
	}
}

func TestAMailboxCanBeThrottledForAWhile(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	if err := r.ctl.Throttle(r.users[0].UPN, 90*time.Second); err != nil {
		t.Fatal(err)
	}
	a := r.send("GET", r.box(0)+"/events", nil)
	r.refused(a, 429, "ApplicationThrottled")
	if got := a.header.Get("Retry-After"); got != "90" {
		t.Errorf("Retry-After %q", got)
	}
	r.get(r.box(1) + "/events")
	r.ctl.Advance(90 * time.Second)
	r.get(r.box(0) + "/events")
	if r.ctl.Throttle("nobody", time.Second) == nil {
		t.Error("a user who does not exist was throttled")
	}
}

func TestRetryAfterMayBeOddOrMissing(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 1, Small: true})
	if err := r.ctl.Throttle(r.users[0].UPN, 30*time.Second); err != nil {
		t.Fatal(err)
	}
	if r.ctl.SetRetryAfterForm("soon") == nil {
		t.Error("an unknown form was taken")
	}
	for form, want := range map[RetryAfterForm]string{RetrySeconds: "30", RetryFraction: "29.5", RetryOne: "1", RetryMissing: ""} {
		if err := r.ctl.SetRetryAfterForm(form); err != nil {
			t.Error(err)
		}
		a := r.send("GET", r.box(0)+"/events", nil)
		if _, sent := a.header["Retry-After"]; a.status != 429 || a.header.Get("Retry-After") != want || sent != (want != "") {
			t.Errorf("form %q: %d %q, want %q", form, a.status, a.header.Get("Retry-After"), want)
		}
	}
}

func TestApplicationsWritesToTheDirectoryAndExtensionsHaveLimitsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newRig(t, Config{Users: 1, Small: true, DirectoryUnits: 1 << 20}).s
	for name, tt := range map[string]struct {
		method, pattern string
		area            area
		limit, wait     int
		code, over      string
	}{
		"writes":     {"PATCH", "users/{user}", areaDirectory, writeLimit, 150, "Request_ThrottledTemporarily", "WriteLimitExceeded"},
		"all":        {"GET", "users/{user}/events", areaExchange, appLimit, 10, "TooManyRequests", ""},
		"extensions": {"GET", "users/{user}/events/{event}/extensions/{extension}", areaExchange, extensionLimit, 10, "ApplicationThrottled", ""},
	} {
		g := &gates{parallel: 4, budget: 1 << 20, window: time.Minute, retry: time.Second}
		var err *apiError
		var c *call
		n := 0
		for ; err == nil && n < 150_000; n++ {
			c = &call{s: s, method: tt.method, token: &claims{app: "app"}, route: &route{pattern: tt.pattern, area: tt.area}}
			_, err = g.enter(c, epoch)
		}
		if n != tt.limit+1 || err.code != tt.code || err.retryAfter != tt.wait || c.toll.over != tt.over {
			t.Errorf("%s: refused after %d with %v, %d s, %q", name, n, err, err.retryAfter, c.toll.over)
		}
		if _, err := g.enter(c, epoch.Add(time.Duration(tt.wait)*time.Second)); err != nil {
			t.Errorf("%s: after the wait %v", name, err)
		}
	}
}
