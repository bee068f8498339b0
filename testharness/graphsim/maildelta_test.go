package graphsim

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const inboxDelta = "/mailFolders/inbox/messages/delta"

// arrive delivers messages to user 1, a minute apart.
func (r *rig) arrive(subjects ...string) {
	r.Helper()
	for _, s := range subjects {
		r.do("POST", r.box(0)+"/sendMail", map[string]any{"message": mailTo(s, r.users[1].Mail)}, 202)
		r.ctl.Advance(time.Minute)
	}
}

func pluck(rows []map[string]any, name string) []any {
	var out []any
	for _, row := range rows {
		out = append(out, row[name])
	}
	return out
}

func TestMessageDeltaTellsOfOneFolder(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.arrive("a", "b", "c")
	at := r.box(1)
	rows, link := r.round(at+inboxDelta, "Prefer: odata.maxpagesize=2")
	if got := pluck(rows, "subject"); !slices.Equal(got, []any{"a", "b", "c"}) || rows[0]["@odata.type"] != "#microsoft.graph.message" || rows[0]["body"] == nil {
		t.Fatalf("first round %v", rows)
	}
	id := func(i int) string { return rows[i]["id"].(string) }
	r.do("PATCH", at+"/messages/"+id(0), map[string]any{"isRead": true}, 200)
	r.do("PATCH", at+"/messages/"+id(1), map[string]any{"categories": []string{"Kunde"}}, 200)
	r.do("POST", at+"/messages/"+id(2)+"/move", map[string]any{"destinationId": "archive"}, 201)
	r.arrive("d")
	for range 2 { // a link can be used again
		changes, _ := r.round(link)
		if len(changes) != 4 {
			t.Fatalf("changes %v", changes)
		}
		if changes[0]["id"] != id(0) || changes[0]["isRead"] != true || changes[0]["subject"] != nil || changes[0]["body"] != nil {
			t.Errorf("a message that was read: %v", changes[0])
		}
		if changes[1]["id"] != id(1) || changes[1]["subject"] != "b" {
			t.Errorf("a changed message: %v", changes[1])
		}
		if changes[2]["id"] != id(2) || changes[2]["@removed"].(map[string]any)["reason"] != "deleted" {
			t.Errorf("a message that left: %v", changes[2])
		}
		if changes[3]["subject"] != "d" {
			t.Errorf("a new message: %v", changes[3])
		}
	}
}

func TestMessageDeltaKeepsTheOptionsOfItsFirstRequest(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.arrive("a", "b", "c", "d")
	at := r.box(1)
	rows, link := r.round(at+inboxDelta+"?$select=subject,sender,isRead&$orderby=receivedDateTime desc", "Prefer: odata.maxpagesize=1")
	if got := pluck(rows, "subject"); !slices.Equal(got, []any{"d", "c", "b", "a"}) {
		t.Errorf("order %v", got)
	}
	r.arrive("e")
	changes, _ := r.round(link)
	if len(changes) != 1 || changes[0]["subject"] != "e" || changes[0]["body"] != nil || changes[0]["sender"] == nil || len(changes[0]) != 6 {
		t.Errorf("selected %v", changes)
	}
	since := epoch.Add(2 * time.Minute).Format(time.RFC3339)
	rows, link = r.round(at + inboxDelta + "?$filter=receivedDateTime ge " + since)
	if got := pluck(rows, "subject"); !slices.Equal(got, []any{"c", "d", "e"}) {
		t.Errorf("since %s: %v", since, got)
	}
	old := values(r.get(at + "/mailFolders/inbox/messages?$filter=subject eq 'a'"))[0]["id"].(string)
	r.do("PATCH", at+"/messages/"+old, map[string]any{"categories": []string{"x"}}, 200)
	if changes, _ = r.round(link); len(changes) != 0 {
		t.Errorf("an old message is outside of the filter: %v", changes)
	}
	if rows, _ = r.round(at + inboxDelta + "?$top=2"); len(rows) != 2 {
		t.Errorf("$top=2: %d rows", len(rows))
	}
}

func TestMessageDeltaOfOneKindOfChange(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.arrive("a", "b")
	at := r.box(1)
	links := map[string]string{}
	for _, kind := range []string{"created", "updated", "deleted"} {
		_, links[kind] = r.round(at + inboxDelta + "?changeType=" + kind)
	}
	list := r.all(at + "/mailFolders/inbox/messages?$orderby=receivedDateTime")
	r.do("PATCH", at+"/messages/"+list[0]["id"].(string), map[string]any{"isRead": true}, 200)
	r.do("DELETE", at+"/messages/"+list[1]["id"].(string), nil, 204)
	r.arrive("c")
	for kind, want := range map[string]string{"created": "c", "updated": "", "deleted": list[1]["id"].(string)} {
		rows, _ := r.round(links[kind])
		if len(rows) != 1 {
			t.Fatalf("%s: %v", kind, rows)
		}
		switch kind {
		case "created":
			if rows[0]["subject"] != want {
				t.Errorf("created %v", rows)
			}
		case "updated":
			if rows[0]["id"] != list[0]["id"] || rows[0]["isRead"] != true {
				t.Errorf("updated %v", rows)
			}
		default:
			if rows[0]["id"] != want || rows[0]["@removed"] == nil {
				t.Errorf("deleted %v", rows)
			}
		}
	}
	r.refused(r.send("GET", at+inboxDelta+"?changeType=moved", nil), 400, "ErrorInvalidParameter")
}

