package graphsim

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// browser is a person's browser: it keeps cookies, and stops where a redirect leaves the simulator.
type browser struct {
	*testing.T
	client *http.Client
	origin string
}

// screen is what the browser shows, or the address it was sent to.
type screen struct {
	status int
	text   string
	left   *url.URL // outside of the simulator
	header http.Header
}

func (r *rig) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.Fatal(err)
	}
	stop := func(req *http.Request, _ []*http.Request) error {
		if "http://"+req.URL.Host != r.url {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &browser{r.T, &http.Client{Jar: jar, CheckRedirect: stop}, r.url}
}

func (b *browser) open(path string) screen {
	b.Helper()
	resp, err := b.client.Get(b.origin + path)
	return b.show(resp, err)
}

func (b *browser) show(resp *http.Response, err error) screen {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	s := screen{status: resp.StatusCode, text: string(text), header: resp.Header}
	if to := resp.Header.Get("Location"); to != "" {
		if s.left, err = url.Parse(to); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

var (
	formTag  = regexp.MustCompile(`(?s)<form id="(\w+)" method="post" action="([^"]*)">(.*?)</form>`)
	inputTag = regexp.MustCompile(`<(?:input|button)[^>]*>`)
	nameAttr = regexp.MustCompile(` name="([^"]*)"`)
	textAttr = regexp.MustCompile(` value="([^"]*)"`)
)

// form reads the screen's form: its name, its address, and the values of its hidden fields.
func (s screen) form() (id, action string, hidden url.Values) {
	m := formTag.FindStringSubmatch(s.text)
	if m == nil {
		return "", "", nil
	}
	hidden = url.Values{}
	for _, tag := range inputTag.FindAllString(m[3], -1) {
		name := nameAttr.FindStringSubmatch(tag)
		if name == nil || !strings.Contains(tag, `type="hidden"`) {
			continue
		}
		value := ""
		if v := textAttr.FindStringSubmatch(tag); v != nil {
			value = html.UnescapeString(v[1])
		}
		hidden.Set(name[1], value)
	}
	return m[1], html.UnescapeString(m[2]), hidden
}

// submit fills in the form that is expected and sends it: pairs of name and value.
func (b *browser) submit(s screen, want string, pairs ...string) screen {
	b.Helper()
	id, action, fields := s.form()
	if id != want {
		b.Fatalf("form %q is shown, want %q:\n%d %v %s", id, want, s.status, s.left, s.text)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		fields.Set(pairs[i], pairs[i+1])
	}
	resp, err := b.client.PostForm(b.origin+action, fields)
	return b.show(resp, err)
}

// signIn fills in the sign-in page.
func (b *browser) signIn(s screen, r *rig, u User) screen {
	b.Helper()
	password, err := r.ctl.Password(u.ID)
	if err != nil {
		b.Fatal(err)
	}
	return b.submit(s, "login", "login", u.UPN, "passwd", password)
}

const verifier = "a-verifier-of-a-proof-key-that-is-long-enough-for-the-rules"

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// authorizePath is an authorize request of the public client with a proof key; pairs add and replace parameters.
func (r *rig) authorizePath(pairs ...string) string {
	v := url.Values{
		"client_id": {r.s.Credentials().PublicClientID}, "response_type": {"code"}, "redirect_uri": {"http://localhost:4711"}, "state": {"st ate"},
		"scope": {"Calendars.Read offline_access openid profile"}, "code_challenge": {challengeOf(verifier)}, "code_challenge_method": {"S256"}, "nonce": {"n1"},
	}
	set(v, pairs)
	return "/" + r.s.Credentials().TenantID + "/oauth2/v2.0/authorize?" + v.Encode()
}

// redemption is the form that redeems a code of authorizePath.
func (r *rig) redemption(code string, pairs ...string) url.Values {
	v := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {r.s.Credentials().PublicClientID}, "code": {code}, "redirect_uri": {"http://localhost:4711"},
		"code_verifier": {verifier},
	}
	set(v, pairs)
	return v
}

func set(v url.Values, pairs []string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			v.Del(pairs[i])
		} else {
			v.Set(pairs[i], pairs[i+1])
		}
	}
}

// loginFails checks an answer of the token endpoint.
func (r *rig) loginFails(what string, form url.Values, status int, oauth string, number float64) map[string]any {
	r.Helper()
	got, body := r.tokenRequest(r.s.Credentials().TenantID, form)
	codes, _ := body["error_codes"].([]any)
	if got != status || body["error"] != oauth || len(codes) != 1 || codes[0] != number {
		r.Errorf("%s: %d %v %v, want %d %s %v", what, got, body["error"], body["error_description"], status, oauth, number)
	}
	if text, _ := body["error_description"].(string); strings.Contains(text, "%!") {
		r.Errorf("%s: a gap of the text is open: %s", what, text)
	}
	for _, name := range []string{"error_description", "timestamp", "trace_id", "correlation_id", "error_uri"} {
		if text, _ := body[name].(string); text == "" {
			r.Errorf("%s: no %s in %v", what, name, body)
		}
	}
	return body
}

// loginGives checks that the token endpoint answers with tokens.
func (r *rig) loginGives(what string, form url.Values) map[string]any {
	r.Helper()
	status, body := r.tokenRequest(r.s.Credentials().TenantID, form)
	if status != 200 || body["token_type"] != "Bearer" {
		r.Fatalf("%s: %d %v", what, status, body)
	}
	return body
}

// claimsOf reads a token without a look at its signature.
func claimsOf(t *testing.T, token any) map[string]any {
	t.Helper()
	text, _ := token.(string)
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		t.Fatalf("no token: %v", token)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
