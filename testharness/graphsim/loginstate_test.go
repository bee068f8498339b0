package graphsim

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWhatTheLoginHandedOutIsInTheState(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	u, b := r.users[1], r.browser()
	id, err := r.ctl.RegisterApp(App{Name: "More", Public: true, Everybody: []string{"Calendars.Read"}})
	r.must(err)
	r.must(r.ctl.SetPassword(u.UPN, "Neu-1", PasswordChanged))
	refresh := r.loginGives("refresh token", r.passwordForm(u))
	code := b.signIn(b.open(r.authorizePath()), r, u).left.Query().Get("code")
	_, device := r.deviceCode(r.s.Credentials().TenantID)
	r.must(r.ctl.AnswerDevice(device["user_code"].(string), u.UPN, true))
	_, pending := r.deviceCode(r.s.Credentials().TenantID)
	r.must(r.ctl.RevokeConsent(r.s.Credentials().ClientID, ""))
	r.must(r.ctl.RequireMFA(r.users[2].UPN, true))
	var saved bytes.Buffer
	r.must(r.ctl.SaveState(&saved))

	s, err := New(Config{Users: 2, Seed: 5, Now: r.s.cfg.Now})
	r.must(err)
	r.must(s.Control().LoadState(bytes.NewReader(saved.Bytes())))
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	r.s, r.ctl, r.url, b.origin = s, s.Control(), server.URL, server.URL

	r.get("/me/events", "Authorization: Bearer "+refresh["access_token"].(string))
	r.loginGives("refresh", r.refreshForm(refresh))
	r.loginGives("code", r.redemption(code))
	r.loginFails("code again", r.redemption(code), 400, "invalid_grant", 54005)
	r.loginGives("device", r.pollForm(device))
	r.loginFails("pending device", r.pollForm(pending), 400, "authorization_pending", 70016)
	r.loginGives("the other app", r.passwordForm(u, "client_id", id, "scope", "Calendars.Read"))
	r.loginFails("consent", r.passwordForm(u, "client_id", r.s.Credentials().ClientID, "client_secret", r.s.Credentials().ClientSecret), 400, "invalid_grant", 65001)
	r.loginFails("second factor", r.passwordForm(r.users[2]), 400, "invalid_grant", 50076)
	if q := b.open(r.authorizePath("prompt", "none")).left.Query(); q.Get("code") == "" { // cookies know no port
		t.Errorf("the browser's session: %v", q)
	}
}

func TestAStateWithoutLoginLoads(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	var saved bytes.Buffer
	r.must(r.ctl.SaveState(&saved))
	whole := saved.String()
	for name, cut := range map[string]string{
		"null maps": strings.Replace(whole, `"Accounts":{`, `"Refresh":null,"Accounts":{"x":null,`, 1),
		"null app":  strings.Replace(whole, `"Apps":[`, `"Apps":[null,`, 1),
	} {
		if cut == whole {
			t.Fatalf("%s: the document was not changed", name)
		}
		r.must(r.ctl.LoadState(strings.NewReader(cut)))
		r.must(r.ctl.RequireMFA(r.users[0].UPN, false))
		r.loginGives(name, r.passwordForm(r.users[0]))
	}
}
