package graphsim

import (
	"strings"
	"testing"
	"time"
)

// see is what a token gets from a path.
func (r *rig) see(token *claims, path string) map[string]any {
	r.Helper()
	rep := r.as(token, "GET", path, "")
	if rep.status != 200 {
		r.Fatalf("GET %s: %d %s", path, rep.status, rep.body)
	}
	return r.decode(strings.NewReader(string(rep.body)))
}

// app are the claims of an application's token.
func app(roles ...string) *claims { return &claims{app: "app", roles: roles} }

func TestBasicPermissionsLeaveTheBodyOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 3, Small: true})
	for _, token := range []*claims{r.person(0, "Calendars.ReadBasic"), app("Calendars.ReadBasic.All")} {
		row := values(r.see(token, r.box(0)+"/events"))[0]
		if _, ok := row["body"]; ok || row["bodyPreview"] != nil || row["subject"] == nil {
			t.Errorf("basic: %v", row)
		}
		row = values(r.see(token, r.box(0)+"/events?$select=subject,body"))[0]
		if _, ok := row["body"]; ok {
			t.Errorf("selected: %v", row)
		}
		row = values(r.see(token, r.box(0)+"/events?$expand=extensions"))[0]
		if _, ok := row["extensions"]; ok {
			t.Errorf("expanded: %v", row)
		}
		if rep := r.as(token, "GET", r.box(0)+"/calendarView/delta?"+month(), ""); rep.status != 403 {
			t.Errorf("delta: %d", rep.status)
		}
	}
	for _, token := range []*claims{r.person(0, "Calendars.ReadBasic", "Calendars.Read"), app("Calendars.ReadBasic", "Calendars.Read")} {
		if row := values(r.see(token, r.box(0)+"/events"))[0]; row["body"] == nil {
			t.Errorf("with a higher one: %v", row)
		}
	}
}

func TestPrivateEventsAreVeiledFromGuests(t *testing.T) {
	t.Parallel()
	r := empty(t)
	guest, owner := r.users[0], r.users[1]
	e := eventAt("Arzt", epoch.Add(time.Hour), time.Hour, "UTC")
	e["sensitivity"], e["location"], e["categories"] = "private", map[string]any{"displayName": "Praxis"}, []string{"Kunde"}
	e["body"] = map[string]any{"contentType": "text", "content": "Knie"}
	id := r.do("POST", r.box(1)+"/events", e, 201)["id"].(string)
	r.do("POST", r.box(1)+"/events/"+id+"/attachments", map[string]any{"@odata.type": "#microsoft.graph.fileAttachment", "name": "befund.txt", "contentBytes": "eA=="}, 201)
	for role, veiled := range map[string]bool{"delegateWithoutPrivateEventAccess": true, "delegateWithPrivateEventAccess": false} {
		if err := r.ctl.ShareCalendar(owner.UPN, "", guest.UPN, role); err != nil {
			t.Fatal(err)
		}
		r.signInAs(guest, "Calendars.ReadWrite.Shared")
		cal := r.box(1) + "/calendar"
		rows := append(values(r.get(cal+"/events?$expand=attachments")), values(r.get(cal+"/calendarView?$expand=attachments&"+month()))...)
		first, _ := r.round(cal + "/calendarView/delta?" + month())
		for _, row := range append(append(rows, first...), r.get(cal+"/events/"+id)) {
			raw := rawJSON(row)
			told := strings.Contains(raw, "Arzt") || strings.Contains(raw, "Knie") || strings.Contains(raw, "Praxis") || strings.Contains(raw, "Kunde")
			if told == veiled || row["hasAttachments"] == veiled || row["sensitivity"] != "private" || strings.Contains(raw, "befund") && veiled {
				t.Errorf("%s: %v", role, row)
			}
		}
		for _, list := range []string{"/events?$filter=subject eq 'Arzt'", "/calendarView?$filter=startswith(subject,'Ar')&" + month()} {
			if n := len(values(r.get(cal + list))); (n == 0) != veiled {
				t.Errorf("%s: %d found by %s", role, n, list)
			}
		}
		if a := r.send("GET", cal+"/events/"+id+"/attachments", nil); (a.status == 403) != veiled {
			t.Errorf("%s: attachments %d %v", role, a.status, a.body)
		}
	}
}

