package graphsim

import (
	"testing"
)

func TestMasterCategories(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := r.box(0) + "/outlook/masterCategories"
	first := values(r.get(at))
	if len(first) != 6 || first[0]["displayName"] != "Rote Kategorie" || first[0]["color"] != "preset0" {
		t.Errorf("a new mailbox has %v", first)
	}
	if again := values(r.get(at)); again[3]["id"] != first[3]["id"] {
		t.Error("ids change from call to call")
	}
	made := r.do("POST", at, map[string]any{"displayName": "Kunde", "color": "Preset24"}, 201)
	if made["color"] != "preset24" {
		t.Errorf("%v", made)
	}
	item := at + "/" + made["id"].(string)
	next := r.do("PATCH", item, map[string]any{"displayName": "Interessent", "color": "none"}, 200)
	if next["displayName"] != "Kunde" || next["color"] != "none" {
		t.Errorf("the colour changes, the name stays: %v", next)
	}
	r.refused(r.send("POST", at, map[string]any{"displayName": "KUNDE"}), 409, "CategoryNameExists")
	r.refused(r.send("POST", at, map[string]any{"displayName": "x", "color": "preset25"}), 400, "UnableToDeserializePostBody")
	r.refused(r.send("POST", at, map[string]any{"displayName": "x", "hex": "1"}), 400, "UnableToDeserializePostBody")
	r.refused(r.send("POST", at, map[string]any{"color": "preset1"}), 400, "ErrorPropertyValidationFailure")
	r.refused(r.send("GET", at+"/x", nil), 404, "ErrorItemNotFound")
	for _, cat := range values(r.get(at)) {
		r.do("DELETE", at+"/"+cat["id"].(string), nil, 204)
	}
	if n := len(values(r.get(at))); n != 0 {
		t.Errorf("%d categories are left", n)
	}
	r.refused(r.send("DELETE", item, nil), 404, "ErrorItemNotFound")
	r.do("POST", r.box(0)+"/contacts", map[string]any{"givenName": "Eva", "categories": []string{"Nirgends"}}, 201)
	if n := len(values(r.get(r.box(0) + "/contacts?$filter=categories/any(c:c eq 'Nirgends')"))); n != 1 {
		t.Error("items may carry names without a master category")
	}
	if n := len(values(r.get(at))); n != 0 {
		t.Error("a category of an item makes no master category")
	}
	r.ctl.SetRoles("MailboxSettings.Read")
	r.signIn()
	r.get(at)
	r.refused(r.send("POST", at, map[string]any{"displayName": "x"}), 403, "ErrorAccessDenied")
}
