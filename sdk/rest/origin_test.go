package rest_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/sdk/rest"
)

// spy answers every request and remembers which came with a token.
type spy struct {
	*httptest.Server
	requests, tokens atomic.Int32
	redirect         atomic.Pointer[string]
}

func newSpy(t *testing.T) *spy {
	s := &spy{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		if r.Header.Get("Authorization") != "" {
			s.tokens.Add(1)
		}
		if to := s.redirect.Load(); to != nil && strings.HasPrefix(r.URL.Path, "/v1.0/redirect") {
			w.Header().Set("Location", *to)
			w.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
		_, _ = w.Write([]byte(`{"ok":true}`))
	}))
	t.Cleanup(s.Close)
	return s
}

func transport(t *testing.T) *http.Transport {
	tr := http.DefaultTransport.(*http.Transport).Clone()
	tr.Proxy = nil
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func client(t *testing.T, cfg rest.Config) *rest.Client {
	t.Helper()
	if cfg.Transport == nil {
		cfg.Transport = transport(t)
	}
	c, err := rest.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// foreignLinks are links that must not be asked. H and P stand for host and port of the connection, Q for the port of somebody else on the
// same host.
var foreignLinks = []string{
	// another scheme, host or port
	"https://H:P/v1.0/x", "HTTPS://H:P/v1.0/x", "http://H:Q/v1.0/x", "http://H/v1.0/x", "http://H:0P/v1.0/x", "http://localhost:Q/v1.0/x", "http://localhost:P/v1.0/x",
	"http://evil.example/v1.0/x", "http://evil.example:P/v1.0/x", "http://H.evil.example:P/v1.0/x", "http://H.:P/v1.0/x", "http://H:P.evil.example/v1.0/x",
	"ftp://H:P/v1.0/x", "file:///v1.0/x", "file://H:P/v1.0/x", "ws://H:P/v1.0/x", "gopher://H:P/v1.0/x", "javascript:alert(1)", "data:application/json,{}", "http:/v1.0/x", "http:v1.0/x", "http:///v1.0/x",
	"//H:Q/v1.0/x", "//evil.example/v1.0/x", "///evil.example/v1.0/x", "v1.0/x", "H:P/v1.0/x", "?x=http://H:P", "#x", "",
	// user names
	"http://H:P@evil.example/v1.0/x", "http://user@H:P/v1.0/x", "http://user:password@H:P/v1.0/x", "http://@H:P/v1.0/x", "http://H:P@H:Q/v1.0/x", "http://H%40evil.example:P/v1.0/x", "http://a:b@c:d@H:P/v1.0/x",
	// backslashes, blanks, control characters
	`http://H:P\@evil.example/v1.0/x`, `http:\\H:P/v1.0/x`, `http://evil.example\H:P/v1.0/x`, `http://H:P\v1.0\x`, `\\evil.example\v1.0\x`, `/\evil.example/v1.0/x`, "http://H:P/v1.0/x y", " http://H:P/v1.0/x", "http://H:P/v1.0/x\n",
	"http://H:P/v1.0/x\r\nX-Evil: 1", "http://H:P/v1.0/\tx", "http://H:P/v1.0/\x00x", "http://H\x00.evil.example:P/v1.0/x", "http://H:P/v1.0/%00x", "http://H:P/v1.0/x%0d%0aX: 1",
	// dots
	"http://H:P/v1.0/../x", "http://H:P/v1.0/./x", "http://H:P/v1.0/%2e%2e/x", "http://H:P/v1.0/%2E%2e/admin", "http://H:P/v1.0/.%2e/x", "http://H:P/v1.0/..%2fx", "http://H:P/v1.0/..%5cx", "http://H:P/v1.0/%252e%252e/x", "http://H:P/v1.0/..;/x",
	"http://H%2eevil.example:P/v1.0/x", "http://%31%32%37.0.0.1:P/v1.0/x", "http://H:P/v2.0/x", "http://H:P/x", "http://H:P/", "http://H:P", "http://H:P/V1.0/x",
	// other spellings of the same address
	"http://[::1]:P/v1.0/x", "http://[::ffff:127.0.0.1]:P/v1.0/x", "http://[::ffff:7f00:1]:P/v1.0/x", "http://[0:0:0:0:0:0:0:1]:P/v1.0/x", "http://[::1%25lo]:P/v1.0/x", "http://[::1%lo]:P/v1.0/x", "http://[H]:P/v1.0/x",
	"http://2130706433:P/v1.0/x", "http://0x7f000001:P/v1.0/x", "http://0177.0.0.1:P/v1.0/x", "http://127.1:P/v1.0/x", "http://127.0.0.01:P/v1.0/x", "http://0:P/v1.0/x", "http://0.0.0.0:P/v1.0/x", "http://169.254.169.254/v1.0/x",
	// names that look alike
	"http://xn--127-0-0-1.example:P/v1.0/x", "http://gr\u0430ph.microsoft.com/v1.0/x", "http://xn--grph-3ve.microsoft.com/v1.0/x", "http://127\u30020\u30020\u30021:P/v1.0/x", "http://\uff11\uff12\uff17.0.0.1:P/v1.0/x", "http://127.0.0.1%E3%80%82evil.example:P/v1.0/x",
	// ports that are none
	"http://H:P:80/v1.0/x", "http://H:/v1.0/x", "http://H:-1/v1.0/x", "http://H:+P/v1.0/x", "http://H:65536000/v1.0/x",
}

func TestOnlyTheOriginsOfTheConnectionAreAsked(t *testing.T) {
	t.Parallel()
	if len(foreignLinks) < 60 {
		t.Fatalf("only %d variants", len(foreignLinks))
	}
	for _, how := range []string{"link", "redirect"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			own, other := newSpy(t), newSpy(t)
			u, _ := url.Parse(own.URL)
			v, _ := url.Parse(other.URL)
			c := client(t, rest.Config{Origins: []string{own.URL}, Prefix: "/v1.0/", Token: fixed("geheim")})
			asked := int32(0)
			for _, variant := range foreignLinks {
				link := strings.NewReplacer("H", u.Hostname(), "P", u.Port(), "Q", v.Port()).Replace(variant)
				if strings.HasPrefix(variant, "HTTPS") {
					link = strings.Replace(variant, "H:P", u.Host, 1)
				}
				if how == "redirect" {
					switch variant {
					case "v1.0/x", "?x=http://H:P", "#x", "", "http:/v1.0/x", "http:v1.0/x", " http://H:P/v1.0/x": // relative, no place at all, or trimmed by HTTP
						continue
					}
					if strings.ContainsAny(link, "\x00\r\n") {
						continue // net/http's server does not send such a header
					}
					to := link
					own.redirect.Store(&to)
					link = "/v1.0/redirect"
					asked++
				}
				_, err := c.Do(t.Context(), rest.Request{Link: link})
				var e *sdk.Error
				if !errors.As(err, &e) || e.Code != rest.CodeForeignLink {
					t.Errorf("%q (%q): got %v, want code %s", variant, link, err, rest.CodeForeignLink)
				}
			}
			if n := other.requests.Load(); n != 0 {
				t.Errorf("somebody else got %d requests, %d with the token", n, other.tokens.Load())
			}
			if n := own.requests.Load(); n != asked {
				t.Errorf("the system got %d requests, want %d", n, asked)
			}
		})
	}
}

