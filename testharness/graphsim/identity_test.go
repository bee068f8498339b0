package graphsim

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestTokenErrors(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 1, Small: true})
	cred := r.s.Credentials()
	for name, tt := range map[string]struct {
		tenant string
		change url.Values
		status int
		oauth  string
		code   float64
	}{
		"wrong secret":       {cred.TenantID, url.Values{"client_secret": {"falsch"}}, 401, "invalid_client", 7000215},
		"no secret":          {cred.TenantID, url.Values{"client_secret": {""}}, 401, "invalid_client", 7000218},
		"unknown client":     {cred.TenantID, url.Values{"client_id": {"00000000-0000-0000-0000-000000000000"}}, 400, "unauthorized_client", 700016},
		"unknown tenant":     {"nirgends.example", nil, 400, "invalid_request", 90002},
		"tenant common":      {"common", nil, 400, "invalid_request", 50059},
		"single scope":       {cred.TenantID, url.Values{"scope": {"https://graph.microsoft.com/Calendars.Read"}}, 400, "invalid_scope", 1002012},
		"foreign resource":   {cred.TenantID, url.Values{"scope": {"https://vault.example/.default"}}, 400, "invalid_resource", 500011},
		"no scope":           {cred.TenantID, url.Values{"scope": {""}}, 400, "invalid_request", 900144},
		"unknown grant type": {cred.TenantID, url.Values{"grant_type": {"magic"}}, 400, "unsupported_grant_type", 70003},
	} {
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {cred.ClientID}, "client_secret": {cred.ClientSecret}, "scope": {"https://graph.microsoft.com/.default"}}
		for k, v := range tt.change {
			form[k] = v
		}
		status, body := r.tokenRequest(tt.tenant, form)
		codes, _ := body["error_codes"].([]any)
		if status != tt.status || body["error"] != tt.oauth || len(codes) != 1 || codes[0] != tt.code {
			t.Errorf("%s: %d %v", name, status, body)
		}
		if d, _ := body["error_description"].(string); !strings.HasPrefix(d, "AADSTS") || body["correlation_id"] == nil {
			t.Errorf("%s: %v", name, body)
		}
	}
	for name, scope := range map[string]string{"Graph": "https://graph.microsoft.com/.default", "own origin": r.url + "/.default"} {
		status, body := r.tokenRequest("contoso.example", url.Values{"grant_type": {"client_credentials"}, "client_id": {cred.ClientID}, "client_secret": {cred.ClientSecret}, "scope": {scope}})
		if status != 200 || body["token_type"] != "Bearer" || body["expires_in"] != 3599.0 || body["refresh_token"] != nil {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
}

func TestBearerIsChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 1, Small: true})
	other := newRig(t, Config{Users: 1, Small: true, Seed: 99})
	own := r.token
	for name, token := range map[string]string{"none": "", "no JWT": "abc", "no payload": "a.b.c", "of another tenant": other.token, "damaged": own[:len(own)-2] + "AA"} {
		r.token = token
		a := r.send("GET", "/users", nil)
		r.refused(a, 401, "InvalidAuthenticationToken")
		if a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate", name)
		}
	}
	r.token = own
	r.get("/users")
	r.ctl.Advance(time.Hour)
	r.refused(r.send("GET", "/users", nil), 401, "InvalidAuthenticationToken")
	r.signIn()
	r.get("/users")
	r.token = ""
	resp := r.s.metadataFor(t)
	if !strings.Contains(resp, "EntityContainer") {
		t.Error("metadata needs no token")
	}
}

func (s *Server) metadataFor(t *testing.T) string {
	t.Helper()
	c := &call{s: s, ctx: t.Context(), method: "GET", path: "/$metadata", header: map[string][]string{}, requestID: "x", clientID: "x"}
	return string(s.handle(c).body)
}

func TestMissingRolesAreRefusedAsEachServiceDoes(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true, Roles: []string{"Calendars.ReadBasic"}})
	box := r.box(0)
	r.get(box + "/events")
	for path, want := range map[string]struct {
		status int
		code   string
	}{
		"/users":                               {403, "Authorization_RequestDenied"},
		box + "/calendarView/delta?" + month(): {403, "ErrorAccessDenied"},
		box + "/contacts":                      {403, "ErrorAccessDenied"},
		box + "/todo/lists":                    {401, "UnknownError"},
	} {
		r.refused(r.send("GET", path, nil), want.status, want.code)
	}
	r.refused(r.send("POST", box+"/events", eventAt("x", epoch, time.Hour, "UTC")), 403, "ErrorAccessDenied")
	r.ctl.SetRoles("Contacts.Read")
	r.refused(r.send("GET", box+"/contacts", nil), 403, "ErrorAccessDenied") // the old token keeps lacking the role
	r.signIn()
	r.get(box + "/contacts")
}

func TestSameSeedSameTenant(t *testing.T) {
	t.Parallel()
	dump := func(seed uint64) State {
		r := newRig(t, Config{Seed: seed, Users: 8})
		st, err := r.ctl.State(r.users[2].UPN, epoch.AddDate(0, 0, -100), epoch.AddDate(0, 0, 100))
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	a, b, c := rawJSON(dump(3)), rawJSON(dump(3)), rawJSON(dump(4))
	if a != b {
		t.Error("the same seed gives different mailboxes")
	}
	if a == c {
		t.Error("different seeds give the same mailbox")
	}
}

func TestTenantHasAllKinds(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	types, zones := map[string]int{}, map[string]bool{}
	var allDay, foreign, shared, cancelled, disabled, guests, bare int
	for _, u := range r.users {
		if !u.Enabled {
			disabled++
		}
		if u.Guest {
			guests++
		}
		if !u.Mailbox {
			bare++
			continue
		}
		st, err := r.ctl.State(u.UPN, epoch.AddDate(0, 0, -60), epoch.AddDate(0, 0, 200))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range append(st.Events, st.Masters...) {
			types[e["type"].(string)]++
			zones[e["originalStartTimeZone"].(string)] = true
			if e["isAllDay"] == true {
				allDay++
			}
			address := e["organizer"].(map[string]any)["emailAddress"].(map[string]any)["address"].(string)
			if !strings.HasSuffix(address, "@contoso.example") {
				foreign++
			} else if e["isOrganizer"] == false {
				shared++
			}
		}
		for _, m := range st.Masters {
			full, err := r.ctl.Do("GET", userPath(u.UPN, "/events/"+m["id"].(string)+"?$select=cancelledOccurrences"), nil)
			if err != nil {
				t.Fatal(err)
			}
			list, _ := full["cancelledOccurrences"].([]any)
			cancelled += len(list)
		}
		if len(st.Tasks) < 5 || len(st.Contacts) < 5 {
			t.Errorf("%s: %d tasks, %d contacts", u.UPN, len(st.Tasks), len(st.Contacts))
		}
	}
	for _, kind := range []string{"singleInstance", "occurrence", "exception", "seriesMaster"} {
		if types[kind] == 0 {
			t.Errorf("no %s: %v", kind, types)
		}
	}
	if len(zones) < 4 || allDay == 0 || foreign == 0 || shared == 0 || cancelled == 0 || disabled != 1 || guests != 1 || bare != 2 {
		t.Errorf("zones %v, all-day %d, foreign %d, shared %d, cancelled %d, disabled %d, guests %d, without mailbox %d", zones, allDay, foreign, shared, cancelled, disabled, guests, bare)
	}
	if n := len(r.ctl.Outbox()); n != 0 {
		t.Errorf("making the tenant left %d mails", n)
	}
}
