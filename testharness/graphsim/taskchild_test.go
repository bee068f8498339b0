package graphsim

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func (r *rig) task(body map[string]any) (path string, made map[string]any) {
	r.Helper()
	made = r.do("POST", r.tasks(0), body, 201)
	return r.tasks(0) + "/" + made["id"].(string), made
}

func TestChecklistItemsAreStepsOfATask(t *testing.T) {
	t.Parallel()
	r := empty(t)
	path, made := r.task(map[string]any{"title": "Umzug", "checklistItems": []any{map[string]any{"displayName": "Kartons"}}})
	if _, ok := made["linkedResources"]; ok || len(made["checklistItems"].([]any)) != 1 {
		t.Errorf("steps come inline, empty collections not at all: %v", made)
	}
	_, link := r.round(r.tasks(0) + "/delta")
	item := r.do("POST", path+"/checklistItems", map[string]any{"displayName": "Wagen", "isChecked": true}, 201)
	if item["isChecked"] != true || item["checkedDateTime"] == nil || item["createdDateTime"] == nil {
		t.Errorf("%v", item)
	}
	at := path + "/checklistItems/" + item["id"].(string)
	if got := r.get(at); got["displayName"] != "Wagen" {
		t.Errorf("%v", got)
	}
	if n := len(values(r.get(path + "/checklistItems"))); n != 2 {
		t.Errorf("%d items, want 2", n)
	}
	rows, link := r.round(link)
	if len(rows) != 1 || len(rows[0]["checklistItems"].([]any)) != 2 || rows[0]["@odata.etag"] == made["@odata.etag"] {
		t.Errorf("a new step brings its task again: %v", rows)
	}
	open := r.do("PATCH", at, map[string]any{"displayName": "Transporter"}, 200)
	if open["isChecked"] != false || open["checkedDateTime"] != nil {
		t.Errorf("a PATCH without isChecked unticks: %v", open)
	}
	both := r.do("PATCH", at, map[string]any{"displayName": "Transporter", "isChecked": true}, 200)
	if both["isChecked"] != true {
		t.Errorf("%v", both)
	}
	r.do("PATCH", path, map[string]any{"title": "Umzug!", "checklistItems": []any{}}, 200)
	if n := len(values(r.get(path + "/checklistItems"))); n != 2 {
		t.Errorf("a PATCH of the task leaves its steps: %d", n)
	}
	r.do("DELETE", at, nil, 204)
	r.refused(r.send("GET", at, nil), 404, "ErrorItemNotFound")
	r.refused(r.send("PATCH", at, map[string]any{"isChecked": true}), 404, "ErrorItemNotFound")
	r.refused(r.send("POST", path+"/checklistItems", map[string]any{"isChecked": true}), 400, "invalidRequest")
	r.refused(r.send("POST", path+"/checklistItems", map[string]any{"displayName": "x", "done": true}), 400, "BadRequest")
	r.refused(r.send("POST", path+"/checklistItems", map[string]any{"displayName": "x", "isChecked": "ja"}), 400, "UnableToDeserializePostBody")
	r.refused(r.send("POST", path+"/linkedResources", map[string]any{"url": "x"}), 400, "BadRequest")
	if rows, _ := r.round(link); len(rows) != 1 {
		t.Errorf("%d rows", len(rows))
	}
}

func TestTheETagOfTheTaskGuardsItsSteps(t *testing.T) {
	t.Parallel()
	r := empty(t)
	path, made := r.task(map[string]any{"title": "Umzug"})
	old := "If-Match: " + made["@odata.etag"].(string)
	at := path + "/checklistItems/" + r.do("POST", path+"/checklistItems", map[string]any{"displayName": "Wagen"}, 201)["id"].(string)
	body := map[string]any{"displayName": "x", "isChecked": true}
	r.refused(r.send("PATCH", at, body, old), 412, "ErrorIrresolvableConflict")
	r.refused(r.send("DELETE", at, nil, old), 412, "ErrorIrresolvableConflict")
	r.refused(r.send("PATCH", at, body, "If-Match: x"), 500, "generalException")
	now := "If-Match: " + r.get(path)["@odata.etag"].(string)
	r.do("PATCH", at, body, 200, now)
	r.do("DELETE", at, nil, 204, "If-Match: "+r.get(path)["@odata.etag"].(string))
}

