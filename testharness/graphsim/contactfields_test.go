package graphsim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// contact makes a contact of the first user.
func (r *rig) contact(body map[string]any) (path string, made map[string]any) {
	r.Helper()
	made = r.do("POST", r.box(0)+"/contacts", body, 201)
	return r.box(0) + "/contacts/" + made["id"].(string), made
}

func mails(addresses ...string) []any {
	out := []any{}
	for _, a := range addresses {
		out = append(out, map[string]any{"name": a, "address": a})
	}
	return out
}

func TestContactsHaveRoomForFewNumbersAndAddresses(t *testing.T) {
	t.Parallel()
	r := empty(t)
	path, _ := r.contact(map[string]any{"givenName": "Eva"})
	for name, tt := range map[string]struct {
		value   any
		message string
	}{
		"businessPhones": {[]string{"1", "2", "3"}, "The multi value property BusinessPhones has 3 entries, that exceeds the max allowed value of 2"},
		"homePhones":     {[]string{"1", "2", "3"}, "The multi value property HomePhones has 3 entries, that exceeds the max allowed value of 2"},
		"emailAddresses": {mails("a@x", "b@x", "c@x", "d@x"), "The multi value property EmailAddresses has 4 entries, that exceeds the max allowed value of 3"},
	} {
		a := r.send("PATCH", path, map[string]any{name: tt.value})
		r.refused(a, 400, "ErrorPropertyValidationFailure")
		if e := a.body["error"].(map[string]any); e["message"] != tt.message {
			t.Errorf("message %q", e["message"])
		}
	}
}

func TestABirthdayIsADayAMinuteBeforeNoon(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for sent, want := range map[string]string{
		"1980-02-03": "1980-02-03T11:59:00Z", "1980-02-03T00:00:00Z": "1980-02-03T11:59:00Z", "1980-02-03T23:30:00-05:00": "1980-02-04T11:59:00Z",
	} {
		if _, made := r.contact(map[string]any{"givenName": "Eva", "birthday": sent}); made["birthday"] != want {
			t.Errorf("%s became %v, want %s", sent, made["birthday"], want)
		}
	}
	r.refused(r.send("POST", r.box(0)+"/contacts", map[string]any{"birthday": "3.2.1980"}), 400, "UnableToDeserializePostBody")
}

func TestSlotsMirrorTheAddressesInOrder(t *testing.T) {
	t.Parallel()
	r := empty(t)
	path, made := r.contact(map[string]any{"emailAddresses": mails("a@x.example", "b@x.example")})
	slots := func(k map[string]any) []any {
		return []any{k["primaryEmailAddress"], k["secondaryEmailAddress"], k["tertiaryEmailAddress"]}
	}
	if diff := cmp.Diff(append(mails("a@x.example", "b@x.example"), nil), slots(made)); diff != "" {
		t.Error(diff)
	}
	next := r.do("PATCH", path, map[string]any{"primaryEmailAddress": nil, "tertiaryEmailAddress": map[string]any{"address": "c@x.example"}}, 200)
	if diff := cmp.Diff(mails("b@x.example", "c@x.example"), next["emailAddresses"]); diff != "" {
		t.Error(diff)
	}
	r.refused(r.send("PATCH", path, map[string]any{"primaryEmailAddress": "x"}), 400, "UnableToDeserializePostBody")
}

func TestContactSearchHasOnePage(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for _, name := range []string{"Eva", "Evi", "Uwe"} {
		r.contact(map[string]any{"givenName": name, "companyName": "Fabrikam"})
	}
	if rows := values(r.get(r.box(0) + `/contacts?$search="uwe"`)); len(rows) != 1 || rows[0]["givenName"] != "Uwe" {
		t.Errorf("%v", rows)
	}
	page := r.get(r.box(0) + `/contacts?$top=2&$search="fabrikam"`)
	if len(values(page)) != 2 {
		t.Errorf("%d rows, want 2", len(values(page)))
	}
	r.refused(r.send("GET", page["@odata.nextLink"].(string), nil), 400, "ErrorInvalidUrlQuery")
	r.refused(r.send("GET", r.box(0)+`/contacts?$search="fab`, nil), 400, "BadRequest")
}

func TestContactDeltaRefusesOptions(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	for _, option := range []string{"$top=5", "$filter=displayName eq 'x'", "$select=id", "$orderby=displayName", "$expand=extensions", "$search=x"} {
		a := r.send("GET", r.box(0)+"/contacts/delta?"+option, nil)
		r.refused(a, 400, "ErrorInvalidUrlQuery")
		want := "The following parameters are not supported with change tracking over the 'Contacts' resource: '$orderby, $filter, $select, $expand, $search, $top'."
		if e := a.body["error"].(map[string]any); e["message"] != want {
			t.Errorf("message %q", e["message"])
		}
	}
	page := r.get(r.box(0)+"/contactFolders/contacts/contacts/delta?$select=displayName", "Prefer: odata.maxpagesize=2")
	rows := values(page)
	if len(rows) != 2 || rows[0]["displayName"] == nil || rows[0]["givenName"] != nil {
		t.Errorf("the folder form takes $select: %v", rows)
	}
}

func TestAContactIsDeletedForGood(t *testing.T) {
	t.Parallel()
	r := empty(t)
	path, _ := r.contact(map[string]any{"givenName": "Eva"})
	_, link := r.round(r.box(0) + "/contacts/delta")
	r.do("POST", path+"/permanentDelete", nil, 204)
	r.refused(r.send("GET", path, nil), 404, "ErrorItemNotFound")
	if rows, _ := r.round(link); len(rows) != 1 || rows[0]["@removed"] == nil {
		t.Errorf("%v", rows)
	}
}
