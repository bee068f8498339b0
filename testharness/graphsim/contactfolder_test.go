package graphsim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestContactFoldersNest(t *testing.T) {
	t.Parallel()
	r := empty(t)
	top := r.box(0) + "/contactFolders"
	outer := r.do("POST", top, map[string]any{"displayName": "Partner", "singleValueExtendedProperties": []any{map[string]any{"id": crmID, "value": "7"}}}, 201)
	children := top + "/" + outer["id"].(string) + "/childFolders"
	inner := r.do("POST", children, map[string]any{"displayName": "Österreich"}, 201)
	if inner["parentFolderId"] != outer["id"] {
		t.Errorf("parent %v, want %v", inner["parentFolderId"], outer["id"])
	}
	at := children + "/" + inner["id"].(string)
	deepest := r.do("POST", at+"/childFolders", map[string]any{"displayName": "Wien"}, 201)
	deep := at + "/childFolders/" + deepest["id"].(string)
	who := r.do("POST", deep+"/contacts", map[string]any{"givenName": "Uwe"}, 201)
	if who["parentFolderId"] != deepest["id"] {
		t.Errorf("the contact is in %v", who["parentFolderId"])
	}
	for _, path := range []string{deep, top + "/" + deepest["id"].(string)} {
		if rows := values(r.get(path + "/contacts")); len(rows) != 1 || rows[0]["id"] != who["id"] {
			t.Errorf("%s: %v", path, rows)
		}
		r.get(path + "/contacts/" + who["id"].(string))
	}
	r.get(r.box(0) + "/contacts/" + who["id"].(string))
	r.refused(r.send("GET", top+"/"+outer["id"].(string)+"/childFolders/"+deepest["id"].(string), nil), 404, "ErrorItemNotFound")
	if diff := cmp.Diff([]string{outer["id"].(string), r.folder("Lieferanten")}, ids(values(r.get(top+"?$orderby=displayName desc")))); diff != "" {
		t.Errorf("the top holds: %s", diff)
	}
	if rows := values(r.get(top + "?$filter=singleValueExtendedProperties/any(p:p/id eq '" + crmID + "' and p/value eq '7')")); len(rows) != 1 {
		t.Errorf("%d folders with the property", len(rows))
	}
	if got := r.get(top + "/" + outer["id"].(string) + expandID("singleValueExtendedProperties", crmID))["singleValueExtendedProperties"]; got == nil {
		t.Error("the folder does not show its property")
	}
	_, link := r.round(top + "/delta")
	r.do("DELETE", top+"/"+outer["id"].(string), nil, 204)
	if rows, _ := r.round(link); len(rows) != 3 {
		t.Errorf("%d folders removed, want 3", len(rows))
	}
	r.refused(r.send("GET", r.box(0)+"/contacts/"+who["id"].(string), nil), 404, "ErrorItemNotFound")
}

// folder is the id of a contact folder below the root.
func (r *rig) folder(name string) string {
	r.Helper()
	for _, f := range values(r.get(r.box(0) + "/contactFolders")) {
		if f["displayName"] == name {
			return f["id"].(string)
		}
	}
	r.Fatalf("no folder %q", name)
	return ""
}

func TestContactFoldersAreRenamedAndMoved(t *testing.T) {
	t.Parallel()
	r := empty(t)
	top := r.box(0) + "/contactFolders"
	a := r.do("POST", top, map[string]any{"displayName": "A"}, 201)["id"].(string)
	b := r.do("POST", top, map[string]any{"displayName": "B"}, 201)["id"].(string)
	_, link := r.round(top + "/delta")
	if got := r.do("PATCH", top+"/"+a, map[string]any{"displayName": "Neu"}, 200); got["displayName"] != "Neu" {
		t.Errorf("%v", got)
	}
	moved := r.do("PATCH", top+"/"+b, map[string]any{"parentFolderId": a}, 200)
	if moved["parentFolderId"] != a || moved["id"] != b {
		t.Errorf("%v", moved)
	}
	if rows, _ := r.round(link); len(rows) != 2 {
		t.Errorf("%d rows, want 2", len(rows))
	}
	r.refused(r.send("PATCH", top+"/"+a, map[string]any{"parentFolderId": b}), 400, "ErrorInvalidRequest")
	r.refused(r.send("PATCH", top+"/"+a, map[string]any{"displayName": ""}), 400, "ErrorPropertyValidationFailure")
	r.refused(r.send("PATCH", top+"/"+a, map[string]any{"color": "red"}), 400, "UnableToDeserializePostBody")
	r.refused(r.send("PATCH", top+"/"+a, map[string]any{"displayName": "lieferanten"}), 409, "ErrorFolderExists")
	r.refused(r.send("DELETE", top+"/contacts", nil), 400, "ErrorDeleteDistinguishedFolder")
	r.refused(r.send("POST", top+"/contacts/permanentDelete", nil), 400, "ErrorDeleteDistinguishedFolder")
	gone := r.do("POST", top, map[string]any{"displayName": "weg"}, 201)["id"].(string)
	r.do("POST", top+"/"+gone+"/permanentDelete", nil, 204)
	r.refused(r.send("GET", top+"/"+gone, nil), 404, "ErrorItemNotFound")
	r.refused(r.send("GET", top+"/AAMkAA", nil), 400, "ErrorInvalidIdMalformed")
	r.refused(r.send("GET", top+"?$select=color", nil), 400, "RequestBroker--ParseUri")
	if got := r.get(top + "/" + a + "?$select=displayName"); got["parentFolderId"] != nil || got["displayName"] != "Neu" {
		t.Errorf("$select: %v", got)
	}
}

