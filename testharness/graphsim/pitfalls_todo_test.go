package graphsim

// todoPitfalls are those of To Do.
func todoPitfalls() []pitfall {
	return []pitfall{
		{25, "a task's due date is a midnight of a zone, and a day off in another", "MS365-ToDo issue 29", stillOpen, nil},
		{36, "tasks refuse $select, and their delta refuses $top", "", stillOpen, nil},
		{37, "completing a recurring task leaves its id open and makes a new, completed task", "", stillOpen, nil},
		{38, "an update of a recurring task's due date takes it out of its series", "", stillOpen, nil},
		{39, "an update of a checklist item clears isChecked when it is not sent", "", stillOpen, nil},
		{40, "a deleted list takes writes for a while, and its delta does not tell", "", stillOpen, nil},
		{41, "GET /todo/lists may leave lists out that lists/delta has", "", stillOpen, nil},
		{42, "application tokens without Tasks permissions get 401 UnknownError, not 403", "", stillOpen, nil},
		{43, "If-Match is ignored by deletions of tasks and updates of lists, a malformed one answers 500", "", stillOpen, nil},
	}
}
