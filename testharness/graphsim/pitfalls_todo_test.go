package graphsim

import "testing"

// todoPitfalls are those of To Do.
func todoPitfalls() []pitfall {
	return []pitfall{
		{25, "a task's due date is a midnight of a zone, and a day off in another", "MS365-ToDo issue 29", "by default", TestTaskDatesAreMidnightsOfTheZoneSent},
		{36, "tasks refuse $select, and their delta refuses $top", "", "by default", TestTaskDeltaRefusesOptions},
		{37, "completing a recurring task leaves its id open and makes a new, completed task", "", "by default", TestCompletingARecurringTaskRollsIt},
		{38, "an update of a recurring task's due date takes it out of its series", "", "by default", TestANewDueDateSplitsARecurringTask},
		{39, "an update of a checklist item clears isChecked when it is not sent", "", "by default", TestChecklistItemsAreStepsOfATask},
		{40, "a deleted list takes writes for a while, and its delta does not tell", "", "Config.GhostLists", TestADeletedListAnswersForAWhile},
		{41, "GET /todo/lists may leave lists out that lists/delta has", "", "Control.HideTaskList", TestAListMayBeMissingFromTheListing},
		{42, "application tokens without Tasks permissions get 401 UnknownError, not 403", "", "by default", taskPermissionIsMissing},
		{43, "If-Match is ignored by deletions of tasks and updates of lists, a malformed one answers 500", "", "by default", ifMatchOfTasks},
	}
}

func taskPermissionIsMissing(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	tasks := r.tasks(0)
	r.ctl.SetRoles("Contacts.ReadWrite")
	r.signIn()
	a := r.send("GET", tasks, nil)
	r.refused(a, 401, "UnknownError")
	if e := a.body["error"].(map[string]any); e["message"] != "" {
		t.Errorf("message %v, want none", e["message"])
	}
	r.ctl.SetRoles("Tasks.Read.All")
	r.signIn()
	r.get(tasks)
	r.refused(r.send("POST", tasks, map[string]any{"title": "x"}), 401, "UnknownError")
}

func ifMatchOfTasks(t *testing.T) {
	t.Parallel()
	r := empty(t)
	path, made := r.task(map[string]any{"title": "a"})
	old := "If-Match: " + made["@odata.etag"].(string)
	r.do("PATCH", path, map[string]any{}, 200, old) // an empty change is one, and a guard
	r.refused(r.send("PATCH", path, map[string]any{}, old), 412, "ErrorIrresolvableConflict")
	r.refused(r.send("PATCH", path, map[string]any{}, "If-Match: *"), 500, "generalException")
	r.refused(r.send("PATCH", path, map[string]any{}, "If-Match: abc"), 500, "generalException")
	r.do("DELETE", path, nil, 204, old)
	list := r.do("POST", r.box(0)+"/todo/lists", map[string]any{"displayName": "a"}, 201)
	r.do("PATCH", r.box(0)+"/todo/lists/"+list["id"].(string), map[string]any{"displayName": "b"}, 200, "If-Match: abc")
}
