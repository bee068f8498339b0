package graphsim

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// as makes a call inside the simulator with the claims of a token that needs not be issued.
func (r *rig) as(token *claims, method, path, body string, headers ...string) *reply {
	target, query, _ := strings.Cut(path, "?")
	c := &call{
		s: r.s, ctx: r.Context(), method: method, path: target, rawQuery: strings.ReplaceAll(query, " ", "%20"), header: http.Header{},
		origin: graphOrigin, requestID: "r", clientID: "r", token: token, body: []byte(body),
	}
	if body != "" {
		c.header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, v, _ := strings.Cut(h, ": ")
		c.header.Set(name, v)
	}
	return r.s.handle(c)
}

// person are the claims of a user's token.
func (r *rig) person(i int, scopes ...string) *claims {
	return &claims{app: "app", user: r.users[i].ID, scopes: scopes}
}

func TestAPersonReachesOnlyWhatScopesAndSharesAllow(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for _, err := range []error{
		r.ctl.ShareCalendar(r.users[1].UPN, "", r.users[0].UPN, "read"),
		r.ctl.ShareCalendar(r.users[2].UPN, "", r.users[0].UPN, "write"),
		r.ctl.ShareFolders(r.users[1].UPN, r.users[0].UPN, "contacts", "read"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	contact := `{"givenName":"Eva"}`
	event := `{"subject":"x","start":{"dateTime":"2026-11-23T09:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-11-23T10:00:00","timeZone":"UTC"}}`
	for _, tt := range []struct {
		name, scopes, method, path, body string
		status                           int
		code                             string
	}{
		{"own with the plain scope", "Calendars.Read", "GET", "/me/events", "", 200, ""},
		{"own by id", "Calendars.Read", "GET", r.box(0) + "/events", "", 200, ""},
		{"own with the scope for shared ones", "Calendars.Read.Shared", "GET", "/me/events", "", 200, ""},
		{"own without the scope", "Contacts.Read", "GET", "/me/events", "", 403, "ErrorAccessDenied"},
		{"own writing with a reading scope", "Calendars.Read", "POST", "/me/events", event, 403, "ErrorAccessDenied"},
		{"shared with the plain scope", "Calendars.ReadWrite", "GET", r.box(1) + "/calendar/events", "", 403, "ErrorAccessDenied"},
		{"shared with the scope", "Calendars.Read.Shared", "GET", r.box(1) + "/calendar/events", "", 200, ""},
		{"shared calendars are listed", "Calendars.Read.Shared", "GET", r.box(1) + "/calendars", "", 200, ""},
		{"nothing shared", "Calendars.ReadWrite.Shared", "GET", r.box(3) + "/calendar/events", "", 403, "ErrorAccessDenied"},
		{"nothing shared, calendars", "Calendars.ReadWrite.Shared", "GET", r.box(3) + "/calendars", "", 403, "ErrorAccessDenied"},
		{"a new calendar at another's", "Calendars.ReadWrite.Shared", "POST", r.box(2) + "/calendars", `{"name":"x"}`, 403, "ErrorAccessDenied"},
		{"writing where reading is shared", "Calendars.ReadWrite.Shared", "POST", r.box(1) + "/calendar/events", event, 403, "ErrorAccessDenied"},
		{"writing where it is shared", "Calendars.ReadWrite.Shared", "POST", r.box(2) + "/calendar/events", event, 201, ""},
		{"writing with the scope to read", "Calendars.Read.Shared", "POST", r.box(2) + "/calendar/events", event, 403, "ErrorAccessDenied"},
		{"shared contacts", "Contacts.Read.Shared", "GET", r.box(1) + "/contacts", "", 200, ""},
		{"contacts of somebody else", "Contacts.Read.Shared", "GET", r.box(2) + "/contacts", "", 403, "ErrorAccessDenied"},
		{"writing shared contacts", "Contacts.ReadWrite.Shared", "POST", r.box(1) + "/contacts", contact, 403, "ErrorAccessDenied"},
		{"own tasks", "Tasks.Read", "GET", "/me/todo/lists", "", 200, ""},
		{"tasks without the scope", "User.Read", "GET", "/me/todo/lists", "", 401, "UnknownError"},
		{"tasks of another", "Tasks.ReadWrite", "GET", r.box(1) + "/todo/lists", "", 401, "UnknownError"},
		{"own profile", "User.Read", "GET", "/me", "", 200, ""},
		{"another's profile", "User.Read", "GET", r.box(1), "", 403, "Authorization_RequestDenied"},
		{"another's profile with the scope", "User.ReadBasic.All", "GET", r.box(1), "", 200, ""},
		{"settings of another", "MailboxSettings.Read", "GET", r.box(1) + "/mailboxSettings", "", 403, "ErrorAccessDenied"},
		{"settings", "MailboxSettings.Read", "GET", "/me/mailboxSettings", "", 200, ""},
	} {
		rep := r.as(r.person(0, strings.Fields(tt.scopes)...), tt.method, tt.path, tt.body)
		if rep.status != tt.status || rep.code != tt.code {
			t.Errorf("%s: %s %s: %d %s, want %d %s: %s", tt.name, tt.method, tt.path, rep.status, rep.code, tt.status, tt.code, rep.body)
		}
	}
}

func TestAnAccessPolicyLimitsAnApplicationToItsMailboxes(t *testing.T) {
	t.Parallel()
	r := empty(t)
	app := r.s.Credentials().ClientID
	if err := r.ctl.LimitApp(app, r.users[1].UPN); err != nil {
		t.Fatal(err)
	}
	r.get(r.box(1) + "/events")
	for _, path := range []string{"/events", "/contacts", "/mailboxSettings", "/calendarView/delta?" + month()} {
		a := r.send("GET", r.box(0)+path, nil)
		r.refused(a, 403, "ErrorAccessDenied")
		if m := a.body["error"].(map[string]any)["message"].(string); !strings.HasPrefix(m, "Access to OData is disabled") {
			t.Errorf("%s: %s", path, m)
		}
	}
	r.get(r.box(0) + "/todo/lists") // To Do is not covered
	r.get(r.box(0))                 // nor is the directory
	r.ctl.UnlimitApp(app)
	r.get(r.box(0) + "/events")
	if err := r.ctl.LimitApp(app, "nobody@contoso.example"); err == nil {
		t.Error("a policy for nobody")
	}
}

func TestCalendarPermissionsAreSharedByTheirOwner(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := r.box(1) + "/calendar/calendarPermissions"
	organization := values(r.get(at))
	if len(organization) != 1 || organization[0]["isRemovable"] != false || organization[0]["role"] != "freeBusyRead" {
		t.Fatalf("sharing at first: %v", organization)
	}
	john := r.person(0, "Calendars.Read.Shared")
	if rep := r.as(john, "GET", r.box(1)+"/calendar/events", ""); rep.status != 403 {
		t.Errorf("not shared yet: %d", rep.status)
	}
	made := r.do("POST", at, map[string]any{"emailAddress": map[string]any{"address": r.users[0].Mail}, "role": "read"}, 201)
	if made["isInsideOrganization"] != true || made["isRemovable"] != true || made["role"] != "read" {
		t.Errorf("share: %v", made)
	}
	if rep := r.as(john, "GET", r.box(1)+"/calendar/events", ""); rep.status != 200 {
		t.Errorf("shared: %d %s", rep.status, rep.body)
	}
	id := made["id"].(string)
	if got := r.do("PATCH", at+"/"+id, map[string]any{"role": "freeBusyRead"}, 200); got["role"] != "freeBusyRead" {
		t.Errorf("changed: %v", got)
	}
	if rep := r.as(john, "GET", r.box(1)+"/calendar/events", ""); rep.status != 403 {
		t.Errorf("free/busy only: %d", rep.status)
	}
	r.do("PATCH", at+"/"+id, map[string]any{"role": "write"}, 200)
	if cal := r.get(at + "/" + id); cal["role"] != "write" {
		t.Errorf("read back: %v", cal)
	}
	r.do("DELETE", at+"/"+id, nil, 204)
	r.refused(r.send("GET", at+"/"+id, nil), 404, "ErrorItemNotFound")
	r.do("PATCH", at+"/RGVmYXVsdA==", map[string]any{"role": "read"}, 200)
	if rep := r.as(john, "GET", r.box(1)+"/calendar/events", ""); rep.status != 200 {
		t.Errorf("shared with the organisation: %d", rep.status)
	}
	for _, tt := range []struct {
		method, path string
		body         any
		status       int
		code         string
	}{
		{"DELETE", at + "/RGVmYXVsdA==", nil, 400, "ErrorInvalidRequest"},
		{"PATCH", at + "/RGVmYXVsdA==", map[string]any{"role": "delegateWithPrivateEventAccess"}, 400, "ErrorPropertyValidationFailure"},
		{"PATCH", at + "/RGVmYXVsdA==", map[string]any{"role": 3}, 400, "UnableToDeserializePostBody"},
		{"POST", at, map[string]any{"role": "read"}, 400, "ErrorPropertyValidationFailure"},
		{"POST", at, map[string]any{"emailAddress": map[string]any{"address": "x@elsewhere.example"}, "role": "write"}, 400, "ErrorPropertyValidationFailure"},
		{"DELETE", at + "/eHg=", nil, 404, "ErrorItemNotFound"},
	} {
		r.refused(r.send(tt.method, tt.path, tt.body), tt.status, tt.code)
	}
}

func TestASharedCalendarSaysWhatThePersonMayDo(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for role, want := range map[string][2]bool{"read": {false, false}, "write": {true, false}, "delegateWithPrivateEventAccess": {true, true}} {
		if err := r.ctl.ShareCalendar(r.users[1].UPN, "", r.users[0].UPN, role); err != nil {
			t.Fatal(err)
		}
		rep := r.as(r.person(0, "Calendars.Read.Shared"), "GET", r.box(1)+"/calendar", "")
		cal := r.decode(strings.NewReader(string(rep.body)))
		if cal["canEdit"] != want[0] || cal["canViewPrivateItems"] != want[1] || cal["canShare"] != false {
			t.Errorf("%s: %v", role, cal)
		}
	}
	if err := r.ctl.ShareCalendar(r.users[1].UPN, "", r.users[0].UPN, "owner"); err == nil {
		t.Error("a role that is none")
	}
}

func TestTheDefaultRolesReachEveryRoute(t *testing.T) {
	t.Parallel()
	app := &claims{roles: defaultRoles(routes())}
	for _, row := range routes() {
		if len(row.needs.roles) > 0 && !row.needs.allows(app) {
			t.Errorf("%s %s: none of %v", row.method, row.pattern, row.needs.roles)
		}
	}
	if !slices.IsSorted(app.roles) {
		t.Errorf("roles: %v", app.roles)
	}
}

func TestATokenOfADeletedUserOpensNoMailbox(t *testing.T) {
	t.Parallel()
	r := empty(t)
	if err := r.ctl.ShareCalendar(r.users[1].UPN, "", "", "read"); err != nil {
		t.Fatal(err)
	}
	if err := r.ctl.RemoveUser(r.users[0].UPN); err != nil {
		t.Fatal(err)
	}
	gone := r.person(0, delegatedScopes()...)
	body := rawJSON(scheduleBody(epoch, time.Hour, 30, r.users[1].Mail))
	for _, tt := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/me", "", 404},
		{"GET", "/me/events", "", 404},
		{"GET", "/me/todo/lists", "", 404},
		{"POST", "/me/calendar/getSchedule", body, 404},
		{"GET", r.box(1) + "/events", "", 403},
		{"GET", r.box(1) + "/calendars", "", 403},
		{"GET", r.box(1) + "/contacts", "", 403},
		{"POST", r.box(1) + "/calendar/getSchedule", body, 403},
	} {
		if rep := r.as(gone, tt.method, tt.path, tt.body); rep.status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.path, rep.status, rep.body, tt.status)
		}
	}
	if role := (&calendar{}).roleOf(nil); role != "none" {
		t.Errorf("the role of nobody is %s", role)
	}
}
