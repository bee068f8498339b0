package entra

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tokenCall is a request to the token endpoint.
type tokenCall struct {
	*exchange
	app         *App
	proof       proof
	basicSecret string
}

// token is the token endpoint: who asks, and which grant.
func (s *Server) token(x *exchange) *Response {
	c := &tokenCall{exchange: x}
	rep, err := s.redeem(c)
	if err != nil {
		rep = s.errorJSON(x, err)
	}
	if x.Header.Get("Origin") != "" {
		rep.set("Access-Control-Allow-Origin", "*")
	}
	return rep
}

func (s *Server) redeem(c *tokenCall) (*Response, *Error) {
	client := c.params.Get("client_id")
	basic := http.Request{Header: http.Header{"Authorization": {c.Header.Get("Authorization")}}}
	if id, secret, ok := basic.BasicAuth(); ok {
		client, c.basicSecret = unescaped(id), unescaped(secret)
	}
	kind := c.params.Get("grant_type")
	for _, p := range []struct{ name, value string }{{"grant_type", kind}, {"client_id", client}} {
		if p.value == "" {
			return nil, fail(900144, p.name)
		}
	}
	redeem, err := s.grantOf(c, kind)
	if err != nil {
		return nil, err
	}
	if c.app, err = s.app(c.exchange, client); err != nil {
		return nil, err
	}
	if c.proof, err = s.proveClient(c); err != nil {
		return nil, err
	}
	return redeem(s, c)
}

// unescaped undoes the encoding as a form that OAuth asks for in basic authentication (RFC 6749, section 2.3.1), where it was done.
func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// grantOf finds the grant, checks that it is offered at the place and that its parameters are there.
func (s *Server) grantOf(c *tokenCall, kind string) (func(*Server, *tokenCall) (*Response, *Error), *Error) {
	var needs []string
	var redeem func(*Server, *tokenCall) (*Response, *Error)
	switch kind {
	case "client_credentials":
		needs, redeem = []string{"scope"}, (*Server).grantClient
		if c.place != placeTenant {
			return nil, fail(50059)
		}
	case "password":
		needs, redeem = []string{"username", "password", "scope"}, (*Server).grantPassword
		if c.place == placeCommon || c.place == placeConsumers {
			return nil, fail(9001023)
		}
	case "authorization_code":
		needs, redeem = []string{"code", "redirect_uri"}, (*Server).grantCode
	case "refresh_token":
		needs, redeem = []string{"refresh_token"}, (*Server).grantRefresh
	case "urn:ietf:params:oauth:grant-type:device_code", "device_code":
		needs, redeem = []string{"device_code"}, (*Server).grantDevice
	default:
		return nil, fail(70003, kind)
	}
	for _, name := range needs {
		if c.params.Get(name) == "" {
			return nil, fail(900144, name)
		}
	}
	return redeem, nil
}

// publicFlow is the check of grants without redirect: whether the app may be used without proof, and that it proved itself otherwise.
func (c *tokenCall) publicFlow() *Error {
	if c.proof == proofNone && !c.app.Public {
		return fail(7000218)
	}
	return nil
}

// signedIn is a person at an app with what was granted: all that tokens are made of.
type signedIn struct {
	Person  string   // object id
	Client  string   // app id
	Scopes  []string // of Graph
	Shown   []string // the same as they were asked for
	OIDC    []string
	Public  bool // no proof of the client
	SPA     bool
	MFA     bool
	Methods []string // how the person proved who he is: "pwd", "mfa"
	Nonce   string
}

// grantScope reads a scope parameter against what the person consented to.
func (s *Server) grantScope(c *tokenCall, raw string, in *signedIn) (scopes, *Error) {
	q, err := s.graphScopes(c.app, raw, c.Origin)
	if err == nil {
		err = in.take(c.app, q)
	}
	return q, err
}

// take makes the scopes asked for those of the token, as far as the person consented to them.
func (in *signedIn) take(app *App, q scopes) (err *Error) {
	in.Scopes, err = app.grantable(in.Person, q)
	in.Shown = q.shown(in.Scopes)
	return err
}

// tokenBody is the answer of the token endpoint.
type tokenBody struct {
	Type       string `json:"token_type"`
	Scope      string `json:"scope,omitempty"`
	Expires    int64  `json:"expires_in"`
	ExtExpires int64  `json:"ext_expires_in"`
	RefreshIn  int64  `json:"refresh_in,omitempty"`
	Access     string `json:"access_token"`
	Refresh    string `json:"refresh_token,omitempty"`
	ID         string `json:"id_token,omitempty"`
	ClientInfo string `json:"client_info,omitempty"`
}

// longLife is from when on an answer says that the token should be renewed at half its life.
const longLife = 2 * time.Hour

