package graphsim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestContactsKeepWhatExchangeKeeps(t *testing.T) {
	t.Parallel()
	r := empty(t)
	made := r.do("POST", r.box(0)+"/contacts", map[string]any{
		"givenName": "Eva", "surname": "König", "emailAddresses": []any{map[string]any{"address": "eva@fabrikam.example"}},
		"businessPhones": []string{"1", "2"}, "birthday": "1980-02-03T11:59:00Z", "homeAddress": map[string]any{"city": "Köln"}, "categories": []string{"Kunde"},
	}, 201)
	want := map[string]any{
		"displayName": "Eva König", "fileAs": "König, Eva", "birthday": "1980-02-03T11:59:00Z", "homeAddress": map[string]any{"city": "Köln"}, "businessAddress": map[string]any{},
		"imAddresses": []any{}, "mobilePhone": nil, "primaryEmailAddress": map[string]any{"name": "eva@fabrikam.example", "address": "eva@fabrikam.example"}, "secondaryEmailAddress": nil,
	}
	got := map[string]any{}
	for k := range want {
		got[k] = made[k]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	path := r.box(0) + "/contacts/" + made["id"].(string)
	next := r.do("PATCH", path, map[string]any{"businessPhones": []string{}, "mobilePhone": "3", "birthday": nil}, 200)
	if len(next["businessPhones"].([]any)) != 0 || next["mobilePhone"] != "3" || next["birthday"] != nil || next["surname"] != "König" {
		t.Errorf("%v", next)
	}
	r.refused(r.send("PATCH", path, map[string]any{"businessPhones": []string{"1", "2", "3"}}), 400, "ErrorPropertyValidationFailure")
	r.refused(r.send("PATCH", path, map[string]any{"categories": nil}), 400, "UnableToDeserializePostBody")
	r.refused(r.send("PATCH", path, map[string]any{"businessFaxNumber": "1"}), 400, "UnableToDeserializePostBody")
	r.refused(r.send("PATCH", path, map[string]any{"title": "x"}, "If-Match: "+made["@odata.etag"].(string)), 412, "ErrorIrresolvableConflict")
	for filter, n := range map[string]int{
		"emailAddresses/any(a:a/address eq 'EVA@fabrikam.example')": 1, "categories/any(c:c eq 'Kunde')": 1, "startswith(displayName,'Eva')": 1, "displayName eq 'x'": 0,
	} {
		if got := len(values(r.get(r.box(0) + "/contacts?$filter=" + filter))); got != n {
			t.Errorf("%s: %d, want %d", filter, got, n)
		}
	}
	r.refused(r.send("GET", r.box(0)+"/contacts?$filter=emailAddresses/any(a:startswith(a/address,'e'))", nil), 400, "ErrorInvalidUrlQueryFilter")
	r.do("DELETE", path, nil, 204)
	r.refused(r.send("GET", path, nil), 404, "ErrorItemNotFound")
}

func TestContactFoldersAndDelta(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2})
	box := r.box(0)
	folders := values(r.get(box + "/contactFolders"))
	if len(folders) != 1 || folders[0]["displayName"] != "Lieferanten" {
		t.Fatalf("the default folder is not listed: %v", folders)
	}
	sub := box + "/contactFolders/" + folders[0]["id"].(string) + "/contacts"
	if a, b := len(r.all(box+"/contacts")), len(r.all(sub)); a != 15 || b != 1 {
		t.Errorf("%d and %d contacts, want 15 and 1", a, b)
	}
	rows, link := r.round(box + "/contacts/delta")
	_, subLink := r.round(sub + "/delta")
	if len(rows) != 15 || rows[0]["@odata.type"] != "#microsoft.graph.contact" {
		t.Errorf("%d rows", len(rows))
	}
	if well, _ := r.round(box + "/contactFolders/contacts/contacts/delta"); len(well) != 15 {
		t.Errorf("%d rows by the well-known name", len(well))
	}
	inSub := r.do("POST", sub, map[string]any{"givenName": "Uwe"}, 201)["id"].(string)
	gone := rows[3]["id"].(string)
	r.do("DELETE", box+"/contacts/"+gone, nil, 204)
	changed := rows[5]["id"].(string)
	r.do("PATCH", box+"/contacts/"+changed, map[string]any{"nickName": "x"}, 200)
	rows, _ = r.round(link)
	if diff := cmp.Diff([]string{gone, changed}, ids(rows)); diff != "" {
		t.Error(diff)
	}
	if rows[0]["@removed"] == nil || rows[1]["nickName"] != "x" {
		t.Errorf("%v", rows)
	}
	if rows, _ := r.round(subLink); len(rows) != 1 || rows[0]["id"] != inSub {
		t.Errorf("%v", rows)
	}
	_, fl := r.round(box + "/contactFolders/delta")
	made := r.do("POST", box+"/contactFolders", map[string]any{"displayName": "Neu"}, 201)["id"].(string)
	r.refused(r.send("POST", box+"/contactFolders", map[string]any{"displayName": "neu"}), 409, "ErrorFolderExists")
	if rows, _ := r.round(fl); len(rows) != 1 || rows[0]["id"] != made {
		t.Errorf("%v", rows)
	}
	r.do("DELETE", box+"/contactFolders/"+made, nil, 204)
	if rows, _ := r.round(fl); len(rows) != 1 || rows[0]["@removed"] == nil {
		t.Errorf("%v", rows)
	}
}
