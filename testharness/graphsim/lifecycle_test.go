package graphsim

import (
	"slices"
	"testing"
)

func TestSubscriptionsEndWithTheirMailbox(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*hook) error{
		"licence": func(h *hook) error { return h.ctl.RevokeMailbox(h.users[0].UPN) },
		"user":    func(h *hook) error { return h.ctl.RemoveUser(h.users[0].UPN) },
	} {
		h := newHook(t, Config{HoldNotifications: true})
		list, _ := h.ctl.DefaultList(h.users[0].UPN)
		h.subscribe(h.box(0)+"/contacts", "lifecycleNotificationUrl", h.url+"/l")
		h.subscribe(h.box(0)+"/todo/lists/"+list+"/tasks", "lifecycleNotificationUrl", h.url+"/l")
		h.subscribe(h.box(1)+"/contacts", "lifecycleNotificationUrl", h.url+"/l")
		h.subscribe("/users")
		h.told()
		h.must(end(h))
		got := slices.DeleteFunc(h.told(), func(s string) bool { return s == "updated Users/"+h.users[0].ID })
		if want := []string{"subscriptionRemoved " + h.box(0) + "/contacts"}; !slices.Equal(got, want) {
			t.Errorf("%s: told %v, want %v", name, got, want)
		}
		if left := h.ctl.Subscriptions(); len(left) != 2 {
			t.Errorf("%s: left %v", name, left)
		}
	}
}

func TestAResetPasswordEndsAPersonsSubscriptionsAndRevokedConsentAsksForReauthorization(t *testing.T) {
	t.Parallel()
	h := newHook(t, Config{HoldNotifications: true})
	app := h.s.Credentials().PublicClientID
	for i := range 2 {
		h.signInAs(h.users[i], "Contacts.Read")
		h.do("POST", "/subscriptions", h.wish("/me/contacts", "lifecycleNotificationUrl", h.url+"/l"), 201)
	}
	h.signIn()
	h.subscribe(h.box(0)+"/contacts", "lifecycleNotificationUrl", h.url+"/l")
	h.must(h.ctl.SetPassword(h.users[0].UPN, "Neu-1", PasswordChanged))
	if got := h.told(); len(got) != 0 {
		t.Errorf("a password that its owner changed: %v", got)
	}
	h.must(h.ctl.RevokeConsent(app, h.users[1].UPN))
	h.must(h.ctl.SetPassword(h.users[0].UPN, "Neu-2", PasswordReset))
	if got, want := h.told(), []string{"reauthorizationRequired /me/contacts", "subscriptionRemoved /me/contacts"}; !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
	if left := h.ctl.Subscriptions(); len(left) != 2 {
		t.Errorf("left %v", left)
	}
	if h.ctl.RevokeConsent(app, "nobody") == nil {
		t.Error("nobody's consent was revoked")
	}
}

func TestAClosedServerSendsNoMoreByItself(t *testing.T) {
	t.Parallel()
	h := newHook(t, Config{})
	h.subscribe(h.box(0) + "/contacts")
	h.answer(500)
	h.do("POST", h.box(0)+"/contacts", map[string]any{"givenName": "x"}, 201)
	<-h.received
	h.s.Close()
	if n := len(h.s.post.retries); n != 0 {
		t.Errorf("%d tries are planned", n)
	}
	h.answer(202)
	h.ctl.Advance(firstRetry)
	h.do("POST", h.box(0)+"/contacts", map[string]any{"givenName": "y"}, 201)
	if n := len(h.take()); n != 0 {
		t.Errorf("%d sent after Close", n)
	}
	if d := h.ctl.Deliver(); d.Sent != 2 {
		t.Errorf("delivered %+v", d)
	}
	h.s.Close()
}
