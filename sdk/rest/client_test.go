package rest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/sdk/rest"
)

// fixed is a source with one token.
type fixed string

func (f fixed) Token(context.Context, sdk.Secret) (sdk.Secret, error) {
	return sdk.NewSecret(string(f)), nil
}

// counting hands out token 1, 2, 3, …: another one for each that was refused.
type counting struct{ n atomic.Int32 }

func (c *counting) Token(_ context.Context, stale sdk.Secret) (sdk.Secret, error) {
	if !stale.Empty() {
		c.n.Add(1)
	}
	return sdk.NewSecret(fmt.Sprint("token", c.n.Load())), nil
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// raw answers with bytes and closes the connection.
func raw(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, answer)
		conn.Close()
	}
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, `{"error":{"message":"so not"}}`)
	}
}

func TestEveryFailureHasKindAndOutcome(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		serve  http.HandlerFunc
		method string
		kind   sdk.Kind
		out    sdk.Outcome
		code   string
	}{
		"400":                          {status(400), "POST", sdk.Invalid, sdk.NotDone, ""},
		"401 twice":                    {status(401), "POST", sdk.Auth, sdk.NotDone, ""},
		"403":                          {status(403), "DELETE", sdk.Auth, sdk.NotDone, ""},
		"404":                          {status(404), "GET", sdk.NotFound, sdk.NotDone, ""},
		"408 of a write":               {status(408), "POST", sdk.Unavailable, sdk.Unknown, ""},
		"409":                          {status(409), "POST", sdk.Conflict, sdk.NotDone, ""},
		"410":                          {status(410), "GET", sdk.NotFound, sdk.NotDone, ""},
		"412":                          {status(412), "PATCH", sdk.Conflict, sdk.NotDone, ""},
		"429":                          {status(429), "POST", sdk.Throttled, sdk.NotDone, ""},
		"500 of a create":              {status(500), "POST", sdk.Unavailable, sdk.Unknown, ""},
		"501":                          {status(501), "POST", sdk.Unsupported, sdk.NotDone, ""},
		"503 of a create":              {status(503), "POST", sdk.Unavailable, sdk.Unknown, ""},
		"503 of an update":             {status(503), "PATCH", sdk.Unavailable, sdk.Unknown, ""},
		"504 of a read":                {status(504), "GET", sdk.Unavailable, sdk.NotDone, ""},
		"a redirected write":           {status(307, "Location", "/v1.0/x"), "POST", sdk.Invalid, sdk.NotDone, "redirected"},
		"broken after the request":     {raw(""), "POST", sdk.Unavailable, sdk.Unknown, "unreachable"},
		"broken after a read":          {raw(""), "GET", sdk.Unavailable, sdk.NotDone, "unreachable"},
		"no HTTP":                      {raw("SSH-2.0-OpenSSH_9.6\r\n"), "GET", sdk.Unavailable, sdk.NotDone, "unreachable"},
		"cut by length":                {raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":1"), "GET", sdk.Unavailable, sdk.NotDone, "answer_cut"},
		"cut in a chunk":               {raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100\r\n{\"a\":1"), "GET", sdk.Unavailable, sdk.NotDone, "answer_cut"},
		"cut after a write":            {raw("HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"a\":1"), "POST", sdk.Unavailable, sdk.Unknown, "answer_cut"},
		"unknown encoding":             {status(200, "Content-Encoding", "br"), "GET", sdk.Unavailable, sdk.NotDone, "unreachable"},
		"gzip that is none":            {status(200, "Content-Encoding", "gzip"), "GET", sdk.Unavailable, sdk.NotDone, "unreachable"},
		"error page of a proxy in 502": {raw("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 13\r\n\r\n<html></html>"), "GET", sdk.Unavailable, sdk.NotDone, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c2 := client(t, rest.Config{Origins: []string{serve(t, c.serve).URL}, Token: &counting{}})
			req := rest.Request{Method: c.method, Link: "/v1.0/things/7?$secret=hidden"}
			if c.method == "POST" || c.method == "PATCH" {
				req.Body = []byte(`{"subject":"hidden"}`)
			}
			_, err := c2.Do(t.Context(), req)
			var e *sdk.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an *sdk.Error", err)
			}
			if e.Kind != c.kind || rest.OutcomeOf(err) != c.out || c.code != "" && e.Code != c.code {
				t.Errorf("got kind %v, outcome %s, code %q (%v); want %v, %s, %q", e.Kind, rest.OutcomeOf(err), e.Code, err, c.kind, c.out, c.code)
			}
			if s := err.Error(); strings.Contains(s, "hidden") || strings.Contains(s, "token") || !strings.Contains(s, "/v1.0/things/7") {
				t.Errorf("the text tells too much or too little: %s", s)
			}
		})
	}
}

