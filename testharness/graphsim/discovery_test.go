package graphsim

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"net/url"
	"strings"
	"testing"
)

func TestDiscoveryTellsWhereEverythingIs(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	tenant := r.s.Credentials().TenantID
	for place, issuer := range map[string]string{
		tenant: r.url + "/" + tenant + "/v2.0", "contoso.example": r.url + "/" + tenant + "/v2.0", "common": r.url + "/{tenantid}/v2.0",
		"organizations": r.url + "/{tenantid}/v2.0", "consumers": r.url + "/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
		"9188040d-6c67-4c5b-b112-36a304b66dad": r.url + "/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
	} {
		doc := r.do("GET", r.url+"/"+place+"/v2.0/.well-known/openid-configuration", nil, 200)
		if doc["issuer"] != issuer || doc["cloud_instance_name"] != "microsoftonline.com" {
			t.Errorf("%s: %v", place, doc)
		}
		for _, name := range []string{"authorization_endpoint", "token_endpoint", "device_authorization_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"} {
			if to, _ := doc[name].(string); !strings.HasPrefix(to, r.url+"/") {
				t.Errorf("%s: %s is %v", place, name, doc[name])
			}
		}
		if region, has := doc["tenant_region_scope"]; !has || (region == nil) != strings.Contains(issuer, "{tenantid}") && place != "consumers" && place[0] != '9' {
			t.Errorf("%s: region %v", place, region)
		}
	}
	a := r.send("GET", r.url+"/nirgends.example/v2.0/.well-known/openid-configuration", nil)
	if a.status != 400 || a.body["error"] != "invalid_tenant" || a.body["error_codes"].([]any)[0] != 90002.0 {
		t.Errorf("unknown tenant: %d %v", a.status, a.body)
	}
	ask := r.url + "/common/discovery/instance?api-version=1.1&authorization_endpoint="
	body := r.do("GET", ask+url.QueryEscape(r.url+"/"+tenant+"/oauth2/v2.0/authorize"), nil, 200)
	meta := body["metadata"].([]any)[0].(map[string]any)
	if body["tenant_discovery_endpoint"] != r.url+"/"+tenant+"/v2.0/.well-known/openid-configuration" || "http://"+meta["preferred_network"].(string) != r.url {
		t.Errorf("instance: %v", body)
	}
	if a := r.send("GET", ask+url.QueryEscape("https://login.example/x"), nil); a.status != 400 || a.body["error"] != "invalid_instance" {
		t.Errorf("foreign instance: %d %v", a.status, a.body)
	}
	if a := r.send("GET", ask, nil); a.status != 400 {
		t.Errorf("no instance: %d %v", a.status, a.body)
	}
	for name, kind := range map[string]string{"a@contoso.example": "Managed", "a@nirgends.example": "Unknown"} {
		if body := r.do("GET", r.url+"/common/UserRealm/"+url.PathEscape(name)+"?api-version=1.0", nil, 200); body["account_type"] != kind {
			t.Errorf("%s: %v", name, body)
		}
	}
}

// publicKey reads the one key of the key set.
func (r *rig) publicKey() (*rsa.PublicKey, string) {
	r.Helper()
	set := r.do("GET", r.url+"/common/discovery/v2.0/keys", nil, 200)["keys"].([]any)[0].(map[string]any)
	n, err := base64.RawURLEncoding.DecodeString(set["n"].(string))
	r.must(err)
	if set["kty"] != "RSA" || set["use"] != "sig" || set["e"] != "AQAB" {
		r.Errorf("key %v", set)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}, set["kid"].(string)
}

func TestTheKeySetVerifiesIDTokensAndNotTheTokensOfGraph(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	key, kid := r.publicKey()
	body := r.loginGives("password", r.passwordForm(r.users[1]))
	for name, verifies := range map[string]bool{"id_token": true, "access_token": false} {
		parts := strings.Split(body[name].(string), ".")
		sum, err := base64.RawURLEncoding.DecodeString(parts[2])
		r.must(err)
		head, err := base64.RawURLEncoding.DecodeString(parts[0])
		r.must(err)
		digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
		if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], sum); (err == nil) != verifies || !strings.Contains(string(head), `"kid":"`+kid+`"`) {
			t.Errorf("%s: %v %s", name, err, head)
		}
	}
}

