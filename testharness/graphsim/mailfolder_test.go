package graphsim

import (
	"slices"
	"testing"
)

func TestDefaultFoldersHaveGermanNamesAndAreFoundByTheirWellKnownOnes(t *testing.T) {
	t.Parallel()
	r := empty(t)
	box := r.box(0)
	root := r.get(box + "/mailFolders/msgfolderroot")
	for known, name := range map[string]string{
		"inbox": "Posteingang", "Drafts": "Entwürfe", "sentItems": "Gesendete Elemente", "deleteditems": "Gelöschte Elemente", "archive": "Archiv",
		"junkemail": "Junk-E-Mail", "outbox": "Postausgang", "conversationhistory": "Aufgezeichnete Unterhaltungen",
	} {
		f := r.get(box + "/mailFolders/" + known)
		if f["displayName"] != name || f["parentFolderId"] != root["id"] || f["isHidden"] != false {
			t.Errorf("%s: %v", known, f)
		}
		if again := r.get(box + "/mailFolders/" + f["id"].(string)); again["id"] != f["id"] {
			t.Errorf("%s by id: %v", known, again)
		}
	}
	shown, all := r.all(box+"/mailFolders"), r.all(box+"/mailFolders?includeHiddenFolders=true")
	if len(shown) != 8 || len(all) <= len(shown) {
		t.Errorf("%d folders, %d with hidden ones", len(shown), len(all))
	}
	if !slices.ContainsFunc(all, func(f map[string]any) bool { return f["displayName"] == "Clutter" && f["isHidden"] == true }) {
		t.Errorf("no hidden Clutter: %v", all)
	}
	if kids := r.all(box + "/mailFolders/syncissues/childFolders?includeHiddenFolders=true"); len(kids) != 3 {
		t.Errorf("child folders of syncissues: %v", kids)
	}
	r.refused(r.send("GET", box+"/mailFolders/posteingang", nil), 400, "ErrorInvalidIdMalformed")
}

func TestFoldersAreMadeRenamedMovedCopiedAndDeleted(t *testing.T) {
	t.Parallel()
	r := empty(t)
	box := r.box(0)
	a := r.do("POST", box+"/mailFolders", map[string]any{"displayName": "Kunden"}, 201)
	at := box + "/mailFolders/" + a["id"].(string)
	b := r.do("POST", at+"/childFolders", map[string]any{"displayName": "Fabrikam"}, 201)
	inner := box + "/mailFolders/" + b["id"].(string)
	r.do("POST", inner+"/messages", mailTo("darin"), 201)
	if f := r.get(at + "/childFolders/" + b["id"].(string)); f["totalItemCount"] != 1.0 || f["unreadItemCount"] != 0.0 {
		t.Errorf("counts %v", f)
	}
	if list := r.all(at + "/childFolders/" + b["id"].(string) + "/messages"); len(list) != 1 {
		t.Errorf("messages below childFolders: %v", list)
	}
	r.refused(r.send("GET", box+"/mailFolders/inbox/childFolders/"+b["id"].(string), nil), 404, "ErrorItemNotFound")
	if f := r.do("PATCH", inner, map[string]any{"displayName": "Fabrikam AG"}, 200); f["id"] != b["id"] || f["displayName"] != "Fabrikam AG" {
		t.Errorf("renamed %v", f)
	}
	twin := r.do("POST", inner+"/copy", map[string]any{"destinationId": "archive"}, 201)
	if twin["totalItemCount"] != 1.0 || twin["id"] == b["id"] {
		t.Errorf("copy %v", twin)
	}
	moved := r.do("POST", inner+"/move", map[string]any{"destinationId": "inbox"}, 201)
	if moved["id"] != b["id"] || moved["totalItemCount"] != 1.0 || moved["parentFolderId"] == b["parentFolderId"] {
		t.Errorf("moved %v", moved)
	}
	if f := r.get(inner, `Prefer: IdType="ImmutableId"`); f["id"] != b["id"] {
		t.Errorf("folders have one id for all, not %v", f["id"])
	}
	r.do("DELETE", inner, nil, 204)
	if gone := r.all(box + "/mailFolders/deleteditems/childFolders"); len(gone) != 1 || gone[0]["displayName"] != "Fabrikam AG" {
		t.Fatalf("below Deleted Items: %v", gone)
	} else {
		r.do("DELETE", box+"/mailFolders/"+gone[0]["id"].(string), nil, 204)
	}
	if gone := r.all(box + "/mailFolders/deleteditems/childFolders"); len(gone) != 0 {
		t.Errorf("below Deleted Items after all: %v", gone)
	}
	if list := r.all(box + "/messages"); len(list) != 1 { // the copy's
		t.Errorf("messages %v", list)
	}
	r.do("POST", at+"/permanentDelete", nil, 204)
}

func TestFoldersRefuseWhatExchangeRefuses(t *testing.T) {
	t.Parallel()
	r := empty(t)
	box := r.box(0)
	a := r.do("POST", box+"/mailFolders", map[string]any{"displayName": "A"}, 201)["id"].(string)
	b := r.do("POST", box+"/mailFolders/"+a+"/childFolders", map[string]any{"displayName": "B"}, 201)["id"].(string)
	r.refused(r.send("POST", box+"/mailFolders", map[string]any{"displayName": "a"}), 409, "ErrorFolderExists")
	r.refused(r.send("POST", box+"/mailFolders", map[string]any{"displayName": "POSTEINGANG"}), 409, "ErrorFolderExists")
	r.refused(r.send("POST", box+"/mailFolders", map[string]any{"displayName": " "}), 400, "ErrorPropertyValidationFailure")
	r.refused(r.send("POST", box+"/mailFolders", map[string]any{"name": "x"}), 400, "UnableToDeserializePostBody")
	r.refused(r.send("DELETE", box+"/mailFolders/inbox", nil), 400, "ErrorDeleteDistinguishedFolder")
	r.refused(r.send("POST", box+"/mailFolders/drafts/permanentDelete", nil), 400, "ErrorDeleteDistinguishedFolder")
	r.refused(r.send("POST", box+"/mailFolders/inbox/move", map[string]any{"destinationId": "archive"}), 400, "ErrorMoveDistinguishedFolder")
	r.refused(r.send("POST", box+"/mailFolders/"+a+"/move", map[string]any{"destinationId": b}), 400, "ErrorMoveCopyFailed")
	r.refused(r.send("POST", box+"/mailFolders/"+a+"/copy", map[string]any{"destinationId": a}), 400, "ErrorMoveCopyFailed")
	r.refused(r.send("GET", box+"/mailFolders?$filter=id eq 'x'", nil), 400, "ErrorInvalidUrlQueryFilter")
	if got := r.all(box + "/mailFolders?$filter=displayName eq 'Archiv'"); len(got) != 1 {
		t.Errorf("filter by name: %v", got)
	}
	r.refused(r.send("GET", r.box(1)+"/mailFolders/"+a, nil), 404, "ErrorItemNotFound")
}