func TestAServerThatIsDownHasRefused(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	c := client(t, rest.Config{Origins: []string{"http://" + l.Addr().String()}})
	_, err = c.Do(t.Context(), rest.Request{Method: "POST", Link: "/", Body: []byte("{}")})
	if sdk.KindOf(err) != sdk.Unavailable || rest.OutcomeOf(err) != sdk.NotDone {
		t.Fatalf("%v, outcome %s", err, rest.OutcomeOf(err))
	}
}

// opaque is a transport of which nothing is known.
type opaque struct{}

func (opaque) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("broken") }

func TestATransportThatReportsNothingMayHaveSent(t *testing.T) {
	t.Parallel()
	c := client(t, rest.Config{Origins: []string{"https://x.example"}, Transport: opaque{}})
	if _, err := c.Do(t.Context(), rest.Request{Method: "DELETE", Link: "/"}); rest.OutcomeOf(err) != sdk.Unknown {
		t.Fatalf("%v, outcome %s", err, rest.OutcomeOf(err))
	}
}

func TestTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	var seen []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer token1" || string(body) != `{"a":1}` {
			w.WriteHeader(401)
		}
	})
	c := client(t, rest.Config{Origins: []string{s.URL}, Token: &counting{}})
	if _, err := c.Do(t.Context(), rest.Request{Method: "POST", Link: "/", Body: []byte(`{"a":1}`)}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(seen, ","); got != "Bearer token0,Bearer token1" {
		t.Fatalf("tokens sent: %s", got)
	}
	seen = nil
	same := client(t, rest.Config{Origins: []string{s.URL}, Token: fixed("old")})
	if _, err := same.Do(t.Context(), rest.Request{Link: "/"}); sdk.KindOf(err) != sdk.Auth || rest.StatusOf(err) != 401 || len(seen) != 1 {
		t.Fatalf("a source without another token: %v after %d requests", err, len(seen))
	}
	// A refusal that a new token may lift, as the connector knows.
	var tries int
	forbidden := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if tries++; r.Header.Get("Authorization") == "Bearer token0" {
			w.WriteHeader(403)
		}
	})
	stale := func(err error) bool { return rest.StatusOf(err) == 403 }
	c = client(t, rest.Config{Origins: []string{forbidden.URL}, Token: &counting{}, Stale: stale})
	if _, err := c.Do(t.Context(), rest.Request{Link: "/"}); err != nil || tries != 2 {
		t.Fatalf("%v after %d requests", err, tries)
	}
}

func TestBodiesAreLimitedAfterDecompression(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 64 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	z.Close()
	full := bomb.Bytes()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(full)
		case "/half":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(full[:len(full)/2])
		case "/exact":
			_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20))
		case "/more":
			_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20+1))
		}
	})
	c := client(t, rest.Config{Origins: []string{s.URL}, MaxBody: 1 << 20})
	for path, code := range map[string]string{"/bomb": rest.CodeTooLarge, "/more": rest.CodeTooLarge, "/exact": ""} {
		resp, err := c.Do(t.Context(), rest.Request{Link: path})
		var e *sdk.Error
		if errors.As(err, &e); (e == nil) != (code == "") || e != nil && e.Code != code {
			t.Errorf("%s: %v", path, err)
		}
		if code == "" && len(resp.Body) != 1<<20 {
			t.Errorf("%s: %d bytes", path, len(resp.Body))
		}
	}
	big := client(t, rest.Config{Origins: []string{s.URL}})
	var e *sdk.Error
	if _, err := big.Do(t.Context(), rest.Request{Link: "/half"}); !errors.As(err, &e) || e.Code != "answer_cut" {
		t.Errorf("half a gzip: %v", err)
	}
	var n int64
	_, err := c.Do(t.Context(), rest.Request{Link: "/exact", Sink: func(b *rest.BodyReader) error {
		var err error
		n, err = io.Copy(io.Discard, b)
		return err
	}})
	if err != nil || n != 1<<20 {
		t.Errorf("by sink: %d bytes, %v", n, err)
	}
}

