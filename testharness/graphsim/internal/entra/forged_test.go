package entra

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"
)

// appToken is an access token of the confidential app.
func appToken(t testing.TB, s *Server) string {
	t.Helper()
	rep := post(s, "/contoso.example/oauth2/v2.0/token", "grant_type=client_credentials&client_id=confidential&client_secret=s&scope=https://graph.microsoft.com/.default")
	var body tokenBody
	if err := json.Unmarshal(rep.Body, &body); err != nil || body.Access == "" {
		t.Fatalf("%v %s", err, rep.Body)
	}
	return body.Access
}

func TestATokenThatThePlatformDidNotSignIsRefused(t *testing.T) {
	t.Parallel()
	s := platform(t)
	token := appToken(t, s)
	parts := strings.Split(token, ".")
	key, err := signingKey()
	if err != nil {
		t.Fatal(err)
	}
	head := func(h header) string { return encodeHeader(h) + "." + parts[1] }
	mac := hmac.New(sha256.New, key.N.Bytes()) // the public key as a secret
	mac.Write([]byte(head(header{Alg: "HS256", Kid: s.kid})))
	foreign := New(Config{TenantID: s.cfg.TenantID, Domain: s.cfg.Domain, Seed: 1, Now: s.cfg.Now, TokenLife: time.Hour})
	if _, err := foreign.Register(App{ID: "confidential", Secrets: []Secret{{Value: "s"}}}); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		token string
		want  error
	}{
		"no algorithm":           {head(header{Alg: "none", Kid: s.kid}) + ".", ErrSignature},
		"HMAC":                   {head(header{Alg: "HS256", Kid: s.kid}) + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), ErrSignature},
		"without its nonce":      {head(header{Typ: "JWT", Alg: "RS256", X5t: s.kid, Kid: s.kid}) + "." + parts[2], ErrSignature},
		"of another simulator":   {appToken(t, foreign), ErrSignature},
		"two parts":              {parts[0] + "." + parts[1], ErrCompact},
		"with a part more":       {token + ".e30", ErrCompact},
		"payload of another one": {parts[0] + ".e30." + parts[2], ErrSignature},
	} {
		if _, err := s.CheckBearer(tt.token); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

// TestARememberedTokenIsStillChecked holds that what is remembered of a token is its signature, not that it was valid.
func TestARememberedTokenIsStillChecked(t *testing.T) {
	t.Parallel()
	s := platform(t)
	now := s.cfg.Now()
	s.cfg.Now = func() time.Time { return now }
	token := appToken(t, s)
	for _, step := range []struct {
		move time.Duration
		want error
	}{{0, nil}, {time.Hour - time.Second, nil}, {time.Second, ErrExpired}, {-time.Minute, nil}, {-2 * time.Hour, ErrNotYet}, {2 * time.Hour, nil}} {
		now = now.Add(step.move)
		if _, err := s.CheckBearer(token); !errors.Is(err, step.want) {
			t.Errorf("at %v: %v, want %v", now, err, step.want)
		}
	}
	for i := range keptTokens {
		s.known[strconv.Itoa(i)] = &accessClaims{}
	}
	for _, token := range []string{appToken(t, s), token} {
		if _, err := s.CheckBearer(token); err != nil || len(s.known) > keptTokens {
			t.Errorf("with a full memory: %v, %d tokens", err, len(s.known))
		}
	}
}

func TestRedirectURIsAreComparedPartByPart(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		registered, asked string
		same              bool
	}{
		{"https://app.example/Back", "HTTPS://APP.example/Back", true}, {"https://app.example/Back", "https://app.example/back", false},
		{"https://app.example", "https://app.example/", true}, {"https://app.example/cb", "https://app.example/cb/", false},
		{"https://app.example/cb", "https://app.example/cb?x=1", false}, {"https://app.example/cb", "https://app.example/cb#x", false},
		{"https://app.example/", "https://app.example:8443/", false}, {"https://app.example/", "http://app.example/", false},
		{"https://app.example/", "https://user@app.example/", false}, {"https://app.example/", "https://app.example.evil/", false},
		{"https://app.example/a", "https://app.example/%61", false}, {"http://localhost", "http://localhost:81/", true},
		{"http://localhost/cb", "http://localhost:81/cb", true}, {"http://localhost/cb", "http://localhost:81/", false},
		{"http://localhost", "http://127.0.0.1/", false}, {"http://127.0.0.1:8/x", "http://127.0.0.1:9/x", true},
		{"https://localhost:8/", "https://localhost:9/", false}, {"myapp://auth", "myapp://auth", true}, {"myapp://auth", "myapp://evil", false},
		{"myapp:auth", "myapp:auth", true}, {"myapp:auth", "myapp:evil", false}, {"https://app.example/", "https://app.example/\r\nX: y", false},
	} {
		if got := sameRedirect(tt.registered, tt.asked); got != tt.same {
			t.Errorf("%q for %q: %v", tt.asked, tt.registered, got)
		}
	}
}
