package graphsim

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func byID(rows []map[string]any, id string) map[string]any {
	for _, row := range rows {
		if row["id"] == id {
			return row
		}
	}
	return nil
}

func TestUsersDeltaTellsWhatWasMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	r := empty(t)
	rows, link := r.round("/users/delta", "Prefer: odata.maxpagesize=4")
	if len(rows) != 6 || rows[0]["displayName"] == nil || rows[0]["department"] != nil {
		t.Fatalf("first round: %d rows, %v", len(rows), rows[0])
	}
	if rows, _ = r.round(link); len(rows) != 0 {
		t.Errorf("nothing changed: %v", rows)
	}
	neu := r.ctl.AddUser("neu", "Nora", "Neu")
	for _, err := range []error{
		r.ctl.ChangeUser(r.users[1].UPN, map[string]any{"jobTitle": "Leitung", "mobilePhone": "+49 170 1"}),
		r.ctl.ChangeUser(r.users[2].UPN, map[string]any{"department": "Lager"}), // not among the tracked properties
		r.ctl.RemoveUser(r.users[3].UPN),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	rows, next := r.round(link)
	if len(rows) != 3 {
		t.Fatalf("changes: %v", rows)
	}
	if got := byID(rows, neu.ID); got["givenName"] != "Nora" || got["@removed"] != nil {
		t.Errorf("created: %v", got)
	}
	if got := byID(rows, r.users[1].ID); got["jobTitle"] != "Leitung" || got["displayName"] != r.users[1].Name {
		t.Errorf("changed: %v", got)
	}
	gone, _ := byID(rows, r.users[3].ID)["@removed"].(map[string]any)
	if gone["reason"] != "changed" || len(byID(rows, r.users[3].ID)) != 2 {
		t.Errorf("deleted: %v", byID(rows, r.users[3].ID))
	}
	if again, _ := r.round(link); len(again) != 3 {
		t.Errorf("a link can be used twice: %v", again)
	}
	if rows, _ = r.round(next); len(rows) != 0 {
		t.Errorf("reported twice: %v", rows)
	}
	if err := r.ctl.PurgeUser(r.users[3].ID); err != nil {
		t.Fatal(err)
	}
	rows, next = r.round(next)
	if gone, _ = byID(rows, r.users[3].ID)["@removed"].(map[string]any); gone["reason"] != "deleted" {
		t.Errorf("deleted for good: %v", rows)
	}
	if err := r.ctl.RestoreUser(r.users[3].ID); err == nil {
		t.Error("restored what is gone for good")
	}
	if err := r.ctl.RemoveUser(neu.UPN); err != nil {
		t.Fatal(err)
	}
	if err := r.ctl.RestoreUser(neu.ID); err != nil {
		t.Fatal(err)
	}
	if rows, _ = r.round(next); len(rows) != 1 || rows[0]["displayName"] != "Nora Neu" {
		t.Errorf("restored: %v", rows)
	}
	r.get("/users/" + neu.UPN + "/events")
}

func TestADeltaRoundTracksWhatItsFirstRequestSelected(t *testing.T) {
	t.Parallel()
	r := empty(t)
	rows, link := r.round("/users/delta?$select=displayName,jobTitle,department")
	if len(rows[0]) != 4 || !strings.Contains(r.get("/users/delta?$select=displayName")["@odata.context"].(string), "#users(displayName)") {
		t.Errorf("row: %v", rows[0])
	}
	if err := r.ctl.ChangeUser(r.users[0].UPN, map[string]any{"department": "Lager", "jobTitle": nil, "city": "Köln"}); err != nil {
		t.Fatal(err)
	}
	if err := r.ctl.ChangeUser(r.users[1].UPN, map[string]any{"city": "Köln"}); err != nil {
		t.Fatal(err)
	}
	rows, _ = r.round(link)
	if len(rows) != 1 || len(rows[0]) != 3 || rows[0]["displayName"] != r.users[0].Name || rows[0]["department"] != "Lager" {
		t.Errorf("changed: %v", rows)
	}
	a := r.send("GET", link, nil, "Prefer: return=minimal")
	rows = values(a.body)
	if v, ok := rows[0]["jobTitle"]; len(rows[0]) != 3 || !ok || v != nil || rows[0]["displayName"] != nil || rows[0]["department"] != "Lager" {
		t.Errorf("minimal: %v", rows)
	}
	if a.header.Get("Preference-Applied") != "return=minimal" {
		t.Errorf("applied: %q", a.header.Get("Preference-Applied"))
	}
}

