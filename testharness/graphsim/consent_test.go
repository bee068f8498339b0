package graphsim

import (
	"net/url"
	"strings"
	"testing"
)

// password is the form of a sign-in with name and password at the public client.
func (r *rig) passwordForm(u User, pairs ...string) url.Values {
	r.Helper()
	password, err := r.ctl.Password(u.ID)
	if err != nil {
		r.Fatal(err)
	}
	v := url.Values{
		"grant_type": {"password"}, "client_id": {r.s.Credentials().PublicClientID}, "username": {u.UPN}, "password": {password},
		"scope": {"Calendars.Read offline_access openid profile email"},
	}
	set(v, pairs)
	return v
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func TestAPersonIsAskedForConsentOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true, Scopes: []string{}})
	r.must(r.ctl.RevokeConsent(r.s.Credentials().PublicClientID, ""))
	b, u := r.browser(), r.users[1]
	body := r.loginFails("password before consent", r.passwordForm(u), 400, "invalid_grant", 65001)
	if body["suberror"] != "consent_required" {
		t.Errorf("suberror %v", body["suberror"])
	}
	page := b.signIn(b.open(r.authorizePath()), r, u)
	for _, want := range []string{"Permissions requested", "Calendars.Read", u.UPN, "Gleis Desktop"} {
		if !strings.Contains(page.text, want) {
			t.Errorf("no %q on the page: %s", want, page.text)
		}
	}
	if strings.Contains(page.text, "on behalf of your organization") {
		t.Error("a person who is no administrator may consent for all")
	}
	no := b.submit(page, "consent", "accept", "no").left.Query()
	if no.Get("error") != "access_denied" || !strings.HasPrefix(no.Get("error_description"), "AADSTS65004") || no.Get("error_subcode") != "cancel" || no.Get("state") != "st ate" {
		t.Errorf("declined: %v", no)
	}
	if q := b.open(r.authorizePath("prompt", "none")).left.Query(); q.Get("error") != "consent_required" {
		t.Errorf("prompt=none without consent: %v", q)
	}
	yes := b.submit(b.open(r.authorizePath()), "consent", "accept", "yes").left.Query()
	r.loginGives("code", r.redemption(yes.Get("code")))
	if q := b.open(r.authorizePath("prompt", "none")).left.Query(); q.Get("code") == "" {
		t.Errorf("prompt=none after consent: %v", q)
	}
	r.loginGives("password after consent", r.passwordForm(u))
	r.loginFails("one scope more", r.passwordForm(u, "scope", "Calendars.Read Contacts.Read"), 400, "invalid_grant", 65001)
	more := b.open(r.authorizePath("scope", "Calendars.Read Contacts.Read"))
	if strings.Contains(more.text, "<li>Calendars.Read</li>") || !strings.Contains(more.text, "<li>Contacts.Read</li>") {
		t.Errorf("only what is new is asked: %s", more.text)
	}
	if again := b.open(r.authorizePath("prompt", "consent")); !strings.Contains(again.text, "<li>Calendars.Read</li>") {
		t.Errorf("prompt=consent: %s", again.text)
	}
	r.loginFails("another person", r.passwordForm(r.users[2]), 400, "invalid_grant", 65001)
	other := r.browser() // the hint names somebody else than the person who signs in
	page = other.signIn(other.open(r.authorizePath("login_hint", u.UPN)), r, r.users[2])
	if s := other.submit(page, "consent", "accept", "yes"); s.left == nil || s.left.Query().Get("code") == "" {
		t.Errorf("after the consent: %v %s", s.left, s.text)
	}
}

func TestOnlyAnAdministratorConsentsToPermissionsOverAll(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	client := r.s.Credentials().PublicClientID
	r.must(r.ctl.RevokeConsent(client, ""))
	b := r.browser()
	wide := r.authorizePath("scope", "User.Read.All")
	page := b.signIn(b.open(wide), r, r.users[1])
	if !strings.Contains(page.text, "Need admin approval") {
		t.Fatalf("no approval page: %s", page.text)
	}
	_, action, fields := page.form()
	fields.Set("accept", "yes")
	forced, err := b.client.PostForm(b.origin+action, fields)
	if s := b.show(forced, err); s.left == nil || !strings.HasPrefix(s.left.Query().Get("error_description"), "AADSTS90094") {
		t.Errorf("a forced consent: %v", s.left)
	}
	back := b.submit(page, "consent", "accept", "no").left.Query()
	if back.Get("error") != "access_denied" {
		t.Errorf("returned: %v", back)
	}
	r.must(r.ctl.SetUserConsent(false))
	if s := b.open(r.authorizePath()); !strings.Contains(s.text, "Need admin approval") {
		t.Errorf("users may not consent, yet: %s", s.text)
	}
	admin := r.browser()
	page = admin.signIn(admin.open(wide), r, r.users[0])
	if !strings.Contains(page.text, "on behalf of your organization") {
		t.Fatalf("administrator: %s", page.text)
	}
	if q := admin.submit(page, "consent", "accept", "yes", "all", "on").left.Query(); q.Get("code") == "" {
		t.Errorf("administrator: %v", q)
	}
	if q := b.open(wide).left.Query(); q.Get("code") == "" {
		t.Errorf("the person after the administrator's consent: %v", q)
	}
	r.loginGives("consented for all", r.passwordForm(r.users[2], "scope", "User.Read.All"))
	r.loginFails("and nothing more", r.passwordForm(r.users[2], "scope", "Calendars.Read"), 400, "invalid_grant", 65001)
}

