package graphsim

import "testing"

// directoryPitfalls are those of the directory and mailboxes.
func directoryPitfalls() []pitfall {
	return []pitfall{
		{54, "guests and users without licence answer MailboxNotEnabledForRESTAPI", "contrib#405, contrib#6519, contrib#717", "by default", testNoMailbox},
		{55, "casts and some filters need ConsistencyLevel and $count", "docs#11242, docs#12152, docs#9948, docs#11881, docs#17604, explorer#1139", "by default", testAdvancedQueries},
		{56, "next links of the directory expire: Directory_ExpiredPageToken", "", "by default, Control.Advance", TestPageTokensOfTheDirectoryExpire},
	}
}

func testNoMailbox(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for _, i := range []int{4, 5} { // without licence, a guest
		for _, path := range []string{"/events", "/contacts", "/mailboxSettings", "/todo/lists"} {
			r.refused(r.send("GET", r.box(i)+path, nil), 404, "MailboxNotEnabledForRESTAPI")
		}
	}
	if err := r.ctl.RevokeMailbox(r.users[0].UPN); err != nil {
		t.Fatal(err)
	}
	r.refused(r.send("GET", r.box(0)+"/events", nil), 404, "MailboxNotEnabledForRESTAPI")
}

func testAdvancedQueries(t *testing.T) {
	t.Parallel()
	r := empty(t)
	members := "/groups/" + values(r.get("/groups"))[0]["id"].(string) + "/members/microsoft.graph.user"
	for _, path := range []string{
		members + "?$filter=startswith(displayName,'A')", members + `?$search="displayName:anna"`, "/users?$filter=endsWith(mail,'@contoso.example')",
		"/users?$filter=userType ne 'Guest'",
	} {
		r.refused(r.send("GET", path, nil), 400, "Request_UnsupportedQuery")
		r.get(path+"&$count=true", eventual)
	}
	if c := r.get("/users?$count=true")["@odata.count"]; c != nil {
		t.Errorf("$count without the header is not ignored: %v", c)
	}
}
