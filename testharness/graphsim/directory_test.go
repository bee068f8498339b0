package graphsim

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

const eventual = "ConsistencyLevel: eventual"

func TestDirectoryFiltersAreThoseOfTheDocumentedTable(t *testing.T) {
	t.Parallel()
	r := empty(t)
	anna := r.users[0]
	for _, tt := range []struct {
		filter   string
		basic    int // rows without the marks of an advanced query; -1: refused
		advanced int
	}{
		{"userType eq 'Member'", 5, 5},
		{"userType ne 'Guest'", -1, 5},
		{"not(userType eq 'Guest')", -1, 5},
		{"accountEnabled eq false", 1, 1},
		{"accountEnabled in (true)", 5, 5},
		{"startswith(displayName,'Anna')", 1, 1},
		{"endswith(mail,'@contoso.example')", -1, 5},
		{"proxyAddresses/any(p:p eq 'smtp:" + anna.Mail + "')", 1, 1},
		{"proxyAddresses/any(p:endsWith(p,'@contoso.example'))", -1, 5},
		{"assignedLicenses/any(s:s/skuId eq 6fd2c87f-b296-42f0-b197-1e91e994b900)", 4, 4},
		{"assignedLicenses/$count ne 0", -1, 4},
		{"assignedPlans/any(p:p/service eq 'exchange' and p/capabilityStatus eq 'Enabled')", 4, 4},
		{"identities/any(c:c/issuerAssignedId eq '" + anna.UPN + "' and c/issuer eq 'contoso.example')", 1, 1},
		{"mail ne null", -1, 6},
		{"mobilePhone eq null", -1, 6},
		{"companyName eq 'Contoso Werke GmbH'", -1, 6},
		{"officeLocation eq 'x'", -1, 0},
		{"createdDateTime ge 2021-01-01T00:00:00Z", 6, 6},
		{"id in ('" + anna.ID + "','" + r.users[1].ID + "')", 2, 2},
		{"mail eq '" + anna.Mail + "' or userPrincipalName eq '" + r.users[1].UPN + "'", 2, 2},
		{"onPremisesSyncEnabled eq true OR userType ne 'Guest'", -1, 5},
	} {
		path := "/users?$filter=" + url.PathEscape(tt.filter)
		a := r.send("GET", path, nil)
		if tt.basic < 0 {
			r.refused(a, 400, "Request_UnsupportedQuery")
		} else if len(values(a.body)) != tt.basic || a.status != 200 {
			t.Errorf("%s: %d rows, %d, want %d: %v", tt.filter, len(values(a.body)), a.status, tt.basic, a.body["error"])
		}
		a = r.send("GET", path+"&$count=true", nil, eventual)
		if a.status != 200 || len(values(a.body)) != tt.advanced || a.body["@odata.count"] != float64(tt.advanced) {
			t.Errorf("%s, advanced: %d rows, %d, want %d: %v", tt.filter, len(values(a.body)), a.status, tt.advanced, a.body["error"])
		}
	}
}

