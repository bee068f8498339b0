package graphsim

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestAPersonSignsInByBrowserAndTheCodeGivesTokens(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	b, u := r.browser(), r.users[1]
	page := b.open(r.authorizePath())
	if page.status != 200 || !strings.Contains(page.text, "Gleis Desktop") {
		t.Fatalf("sign-in page: %d %s", page.status, page.text)
	}
	if wrong := b.submit(page, "login", "login", u.UPN, "passwd", "falsch"); !strings.Contains(wrong.text, "AADSTS50126") {
		t.Errorf("wrong password: %s", wrong.text)
	}
	back := b.signIn(page, r, u).left
	if back == nil || back.Host != "localhost:4711" || back.Path != "/" || back.Query().Get("state") != "st ate" || back.Query().Get("session_state") == "" {
		t.Fatalf("sent back to %v", back)
	}
	code := back.Query().Get("code")
	body := r.loginGives("code", r.redemption(code, "client_info", "1"))
	if body["scope"] != "Calendars.Read openid profile" || body["refresh_token"] == nil || body["client_info"] == nil || body["expires_in"] != 3599.0 {
		t.Errorf("answer %v", body)
	}
	id := claimsOf(t, body["id_token"])
	if id["nonce"] != "n1" || id["preferred_username"] != u.UPN || id["oid"] != u.ID || id["ver"] != "2.0" || id["aud"] != r.s.Credentials().PublicClientID || id["email"] != nil {
		t.Errorf("id token %v", id)
	}
	r.token = body["access_token"].(string)
	r.get("/me/events")
	r.loginFails("the code again", r.redemption(code), 400, "invalid_grant", 54005)
	again := b.open(r.authorizePath()).left
	if again == nil || again.Query().Get("code") == "" {
		t.Error("the session does not sign in again")
	}
	if hint := b.open(r.authorizePath("login_hint", r.users[2].UPN)); !strings.Contains(hint.text, r.users[2].UPN) {
		t.Errorf("the hint at another person shows no sign-in: %s", hint.text)
	}
}

func TestACodeIsBoundToClientRedirectProofKeyAndTenMinutes(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	if err := r.ctl.SetAutoSignIn(r.users[1].UPN, false); err != nil {
		t.Fatal(err)
	}
	other, err := r.ctl.RegisterApp(App{Name: "Other", Public: true, Redirects: []RedirectURI{{URI: "http://localhost", Platform: "native"}}})
	if err != nil {
		t.Fatal(err)
	}
	b := r.browser()
	code := func(pairs ...string) string { return b.open(r.authorizePath(pairs...)).left.Query().Get("code") }
	first := code()
	r.loginFails("another client", r.redemption(first, "client_id", other), 400, "invalid_grant", 70000)
	r.loginFails("another redirect", r.redemption(first, "redirect_uri", "http://localhost:4712"), 401, "invalid_client", 500112)
	r.loginFails("an invented code", r.redemption("1.Axyz"), 400, "invalid_grant", 70000)
	r.loginFails("another verifier", r.redemption(first, "code_verifier", verifier+"x"), 400, "invalid_grant", 501481)
	r.loginFails("a short verifier", r.redemption(first, "code_verifier", "x"), 400, "invalid_grant", 501491)
	r.loginFails("no verifier", r.redemption(first, "code_verifier", ""), 400, "invalid_grant", 501491)
	r.loginFails("a secret from a public client", r.redemption(first, "client_secret", "x"), 401, "invalid_client", 700025)
	r.loginFails("no code", r.redemption(""), 400, "invalid_request", 900144)
	r.loginGives("after all that", r.redemption(first))
	plain := code("code_challenge", verifier, "code_challenge_method", "")
	r.loginFails("a hashed verifier of a plain challenge", r.redemption(plain, "code_verifier", challengeOf(verifier)), 400, "invalid_grant", 501481)
	r.loginGives("plain", r.redemption(plain))
	r.loginGives("none", r.redemption(code("code_challenge", "", "code_challenge_method", ""), "code_verifier", ""))
	old := code()
	r.ctl.Advance(9*time.Minute + 59*time.Second)
	young := code()
	r.ctl.Advance(time.Second)
	r.loginFails("after ten minutes", r.redemption(old), 400, "invalid_grant", 70008)
	r.loginGives("before", r.redemption(young))
}

