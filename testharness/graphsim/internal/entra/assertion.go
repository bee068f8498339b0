package entra

import (
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
)

// assertionType is the only kind of client assertion.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// assertionClaims are those of a client assertion that are looked at. iat and jti may be missing.
type assertionClaims struct {
	Aud string       `json:"aud"`
	Iss string       `json:"iss"`
	Sub string       `json:"sub"`
	Exp json.Number  `json:"exp"`
	Nbf *json.Number `json:"nbf"`
}

// skew is how far the clocks of client and platform may be apart.
const skew = 5 * time.Minute

// checkAssertion accepts a token signed with the key of a registered certificate: PS256 with the thumbprint x5t#S256, or RS256 with x5t
// (entra-docs, page "certificate-credentials").
func (s *Server) checkAssertion(c *tokenCall, assertion string) *Error {
	if kind := c.params.Get("client_assertion_type"); kind == "" {
		return fail(900144, "client_assertion_type")
	} else if kind != assertionType {
		return fail(90023, kind, "client_assertion_type")
	}
	t, err := parseJWT(assertion)
	if err != nil || t.header.Alg != "RS256" && t.header.Alg != "PS256" {
		return fail(50027)
	}
	var p assertionClaims
	if json.Unmarshal(t.payload, &p) != nil || p.Iss == "" || p.Sub == "" {
		return fail(50027)
	}
	if err := s.checkKey(c.app, t); err != nil {
		return err
	}
	if !strings.EqualFold(p.Iss, c.app.ID) || !strings.EqualFold(p.Sub, c.app.ID) {
		return fail(700021)
	}
	if !s.ownAudience(c, p.Aud) {
		return fail(700023)
	}
	return s.checkTimes(p)
}

// checkKey finds the certificate of the thumbprint and checks the signature.
func (s *Server) checkKey(app *App, t *jwt) *Error {
	asked := t.header.X5tS256
	if asked == "" {
		asked = t.header.X5t
	}
	print, ok := anyBase64(asked)
	if !ok || len(print) == 0 {
		return fail(50027)
	}
	shown := strings.ToUpper(hex.EncodeToString(print))
	for _, der := range app.Certificates {
		sum1, sum256 := sha1.Sum(der), sha256.Sum256(der)
		if string(print) != string(sum1[:]) && string(print) != string(sum256[:]) {
			continue
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return fail(700030)
		}
		key, ok := cert.PublicKey.(*rsa.PublicKey)
		if now := s.cfg.Now(); !ok || now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
			return fail(700030)
		}
		if t.verify(key, t.signed) != nil {
			return fail(700027, "The key used is expired or does not match the signature.", shown)
		}
		return nil
	}
	return fail(700027, "The key was not found.", shown)
}

// anyBase64 decodes both alphabets, with padding or without.
func anyBase64(text string) ([]byte, bool) {
	text = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(text, "="))
	b, err := base64.RawURLEncoding.DecodeString(text)
	return b, err == nil
}

// ownAudience accepts the token endpoint and the issuer of the tenant, under any name of the tenant and of the login origin.
func (s *Server) ownAudience(c *tokenCall, aud string) bool {
	for _, origin := range []string{c.Origin, "https://login.microsoftonline.com"} {
		rest, ok := strings.CutPrefix(aud, origin+"/")
		if !ok {
			continue
		}
		tenant, path, _ := strings.Cut(rest, "/")
		if _, err := s.placeOf(tenant); err == nil {
			return path == "oauth2/v2.0/token" || path == "v2.0" || path == "oauth2/token"
		}
	}
	return false
}

func (s *Server) checkTimes(p assertionClaims) *Error {
	exp, err := p.Exp.Float64()
	if err != nil || exp != exp {
		return fail(50027)
	}
	var nbf float64
	if p.Nbf != nil {
		if nbf, err = p.Nbf.Float64(); err != nil {
			return fail(50027)
		}
	}
	now := s.cfg.Now()
	at := float64(now.Unix())
	if at >= exp+skew.Seconds() || at < nbf-skew.Seconds() {
		return fail(700024, stampUTC(now), stampUTC(time.Unix(int64(nbf), 0)), stampUTC(time.Unix(int64(exp), 0)))
	}
	return nil
}
