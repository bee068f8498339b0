package entra

import (
	"encoding/json"
	"errors"
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

// CheckBearer accepts the access tokens for Graph that this platform made, while they last.
func (s *Server) CheckBearer(token string) (Bearer, error) {
	t, err := parseJWT(token)
	if err != nil {
		return Bearer{}, ErrCompact
	}
	var p accessClaims
	if json.Unmarshal(t.payload, &p) != nil {
		return Bearer{}, ErrCompact
	}
	key, err := signingKey()
	if err != nil {
		return Bearer{}, err
	}
	text := t.signed
	if t.header.Nonce != "" {
		text = t.sealed()
	}
	if t.header.Alg != "RS256" || t.header.Kid != s.kid || t.verify(&key.PublicKey, text) != nil {
		return Bearer{}, ErrSignature
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
	}
	return b, nil
}