func TestADeltaRoundTracksSingleObjects(t *testing.T) {
	t.Parallel()
	r := empty(t)
	filter := "/users/delta?$filter=id eq '" + r.users[0].ID + "' or id eq '" + r.users[2].ID + "'"
	rows, link := r.round(filter)
	if len(rows) != 2 {
		t.Fatalf("rows: %v", rows)
	}
	for _, i := range []int{0, 1} {
		if err := r.ctl.ChangeUser(r.users[i].UPN, map[string]any{"jobTitle": "neu"}); err != nil {
			t.Fatal(err)
		}
	}
	if rows, _ = r.round(link); len(rows) != 1 || rows[0]["id"] != r.users[0].ID {
		t.Errorf("changes: %v", rows)
	}
	many := "id eq 'a'" + strings.Repeat(" or id eq 'a'", maxTracked)
	for path, want := range map[string]string{
		"/users/delta?$filter=userType eq 'Member'":               "Request_UnsupportedQuery",
		"/users/delta?$filter=" + many:                            "Request_UnsupportedQuery",
		"/users/delta?$filter=id eq 'a' and id eq 'b'":            "Request_UnsupportedQuery",
		"/users/delta?$orderby=displayName":                       "Request_UnsupportedQuery",
		"/users/delta?$search=\"displayName:x\"":                  "Request_UnsupportedQuery",
		"/users/delta?$expand=manager":                            "Request_UnsupportedQuery",
		"/users/delta?$select=nonsense":                           "BadRequest",
		"/users/delta?$deltatoken=x":                              "Request_BadRequest",
		"/users/delta?$skiptoken=" + link[len(link)-40:]:          "Request_BadRequest",
		strings.Replace(link, "/users/delta", "/groups/delta", 1): "Request_BadRequest",
	} {
		if a := r.send("GET", path, nil); a.status != 400 || a.code() != want {
			t.Errorf("%s: %d %v", path, a.status, a.body)
		}
	}
}

func TestDeltaCanBeginNow(t *testing.T) {
	t.Parallel()
	r := empty(t)
	rows, link := r.round("/users/delta?$deltatoken=latest")
	if len(rows) != 0 {
		t.Errorf("rows: %v", rows)
	}
	neu := r.ctl.AddUser("neu", "Nora", "Neu")
	if rows, _ = r.round(link); len(rows) != 1 || rows[0]["id"] != neu.ID {
		t.Errorf("changes: %v", rows)
	}
}

func TestLinksOfTheDirectoryLastSevenDays(t *testing.T) {
	t.Parallel()
	r := empty(t)
	_, link := r.round("/users/delta")
	r.ctl.Advance(directoryTokenLife - time.Minute)
	r.signIn()
	_, fresh := r.round(link)
	r.ctl.Advance(2 * time.Minute)
	r.signIn()
	a := r.send("GET", link, nil)
	r.refused(a, 410, "SyncStateNotFound")
	begin := a.header.Get("Location")
	if !strings.HasSuffix(begin, "/v1.0/users/delta?$deltatoken=") {
		t.Errorf("Location %q", begin)
	}
	if rows, _ := r.round(begin); len(rows) != 6 {
		t.Errorf("a round from the Location: %d rows", len(rows))
	}
	r.round(fresh)
	r.ctl.ExpireDelta("")
	r.refused(r.send("GET", fresh, nil), 410, "SyncStateNotFound")
}

