package graphsim

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// clientKey is a key pair of a client under test, made once.
var clientKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func certificateOf(t *testing.T, from, to time.Time) (*rsa.PrivateKey, []byte, string) {
	t.Helper()
	key, err := clientKey()
	if err != nil {
		t.Fatal(err)
	}
	draft := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"}, NotBefore: from, NotAfter: to}
	der, err := x509.CreateCertificate(rand.Reader, draft, draft, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return key, der, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// assertionOf signs claims with PS256 or RS256.
func assertionOf(t *testing.T, key *rsa.PrivateKey, header, claims map[string]any) string {
	t.Helper()
	enc := base64.RawURLEncoding
	text := enc.EncodeToString([]byte(rawJSON(header))) + "." + enc.EncodeToString([]byte(rawJSON(claims)))
	digest := sha256.Sum256([]byte(text))
	var sum []byte
	var err error
	if header["alg"] == "PS256" {
		sum, err = rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	} else {
		sum, err = rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	}
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + enc.EncodeToString(sum)
}

func TestAClientProvesItselfByCertificate(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	cred := r.s.Credentials()
	key, der, document := certificateOf(t, epoch.Add(-time.Hour), epoch.Add(24*time.Hour))
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	r.must(err)
	r.must(r.ctl.AddCertificate(cred.ClientID, document))
	sum1, sum256 := sha1.Sum(der), sha256.Sum256(der)
	ps := map[string]any{"alg": "PS256", "typ": "JWT", "x5t#S256": base64.RawURLEncoding.EncodeToString(sum256[:])}
	msal := map[string]any{"alg": "PS256", "typ": "JWT", "x5t#S256": base64.StdEncoding.EncodeToString(sum256[:])}
	rs := map[string]any{"alg": "RS256", "typ": "JWT", "x5t": base64.RawURLEncoding.EncodeToString(sum1[:])}
	claims := func(pairs ...any) map[string]any {
		c := map[string]any{
			"aud": r.url + "/" + cred.TenantID + "/oauth2/v2.0/token", "iss": cred.ClientID, "sub": cred.ClientID, "jti": "1",
			"nbf": epoch.Unix(), "exp": epoch.Add(10 * time.Minute).Unix(),
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			c[pairs[i].(string)] = pairs[i+1]
		}
		return c
	}
	form := func(assertion string) url.Values {
		return url.Values{
			"grant_type": {"client_credentials"}, "client_id": {cred.ClientID}, "scope": {"https://graph.microsoft.com/.default openid offline_access profile"},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {assertion},
		}
	}
	for name, header := range map[string]map[string]any{"PS256": ps, "PS256, padded standard base64": msal, "RS256": rs} {
		body := r.loginGives(name, form(assertionOf(t, key, header, claims())))
		if c := claimsOf(t, body["access_token"]); c["appidacr"] != "2" || body["refresh_token"] != nil || body["scope"] != nil {
			t.Errorf("%s: %v %v", name, body, c)
		}
	}
	r.loginGives("with iat", form(assertionOf(t, key, ps, claims("iat", epoch.Unix()))))
	r.loginGives("for Microsoft's own address", form(assertionOf(t, key, ps, claims("aud", "https://login.microsoftonline.com/"+cred.TenantID+"/oauth2/v2.0/token"))))
	good := assertionOf(t, key, ps, claims())
	for name, tt := range map[string]struct {
		assertion string
		number    float64
	}{
		"another key":         {assertionOf(t, stranger, ps, claims()), 700027},
		"another thumbprint":  {assertionOf(t, key, map[string]any{"alg": "RS256", "x5t": "AAAA"}, claims()), 700027},
		"no thumbprint":       {assertionOf(t, key, map[string]any{"alg": "RS256"}, claims()), 50027},
		"no base64":           {assertionOf(t, key, map[string]any{"alg": "RS256", "x5t": "ä"}, claims()), 50027},
		"HS256":               {assertionOf(t, key, map[string]any{"alg": "HS256", "x5t": rs["x5t"]}, claims()), 50027},
		"no token":            {"x.y", 50027},
		"no JSON":             {"e30.e30x.e30", 50027},
		"damaged":             {good[:len(good)-8] + "AAAAAAAA", 700027},
		"expired":             {assertionOf(t, key, ps, claims("exp", epoch.Add(-5*time.Minute).Unix())), 700024},
		"not yet":             {assertionOf(t, key, ps, claims("nbf", epoch.Add(6*time.Minute).Unix())), 700024},
		"no exp":              {assertionOf(t, key, ps, claims("exp", nil)), 50027},
		"exp is a word":       {assertionOf(t, key, ps, claims("exp", "soon")), 50027},
		"another issuer":      {assertionOf(t, key, ps, claims("iss", "x")), 700021},
		"another subject":     {assertionOf(t, key, ps, claims("sub", "x")), 700021},
		"no issuer":           {assertionOf(t, key, ps, claims("iss", nil)), 50027},
		"for another service": {assertionOf(t, key, ps, claims("aud", "https://vault.example/")), 700023},
		"for another tenant":  {assertionOf(t, key, ps, claims("aud", r.url+"/nirgends.example/oauth2/v2.0/token")), 700023},
	} {
		r.loginFails(name, form(tt.assertion), 401, "invalid_client", tt.number)
	}
	wrong := form(good)
	wrong.Set("client_assertion_type", "urn:x")
	r.loginFails("another type", wrong, 400, "invalid_request", 90023)
	wrong.Del("client_assertion_type")
	r.loginFails("no type", wrong, 400, "invalid_request", 900144)
	r.ctl.Advance(25 * time.Hour)
	r.loginFails("certificate expired", form(assertionOf(t, key, ps, claims("exp", epoch.Add(26*time.Hour).Unix()))), 401, "invalid_client", 700030)
}

func TestOnlyCertificatesAreRegistered(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 1, Small: true})
	_, _, document := certificateOf(t, epoch, epoch.Add(time.Hour))
	for name, text := range map[string]string{
		"nothing": "", "a key": strings.ReplaceAll(document, "CERTIFICATE", "PRIVATE KEY"),
		"damaged": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})),
	} {
		if err := r.ctl.AddCertificate(r.s.Credentials().ClientID, text); err == nil {
			t.Errorf("%s is registered", name)
		}
	}
	if err := r.ctl.AddCertificate("nobody", document); err == nil {
		t.Error("a certificate of an unknown app is registered")
	}
	apps, err := r.ctl.Apps()
	r.must(err)
	if _, err := json.Marshal(apps); err != nil || len(apps) != 2 || len(apps[0].Certificates) != 0 || apps[0].ID != r.s.Credentials().ClientID {
		t.Errorf("apps %v %v", apps, err)
	}
}
