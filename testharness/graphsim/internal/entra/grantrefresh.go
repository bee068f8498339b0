package entra

import (
	"slices"
	"time"
)

// How long refresh tokens last: from their last use, and at single-page apps from the sign-in (entra-docs, page "refresh-tokens").
const (
	refreshLife = 90 * 24 * time.Hour
	spaLife     = 24 * time.Hour
)

// Refresh is a refresh token. It is bound to person and client, not to scopes.
type Refresh struct {
	In     signedIn
	Issued Mark
	// Began is the sign-in; Used the last use, which a new life counts from.
	Began, Used time.Time
}

// newRefresh makes a refresh token. One that follows another belongs to the same sign-in and stands for the same scopes.
func (s *Server) newRefresh(in signedIn, from *Refresh) string {
	token := "1.A" + s.handle("refresh", 300)
	m := s.mark()
	r := &Refresh{In: in, Issued: m, Began: m.Time, Used: m.Time}
	if from != nil {
		r.In, r.Began = from.In, from.Began
	}
	s.state.Refresh[token] = r
	return token
}

// grantRefresh makes new tokens from an old refresh token, which stays valid.
func (s *Server) grantRefresh(c *tokenCall) (*Response, *Error) {
	r := s.state.Refresh[c.params.Get("refresh_token")]
	if r == nil || r.In.Client != c.app.ID {
		return nil, fail(70000)
	}
	if err := c.sameKind(r.In.Public, r.In.SPA); err != nil {
		return nil, err
	}
	now := s.cfg.Now()
	switch {
	case r.In.SPA && now.Sub(r.Began) >= spaLife:
		return nil, fail(700084, stampUTC(r.Began))
	case now.Sub(r.Used) >= refreshLife:
		return nil, fail(700082, stampUTC(r.Issued.Time))
	}
	if err := s.stands(c.app, r.In, r.Issued); err != nil {
		return nil, err
	}
	q, err := s.parseScopes(c.app, c.params.Get("scope"), c.Origin)
	if err == nil && (q.first || !q.ofGraph()) { // of several resources the first counts
		err = s.inTenant(q)
	}
	if err != nil {
		return nil, err
	}
	in, audID := r.In, false
	in.Nonce = ""
	if err := c.narrow(q, &in, &audID); err != nil {
		return nil, err
	}
	r.Used = now
	return s.answer(c, in, audID, r)
}

// sameKind checks that the client is what it was at the sign-in: public or confidential, page or not.
func (c *tokenCall) sameKind(public, spa bool) *Error {
	from := c.Header.Get("Origin")
	switch {
	case spa && from == "":
		return fail(9002327)
	case !spa && !public && from != "":
		return fail(9002326, from)
	case public && c.proof != proofNone:
		return fail(700025)
	case !public && c.proof == proofNone:
		return fail(7000218)
	default:
		return nil
	}
}

// stands tells what ended a grant that was given at the mark: to the person, the session or the password, or by a policy.
func (s *Server) stands(app *App, in signedIn, given Mark) *Error {
	p, ok := s.cfg.Person(in.Person)
	a := s.account(in.Person)
	byPassword := slices.Contains(in.Methods, "pwd")
	switch {
	case !ok:
		return fail(50034, "{EUII Hidden}", s.cfg.TenantID)
	case !p.Enabled:
		return fail(50057)
	case given.Order < a.SessionsFrom.Order:
		return fail(50173, stampUTC(given.Time), stampUTC(a.SessionsFrom.Time))
	case in.Public && byPassword && given.Order < a.PasswordFrom.Order:
		return fail(50173, stampUTC(given.Time), stampUTC(a.PasswordFrom.Time))
	}
	if err := a.refused(); err != nil {
		return err
	}
	if err := a.secondFactor(in.MFA); err != nil {
		return err
	}
	return app.mayUse(p)
}