func TestUserReadBasicAllShowsBasicProperties(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for _, token := range []*claims{app("User.ReadBasic.All"), r.person(0, "User.ReadBasic.All")} {
		got := r.see(token, r.box(1)+"?$select=displayName,mail,userPrincipalName,jobTitle,businessPhones,userType")
		if got["displayName"] != r.users[1].Name || got["mail"] == nil || got["jobTitle"] != nil || got["userType"] != nil || len(got["businessPhones"].([]any)) != 0 {
			t.Errorf("basic: %v", got)
		}
		for _, filter := range []string{"userType eq 'Member'", "accountEnabled eq true"} {
			if rep := r.as(token, "GET", "/users?$filter="+filter, ""); rep.status != 403 || rep.code != "Authorization_RequestDenied" {
				t.Errorf("%s: %d %s", filter, rep.status, rep.body)
			}
		}
		if rows := values(r.see(token, "/users?$filter=startswith(displayName,'Anna')")); len(rows) != 1 {
			t.Errorf("filter by a basic property: %v", rows)
		}
		if rep := r.as(token, "GET", "/users/delta", ""); rep.status != 403 {
			t.Errorf("delta: %d", rep.status)
		}
	}
	if got := r.see(r.person(0, "User.Read"), "/me?$select=jobTitle"); got["jobTitle"] == nil {
		t.Errorf("own profile: %v", got)
	}
	if got := r.see(r.person(0, "User.Read", "User.ReadBasic.All"), r.box(1)+"?$select=jobTitle"); got["jobTitle"] != nil {
		t.Errorf("another's profile: %v", got)
	}
}

