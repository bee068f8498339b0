package graphsim

import (
	"net/url"
	"testing"
	"time"
)

// identityPitfalls are those of the identity platform.
func identityPitfalls() []pitfall {
	return []pitfall{
		{57, "/me with an application token is refused", "sdk-js#378", "by default", testMeWithoutAPerson},
		{58, "a permission granted later is missing in tokens issued before", "docs#10907", "Control.SetAppRoles", testALaterRole},
		{59, "a new password ends refresh tokens: AADSTS50173", "", "Control.SetPassword", testANewPassword},
		{60, "the id of a secret in place of its value answers AADSTS7000215, an expired secret AADSTS7000222", "", "Control.AddSecret", testSecretsGoneWrong},
	}
}

func testMeWithoutAPerson(t *testing.T) {
	r := newRig(t, Config{Users: 2, Small: true})
	a := r.send("GET", "/me/events", nil)
	r.refused(a, 400, "BadRequest")
	if text := a.body["error"].(map[string]any)["message"]; text != "/me request is only valid with delegated authentication flow." {
		t.Errorf("message %v", text)
	}
	r.signInAs(r.users[0], "Calendars.Read")
	r.get("/me/events")
}

func testALaterRole(t *testing.T) {
	r := newRig(t, Config{Users: 2, Small: true, Roles: []string{"Calendars.Read"}})
	r.refused(r.send("GET", r.box(0)+"/contacts", nil), 403, "ErrorAccessDenied")
	r.must(r.ctl.SetAppRoles(r.s.Credentials().ClientID, "Calendars.Read", "Contacts.Read"))
	r.refused(r.send("GET", r.box(0)+"/contacts", nil), 403, "ErrorAccessDenied")
	r.signIn()
	r.get(r.box(0) + "/contacts")
}

func testANewPassword(t *testing.T) {
	r := newRig(t, Config{Users: 2, Small: true})
	u := r.users[0]
	body := r.loginGives("password", r.passwordForm(u))
	r.must(r.ctl.SetPassword(u.UPN, "Neu-1", PasswordReset))
	r.loginFails("refresh", r.refreshForm(body), 400, "invalid_grant", 50173)
	r.loginFails("and again", r.refreshForm(body), 400, "invalid_grant", 50173)
	r.loginGives("a new sign-in", r.passwordForm(u))
}

func testSecretsGoneWrong(t *testing.T) {
	r := newRig(t, Config{Users: 2, Small: true})
	cred := r.s.Credentials()
	secret, err := r.ctl.AddSecret(cred.ClientID, 24*time.Hour)
	r.must(err)
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {cred.ClientID}, "client_secret": {secret.ID}, "scope": {"https://graph.microsoft.com/.default"}}
	r.loginFails("the id", form, 401, "invalid_client", 7000215)
	r.ctl.Advance(24 * time.Hour)
	form.Set("client_secret", secret.Value)
	r.loginFails("expired", form, 401, "invalid_client", 7000222)
}