func TestAMessageThatCameBackHasANewIDAndALostOldOne(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.arrive("a")
	at := r.box(1)
	rows, link := r.round(at + inboxDelta)
	immutable := `Prefer: IdType="ImmutableId"`
	_, fixed := r.round(at+inboxDelta, immutable)
	away := r.do("POST", at+"/messages/"+rows[0]["id"].(string)+"/move", map[string]any{"destinationId": "archive"}, 201)
	back := r.do("POST", at+"/messages/"+away["id"].(string)+"/move", map[string]any{"destinationId": "inbox"}, 201)
	changes, _ := r.round(link, "Prefer: odata.maxpagesize=1")
	if len(changes) != 2 || changes[0]["id"] != back["id"] || changes[1]["id"] != rows[0]["id"] || changes[1]["@removed"] == nil {
		t.Errorf("changes %v", changes)
	}
	if changes, _ = r.round(fixed, immutable); len(changes) != 1 || changes[0]["@removed"] != nil {
		t.Errorf("with immutable ids %v", changes)
	}
}

func TestMessageDeltaRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := r.box(1)
	a := r.send("GET", at+"/messages/delta", nil)
	r.refused(a, 400, "BadRequest")
	if msg := a.body["error"].(map[string]any)["message"].(string); !strings.Contains(msg, "Change tracking is not supported against 'microsoft.graph.message'.") {
		t.Errorf("message %q", msg)
	}
	for query, code := range map[string]string{
		"$search=\"x\"": "ErrorInvalidUrlQuery", "$skip=1": "ErrorInvalidUrlQuery", "$filter=isRead eq true": "ErrorInvalidUrlQueryFilter",
		"$filter=receivedDateTime le 2026-01-01T00:00:00Z": "ErrorInvalidUrlQueryFilter", "$orderby=subject": "ErrorInvalidUrlQuery",
		"$orderby=receivedDateTime": "ErrorInvalidUrlQuery", "$select=unsinn": "RequestBroker--ParseUri",
	} {
		r.refused(r.send("GET", at+inboxDelta+"?"+query, nil), 400, code)
	}
	_, link := r.round(at + inboxDelta)
	r.refused(r.send("GET", link+"AAAA", nil), 410, "SyncStateNotFound")
	r.refused(r.send("GET", strings.Replace(link, "/mailFolders/inbox/", "/mailFolders/drafts/", 1), nil), 410, "SyncStateNotFound")
	r.ctl.ExpireDelta(r.users[1].UPN)
	r.refused(r.send("GET", link, nil), 410, "SyncStateNotFound")
}

func TestMailFolderDeltaTellsOfFoldersOnly(t *testing.T) {
	t.Parallel()
	r := empty(t)
	box := r.box(1)
	rows, link := r.round(box + "/mailFolders/delta")
	if len(rows) != 8 {
		t.Errorf("%d folders: %v", len(rows), pluck(rows, "displayName"))
	}
	r.arrive("a")
	if changes, _ := r.round(link); len(changes) != 0 {
		t.Errorf("a message changes no folder: %v", changes)
	}
	f := r.do("POST", box+"/mailFolders", map[string]any{"displayName": "Neu"}, 201)
	g := r.do("POST", box+"/mailFolders", map[string]any{"displayName": "Alt"}, 201)
	changes, link := r.round(link)
	if len(changes) != 2 || changes[0]["id"] != f["id"] || changes[0]["displayName"] != "Neu" {
		t.Errorf("made %v", changes)
	}
	moved := r.do("POST", box+"/mailFolders/"+f["id"].(string)+"/move", map[string]any{"destinationId": "inbox"}, 201)
	r.do("POST", box+"/mailFolders/"+g["id"].(string)+"/permanentDelete", nil, 204)
	changes, _ = r.round(link)
	if len(changes) != 2 || changes[0]["id"] != moved["id"] || changes[0]["parentFolderId"] == f["parentFolderId"] || changes[1]["id"] != g["id"] || changes[1]["@removed"] == nil {
		t.Errorf("moved and removed %v", changes)
	}
	r.refused(r.send("GET", box+"/mailFolders/delta?$top=3", nil), 400, "ErrorInvalidUrlQuery")
	r.refused(r.send("GET", box+"/mailFolders/delta?$filter=displayName eq 'x'", nil), 400, "ErrorInvalidUrlQuery")
}