func TestAContactMovedByItsOwnerHasANewID(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	box, who := r.box(0), r.users[0].UPN
	const immutable = `Prefer: IdType="ImmutableId"`
	old := values(r.get(box + "/contacts"))[0]
	lasting := values(r.get(box+"/contacts", immutable))[0]["id"].(string)
	folder := r.folder("Lieferanten")
	sub := box + "/contactFolders/" + folder + "/contacts"
	_, from := r.round(box + "/contacts/delta")
	_, to := r.round(sub + "/delta")
	id, err := r.ctl.MoveContact(who, old["id"].(string), folder)
	if err != nil {
		t.Fatal(err)
	}
	if rows, _ := r.round(from); len(rows) != 1 || rows[0]["id"] != old["id"] || rows[0]["@removed"] == nil {
		t.Errorf("old folder: %v", rows)
	}
	if rows, _ := r.round(to); len(rows) != 1 || rows[0]["id"] != id || id == old["id"] || rows[0]["parentFolderId"] != folder {
		t.Errorf("new folder: %v", rows)
	}
	r.refused(r.send("GET", box+"/contacts/"+old["id"].(string), nil), 404, "ErrorItemNotFound")
	if got := r.get(box+"/contacts/"+lasting, immutable); got["id"] != lasting {
		t.Errorf("the immutable id: %v", got["id"])
	}
	same := r.do("PATCH", box+"/contacts/"+id, map[string]any{"parentFolderId": old["parentFolderId"], "nickName": "x"}, 200)
	if same["parentFolderId"] != folder {
		t.Error("a PATCH moved the contact")
	}
	if _, err := r.ctl.MoveContact(who, old["id"].(string), folder); err == nil {
		t.Error("a contact that is gone was moved")
	}
}

func TestAContactThatCameBackHasLeftItsOldIDs(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	box, who := r.box(0), r.users[0].UPN
	const immutable = `Prefer: IdType="ImmutableId"`
	old := values(r.get(box + "/contacts"))[0]["id"].(string)
	_, link := r.round(box + "/contacts/delta")
	_, lasting := r.round(box+"/contacts/delta", immutable)
	id := old
	for _, to := range []string{r.folder("Lieferanten"), "contacts"} {
		var err error
		if id, err = r.ctl.MoveContact(who, id, to); err != nil {
			t.Fatal(err)
		}
	}
	rows, _ := r.round(link, "Prefer: odata.maxpagesize=1")
	if len(rows) != 2 || rows[0]["id"] != id || rows[1]["id"] != old || rows[1]["@removed"] == nil {
		t.Errorf("%v", rows)
	}
	if rows, _ := r.round(lasting, immutable); len(rows) != 1 || rows[0]["@removed"] != nil {
		t.Errorf("with immutable ids: %v", rows)
	}
}

func TestTheSelectionOfARoundOfContactsHoldsToItsEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	folders := r.box(0) + "/contactFolders"
	for path, member := range map[string]string{folders + "/contacts/contacts": "givenName", folders: "parentFolderId"} {
		r.do("POST", path, map[string]any{"displayName": "a"}, 201)
		r.do("POST", path, map[string]any{"displayName": "b"}, 201)
		rows, link := r.round(path+"/delta?$select=displayName", "Prefer: odata.maxpagesize=1")
		r.do("POST", path, map[string]any{"displayName": "c"}, 201)
		more, _ := r.round(link)
		for _, row := range append(rows, more...) {
			if _, ok := row[member]; ok || row["displayName"] == nil {
				t.Errorf("%s: %v", path, row)
			}
		}
		if len(rows) < 2 || len(more) != 1 {
			t.Errorf("%s: %d and %d rows", path, len(rows), len(more))
		}
	}
}

func TestTheDefaultFolderIsNoFolderToTrackOrMove(t *testing.T) {
	t.Parallel()
	r := empty(t)
	top := r.box(0) + "/contactFolders"
	_, link := r.round(top + "/delta")
	r.do("PATCH", top+"/contacts", map[string]any{"displayName": "Alle"}, 200)
	r.refused(r.send("PATCH", top+"/contacts", map[string]any{"parentFolderId": r.folder("Lieferanten")}), 400, "ErrorMoveDistinguishedFolder")
	if rows, _ := r.round(link); len(rows) != 0 {
		t.Errorf("%v", rows)
	}
}