// TestQueriesTellNothingThatTheTokenMayNotSee asks in all ways about properties that the answer would not show.
func TestQueriesTellNothingThatTheTokenMayNotSee(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true, MessagesPerUser: 2})
	group := "/groups/" + values(r.get("/groups?$filter=displayName eq 'Leitung'"))[0]["id"].(string)
	if err := r.ctl.LimitApp("app", r.users[0].UPN); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		roles  string // of an application; a person's scopes begin with "me"
		path   string
		status int
		code   string
	}{
		{"User.ReadBasic.All", `/users?$search="displayName:anna"`, 200, ""},
		{"User.ReadBasic.All", `/users?$search="mailNickname:anna"`, 403, "Authorization_RequestDenied"},
		{"User.ReadBasic.All", `/users?$search="proxyAddresses:smtp"`, 403, "Authorization_RequestDenied"},
		{"User.ReadBasic.All", "/users?$orderby=createdDateTime&$count=true", 403, "Authorization_RequestDenied"},
		{"User.ReadBasic.All", "/users?$orderby=displayName", 200, ""},
		{"User.ReadBasic.All", "/users?$filter=not(proxyAddresses/any(p:p eq 'x'))&$count=true", 403, "Authorization_RequestDenied"},
		{"User.ReadBasic.All", "/users?$expand=manager", 403, "Authorization_RequestDenied"},
		{"User.ReadBasic.All", "/users?$expand=memberOf", 403, "Authorization_RequestDenied"},
		{"me User.Read", "/me?$expand=memberOf", 200, ""},
		{"me User.Read User.ReadBasic.All", r.box(1) + "?$expand=memberOf", 403, "Authorization_RequestDenied"},
		{"me User.Read User.ReadBasic.All", "/users?$expand=memberOf", 403, "Authorization_RequestDenied"},
		{"User.Read.All", "/users?$expand=manager($select=displayName)", 200, ""},
		{"User.Read.All", "/users?$expand=manager($select=mailboxSettings)", 501, "NotImplemented"},
		{"User.Read.All", "/users?$expand=manager($select=nonsense)", 400, "BadRequest"},
		{"User.Read.All", "/users?$expand=directReports($filter=displayName eq 'x')", 400, "Request_UnsupportedQuery"},
		{"Group.ReadBasic.All", "/groups?$expand=owners", 403, "Authorization_RequestDenied"},
		{"User.Read.All", r.box(0) + "?$select=mailboxSettings", 403, "ErrorAccessDenied"},
		{"User.Read.All MailboxSettings.Read", r.box(0) + "?$select=mailboxSettings", 200, ""},
		{"User.Read.All MailboxSettings.Read", r.box(1) + "?$select=mailboxSettings", 403, "ErrorAccessDenied"}, // by the access policy
		{"me User.Read.All MailboxSettings.Read", r.box(1) + "?$select=mailboxSettings", 403, "ErrorAccessDenied"},
		{"me User.Read MailboxSettings.Read", "/me?$select=mailboxSettings", 200, ""},
		{"Calendars.ReadBasic", r.box(0) + "/events?$filter=extensions/any(e:e/id eq 'x')", 403, "ErrorAccessDenied"},
		{"Mail.ReadBasic", r.box(0) + "/messages?$filter=contains(bodyPreview,'x')", 403, "ErrorAccessDenied"},
		{"Mail.ReadBasic", r.box(0) + `/messages?$search="x"`, 403, "ErrorAccessDenied"},
		{"Mail.ReadBasic", r.box(0) + "/messages?$filter=isRead eq true", 200, ""},
	} {
		token := app(strings.Fields(tt.roles)...)
		if scopes, ok := strings.CutPrefix(tt.roles, "me "); ok {
			token = r.person(0, strings.Fields(scopes)...)
		}
		if rep := r.as(token, "GET", tt.path, "", eventual); rep.status != tt.status || rep.code != tt.code {
			t.Errorf("%s: %s: %d %s, want %d %s", tt.roles, tt.path, rep.status, rep.body, tt.status, tt.code)
		}
	}
	// in lists of several kinds, what is not seen is null
	names := app("GroupMember.Read.All")
	for path, want := range map[string]int{
		"?$filter=startswith(displayName,'Anna')&$count=true": 0, `?$search="displayName:anna"`: 0, "?$count=true": 3,
	} {
		rep := r.as(names, "GET", group+"/members"+path, "", eventual)
		if got := values(r.decode(strings.NewReader(string(rep.body)))); rep.status != 200 || len(got) != want {
			t.Errorf("members%s: %d %v, want %d rows", path, rep.status, got, want)
		}
	}
}

func TestMembersWithoutTheRightToTheirKindAreTypesAndIDs(t *testing.T) {
	t.Parallel()
	r := empty(t)
	board := "/groups/" + values(r.get("/groups?$filter=displayName eq 'Leitung'"))[0]["id"].(string) + "/members?$select=id,displayName,mail"
	for _, tt := range []struct {
		roles       string
		user, group bool // the name is seen
	}{
		{"GroupMember.ReadBasic.All", false, false},
		{"GroupMember.Read.All", false, true},
		{"GroupMember.Read.All User.ReadBasic.All", true, true},
		{"Directory.Read.All", true, true},
	} {
		for _, row := range values(r.see(app(strings.Fields(tt.roles)...), board)) {
			want := tt.user
			if row["@odata.type"] == odataGroup {
				want = tt.group
			}
			if row["id"] == nil || (row["displayName"] != nil) != want {
				t.Errorf("%s: %v", tt.roles, row)
			}
		}
	}
}

