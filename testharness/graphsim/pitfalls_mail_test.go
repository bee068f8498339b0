package graphsim

// mailPitfalls are those of mail.
func mailPitfalls() []pitfall {
	return []pitfall{
		{50, "messages have a delta for each folder, none for the mailbox", "docs#6576", stillOpen, nil},
		{51, "a filter whose properties are not those of $orderby, in its order, is refused: InefficientFilter", "", stillOpen, nil},
		{52, "a request may have 4 MB; larger attachments need an upload session", "contrib#3079, contrib#2561, docs#9834, docs#11804, docs#15579", stillOpen, nil},
		{53, "202 of sendMail is no delivery", "", stillOpen, nil},
	}
}
