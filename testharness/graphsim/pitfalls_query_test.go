package graphsim

// queryPitfalls are those of paging and links.
func queryPitfalls() []pitfall {
	return []pitfall{
		{64, "pages by $skip repeat and miss items while the collection changes", "docs#16500", stillOpen, nil},
		{65, "next links are absolute and hold the version", "", stillOpen, nil},
		{68, "an answer has a first page of ten or a hundred items only", "OutlookGoogleCalendarSync issue 2230", stillOpen, nil},
	}
}
