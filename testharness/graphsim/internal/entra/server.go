package entra

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// GraphOrigin and GraphID are the two names of Microsoft Graph as a resource.
const (
	GraphOrigin = "https://graph.microsoft.com"
	GraphID     = "00000003-0000-0000-c000-000000000000"
)

// Config is what the identity platform needs to know of the world.
type Config struct {
	TenantID, Domain, Name string
	Seed                   uint64
	Now                    func() time.Time
	// Person finds somebody by object id, principal name or address. It is called while requests are served: it must not wait for them.
	Person func(name string) (Person, bool)
	// Scopes are the delegated permissions that Graph has, in their proper case.
	Scopes []string
	// TokenLife is how long access tokens and id tokens last.
	TokenLife time.Duration
}

// Server is the identity platform of one tenant. Make one with [New].
type Server struct {
	cfg    Config
	kid    string
	secret []byte            // makes handles, passwords and seals of pages
	scopes map[string]string // proper names of cfg.Scopes by lower case

	mu    sync.Mutex // guards state
	state State

	tokens sync.RWMutex // guards known
	known  map[string]*accessClaims
}

// New makes the platform with no app registered.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg, kid: keyID(cfg.Seed), scopes: map[string]string{}, known: map[string]*accessClaims{}}
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("entra "+cfg.TenantID), cfg.Seed))
	s.secret = sum[:]
	for _, name := range cfg.Scopes {
		s.scopes[strings.ToLower(name)] = name
	}
	s.state = newState()
	return s
}

// Request is a request to the login origin.
type Request struct {
	Method  string
	Path    string // escaped, with its leading slash
	Query   string // raw
	Header  http.Header
	Body    []byte
	Origin  string // scheme and host under which the client reached the service
	ID      string // trace id of the answer
	Related string // correlation id
}

// Response is the answer. Class is the endpoint as "POST /{tenant}/oauth2/v2.0/token", empty for an unknown path; Code is the number of an
// error as "AADSTS70008", or empty.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	Class  string
	Code   string
}

func (r *Response) set(name, value string) *Response {
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set(name, value)
	return r
}

func reply(status int, kind string, body []byte) *Response {
	r := &Response{Status: status, Body: body}
	return r.set("Content-Type", kind).set("Cache-Control", "no-store, no-cache").set("Pragma", "no-cache")
}

const kindJSON = "application/json; charset=utf-8"

// endpoint is a row of the table of paths below the tenant.
type endpoint struct {
	method, path string
	serve        func(*Server, *exchange) *Response
	page         bool // a person sees the answer
}

func (e *endpoint) class() string {
	if e.path == pathError {
		return e.method + " /" + e.path
	}
	return e.method + " /{tenant}/" + e.path
}

// exchange is a request at work: the endpoint's tenant and the parameters of query or form.
type exchange struct {
	*Request
	place  place
	params url.Values
}

// Serve answers a request, and an unknown path with 404.
func (s *Server) Serve(r *Request) *Response {
	e, tenant, ok := route(r)
	if e == nil {
		return &Response{Status: http.StatusNotFound}
	}
	rep := s.serve(r, e, tenant, ok)
	rep.Class = e.class()
	return rep
}

// Class is the endpoint that would serve a request, empty for an unknown path.
func Class(method, path string) string {
	e, _, _ := route(&Request{Method: method, Path: path})
	if e == nil {
		return ""
	}
	return e.class()
}

func (s *Server) serve(r *Request, e *endpoint, tenant string, methodFits bool) *Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := &exchange{Request: r}
	refuse := s.errorJSON
	if e.page {
		refuse = s.errorPage
	}
	if !methodFits {
		return refuse(x, fail(900561, e.method, r.Method))
	}
	raw := r.Query
	if r.Method == http.MethodPost {
		raw = ""
		if strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "application/x-www-form-urlencoded") {
			raw = string(r.Body)
		}
	}
	var err error
	if x.params, err = url.ParseQuery(raw); err != nil {
		return refuse(x, fail(9002313))
	}
	var bad *Error
	if x.place, bad = s.placeOf(tenant); bad != nil {
		if e.path == pathDiscovery { // another word for the same number, as client libraries report it
			bad.OAuth = "invalid_tenant"
		}
		return refuse(x, bad)
	}
	return e.serve(s, x)
}

