package graphsim

import "slices"

var (
	readTask  = permission{[]string{"Tasks.Read", "Tasks.ReadWrite"}, []string{"Tasks.Read.All", "Tasks.ReadWrite.All"}}
	writeTask = permission{[]string{"Tasks.ReadWrite"}, []string{"Tasks.ReadWrite.All"}}
	// trackTaskLists asks more of people than reading the lists does (microsoft-graph-docs, page "todotasklist-delta").
	trackTaskLists = permission{writeTask.scopes, readTask.roles}
)

// todoRow is a route below a user's To Do.
func todoRow(method, pattern string, h func(*call) (*reply, error)) route {
	needs := readTask
	if method != "GET" {
		needs = writeTask
	}
	return route{method: method, pattern: "users/{user}/todo/" + pattern, area: areaTodo, needs: needs, handle: h}
}

func todoRoutes() []route {
	row := todoRow
	trackLists := row("GET", "lists/delta", taskListDelta)
	trackLists.needs = trackTaskLists
	return slices.Concat([]route{
		trackLists,
		row("GET", "lists", listTaskLists),
		row("POST", "lists", createTaskList),
		row("GET", "lists/{list}", getTaskList),
		row("PATCH", "lists/{list}", updateTaskList),
		row("DELETE", "lists/{list}", deleteTaskList),
		row("GET", "lists/{list}/tasks", listTasks),
		row("POST", "lists/{list}/tasks", createTask),
		row("GET", "lists/{list}/tasks/delta", taskDelta),
		row("GET", "lists/{list}/tasks/{task}", getTask),
		row("PATCH", "lists/{list}/tasks/{task}", updateTask),
		row("DELETE", "lists/{list}/tasks/{task}", deleteTask),
	},
		taskLinks().rows(), taskSteps().rows(),
		extensionRows(areaTodo, "users/{user}/todo/lists/{list}", writeTask, writeTask, taskListCarrier),
		extensionRows(areaTodo, "users/{user}/todo/lists/{list}/tasks/{task}", writeTask, writeTask, taskCarrier),
	)
}
