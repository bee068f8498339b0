package graphsim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func (r *rig) tasks(i int) string {
	r.Helper()
	for _, l := range values(r.get(r.box(i) + "/todo/lists")) {
		if l["wellknownListName"] == "defaultList" {
			return r.box(i) + "/todo/lists/" + l["id"].(string) + "/tasks"
		}
	}
	r.Fatal("no default list")
	return ""
}

func TestTaskDatesAreMidnightsOfTheZoneSent(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := time.Date(2026, 9, 26, 17, 30, 0, 0, time.UTC)
	made := r.do("POST", r.tasks(0), map[string]any{
		"title": "Angebot prüfen", "dueDateTime": moment(at, "Europe/Berlin"), "reminderDateTime": moment(at, "Europe/Berlin"),
	}, 201)
	utc := func(s string) map[string]any { return map[string]any{"dateTime": s, "timeZone": "UTC"} }
	if diff := cmp.Diff(utc("2026-09-25T22:00:00.0000000"), made["dueDateTime"]); diff != "" {
		t.Errorf("due: %s", diff)
	}
	if diff := cmp.Diff(utc("2026-09-26T15:30:00.0000000"), made["reminderDateTime"]); diff != "" {
		t.Errorf("reminder: %s", diff)
	}
	if made["isReminderOn"] != true || made["status"] != "notStarted" || made["startDateTime"] != nil {
		t.Errorf("%v", made)
	}
	path := r.tasks(0) + "/" + made["id"].(string)
	berlin := r.get(path, `Prefer: outlook.timezone="Europe/Berlin"`)["dueDateTime"].(map[string]any)
	if berlin["dateTime"] != "2026-09-26T00:00:00.0000000" {
		t.Errorf("in Berlin %v", berlin)
	}
	done := r.do("PATCH", path, map[string]any{"status": "completed"}, 200)
	if diff := cmp.Diff(utc("2026-11-22T00:00:00.0000000"), done["completedDateTime"]); diff != "" || done["isReminderOn"] != false {
		t.Errorf("completed: %s, reminder %v", diff, done["isReminderOn"])
	}
	open := r.do("PATCH", path, map[string]any{"status": "inProgress", "dueDateTime": nil, "reminderDateTime": nil}, 200)
	if open["completedDateTime"] != nil || open["dueDateTime"] != nil || open["reminderDateTime"] != nil {
		t.Errorf("reopened: %v", open)
	}
	started := r.do("POST", r.tasks(0), map[string]any{"title": "nur Beginn", "startDateTime": moment(at, "UTC")}, 201)
	if diff := cmp.Diff(started["startDateTime"], started["dueDateTime"]); diff != "" {
		t.Errorf("a start alone sets due: %s", diff)
	}
}

func TestRecurringTasks(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	made := r.do("POST", r.tasks(0), map[string]any{"title": "Wochenbericht", "dueDateTime": moment(at, "UTC"), "recurrence": weeklyRule(at, "UTC", 0, "monday")}, 201)
	path := r.tasks(0) + "/" + made["id"].(string)
	rolled := r.do("PATCH", path, map[string]any{"status": "completed"}, 200)
	if rolled["status"] != "notStarted" || rolled["dueDateTime"].(map[string]any)["dateTime"] != "2026-11-30T00:00:00.0000000" {
		t.Errorf("completing rolls the task: %v %v", rolled["status"], rolled["dueDateTime"])
	}
	rows := r.all(r.tasks(0))
	if len(rows) != 2 || rows[1]["status"] != "completed" || rows[1]["recurrence"] != nil {
		t.Errorf("and leaves a completed one: %v", rows)
	}
	r.do("PATCH", path, map[string]any{"dueDateTime": moment(at.AddDate(0, 0, 9), "UTC")}, 200)
	if n := len(r.all(r.tasks(0))); n != 3 {
		t.Errorf("a new due date splits the series: %d tasks, want 3", n)
	}
}

func TestTaskQueriesAndErrors(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2})
	tasks := r.tasks(0)
	whole := r.all(tasks + "?$top=3")
	if len(whole) != 10 {
		t.Errorf("%d tasks, want 10", len(whole))
	}
	open := r.all(tasks + "?$filter=status ne 'completed'")
	if len(open) == 0 || len(open) >= len(whole) {
		t.Errorf("%d of %d open", len(open), len(whole))
	}
	made := r.do("POST", tasks, map[string]any{"title": "neu"}, 201)
	if hits := r.all(tasks + "?$filter=lastModifiedDateTime ge " + made["lastModifiedDateTime"].(string)); len(hits) != 1 {
		t.Errorf("%d changed since", len(hits))
	}
	r.refused(r.send("GET", tasks+"?$select=id", nil), 400, "invalidRequest")
	r.refused(r.send("GET", tasks+"?$filter=body/content eq 'x'", nil), 400, "invalidRequest")
	r.refused(r.send("GET", tasks+"?$filter=title eq status", nil), 400, "invalidRequest")
	r.refused(r.send("POST", tasks, map[string]any{"subject": "x"}), 400, "BadRequest")
	r.refused(r.send("POST", tasks, map[string]any{"body": map[string]any{"content": "x"}}), 400, "invalidRequest")
	path := tasks + "/" + made["id"].(string)
	etag := made["@odata.etag"].(string)
	r.do("PATCH", path, map[string]any{"title": "anders"}, 200, "If-Match: "+etag)
	r.refused(r.send("PATCH", path, map[string]any{"title": "z"}, "If-Match: "+etag), 412, "ErrorIrresolvableConflict")
	r.refused(r.send("PATCH", path, map[string]any{"title": "z"}, "If-Match: *"), 500, "generalException")
	r.do("DELETE", path, nil, 204, "If-Match: "+etag) // ignored on delete
	r.refused(r.send("DELETE", path, nil), 404, "ErrorItemNotFound")
}

