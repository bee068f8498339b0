package graphsim

import (
	"html"
	"net/url"
	"strings"
	"testing"
)

// script is what no page may contain as it is.
const script = `"'><script>alert(1)</script>`

func TestPagesShowForeignTextAsText(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 3, Small: true})
	tenant, u := r.s.Credentials().TenantID, r.users[1]
	id, err := r.ctl.RegisterApp(App{
		Name: "App " + script, Public: true, Redirects: []RedirectURI{{URI: "https://app.example/cb", Platform: "native"}, {URI: "http://localhost", Platform: "native"}},
	})
	r.must(err)
	b, app := r.browser(), []string{"client_id", id, "redirect_uri", "https://app.example/cb", "state", script, "nonce", script}
	ask := func(pairs ...string) screen { return b.open(r.authorizePath(append(app, pairs...)...)) }
	login := ask("login_hint", script)
	shown := map[string]screen{
		"hint":             login,
		"foreign redirect": ask("redirect_uri", "https://evil.example/"+script),
		"unknown client":   ask("client_id", script),
		"tenant":           b.open("/" + url.PathEscape(script) + "/oauth2/v2.0/authorize"),
		"user code":        b.open("/common/oauth2/deviceauth?otc=" + url.QueryEscape(script)),
		"error number":     b.open("/error?code=" + url.QueryEscape(script)),
		"unknown user":     b.submit(login, "login", "login", script, "passwd", script),
	}
	consent := b.signIn(login, r, u)
	shown["consent"] = consent
	posted := b.submit(ask("response_mode", "form_post"), "consent", "accept", "yes")
	shown["form_post"] = posted
	_, device := r.deviceCode(tenant, "client_id", id, "scope", "Calendars.Read")
	shown["verify"] = b.submit(shown["user code"], "device", "otc", device["user_code"].(string))
	for name, s := range shown {
		if s.left != nil || strings.Contains(s.text, "<script>alert") || !strings.Contains(s.text, "<h1>") {
			t.Errorf("%s: %d %v %s", name, s.status, s.left, s.text)
		}
		if kind := s.header.Get("Content-Type"); kind != "text/html; charset=utf-8" {
			t.Errorf("%s: %s", name, kind)
		}
	}
	if !strings.Contains(html.UnescapeString(consent.text), "App "+script) {
		t.Errorf("the name of the app is lost: %s", consent.text)
	}
	_, to, fields := posted.form()
	if to != "https://app.example/cb" || fields.Get("state") != script || fields.Get("code") == "" {
		t.Errorf("form_post: %s %v", to, fields)
	}
	if back := ask("response_mode", "query").left; back == nil || back.Query().Get("state") != script || back.Host != "app.example" {
		t.Errorf("query: %v", back)
	}
}

func TestAnErrorCarriesTheAddressOfItsExplanation(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	body := r.loginFails("wrong", r.passwordForm(r.users[0], "password", "x"), 400, "invalid_grant", 50126)
	address, ok := strings.CutPrefix(body["error_uri"].(string), r.url)
	if s := r.browser().open(address); !ok || s.status != 200 || !strings.Contains(s.text, "AADSTS50126") || !strings.Contains(s.text, "invalid username or password") {
		t.Errorf("%s: %d %s", address, s.status, s.text)
	}
	for code, want := range map[string]string{"AADSTS50011": "AADSTS50011", "1": "Nothing is known", "": "Nothing is known", "x": "Nothing is known"} {
		s := r.browser().open("/error?code=" + code)
		if s.status != 200 || !strings.Contains(s.text, want) || strings.Contains(s.text, "%s") {
			t.Errorf("%q: %d %s", code, s.status, s.text)
		}
	}
}

func TestPeopleSeeErrorsAsPagesAndProgramsAsJSON(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	for path, page := range map[string]bool{
		"/common/oauth2/v2.0/authorize?%zz": true, "/nirgends.example/oauth2/v2.0/logout": true, "/common/login": true, "/common/v2.0/adminconsent?%zz": true,
		"/common/oauth2/v2.0/token": false, "/nirgends.example/discovery/v2.0/keys": false,
	} {
		s := r.browser().open(path)
		if kind := s.header.Get("Content-Type"); s.status != 400 || strings.HasPrefix(kind, "text/html") != page || !strings.Contains(s.text, "AADSTS") {
			t.Errorf("%s: %d %s %s", path, s.status, kind, s.text)
		}
	}
}
