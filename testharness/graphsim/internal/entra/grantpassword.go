package entra

import "strings"

// grantPassword signs a person in with name and password alone (entra-docs, page "v2-oauth-ropc").
func (s *Server) grantPassword(c *tokenCall) (*Response, *Error) {
	if err := c.publicFlow(); err != nil {
		return nil, err
	}
	password := c.params.Get("password")
	p, err := s.signIn(c.params.Get("username"), password)
	switch {
	case err != nil:
		return nil, err
	case strings.TrimSpace(password) != password: // passwords with blanks at their ends do not work in this grant
		return nil, fail(50126)
	}
	if err := s.account(p.ID).secondFactor(false); err != nil {
		return nil, err
	}
	if err := c.app.mayUse(p); err != nil {
		return nil, err
	}
	in := signedIn{Person: p.ID, Client: c.app.ID, Public: c.proof == proofNone, Methods: []string{"pwd"}}
	q, err := s.grantScope(c, c.params.Get("scope"), &in)
	if err != nil {
		return nil, err
	}
	in.OIDC = q.oidc
	return s.answer(c, in, q.audID, nil)
}
