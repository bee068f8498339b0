package entra

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Bearer is what Graph reads from an access token.
type Bearer struct {
	App    string   // client id
	Person string   // object id; empty for a token of the app itself
	Scopes []string // of a person's token
	Roles  []string // of an app's
}

// The reasons for which Graph refuses a token, with its texts (microsoft-graph-docs, page "errors", and public issues).
var (
	ErrCompact   = errors.New("CompactToken parsing failed with error code: 80049217")
	ErrSignature = errors.New("Signing key is invalid.")
	ErrAudience  = errors.New("Access token validation failure. Invalid audience.")
	ErrExpired   = errors.New("Lifetime validation failed, the token is expired.")
	ErrNotYet    = errors.New("Access token has expired or is not yet valid.")
)

// Challenge is the refusal of a token by continuous access evaluation: something happened to the person after it was issued, and the client
// has said that it understands such refusals (entra-docs, page "app-resilience-continuous-access-evaluation").
type Challenge struct{ Claims string } // JSON to send along in the next sign-in

// Error is Graph's text.
func (c *Challenge) Error() string {
	return "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp"
}

// CheckBearer accepts the access tokens for Graph that this platform made, while they last. The error is one of those above or a *Challenge.
func (s *Server) CheckBearer(token string) (Bearer, error) {
	p, err := s.verified(token)
	if err != nil {
		return Bearer{}, err
	}
	now := epoch(s.cfg.Now())
	switch {
	case p.Aud != GraphOrigin && p.Aud != GraphID || p.TID != s.cfg.TenantID || p.Iss != s.issuerV1():
		return Bearer{}, ErrAudience
	case now >= p.Exp:
		return Bearer{}, ErrExpired
	case now < p.Nbf:
		return Bearer{}, ErrNotYet
	}
	b := Bearer{App: p.AppID, Roles: p.Roles}
	if p.IDType == "user" {
		b.Person, b.Scopes = p.OID, strings.Fields(p.Scp)
		return b, s.evaluate(p)
	}
	return b, nil
}

// keptTokens bounds the memory of verified tokens.
const keptTokens = 256

// verified reads a token whose signature is right. Checking it costs more than all else about a small request, so it is remembered.
func (s *Server) verified(token string) (*accessClaims, error) {
	s.tokens.RLock()
	p := s.known[token]
	s.tokens.RUnlock()
	if p != nil {
		return p, nil
	}
	t, err := parseJWT(token)
	if err != nil {
		return nil, ErrCompact
	}
	p = &accessClaims{}
	if json.Unmarshal(t.payload, p) != nil {
		return nil, ErrCompact
	}
	key, err := signingKey()
	if err != nil {
		return nil, err
	}
	text := t.signed
	if t.header.Nonce != "" {
		text = t.sealed()
	}
	if t.header.Alg != "RS256" || t.header.Kid != s.kid || t.verify(&key.PublicKey, text) != nil {
		return nil, ErrSignature
	}
	s.tokens.Lock()
	defer s.tokens.Unlock()
	if len(s.known) >= keptTokens {
		clear(s.known)
	}
	s.known[token] = p
	return p, nil
}

// evaluate refuses a token whose client understands challenges once the person's password or sessions changed or the account was closed.
func (s *Server) evaluate(p *accessClaims) error {
	if !slices.Contains(p.XMSCC, "CP1") {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	person, ok := s.cfg.Person(p.OID)
	a := s.account(p.OID)
	since := a.SessionsFrom
	if a.PasswordFrom.Order > since.Order {
		since = a.PasswordFrom
	}
	issued, err := strconv.ParseUint(p.Aio, 36, 64)
	if ok && person.Enabled && err == nil && issued > since.Order {
		return nil
	}
	at := since.Time
	if !ok || !person.Enabled {
		at = s.cfg.Now()
	}
	return &Challenge{`{"access_token":{"nbf":{"essential":true,"value":"` + strconv.FormatInt(at.Unix(), 10) + `"}}}`}
}