func TestGroupsDeltaTellsMembersOverSeveralPages(t *testing.T) {
	t.Parallel()
	r := empty(t)
	all := values(r.get("/groups?$filter=displayName eq 'Alle Mitarbeiter'"))[0]["id"].(string)
	size := "Prefer: odata.maxpagesize=2"
	rows, link := r.round("/groups/delta", size)
	var members []string
	times := 0
	for _, row := range rows {
		if row["id"] != all {
			continue
		}
		times++
		for _, m := range row["members@delta"].([]any) {
			members = append(members, m.(map[string]any)["id"].(string))
		}
	}
	slices.Sort(members)
	if times != 3 || len(slices.Compact(members)) != 6 {
		t.Errorf("the group came %d times with %d members", times, len(members))
	}
	if err := r.ctl.RemoveMember("Alle Mitarbeiter", r.users[1].UPN); err != nil {
		t.Fatal(err)
	}
	neu := r.ctl.AddUser("neu", "Nora", "Neu")
	if err := r.ctl.AddMember("Alle Mitarbeiter", neu.UPN); err != nil {
		t.Fatal(err)
	}
	fresh := r.ctl.AddGroup("Neue Gruppe")
	if err := r.ctl.RemoveGroup("Leitung"); err != nil {
		t.Fatal(err)
	}
	rows, _ = r.round(link)
	changed := byID(rows, all)["members@delta"].([]any)
	left, came := changed[0].(map[string]any), changed[1].(map[string]any)
	if len(changed) != 2 || left["id"] != r.users[1].ID || left["@removed"].(map[string]any)["reason"] != "deleted" || came["id"] != neu.ID || came["@removed"] != nil {
		t.Errorf("members: %v", changed)
	}
	if got := byID(rows, fresh); got["displayName"] != "Neue Gruppe" {
		t.Errorf("new group: %v", got)
	}
	removed := 0
	for _, row := range rows {
		if gone, ok := row["@removed"].(map[string]any); ok && gone["reason"] == "deleted" {
			removed++
		}
	}
	if removed != 1 {
		t.Errorf("removed groups: %v", rows)
	}
}

func TestGroupsDeltaTracksMembersOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	r := empty(t)
	rows, names := r.round("/groups/delta?$select=displayName")
	if rows[0]["members@delta"] != nil {
		t.Errorf("members were not selected: %v", rows[0])
	}
	rows, with := r.round("/groups/delta?$select=displayName,members")
	if rows[0]["members@delta"] == nil {
		t.Errorf("members were selected: %v", rows[0])
	}
	if err := r.ctl.RemoveUser(r.users[0].UPN); err != nil { // leaves three groups
		t.Fatal(err)
	}
	if rows, _ = r.round(names); len(rows) != 0 {
		t.Errorf("names only: %v", rows)
	}
	if rows, _ = r.round(with); len(rows) != 3 {
		t.Errorf("with members: %v", rows)
	}
}

func TestDirectoryRoundsSurviveASavedState(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true, Rooms: 2})
	_, link := r.round("/groups/delta")
	r.ctl.AddContact("Karla Kontakt", "karla@fabrikam.example")
	for _, err := range []error{
		r.ctl.RemoveUser(r.users[2].UPN), r.ctl.SetMailboxTimeZone(r.users[0].UPN, "Tokyo Standard Time"), r.ctl.SetManager(r.users[4].UPN, r.users[3].UPN),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var saved strings.Builder
	if err := r.ctl.SaveState(&saved); err != nil {
		t.Fatal(err)
	}
	other := newRig(t, Config{Users: 1, Small: true})
	if err := other.ctl.LoadState(strings.NewReader(saved.String())); err != nil {
		t.Fatal(err)
	}
	other.token = r.token
	path := strings.TrimPrefix(link, r.url+"/v1.0")
	want, _ := r.round(link)
	got, _ := other.round(path)
	if len(want) == 0 || len(got) != len(want) {
		t.Errorf("changes: %v, want %v", got, want)
	}
	for path, rows := range map[string]int{"/places/microsoft.graph.room": 2, "/contacts": 1, "/users": 7} {
		if n := len(other.all(path)); n != rows {
			t.Errorf("%s: %d, want %d", path, n, rows)
		}
	}
	if zone := other.get("/users/" + r.users[0].ID + "/mailboxSettings/timeZone")["value"]; zone != "Tokyo Standard Time" {
		t.Errorf("zone %v", zone)
	}
	if m := other.get("/users/" + r.users[4].ID + "/manager"); m["id"] != r.users[3].ID {
		t.Errorf("manager: %v", m)
	}
	if err := other.ctl.RestoreUser(r.users[2].ID); err != nil {
		t.Error(err)
	}
}

