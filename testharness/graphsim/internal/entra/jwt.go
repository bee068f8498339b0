package entra

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
)

// header is the header of a JSON Web Token: of those made here, and of the assertions that clients send.
type header struct {
	Typ     string `json:"typ,omitempty"`
	Nonce   string `json:"nonce,omitempty"` // Graph's tokens: see sealNonce
	Alg     string `json:"alg"`
	X5t     string `json:"x5t,omitempty"`
	X5tS256 string `json:"x5t#S256,omitempty"`
	Kid     string `json:"kid,omitempty"`
}

// jwt is a parsed token whose signature nobody has looked at yet.
type jwt struct {
	header  header
	payload []byte
	signed  string // the first two parts
	sum     []byte
}

var errMalformed = errors.New("not a signed JSON Web Token")

// parseJWT takes a token of three parts apart.
func parseJWT(token string) (*jwt, error) {
	head, rest, ok := strings.Cut(token, ".")
	body, sum, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 || strings.Contains(sum, ".") {
		return nil, errMalformed
	}
	t := &jwt{signed: head + "." + body}
	raw, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil || json.Unmarshal(raw, &t.header) != nil {
		return nil, errMalformed
	}
	if t.payload, err = base64.RawURLEncoding.DecodeString(body); err != nil || !json.Valid(t.payload) {
		return nil, errMalformed
	}
	if t.sum, err = base64.RawURLEncoding.DecodeString(sum); err != nil {
		return nil, errMalformed
	}
	return t, nil
}

// verify checks the signature over text, which is the token's own two parts but for Graph's tokens.
func (t *jwt) verify(key *rsa.PublicKey, text string) error {
	digest := sha256.Sum256([]byte(text))
	switch t.header.Alg {
	case "RS256":
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], t.sum)
	case "PS256":
		return rsa.VerifyPSS(key, crypto.SHA256, digest[:], t.sum, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto})
	default:
		return errMalformed
	}
}

// signJWT makes a token. With a nonce it is one for Graph: the signature is over a header with the nonce's hash, so that nobody but Graph
// can check it and clients learn to treat it as opaque.
func signJWT(h header, claims any) (string, error) {
	key, err := signingKey()
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	body := "." + base64.RawURLEncoding.EncodeToString(payload)
	digest := sha256.Sum256([]byte(encodeHeader(sealNonce(h)) + body))
	sum, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		return "", err
	}
	return encodeHeader(h) + body + "." + base64.RawURLEncoding.EncodeToString(sum), nil
}

func encodeHeader(h header) string {
	b, _ := json.Marshal(h) // strings only: cannot fail
	return base64.RawURLEncoding.EncodeToString(b)
}

// sealNonce is the header that is signed.
func sealNonce(h header) header {
	if h.Nonce != "" {
		sum := sha256.Sum256([]byte(h.Nonce))
		h.Nonce = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return h
}

// sealed is the text that was signed for Graph.
func (t *jwt) sealed() string {
	_, body, _ := strings.Cut(t.signed, ".")
	return encodeHeader(sealNonce(t.header)) + "." + body
}