// tokenBody is an answer without tokens. From which life on it has refresh_in is unconfirmed (microsoft-authentication-library-for-dotnet
// issue 4062 and azure-sdk-for-go issue 19213 name two hours for managed identities).
func (s *Server) tokenBody() tokenBody {
	life := int64(s.cfg.TokenLife / time.Second)
	body := tokenBody{Type: "Bearer", Expires: life, ExtExpires: life}
	if s.cfg.TokenLife > longLife {
		body.RefreshIn = life / 2
	}
	return body
}

// answer makes the tokens for a person. from is the refresh token that is used, nil for a new sign-in.
func (s *Server) answer(c *tokenCall, in signedIn, audID bool, from *Refresh) (*Response, *Error) {
	p, ok := s.cfg.Person(in.Person)
	if !ok {
		return nil, fail(50034, "{EUII Hidden}", s.cfg.TenantID)
	}
	body := s.tokenBody()
	body.Scope = strings.Join(withPerson(in.Shown, in.OIDC), " ")
	access := s.accessClaims(c.exchange, c.app, c.proof, audID)
	access.person(s, p, in)
	access.XMSCC = capabilities(c.params.Get("claims"))
	var err error
	if body.Access, err = signJWT(s.accessHeader(), access); err != nil {
		return nil, fail(90055)
	}
	q := scopes{oidc: in.OIDC}
	if q.has("offline_access") {
		body.Refresh = s.newRefresh(in, from)
	}
	if q.has("openid") {
		if body.ID, err = s.idToken(c.exchange, p, in, ""); err != nil {
			return nil, fail(90055)
		}
	}
	if c.params.Get("client_info") == "1" {
		body.ClientInfo = s.clientInfo(p)
	}
	return tokenReply(body), nil
}

// clientInfo is by what client libraries know an account.
func (s *Server) clientInfo(p Person) string {
	b, _ := json.Marshal(map[string]string{"uid": p.ID, "utid": s.cfg.TenantID}) // strings only: cannot fail
	return base64.RawURLEncoding.EncodeToString(b)
}

// withPerson adds the scopes of the platform that show the person. offline_access shows in the refresh token alone.
func withPerson(names, oidc []string) []string {
	out := slices.Clone(names)
	for _, name := range oidc {
		if name != "offline_access" {
			out = append(out, name)
		}
	}
	return out
}

func tokenReply(body tokenBody) *Response {
	b, _ := json.Marshal(body) // strings and numbers only: cannot fail
	return reply(http.StatusOK, kindJSON, b)
}

// capabilities are the client capabilities in a claims parameter: CP1 says that the client understands claims challenges.
func capabilities(claims string) []string {
	var p struct {
		Access struct {
			XMSCC struct {
				Values []string `json:"values"`
			} `json:"xms_cc"`
		} `json:"access_token"`
	}
	if claims == "" || json.Unmarshal([]byte(claims), &p) != nil {
		return nil
	}
	for i, v := range p.Access.XMSCC.Values {
		p.Access.XMSCC.Values[i] = strings.ToUpper(v)
	}
	return p.Access.XMSCC.Values
}

// grantClient gives an app a token of its own with all application permissions it was granted, be they none.
func (s *Server) grantClient(c *tokenCall) (*Response, *Error) {
	if c.proof == proofNone {
		return nil, fail(7000218)
	}
	audID, err := s.defaultScope(c)
	if err != nil {
		return nil, err
	}
	claims := s.accessClaims(c.exchange, c.app, c.proof, audID)
	principal := s.guid("principal", c.app.ID)
	claims.OID, claims.Sub, claims.IDType, claims.Roles = principal, principal, "app", c.app.Roles
	claims.XMSCC = capabilities(c.params.Get("claims"))
	access, failed := signJWT(s.accessHeader(), claims)
	if failed != nil {
		return nil, fail(90055)
	}
	body := s.tokenBody()
	body.Access = access
	return tokenReply(body), nil
}

// defaultScope checks that exactly Graph's /.default is asked for. Client libraries add the scopes of the platform, which are ignored.
func (s *Server) defaultScope(c *tokenCall) (audID bool, err *Error) {
	raw := c.params.Get("scope")
	for _, item := range strings.Fields(raw) {
		name, resource := splitScope(item, c.Origin)
		switch {
		case (scopes{oidc: oidcScopes}).has(strings.ToLower(item)):
			continue
		case name != ".default" || resource == "":
			return false, fail(1002012, raw)
		case resource != GraphOrigin && resource != GraphID:
			return false, fail(500011, resource, s.cfg.Name)
		}
		audID = resource == GraphID
	}
	if !strings.Contains(raw, ".default") {
		return false, fail(1002012, raw)
	}
	return audID, nil
}

func epoch(t time.Time) int64 { return t.Unix() }

func ordered(n uint64) string { return strconv.FormatUint(n, 36) }
