package graphsim

import "slices"

// Application permissions that allow a call, least privileged first (microsoft-graph-docs, permissions reference).
var (
	readUsers    = []string{"User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readGroups   = []string{"Group.ReadBasic.All", "GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readMembers  = []string{"GroupMember.ReadBasic.All", "GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	listEvent    = []string{"Calendars.ReadBasic", "Calendars.ReadBasic.All", "Calendars.Read", "Calendars.ReadWrite"}
	trackEvent   = []string{"Calendars.Read", "Calendars.ReadWrite"}
	writeEvent   = []string{"Calendars.ReadWrite"}
	readContact  = []string{"Contacts.Read", "Contacts.ReadWrite"}
	writeContact = []string{"Contacts.ReadWrite"}
	readTask     = []string{"Tasks.Read.All", "Tasks.ReadWrite.All"}
	writeTask    = []string{"Tasks.ReadWrite.All"}
	readSettings = []string{"MailboxSettings.Read", "MailboxSettings.ReadWrite"}
)

// allRoles are what the client is granted by default.
func allRoles() []string {
	return []string{
		"Calendars.ReadWrite", "Contacts.ReadWrite", "GroupMember.Read.All", "Group.ReadBasic.All", "MailboxSettings.Read", "Tasks.ReadWrite.All", "User.Read.All",
	}
}

// routes is the table of what the simulator offers.
func routes() []route {
	return slices.Concat(serviceRoutes(), directoryRoutes(), calendarRoutes(), todoRoutes(), contactRoutes())
}

func serviceRoutes() []route {
	return []route{
		{method: "GET", pattern: "$metadata", area: areaOpen, handle: metadata},
		{method: "POST", pattern: "$batch", area: areaService, unlocked: true, handle: batch},
	}
}

func directoryRoutes() []route {
	row := func(pattern string, roles []string, h func(*call) (*reply, error)) route {
		return route{method: "GET", pattern: pattern, area: areaDirectory, roles: roles, handle: h}
	}
	return []route{
		row("users", readUsers, listUsers),
		row("users/{user}", readUsers, getUser),
		row("groups", readGroups, listGroups),
		row("groups/{group}", readGroups, getGroup),
		row("groups/{group}/members", readMembers, listMembers(false, false)),
		row("groups/{group}/members/microsoft.graph.user", readMembers, listMembers(true, false)),
		row("groups/{group}/transitiveMembers", readMembers, listMembers(false, true)),
		row("groups/{group}/transitiveMembers/microsoft.graph.user", readMembers, listMembers(true, true)),
	}
}

func calendarRoutes() []route {
	row := func(method, pattern string, roles []string, h func(*call) (*reply, error)) route {
		return route{method: method, pattern: pattern, area: areaExchange, roles: roles, handle: h}
	}
	out := []route{
		row("GET", "users/{user}/mailboxSettings", readSettings, mailboxSettings),
		row("GET", "users/{user}/calendar", listEvent, getCalendar),
		row("GET", "users/{user}/calendars", listEvent, listCalendars),
		row("POST", "users/{user}/calendars", writeEvent, createCalendar),
		row("GET", "users/{user}/calendars/{calendar}", listEvent, getCalendar),
		row("DELETE", "users/{user}/calendars/{calendar}", writeEvent, deleteCalendar),
	}
	for _, at := range []string{"users/{user}", "users/{user}/calendar", "users/{user}/calendars/{calendar}"} {
		event := at + "/events/{event}"
		out = append(out,
			row("GET", at+"/events", listEvent, listEvents),
			row("POST", at+"/events", writeEvent, createEvent),
			row("GET", at+"/calendarView", listEvent, calendarView),
			row("GET", at+"/calendarView/delta", trackEvent, calendarViewDelta),
			row("GET", event, listEvent, getEvent),
			row("PATCH", event, writeEvent, updateEvent),
			row("DELETE", event, writeEvent, deleteEvent),
			row("GET", event+"/instances", listEvent, instances),
			row("POST", event+"/cancel", writeEvent, cancelEvent),
			row("POST", event+"/accept", writeEvent, respondEvent(respAccepted)),
			row("POST", event+"/tentativelyAccept", writeEvent, respondEvent(respTentative)),
			row("POST", event+"/decline", writeEvent, respondEvent(respDeclined)),
			row("POST", event+"/permanentDelete", writeEvent, permanentDeleteEvent),
		)
	}
	return out
}

func todoRoutes() []route {
	row := func(method, pattern string, h func(*call) (*reply, error)) route {
		roles := readTask
		if method != "GET" {
			roles = writeTask
		}
		return route{method: method, pattern: "users/{user}/todo/" + pattern, area: areaTodo, roles: roles, handle: h}
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

func contactRoutes() []route {
	row := func(method, pattern string, h func(*call) (*reply, error)) route {
		roles := readContact
		if method != "GET" {
			roles = writeContact
		}
		return route{method: method, pattern: "users/{user}/" + pattern, area: areaExchange, roles: roles, handle: h}
	}
	out := []route{
		row("GET", "contactFolders", listFolders),
		row("POST", "contactFolders", createFolder),
		row("GET", "contactFolders/delta", folderDelta),
		row("GET", "contactFolders/{folder}", getFolder),
		row("DELETE", "contactFolders/{folder}", deleteFolder),
	}
	for _, at := range []string{"contacts", "contactFolders/{folder}/contacts"} {
		out = append(out,
			row("GET", at, listContacts),
			row("POST", at, createContact),
			row("GET", at+"/delta", contactDelta),
			row("GET", at+"/{contact}", getContact),
			row("PATCH", at+"/{contact}", updateContact),
			row("DELETE", at+"/{contact}", deleteContact),
		)
	}
	return out
}