func TestContactsOfTheOrganisationHaveADelta(t *testing.T) {
	t.Parallel()
	r := empty(t)
	old := r.ctl.AddContact("Karla Kontakt", "karla@fabrikam.example")
	rows, link := r.round("/contacts/delta?$select=displayName,mail")
	if len(rows) != 1 || rows[0]["mail"] != "karla@fabrikam.example" || len(rows[0]) != 3 {
		t.Fatalf("rows: %v", rows)
	}
	neu := r.ctl.AddContact("Kurt Neu", "kurt@fabrikam.example")
	if err := r.ctl.RemoveContact(old); err != nil {
		t.Fatal(err)
	}
	rows, _ = r.round(link)
	if gone, _ := byID(rows, old)["@removed"].(map[string]any); len(rows) != 2 || gone["reason"] != "deleted" || byID(rows, neu)["displayName"] != "Kurt Neu" {
		t.Errorf("changes: %v", rows)
	}
	if err := r.ctl.RemoveContact(old); err == nil {
		t.Error("removed twice")
	}
	if o := r.get("/directoryObjects/" + neu); o["@odata.type"] != odataContact || o["mail"] != "kurt@fabrikam.example" {
		t.Errorf("object: %v", o)
	}
	if o := r.get("/directoryObjects/" + r.users[0].ID); o["@odata.type"] != odataUser {
		t.Errorf("object: %v", o)
	}
	r.refused(r.send("GET", "/directoryObjects/x", nil), 404, "Request_ResourceNotFound")
	r.refused(r.send("GET", "/contacts/"+old, nil), 404, "Request_ResourceNotFound")
}

func TestAGroupThatGoesWhileItIsPagedDoesNotCutAnother(t *testing.T) {
	t.Parallel()
	r := empty(t)
	all := values(r.get("/groups?$filter=displayName eq 'Alle Mitarbeiter'"))[0]["id"].(string)
	board := values(r.get("/groups?$filter=displayName eq 'Leitung'"))[0]["id"].(string)
	size := "Prefer: odata.maxpagesize=2"
	page := r.get("/groups/delta?$select=displayName,members", size)
	for byID(values(page), all) == nil {
		page = r.get(page["@odata.nextLink"].(string), size)
	}
	if err := r.ctl.RemoveGroup("Alle Mitarbeiter"); err != nil {
		t.Fatal(err)
	}
	rows, _ := r.round(page["@odata.nextLink"].(string), size)
	members := 0
	for _, row := range rows {
		if list, _ := row["members@delta"].([]any); row["id"] == board {
			members += len(list)
		}
	}
	if members != 3 {
		t.Errorf("%d members of the next group, want 3: %v", members, rows)
	}
}

func TestOddFiltersOfTheDirectoryAreRefusedNotFatal(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for _, filter := range []string{
		"displayName eq mail", "id eq id", "length(displayName) eq 3", "assignedLicenses/any()", "tolower(mail) eq 'x'", "id in ()", "not id eq 'a'", "id",
		"assignedLicenses/any(s:s eq null)", "proxyAddresses/$count eq null", "id eq null", "contains(id,'a')", "true", "'a' eq id", "1 add 1 eq 2",
	} {
		for _, path := range []string{"/users", "/users/delta", "/groups", "/contacts", "/users/" + r.users[0].ID + "/memberOf"} {
			a := r.send("GET", path+"?$count=true&$filter="+filter, nil, eventual)
			if a.status >= 500 || a.status == 400 && a.code() == "" {
				t.Errorf("%s %s: %d %v", path, filter, a.status, a.body)
			}
		}
	}
}
