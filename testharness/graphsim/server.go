package graphsim

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/csdl"
	"github.com/gleis-dev/gleis/testharness/graphsim/internal/entra"
)

// Server is a simulated tenant with its service. Make one with [New]; it is an [http.Handler].
type Server struct {
	cfg    Config
	key    []byte // signs delta tokens
	routes *router
	model  *csdl.Model
	zones  zoneCache
	gates  gates
	faults faults
	log    requestLog
	post   post

	offset  atomic.Int64 // what Control added to the clock, in nanoseconds
	stamped atomic.Int64 // the last stamp given, in 100 ns units
	counter atomic.Uint64

	swap   sync.RWMutex // held for reading by each request, for writing when the whole state is replaced
	mu     sync.RWMutex // guards tenant and all that hangs on it
	tenant *tenant

	login *entra.Server // the identity platform; its own lock is taken after mu
}

// New makes a tenant and the server for it. It fails only for a Config out of range.
func New(cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg}
	if s.model, err = csdl.Load(); err != nil {
		return nil, err
	}
	s.key = signingKey(cfg.Seed)
	s.post.client, s.post.held, s.post.wait = cfg.NotifyClient, cfg.HoldNotifications, cfg.NotifyWait
	s.gates = gates{parallel: cfg.Parallel, budget: cfg.Budget, window: cfg.BudgetWindow, retry: cfg.RetryAfter}
	s.routes = newRouter(routes(), s.model)
	if len(s.cfg.Roles) == 0 {
		s.cfg.Roles = defaultRoles(routes())
	}
	if s.cfg.Scopes == nil {
		s.cfg.Scopes = delegatedScopes()
	}
	s.tenant = s.seedTenant()
	s.login, err = s.newLogin()
	return s, err
}

// Credentials are those of the tenant's two registered clients.
func (s *Server) Credentials() Credentials {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return Credentials{TenantID: s.tenant.id, ClientID: s.tenant.clientID, ClientSecret: s.tenant.secret, PublicClientID: publicClientID(s.tenant)}
}

// Serve serves plain HTTP on ln until ctx ends, then lets open requests finish for a second. It returns nil after ctx ended.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{
		Handler: s, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug), // such as a client that does not trust the certificate
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := srv.Shutdown(stop); err != nil {
		srv.Close()
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// now is the simulated time.
func (s *Server) now() time.Time { return s.cfg.Now().Add(time.Duration(s.offset.Load())) }

// stamp is the simulated time in 100 ns units, never the same twice, so that "changed since" is exact.
func (s *Server) stamp() int64 {
	for {
		last := s.stamped.Load()
		next := max(last+1, ticksOf(s.now()))
		if s.stamped.CompareAndSwap(last, next) {
			return next
		}
	}
}

// call is one request to Graph: by HTTP, as an item of a batch, or by Control.
type call struct {
	s         *Server
	ctx       context.Context // mimics http.Request: a call is one request's life
	method    string
	path      string // escaped, below the version, with its leading slash
	rawQuery  string
	header    http.Header
	body      []byte
	origin    string // scheme and host for links
	requestID string
	clientID  string
	inBatch   bool
	direct    bool // by Control: no token, no budget, no fault, no record
	login     bool // to the identity platform

	route  *route
	vars   map[string]string
	outer  []string // keys of the path's outer mail folders that the route does not name
	query  query
	prefer prefer
	token  *claims
	user   *user
	box    *mailbox
	toll   toll
	basic  bool // the token has only permissions of the kind ReadBasic
}

// reply is an answer to a call. code is Graph's error code for the request log; drop cuts the connection.
type reply struct {
	status int
	header http.Header
	body   []byte
	code   string
	drop   bool
	kept   int // with drop: bytes of the body that are sent before
}

func (r *reply) set(name, value string) {
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(name, value)
}

// ServeHTTP answers for both origins. Links in answers use Config.BaseURL or else the request's Host.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.cfg.ControlHTTP && strings.HasPrefix(r.URL.Path, ControlPrefix) {
		s.serveControl(w, r)
		return
	}
	c := &call{s: s, ctx: r.Context(), method: r.Method, header: r.Header, rawQuery: r.URL.RawQuery, origin: s.originOf(r)}
	body, unread := readBody(w, r)
	c.body = body
	rep := s.answer(c, r.URL.EscapedPath(), unread)
	if rep.drop {
		s.writePart(w, c, rep)
		panic(http.ErrAbortHandler) // cuts the connection without an answer, as net/http documents it
	}
	s.write(w, c, rep)
}