func TestTokensOfPeopleAreCheckedOverHTTP(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.signInAs(r.users[0], "Calendars.Read", "User.Read")
	r.get("/me/events")
	r.get("/me")
	r.refused(r.send("GET", r.box(1)+"/events", nil), 403, "ErrorAccessDenied")
	r.refused(r.send("GET", r.box(1), nil), 403, "Authorization_RequestDenied")
	r.refused(r.send("GET", "/me/contacts", nil), 403, "ErrorAccessDenied")
	if a := r.send("GET", "/me/todo/lists", nil); a.status != 401 {
		t.Errorf("tasks: %d", a.status)
	}
	r.signInAs(r.users[0], "Calendars.Read.Shared")
	r.refused(r.send("GET", r.box(1)+"/events", nil), 403, "ErrorAccessDenied")
	if err := r.ctl.ShareCalendar(r.users[1].UPN, "", r.users[0].UPN, "read"); err != nil {
		t.Fatal(err)
	}
	r.get(r.box(1) + "/events")
	batch := map[string]any{"requests": []any{
		map[string]any{"id": "1", "method": "GET", "url": "/me/events"}, map[string]any{"id": "2", "method": "GET", "url": r.box(2) + "/events"},
	}}
	for _, one := range r.do("POST", "/$batch", batch, 200)["responses"].([]any) {
		want := map[any]float64{"1": 200, "2": 403}[one.(map[string]any)["id"]]
		if got := one.(map[string]any)["status"]; got != want {
			t.Errorf("in a batch: %v, want %v", one, want)
		}
	}
}

// TestLinksAndBatchesCheckTheTokenAgain uses links of a token that may more with one that may less.
func TestLinksAndBatchesCheckTheTokenAgain(t *testing.T) {
	t.Parallel()
	r := empty(t)
	link := func(token *claims, path, name string) string {
		body := r.see(token, path)
		raw, _ := body[name].(string)
		at, ok := strings.CutPrefix(raw, graphOrigin+"/v1.0")
		if !ok {
			t.Fatalf("%s has no %s: %v", path, name, body)
		}
		return strings.ReplaceAll(at, "%24", "$")
	}
	readers, event := app("User.Read.All", "Calendars.Read"), r.box(0)+"/events"
	for range 2 {
		r.do("POST", event, eventAt("x", epoch, time.Hour, "UTC"), 201)
	}
	for _, tt := range []struct {
		link  string
		token *claims
		code  string
	}{
		{link(readers, "/users?$filter=userType eq 'Member'&$top=1", "@odata.nextLink"), app("User.ReadBasic.All"), "Authorization_RequestDenied"},
		{link(readers, "/users/delta?$select=jobTitle", "@odata.deltaLink"), app("User.ReadBasic.All"), "Authorization_RequestDenied"},
		{link(readers, "/users/delta?$select=jobTitle", "@odata.deltaLink"), r.person(0, "User.Read"), "Authorization_RequestDenied"},
		{link(readers, event+"?$top=1", "@odata.nextLink"), r.person(1, "Calendars.Read.Shared"), "ErrorAccessDenied"},
		{link(readers, r.box(0)+"/calendarView/delta?"+month(), "@odata.deltaLink"), app("Calendars.ReadBasic"), "ErrorAccessDenied"},
		{link(readers, r.box(0)+"/calendarView/delta?"+month(), "@odata.deltaLink"), r.person(1, "Calendars.Read"), "ErrorAccessDenied"},
	} {
		if rep := r.as(tt.token, "GET", tt.link, ""); rep.status != 403 || rep.code != tt.code {
			t.Errorf("%s: %d %s, want %s", tt.link, rep.status, rep.body, tt.code)
		}
		batch := rawJSON(map[string]any{"requests": []any{map[string]any{"id": "1", "method": "GET", "url": tt.link}}})
		rep := r.as(tt.token, "POST", "/$batch", batch)
		one := r.decode(strings.NewReader(string(rep.body)))["responses"].([]any)[0].(map[string]any)
		if one["status"] != 403.0 {
			t.Errorf("%s in a batch: %v", tt.link, one)
		}
	}
}
