package entra

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const testClient = "11111111-2222-4333-8444-555555555555"

// platform is one with two apps and one person.
func platform(t testing.TB) *Server {
	t.Helper()
	s := New(Config{
		TenantID: "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", Domain: "contoso.example", Name: "Contoso", Scopes: []string{"User.Read", "Calendars.Read"}, TokenLife: time.Hour,
		Now: func() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) },
		Person: func(name string) (Person, bool) {
			return Person{ID: "p1", UPN: "a@contoso.example", Name: "A", Enabled: true}, name == "p1" || strings.EqualFold(name, "a@contoso.example")
		},
	})
	everybody := []string{"User.Read"}
	for _, a := range []App{
		{ID: testClient, Name: "Public", Public: true, Everybody: everybody, Scopes: everybody, Redirects: []Redirect{{"http://localhost", PlatformNative}}},
		{ID: "confidential", Name: "Service", Secrets: []Secret{{ID: "k", Value: "s"}}, Certificates: [][]byte{{1}}, Redirects: []Redirect{{"https://app.example/", PlatformWeb}}},
	} {
		if _, err := s.Register(a); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func post(s *Server, path, body string) *Response {
	return s.Serve(&Request{
		Method: "POST", Path: path, Body: []byte(body), Origin: "http://localhost", ID: "1", Related: "2",
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
	})
}

// FuzzToken holds that no form makes the token endpoint panic or answer with anything but tokens or an error of the catalogue.
func FuzzToken(f *testing.F) {
	for _, seed := range []string{
		"grant_type=password&client_id=" + testClient + "&username=a@contoso.example&password=x&scope=User.Read",
		"grant_type=client_credentials&client_id=confidential&client_secret=s&scope=https://graph.microsoft.com/.default",
		"grant_type=client_credentials&client_id=confidential&scope=x&client_assertion_type=" + assertionType + "&client_assertion=e30.e30.e30",
		"grant_type=authorization_code&client_id=" + testClient + "&code=1.A&redirect_uri=http://localhost&code_verifier=x",
		"grant_type=refresh_token&client_id=" + testClient + "&refresh_token=1.A&scope=//.default+/+a/b",
		"grant_type=device_code&client_id=" + testClient + "&device_code=D", "%zz", "grant_type=password&claims={", "",
	} {
		f.Add(seed)
	}
	s := platform(f)
	f.Fuzz(func(t *testing.T, form string) {
		rep := post(s, "/contoso.example/oauth2/v2.0/token", form)
		if rep.Status != 200 && rep.Status != 400 && rep.Status != 401 || (rep.Status == 200) != (rep.Code == "") || len(rep.Body) == 0 {
			t.Errorf("%d %s %s", rep.Status, rep.Code, rep.Body)
		}
	})
}

// FuzzBearer holds that no text but the platform's own token is taken for one, and that none makes the check panic.
func FuzzBearer(f *testing.F) {
	s := platform(f)
	token := appToken(f, s)
	if _, err := s.CheckBearer(token); err != nil {
		f.Fatal(err, token)
	}
	for _, seed := range []string{token, "", "..", "e30.e30.", "e30.e30.e30", "bnVsbA.bnVsbA.", strings.Replace(token, ".", "..", 1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if b, err := s.CheckBearer(text); err == nil && strings.NewReplacer("\r", "", "\n", "").Replace(text) != token && !sameBits(text, token) {
			t.Errorf("%q is taken for a token of %v", text, b)
		}
	})
}

// sameBits tells texts that differ in the unused bits of their last letter only.
func sameBits(a, b string) bool { return len(a) == len(b) && a[:len(a)-1] == b[:len(b)-1] }

// FuzzAssertion holds that no assertion makes the platform panic and none is accepted that no registered key has signed.
func FuzzAssertion(f *testing.F) {
	for _, seed := range []string{
		"e30.e30.e30", "eyJhbGciOiJQUzI1NiIsIng1dCNTMjU2IjoiQUFBQSJ9.eyJpc3MiOiJjIiwic3ViIjoiYyIsImV4cCI6MX0.AAAA", "", "...", "bnVsbA.bnVsbA.bnVsbA",
		"eyJhbGciOiJSUzI1NiIsIng1dCI6InZvdkc0TVhNYnYwMjF3QTZ5bVZSckVtSlpYdyJ9.eyJpc3MiOiJjb25maWRlbnRpYWwiLCJzdWIiOiJjb25maWRlbnRpYWwifQ.AA",
	} {
		f.Add(seed)
	}
	s := platform(f)
	f.Fuzz(func(t *testing.T, assertion string) {
		c := &tokenCall{exchange: &exchange{Request: &Request{Origin: "http://localhost"}, params: map[string][]string{"client_assertion_type": {assertionType}}}, app: s.state.app("confidential")}
		if err := s.checkAssertion(c, assertion); err == nil {
			t.Errorf("%q is accepted", assertion)
		}
	})
}

// FuzzBrowser holds that no query makes the pages panic, and that a browser is only sent to registered addresses.
func FuzzBrowser(f *testing.F) {
	for _, seed := range []string{
		"client_id=" + testClient + "&response_type=code&redirect_uri=http://localhost:1&scope=User.Read&state=%00&prompt=none",
		"client_id=" + testClient + "&redirect_uri=http://localhost\\@evil.example/", "client_id=confidential&redirect_uri=https://app.example.evil/", "flow=x.y", "%",
		"client_id=" + testClient + "&redirect_uri=http://localhost:1%23x&response_mode=fragment",
		"client_id=" + testClient + "&redirect_uri=http://user@localhost:1/", "client_id=confidential&redirect_uri=https://app.example/%2e%2e",
	} {
		f.Add("/common/oauth2/v2.0/authorize", seed)
		f.Add("/contoso.example/v2.0/adminconsent", seed)
		f.Add("/common/oauth2/v2.0/logout", "post_logout_"+seed)
	}
	f.Add("/common/discovery/instance", "api-version=1&authorization_endpoint=http://[")
	f.Add("/common/UserRealm/%zz", "")
	s := platform(f)
	s.state.Auto.User = "p1" // nothing stands between the request and the redirect
	f.Fuzz(func(t *testing.T, path, query string) {
		rep := s.Serve(&Request{Method: "GET", Path: path, Query: query, Header: http.Header{}, Origin: "http://localhost", ID: "1", Related: "2"})
		to, err := url.Parse(rep.Header.Get("Location"))
		if err != nil || to.Host != "" && (to.User != nil || !strings.EqualFold(to.Hostname(), "localhost") && !strings.EqualFold(to.Host, "app.example")) {
			t.Errorf("sent to %q: %v", rep.Header.Get("Location"), err)
		}
	})
}

func BenchmarkCheckBearer(b *testing.B) {
	s := platform(b)
	token := appToken(b, s)
	for b.Loop() {
		if _, err := s.CheckBearer(token); err != nil {
			b.Fatal(err)
		}
	}
}
