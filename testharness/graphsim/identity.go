package graphsim

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/entra"
)

const graphOrigin = entra.GraphOrigin

// claims are what an access token says.
type claims struct {
	app    string   // the client
	user   string   // object id of the person who signed in; empty: the application itself
	scopes []string // of a person's token
	roles  []string // of an application's token
}

// delegated tells a person's token from an application's.
func (t *claims) delegated() bool { return t.user != "" }

// newLogin makes the identity platform of the tenant with a confidential and a public app and those of the Config. The first user is an
// administrator.
func (s *Server) newLogin() (*entra.Server, error) {
	login := s.newPlatform()
	for _, app := range slices.Concat(s.defaultApps(), s.cfg.Apps) {
		if _, err := login.Register(app); err != nil {
			return nil, fmt.Errorf("graphsim: app %q: %w", app.Name, err)
		}
	}
	if len(s.tenant.users) > 0 {
		login.EditAccount(s.tenant.users[0].id, func(a *entra.Account) { a.Admin = true })
	}
	return login, nil
}

// newPlatform makes the identity platform without any app.
func (s *Server) newPlatform() *entra.Server {
	t := s.tenant
	return entra.New(entra.Config{
		TenantID: t.id, Domain: t.domain, Name: t.name, Seed: s.cfg.Seed, Now: s.now, Person: s.person, Scopes: delegatedScopes(), TokenLife: s.cfg.TokenLife,
	})
}

// defaultApps are the client that [Server.Credentials] names first and the public one beside it.
func (s *Server) defaultApps() []entra.App {
	t := s.tenant
	secret := entra.Secret{ID: formatGUID(uidBytes(keyOf("secret", t.clientID), keyOf(t.clientID))), Value: t.secret}
	confidential := entra.App{
		ID: t.clientID, Name: "Gleis", Secrets: []entra.Secret{secret}, Roles: s.cfg.Roles, Scopes: s.cfg.Scopes, Everybody: s.cfg.Scopes,
	}
	for _, uri := range s.cfg.RedirectURIs {
		confidential.Redirects = append(confidential.Redirects, entra.Redirect{URI: uri, Platform: entra.PlatformWeb})
	}
	public := entra.App{
		ID: publicClientID(t), Name: "Gleis Desktop", Public: true, MultiTenant: true, Scopes: s.cfg.Scopes, Everybody: s.cfg.Scopes,
		Redirects: []entra.Redirect{
			{URI: "http://localhost", Platform: entra.PlatformNative},
			{URI: "http://127.0.0.1", Platform: entra.PlatformNative},
			{URI: "https://login.microsoftonline.com/common/oauth2/nativeclient", Platform: entra.PlatformNative},
		},
	}
	return []entra.App{confidential, public}
}

func publicClientID(t *tenant) string {
	return formatGUID(uidBytes(keyOf("public client", t.clientID), keyOf(t.id)))
}

// person is somebody of the directory for the identity platform. The caller holds the tenant's lock.
func (s *Server) person(name string) (entra.Person, bool) {
	u := s.tenant.findByAddress(name)
	if u == nil {
		return entra.Person{}, false
	}
	return entra.Person{
		ID: u.id, UPN: u.upn, Mail: u.str("mail"), Name: u.name, GivenName: u.str("givenName"), Surname: u.str("surname"),
		Enabled: u.props["accountEnabled"] == true, Guest: u.str("userType") == "Guest",
	}, true
}

// authenticate checks the bearer token with Graph's messages.
func (s *Server) authenticate(c *call) (*claims, *apiError) {
	kind, token, _ := strings.Cut(c.header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); token == "" || !strings.EqualFold(kind, "Bearer") {
		return nil, errUnauthorized("Access token is empty.")
	}
	s.mu.RLock()
	b, err := s.login.CheckBearer(token)
	s.mu.RUnlock()
	var challenge *entra.Challenge
	if errors.As(err, &challenge) {
		denied := errUnauthorized(err.Error())
		denied.challenge = challenge.Claims
		return nil, denied
	}
	if err != nil {
		return nil, errUnauthorized(err.Error())
	}
	return &claims{app: b.App, user: b.Person, scopes: b.Scopes, roles: b.Roles}, nil
}

// handleLogin serves the login origin, and what is outside of both.
func (s *Server) handleLogin(c *call) *reply {
	begun := s.now()
	class := entra.Class(c.method, c.path)
	c.login = class != ""
	if strings.EqualFold(strings.Trim(c.path, "/"), userInfoPath) {
		class = c.method + " /" + userInfoPath
	}
	rep := s.faulted(c, func() *reply { return s.answerLogin(c) })
	if class == "" {
		class = c.method + " ?"
	}
	s.log.add(Request{Time: begun, Method: c.method, Path: c.path, Class: class, Status: rep.status, Code: rep.code, Dropped: rep.drop})
	return rep
}

func (s *Server) answerLogin(c *call) *reply {
	if version, _, _ := strings.Cut(strings.Trim(c.path, "/"), "/"); strings.EqualFold(version, "beta") || version == "v1.0" {
		return fail(http.StatusBadRequest, "BadRequest", "Invalid version: %s", version).reply(c)
	}
	if strings.EqualFold(strings.Trim(c.path, "/"), userInfoPath) {
		return s.userInfo(c)
	}
	s.mu.RLock() // the order of locks: the tenant's, then the platform's
	defer s.mu.RUnlock()
	return loginReply(s.login.Serve(c.loginRequest()))
}

func (c *call) loginRequest() *entra.Request {
	return &entra.Request{
		Method: c.method, Path: c.path, Query: c.rawQuery, Header: c.header, Body: c.body, Origin: c.origin, ID: c.requestID, Related: c.clientID,
	}
}

func loginReply(rep *entra.Response) *reply {
	return &reply{status: rep.Status, header: rep.Header, body: rep.Body, code: rep.Code}
}

// loginReply is a planned fault in the form of the identity platform.
func (r *Rule) loginReply(c *call) *reply {
	oauth := r.Code
	switch {
	case oauth != "":
	case r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable:
		oauth = "temporarily_unavailable"
	case r.Status >= http.StatusInternalServerError:
		oauth = "server_error"
	default:
		oauth = "invalid_request"
	}
	rep := loginReply(c.s.login.Unavailable(c.loginRequest(), r.Status, oauth, r.Message))
	if r.RetryAfter > 0 {
		c.s.gates.setRetryAfter(rep, seconds(r.RetryAfter))
	}
	return rep
}
