package graphsim

import "testing"

// directoryExamples are the pairs of the directory and of a mailbox's settings.
func directoryExamples(r *rig) []exampleCall {
	one := []string{eventual}
	box := r.box(0)
	group := "/groups/" + values(r.get("/groups?$filter=displayName eq 'Alle Mitarbeiter'"))[0]["id"].(string)
	small := "Prefer: odata.maxpagesize=2"
	users := r.get("/users/delta?$select=displayName,givenName,surname", small)["@odata.nextLink"].(string)
	_, nothing := r.round("/users/delta")
	groups := r.get("/groups/delta", "Prefer: odata.maxpagesize=1")["@odata.nextLink"].(string)
	list := values(r.get("/places/microsoft.graph.roomlist"))[0]["emailAddress"].(string)
	identity := "identities/any(c:c/issuerAssignedId eq '" + r.users[0].UPN + "' and c/issuer eq 'contoso.example')"
	return []exampleCall{
		{"026", "GET", box + "/calendar/calendarPermissions/RGVmYXVsdA==", nil, 200},
		{"028", "GET", box + "/outlook/supportedTimeZones", nil, 200},
		{"030", "GET", box + "/mailboxSettings", nil, 200},
		{"074", "GET", "/users?$select=displayName,id&$filter=" + identity, nil, 200},
		{"076", "GET", "/users?$filter=startswith(displayName,'a')&$orderby=displayName&$count=true&$top=1", one, 200},
		{"078", "GET", `/users?$search="displayName:an"&$orderby=displayName&$count=true`, one, 200},
		{"080", "GET", "/users?$select=id,mail,assignedLicenses&$filter=assignedLicenses/any(u:u/skuId eq 6fd2c87f-b296-42f0-b197-1e91e994b900)", nil, 200},
		{"082", "GET", users, []string{small}, 200},
		{"084", "GET", nothing, nil, 200},
		{"086", "GET", groups, []string{"Prefer: odata.maxpagesize=1"}, 200},
		{"088", "GET", "/groups?$count=true&$filter=hasMembersWithLicenseErrors eq false or displayName eq 'Vertrieb'&$select=id,displayName", one, 200},
		{"090", "GET", "/groups?$filter=startswith(displayName, 'a')&$count=true&$top=1&$orderby=displayName", one, 200},
		{"092", "GET", group + "/members", nil, 200},
		{"094", "GET", group + "/members/microsoft.graph.user/$count", one, 200},
		{"096", "GET", group + "/members?$count=true&$filter=startswith(displayName, 'a')", one, 200},
		{"098", "GET", group + "/transitiveMembers/$count", one, 200},
		{"100", "GET", "/places/microsoft.graph.room", nil, 200},
		{"102", "GET", "/places/" + list + "/microsoft.graph.roomlist/rooms", nil, 200},
		{"106", "GET", "/users/$count", nil, 400},
		{"108", "GET", "/users?$filter=endsWith(mail,'@outlook.com')", nil, 400},
		{"110", "GET", "/users?$count=true", nil, 200},
	}
}

func TestDirectoryRefusalsAreInTheWordsOfTheDocumentation(t *testing.T) {
	t.Parallel()
	dir := graphData(t)
	r := empty(t)
	for example, path := range map[string]string{"106": "/users/$count", "108": "/users?$filter=endsWith(mail,'@outlook.com')"} {
		want := exampleBody(t, dir, example+"-*.response.*").(map[string]any)["error"].(map[string]any)
		got := r.send("GET", path, nil).body["error"].(map[string]any)
		if got["code"] != want["code"] || got["message"] != want["message"] {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}
