package graphsim

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestWhoCannotSignInWithAPasswordAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	u, cred := r.users[1], r.s.Credentials()
	guest, disabled := r.users[5], r.users[3]
	if !guest.Guest || disabled.Enabled {
		t.Fatalf("%v %v", guest, disabled)
	}
	for name, tt := range map[string]struct {
		form   url.Values
		status int
		oauth  string
		number float64
	}{
		"wrong password":      {r.passwordForm(u, "password", "falsch"), 400, "invalid_grant", 50126},
		"blank after it":      {r.passwordForm(u, "password", r.passwordForm(u).Get("password")+" "), 400, "invalid_grant", 50126},
		"unknown user":        {r.passwordForm(u, "username", "nobody@contoso.example"), 400, "invalid_grant", 50034},
		"an id as a name":     {r.passwordForm(u, "username", u.ID), 400, "invalid_grant", 50034},
		"a guest":             {r.passwordForm(guest), 400, "invalid_grant", 50020},
		"a disabled account":  {r.passwordForm(disabled), 400, "invalid_grant", 50057},
		"confidential client": {r.passwordForm(u, "client_id", cred.ClientID), 401, "invalid_client", 7000218},
		"no name":             {r.passwordForm(u, "username", ""), 400, "invalid_request", 900144},
		"no password":         {r.passwordForm(u, "password", ""), 400, "invalid_request", 900144},
		"no scope":            {r.passwordForm(u, "scope", ""), 400, "invalid_request", 900144},
		"unknown scope":       {r.passwordForm(u, "scope", "Unsinn.Read"), 400, "invalid_scope", 650053},
		".default and more":   {r.passwordForm(u, "scope", ".default Calendars.Read"), 400, "invalid_scope", 70011},
		"foreign resource":    {r.passwordForm(u, "scope", "https://vault.example/.default"), 400, "invalid_resource", 500011},
		"two resources":       {r.passwordForm(u, "scope", "https://vault.example/.default User.Read"), 400, "invalid_request", 28000},
		"device of no grant":  {r.passwordForm(u, "grant_type", "urn:x"), 400, "unsupported_grant_type", 70003},
	} {
		r.loginFails(name, tt.form, tt.status, tt.oauth, tt.number)
	}
	for tenant, number := range map[string]float64{"common": 9001023, "consumers": 9001023} {
		if status, body := r.tokenRequest(tenant, r.passwordForm(u)); status != 400 || body["error_codes"].([]any)[0] != number {
			t.Errorf("%s: %d %v", tenant, status, body)
		}
	}
	for _, tenant := range []string{"organizations", "contoso.example"} {
		if status, body := r.tokenRequest(tenant, r.passwordForm(u, "username", strings.ToUpper(u.UPN))); status != 200 {
			t.Errorf("%s: %d %v", tenant, status, body)
		}
	}
	r.loginGives("confidential with its secret", r.passwordForm(u, "client_id", cred.ClientID, "client_secret", cred.ClientSecret))
	r.must(r.ctl.ExpirePassword(u.UPN))
	body := r.loginFails("expired password", r.passwordForm(u), 400, "invalid_grant", 50055)
	if body["suberror"] != "user_password_expired" {
		t.Errorf("suberror %v", body["suberror"])
	}
}

func TestPoliciesRefuseWithTheirNumbers(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	u := r.users[1]
	for number, want := range map[int]struct{ oauth, browser string }{
		50053: {"invalid_grant", "access_denied"}, 50056: {"invalid_grant", "access_denied"}, 50072: {"invalid_grant", "interaction_required"},
		50074: {"invalid_grant", "interaction_required"}, 50078: {"invalid_grant", "interaction_required"}, 50079: {"invalid_grant", "interaction_required"},
		50097: {"interaction_required", "interaction_required"}, 50105: {"invalid_grant", "access_denied"}, 50131: {"invalid_grant", "access_denied"},
		50132: {"invalid_grant", "interaction_required"}, 50133: {"invalid_grant", "interaction_required"}, 50140: {"interaction_required", "interaction_required"},
		50144: {"invalid_grant", "access_denied"}, 50158: {"invalid_grant", "interaction_required"}, 50196: {"invalid_grant", "invalid_grant"},
		53000: {"invalid_grant", "interaction_required"}, 53003: {"invalid_grant", "access_denied"}, 530035: {"invalid_grant", "access_denied"},
		65005: {"invalid_resource", "invalid_resource"}, 70043: {"invalid_grant", "interaction_required"}, 650052: {"invalid_resource", "invalid_resource"},
		650056: {"invalid_client", "invalid_client"}, 90008: {"invalid_request", "invalid_request"}, 90095: {"invalid_grant", "access_denied"},
	} {
		r.must(r.ctl.RefuseSignIn(u.UPN, number))
		status := 400
		if want.oauth == "invalid_client" {
			status = 401
		}
		body := r.loginFails("password", r.passwordForm(u), status, want.oauth, float64(number))
		if text := body["error_description"].(string); strings.Contains(text, "%") {
			t.Errorf("%d: %s", number, text)
		}
		r.must(r.ctl.SetAutoSignIn(u.UPN, false))
		if q := r.browser().open(r.authorizePath()).left.Query(); q.Get("error") != want.browser {
			t.Errorf("%d in the browser: %v", number, q)
		}
	}
	r.must(r.ctl.RefuseSignIn(u.UPN, 0))
	r.loginGives("password", r.passwordForm(u))
	if err := r.ctl.RefuseSignIn(u.UPN, 1); err == nil {
		t.Error("AADSTS1 is simulated")
	}
}

