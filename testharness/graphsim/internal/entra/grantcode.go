package entra

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"time"
)

// codeLife is how long an authorization code can be redeemed.
const codeLife = 10 * time.Minute

// Code is an authorization code.
type Code struct {
	In       signedIn
	Redirect string // as it stood in the request
	Platform string // of the registered redirect URI
	// Challenge and Method are the proof key; without one they are empty.
	Challenge, Method string
	Place             place // of the request
	Issued            Mark
	Redeemed          bool
	AudID             bool
}

func (s *Server) newCode(c Code) string {
	for token, old := range s.state.Codes { // redeemed and expired ones are told apart for a day
		if s.cfg.Now().Sub(old.Issued.Time) > 24*time.Hour {
			delete(s.state.Codes, token)
		}
	}
	token := "1.A" + s.handle("code", 180)
	c.Issued = s.mark()
	s.state.Codes[token] = &c
	return token
}

// grantCode redeems an authorization code, once.
func (s *Server) grantCode(c *tokenCall) (*Response, *Error) {
	code := s.state.Codes[c.params.Get("code")]
	switch {
	case code == nil || code.In.Client != c.app.ID:
		return nil, fail(70000)
	case code.Redirect != c.params.Get("redirect_uri"):
		return nil, fail(500112, c.params.Get("redirect_uri"), code.Redirect)
	case code.Redeemed:
		return nil, fail(54005)
	case s.cfg.Now().Sub(code.Issued.Time) >= codeLife:
		return nil, fail(70008)
	case !code.Place.leadsTo(c.place):
		return nil, fail(700005)
	}
	if err := c.sameKind(code.Platform != PlatformWeb, code.Platform == PlatformSPA); err != nil {
		return nil, err
	}
	if err := code.proves(c.params.Get("code_verifier")); err != nil {
		return nil, err
	}
	q, err := s.graphScopes(c.app, c.params.Get("scope"), c.Origin)
	if err != nil {
		return nil, err
	}
	in, audID := code.In, code.AudID
	if err := c.narrow(q, &in, &audID); err != nil {
		return nil, err
	}
	if err := s.stands(c.app, in, code.Issued); err != nil {
		return nil, err
	}
	code.Redeemed = true
	return s.answer(c, in, audID, nil)
}

// narrow takes the scope parameter of a redemption into account: permissions of Graph replace those of the sign-in, scopes of the platform
// add to them. Either way there must still be consent.
func (c *tokenCall) narrow(q scopes, in *signedIn, audID *bool) *Error {
	in.OIDC = slices.Clone(in.OIDC)
	for _, name := range q.oidc {
		in.OIDC = appendOnce(in.OIDC, name)
	}
	if !q.ofGraph() {
		_, err := c.app.grantable(in.Person, scopes{graph: in.Scopes, oidc: in.OIDC})
		return err
	}
	*audID = q.audID
	return in.take(c.app, q)
}

// proves checks the proof key: the verifier of a challenge, and no verifier without one.
func (c *Code) proves(verifier string) *Error {
	switch {
	case c.Challenge == "" && verifier == "":
		return nil
	case len(verifier) < 43 || len(verifier) > 128:
		return fail(501491)
	}
	if c.Method == "S256" {
		sum := sha256.Sum256([]byte(verifier))
		verifier = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	if verifier != c.Challenge {
		return fail(501481)
	}
	return nil
}