func TestTheDirectoryRefusesWhatItDoesNotOffer(t *testing.T) {
	t.Parallel()
	r := empty(t)
	group := values(r.get("/groups"))[0]["id"].(string)
	for _, tt := range []struct {
		path, header string
		status       int
		code         string
	}{
		{"/users?$top=0", "", 400, "Request_UnsupportedQuery"},
		{"/users?$top=1000", "", 400, "Request_UnsupportedQuery"},
		{"/users?$skip=3", "", 400, "Request_BadRequest"},
		{"/users?$orderby=createdDateTime", "", 400, "Request_UnsupportedQuery"},
		{"/users?$orderby=mail&$count=true", eventual, 400, "Request_UnsupportedQuery"},
		{"/users?$orderby=displayName&$filter=userType eq 'Member'", "", 400, "Request_UnsupportedQuery"},
		{"/users?$search=\"displayName:anna\"", "", 400, "Request_BadRequest"},
		{"/users?$search=\"anna\"", eventual, 400, "Request_BadRequest"},
		{"/users?$search=displayName:anna", eventual, 400, "Request_BadRequest"},
		{"/users?$search=\"city:Berlin\"", eventual, 400, "Request_UnsupportedQuery"},
		{"/users?$search=\"displayName:\"", eventual, 400, "Request_BadRequest"},
		{"/users?$search=\"displayName:a\" and \"displayName:b\"", eventual, 400, "Request_BadRequest"},
		{"/users?$filter=" + strings.Repeat("displayName eq 'a' or ", 15) + "displayName eq 'b'", "", 400, "Request_UnsupportedQuery"},
		{"/users?$filter=" + strings.Repeat("displayName eq 'a' or ", 14) + "displayName eq 'b'", "", 200, ""},
		{"/users?$filter=id in ('0'" + strings.Repeat(",'1'", 15) + ")", "", 400, "Request_UnsupportedQuery"},
		{"/users?$filter=id in ('0'" + strings.Repeat(",'1'", 14) + ")", "", 200, ""},
		{"/users?$filter=nonsense/any(x:displayName eq 'a')", "", 400, "Request_UnsupportedQuery"},
		{"/users?$filter=otherMails/any(x:displayName eq 'a')", "", 400, "Request_UnsupportedQuery"},
		{"/users/" + r.users[0].ID + "/events?$filter=nonsense/any(x:subject eq 'a')", "", 400, "RequestBroker--ParseUri"},
		{"/users/" + r.users[0].ID + "/events?$filter=subject eq importance", "", 400, "ErrorInvalidUrlQueryFilter"},
		{"/users?$filter=mail eq userPrincipalName", "", 400, "Request_UnsupportedQuery"},
		{"/users?$filter=city in ('Berlin') and nonsense eq 1", "", 400, "Request_UnsupportedQuery"},
		{"/users?$filter=aboutMe eq 'x'", "", 400, "Request_UnsupportedQuery"},
		{"/users?$expand=calendar", "", 400, "BadRequest"},
		{"/users?$expand=manager&$count=true", eventual, 400, "Request_UnsupportedQuery"},
		{"/users?$expand=manager,memberOf", "", 400, "Request_UnsupportedQuery"},
		{"/users/$count", "", 400, "Request_BadRequest"},
		{"/users?$select=birthday", "", 501, "NotImplemented"},
		{"/groups?$select=unseenCount", "", 501, "NotImplemented"},
		{"/groups?$filter=description eq 'x'", "", 400, "Request_UnsupportedQuery"},
		{"/groups/" + group + "/members?$filter=startswith(displayName,'A')", "", 400, "Request_UnsupportedQuery"},
		{"/groups/" + group + "/members/microsoft.graph.user?$filter=accountEnabled eq true", "", 400, "Request_UnsupportedQuery"},
		{"/groups/" + group + "/members/microsoft.graph.user/$count", "", 400, "Request_BadRequest"},
		{"/groups/" + group + "/members/microsoft.graph.device", "", 400, "BadRequest"},
		{"/users/" + r.users[0].ID + "?$select=skills", "", 200, ""},
		{"/groups/(uniqueName='x')", "", 404, "Request_ResourceNotFound"},
		{"/users/" + group, "", 404, "Request_ResourceNotFound"},
		{"/users/" + r.users[0].ID + "/findRooms", "", 400, "BadRequest"},
		{"/places/findRooms", "", 400, "BadRequest"},
	} {
		var headers []string
		if tt.header != "" {
			headers = append(headers, tt.header)
		}
		a := r.send("GET", tt.path, nil, headers...)
		if a.status != tt.status || a.status != 200 && a.code() != tt.code {
			t.Errorf("%s: %d %v, want %d %s", tt.path, a.status, a.body, tt.status, tt.code)
		}
	}
}

func TestSearchFindsWordsByTheirBeginning(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for search, want := range map[string]int{
		`"displayName:ann"`: 1,
		`"displayName:nna"`: 0,
		`"mail:anna"`:       1,
		`"displayName:anna" OR "displayName:clara"`:                          2,
		`"displayName:anna" AND "mail:anna"`:                                 1,
		`"displayName:anna" AND "mail:contoso"`:                              0,
		`"displayName:anna" AND NOT "mail:anna"`:                             0,
		`"mail:clara" OR ("displayName:anna" AND ("mail:anna" OR "mail:x"))`: 2,
		`"displayName:anna" AND "displayName:clara"`:                         0,
		`"proxyAddresses:contoso"`:                                           0,
		`"proxyAddresses:smtp:anna"`:                                         1,
		`"displayName:zzz" OR "displayName:a b c d e"`:                       0,
	} {
		if n := len(values(r.get("/users?$search="+url.PathEscape(search), eventual))); n != want {
			t.Errorf("%s: %d rows, want %d", search, n, want)
		}
	}
	// the header alone suffices, $count gives the total
	if c := r.get(`/users?$search="displayName:anna"&$count=true&$orderby=displayName`, eventual)["@odata.count"]; c != 1.0 {
		t.Errorf("count %v", c)
	}
}