func TestARedemptionMayNarrowItsScopesAndAskForTheRest(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	r.must(r.ctl.SetAutoSignIn(r.users[1].UPN, false))
	code := func() string {
		return r.browser().open(r.authorizePath("scope", "https://graph.microsoft.com/Calendars.Read Contacts.Read")).left.Query().Get("code")
	}
	all := r.loginGives("no scope", r.redemption(code()))
	if all["scope"] != "https://graph.microsoft.com/Calendars.Read Contacts.Read" || all["id_token"] != nil || all["refresh_token"] != nil {
		t.Errorf("names come back as they were asked for: %v", all["scope"])
	}
	less := r.loginGives("one", r.redemption(code(), "scope", "contacts.read openid offline_access profile"))
	if less["scope"] != "Contacts.Read openid profile" || less["id_token"] == nil || less["refresh_token"] == nil {
		t.Errorf("%v", less)
	}
	if c := claimsOf(t, less["access_token"]); c["scp"] != "Contacts.Read openid profile" {
		t.Errorf("scp %v", c["scp"])
	}
	person := r.loginGives("none of Graph", r.redemption(code(), "scope", "openid"))
	if person["scope"] != "https://graph.microsoft.com/Calendars.Read Contacts.Read openid" {
		t.Errorf("scope %v", person["scope"])
	}
	r.loginFails("without consent", r.redemption(code(), "scope", "User.ReadWrite.Unsinn"), 400, "invalid_scope", 650053)
}

func TestAWebAppProvesItselfWhenItRedeemsACode(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	cred, b := r.s.Credentials(), r.browser()
	if err := r.ctl.SetAutoSignIn(r.users[1].UPN, false); err != nil {
		t.Fatal(err)
	}
	code := b.open(r.authorizePath("client_id", cred.ClientID)).left.Query().Get("code")
	form := r.redemption(code, "client_id", cred.ClientID)
	r.loginFails("without secret", form, 401, "invalid_client", 7000218)
	form.Set("client_secret", "falsch")
	r.loginFails("wrong secret", form, 401, "invalid_client", 7000215)
	form.Set("client_secret", cred.ClientSecret)
	body := r.loginGives("with secret", form)
	if c := claimsOf(t, body["access_token"]); c["appidacr"] != "1" || c["idtyp"] != "user" || c["scp"] != "Calendars.Read openid profile" || c["oid"] != r.users[1].ID || c["roles"] != nil {
		t.Errorf("claims %v", c)
	}
	refresh := url.Values{"grant_type": {"refresh_token"}, "client_id": {cred.ClientID}, "refresh_token": {body["refresh_token"].(string)}}
	r.loginFails("refresh without secret", refresh, 401, "invalid_client", 7000218)
}

func TestAuthorizeErrorsGoWhereTheyAreSafe(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	single, err := r.ctl.RegisterApp(App{Name: "Single", Redirects: []RedirectURI{{URI: "https://app.example/Back", Platform: "web"}}})
	if err != nil {
		t.Fatal(err)
	}
	spa, err := r.ctl.RegisterApp(App{Name: "Page", Redirects: []RedirectURI{{URI: "https://page.example/", Platform: "spa"}}})
	if err != nil {
		t.Fatal(err)
	}
	b := r.browser()
	for name, tt := range map[string]struct {
		pairs []string
		code  string
		oauth string // "" for a page
	}{
		"foreign redirect":       {[]string{"redirect_uri", "https://evil.example/"}, "AADSTS50011", ""},
		"path in another case":   {[]string{"client_id", single, "redirect_uri", "https://app.example/back"}, "AADSTS50011", ""},
		"another port":           {[]string{"client_id", single, "redirect_uri", "https://app.example:444/Back"}, "AADSTS50011", ""},
		"unknown client":         {[]string{"client_id", "00000000-0000-0000-0000-000000000001"}, "AADSTS700016", ""},
		"no client":              {[]string{"client_id", ""}, "AADSTS900144", ""},
		"no redirect of several": {[]string{"redirect_uri", ""}, "AADSTS900971", ""},
		"no response type":       {[]string{"response_type", ""}, "AADSTS900144", "invalid_request"},
		"response type token":    {[]string{"response_type", "token"}, "AADSTS700051", "unsupported_response_type"},
		"response type x":        {[]string{"response_type", "x"}, "AADSTS70005", "unsupported_response_type"},
		"id token not enabled":   {[]string{"response_type", "id_token"}, "AADSTS700054", "unsupported_response_type"},
		"response mode x":        {[]string{"response_mode", "x"}, "AADSTS90023", "invalid_request"},
		"prompt x":               {[]string{"prompt", "x"}, "AADSTS90023", "invalid_request"},
		"no scope":               {[]string{"scope", ""}, "AADSTS900144", "invalid_request"},
		"unknown scope":          {[]string{"scope", "Unsinn.Read"}, "AADSTS650053", "invalid_client"},
		"mixed with .default":    {[]string{"scope", "User.Read https://graph.microsoft.com/.default"}, "AADSTS70011", "invalid_scope"},
		"foreign resource":       {[]string{"scope", "https://vault.example/read"}, "AADSTS500011", "invalid_resource"},
		"two resources":          {[]string{"scope", "https://vault.example/read User.Read"}, "AADSTS500011", "invalid_resource"},
		"nobody signed in":       {[]string{"prompt", "none"}, "AADSTS50058", "login_required"},
		"short challenge":        {[]string{"code_challenge", "x"}, "AADSTS50147", "invalid_request"},
		"challenge method x":     {[]string{"code_challenge_method", "x"}, "AADSTS90023", "invalid_request"},
		"page without challenge": {[]string{"client_id", spa, "redirect_uri", "https://page.example", "code_challenge", ""}, "AADSTS9002325", "invalid_request"},
	} {
		s := b.open(r.authorizePath(tt.pairs...))
		if tt.oauth == "" {
			if s.left != nil || s.status != 400 || !strings.Contains(s.text, tt.code+":") {
				t.Errorf("%s: %d %v %s", name, s.status, s.left, s.text)
			}
			continue
		}
		if s.left == nil {
			t.Errorf("%s: %d %s", name, s.status, s.text)
			continue
		}
		q := s.left.Query()
		if s.left.Fragment != "" {
			q, _ = url.ParseQuery(s.left.Fragment)
		}
		if q.Get("error") != tt.oauth || !strings.HasPrefix(q.Get("error_description"), tt.code+":") || q.Get("state") != "st ate" || q.Get("code") != "" {
			t.Errorf("%s: %v", name, s.left)
		}
	}
	for tenant, want := range map[string]string{"common": "AADSTS50194", "organizations": "AADSTS50194", "consumers": "AADSTS9002332", "nirgends.example": "AADSTS90002"} {
		path := strings.Replace(r.authorizePath("client_id", single, "redirect_uri", "https://app.example/Back"), r.s.Credentials().TenantID, tenant, 1)
		if s := b.open(path); s.status != 400 || !strings.Contains(s.text, want) {
			t.Errorf("%s: %d %s", tenant, s.status, s.text)
		}
	}
}

