package graphsim

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// deviceCode starts a sign-in on a device.
func (r *rig) deviceCode(tenant string, pairs ...string) (int, map[string]any) {
	r.Helper()
	v := url.Values{"client_id": {r.s.Credentials().PublicClientID}, "scope": {"Calendars.Read offline_access openid"}}
	set(v, pairs)
	resp, err := http.PostForm(r.url+"/"+tenant+"/oauth2/v2.0/devicecode", v)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode, r.decode(resp.Body)
}

func (r *rig) pollForm(body map[string]any, pairs ...string) url.Values {
	r.Helper()
	code, _ := body["device_code"].(string)
	if code == "" {
		r.Fatalf("no device code in %v", body)
	}
	v := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {r.s.Credentials().PublicClientID}, "device_code": {code}}
	set(v, pairs)
	return v
}

func TestADeviceIsSignedInByThePersonWhoTypesItsCode(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	tenant, u := r.s.Credentials().TenantID, r.users[1]
	status, body := r.deviceCode(tenant)
	user, _ := body["user_code"].(string)
	if status != 200 || len(user) != 9 || body["expires_in"] != 900.0 || body["interval"] != 5.0 || body["verification_uri_complete"] != nil {
		t.Fatalf("%d %v", status, body)
	}
	if text := body["message"].(string); !strings.Contains(text, user) || !strings.Contains(text, body["verification_uri"].(string)) {
		t.Errorf("message %q", text)
	}
	r.loginFails("nobody has typed it", r.pollForm(body), 400, "authorization_pending", 70016)
	b := r.browser()
	page := b.open(strings.TrimPrefix(body["verification_uri"].(string), r.url))
	if s := b.submit(page, "device", "otc", "FALSCH123"); !strings.Contains(s.text, "didn't work") && !strings.Contains(s.text, "didn&#39;t work") {
		t.Errorf("wrong code: %s", s.text)
	}
	verify := b.signIn(b.submit(page, "device", "otc", strings.ToLower(user)), r, u)
	if !strings.Contains(verify.text, "Gleis Desktop") {
		t.Errorf("last question: %s", verify.text)
	}
	r.loginFails("not yet answered", r.pollForm(body), 400, "authorization_pending", 70016)
	if done := b.submit(verify, "verify", "answer", "continue"); !strings.Contains(done.text, "You have signed in") {
		t.Errorf("end: %s", done.text)
	}
	r.loginFails("another client", r.pollForm(body, "client_id", r.s.Credentials().ClientID, "client_secret", r.s.Credentials().ClientSecret), 400, "bad_verification_code", 70018)
	if status, got := r.tokenRequest("common", r.pollForm(body)); status != 400 || got["error"] != "bad_verification_code" {
		t.Errorf("polling at another tenant: %d %v", status, got)
	}
	got := r.loginGives("signed in", r.pollForm(body))
	if c := claimsOf(t, got["access_token"]); c["oid"] != u.ID || c["appidacr"] != "0" || got["refresh_token"] == nil || got["id_token"] == nil {
		t.Errorf("%v", got)
	}
	r.loginFails("a second time", r.pollForm(body), 400, "bad_verification_code", 70018)
	if s := b.submit(page, "device", "otc", user); s.status != 200 || !strings.Contains(s.text, "work") {
		t.Errorf("the code again: %d %s", s.status, s.text)
	}
}

func TestDeviceCodesAreDeclinedAndExpire(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	tenant := r.s.Credentials().TenantID
	_, declined := r.deviceCode(tenant)
	b := r.browser()
	page := b.submit(b.open("/common/oauth2/deviceauth"), "device", "otc", declined["user_code"].(string))
	b.submit(b.signIn(page, r, r.users[1]), "verify", "answer", "cancel")
	r.loginFails("declined", r.pollForm(declined), 400, "authorization_declined", 65004)
	_, body := r.deviceCode(tenant)
	_, approved := r.deviceCode(tenant)
	r.must(r.ctl.AnswerDevice(approved["user_code"].(string), r.users[2].UPN, true))
	r.ctl.Advance(14*time.Minute + 59*time.Second)
	r.loginGives("approved by the test", r.pollForm(approved))
	r.loginFails("pending", r.pollForm(body), 400, "authorization_pending", 70016)
	r.ctl.Advance(time.Second)
	r.loginFails("expired", r.pollForm(body), 400, "expired_token", 70020)
	if s := b.submit(b.open("/common/oauth2/deviceauth"), "device", "otc", body["user_code"].(string)); !strings.Contains(s.text, "work") {
		t.Errorf("an expired code is taken: %s", s.text)
	}
	r.loginFails("invented", r.pollForm(body, "device_code", "x"), 400, "bad_verification_code", 70018)
	r.must(r.ctl.SetAutoSignIn(r.users[2].UPN, false))
	_, body = r.deviceCode(tenant)
	if c := claimsOf(t, r.loginGives("automatic", r.pollForm(body))["access_token"]); c["oid"] != r.users[2].ID {
		t.Errorf("automatic: %v", c)
	}
	if err := r.ctl.AnswerDevice("XXXXXXXXX", r.users[2].UPN, true); err == nil {
		t.Error("no error for an unknown code")
	}
}

func TestADeviceCodeIsForPublicClients(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	cred := r.s.Credentials()
	for name, tt := range map[string]struct {
		tenant string
		pairs  []string
		status int
		code   float64
	}{
		"confidential":   {cred.TenantID, []string{"client_id", cred.ClientID}, 401, 7000218},
		"unknown client": {cred.TenantID, []string{"client_id", "x"}, 400, 700016},
		"no client":      {cred.TenantID, []string{"client_id", ""}, 400, 900144},
		"no scope":       {cred.TenantID, []string{"scope", ""}, 400, 900144},
		"unknown scope":  {cred.TenantID, []string{"scope", "Unsinn.Read"}, 400, 650053},
		"consumers":      {"consumers", nil, 400, 9002332},
		"unknown tenant": {"nirgends.example", nil, 400, 90002},
	} {
		status, body := r.deviceCode(tt.tenant, tt.pairs...)
		if codes, _ := body["error_codes"].([]any); status != tt.status || len(codes) != 1 || codes[0] != tt.code {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
	if _, body := r.deviceCode("organizations", "mkt", "de-DE"); !strings.HasPrefix(body["message"].(string), "Öffnen") {
		t.Errorf("message %v", body["message"])
	}
	resp, err := http.Get(r.url + "/common/oauth2/v2.0/devicecode")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body := r.decode(resp.Body); resp.StatusCode != 400 || body["error_codes"].([]any)[0] != 900561.0 {
		t.Errorf("GET: %d %v", resp.StatusCode, body)
	}
}
