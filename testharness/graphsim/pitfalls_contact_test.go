package graphsim

// contactPitfalls are those of contacts.
func contactPitfalls() []pitfall {
	return []pitfall{
		{44, "a contact has room for few telephone numbers and mail addresses", "docs#15276, docs#16967, docs#2188", stillOpen, nil},
		{45, "the default folder is not among contactFolders", "docs#6273", stillOpen, nil},
		{46, "contacts/delta refuses $top with 400", "", stillOpen, nil},
		{47, "in personal mailboxes GET and DELETE of a contact by id answer 404", "", stillOpen, nil},
		{48, "open extensions have different names of their type by kind of item, and a wrong one answers 500", "", stillOpen, nil},
		{49, "a birthday carries a time of day", "", stillOpen, nil},
	}
}
