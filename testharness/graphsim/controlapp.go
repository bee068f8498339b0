package graphsim

import (
	"slices"
	"time"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/entra"
)

// App is an application registered in the tenant, with what was granted to it:
//
//   - ID is the client id; empty makes one. Name stands on the pages.
//   - Public allows the password and device code grants without a proof of the client. MultiTenant allows /common and /organizations.
//     Disabled refuses all. IDTokens allows id tokens from the authorize endpoint.
//   - Redirects are redirect URIs, each with a platform, "web", "spa" or "native": it decides whether the client must prove itself.
//   - Secrets and Certificates (DER) prove the client. See [Control.AddSecret] and [Control.AddCertificate].
//   - Roles are the granted application permissions, Wants those that an administrator's consent grants, Scopes the delegated permissions
//     of the registration, which /.default stands for.
//   - Everybody are the delegated permissions consented to for all (nil: no consent), Consents those of single users by object id.
//   - Assigned limits the app to users by object id; nil means all.
type App = entra.App

// RedirectURI is a redirect URI of an [App]. A port of localhost does not matter.
type RedirectURI = entra.Redirect

// Secret is a client secret of an [App]. Expires zero means never.
type Secret = entra.Secret

// RegisterApp registers an app, or replaces the one with its id, and returns the id. It fails for redirect URIs that could not be registered
// and for delegated permissions that the simulator does not know.
func (ctl *Control) RegisterApp(a App) (id string, err error) {
	err = ctl.withLogin(func(login *entra.Server) error {
		id, err = login.Register(a)
		return err
	})
	return id, err
}

// Apps are the registered apps, the two of [Server.Credentials] first.
func (ctl *Control) Apps() (apps []App, err error) {
	err = ctl.withLogin(func(login *entra.Server) error {
		apps, err = login.Apps()
		return err
	})
	return apps, err
}

// AddSecret gives an app one more secret, which expires after life on the simulated clock, or with zero never.
func (ctl *Control) AddSecret(client string, life time.Duration) (secret Secret, err error) {
	err = ctl.withLogin(func(login *entra.Server) error {
		secret, err = login.AddSecret(client, life)
		return err
	})
	return secret, err
}

// AddCertificate registers a certificate with an app, from a PEM document.
func (ctl *Control) AddCertificate(client, pem string) error {
	return ctl.withLogin(func(login *entra.Server) error { return login.AddCertificate(client, pem) })
}

// SetAppDisabled disables an app in the tenant, or enables it again. Tokens in use stay valid.
func (ctl *Control) SetAppDisabled(client string, disabled bool) error {
	return ctl.changeApp(client, func(a *entra.App) { a.Disabled = disabled })
}

// SetRoles changes the application permissions of tokens issued from now on to the confidential client of [Server.Credentials].
func (ctl *Control) SetRoles(roles ...string) {
	_ = ctl.SetAppRoles(ctl.s.Credentials().ClientID, roles...) // that client is always there
}

// SetAppRoles changes the application permissions of tokens issued from now on to an app.
func (ctl *Control) SetAppRoles(client string, roles ...string) error {
	return ctl.changeApp(client, func(a *entra.App) { a.Roles = slices.Clone(roles) })
}

// AssignApp limits an app to some users; without any, to nobody.
func (ctl *Control) AssignApp(client string, users ...string) error {
	assigned := []string{}
	for _, who := range users {
		if err := ctl.withUser(who, func(u *user) error {
			assigned = append(assigned, u.id)
			return nil
		}); err != nil {
			return err
		}
	}
	return ctl.changeApp(client, func(a *entra.App) { a.Assigned = assigned })
}

// GrantConsent records that a user consented to delegated permissions of an app, or, with who "", an administrator for all.
func (ctl *Control) GrantConsent(client, who string, scopes ...string) error {
	return ctl.withPerson(who, func(id string) error { return ctl.s.login.Consent(client, id, scopes) })
}

// RevokeConsent takes back what a user consented to, or, with who "", what an administrator consented to for all. The next refresh answers
// AADSTS65001. The subscriptions that lived on the consent are told reauthorizationRequired.
func (ctl *Control) RevokeConsent(client, who string) error {
	defer ctl.s.kick()
	id := ""
	if who != "" {
		if err := ctl.withUser(who, func(u *user) error { id = u.id; return nil }); err != nil {
			return err
		}
	}
	ctl.s.mu.Lock()
	defer ctl.s.mu.Unlock()
	if err := ctl.s.login.RevokeConsent(client, id); err != nil {
		return wrap(err)
	}
	for _, sub := range ctl.s.tenant.subscriptions {
		if sub.App == client && sub.Person != "" && (id == "" || id == sub.Person) {
			ctl.s.lifecycle(sub, "reauthorizationRequired")
		}
	}
	return nil
}

// SetUserConsent says whether users may consent at all. If not, administrators have to: AADSTS90094.
func (ctl *Control) SetUserConsent(allowed bool) error {
	return ctl.withLogin(func(login *entra.Server) error {
		login.Policy(func(st *entra.State) { st.NoUserConsent = !allowed })
		return nil
	})
}

// withPerson calls do with a user's object id, or with "" for everybody.
func (ctl *Control) withPerson(who string, do func(id string) error) error {
	if who == "" {
		return ctl.withLogin(func(*entra.Server) error { return do("") })
	}
	return ctl.withUser(who, func(u *user) error { return wrap(do(u.id)) })
}

func (ctl *Control) changeApp(client string, edit func(*entra.App)) error {
	return ctl.withLogin(func(login *entra.Server) error {
		return login.Change(client, func(a *entra.App) error {
			edit(a)
			return nil
		})
	})
}

// withLogin calls do with the identity platform, which a load replaces.
func (ctl *Control) withLogin(do func(*entra.Server) error) error {
	ctl.s.mu.RLock()
	defer ctl.s.mu.RUnlock()
	return wrap(do(ctl.s.login))
}
