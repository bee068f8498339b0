package graphsim

import (
	"encoding/json"
	"net/http"
	"slices"
)

// userInfoPath is where OpenID Connect clients ask for the person; it has no version (entra-docs, page "userinfo").
const userInfoPath = "oidc/userinfo"

// userInfo tells who signed in: the claims of an id token.
func (s *Server) userInfo(c *call) *reply {
	if c.method != http.MethodGet && c.method != http.MethodPost {
		return errMethod().reply(c)
	}
	token, err := s.authenticate(c)
	if err != nil {
		return err.reply(c)
	}
	if !slices.Contains(token.scopes, "openid") {
		return fail(http.StatusForbidden, "AccessDenied", "Required scp claim values are not provided.").reply(c)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	p, ok := s.person(token.user)
	if !ok {
		return errUnauthorized("Access token validation failure.").reply(c)
	}
	body := map[string]string{"sub": s.login.Subject(p.ID, token.app)}
	if slices.Contains(token.scopes, "profile") {
		body["name"], body["given_name"], body["family_name"] = p.Name, p.GivenName, p.Surname
		body["picture"] = c.origin + "/v1.0/me/photo/$value"
	}
	if slices.Contains(token.scopes, "email") {
		body["email"] = p.Mail
	}
	b, _ := json.Marshal(body) // strings only: cannot fail
	rep := &reply{status: http.StatusOK, body: b}
	rep.set("Content-Type", "application/json; charset=utf-8")
	return rep
}