func TestASingleUserShowsWhatListsDoNot(t *testing.T) {
	t.Parallel()
	r := empty(t)
	got := r.get(r.box(0) + "?$select=displayName,aboutMe,skills,mailboxSettings,department")
	settings, _ := got["mailboxSettings"].(map[string]any)
	if settings["timeZone"] != "W. Europe Standard Time" || got["aboutMe"] != nil || got["department"] == nil {
		t.Errorf("user: %v", got)
	}
	if skills, ok := got["skills"].([]any); !ok || len(skills) != 0 {
		t.Errorf("skills: %v", got["skills"])
	}
	byDefault := r.get(r.box(0))
	if len(byDefault) != 12 || byDefault["department"] != nil || byDefault["id"] != r.users[0].ID {
		t.Errorf("default properties: %v", byDefault)
	}
	if guest := r.get("/users/" + r.users[5].ID + "?$select=mailboxSettings"); guest["mailboxSettings"] != nil {
		t.Errorf("guest: %v", guest)
	}
}

func TestPageTokensOfTheDirectoryExpire(t *testing.T) {
	t.Parallel()
	r := empty(t)
	next := r.get("/users?$top=2")["@odata.nextLink"].(string)
	if rows := values(r.get(next)); len(rows) != 2 {
		t.Errorf("second page: %v", rows)
	}
	if err := r.ctl.RemoveUser(r.users[1].UPN); err != nil { // the last one of the first page
		t.Fatal(err)
	}
	if rows := values(r.get(next)); len(rows) != 2 || rows[0]["id"] != r.users[2].ID {
		t.Errorf("second page after a deletion: %v", rows)
	}
	r.ctl.Advance(pageTokenLife + time.Second)
	r.signIn()
	r.refused(r.send("GET", next, nil), 400, "Directory_ExpiredPageToken")
	r.refused(r.send("GET", "/users?$skiptoken=x", nil), 400, "Request_BadRequest")
	for _, mark := range []string{"a|-1|0", "a|0|", "a|9999999999999999999|0", "a"} {
		token := pageTokenMark + base64.RawURLEncoding.EncodeToString([]byte(mark))
		r.refused(r.send("GET", "/users?$skiptoken="+token, nil), 400, "Request_BadRequest")
	}
	if n := len(r.all("/users?$top=2")); n != 5 {
		t.Errorf("a new listing has %d", n)
	}
}

func TestGroupsTellTheirMembersOfAllKinds(t *testing.T) {
	t.Parallel()
	r := empty(t)
	board := values(r.get("/groups?$filter=displayName eq 'Leitung'"))[0]["id"].(string)
	contact := r.ctl.AddContact("Karla Kontakt", "karla@fabrikam.example")
	link := map[string]any{"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/" + contact}
	r.do("POST", "/groups/"+board+"/members/$ref", link, 204)
	r.refused(r.send("POST", "/groups/"+board+"/members/$ref", link), 400, "Request_BadRequest")
	kinds := map[string]int{}
	for _, m := range r.all("/groups/" + board + "/members") {
		kinds[m["@odata.type"].(string)]++
	}
	if fmt.Sprint(kinds) != "map[#microsoft.graph.group:1 #microsoft.graph.orgContact:1 #microsoft.graph.user:2]" {
		t.Errorf("members: %v", kinds)
	}
	for path, want := range map[string]int{
		"/groups/" + board + "/members/microsoft.graph.user":              2,
		"/groups/" + board + "/members/microsoft.graph.group":             1,
		"/groups/" + board + "/members/microsoft.graph.orgContact":        1,
		"/groups/" + board + "/transitiveMembers":                         7,
		"/groups/" + board + "/owners":                                    1,
		"/groups(uniqueName='leitung')/members":                           4,
		"/contacts/" + contact + "/memberOf":                              1,
		"/users/" + r.users[3].ID + "/memberOf":                           2,
		"/users/" + r.users[3].ID + "/transitiveMemberOf":                 3,
		"/users/" + r.users[3].UPN + "/memberOf/microsoft.graph.group":    2,
		"/contacts?$filter=startswith(mail,'karla')":                      1,
		"/users/" + r.users[0].ID + "/directReports":                      4,
		"/users/" + r.users[0].ID + "/directReports/microsoft.graph.user": 4,
	} {
		if n := len(r.all(path)); n != want {
			t.Errorf("%s: %d, want %d", path, n, want)
		}
	}
	for path, want := range map[string]string{
		"/groups/" + board + "/members/microsoft.graph.user/$count": "2", "/groups/" + board + "/transitiveMembers/$count": "7", "/users/$count": "6",
		"/users/$count?$filter=userType eq 'Guest'": "1",
	} {
		if a := r.send("GET", path, nil, eventual); a.status != 200 || a.text != want {
			t.Errorf("%s: %d %q, want %s", path, a.status, a.text, want)
		}
	}
	r.do("DELETE", "/groups/"+board+"/members/"+contact+"/$ref", nil, 204)
	r.refused(r.send("DELETE", "/groups/"+board+"/members/"+contact+"/$ref", nil), 404, "Request_ResourceNotFound")
	r.refused(r.send("POST", "/groups/"+board+"/members/$ref", map[string]any{"@odata.id": "x/none"}), 404, "Request_ResourceNotFound")
	r.refused(r.send("POST", "/groups/"+board+"/members/$ref", map[string]any{}), 400, "Request_BadRequest")
}

