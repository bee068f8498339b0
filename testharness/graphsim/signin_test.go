package graphsim

import "testing"

func TestAPersonsTokenReachesMeAndNoMoreThanItsScopes(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	body := r.signInAs(r.users[1], "Calendars.Read", "offline_access", "openid", "profile")
	if body["refresh_token"] == nil || body["id_token"] == nil || body["scope"] != "Calendars.Read openid profile" {
		t.Errorf("token answer %v", body)
	}
	if n := len(values(r.get("/me/events"))); n == 0 {
		t.Error("/me/events is empty")
	}
	r.refused(r.send("GET", "/me/contacts", nil), 403, "ErrorAccessDenied")
	r.signInAs(r.users[1], "https://graph.microsoft.com/Contacts.Read")
	r.get("/me/contacts")
	r.refused(r.send("GET", "/me/events", nil), 403, "ErrorAccessDenied")
}