func TestTheClaimsOfTheTwoKindsOfTokens(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	cred, u := r.s.Credentials(), r.users[0]
	body := r.loginGives("password", r.passwordForm(u, "client_info", "1", "claims", `{"access_token":{"xms_cc":{"values":["cp1"]}}}`))
	c := claimsOf(t, body["access_token"])
	for name, want := range map[string]any{
		"aud": "https://graph.microsoft.com", "iss": "https://sts.windows.net/" + cred.TenantID + "/", "tid": cred.TenantID, "oid": u.ID, "appid": cred.PublicClientID,
		"appidacr": "0", "idtyp": "user", "upn": u.UPN, "unique_name": u.UPN, "name": u.Name, "ver": "1.0", "iat": float64(epoch.Unix()), "nbf": float64(epoch.Unix()),
		"exp": float64(epoch.Unix() + 3599), "scp": "Calendars.Read openid profile email",
	} {
		if c[name] != want {
			t.Errorf("%s is %v, want %v", name, c[name], want)
		}
	}
	if c["roles"] != nil || c["sub"] == u.ID || c["uti"] == "" || rawJSON(c["xms_cc"]) != `["CP1"]` || rawJSON(c["amr"]) != `["pwd"]` || c["wids"] == nil {
		t.Errorf("claims %v", c)
	}
	info, err := base64.RawURLEncoding.DecodeString(body["client_info"].(string))
	if r.must(err); string(info) != `{"uid":"`+u.ID+`","utid":"`+cred.TenantID+`"}` {
		t.Errorf("client info %s", info)
	}
	app := claimsOf(t, r.token)
	if app["idtyp"] != "app" || app["scp"] != nil || app["oid"] != app["sub"] || app["upn"] != nil || app["appidacr"] != "1" || len(app["roles"].([]any)) == 0 || app["name"] != nil {
		t.Errorf("claims of the app %v", app)
	}
	byID := r.loginGives("Graph by its id", r.passwordForm(u, "scope", "00000003-0000-0000-c000-000000000000/Calendars.Read"))
	if c := claimsOf(t, byID["access_token"]); c["aud"] != "00000003-0000-0000-c000-000000000000" || byID["scope"] != "00000003-0000-0000-c000-000000000000/Calendars.Read" {
		t.Errorf("by id: %v", c)
	}
	r.token = byID["access_token"].(string)
	r.get("/me/events")
	r.token = body["id_token"].(string)
	r.refused(r.send("GET", "/me/events", nil), 401, "InvalidAuthenticationToken")
}

func TestUserInfoTellsWhoSignedIn(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	u := r.users[1]
	body := r.signInAs(u, "openid", "profile", "email", "User.Read")
	info := r.do("GET", r.url+"/oidc/userinfo", nil, 200)
	id := claimsOf(t, body["id_token"])
	if info["sub"] != id["sub"] || info["name"] != u.Name || info["email"] != u.Mail || info["family_name"] == "" || id["email"] != u.Mail {
		t.Errorf("%v", info)
	}
	r.signInAs(u, "openid")
	if info := r.do("GET", r.url+"/oidc/userinfo", nil, 200); info["name"] != nil || info["email"] != nil || info["sub"] != id["sub"] {
		t.Errorf("openid alone: %v", info)
	}
	r.signInAs(u, "User.Read")
	if a := r.send("GET", r.url+"/oidc/userinfo", nil); a.status != 403 {
		t.Errorf("without openid: %d", a.status)
	}
	r.token = ""
	r.refused(r.send("GET", r.url+"/oidc/userinfo", nil), 401, "InvalidAuthenticationToken")
}