func TestLinksOfTheConnectionAreFollowed(t *testing.T) {
	t.Parallel()
	own, second := newSpy(t), newSpy(t)
	u, _ := url.Parse(own.URL)
	c := client(t, rest.Config{Origins: []string{own.URL, second.URL + "/"}, Prefix: "/v1.0/", Token: fixed("geheim")})
	links := []string{
		"/v1.0/users?$top=5", own.URL + "/v1.0/users?$skiptoken=a%2Fb", "HTTP://" + u.Host + "/v1.0/x", own.URL + "/v1.0/users/a.b@c.example/events/AAMk%3D=", second.URL + "/v1.0/x",
		own.URL + "/v1.0/users('a@b.example')/events('AA..BB')", own.URL + "/v1.0/x#fragment",
	}
	for _, link := range links {
		if _, err := c.Do(t.Context(), rest.Request{Link: link}); err != nil {
			t.Errorf("%s: %v", link, err)
		}
	}
	to := second.URL + "/v1.0/moved"
	own.redirect.Store(&to)
	if _, err := c.Do(t.Context(), rest.Request{Link: "/v1.0/redirect"}); err != nil {
		t.Errorf("a redirect within the connection: %v", err)
	}
	if n := own.tokens.Load() + second.tokens.Load(); n != int32(len(links))+2 {
		t.Errorf("%d requests with token, want %d", n, len(links)+2)
	}
	loop := own.URL + "/v1.0/redirect"
	own.redirect.Store(&loop)
	if _, err := c.Do(t.Context(), rest.Request{Link: "/v1.0/redirect"}); sdk.KindOf(err) != sdk.Unavailable {
		t.Errorf("a redirect in a circle: %v", err)
	}
	if _, err := c.Do(t.Context(), rest.Request{Method: "POST", Link: "/v1.0/redirect", Body: []byte("{}")}); err == nil || rest.OutcomeOf(err) != sdk.NotDone {
		t.Errorf("a redirected write: %v, %s", err, rest.OutcomeOf(err))
	}
}

func TestParseOrigin(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://graph.microsoft.com": "https://graph.microsoft.com", "https://Graph.Microsoft.com:443/": "https://graph.microsoft.com", "HTTPS://x.example:8443": "https://x.example:8443",
		"http://127.0.0.1:8080": "http://127.0.0.1:8080", "http://localhost:80": "http://localhost", "http://[::1]:99": "http://[::1]:99", "http://127.9.9.9": "http://127.9.9.9",
		"http://graph.microsoft.com": "", "http://127.0.0.1.evil.example": "", "https://graph.microsoft.com/v1.0": "", "https://u@x.example": "", "https://x.example?a": "", "https://x.example#a": "", "graph.microsoft.com": "",
		"": "", "https://": "", "https://x.example:": "", "ftp://127.0.0.1": "", `https://x.example\`: "", "http://192.168.0.1": "", "http://[::ffff:127.0.0.1]": "http://[::ffff:127.0.0.1]",
	} {
		got, err := rest.ParseOrigin(in)
		if got != want || (err == nil) != (want != "") || err != nil && sdk.KindOf(err) != sdk.Invalid {
			t.Errorf("%q: got %q, %v; want %q", in, got, err, want)
		}
	}
}
