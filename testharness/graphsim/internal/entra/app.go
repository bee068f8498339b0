package entra

import (
	"slices"
	"strings"
	"time"
)

// Secret is a client secret. ID is what people mistake for the secret; Expires zero means never.
type Secret struct {
	ID, Value string
	Expires   time.Time
}

// App is a registered application with its service principal in the tenant.
type App struct {
	ID, Name string
	// Public allows public client flows: password and device code without secret.
	Public bool
	// MultiTenant lets the app be used at /common and /organizations.
	MultiTenant bool
	Disabled    bool
	// IDTokens allows id tokens straight from the authorize endpoint.
	IDTokens     bool
	Redirects    []Redirect
	Secrets      []Secret
	Certificates [][]byte // DER
	// Roles are the application permissions that were granted; Wants those that an administrator's consent grants; Scopes the delegated ones
	// that the registration lists, for /.default.
	Roles, Wants, Scopes []string
	// Everybody are the delegated permissions that an administrator consented to for all, Consents those of single people by object id.
	// An entry without permissions counts as consent to sign in.
	Everybody []string
	Consents  map[string][]string
	// Assigned limits the app to people, by object id; nil means that nobody needs an assignment.
	Assigned []string
}

func (a *App) confidential() bool { return len(a.Secrets)+len(a.Certificates) > 0 }

// publicOnly tells that the app has nothing to prove itself with and no place for it: a program or a single-page app.
func (a *App) publicOnly() bool {
	web := slices.ContainsFunc(a.Redirects, func(r Redirect) bool { return r.Platform == PlatformWeb })
	return !a.confidential() && (a.Public || len(a.Redirects) > 0 && !web)
}

// app finds an app that may be used at the place.
func (s *Server) app(x *exchange, id string) (*App, *Error) {
	a := s.state.app(id)
	if a == nil {
		return nil, fail(700016, id, s.cfg.Name)
	}
	if a.Disabled {
		return nil, fail(7000112, a.ID, a.Name)
	}
	return a, x.place.serves(a)
}

func (st *State) app(id string) *App {
	for _, a := range st.Apps {
		if strings.EqualFold(a.ID, id) {
			return a
		}
	}
	return nil
}

// proof is how a client proved who it is; its value is the claim appidacr.
type proof string

const (
	proofNone        proof = "0"
	proofSecret      proof = "1"
	proofCertificate proof = "2"
)

// proveClient checks secret or assertion where a request carries one.
func (s *Server) proveClient(c *tokenCall) (proof, *Error) {
	secret, assertion := c.params.Get("client_secret"), c.params.Get("client_assertion")
	if c.basicSecret != "" {
		secret = c.basicSecret
	}
	switch {
	case secret == "" && assertion == "":
		return proofNone, nil
	case c.app.publicOnly():
		return proofNone, fail(700025)
	case assertion != "":
		return proofCertificate, s.checkAssertion(c, assertion)
	default:
		return proofSecret, s.checkSecret(c.app, secret)
	}
}

func (s *Server) checkSecret(a *App, secret string) *Error {
	i := slices.IndexFunc(a.Secrets, func(k Secret) bool { return k.Value == secret })
	switch {
	case i < 0:
		return fail(7000215, a.ID)
	case !a.Secrets[i].Expires.IsZero() && !s.cfg.Now().Before(a.Secrets[i].Expires):
		return fail(7000222, a.ID)
	default:
		return nil
	}
}
