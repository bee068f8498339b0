package graphsim

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestCodesEndAsRefreshTokensDo holds that what ends a refresh token ends a code that nobody has redeemed yet.
func TestCodesEndAsRefreshTokensDo(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		do     func(*rig, User) error
		number float64
	}{
		"sessions revoked":   {func(r *rig, u User) error { return r.ctl.RevokeSessions(u.UPN) }, 50173},
		"password changed":   {func(r *rig, u User) error { return r.ctl.SetPassword(u.UPN, "neu", PasswordChanged) }, 50173},
		"account disabled":   {func(r *rig, u User) error { return r.ctl.SetEnabled(u.UPN, false) }, 50057},
		"user deleted":       {func(r *rig, u User) error { return r.ctl.RemoveUser(u.UPN) }, 50034},
		"conditional access": {func(r *rig, u User) error { return r.ctl.RefuseSignIn(u.UPN, 53003) }, 53003},
		"second factor":      {func(r *rig, u User) error { return r.ctl.RequireMFA(u.UPN, true) }, 50076},
		"assigned to others": {func(r *rig, u User) error { return r.ctl.AssignApp(r.s.Credentials().PublicClientID) }, 50105},
		"consent revoked":    {func(r *rig, u User) error { return r.ctl.RevokeConsent(r.s.Credentials().PublicClientID, "") }, 65001},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{Users: 3, Small: true})
			b, u := r.browser(), r.users[1]
			code := b.signIn(b.open(r.authorizePath()), r, u).left.Query().Get("code")
			_, device := r.deviceCode(r.s.Credentials().TenantID)
			r.must(r.ctl.AnswerDevice(device["user_code"].(string), u.UPN, true))
			r.must(tt.do(r, u))
			r.loginFails("code", r.redemption(code), 400, "invalid_grant", tt.number)
			r.loginFails("device code", r.pollForm(device), 400, "invalid_grant", tt.number)
		})
	}
}

func TestADeviceCodeThatExpiredCannotBeAnswered(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 3, Small: true})
	_, device := r.deviceCode(r.s.Credentials().TenantID)
	r.ctl.Advance(15 * time.Minute)
	if err := r.ctl.AnswerDevice(device["user_code"].(string), r.users[1].UPN, true); err == nil {
		t.Error("an expired code is approved")
	}
	r.loginFails("expired", r.pollForm(device), 400, "expired_token", 70020)
}

func TestACodeIsRedeemedWhereItWasGotOrAtTheTenant(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 3, Small: true})
	r.must(r.ctl.SetAutoSignIn(r.users[1].UPN, false))
	tenant := r.s.Credentials().TenantID
	for _, tt := range []struct {
		got, redeemed string
		number        float64 // 0: tokens
	}{
		{tenant, tenant, 0}, {tenant, "contoso.example", 0}, {tenant, "common", 700005}, {tenant, "organizations", 700005}, {"common", "common", 0},
		{"common", tenant, 0}, {"organizations", "organizations", 0}, {"organizations", tenant, 0}, {"common", "consumers", 9002332},
	} {
		path := strings.Replace(r.authorizePath(), tenant, tt.got, 1)
		form := r.redemption(r.browser().open(path).left.Query().Get("code"))
		status, body := r.tokenRequest(tt.redeemed, form)
		codes, _ := body["error_codes"].([]any)
		if tt.number == 0 && status != 200 || tt.number != 0 && (status != 400 || len(codes) != 1 || codes[0] != tt.number) {
			t.Errorf("got at %s, redeemed at %s: %d %v", tt.got, tt.redeemed, status, body)
		}
	}
}

func TestARefreshThatNamesSeveralResourcesGivesATokenForTheFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 3, Small: true})
	first := r.loginGives("password", r.passwordForm(r.users[1]))
	body := r.loginGives("Graph first", r.refreshForm(first, "scope", "https://graph.microsoft.com/Contacts.Read https://vault.example/read"))
	if body["scope"] != "https://graph.microsoft.com/Contacts.Read openid profile email" {
		t.Errorf("scope %v", body["scope"])
	}
	r.loginFails("another first", r.refreshForm(first, "scope", "https://vault.example/read Contacts.Read"), 400, "invalid_resource", 500011)
	r.loginFails("another alone", r.refreshForm(first, "scope", "https://vault.example/read"), 400, "invalid_resource", 500011)
}

func TestOnlyLongLivedTokensSayWhenToRenewThem(t *testing.T) {
	t.Parallel()
	for life, want := range map[time.Duration]any{0: nil, 2 * time.Hour: nil, 24 * time.Hour: 43200.0} {
		r := newRig(t, Config{Users: 2, Small: true, TokenLife: life})
		if body := r.loginGives("password", r.passwordForm(r.users[0])); body["refresh_in"] != want {
			t.Errorf("life %v: %v of %v", life, body["refresh_in"], body["expires_in"])
		}
	}
}

func TestAPollingClientCanBeToldToSlowDown(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 3, Small: true})
	_, device := r.deviceCode(r.s.Credentials().TenantID)
	r.ctl.Fail(Rule{Path: "*/oauth2/v2.0/token", Status: 400, Code: "slow_down"})
	r.loginFails("once", r.pollForm(device), 400, "slow_down", 90055)
	r.loginFails("and no more", r.pollForm(device), 400, "authorization_pending", 70016)
}

func TestASecretInAHeaderIsEncodedAsInAForm(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	const secret = "a+b/c%d e~"
	id, err := r.ctl.RegisterApp(App{Name: "Service", Secrets: []Secret{{ID: "1", Value: secret}}})
	r.must(err)
	for text, want := range map[string]int{url.QueryEscape(secret): 200, "falsch": 401, "%zz": 401} {
		form := "grant_type=client_credentials&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default"
		req, err := http.NewRequest("POST", r.url+"/"+r.s.Credentials().TenantID+"/oauth2/v2.0/token", strings.NewReader(form))
		r.must(err)
		req.SetBasicAuth(id, text)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultClient.Do(req)
		r.must(err)
		if body := r.decode(resp.Body); resp.StatusCode != want {
			t.Errorf("%s: %d %v", text, resp.StatusCode, body)
		}
		resp.Body.Close()
	}
}
