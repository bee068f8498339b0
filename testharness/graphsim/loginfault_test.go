package graphsim

import (
	"net/http"
	"testing"
	"time"
)

func TestFaultsAtTheTokenEndpointDelayExecuteAndAnswerInItsForm(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	first := r.loginGives("password", r.passwordForm(r.users[1]))
	r.ctl.Fail(Rule{Path: "*/oauth2/v2.0/token", Status: 429, RetryAfter: 7 * time.Second})
	r.loginFails("throttled", r.refreshForm(first), 429, "temporarily_unavailable", 90055)
	r.ctl.Fail(Rule{Path: "*/oauth2/v2.0/token", Status: 503, RetryAfter: 7 * time.Second})
	resp, err := http.PostForm(r.url+"/common/oauth2/v2.0/token", r.refreshForm(first))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "7" || resp.Header.Get("x-ms-request-id") == "" || resp.Header.Get("OData-Version") != "" {
		t.Errorf("503: %d %v", resp.StatusCode, resp.Header)
	}
	r.must(r.ctl.SetAutoSignIn(r.users[1].UPN, false))
	code := r.browser().open(r.authorizePath()).left.Query().Get("code")
	r.ctl.Fail(Rule{Path: "*/oauth2/v2.0/token", Status: 500, Execute: true})
	r.loginFails("carried out, answer lost", r.redemption(code), 500, "server_error", 90055)
	r.loginFails("so the code is used up", r.redemption(code), 400, "invalid_grant", 54005)
	code = r.browser().open(r.authorizePath()).left.Query().Get("code")
	r.ctl.Fail(Rule{Path: "*/oauth2/v2.0/token", Status: 500})
	r.loginFails("not carried out", r.redemption(code), 500, "server_error", 90055)
	r.ctl.Fail(Rule{Path: "*/oauth2/v2.0/token", Delay: time.Millisecond})
	r.loginGives("delayed", r.redemption(code))
	if n := r.ctl.Counts().Tokens; n != 8 {
		t.Errorf("%d token requests", n)
	}
}

func TestTheRequestLogNamesTheEndpointsOfTheLogin(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	r.ctl.ResetRequests()
	r.browser().open(r.authorizePath())
	r.browser().open("/common/v2.0/.well-known/openid-configuration")
	r.browser().open("/nowhere/at/all")
	r.loginFails("wrong", r.passwordForm(r.users[1], "password", "x"), 400, "invalid_grant", 50126)
	var classes []string
	for _, q := range r.ctl.Requests() {
		classes = append(classes, q.Class+" "+q.Code)
	}
	want := []string{
		"GET /{tenant}/oauth2/v2.0/authorize ", "GET /{tenant}/v2.0/.well-known/openid-configuration ", "GET ? ", "POST /{tenant}/oauth2/v2.0/token AADSTS50126",
	}
	if rawJSON(classes) != rawJSON(want) {
		t.Errorf("classes %q", classes)
	}
}
