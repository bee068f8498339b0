package graphsim

var (
	readContact  = same("Contacts.Read", "Contacts.ReadWrite")
	writeContact = same("Contacts.ReadWrite")
)

func contactRoutes() []route {
	row := func(method, pattern string, h func(*call) (*reply, error)) route {
		needs := readContact
		if method != "GET" {
			needs = writeContact
		}
		return route{method: method, pattern: "users/{user}/" + pattern, area: areaExchange, needs: needs, handle: h}
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
		out = append(out, extensionRows(areaExchange, "users/{user}/"+at+"/{contact}", readContact, writeContact, contactCarrier)...)
	}
	return out
}
