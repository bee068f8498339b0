package graphsim

var (
	readTask  = permission{[]string{"Tasks.Read", "Tasks.ReadWrite"}, []string{"Tasks.Read.All", "Tasks.ReadWrite.All"}}
	writeTask = permission{[]string{"Tasks.ReadWrite"}, []string{"Tasks.ReadWrite.All"}}
)

func todoRoutes() []route {
	row := func(method, pattern string, h func(*call) (*reply, error)) route {
		needs := readTask
		if method != "GET" {
			needs = writeTask
		}
		return route{method: method, pattern: "users/{user}/todo/" + pattern, area: areaTodo, needs: needs, handle: h}
	}
	return []route{
		row("GET", "lists", listTaskLists),
		row("POST", "lists", createTaskList),
		row("GET", "lists/delta", taskListDelta),
		row("GET", "lists/{list}", getTaskList),
		row("PATCH", "lists/{list}", updateTaskList),
		row("DELETE", "lists/{list}", deleteTaskList),
		row("GET", "lists/{list}/tasks", listTasks),
		row("POST", "lists/{list}/tasks", createTask),
		row("GET", "lists/{list}/tasks/delta", taskDelta),
		row("GET", "lists/{list}/tasks/{task}", getTask),
		row("PATCH", "lists/{list}/tasks/{task}", updateTask),
		row("DELETE", "lists/{list}/tasks/{task}", deleteTask),
		row("GET", "lists/{list}/tasks/{task}/linkedResources", listLinks),
		row("POST", "lists/{list}/tasks/{task}/linkedResources", createLink),
		row("GET", "lists/{list}/tasks/{task}/linkedResources/{link}", getLink),
		row("PATCH", "lists/{list}/tasks/{task}/linkedResources/{link}", updateLink),
		row("DELETE", "lists/{list}/tasks/{task}/linkedResources/{link}", deleteLink),
	}
}
