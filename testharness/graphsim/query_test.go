package graphsim

import (
	"net/http"
	"testing"
)

func TestUserQueries(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 25, Small: true})
	anna := r.users[0]
	count := func(filter string, headers ...string) int {
		t.Helper()
		return len(values(r.get("/users?$top=999&$count=true&$filter="+filter, headers...)))
	}
	for filter, want := range map[string]int{
		"userType eq 'Member'": 24, "accountEnabled eq true": 24, "mail eq '" + anna.Mail + "'": 1, "userPrincipalName eq '" + anna.UPN + "'": 1,
		"mail eq 'x' or userPrincipalName eq '" + anna.UPN + "'": 1, "id in ('" + anna.ID + "','x')": 1, "startswith(displayName,'Anna')": 1,
		"proxyAddresses/any(p:p eq 'smtp:" + anna.Mail + "')": 1, "department eq 'nirgends'": 0,
	} {
		if n := count(filter); n != want {
			t.Errorf("%s: %d users, want %d", filter, n, want)
		}
	}
	for filter, want := range map[string]int{
		"userType ne 'Member'": 1, "not(userType eq 'Member')": 1, "endsWith(mail,'@fabrikam.example')": 1, "assignedLicenses/$count ne 0": 23,
	} {
		r.refused(r.send("GET", "/users?$filter="+filter, nil), 400, "Request_UnsupportedQuery")
		if n := count(filter, eventual); n != want {
			t.Errorf("%s: %d users, want %d", filter, n, want)
		}
	}
	for path, want := range map[string]struct {
		status int
		code   string
	}{
		"/users?$top=1000":                       {400, "Request_UnsupportedQuery"},
		"/users?$skip=1":                         {400, "Request_BadRequest"},
		"/users?$filter=nonsense eq 'x'":         {400, "Request_UnsupportedQuery"},
		"/users?$filter=officeLocation eq 'x'":   {400, "Request_UnsupportedQuery"},
		"/users?$select=nonsense":                {400, "BadRequest"},
		"/users?$select=mailboxSettings":         {501, "NotImplemented"},
		"/users?$search=\"displayName:anna\"":    {400, "Request_BadRequest"},
		"/users?$nonsense=1":                     {400, "BadRequest"},
		"/users/nobody@contoso.example":          {404, "Request_ResourceNotFound"},
		"/groups/00000000-0000":                  {404, "Request_ResourceNotFound"},
		"/users/nobody@contoso.example/events":   {404, "ErrorInvalidUser"},
		"/users/" + r.users[24].ID + "/events":   {404, "MailboxNotEnabledForRESTAPI"},
		"/users/" + r.users[23].ID + "/contacts": {404, "MailboxNotEnabledForRESTAPI"},
		"/me/events":                             {400, "BadRequest"},
		"/chats":                                 {400, "BadRequest"},
		"/users/" + anna.ID + "/nonsense":        {400, "BadRequest"},
	} {
		r.refused(r.send("GET", path, nil), want.status, want.code)
	}
	r.refused(r.send("PUT", "/users", nil), http.StatusMethodNotAllowed, "Request_BadRequest")
	if n := len(values(r.get(`/users?$search="displayName:anna mül"`, eventual))); n != 1 {
		t.Errorf("search finds %d, want 1", n)
	}
	if c := r.get("/users?$count=true&$top=5", eventual)["@odata.count"]; c != 25.0 {
		t.Errorf("count %v, want 25", c)
	}
	if c := r.get("/users?$count=true&$top=5")["@odata.count"]; c != nil {
		t.Errorf("count without the header: %v", c)
	}
}

func TestUserPagesExpire(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 25, Small: true})
	if n := len(r.all("/users?$top=7")); n != 25 {
		t.Errorf("%d users, want 25", n)
	}
	next := r.get("/users?$top=7")["@odata.nextLink"].(string)
	r.ctl.Advance(pageTokenLife * 2)
	r.refused(r.send("GET", next, nil), 400, "Directory_ExpiredPageToken")
}

func TestGroups(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 25, Small: true})
	groups := values(r.get("/groups?$filter=displayName eq 'Vertrieb'&$select=id,displayName"))
	if len(groups) != 1 {
		t.Fatalf("%d groups", len(groups))
	}
	id := groups[0]["id"].(string)
	members := r.all("/groups/" + id + "/members?$top=4")
	if len(members) < 8 || members[0]["@odata.type"] != "#microsoft.graph.user" {
		t.Errorf("members %v", members)
	}
	if n := len(r.all("/groups/" + id + "/members/microsoft.graph.user?$select=id,mail&$top=4")); n != len(members) {
		t.Errorf("%d users, want %d", n, len(members))
	}
	r.refused(r.send("GET", "/groups/"+id+"/members/microsoft.graph.user?$filter=accountEnabled eq true", nil), 400, "Request_UnsupportedQuery")
	board := values(r.get("/groups?$filter=displayName eq 'Leitung'"))[0]["id"].(string)
	direct, deep := r.all("/groups/"+board+"/members"), r.all("/groups/"+board+"/transitiveMembers/microsoft.graph.user")
	if direct[2]["@odata.type"] != "#microsoft.graph.group" || len(deep) <= len(direct) {
		t.Errorf("direct %v, deep %d", direct, len(deep))
	}
	if err := r.ctl.AddMember("Vertrieb", r.users[1].UPN); err != nil {
		t.Fatal(err)
	}
	if n := len(r.all("/groups/" + id + "/members")); n != len(members)+1 {
		t.Errorf("%d members after adding one to %d", n, len(members))
	}
}