func TestLinkedResourcesAreTheTasksKey(t *testing.T) {
	t.Parallel()
	r := empty(t)
	made := r.do("POST", r.tasks(0), map[string]any{
		"title": "Ticket", "linkedResources": []any{map[string]any{"applicationName": "CRM", "displayName": "Ticket 4711", "externalId": "4711", "webUrl": "https://crm.example/4711"}},
	}, 201)
	path := r.tasks(0) + "/" + made["id"].(string)
	links := r.get(path)["linkedResources"].([]any)
	if len(links) != 1 || links[0].(map[string]any)["externalId"] != "4711" {
		t.Fatalf("links %v", links)
	}
	id := links[0].(map[string]any)["id"].(string)
	_, link := r.round(r.tasks(0) + "/delta")
	second := r.do("POST", path+"/linkedResources", map[string]any{"applicationName": "ERP", "displayName": "x", "externalId": "9"}, 201)
	r.do("PATCH", path+"/linkedResources/"+id, map[string]any{"externalId": "4712"}, 200)
	if got := r.get(path + "/linkedResources/" + id)["externalId"]; got != "4712" {
		t.Errorf("externalId %v", got)
	}
	r.do("DELETE", path+"/linkedResources/"+second["id"].(string), nil, 204)
	if n := len(values(r.get(path + "/linkedResources"))); n != 1 {
		t.Errorf("%d links, want 1", n)
	}
	if rows, _ := r.round(link); len(rows) != 1 || rows[0]["id"] != made["id"] {
		t.Errorf("a changed link brings its task again: %v", rows)
	}
}

func TestTaskDelta(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2})
	tasks := r.tasks(0)
	page := r.get(tasks + "/delta")
	if len(values(page)) != 10 || page["@odata.deltaLink"] != nil {
		t.Errorf("the delta link comes on an extra page: %d rows", len(values(page)))
	}
	last := r.get(page["@odata.nextLink"].(string))
	if len(values(last)) != 0 || last["@odata.deltaLink"] == nil {
		t.Errorf("last page %v", last)
	}
	link := last["@odata.deltaLink"].(string)
	if rows, _ := r.round(link); len(rows) != 0 {
		t.Errorf("nothing changed: %v", rows)
	}
	who := r.users[0].UPN
	id, err := r.ctl.CreateTask(who, map[string]any{"title": "neu"})
	if err != nil {
		t.Fatal(err)
	}
	gone := values(page)[0]["id"].(string)
	if err := r.ctl.DeleteTask(who, gone); err != nil {
		t.Fatal(err)
	}
	rows, link := r.round(link)
	if diff := cmp.Diff([]string{gone, id}, ids(rows)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"id": gone, "@removed": map[string]any{"reason": "deleted"}, "isReminderOn": false, "hasAttachments": false}, rows[0]); diff != "" {
		t.Error(diff)
	}
	if rows, _ := r.round(link); len(rows) != 0 {
		t.Errorf("nothing changed: %v", rows)
	}
}

func TestTaskListsAndTheirDelta(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	lists := r.box(0) + "/todo/lists"
	first, link := r.round(lists + "/delta")
	if len(first) != 3 {
		t.Errorf("%d lists, want 3", len(first))
	}
	made := r.do("POST", lists, map[string]any{"displayName": "Einkauf"}, 201)
	path := lists + "/" + made["id"].(string)
	r.do("PATCH", path, map[string]any{"displayName": "Einkäufe"}, 200)
	r.do("POST", path+"/tasks", map[string]any{"title": "Milch"}, 201)
	rows, link := r.round(link)
	if len(rows) != 1 || rows[0]["displayName"] != "Einkäufe" {
		t.Errorf("%v", rows)
	}
	r.do("DELETE", path, nil, 204)
	if rows, _ := r.round(link); len(rows) != 1 || rows[0]["@removed"] == nil {
		t.Errorf("%v", rows)
	}
	r.refused(r.send("GET", path, nil), 404, "ErrorItemNotFound")
}
