package graphsim

import (
	"fmt"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/entra"
)

// The ways in which a password changes. They differ in what they end: the person's own change and a reset in the Azure portal end the
// refresh tokens of password sign-ins at public clients, a reset in the Entra admin center ends all (entra-docs, page "refresh-tokens").
const (
	PasswordChanged       = "changed"
	PasswordReset         = "reset"
	PasswordResetInCenter = "reset in the admin center"
)

// Password is the password of a user. At first it follows from the seed.
func (ctl *Control) Password(who string) (password string, err error) {
	err = ctl.withUser(who, func(u *user) error {
		password = ctl.s.login.Password(u.id)
		return nil
	})
	return password, err
}

// SetPassword gives a user a new password in one of the three ways. A reset removes the subscriptions that the user made (microsoft-graph-docs,
// page "change-notifications-lifecycle-events").
func (ctl *Control) SetPassword(who, password, way string) error {
	if way != PasswordChanged && way != PasswordReset && way != PasswordResetInCenter {
		return fmt.Errorf("graphsim: a password is not %q", way)
	}
	if password == "" {
		return fmt.Errorf("graphsim: a password has at least one character")
	}
	return ctl.withUser(who, func(u *user) error {
		ctl.s.login.SetPassword(u.id, password, way == PasswordResetInCenter)
		if way != PasswordChanged {
			ctl.s.endSubscriptions(func(sub *subscription) bool { return sub.Person == u.id })
		}
		return nil
	})
}

// ExpirePassword lets a user's password expire: signing in with it answers AADSTS50055 until there is a new one. Refresh tokens stay.
func (ctl *Control) ExpirePassword(who string) error {
	return ctl.editAccount(who, func(a *entra.Account) { a.Expired = true })
}

// RequireMFA asks a user for a second factor, or no more. Grants that lack it answer AADSTS50076.
func (ctl *Control) RequireMFA(who string, required bool) error {
	return ctl.editAccount(who, func(a *entra.Account) { a.MFA = required })
}

// SetPasskey gives a user a passkey in place of the password, or the password back. With a passkey the user signs in by browser only, and
// refresh tokens outlive new passwords, but not a reset in the admin center.
func (ctl *Control) SetPasskey(who string, passkey bool) error {
	return ctl.editAccount(who, func(a *entra.Account) { a.Passkey = passkey })
}

// SetAdministrator makes a user an administrator, who may consent for all, or takes that away. The first user of the directory is one.
func (ctl *Control) SetAdministrator(who string, admin bool) error {
	return ctl.editAccount(who, func(a *entra.Account) { a.Admin = admin })
}

// RefuseSignIn makes every sign-in and every refresh of a user fail with an AADSTS number, as policies and locks do: 50053 (locked), 50079
// (must enrol a second factor), 53003 (conditional access), 70043 (sign-in frequency) and others. Zero ends it.
func (ctl *Control) RefuseSignIn(who string, number int) error {
	if number != 0 && !entra.Known(number) {
		return fmt.Errorf("graphsim: AADSTS%d is not simulated", number)
	}
	return ctl.editAccount(who, func(a *entra.Account) { a.Refusal = number })
}

// RevokeSessions ends all refresh tokens and browser sessions of a user, as POST /users/{id}/revokeSignInSessions does.
func (ctl *Control) RevokeSessions(who string) error {
	return ctl.withUser(who, func(u *user) error {
		ctl.s.login.RevokeSessions(u.id)
		return nil
	})
}

// SetAutoSignIn lets every sign-in page be passed at once by a user who consents to everything, or declines to consent. Device codes are
// approved when their client first asks. With who "" pages are shown again.
func (ctl *Control) SetAutoSignIn(who string, decline bool) error {
	auto := entra.AutoSignIn{Decline: decline}
	set := func() { ctl.s.login.Policy(func(st *entra.State) { st.Auto = auto }) }
	if who == "" {
		ctl.s.mu.RLock()
		defer ctl.s.mu.RUnlock()
		set()
		return nil
	}
	return ctl.withUser(who, func(u *user) error {
		auto.User = u.id
		set()
		return nil
	})
}

// AnswerDevice approves or declines the device code whose user code is given, as the user would on its page.
func (ctl *Control) AnswerDevice(userCode, who string, approve bool) error {
	return ctl.withUser(who, func(u *user) error { return wrap(ctl.s.login.AnswerDevice(userCode, u.id, approve)) })
}

func (ctl *Control) editAccount(who string, edit func(*entra.Account)) error {
	return ctl.withUser(who, func(u *user) error {
		ctl.s.login.EditAccount(u.id, edit)
		return nil
	})
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("graphsim: %w", err)
}
