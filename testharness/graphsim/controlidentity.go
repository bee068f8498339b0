package graphsim

import (
	"slices"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/entra"
)

// SetRoles changes the application permissions of tokens issued from now on to the client of [Server.Credentials].
func (ctl *Control) SetRoles(roles ...string) {
	_ = ctl.s.login.Change(ctl.s.tenant.clientID, func(a *entra.App) error { // it is always there
		a.Roles = slices.Clone(roles)
		return nil
	})
}

// Password is the password of a user.
func (ctl *Control) Password(who string) (password string, err error) {
	err = ctl.withUser(who, func(u *user) error {
		password = ctl.s.login.Password(u.id)
		return nil
	})
	return password, err
}