func TestAdminConsentGrantsWhatTheRegistrationLists(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	tenant := r.s.Credentials().TenantID
	id, err := r.ctl.RegisterApp(App{
		Name: "Service", Public: true, Wants: []string{"Calendars.Read"}, Scopes: []string{"Contacts.Read"}, MultiTenant: true,
		Redirects: []RedirectURI{{URI: "https://app.example/consented", Platform: "web"}},
	})
	r.must(err)
	secret, err := r.ctl.AddSecret(id, 0)
	r.must(err)
	service := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret.Value}, "scope": {"https://graph.microsoft.com/.default"}}
	before := r.loginGives("a token without roles is given all the same", service)
	if c := claimsOf(t, before["access_token"]); c["roles"] != nil || c["idtyp"] != "app" {
		t.Errorf("claims before: %v", c)
	}
	path := func(base string, pairs ...string) string {
		v := url.Values{"client_id": {id}, "redirect_uri": {"https://app.example/consented"}, "state": {"s1"}}
		set(v, pairs)
		return base + "?" + v.Encode()
	}
	b := r.browser()
	page := b.signIn(b.open(path("/"+tenant+"/adminconsent")), r, r.users[1])
	if !strings.Contains(page.text, "Need admin approval") {
		t.Fatalf("no administrator: %s", page.text)
	}
	q := b.submit(page, "consent", "accept", "no").left.Query()
	if q.Get("error") != "access_denied" || q.Get("admin_consent") != "True" || q.Get("state") != "s1" {
		t.Errorf("declined: %v", q)
	}
	if !strings.Contains(page.text, "<li>Calendars.Read</li>") || !strings.Contains(page.text, "<li>Contacts.Read</li>") {
		t.Errorf("what the registration lists: %s", page.text)
	}
	admin := r.browser()
	q = admin.submit(admin.signIn(admin.open(path("/organizations/v2.0/adminconsent", "scope", "Calendars.Read")), r, r.users[0]), "consent", "accept", "yes").left.Query()
	if q.Get("admin_consent") != "True" || q.Get("tenant") != tenant || q.Get("scope") != "Calendars.Read" || q.Get("state") != "s1" {
		t.Errorf("v2: %v", q)
	}
	r.loginFails("not listed yet", r.passwordForm(r.users[1], "client_id", id, "scope", "Contacts.Read", "client_secret", secret.Value), 400, "invalid_grant", 65001)
	q = admin.submit(admin.open(path("/"+tenant+"/adminconsent")), "consent", "accept", "yes").left.Query()
	if q.Get("admin_consent") != "True" || q.Get("scope") != "" {
		t.Errorf("v1: %v", q)
	}
	r.loginGives("listed", r.passwordForm(r.users[1], "client_id", id, "scope", "Contacts.Read", "client_secret", secret.Value))
	if c := claimsOf(t, r.loginGives("service", service)["access_token"]); len(c["roles"].([]any)) != 1 {
		t.Errorf("roles after: %v", c["roles"])
	}
	if s := admin.open(path("/common/v2.0/adminconsent", "scope", "Calendars.Read")); s.status != 400 || !strings.Contains(s.text, "AADSTS90124") {
		t.Errorf("common: %d %s", s.status, s.text)
	}
	if s := admin.open(path("/"+tenant+"/adminconsent", "redirect_uri", "https://evil.example/")); !strings.Contains(s.text, "AADSTS50011") {
		t.Errorf("foreign redirect: %s", s.text)
	}
}