func TestOpenExtensionsOfTasksAndLists(t *testing.T) {
	t.Parallel()
	r := empty(t)
	lists := r.box(0) + "/todo/lists"
	list := r.do("POST", lists, map[string]any{"displayName": "Projekt", "extensions": []any{referral(map[string]any{"key": "0"})}}, 201)
	if got, _ := list["extensions"].([]any); len(got) != 1 {
		t.Errorf("the answer shows an inline extension: %v", list)
	}
	path, _ := r.task(map[string]any{"title": "Ticket"})
	const full = "microsoft.graph.openTypeExtension.de.example.sync"
	want := map[string]any{"@odata.type": "#microsoft.graph.openTypeExtension", "id": full, "extensionName": "de.example.sync",
		"key": "4711", "count@odata.type": "#Int64", "count": 3.0, "tags@odata.type": "#Collection(String)", "tags": []any{"a"}}
	body := referral(map[string]any{"key": "4711", "count": 3, "tags@odata.type": "#Collection(String)", "tags": []string{"a"}})
	for _, at := range []string{path, lists + "/" + list["id"].(string)} {
		before := r.get(at)["@odata.etag"]
		made := r.do("POST", at+"/extensions", body, 201)
		delete(made, "@odata.context")
		if diff := cmp.Diff(want, made); diff != "" {
			t.Error(diff)
		}
		if r.get(at)["@odata.etag"] == before {
			t.Errorf("%s: the extension leaves the ETag as it is", at)
		}
		for _, id := range []string{full, "de.example.sync"} {
			if got := r.get(at + expandID("extensions", id)); cmp.Diff([]any{want}, got["extensions"]) != "" {
				t.Errorf("by %s: %v", id, got["extensions"])
			}
		}
		if got := r.get(at + "?$expand=extensions")["extensions"]; got != nil {
			t.Errorf("without a filter: %v", got)
		}
		collection := at[:len(at)-len(r.get(at)["id"].(string))-1]
		if rows := values(r.get(collection + expandID("extensions", full))); rows[len(rows)-1]["extensions"] == nil {
			t.Errorf("no extension in the listing: %v", rows)
		}
		next := r.do("PATCH", at+"/extensions/"+full, map[string]any{"other": true}, 200)
		if next["key"] != nil || next["other"] != true {
			t.Errorf("a PATCH replaces the whole extension: %v", next)
		}
		r.refused(r.send("GET", at+"/extensions", nil), 404, "ErrorItemNotFound")
		r.refused(r.send("GET", at+"/extensions/"+full, nil), 404, "ErrorItemNotFound")
		r.refused(r.send("POST", at+"/extensions", referral(map[string]any{"tags": []string{"a"}})), 400, "invalidRequest")
		r.refused(r.send("GET", at+expandID("extensions", "Microsoft.OutlookServices.OpenTypeExtension.x"), nil), 500, "generalException")
		r.refused(r.send("PATCH", at, map[string]any{"extensions": []any{body}}), 500, "generalException")
		r.do("DELETE", at+"/extensions/de.example.sync", nil, 204)
		r.refused(r.send("PATCH", at+"/extensions/de.example.sync", map[string]any{"a": 1}), 404, "ErrorItemNotFound")
	}
	r.refused(r.send("GET", r.tasks(0)+"?$filter=extensions/any(e:e/id eq 'de.example.sync')", nil), 400, "invalidRequest")
	r.refused(r.send("GET", r.tasks(0)+"?$expand=children", nil), 400, "invalidRequest")
}

func TestExtensionsInANewTask(t *testing.T) {
	t.Parallel()
	for echoed, want := range map[bool]int{false: 1, true: 0} {
		r := newRig(t, Config{Users: 2, TasksPerUser: -1, TaskExtensionsEchoed: echoed})
		path, made := r.task(map[string]any{"title": "Ticket", "extensions": []any{referral(map[string]any{"key": "1"})}})
		if list, _ := made["extensions"].([]any); len(list) != 1 {
			t.Errorf("echoed %v: the answer shows %v", echoed, made["extensions"])
		}
		if list, _ := r.get(path + expandID("extensions", "de.example.sync"))["extensions"].([]any); len(list) != want {
			t.Errorf("echoed %v: %d extensions stored, want %d", echoed, len(list), want)
		}
	}
}

func TestTaskDeltaRefusesOptions(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	for _, path := range []string{r.tasks(0) + "/delta", r.box(0) + "/todo/lists/delta"} {
		for option, code := range map[string]string{
			"$top=5": "BadRequest", "$filter=status eq 'completed'": "BadRequest", "$select=id": "invalidRequest", "$orderby=title": "BadRequest",
			"$expand=extensions($filter=id eq 'x')": "invalidRequest",
		} {
			r.refused(r.send("GET", path+"?"+option, nil), 400, code)
		}
		a := r.send("GET", path+"?$top=5", nil)
		if e := a.body["error"].(map[string]any); e["message"] != "Skip token is not provided." {
			t.Errorf("message %v", e["message"])
		}
		page := r.get(path+"?$expand=extensions", "Prefer: odata.maxpagesize=2")
		if len(values(page)) != 2 {
			t.Errorf("%d rows, want 2", len(values(page)))
		}
		if n := len(values(r.get(page["@odata.nextLink"].(string)))); n != 1 {
			t.Errorf("the next page does not keep the preferred size: %d rows, want the one that is left", n)
		}
		r.refused(r.send("GET", path+"?$deltatoken=abc", nil), 400, "BadRequest")
	}
}

