package rest

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// Defaults of Config.
const (
	DefaultMaxBody = 64 << 20
	DefaultIdle    = time.Minute
	DefaultTotal   = 5 * time.Minute
)

// maxErrorBody is how much of the body of a refused request is read.
const maxErrorBody = 256 << 10

// maxRedirects is how many redirects one reading request follows.
const maxRedirects = 5

// TokenSource hands out the token of a connection.
type TokenSource interface {
	// Token returns a valid token. stale is a token that the system has just refused, or empty: then a cached one will do. A source that has
	// no other token returns stale again. It is called from several goroutines.
	Token(ctx context.Context, stale sdk.Secret) (sdk.Secret, error)
}

// Config describes a Client. Only Origins and Transport are required.
type Config struct {
	Origins   []string          // the only origins that are asked, in the form of ParseOrigin; paths are relative to the first
	Prefix    string            // paths must begin with it, "/v1.0/"; "": any
	Transport http.RoundTripper // carries the requests; redirects and cookies are not its business
	Token     TokenSource       // bearer token of each request; nil: none
	Header    http.Header       // sent with each request
	MaxBody   int64             // bytes of a body after decompression; 0: DefaultMaxBody
	Idle      time.Duration     // longest silence: until the headers, between two pieces of the body; 0: DefaultIdle
	Total     time.Duration     // longest call; 0: DefaultTotal
	Now       func() time.Time  // clock for Retry-After as a date and for Call.Took; nil: time.Now
	// Refine reads the system's own error body and completes e: Kind, Code, Args, Hint, RetryAfter; it may set the Text of f. nil: the status decides.
	Refine func(f *Failure, header http.Header, body []byte, e *sdk.Error)
	// Stale says of a refused request whether another token may change that; nil: status 401 does. Such a request is repeated once, with a new token
	// if the source has one, so only what certainly took no effect may be said to be so.
	Stale func(error) bool
	// Observe is told of each request that was sent, also of the failed ones; nil: nobody. It is called from several goroutines.
	Observe func(Call)
}

// Call is what Observe learns of a request.
type Call struct {
	Method, Origin, Path string
	Status               int   // 0: no answer
	Received             int64 // bytes of the body after decompression
	Took                 time.Duration
	Err                  error
}

// Client sends requests to the origins of one connection. It is safe for concurrent use.
type Client struct {
	cfg     Config
	origins []string
	prefix  string
	buffers sync.Pool // *[]byte
}

// New checks cfg and returns a Client. It sends nothing.
func New(cfg Config) (*Client, error) {
	if len(cfg.Origins) == 0 || cfg.Transport == nil {
		return nil, sdk.Errorf(sdk.Internal, "rest_config", "rest.New: Origins and Transport are required")
	}
	c := &Client{cfg: cfg, prefix: cfg.Prefix}
	for _, s := range cfg.Origins {
		o, err := ParseOrigin(s)
		if err != nil {
			return nil, err
		}
		c.origins = append(c.origins, o)
	}
	if c.cfg.MaxBody <= 0 {
		c.cfg.MaxBody = DefaultMaxBody
	}
	if c.cfg.Idle <= 0 {
		c.cfg.Idle = DefaultIdle
	}
	if c.cfg.Total <= 0 {
		c.cfg.Total = DefaultTotal
	}
	if c.cfg.Now == nil {
		c.cfg.Now = time.Now
	}
	return c, nil
}

// Request is one call.
type Request struct {
	Method string // "": GET
	Link   string // a path with query ("/v1.0/users?$top=5"), or an absolute link as the system sent it
	Header http.Header
	Body   []byte // its Content-Type is set in Header; "": application/json
	Safe   bool   // a POST that changes nothing (a search, a batch of reads): it fails without an unknown outcome
	// Sink is given the body of a successful answer as it arrives, instead of Response.Body. Its error ends the call and is returned wrapped.
	Sink func(*BodyReader) error
}

// Response is a successful answer (2xx).
type Response struct {
	Status int
	Header http.Header
	Body   []byte // belongs to the caller until Free

	client *Client
	buf    *[]byte
}

// Free gives the buffer of Body back for the next answer. It may be left out; after it Body must not be used.
func (r *Response) Free() {
	if r == nil || r.buf == nil {
		return
	}
	if cap(*r.buf) <= 8<<20 { // a rare giant does not stay
		r.client.buffers.Put(r.buf)
	}
	r.buf, r.Body = nil, nil
}

// JSON decodes the body, which must be exactly one JSON value, into v. A body that is cut short or goes on after the value is an error of
// kind Unavailable: the same request may succeed later.
func (r *Response) JSON(v any) error {
	if err := sdk.Decode(r.Body, v); err != nil {
		return &sdk.Error{Kind: sdk.Unavailable, Code: "answer_malformed", Err: err}
	}
	return nil
}

// Do sends a request. The error is an *sdk.Error, or the error of Sink or of the token source wrapped in one.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	token, err := c.token(ctx, sdk.Secret{})
	if err != nil {
		return nil, notSent(&r, err)
	}
	resp, err := c.follow(ctx, &r, token)
	if err == nil || c.cfg.Token == nil || !c.stale(err) {
		return resp, err
	}
	other, terr := c.token(ctx, token)
	switch {
	case terr != nil:
		return nil, notSent(&r, terr)
	case other.Reveal() == token.Reveal():
		return nil, err // there is no other: the system's own words say why
	}
	return c.follow(ctx, &r, other)
}

func (c *Client) stale(err error) bool {
	if c.cfg.Stale != nil {
		return c.cfg.Stale(err)
	}
	return StatusOf(err) == http.StatusUnauthorized
}

func (c *Client) token(ctx context.Context, stale sdk.Secret) (sdk.Secret, error) {
	if c.cfg.Token == nil {
		return sdk.Secret{}, nil
	}
	return c.cfg.Token.Token(ctx, stale)
}

// follow sends r and follows redirects of reading requests within the origins.
func (c *Client) follow(ctx context.Context, r *Request, token sdk.Secret) (*Response, error) {
	link := r.Link
	for n := 0; ; n++ {
		u, err := c.resolve(link)
		if err != nil {
			return nil, notSent(r, err)
		}
		resp, next, err := c.send(ctx, r, u, token)
		if err != nil || next == "" {
			return resp, err
		}
		if n == maxRedirects {
			return nil, notSent(r, sdk.Errorf(sdk.Unavailable, "redirects", "more than %d redirects", maxRedirects))
		}
		if link, err = redirected(u, next); err != nil {
			return nil, notSent(r, err)
		}
	}
}

// redirected returns where a Location leads: an absolute one as it stands, so that resolve sees every oddity of it, a relative one
// completed.
func redirected(from *url.URL, location string) (string, error) {
	to, err := url.Parse(location)
	if err != nil || strings.ContainsRune(location, '\\') {
		return "", foreign("the redirect cannot be read as a URL")
	}
	if to.IsAbs() {
		return location, nil
	}
	return from.ResolveReference(to).String(), nil
}