func TestManagersAndReports(t *testing.T) {
	t.Parallel()
	r := empty(t)
	if m := r.get(r.box(1) + "/manager"); m["id"] != r.users[0].ID || m["@odata.type"] != "#microsoft.graph.user" {
		t.Errorf("manager: %v", m)
	}
	r.refused(r.send("GET", r.box(0)+"/manager", nil), 404, "Request_ResourceNotFound")
	with := r.get(r.box(1) + "?$expand=manager($select=displayName)")["manager"].(map[string]any)
	if with["displayName"] != r.users[0].Name || with["mail"] != nil {
		t.Errorf("expanded: %v", with)
	}
	if list := values(r.get("/users?$expand=directReports")); len(list[0]["directReports"].([]any)) != 4 {
		t.Errorf("expanded reports: %v", list[0])
	}
	group := values(r.get("/groups?$filter=displayName eq 'Leitung'&$expand=members"))[0]
	if len(group["members"].([]any)) != 3 {
		t.Errorf("expanded members: %v", group)
	}
	r.do("PUT", r.box(1)+"/manager/$ref", map[string]any{"@odata.id": r.url + "/v1.0/users/" + r.users[2].ID}, 204)
	if m := r.get(r.box(1) + "/manager?$select=id"); m["id"] != r.users[2].ID {
		t.Errorf("new manager: %v", m)
	}
	r.refused(r.send("PUT", r.box(1)+"/manager/$ref", map[string]any{"@odata.id": "/" + r.users[1].ID}), 400, "Request_BadRequest")
	r.do("DELETE", r.box(1)+"/manager/$ref", nil, 204)
	r.refused(r.send("GET", r.box(1)+"/manager", nil), 404, "Request_ResourceNotFound")
	if err := r.ctl.SetManager(r.users[1].UPN, r.users[3].UPN); err != nil {
		t.Fatal(err)
	}
	if m := r.get(r.box(1) + "/manager"); m["id"] != r.users[3].ID {
		t.Errorf("by control: %v", m)
	}
}

