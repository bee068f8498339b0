package graphsim

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func (r *rig) refreshForm(body map[string]any, pairs ...string) url.Values {
	r.Helper()
	token, _ := body["refresh_token"].(string)
	if token == "" {
		r.Fatalf("no refresh token in %v", body)
	}
	v := url.Values{"grant_type": {"refresh_token"}, "client_id": {r.s.Credentials().PublicClientID}, "refresh_token": {token}}
	set(v, pairs)
	return v
}

func TestARefreshGivesANewTokenAndTheOldOneStaysValid(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	u := r.users[1]
	first := r.loginGives("password", r.passwordForm(u, "scope", "Calendars.Read Contacts.Read offline_access"))
	second := r.loginGives("refresh", r.refreshForm(first))
	if second["refresh_token"] == first["refresh_token"] || second["scope"] != "Calendars.Read Contacts.Read" || second["access_token"] == first["access_token"] {
		t.Errorf("second answer %v", second)
	}
	third := r.loginGives("the old one again, with fewer scopes", r.refreshForm(first, "scope", "contacts.read"))
	if third["scope"] != "Contacts.Read" {
		t.Errorf("scope %v", third["scope"])
	}
	wider := r.loginGives("a token from fewer scopes is not bound to them", r.refreshForm(third, "scope", "Calendars.Read"))
	if wider["scope"] != "Calendars.Read" {
		t.Errorf("scope %v", wider["scope"])
	}
	if back := r.loginGives("no scope means those of the sign-in", r.refreshForm(third)); back["scope"] != "Calendars.Read Contacts.Read" {
		t.Errorf("scope %v", back["scope"])
	}
	r.loginFails("unknown scope", r.refreshForm(first, "scope", "Unsinn.Read"), 400, "invalid_scope", 650053)
	r.loginFails("damaged", r.refreshForm(first, "refresh_token", "1.Axyz"), 400, "invalid_grant", 70000)
	r.loginFails("none", r.refreshForm(first, "refresh_token", ""), 400, "invalid_request", 900144)
	r.loginFails("another client", r.refreshForm(first, "client_id", r.s.Credentials().ClientID, "client_secret", r.s.Credentials().ClientSecret), 400, "invalid_grant", 70000)
	r.loginFails("a secret", r.refreshForm(first, "client_secret", "x"), 401, "invalid_client", 700025)
	if status, _ := r.tokenRequest("organizations", r.refreshForm(first)); status != 200 {
		t.Errorf("bound to a tenant: %d", status)
	}
}

func TestARefreshTokenLivesNinetyDaysFromItsLastUse(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	first := r.loginGives("password", r.passwordForm(r.users[1]))
	r.ctl.Advance(89 * 24 * time.Hour)
	second := r.loginGives("after 89 days", r.refreshForm(first))
	r.ctl.Advance(89 * 24 * time.Hour)
	r.loginGives("the used one, 89 days later", r.refreshForm(first))
	r.ctl.Advance(24 * time.Hour)
	body := r.loginFails("the new one, unused for 90 days", r.refreshForm(second), 400, "invalid_grant", 700082)
	if body["suberror"] != "bad_token" {
		t.Errorf("suberror %v", body["suberror"])
	}
}

// TestWhatEndsRefreshTokens is the table of entra-docs, page "refresh-tokens".
func TestWhatEndsRefreshTokens(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		do                   func(*rig, User) error
		public, confidential float64 // AADSTS number, 0 when the token stays
	}{
		"password expires":           {func(r *rig, u User) error { return r.ctl.ExpirePassword(u.UPN) }, 0, 0},
		"password changed":           {func(r *rig, u User) error { return r.ctl.SetPassword(u.UPN, "neu", PasswordChanged) }, 50173, 0},
		"password reset":             {func(r *rig, u User) error { return r.ctl.SetPassword(u.UPN, "neu", PasswordReset) }, 50173, 0},
		"reset in the admin center":  {func(r *rig, u User) error { return r.ctl.SetPassword(u.UPN, "neu", PasswordResetInCenter) }, 50173, 50173},
		"sessions revoked":           {func(r *rig, u User) error { return r.ctl.RevokeSessions(u.UPN) }, 50173, 50173},
		"sign-out":                   {func(r *rig, u User) error { r.browser().open("/common/oauth2/v2.0/logout"); return nil }, 0, 0},
		"account disabled":           {func(r *rig, u User) error { return r.ctl.SetEnabled(u.UPN, false) }, 50057, 50057},
		"user deleted":               {func(r *rig, u User) error { return r.ctl.RemoveUser(u.UPN) }, 50034, 50034},
		"second factor required":     {func(r *rig, u User) error { return r.ctl.RequireMFA(u.UPN, true) }, 50076, 50076},
		"sign-in frequency":          {func(r *rig, u User) error { return r.ctl.RefuseSignIn(u.UPN, 70043) }, 70043, 70043},
		"conditional access":         {func(r *rig, u User) error { return r.ctl.RefuseSignIn(u.UPN, 53003) }, 53003, 53003},
		"revoked by a call to Graph": {func(r *rig, u User) error { return revokeByGraph(r, u) }, 50173, 50173},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{Users: 6, Small: true})
			u, cred := r.users[1], r.s.Credentials()
			secret := []string{"client_id", cred.ClientID, "client_secret", cred.ClientSecret}
			public := r.loginGives("public", r.passwordForm(u))
			confidential := r.loginGives("confidential", r.passwordForm(u, secret...))
			r.must(tt.do(r, u))
			for what, c := range map[string]struct {
				form url.Values
				want float64
			}{"public": {r.refreshForm(public), tt.public}, "confidential": {r.refreshForm(confidential, secret...), tt.confidential}} {
				if c.want == 0 {
					r.loginGives(what, c.form)
					continue
				}
				body := r.loginFails(what, c.form, 400, "invalid_grant", c.want)
				if text := body["error_description"].(string); c.want == 50173 && !strings.Contains(text, "TokensValidFrom") {
					t.Errorf("%s: %s", what, text)
				}
			}
		})
	}
}