func TestASecondFactorIsAskedInTheBrowserAndMissingElsewhere(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	u := r.users[1]
	b := r.browser()
	weak := r.loginGives("code", r.redemption(b.signIn(b.open(r.authorizePath()), r, u).left.Query().Get("code")))
	r.must(r.ctl.RequireMFA(u.UPN, true))
	body := r.loginFails("password", r.passwordForm(u), 400, "invalid_grant", 50076)
	if claims, _ := body["claims"].(string); body["suberror"] != "basic_action" || !strings.HasPrefix(claims, `{"access_token"`) {
		t.Errorf("%v", body)
	}
	r.loginFails("a refresh token without it", r.refreshForm(weak), 400, "invalid_grant", 50076)
	if q := b.open(r.authorizePath("prompt", "none")).left.Query(); q.Get("error") != "interaction_required" {
		t.Errorf("prompt=none: %v", q)
	}
	page := b.open(r.authorizePath())
	if q := b.submit(page, "mfa", "answer", "deny").left.Query(); !strings.HasPrefix(q.Get("error_description"), "AADSTS50074") {
		t.Errorf("denied: %v", q)
	}
	strong := r.loginGives("code", r.redemption(b.submit(page, "mfa", "answer", "approve").left.Query().Get("code")))
	if c := claimsOf(t, strong["access_token"]); rawJSON(c["amr"]) != `["pwd","mfa"]` {
		t.Errorf("amr %v", c["amr"])
	}
	r.loginGives("a refresh token with it", r.refreshForm(strong))
	if q := b.open(r.authorizePath("prompt", "none")).left.Query(); q.Get("code") == "" {
		t.Errorf("prompt=none afterwards: %v", q)
	}
}

func TestPromptsAskAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	b, u := r.browser(), r.users[1]
	b.signIn(b.open(r.authorizePath()), r, u)
	if s := b.signIn(b.open(r.authorizePath("prompt", "login")), r, u); s.left == nil || s.left.Query().Get("code") == "" {
		t.Errorf("prompt=login: %v %s", s.left, s.text)
	}
	choice := b.open(r.authorizePath("prompt", "select_account"))
	if s := b.submit(choice, "account", "choice", "current"); s.left == nil || s.left.Query().Get("code") == "" {
		t.Errorf("the current account: %v", s.left)
	}
	code := b.signIn(b.submit(choice, "account", "choice", "other"), r, r.users[2]).left.Query().Get("code")
	if c := claimsOf(t, r.loginGives("code", r.redemption(code))["access_token"]); c["oid"] != r.users[2].ID {
		t.Errorf("another account: %v", c["upn"])
	}
	if q := b.open(r.authorizePath("prompt", "none", "login_hint", u.UPN)).left.Query(); q.Get("error") != "interaction_required" {
		t.Errorf("prompt=none for another account: %v", q)
	}
	out := b.open("/common/oauth2/v2.0/logout?state=s&post_logout_redirect_uri=" + url.QueryEscape("http://localhost:99"))
	if out.left == nil || out.left.String() != "http://localhost:99/?state=s" {
		t.Errorf("sign-out: %v", out.left)
	}
	if s := b.open("/common/oauth2/v2.0/logout?post_logout_redirect_uri=https://evil.example/"); s.left != nil || !strings.Contains(s.text, "You signed out") {
		t.Errorf("sign-out to a foreign address: %v", s.left)
	}
	if q := b.open(r.authorizePath("prompt", "none")).left.Query(); q.Get("error") != "login_required" {
		t.Errorf("after sign-out: %v", q)
	}
}

func TestASessionEndsWithThePassword(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	b, u := r.browser(), r.users[1]
	b.signIn(b.open(r.authorizePath()), r, u)
	r.must(r.ctl.SetPassword(u.UPN, "neu", PasswordChanged))
	if q := b.open(r.authorizePath("prompt", "none")).left.Query(); q.Get("error") != "login_required" {
		t.Errorf("after a new password: %v", q)
	}
	if err := r.ctl.SetPassword(u.UPN, "", PasswordChanged); err == nil {
		t.Error("an empty password is set")
	}
	if err := r.ctl.SetPassword(u.UPN, "x", "lost"); err == nil {
		t.Error("a password is lost")
	}
}

