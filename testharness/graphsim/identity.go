package graphsim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// graphAppID is the application id of Microsoft Graph, an audience of its tokens.
const graphAppID = "00000003-0000-0000-c000-000000000000"

const graphOrigin = "https://graph.microsoft.com"

// claims are what an access token says.
type claims struct {
	app    string   // the client
	user   string   // object id of the person who signed in; empty: the application itself
	scopes []string // of a person's token
	roles  []string // of an application's token
}

// delegated tells a person's token from an application's.
func (t *claims) delegated() bool { return t.user != "" }

func signingKey(seed uint64) []byte {
	sum := sha256.Sum256([]byte("graphsim key " + strconv.FormatUint(seed, 10)))
	return sum[:]
}

func (s *Server) sign(data []byte) []byte {
	m := hmac.New(sha256.New, s.key)
	m.Write(data)
	return m.Sum(nil)
}

// tokenPayload has the claims of an app-only access token of the v1 form that Graph receives.
type tokenPayload struct {
	Aud      string   `json:"aud"`
	Iss      string   `json:"iss"`
	Iat      int64    `json:"iat"`
	Nbf      int64    `json:"nbf"`
	Exp      int64    `json:"exp"`
	AppID    string   `json:"appid"`
	AppIDACR string   `json:"appidacr"`
	IDType   string   `json:"idtyp"`
	OID      string   `json:"oid"`
	Sub      string   `json:"sub"`
	TID      string   `json:"tid"`
	Uti      string   `json:"uti"`
	Ver      string   `json:"ver"`
	Roles    []string `json:"roles,omitempty"`
}

func (s *Server) issueToken(requestID string, roles []string) string {
	now := s.now().Unix()
	principal := formatGUID(uidBytes(keyOf("principal", s.tenant.clientID), keyOf(s.tenant.clientID)))
	payload, _ := json.Marshal(tokenPayload{ // strings and numbers only: cannot fail
		Aud: graphOrigin, Iss: "https://sts.windows.net/" + s.tenant.id + "/", Iat: now, Nbf: now, Exp: now + int64(s.cfg.TokenLife/time.Second),
		AppID: s.tenant.clientID, AppIDACR: "1", IDType: "app", OID: principal, Sub: principal, TID: s.tenant.id, Uti: requestID, Ver: "1.0", Roles: roles,
	})
	enc := base64.RawURLEncoding
	signed := enc.EncodeToString([]byte(`{"typ":"JWT","alg":"HS256","nonce":"`+requestID+`"}`)) + "." + enc.EncodeToString(payload)
	return signed + "." + enc.EncodeToString(s.sign([]byte(signed)))
}

