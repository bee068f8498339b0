package graphsim

import (
	"bytes"
	"testing"
	"time"
)

func TestTheStateCarriesWhatTodoAndContactsHave(t *testing.T) {
	t.Parallel()
	cfg := Config{Users: 2, Small: true, GhostLists: time.Hour}
	r := newRig(t, cfg)
	box, ext := r.box(0), referral(map[string]any{"key": "4711", "count": 3})
	lists := box + "/todo/lists"
	task, _ := r.task(map[string]any{"title": "Ticket", "checklistItems": []any{map[string]any{"displayName": "a", "isChecked": true}}, "extensions": []any{ext}})
	gone := lists + "/" + r.do("POST", lists, map[string]any{"displayName": "weg"}, 201)["id"].(string)
	hidden := r.do("POST", lists, map[string]any{"displayName": "unsichtbar", "extensions": []any{ext}}, 201)["id"].(string)
	contact, made := r.contact(map[string]any{"givenName": "Eva", "extensions": []any{ext}, "multiValueExtendedProperties": []any{map[string]any{"id": tagsID, "value": []string{"a"}}}})
	outer := box + "/contactFolders/" + r.do("POST", box+"/contactFolders", map[string]any{"displayName": "Partner"}, 201)["id"].(string)
	inner := r.do("POST", outer+"/childFolders", map[string]any{"displayName": "Wien"}, 201)["id"].(string)
	r.raw("PUT", contact+"/photo/$value", "image/png", picture(t, 3, 4))
	r.raw("PUT", box+"/photo/$value", "image/png", picture(t, 5, 6))
	r.do("POST", box+"/outlook/masterCategories", map[string]any{"displayName": "Kunde", "color": "preset7"}, 201)
	r.do("DELETE", gone, nil, 204)
	if err := r.ctl.HideTaskList(r.users[0].UPN, hidden, true); err != nil {
		t.Fatal(err)
	}
	moved, err := r.ctl.MoveContact(r.users[0].UPN, made["id"].(string), inner)
	if err != nil {
		t.Fatal(err)
	}
	var saved bytes.Buffer
	if err := r.ctl.SaveState(&saved); err != nil {
		t.Fatal(err)
	}
	cfg.Seed = 99
	other := newRig(t, cfg)
	if err := other.ctl.LoadState(&saved); err != nil {
		t.Fatal(err)
	}
	other.token = r.token
	contact = outer + "/childFolders/" + inner + "/contacts/" + moved
	for _, path := range []string{
		task + expandID("extensions", "de.example.sync"), lists, lists + "/" + hidden + expandID("extensions", "de.example.sync"), gone + "/tasks",
		contact + expandID("extensions", "de.example.sync") + ",multiValueExtendedProperties($filter=id eq '" + tagsID + "')",
		contact + "/photo/$value", contact + "/photo", box + "/photo", box + "/photo/$value", box + "/outlook/masterCategories",
		r.box(1) + "/outlook/masterCategories", outer + "/childFolders", box + "/contactFolders",
	} {
		wantStatus, _, want := r.raw("GET", path, "", nil)
		status, _, got := other.raw("GET", path, "", nil)
		want, got = bytes.ReplaceAll(want, []byte(r.url), nil), bytes.ReplaceAll(got, []byte(other.url), nil)
		if wantStatus != 200 || status != 200 || !bytes.Equal(want, got) {
			t.Errorf("%s: %d %s\nbefore: %d %s", path, status, got, wantStatus, want)
		}
	}
}