func TestTheThreeResponseModesCarryTheSame(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	if err := r.ctl.SetAutoSignIn(r.users[1].UPN, false); err != nil {
		t.Fatal(err)
	}
	app := App{Name: "Hybrid", IDTokens: true, Everybody: []string{"User.Read"}, Redirects: []RedirectURI{{URI: "https://app.example/cb?x=1", Platform: "web"}}}
	id, err := r.ctl.RegisterApp(app)
	if err != nil {
		t.Fatal(err)
	}
	b := r.browser()
	ask := func(pairs ...string) screen {
		return b.open(r.authorizePath(append([]string{"client_id", id, "redirect_uri", "https://app.example/cb?x=1", "scope", "openid User.Read"}, pairs...)...))
	}
	if q := ask().left.Query(); q.Get("x") != "1" || q.Get("code") == "" {
		t.Errorf("query: %v", q)
	}
	hash, _ := url.ParseQuery(ask("response_mode", "fragment").left.EscapedFragment())
	if hash.Get("code") == "" || hash.Get("state") != "st ate" {
		t.Errorf("fragment: %v", hash)
	}
	form, action, fields := ask("response_mode", "form_post").form()
	if form != "post" || action != "https://app.example/cb?x=1" || fields.Get("code") == "" || fields.Get("state") != "st ate" {
		t.Errorf("form_post: %s %s %v", form, action, fields)
	}
	hybrid, _ := url.ParseQuery(ask("response_type", "code id_token").left.EscapedFragment())
	if c := claimsOf(t, hybrid.Get("id_token")); hybrid.Get("code") == "" || c["nonce"] != "n1" || c["c_hash"] == nil {
		t.Errorf("hybrid: %v", hybrid)
	}
	alone, _ := url.ParseQuery(ask("response_type", "id_token").left.EscapedFragment())
	if alone.Get("code") != "" || alone.Get("id_token") == "" {
		t.Errorf("id token alone: %v", alone)
	}
	bad, _ := url.ParseQuery(ask("response_type", "id_token", "response_mode", "query").left.EscapedFragment())
	if !strings.HasPrefix(bad.Get("error_description"), "AADSTS70007") {
		t.Errorf("id token in the query: %v", bad)
	}
	bad, _ = url.ParseQuery(ask("response_type", "id_token", "nonce", "").left.EscapedFragment())
	if !strings.HasPrefix(bad.Get("error_description"), "AADSTS90014") {
		t.Errorf("id token without nonce: %v", bad)
	}
}