func TestJSONIsOneWholeValue(t *testing.T) {
	t.Parallel()
	for body, ok := range map[string]bool{
		`{"a":1}`: true, ` {"a":1}` + "\n": true, `{"a":1`: false, `{"value":[{"id":"1"}`: false, `{"a":1}{"error":{}}`: false, `{"a":1} x`: false, ``: false, `<html></html>`: false,
	} {
		c := client(t, rest.Config{Origins: []string{serve(t, raw("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"+body)).URL}})
		resp, err := c.Do(t.Context(), rest.Request{Link: "/"})
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := resp.JSON(&v); (err == nil) != ok || err != nil && sdk.KindOf(err) != sdk.Unavailable {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestSilenceAndLengthAreBounded(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	defer close(stop)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/drip" {
			for {
				if _, err := w.Write([]byte(" ")); err != nil {
					return
				}
				_ = http.NewResponseController(w).Flush()
				select {
				case <-stop:
					return
				case <-time.After(2 * time.Millisecond):
				}
			}
		}
		if r.URL.Path == "/half" {
			_, _ = w.Write([]byte(`{"a":`))
			_ = http.NewResponseController(w).Flush()
		}
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	c := client(t, rest.Config{Origins: []string{s.URL}, Idle: 100 * time.Millisecond, Total: time.Second})
	for _, path := range []string{"/never", "/half", "/drip"} {
		_, err := c.Do(t.Context(), rest.Request{Method: "POST", Link: path, Body: []byte("{}")})
		var e *sdk.Error
		if !errors.As(err, &e) || e.Kind != sdk.Unavailable || e.Code != "timeout" || rest.OutcomeOf(err) != sdk.Unknown {
			t.Errorf("%s: %v, outcome %s", path, err, rest.OutcomeOf(err))
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := c.Do(ctx, rest.Request{Link: "/never"}); sdk.KindOf(err) != sdk.Cancelled {
		t.Errorf("cancelled: %v", err)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	var conns atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			w.WriteHeader(400)
		}
		_, _ = w.Write(bytes.Repeat([]byte("x"), 10<<10))
	}))
	s.Config.ConnState = func(_ net.Conn, st http.ConnState) {
		if st == http.StateNew {
			conns.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := client(t, rest.Config{Origins: []string{s.URL}})
	for i := range 20 {
		resp, err := c.Do(t.Context(), rest.Request{Link: []string{"/good", "/bad"}[i%2]})
		if (err == nil) != (i%2 == 0) {
			t.Fatal(err)
		}
		resp.Free()
		resp.Free()
	}
	if n := conns.Load(); n != 1 {
		t.Fatalf("%d connections for 20 requests in a row", n)
	}
}

func TestRefineAndObserve(t *testing.T) {
	t.Parallel()
	var calls []rest.Call
	c := client(t, rest.Config{
		Origins: []string{serve(t, status(404)).URL},
		Refine: func(f *rest.Failure, _ http.Header, body []byte, e *sdk.Error) {
			f.Text, e.Code, e.Kind = string(body), "mailbox_not_enabled", sdk.Auth
		},
		Observe: func(c rest.Call) { calls = append(calls, c) },
	})
	_, err := c.Do(t.Context(), rest.Request{Link: "/x?y=z"})
	if e := sdk.AsError(err); e.Kind != sdk.Auth || e.Code != "mailbox_not_enabled" || !strings.Contains(err.Error(), "so not") || rest.StatusOf(err) != 404 {
		t.Fatal(err)
	}
	if len(calls) != 1 || calls[0].Path != "/x" || calls[0].Status != 404 || calls[0].Received == 0 || calls[0].Err == nil {
		t.Fatalf("%+v", calls)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"": 0, "1": time.Second, "3600": time.Hour, "1.5": 1500 * time.Millisecond, " 7 ": 7 * time.Second, "0": 0, "-5": 0, "soon": 0, "NaN": 0, "+Inf": 24 * time.Hour, "1e300": 24 * time.Hour, "99999999999999999999": 24 * time.Hour,
		"Fri, 20 Nov 2026 08:02:00 GMT": 2 * time.Minute, "Fri, 20 Nov 2026 07:00:00 GMT": 0, "Fri, 31 Dec 9999 23:59:59 GMT": 24 * time.Hour, "1m": 0, "0x10": 16 * time.Second,
	} {
		if in == "0x10" {
			want = 0 // a hexadecimal number is no number of seconds; ParseFloat wants an exponent in it
		}
		if got := rest.RetryAfter(http.Header{"Retry-After": {in}}, now); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	h := http.Header{"Retry-After": {"Fri, 20 Nov 2026 08:02:00 GMT"}, "Date": {"Fri, 20 Nov 2026 08:01:50 GMT"}}
	if got := rest.RetryAfter(h, now.Add(time.Hour)); got != 10*time.Second {
		t.Errorf("against the server's own clock: %s", got)
	}
}
