package graphsim

import "testing"

// contactPitfalls are those of contacts.
func contactPitfalls() []pitfall {
	return []pitfall{
		{44, "a contact has room for few telephone numbers and mail addresses", "docs#15276, docs#16967, docs#2188", "by default", TestContactsHaveRoomForFewNumbersAndAddresses},
		{45, "the default folder is not among contactFolders", "docs#6273", "by default", TestContactFoldersAndDelta},
		{46, "contacts/delta refuses $top with 400", "", "by default", TestContactDeltaRefusesOptions},
		{47, "in personal mailboxes GET and DELETE of a contact by id answer 404", "", "Control.Fail", personalContacts},
		{48, "open extensions have different names of their type by kind of item, and a wrong one answers 500", "", "by default", extensionPrefixes},
		{49, "a birthday carries a time of day", "", "by default", TestABirthdayIsADayAMinuteBeforeNoon},
	}
}

// personalContacts is a personal mailbox whose contacts are listed and cannot be read by their id.
func personalContacts(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	for _, method := range []string{"GET", "DELETE"} {
		r.ctl.Fail(Rule{Method: method, Path: "/users/*/contacts/*=", Mailbox: r.users[0].UPN, Times: -1, Status: 404, Code: "ErrorItemNotFound"})
	}
	contacts := r.box(0) + "/contacts"
	for _, k := range values(r.get(contacts)) {
		r.refused(r.send("GET", contacts+"/"+k["id"].(string), nil), 404, "ErrorItemNotFound")
		r.refused(r.send("DELETE", contacts+"/"+k["id"].(string), nil), 404, "ErrorItemNotFound")
	}
	if n := len(r.all(contacts)); n != 3 {
		t.Errorf("%d contacts are listed, want 3", n)
	}
}

func extensionPrefixes(t *testing.T) {
	t.Run("contacts", TestOpenExtensionsThatGraphRefuses)
	t.Run("tasks", TestOpenExtensionsOfTasksAndLists)
}
