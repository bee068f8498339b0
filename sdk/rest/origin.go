package rest

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// CodeForeignLink is the code of the error for a link that leads away from the origins of the connection.
const CodeForeignLink = "foreign_link"

// origin is a checked scheme://host[:port]: lower case, without the port that the scheme implies.
type origin string

// ParseOrigin checks an origin as an operator writes it, such as https://graph.microsoft.com, and returns it in the one form in which
// origins are compared. A path, query or user name is refused; plain http is accepted only for this machine (localhost, 127.0.0.0/8,
// ::1). The error is of kind Invalid.
func ParseOrigin(s string) (string, error) {
	bad := func(why string) (string, error) {
		return "", &sdk.Error{
			Kind: sdk.Invalid, Code: "origin", Args: map[string]string{"origin": s}, Err: fmt.Errorf("%q is no origin: %s", s, why),
			Hint: sdk.Text{EN: "write scheme and host only, such as https://graph.microsoft.com", DE: "nur Schema und Rechnername angeben, etwa https://graph.microsoft.com"},
		}
	}
	u, err := parse(strings.TrimSuffix(s, "/"))
	if err != nil {
		return bad(err.Error())
	}
	if u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return bad("it has more than scheme, host and port")
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return bad("plain http would send the token in the clear; use https")
	}
	return string(originOf(u)), nil
}

// parse reads an absolute URL and refuses every form that two parsers may read differently (RFC 3986 sections 3.2 and 7.6).
func parse(raw string) (*url.URL, error) {
	for _, c := range []byte(raw) {
		if c <= ' ' || c >= 0x7f || c == '\\' {
			return nil, fmt.Errorf("it holds the byte 0x%02x", c)
		}
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("it cannot be read as a URL") // the parser's text repeats the whole link
	}
	u.Scheme = strings.ToLower(u.Scheme)
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("its scheme is not https")
	case u.User != nil || strings.Contains(u.Host, "@"):
		return nil, errors.New("it has a user name")
	case u.Opaque != "" || u.Hostname() == "":
		return nil, errors.New("it has no host")
	case strings.Contains(u.Host, "%"):
		return nil, errors.New("its host is percent-encoded or has a zone")
	case strings.HasSuffix(u.Host, ":"):
		return nil, errors.New("its port is empty")
	}
	return u, nil
}

func originOf(u *url.URL) origin {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == "" || u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		return origin(u.Scheme + "://" + host)
	}
	return origin(u.Scheme + "://" + host + ":" + port)
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// resolve turns a path or an absolute link into a URL that may be asked, or fails with code CodeForeignLink.
func (c *Client) resolve(raw string) (*url.URL, error) {
	if strings.HasPrefix(raw, "/") && !strings.HasPrefix(raw, "//") {
		raw = c.origins[0] + raw
	}
	u, err := parse(raw)
	if err != nil {
		return nil, foreign("the link is refused: %w", err)
	}
	o := string(originOf(u))
	known := false
	for _, x := range c.origins {
		known = known || x == o
	}
	if !known {
		return nil, foreign("the link leads to %s, allowed is %s", o, strings.Join(c.origins, ", "))
	}
	if err := plainPath(u.EscapedPath()); err != nil {
		return nil, foreign("the link is refused: %w", err)
	}
	if !strings.HasPrefix(u.Path, c.prefix) {
		return nil, foreign("the link leads out of %s%s", o, c.prefix)
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// plainPath refuses segments that are . or .., in whatever encoding.
func plainPath(escaped string) error {
	if !strings.Contains(escaped, ".") && !strings.Contains(escaped, "%") {
		return nil
	}
	for range 3 { // encoded once, twice, three times
		for _, seg := range strings.FieldsFunc(escaped, func(r rune) bool { return r == '/' || r == '\\' }) {
			if s, _, _ := strings.Cut(seg, ";"); s == "." || s == ".." {
				return errors.New("its path climbs with . or ..")
			}
		}
		if strings.ContainsAny(escaped, "\x00\r\n") {
			return errors.New("its path holds a control character")
		}
		next, err := url.PathUnescape(escaped)
		if err != nil || next == escaped {
			return nil // nothing left to decode
		}
		escaped = next
	}
	return nil
}

func foreign(format string, args ...any) error {
	return &sdk.Error{
		Kind: sdk.Invalid, Code: CodeForeignLink, Err: fmt.Errorf(format, args...),
		Hint: sdk.Text{
			EN: "the system sent a link that leaves the connection; if it is right, set the connection's address to it",
			DE: "das System hat einen Verweis gesendet, der die Verbindung verlässt; falls er stimmt, die Adresse der Verbindung darauf einstellen",
		},
	}
}

// Path checks a link as Do would, sending nothing, and returns its path and query, which lead to the same place if the link is of the first
// origin. It is the form in which links are kept: they hold no address and follow the connection when that changes.
func (c *Client) Path(link string) (string, error) {
	u, err := c.resolve(link)
	if err != nil {
		return "", err
	}
	if o := string(originOf(u)); o != c.origins[0] {
		return u.String(), nil
	}
	return u.RequestURI(), nil
}