// answer finds out which origin a request is for; unread says why its body could not be read.
func (s *Server) answer(c *call, path string, unread *apiError) *reply {
	s.swap.RLock()
	defer s.swap.RUnlock()
	c.requestID = s.requestID()
	if c.clientID = c.header.Get("client-request-id"); c.clientID == "" {
		c.clientID = c.requestID
	}
	rest, isGraph := strings.CutPrefix(path, "/v1.0")
	switch {
	case unread != nil:
		return unread.reply(c)
	case isGraph && (rest == "" || rest[0] == '/'):
		c.path = rest
		return s.handle(c)
	case strings.HasPrefix(path, outlookPath):
		c.path = path
		return s.handle(c)
	default:
		c.path = path
		return s.handleLogin(c)
	}
}

func (s *Server) originOf(r *http.Request) string {
	if s.cfg.BaseURL != "" {
		return strings.TrimRight(s.cfg.BaseURL, "/")
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (s *Server) requestID() string {
	var b [16]byte
	n := s.counter.Add(1)
	for i := range 8 {
		b[i] = byte(keyOf("request", strconv.FormatUint(s.cfg.Seed, 10)) >> (8 * i))
		b[15-i] = byte(n >> (8 * i))
	}
	return formatGUID(b)
}

func (s *Server) write(w http.ResponseWriter, c *call, rep *reply) {
	h := w.Header()
	s.commonHeaders(h, c, rep)
	if len(rep.body) > 0 {
		h.Set("Content-Length", strconv.Itoa(len(rep.body)))
	}
	w.WriteHeader(rep.status)
	if c.method != http.MethodHead {
		w.Write(rep.body) //nolint:errcheck // the client went away
	}
}

// writePart sends the beginning of an answer whose end will not come.
func (s *Server) writePart(w http.ResponseWriter, c *call, rep *reply) {
	if rep.kept == 0 {
		return
	}
	s.commonHeaders(w.Header(), c, rep)
	w.Header().Set("Content-Length", strconv.Itoa(len(rep.body)+1))
	w.WriteHeader(rep.status)
	w.Write(rep.body[:rep.kept])          //nolint:errcheck // the client went away
	http.NewResponseController(w).Flush() //nolint:errcheck // the connection is cut either way
}

// commonHeaders adds what every answer of Graph carries.
func (s *Server) commonHeaders(h http.Header, c *call, rep *reply) {
	for name, values := range rep.header {
		h[name] = values
	}
	if h.Get("Content-Type") == "" && len(rep.body) > 0 {
		h.Set("Content-Type", "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8")
	}
	h.Set("client-request-id", c.clientID)
	h.Set("Strict-Transport-Security", "max-age=31536000")
	if c.login {
		h.Set("x-ms-request-id", c.requestID)
		h.Set("x-ms-ests-server", "2.1.22541.8 - WEULR1 ProdSlices")
		return
	}
	h.Set("request-id", c.requestID)
	h.Set("OData-Version", "4.0")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "private")
	}
	h.Set("x-ms-ags-diagnostic", `{"ServerInfo":{"DataCenter":"Germany West Central","Slice":"E","Ring":"4","ScaleUnit":"001","RoleInstance":"FR3PEPF00000001"}}`)
}