func TestTaskDeltaTokensBelongToOneListAndExpire(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	lists := r.box(0) + "/todo/lists"
	other := lists + "/" + values(r.get(lists))[2]["id"].(string)
	_, link := r.round(r.tasks(0) + "/delta")
	_, token, _ := strings.Cut(link, "?")
	inner := func(a answer) any {
		return a.body["error"].(map[string]any)["innerError"].(map[string]any)["code"]
	}
	wrong := r.send("GET", other+"/tasks/delta?"+token, nil)
	r.refused(wrong, 410, "SyncStateNotFound")
	r.ctl.ExpireDelta(r.users[0].UPN)
	old := r.send("GET", link, nil)
	r.refused(old, 410, "SyncStateNotFound")
	if inner(wrong) != "SyncStateInvalid" || inner(old) != "SyncStateNotFound" {
		t.Errorf("inner codes %v and %v", inner(wrong), inner(old))
	}
}

func TestTasksComeInThePreferredZoneAndPagesOfFifty(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, TasksPerUser: 60})
	const tokyo = `Prefer: outlook.timezone="Tokyo Standard Time"`
	for _, path := range []string{r.tasks(0), r.tasks(0) + "/delta"} {
		a := r.send("GET", path, nil, tokyo)
		rows := values(a.body)
		if len(rows) != 50 {
			t.Errorf("%s: a page of %d", path, len(rows))
		}
		due := rows[0]["dueDateTime"].(map[string]any)
		if due["timeZone"] != "Tokyo Standard Time" {
			t.Errorf("%s: due %v", path, due)
		}
	}
	for _, path := range []string{r.tasks(0), r.tasks(0) + "/delta", r.box(0) + "/todo/lists", r.box(0) + "/todo/lists/delta"} {
		if got := r.send("GET", path, nil, tokyo+", odata.maxpagesize=2").header.Get("Preference-Applied"); got != "" {
			t.Errorf("%s tells what it applied: %s", path, got)
		}
	}
	page := r.get(r.tasks(0) + "?$count=true")
	if next := page["@odata.nextLink"].(string); !strings.Contains(next, "skip=50") || page["@odata.count"] != nil {
		t.Errorf("next link %s, count %v", next, page["@odata.count"])
	}
	if n := len(values(r.get(r.tasks(0) + "?$top=1000"))); n != 60 {
		t.Errorf("$top=1000 gives %d", n)
	}
}

func TestAnEmptyChangeGuardsTheDeletionOfATask(t *testing.T) {
	t.Parallel()
	r := empty(t)
	path, made := r.task(map[string]any{"title": "Umzug"})
	guarded := func(etag any) map[string]map[string]any {
		return r.batch(
			item("1", "PATCH", path, "headers", map[string]any{"Content-Type": "application/json", "If-Match": etag}, "body", map[string]any{}),
			item("2", "DELETE", path, "dependsOn", []string{"1"}),
		)
	}
	r.do("PATCH", path, map[string]any{"title": "Umzug!"}, 200)
	if got := guarded(made["@odata.etag"]); got["1"]["status"] != 412.0 || got["2"]["status"] != 424.0 {
		t.Errorf("stale: %v", got)
	}
	if got := guarded(r.get(path)["@odata.etag"]); got["1"]["status"] != 200.0 || got["2"]["status"] != 204.0 {
		t.Errorf("fresh: %v", got)
	}
}

func TestTheBodyOfATaskIsTextOrHTML(t *testing.T) {
	t.Parallel()
	r := empty(t)
	path, made := r.task(map[string]any{"title": "x", "body": map[string]any{"content": "a"}})
	if got := made["body"].(map[string]any); got["contentType"] != "text" {
		t.Errorf("%v", got)
	}
	next := r.do("PATCH", path, map[string]any{"body": map[string]any{"content": "<b>a</b>", "contentType": "html"}}, 200)
	if got := next["body"].(map[string]any); got["contentType"] != "html" || got["content"] != "<b>a</b>" || next["bodyLastModifiedDateTime"] == nil {
		t.Errorf("%v", got)
	}
	for _, bad := range []any{map[string]any{"content": "a", "contentType": "rtf"}, "a", map[string]any{"content": 5}} {
		r.refused(r.send("PATCH", path, map[string]any{"body": bad}), 400, "UnableToDeserializePostBody")
	}
}
