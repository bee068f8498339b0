package graphsim

import (
	"sync"
	"testing"
	"time"
)

func TestPlannedFaults(t *testing.T) {
	t.Parallel()
	r := empty(t)
	box := r.box(0)
	r.ctl.Fail(Rule{Method: "GET", Path: "/users/*/events", Nth: 2, Times: 2, Status: 503, RetryAfter: 1500 * time.Millisecond})
	r.get(box + "/events")
	for range 2 {
		a := r.send("GET", box+"/events", nil)
		r.refused(a, 503, "serviceNotAvailable")
		if got := a.header.Get("Retry-After"); got != "2" {
			t.Errorf("Retry-After %q, want 2", got)
		}
	}
	r.get(box + "/events")

	r.ctl.Fail(Rule{Method: "POST", Status: 504, Execute: true})
	r.refused(r.send("POST", box+"/events", eventAt("da", epoch, time.Hour, "UTC")), 504, "UnknownError")
	if n := len(r.all(box + "/events")); n != 1 {
		t.Errorf("carried out, answer lost: %d events, want 1", n)
	}
	r.ctl.Fail(Rule{Method: "POST", Drop: true})
	if a, err := r.try("POST", box+"/events", eventAt("weg", epoch, time.Hour, "UTC")); err == nil {
		t.Errorf("dropped: %v", a)
	}
	if n := len(r.all(box + "/events")); n != 1 {
		t.Errorf("dropped before: %d events, want 1", n)
	}
	r.ctl.Fail(Rule{Mailbox: r.users[1].UPN, Times: -1, Status: 403})
	r.refused(r.send("GET", r.box(1)+"/contacts", nil), 403, "ErrorAccessDenied")
	r.refused(r.send("GET", r.box(1)+"/events", nil), 403, "ErrorAccessDenied")
	r.get(box + "/events")
	r.ctl.ClearFaults()
	r.get(r.box(1) + "/events")
	r.ctl.Fail(Rule{Path: "/*/oauth2/v2.0/token", Status: 500})
	cred := r.s.Credentials()
	if status, _ := r.tokenRequest(cred.TenantID, map[string][]string{}); status != 500 {
		t.Errorf("token: %d", status)
	}
}

func TestFourRequestsAtATime(t *testing.T) {
	t.Parallel()
	r := empty(t)
	const n = 10
	r.ctl.Fail(Rule{Path: "/users/*/events", Times: -1, Delay: 300 * time.Millisecond})
	var wg sync.WaitGroup
	answers := make(chan answer, n)
	for range n {
		wg.Go(func() { answers <- r.send("GET", r.box(0)+"/events", nil) })
	}
	wg.Wait()
	close(answers)
	ok := 0
	for a := range answers {
		if a.status == 200 {
			ok++
			continue
		}
		r.refused(a, 429, "ApplicationThrottled")
		if a.header.Get("Retry-After") != "2" {
			t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
		}
	}
	if peak := r.ctl.MaxParallel()[r.users[0].UPN]; ok < 4 || peak > 5 || peak < 2 {
		t.Errorf("%d of %d answered, at most %d at a time", ok, n, peak)
	}
}

func TestGateRefusesTheFifth(t *testing.T) {
	t.Parallel()
	g := &gates{parallel: 4, budget: 100, window: time.Minute, retry: time.Second}
	var releases []func()
	for range 4 {
		release, err := g.enter("app", "box", "box", epoch)
		if err != nil {
			t.Fatal(err)
		}
		releases = append(releases, release)
	}
	if _, err := g.enter("app", "box", "box", epoch); err == nil || err.status != 429 {
		t.Errorf("fifth: %v", err)
	}
	if _, err := g.enter("app", "other", "other", epoch); err != nil {
		t.Errorf("another mailbox: %v", err)
	}
	releases[0]()
	if _, err := g.enter("app", "box", "box", epoch); err != nil {
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

func TestGlob(t *testing.T) {
	t.Parallel()
	for pattern, in := range map[string]map[string]bool{
		"/users/*/events": {"/users/a/events": true, "/users/a/b/events": true, "/users/a/events/1": false, "/users/events": false},
		"*delta*":         {"/users/a/calendarview/delta": true, "/users": false, "delta": true},
		"/users":          {"/users": true, "/users/": false},
		"*":               {"": true, "x": true},
		"/a*b*c":          {"/abc": true, "/axxbyyc": true, "/acb": false},
	} {
		for s, want := range in {
			if got := globMatch(pattern, s); got != want {
				t.Errorf("%s on %s: %v", pattern, s, got)
			}
		}
	}
}