func TestConsentThatIsRevokedEndsRefreshing(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	client, u := r.s.Credentials().PublicClientID, r.users[1]
	r.must(r.ctl.RevokeConsent(client, ""))
	r.must(r.ctl.GrantConsent(client, u.UPN, "calendars.read"))
	body := r.loginGives("password", r.passwordForm(u))
	all := r.loginGives(".default is what was consented", r.passwordForm(u, "scope", "https://graph.microsoft.com/.default"))
	if all["scope"] != "https://graph.microsoft.com/Calendars.Read https://graph.microsoft.com/.default" || all["refresh_token"] != nil || all["id_token"] != nil {
		t.Errorf(".default: %v", all)
	}
	refresh := url.Values{"grant_type": {"refresh_token"}, "client_id": {client}, "refresh_token": {body["refresh_token"].(string)}}
	r.loginGives("refresh", refresh)
	r.must(r.ctl.RevokeConsent(client, u.UPN))
	r.loginFails("refresh", refresh, 400, "invalid_grant", 65001)
	if err := r.ctl.GrantConsent(client, u.UPN, "Unsinn.Read"); err == nil {
		t.Error("a permission that Graph does not have can be consented to")
	}
	r.must(r.ctl.GrantConsent(client, "", "Calendars.Read"))
	r.loginGives("consented for all", refresh)
	r.must(r.ctl.AssignApp(client, r.users[2].UPN))
	r.loginFails("not assigned", refresh, 400, "invalid_grant", 50105)
	r.loginFails("not assigned", r.passwordForm(u), 400, "invalid_grant", 50105)
	r.loginGives("assigned", r.passwordForm(r.users[2]))
	if err := r.ctl.AssignApp("no such app"); err == nil {
		t.Error("no error for an unknown app")
	}
}

func TestTheDefaultScopeAsksOnceAndThenTakesWhatThereIs(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 3, Small: true})
	id, err := r.ctl.RegisterApp(App{
		Name: "Static", Public: true, Scopes: []string{"calendars.read", "Contacts.Read"}, Redirects: []RedirectURI{{URI: "http://localhost", Platform: "native"}},
	})
	r.must(err)
	path := r.authorizePath("client_id", id, "scope", "https://graph.microsoft.com/.default openid")
	tokens := func(s screen) any {
		return claimsOf(t, r.loginGives("code", r.redemption(s.left.Query().Get("code"), "client_id", id))["access_token"])["scp"]
	}
	b := r.browser()
	page := b.signIn(b.open(path), r, r.users[1])
	if !strings.Contains(page.text, "<li>Calendars.Read</li>") || !strings.Contains(page.text, "<li>Contacts.Read</li>") {
		t.Fatalf("all that is registered is asked for: %s", page.text)
	}
	if scp := tokens(b.submit(page, "consent", "accept", "yes")); scp != "Calendars.Read Contacts.Read openid" {
		t.Errorf("consented to all: %v", scp)
	}
	r.must(r.ctl.GrantConsent(id, r.users[2].UPN, "Contacts.Read"))
	other := r.browser()
	if scp := tokens(other.signIn(other.open(path), r, r.users[2])); scp != "Contacts.Read openid" {
		t.Errorf("consented to one: %v", scp)
	}
	if again := other.open(path + "&prompt=consent"); !strings.Contains(again.text, "<li>Calendars.Read</li>") {
		t.Errorf("prompt=consent: %s", again.text)
	}
}

func TestAnAppListsPermissionsThatThereAre(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	for name, a := range map[string]App{
		"registered": {Scopes: []string{"Kalender.Read"}}, "for all": {Everybody: []string{"Kalender.Read"}},
		"for one": {Consents: map[string][]string{r.users[0].ID: {"Kalender.Read"}}},
	} {
		if _, err := r.ctl.RegisterApp(a); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := New(Config{Users: 1, Small: true, Scopes: []string{"Kalender.Read"}}); err == nil || !strings.Contains(err.Error(), "Kalender.Read") {
		t.Errorf("a Config with an unknown permission: %v", err)
	}
	id, err := r.ctl.RegisterApp(App{Public: true, Everybody: []string{"calendars.read"}})
	r.must(err)
	r.loginGives("in another case", r.passwordForm(r.users[0], "client_id", id, "scope", "Calendars.Read"))
	apps, err := r.ctl.Apps()
	r.must(err)
	apps[0].Name = "Renamed"
	_, err = r.ctl.RegisterApp(apps[0])
	r.must(err)
	if again, err := r.ctl.Apps(); err != nil || len(again) != len(apps) || again[0].Name != "Renamed" || again[0].ID != r.s.Credentials().ClientID {
		t.Errorf("registered again: %v %v", again, err)
	}
}
