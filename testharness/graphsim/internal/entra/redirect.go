package entra

import (
	"fmt"
	"net/url"
	"strings"
)

// Platforms of redirect URIs. The platform decides what a client is when it redeems a code: web apps are confidential, native apps and
// single-page apps public.
const (
	PlatformWeb    = "web"
	PlatformSPA    = "spa"
	PlatformNative = "native"
)

// Redirect is a registered redirect URI.
type Redirect struct{ URI, Platform string }

// check refuses what the portal refuses (entra-docs, page "reply-url").
func (r Redirect) check() error {
	u, err := url.Parse(r.URI)
	switch {
	case err != nil || u.Scheme == "" || len(r.URI) > 256:
		return fmt.Errorf("redirect URI %q: not an absolute address of at most 256 characters", r.URI)
	case u.Fragment != "" || u.User != nil || strings.ContainsAny(r.URI, "!$'(),;*"):
		return fmt.Errorf("redirect URI %q: has a user, a fragment, a wildcard or one of the characters ! $ ' ( ) , ;", r.URI)
	case u.Hostname() == "::1":
		return fmt.Errorf("redirect URI %q: the loopback address of IPv6 is not supported", r.URI)
	case strings.EqualFold(u.Scheme, "http") && !loopback(u):
		return fmt.Errorf("redirect URI %q: http is for localhost and 127.0.0.1 only", r.URI)
	case !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https") && r.Platform != PlatformNative:
		return fmt.Errorf("redirect URI %q: the platform %q needs https", r.URI, r.Platform)
	case r.Platform != PlatformWeb && r.Platform != PlatformSPA && r.Platform != PlatformNative:
		return fmt.Errorf("redirect URI %q: no platform %q", r.URI, r.Platform)
	default:
		return nil
	}
}

// registered finds the redirect URI of a request among those of the app. Scheme and host are compared without case, the path with it; the
// port of localhost does not matter (entra-docs, page "reply-url").
func (a *App) registered(uri string) (Redirect, bool) {
	for _, r := range a.Redirects {
		if sameRedirect(r.URI, uri) {
			return r, true
		}
	}
	return Redirect{}, false
}

// sameRedirect compares a registered redirect URI with one of a request.
func sameRedirect(registered, asked string) bool {
	a, err := url.Parse(registered)
	if err != nil {
		return false
	}
	b, err := url.Parse(asked)
	switch {
	case err != nil || b.User != nil || strings.Contains(asked, "#"):
		return false
	case !strings.EqualFold(a.Scheme, b.Scheme) || !strings.EqualFold(a.Hostname(), b.Hostname()) || a.Opaque != b.Opaque:
		return false
	case a.Port() != b.Port() && !(strings.EqualFold(a.Scheme, "http") && loopback(a)):
		return false
	}
	path := func(u *url.URL) string {
		if u.Path == "" {
			return "/"
		}
		return u.EscapedPath()
	}
	return path(a) == path(b) && a.RawQuery == b.RawQuery
}

// loopback tells the two names of this machine that may be registered.
func loopback(u *url.URL) bool {
	return strings.EqualFold(u.Hostname(), "localhost") || u.Hostname() == "127.0.0.1"
}
