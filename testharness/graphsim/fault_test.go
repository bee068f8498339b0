package graphsim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
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

func TestRulesThatNoAnswerCanFollowAreRefused(t *testing.T) {
	t.Parallel()
	ctl := newRig(t, Config{Users: 1, Small: true}).ctl
	for name, rule := range map[string]Rule{
		"a status that is none": {Status: 99}, "a status of three digits too many": {Status: 500_000}, "a status that only announces": {Status: 101},
		"less than nothing": {Truncate: -1}, "unknown fault of rows": {Rows: "thrice"},
	} {
		if ctl.Fail(rule) == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if ctl.ExpireDelta("nobody") == nil {
		t.Error("links of nobody expired")
	}
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

// body sends a GET and gives status and raw body; err tells that the body broke off.
func (r *rig) body(path string) (status int, raw string, err error) {
	r.Helper()
	req, _ := http.NewRequest("GET", r.url+"/v1.0"+path, nil)
	req.Header.Set("Authorization", "Bearer "+r.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

func TestAnAnswerCanBeSpoiled(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 1, Small: true})
	path := r.box(0) + "/contacts"
	whole := ids(values(r.get(path)))
	_, full, _ := r.body(path)

	r.ctl.Fail(Rule{Path: "*/contacts", Truncate: 40})
	if status, raw, err := r.body(path); status != 200 || err != nil || len(raw) != 40 || json.Valid([]byte(raw)) {
		t.Errorf("truncated: %d %q %v", status, raw, err)
	}
	r.ctl.Fail(Rule{Path: "*/contacts", Truncate: 40, Drop: true})
	if status, raw, err := r.body(path); status != 200 || err == nil || raw != full[:40] {
		t.Errorf("cut off: %d %q %v", status, raw, err)
	}
	r.ctl.Fail(Rule{Path: "*/contacts", Drop: true})
	if status, _, err := r.body(path); err == nil {
		t.Errorf("dropped: %d", status)
	}
	r.ctl.Fail(Rule{Path: "*/contacts", Append: `{"error":{"code":"UnknownError"}}`})
	if status, raw, err := r.body(path); status != 200 || err != nil || !strings.HasSuffix(raw, `}{"error":{"code":"UnknownError"}}`) {
		t.Errorf("appended: %d %q %v", status, raw, err)
	}
	for fault, want := range map[RowFault][]string{
		RowsTwice: {whole[0], whole[0], whole[1], whole[1], whole[2], whole[2]}, RowsReversed: {whole[2], whole[1], whole[0]}, RowsDropped: whole[:2],
	} {
		r.ctl.Fail(Rule{Path: "*/contacts", Rows: fault})
		if got := ids(values(r.get(path))); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", fault, got, want)
		}
	}
	if got := ids(values(r.get(path))); !slices.Equal(got, whole) {
		t.Errorf("after the faults: %v", got)
	}
	r.ctl.Fail(Rule{Path: "*/contacts/*", Rows: RowsTwice})
	if got := r.get(path + "/" + whole[0]); got["id"] != whole[0] {
		t.Errorf("an item has no rows: %v", got)
	}
}

func TestATokenRequestCanBeSpoiled(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 1, Small: true})
	cred := r.s.Credentials()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {cred.ClientID}, "client_secret": {cred.ClientSecret}, "scope": {"https://graph.microsoft.com/.default"}}
	r.ctl.Fail(Rule{Path: "*/token", Status: 503, RetryAfter: 3 * time.Second})
	if status, _ := r.tokenRequest(cred.TenantID, form); status != 503 {
		t.Errorf("status %d", status)
	}
	r.ctl.Fail(Rule{Path: "*/token", Drop: true, Execute: true})
	if resp, err := http.PostForm(r.url+"/"+cred.TenantID+"/oauth2/v2.0/token", form); err == nil {
		t.Errorf("answered %d", resp.StatusCode)
	}
	if status, _ := r.tokenRequest(cred.TenantID, form); status != 200 {
		t.Errorf("status %d after the faults", status)
	}
}
