package graphsim

import (
	"strings"
	"testing"
)

func TestAlternateKeysNameUsersAndGroups(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.do("PATCH", r.box(1), map[string]any{"userPrincipalName": "o'neill@contoso.example"}, 204)
	for path, id := range map[string]string{
		"/users(userPrincipalName='" + r.users[0].UPN + "')":   r.users[0].ID,
		"/users(userPrincipalName='O''Neill@contoso.example')": r.users[1].ID,
		"/users('o''neill@contoso.example')":                   r.users[1].ID,
	} {
		if u := r.get(path); u["id"] != id {
			t.Errorf("%s: %v", path, u)
		}
	}
	for _, path := range []string{"/users(userPrincipalName='x')", "/users(mail='" + r.users[0].Mail + "')", "/users(userPrincipalName='')"} {
		r.refused(r.send("GET", path, nil), 404, "Request_ResourceNotFound")
	}
}

func TestNamesInUseAreNotTakenOver(t *testing.T) {
	t.Parallel()
	r := empty(t)
	anna := r.users[0]
	alias, _, _ := strings.Cut(anna.UPN, "@")
	if second := r.ctl.AddUser(alias, "Anna", "Zwei"); second.UPN == anna.UPN || r.get("/users/" + anna.UPN)["id"] != anna.ID {
		t.Errorf("a second user of the same alias: %v", second)
	}
	if err := r.ctl.RemoveUser(anna.UPN); err != nil {
		t.Fatal(err)
	}
	third := r.ctl.AddUser(alias, "Anna", "Drei")
	if err := r.ctl.RestoreUser(anna.ID); err == nil || r.get("/users/" + anna.UPN)["id"] != third.ID {
		t.Errorf("restored over another: %v", err)
	}
	if err := r.ctl.RemoveUser(third.UPN); err != nil {
		t.Fatal(err)
	}
	if err := r.ctl.RestoreUser(anna.ID); err != nil || r.get("/users/" + anna.UPN)["id"] != anna.ID {
		t.Errorf("restored: %v", err)
	}
}
