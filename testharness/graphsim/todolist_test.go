package graphsim

import (
	"slices"
	"testing"
	"time"
)

func TestWellKnownListsStay(t *testing.T) {
	t.Parallel()
	r := empty(t)
	lists := r.box(0) + "/todo/lists"
	var known []string
	for _, l := range values(r.get(lists)) {
		if l["wellknownListName"] == "none" {
			continue
		}
		known = append(known, l["wellknownListName"].(string))
		at := lists + "/" + l["id"].(string)
		r.refused(r.send("DELETE", at, nil), 400, "invalidRequest")
		r.refused(r.send("PATCH", at, map[string]any{"displayName": "x"}), 400, "invalidRequest")
	}
	if !slices.Equal(known, []string{"defaultList", "flaggedEmails"}) {
		t.Errorf("well-known lists %v", known)
	}
	made := r.do("POST", lists, map[string]any{"displayName": "Einkauf"}, 201)
	at := lists + "/" + made["id"].(string)
	r.do("PATCH", at, map[string]any{"displayName": "a"}, 200)
	next := r.do("PATCH", at, map[string]any{"displayName": "b"}, 200, "If-Match: "+made["@odata.etag"].(string))
	if next["displayName"] != "b" || next["isOwner"] != true || next["isShared"] != false {
		t.Errorf("%v", next)
	}
	r.refused(r.send("PATCH", at, map[string]any{"displayName": " "}), 400, "invalidRequest")
	r.refused(r.send("PATCH", at, map[string]any{"name": "x"}), 400, "BadRequest")
	r.refused(r.send("POST", lists, map[string]any{}), 400, "invalidRequest")
	r.refused(r.send("GET", lists+"?$select=displayName", nil), 400, "invalidRequest")
	r.refused(r.send("GET", lists+"?$filter=status eq 'completed'", nil), 400, "invalidRequest")
	if n := len(values(r.get(lists + "?$top=1"))); n != 1 {
		t.Errorf("$top=1 gives %d lists", n)
	}
	r.refused(r.send("GET", lists+"/AAMkAA", nil), 400, "ErrorInvalidIdMalformed")
}

func TestADeletedListAnswersForAWhile(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true, GhostLists: time.Minute})
	lists := r.box(0) + "/todo/lists"
	at := lists + "/" + r.do("POST", lists, map[string]any{"displayName": "Einkauf"}, 201)["id"].(string)
	r.do("POST", at+"/tasks", map[string]any{"title": "Milch"}, 201)
	_, link := r.round(at + "/tasks/delta")
	_, ofLists := r.round(lists + "/delta")
	r.do("DELETE", at, nil, 204)
	r.refused(r.send("GET", at, nil), 404, "ErrorItemNotFound")
	lost := r.do("POST", at+"/tasks", map[string]any{"title": "Brot"}, 201)
	if lost["id"] == nil {
		t.Errorf("%v", lost)
	}
	r.refused(r.send("GET", at+"/tasks/"+lost["id"].(string), nil), 404, "ErrorItemNotFound")
	if rows, _ := r.round(link); len(rows) != 0 {
		t.Errorf("its delta tells of the end: %v", rows)
	}
	if n := len(values(r.get(at + "/tasks"))); n != 0 {
		t.Errorf("%d tasks", n)
	}
	if rows, _ := r.round(ofLists); len(rows) != 1 || rows[0]["@removed"] == nil {
		t.Errorf("lists/delta tells: %v", rows)
	}
	r.ctl.Advance(time.Hour)
	r.signIn()
	r.refused(r.send("POST", at+"/tasks", map[string]any{"title": "Brot"}), 404, "ErrorItemNotFound")
	r.refused(r.send("GET", link, nil), 404, "ErrorItemNotFound")
}

func TestAListMayBeMissingFromTheListing(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	lists := r.box(0) + "/todo/lists"
	all := ids(values(r.get(lists)))
	if err := r.ctl.HideTaskList(r.users[0].UPN, all[2], true); err != nil {
		t.Fatal(err)
	}
	if got := ids(values(r.get(lists))); slices.Contains(got, all[2]) || len(got) != len(all)-1 {
		t.Errorf("listed %v", got)
	}
	if rows, _ := r.round(lists + "/delta"); !slices.Contains(ids(rows), all[2]) {
		t.Error("lists/delta lacks the list too")
	}
	r.get(lists + "/" + all[2])
	if err := r.ctl.HideTaskList(r.users[0].UPN, "x", true); err == nil {
		t.Error("a list that is none was hidden")
	}
}

func TestATaskMovedByItsOwnerHasANewID(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	who, lists := r.users[0].UPN, r.box(0)+"/todo/lists"
	other := lists + "/" + values(r.get(lists))[2]["id"].(string)
	task := values(r.get(r.tasks(0)))[1]
	_, from := r.round(r.tasks(0) + "/delta")
	_, to := r.round(other + "/tasks/delta")
	id, err := r.ctl.MoveTask(who, task["id"].(string), values(r.get(lists))[2]["id"].(string))
	if err != nil {
		t.Fatal(err)
	}
	if rows, _ := r.round(from); len(rows) != 1 || rows[0]["id"] != task["id"] || rows[0]["@removed"] == nil {
		t.Errorf("old list: %v", rows)
	}
	if rows, _ := r.round(to); len(rows) != 1 || rows[0]["id"] != id || rows[0]["title"] != task["title"] || rows[0]["createdDateTime"] != task["createdDateTime"] {
		t.Errorf("new list: %v", rows)
	}
	if _, err := r.ctl.MoveTask(who, task["id"].(string), values(r.get(lists))[2]["id"].(string)); err == nil {
		t.Error("a task that is gone was moved")
	}
}

func TestPeopleReachTheirOwnTasks(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 4, Small: true})
	r.signInAs(r.users[0], "Tasks.Read")
	lists := "/me/todo/lists"
	list := lists + "/" + values(r.get(lists))[0]["id"].(string)
	r.round(list + "/tasks/delta")
	r.refused(r.send("GET", lists+"/delta", nil), 401, "UnknownError")
	r.refused(r.send("POST", list+"/tasks", map[string]any{"title": "x"}), 401, "UnknownError")
	r.refused(r.send("GET", r.box(1)+"/todo/lists", nil), 401, "UnknownError")
	r.signInAs(r.users[0], "Tasks.ReadWrite")
	r.round(lists + "/delta")
	made := r.do("POST", list+"/tasks", map[string]any{"title": "x", "linkedResources": []any{map[string]any{"externalId": "1"}}}, 201)
	r.do("PATCH", list+"/tasks/"+made["id"].(string), map[string]any{"status": "completed"}, 200)
	r.do("DELETE", list+"/tasks/"+made["id"].(string), nil, 204)
}