func TestPagesThatWereTamperedWithLeadNowhere(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	b := r.browser()
	_, _, fields := b.open(r.authorizePath()).form()
	sealed := fields.Get("flow")
	tenant := r.s.Credentials().TenantID
	for _, path := range []string{"/login", "/Consent/Set", "/SAS/ProcessAuth", "/reprocess", "/appverify"} {
		for name, flow := range map[string]string{"none": "", "damaged": "x" + sealed, "without seal": strings.Split(sealed, ".")[0], "of a kind that does not fit": sealed} {
			if path == "/login" || path == "/reprocess" {
				if name == "of a kind that does not fit" {
					continue
				}
			}
			resp, err := b.client.PostForm(r.url+"/"+tenant+path, url.Values{"flow": {flow}})
			if s := b.show(resp, err); s.status != 400 || !strings.Contains(s.text, "AADSTS50089") {
				t.Errorf("%s, flow %s: %d %s", path, name, s.status, s.text)
			}
		}
	}
}

func TestRedirectURIsAreCheckedWhenTheyAreRegistered(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 1, Small: true})
	for uri, ok := range map[string]bool{
		"https://app.example/cb": true, "http://localhost": true, "http://127.0.0.1:8080/x": true, "myapp://auth": true, "http://app.example/": false,
		"http://[::1]/": false, "https://app.example/#x": false, "https://*.example/": false, "https://app.example/a(b)": false, "app.example": false,
		"https://app.example/" + strings.Repeat("x", 240): false,
	} {
		_, err := r.ctl.RegisterApp(App{Redirects: []RedirectURI{{URI: uri, Platform: "native"}}})
		if (err == nil) != ok {
			t.Errorf("%s: %v", uri, err)
		}
	}
	for _, a := range []App{
		{Redirects: []RedirectURI{{URI: "myapp://auth", Platform: "web"}}}, {Redirects: []RedirectURI{{URI: "https://app.example", Platform: "tv"}}},
		{Redirects: make([]RedirectURI, 257)},
	} {
		if _, err := r.ctl.RegisterApp(a); err == nil {
			t.Errorf("registered: %d redirect URIs, %v", len(a.Redirects), a.Redirects[0])
		}
	}
	if _, err := New(Config{Users: 1, Apps: []App{{Redirects: []RedirectURI{{URI: "x", Platform: "web"}}}}}); err == nil {
		t.Error("a Config with a bad redirect URI is taken")
	}
}

func TestSecretsExpireAndSeveralAreValid(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 1, Small: true})
	cred := r.s.Credentials()
	form := func(secret string) url.Values {
		return url.Values{"grant_type": {"client_credentials"}, "client_id": {cred.ClientID}, "client_secret": {secret}, "scope": {"https://graph.microsoft.com/.default"}}
	}
	second, err := r.ctl.AddSecret(cred.ClientID, 180*24*time.Hour)
	r.must(err)
	r.loginGives("first", form(cred.ClientSecret))
	r.loginGives("second", form(second.Value))
	r.loginFails("its id", form(second.ID), 401, "invalid_client", 7000215)
	r.ctl.Advance(180 * 24 * time.Hour)
	r.loginFails("expired", form(second.Value), 401, "invalid_client", 7000222)
	r.loginGives("the first does not expire", form(cred.ClientSecret))
	r.must(r.ctl.SetAppDisabled(cred.ClientID, true))
	r.loginFails("disabled", form(cred.ClientSecret), 400, "unauthorized_client", 7000112)
	r.must(r.ctl.SetAppDisabled(cred.ClientID, false))
	req, err := http.NewRequest("POST", r.url+"/"+cred.TenantID+"/oauth2/v2.0/token", strings.NewReader("grant_type=client_credentials&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default"))
	r.must(err)
	req.SetBasicAuth(cred.ClientID, cred.ClientSecret)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	r.must(err)
	resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("basic authentication: %d", resp.StatusCode)
	}
	resp, err = http.Post(r.url+"/"+cred.TenantID+"/oauth2/v2.0/token", "application/json", strings.NewReader(`{"grant_type":"client_credentials"}`))
	r.must(err)
	defer resp.Body.Close()
	if body := r.decode(resp.Body); resp.StatusCode != 400 || body["error_codes"].([]any)[0] != 900144.0 {
		t.Errorf("JSON in place of a form: %d %v", resp.StatusCode, body)
	}
	r.loginFails("a public client", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {cred.PublicClientID}, "scope": {"https://graph.microsoft.com/.default"}, "client_secret": {"x"},
	}, 401, "invalid_client", 700025)
}