// route finds the endpoint of a path. Without one of the method, ok is false and the endpoint is one of another method.
func route(r *Request) (e *endpoint, tenant string, ok bool) {
	tenant, rest, _ := strings.Cut(strings.Trim(r.Path, "/"), "/")
	if strings.EqualFold(tenant, pathError) && rest == "" { // belongs to no tenant
		tenant, rest = "common", pathError
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, row := range endpoints() {
		if !fits(row.path, rest) {
			continue
		}
		e = &row
		if row.method == method {
			return e, tenant, true
		}
	}
	return e, tenant, false
}

// fits compares without case; a path that ends in /* takes one more segment.
func fits(pattern, path string) bool {
	head, open := strings.CutSuffix(pattern, "*")
	if !open {
		return strings.EqualFold(pattern, path)
	}
	return len(path) > len(head) && strings.EqualFold(path[:len(head)], head) && !strings.Contains(path[len(head):], "/")
}

func endpoints() []endpoint {
	return []endpoint{
		{"POST", "oauth2/v2.0/token", (*Server).token, false},
		{"GET", "oauth2/v2.0/authorize", (*Server).authorize, true},
		{"POST", "oauth2/v2.0/authorize", (*Server).authorize, true},
		{"POST", "oauth2/v2.0/devicecode", (*Server).deviceCode, false},
		{"GET", "oauth2/v2.0/logout", (*Server).logout, true},
		{"GET", "v2.0/adminconsent", (*Server).adminConsent, true},
		{"GET", "adminconsent", (*Server).adminConsentV1, true},
		{"GET", pathDiscovery, (*Server).openidConfiguration, false},
		{"GET", "discovery/v2.0/keys", (*Server).keys, false},
		{"GET", "discovery/instance", (*Server).instance, false},
		{"GET", "UserRealm/*", (*Server).realm, false},
		{"GET", pathDevice, (*Server).devicePage, true},
		{"POST", pathDevice, (*Server).postDevice, true},
		{"POST", "login", (*Server).postLogin, true},
		{"POST", "SAS/ProcessAuth", (*Server).postFactor, true},
		{"POST", "reprocess", (*Server).postAccount, true},
		{"POST", "Consent/Set", (*Server).postConsent, true},
		{"POST", "appverify", (*Server).postVerify, true},
		{"GET", pathError, (*Server).explain, true},
	}
}

// handle makes an opaque text that nobody can guess, the n-th of its kind: the same in every run of the same seed.
func (s *Server) handle(kind string, size int) string {
	s.state.Counter++
	var out []byte
	for i := byte(0); len(out) < size; i++ {
		out = append(out, s.mac(kind, string(binary.BigEndian.AppendUint64([]byte{i}, s.state.Counter)))...)
	}
	return base64.RawURLEncoding.EncodeToString(out[:size])
}

func (s *Server) mac(parts ...string) []byte {
	m := hmac.New(sha256.New, s.secret)
	for _, p := range parts {
		m.Write([]byte(p))
		m.Write([]byte{0})
	}
	return m.Sum(nil)
}

// guid derives a GUID from names.
func (s *Server) guid(parts ...string) string { return formatGUID(s.mac(parts...)) }

func formatGUID(b []byte) string {
	const digits = "0123456789abcdef"
	var out []byte
	for i, c := range b[:16] {
		switch i {
		case 4, 6, 8, 10:
			out = append(out, '-')
		}
		switch i {
		case 6:
			c = c&0x0f | 0x40
		case 8:
			c = c&0x3f | 0x80
		}
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}