func TestATokenOfAPasskeyOutlivesNewPasswords(t *testing.T) {
	t.Parallel()
	for way, number := range map[string]float64{PasswordChanged: 0, PasswordReset: 0, PasswordResetInCenter: 50173} {
		r := newRig(t, Config{Users: 6, Small: true})
		b, u := r.browser(), r.users[1]
		r.must(r.ctl.SetPasskey(u.UPN, true))
		r.loginFails("password", r.passwordForm(u), 400, "invalid_grant", 50056)
		page := b.open(r.authorizePath())
		if s := b.signIn(page, r, u); !strings.Contains(s.text, "AADSTS50056") {
			t.Errorf("password: %s", s.text)
		}
		if s := b.submit(page, "login", "login", r.users[2].UPN, "step", "key"); !strings.Contains(s.text, "AADSTS50126") {
			t.Errorf("a passkey that another person has: %s", s.text)
		}
		r.must(r.ctl.RequireMFA(u.UPN, true)) // a passkey is two factors
		code := b.submit(page, "login", "login", u.UPN, "step", "key").left.Query().Get("code")
		body := r.loginGives("code", r.redemption(code))
		r.must(r.ctl.SetPassword(u.UPN, "neu", way))
		if number == 0 {
			r.loginGives(way, r.refreshForm(body))
		} else {
			r.loginFails(way, r.refreshForm(body), 400, "invalid_grant", number)
		}
	}
}

func revokeByGraph(r *rig, u User) error {
	r.ctl.SetRoles("User.RevokeSessions.All")
	r.signIn()
	body := r.do("POST", "/users/"+u.ID+"/revokeSignInSessions", nil, 200)
	if body["value"] != true || !strings.HasSuffix(body["@odata.context"].(string), "$metadata#Edm.Boolean") {
		r.Errorf("answer %v", body)
	}
	r.refused(r.send("POST", "/users/nobody@contoso.example/revokeSignInSessions", nil), 404, "Request_ResourceNotFound")
	r.ctl.SetRoles("User.Read.All")
	r.signIn()
	r.refused(r.send("POST", "/users/"+u.ID+"/revokeSignInSessions", nil), 403, "Authorization_RequestDenied")
	return nil
}

func TestARefreshTokenOfANewSignInOutlivesAnOldRevocation(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	u := r.users[1]
	old := r.loginGives("password", r.passwordForm(u))
	r.must(r.ctl.SetPassword(u.UPN, "Neues-Kennwort-1", PasswordChanged))
	r.loginFails("old password", r.passwordForm(u, "password", "falsch"), 400, "invalid_grant", 50126)
	fresh := r.loginGives("new password", r.passwordForm(u))
	r.loginGives("refresh", r.refreshForm(fresh))
	r.loginFails("old refresh", r.refreshForm(old), 400, "invalid_grant", 50173)
}

func TestARefreshTokenOfAPageLivesOneDayAndNeedsAnOrigin(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	id, err := r.ctl.RegisterApp(App{Name: "Page", Redirects: []RedirectURI{{URI: "https://page.example/", Platform: "spa"}}, Everybody: []string{"Calendars.Read"}})
	r.must(err)
	r.must(r.ctl.SetAutoSignIn(r.users[1].UPN, false))
	uri := []string{"client_id", id, "redirect_uri", "https://page.example/"}
	code := r.browser().open(r.authorizePath(uri...)).left.Query().Get("code")
	r.loginFails("a secret", r.redemption(code, append(uri, "client_secret", "x")...), 401, "invalid_client", 700025)
	r.loginFails("no Origin", r.redemption(code, uri...), 400, "invalid_request", 9002327)
	body := r.crossOrigin(r.redemption(code, uri...), 200)
	r.ctl.Advance(23 * time.Hour)
	newer := r.crossOrigin(r.refreshForm(body, "client_id", id), 200)
	r.ctl.Advance(time.Hour)
	for what, b := range map[string]map[string]any{"first": body, "newer": newer} {
		if got := r.crossOrigin(r.refreshForm(b, "client_id", id), 400); got["error_codes"].([]any)[0] != 700084.0 {
			t.Errorf("%s: %v", what, got)
		}
	}
	cred := r.s.Credentials()
	web := []string{"client_id", cred.ClientID, "client_secret", cred.ClientSecret}
	code = r.browser().open(r.authorizePath("client_id", cred.ClientID)).left.Query().Get("code")
	if got := r.crossOrigin(r.redemption(code, web...), 400); got["error_codes"].([]any)[0] != 9002326.0 {
		t.Errorf("a web app's code from a page: %v", got)
	}
}