func TestTheDirectoryIsWritten(t *testing.T) {
	t.Parallel()
	r := empty(t)
	account := map[string]any{
		"accountEnabled": true, "displayName": "Neue Person", "mailNickname": "neu", "userPrincipalName": "neu@contoso.example",
		"passwordProfile": map[string]any{"password": "x"}, "department": "Vertrieb",
	}
	made := r.do("POST", "/users", account, 201)
	at := "/users/" + made["id"].(string)
	r.refused(r.send("GET", at+"/events", nil), 404, "MailboxNotEnabledForRESTAPI")
	r.do("PATCH", at, map[string]any{"jobTitle": "Leitung", "businessPhones": []string{"+49 30 1"}, "department": nil, "userPrincipalName": "anders@contoso.example"}, 204)
	got := r.get("/users/anders@contoso.example?$select=jobTitle,department,businessPhones,userType")
	if got["jobTitle"] != "Leitung" || got["department"] != nil || len(got["businessPhones"].([]any)) != 1 || got["userType"] != "Member" {
		t.Errorf("changed: %v", got)
	}
	r.refused(r.send("GET", "/users/neu@contoso.example", nil), 404, "Request_ResourceNotFound")
	without := map[string]any{"displayName": "x"}
	for _, tt := range []struct {
		method, path string
		body         map[string]any
		code         string
	}{
		{"POST", "/users", without, "Request_BadRequest"},
		{"POST", "/users", map[string]any{"accountEnabled": true, "displayName": "x", "mailNickname": "x", "userPrincipalName": "x@contoso.example"}, "Request_BadRequest"},
		{"PATCH", at, map[string]any{"nonsense": 1}, "Request_BadRequest"},
		{"PATCH", at, map[string]any{"id": "1"}, "Request_BadRequest"},
		{"PATCH", at, map[string]any{"jobTitle": 1}, "Request_BadRequest"},
		{"PATCH", at, map[string]any{"accountEnabled": "yes"}, "Request_BadRequest"},
		{"PATCH", at, map[string]any{"businessPhones": []any{1}}, "Request_BadRequest"},
		{"PATCH", at, map[string]any{"displayName": nil}, "Request_BadRequest"},
		{"PATCH", at, map[string]any{"userPrincipalName": r.users[0].UPN}, "Request_BadRequest"},
		{"PATCH", at, map[string]any{"mail": r.users[0].Mail}, "Request_BadRequest"},
		{"POST", "/groups", without, "Request_BadRequest"},
		{"POST", "/users", withMember(account, "userPrincipalName", r.users[0].UPN), "Request_BadRequest"},
		{"POST", "/users", withMember(account, "userPrincipalName", "nobody"), "Request_BadRequest"},
		{"POST", "/users", withMember(account, "mail", r.users[0].Mail), "Request_BadRequest"},
	} {
		r.refused(r.send(tt.method, tt.path, tt.body), 400, tt.code)
	}
	r.do("DELETE", at, nil, 204)
	r.refused(r.send("GET", at, nil), 404, "Request_ResourceNotFound")

	team := map[string]any{"displayName": "Projekt", "mailEnabled": true, "mailNickname": "projekt", "securityEnabled": false, "groupTypes": []string{"Unified"}, "uniqueName": "projekt"}
	group := r.do("POST", "/groups", team, 201)
	if group["mail"] != "projekt@contoso.example" {
		t.Errorf("group: %v", group)
	}
	r.refused(r.send("POST", "/groups", team), 400, "Request_BadRequest")
	r.do("PATCH", "/groups(uniqueName='projekt')", map[string]any{"description": "neu", "uniqueName": "projekt"}, 204)
	r.refused(r.send("PATCH", "/groups(uniqueName='projekt')", map[string]any{"uniqueName": "leitung"}), 400, "Request_BadRequest")
	r.refused(r.send("PATCH", "/groups/"+group["id"].(string), map[string]any{"displayName": ""}), 400, "Request_BadRequest")
	if g := r.get("/groups/" + group["id"].(string)); g["description"] != "neu" {
		t.Errorf("group: %v", g)
	}
	r.do("DELETE", "/groups/"+group["id"].(string), nil, 204)
	r.refused(r.send("GET", "/groups(uniqueName='projekt')", nil), 404, "Request_ResourceNotFound")
}

func TestTheOrganizationIsTheTenant(t *testing.T) {
	t.Parallel()
	r := empty(t)
	list := values(r.get("/organization"))
	tenant := r.s.Credentials().TenantID
	if len(list) != 1 || list[0]["id"] != tenant || len(list[0]["verifiedDomains"].([]any)) != 1 {
		t.Fatalf("organization: %v", list)
	}
	if one := r.get("/organization/" + tenant + "?$select=displayName"); one["displayName"] != list[0]["displayName"] || len(one) != 3 {
		t.Errorf("one: %v", one)
	}
	r.refused(r.send("GET", "/organization/x", nil), 404, "Request_ResourceNotFound")
	if !strings.HasSuffix(r.get("/organization")["@odata.context"].(string), "$metadata#organization") {
		t.Error("context")
	}
	some := values(r.see(r.person(0, "User.Read"), "/organization"))[0]
	if some["id"] != tenant || some["displayName"] == nil || some["verifiedDomains"] == nil || some["city"] != nil || len(some) != len(list[0]) {
		t.Errorf("for User.Read: %v", some)
	}
}

func TestListsShowNewObjectsLater(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 3, Small: true, DirectoryDelay: time.Minute})
	neu, group := r.ctl.AddUser("neu", "Nora", "Neu"), r.ctl.AddGroup("Neue")
	users, groups := len(r.all("/users")), len(r.all("/groups"))
	r.get("/users/" + neu.ID)
	r.get("/groups/" + group)
	r.ctl.Advance(time.Minute)
	if u, g := len(r.all("/users")), len(r.all("/groups")); u != users+1 || g != groups+1 {
		t.Errorf("after a minute: %d and %d, before %d and %d", u, g, users, groups)
	}
}