// authenticate checks the bearer token with Graph's messages (microsoft-graph-docs, page "errors", and public issues).
func (s *Server) authenticate(c *call) (*claims, *apiError) {
	kind, token, _ := strings.Cut(c.header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); token == "" || !strings.EqualFold(kind, "Bearer") {
		return nil, errUnauthorized("Access token is empty.")
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errUnauthorized("CompactToken parsing failed with error code: 80049217")
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var p tokenPayload
	if err != nil || json.Unmarshal(raw, &p) != nil {
		return nil, errUnauthorized("CompactToken parsing failed with error code: 80049217")
	}
	sum, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !hmac.Equal(sum, s.sign([]byte(parts[0]+"."+parts[1]))) {
		return nil, errUnauthorized("Signing key is invalid.")
	}
	if p.Aud != graphOrigin {
		return nil, errUnauthorized("Access token validation failure. Invalid audience.")
	}
	if s.now().Unix() >= p.Exp {
		return nil, errUnauthorized("Lifetime validation failed, the token is expired.")
	}
	return &claims{app: p.AppID, roles: p.Roles}, nil
}

// handleLogin serves the login origin: POST /{tenant}/oauth2/v2.0/token.
func (s *Server) handleLogin(c *call) *reply {
	begun := s.now()
	parts := strings.Split(strings.Trim(c.path, "/"), "/")
	isToken := len(parts) == 4 && strings.EqualFold(strings.Join(parts[1:], "/"), "oauth2/v2.0/token")
	var rep *reply
	switch {
	case !isToken && len(parts) > 0 && (strings.EqualFold(parts[0], "beta") || parts[0] == "v1.0"):
		rep = fail(http.StatusBadRequest, "BadRequest", "Invalid version: %s", parts[0]).reply(c)
	case !isToken:
		rep = &reply{status: http.StatusNotFound}
	case c.method != http.MethodPost:
		rep = c.loginError(http.StatusBadRequest, 900561, "invalid_request", "The endpoint only accepts POST requests. Received a "+c.method+" request.")
	default:
		rep = s.faultyToken(c, parts[0])
	}
	e := Request{Time: begun, Method: c.method, Path: c.path, Class: c.method + " ?", Status: rep.status, Code: rep.code, Dropped: rep.drop}
	if isToken {
		e.Class = ClassToken
	}
	s.log.add(e)
	return rep
}

func (s *Server) faultyToken(c *call, tenant string) *reply {
	rule := s.faultFor(c)
	if rule == nil || !rule.fails() {
		return s.token(c, tenant)
	}
	return rule.reply(c)
}

// token is the client credentials grant.
func (s *Server) token(c *call, tenant string) *reply {
	tenant, _ = url.PathUnescape(tenant)
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return c.loginError(http.StatusBadRequest, 9002313, "invalid_request", "Invalid request. Request is malformed or invalid.")
	}
	client, secret := form.Get("client_id"), form.Get("client_secret")
	if id, pass, ok := basicAuth(c.header.Get("Authorization")); ok {
		client, secret = id, pass
	}
	switch strings.ToLower(tenant) {
	case s.tenant.id, s.tenant.domain:
	case "common", "organizations", "consumers":
		return c.loginError(http.StatusBadRequest, 50059, "invalid_request", "No tenant-identifying information found in either the request or implied by any provided credentials.")
	default:
		return c.loginError(http.StatusBadRequest, 90002, "invalid_request", "Tenant '"+tenant+"' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.")
	}
	for _, p := range []struct{ name, value string }{{"grant_type", form.Get("grant_type")}, {"client_id", client}, {"scope", form.Get("scope")}} {
		if p.value == "" {
			return c.loginError(http.StatusBadRequest, 900144, "invalid_request", "The request body must contain the following parameter: '"+p.name+"'.")
		}
	}
	if g := form.Get("grant_type"); g != "client_credentials" {
		return c.loginError(http.StatusBadRequest, 70003, "unsupported_grant_type", "The app requested an unsupported grant type '"+g+"'.")
	}
	if !strings.EqualFold(client, s.tenant.clientID) {
		return c.loginError(http.StatusBadRequest, 700016, "unauthorized_client", "Application with identifier '"+client+"' was not found in the directory '"+s.tenant.name+"'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.")
	}
	if secret == "" {
		return c.loginError(http.StatusUnauthorized, 7000218, "invalid_client", "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
	}
	if secret != s.tenant.secret {
		return c.loginError(http.StatusUnauthorized, 7000215, "invalid_client", "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '"+client+"'.")
	}
	if !s.isDefaultScope(form.Get("scope"), c.origin) {
		return c.loginError(http.StatusBadRequest, 1002012, "invalid_scope", "The provided value for scope "+form.Get("scope")+" is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).")
	}
	life := strconv.FormatInt(int64(s.cfg.TokenLife/time.Second), 10)
	s.mu.RLock()
	roles := s.cfg.Roles
	s.mu.RUnlock()
	return loginReply(http.StatusOK, []byte(`{"token_type":"Bearer","expires_in":`+life+`,"ext_expires_in":`+life+`,"access_token":"`+s.issueToken(c.requestID, roles)+`"}`))
}

// isDefaultScope accepts Graph's .default and that of the simulator's own origin.
func (s *Server) isDefaultScope(scope, origin string) bool {
	resource, ok := strings.CutSuffix(scope, "/.default")
	return ok && (strings.EqualFold(resource, graphOrigin) || resource == graphAppID || strings.EqualFold(resource, origin))
}

func basicAuth(header string) (user, pass string, ok bool) {
	r := http.Request{Header: http.Header{"Authorization": {header}}}
	return r.BasicAuth()
}

func loginReply(status int, body []byte) *reply {
	rep := &reply{status: status, body: body}
	rep.set("Content-Type", "application/json; charset=utf-8")
	rep.set("Cache-Control", "no-store, no-cache")
	rep.set("Pragma", "no-cache")
	return rep
}

// loginError is the error form of the token endpoint.
func (c *call) loginError(status, code int, oauth, message string) *reply {
	at := c.s.now().UTC().Format("2006-01-02 15:04:05Z")
	number := strconv.Itoa(code)
	body, _ := json.Marshal(map[string]any{ // strings and numbers only: cannot fail
		"error":             oauth,
		"error_description": "AADSTS" + number + ": " + message + " Trace ID: " + c.requestID + " Correlation ID: " + c.clientID + " Timestamp: " + at,
		"error_codes":       []int{code}, "timestamp": at, "trace_id": c.requestID, "correlation_id": c.clientID,
		"error_uri": c.origin + "/error?code=" + number,
	})
	rep := loginReply(status, body)
	rep.code = "AADSTS" + number
	return rep
}
