package graphsim

// directoryPitfalls are those of the directory and mailboxes.
func directoryPitfalls() []pitfall {
	return []pitfall{
		{54, "guests and users without licence answer MailboxNotEnabledForRESTAPI", "contrib#405, contrib#6519, contrib#717", stillOpen, nil},
		{55, "casts and some filters need ConsistencyLevel and $count", "docs#11242, docs#12152, docs#9948, docs#11881, docs#17604, explorer#1139", stillOpen, nil},
		{56, "next links of the directory expire: Directory_ExpiredPageToken", "", stillOpen, nil},
	}
}
