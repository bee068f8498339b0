package graphsim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func utcAt(s string) map[string]any {
	return map[string]any{"dateTime": s + ":00.0000000", "timeZone": "UTC"}
}

func TestCompletingARecurringTaskRollsIt(t *testing.T) {
	t.Parallel()
	r := empty(t)
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	path, made := r.task(map[string]any{
		"title": "Wochenbericht", "status": "inProgress", "dueDateTime": moment(monday, "Europe/Berlin"), "startDateTime": moment(monday, "Europe/Berlin"),
		"reminderDateTime": moment(monday.Add(9*time.Hour), "Europe/Berlin"), "recurrence": weeklyRule(monday, "Europe/Berlin", 2, "monday"),
		"checklistItems": []any{map[string]any{"displayName": "Zahlen", "isChecked": true}},
	})
	if diff := cmp.Diff(utcAt("2026-11-22T23:00"), made["dueDateTime"]); diff != "" {
		t.Errorf("due: %s", diff)
	}
	_, link := r.round(r.tasks(0) + "/delta")
	rolled := r.do("PATCH", path, map[string]any{"status": "completed"}, 200)
	want := map[string]any{
		"id": made["id"], "status": "notStarted", "isReminderOn": true, "dueDateTime": utcAt("2026-11-30T00:00"), "startDateTime": utcAt("2026-11-30T00:00"),
		"reminderDateTime": utcAt("2026-11-30T08:00"),
	}
	got := map[string]any{}
	for k := range want {
		got[k] = rolled[k]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if step := rolled["checklistItems"].([]any)[0].(map[string]any); step["isChecked"] != false {
		t.Errorf("the step of the next date: %v", step)
	}
	rows, _ := r.round(link)
	if len(rows) != 2 {
		t.Fatalf("delta brings both: %v", rows)
	}
	done := rows[1]
	if done["id"] == made["id"] || done["status"] != "completed" || done["recurrence"] != nil || cmp.Diff(utcAt("2026-11-22T23:00"), done["dueDateTime"]) != "" {
		t.Errorf("the completed one: %v", done)
	}
	last := r.do("PATCH", path, map[string]any{"status": "completed"}, 200)
	if last["status"] != "completed" || len(r.all(r.tasks(0))) != 2 {
		t.Errorf("the last date of a series ends it: %v", last)
	}
}

func TestANewDueDateSplitsARecurringTask(t *testing.T) {
	t.Parallel()
	r := empty(t)
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	rule := weeklyRule(monday, "UTC", 0, "monday")
	path, made := r.task(map[string]any{"title": "Wochenbericht", "dueDateTime": moment(monday, "UTC"), "recurrence": rule})
	moved := r.do("PATCH", path, map[string]any{"dueDateTime": moment(monday.AddDate(0, 0, 2), "UTC")}, 200)
	if diff := cmp.Diff(utcAt("2026-11-30T00:00"), moved["dueDateTime"]); diff != "" || moved["recurrence"] == nil || moved["id"] != made["id"] {
		t.Errorf("the series moves on: %s", diff)
	}
	rows := r.all(r.tasks(0))
	if len(rows) != 2 || rows[1]["recurrence"] != nil || cmp.Diff(utcAt("2026-11-25T00:00"), rows[1]["dueDateTime"]) != "" || rows[1]["status"] != "notStarted" {
		t.Errorf("and a new open task has the date: %v", rows)
	}
	r.do("PATCH", path, map[string]any{"recurrence": nil, "dueDateTime": moment(monday.AddDate(0, 0, 9), "UTC")}, 200)
	back := r.do("PATCH", path, map[string]any{"recurrence": weeklyRule(monday.AddDate(0, 0, 9), "UTC", 0, "wednesday")}, 200)
	if n := len(r.all(r.tasks(0))); n != 2 || cmp.Diff(utcAt("2026-12-02T00:00"), back["dueDateTime"]) != "" {
		t.Errorf("without the rule in between there is no split: %d tasks, %v", n, back["dueDateTime"])
	}
}

func TestARuleWithoutTheZoneOfTheDueDateShiftsIt(t *testing.T) {
	t.Parallel()
	r := empty(t)
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	unzoned := weeklyRule(monday, "", 0, "monday")
	delete(unzoned["range"].(map[string]any), "recurrenceTimeZone")
	for want, rule := range map[string]map[string]any{"2026-11-22T00:00": unzoned, "2026-11-22T23:00": weeklyRule(monday, "Europe/Berlin", 0, "monday")} {
		_, made := r.task(map[string]any{"title": "x", "dueDateTime": moment(monday, "Europe/Berlin"), "recurrence": rule})
		if diff := cmp.Diff(utcAt(want), made["dueDateTime"]); diff != "" {
			t.Error(diff)
		}
	}
	_, made := r.task(map[string]any{"title": "x", "recurrence": weeklyRule(monday, "Europe/Berlin", 0, "monday")})
	if diff := cmp.Diff(utcAt("2026-11-23T00:00"), made["dueDateTime"]); diff != "" {
		t.Errorf("without a due date: %s", diff)
	}
	strict := newRig(t, Config{Users: 2, TasksPerUser: -1, RecurrenceNeedsDue: true})
	strict.refused(strict.send("POST", strict.tasks(0), map[string]any{"title": "x", "recurrence": unzoned}), 400, "invalidRequest")
}
