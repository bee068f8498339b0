package graphsim

var (
	readContact  = same("Contacts.Read", "Contacts.ReadWrite")
	writeContact = same("Contacts.ReadWrite")
	// readPhoto and writePhoto are of the photos of users.
	readPhoto = permission{
		[]string{
			"User.Read", "User.ReadBasic.All", "User.Read.All", "User.ReadWrite", "User.ReadWrite.All", "ProfilePhoto.Read.All",
			"ProfilePhoto.ReadWrite.All",
		},
		[]string{"ProfilePhoto.Read.All", "ProfilePhoto.ReadWrite.All", "User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All"},
	}
	writePhoto = permission{
		[]string{"User.ReadWrite", "ProfilePhoto.ReadWrite.All", "User.ReadWrite.All"}, []string{"ProfilePhoto.ReadWrite.All", "User.ReadWrite.All"},
	}
)

// contactRow is a route of a mailbox's contacts.
func contactRow(method, pattern string, h func(*call) (*reply, error)) route {
	needs := readContact
	if method != "GET" {
		needs = writeContact
	}
	return route{method: method, pattern: "users/{user}/" + pattern, area: areaExchange, needs: needs, handle: h}
}

func contactRoutes() []route {
	row := contactRow
	out := append(categoryRoutes(), userPhotoRoutes()...)
	out = append(out, row("GET", "contactFolders/delta", folderDelta))
	out = append(out, contactRows("contacts")...)
	for _, at := range []string{"contactFolders", "contactFolders/{above}/childFolders", "contactFolders/{above2}/childFolders/{above}/childFolders"} {
		out = append(out,
			row("GET", at, listFolders),
			row("POST", at, createFolder),
			row("GET", at+"/{folder}", getFolder),
			row("PATCH", at+"/{folder}", updateFolder),
			row("DELETE", at+"/{folder}", deleteFolder),
			row("POST", at+"/{folder}/permanentDelete", deleteFolder),
		)
		out = append(out, contactRows(at+"/{folder}/contacts")...)
	}
	return out
}

// contactRows are the routes of the contacts of one folder path.
func contactRows(at string) []route {
	row := contactRow
	item := at + "/{contact}"
	put := row("PUT", item+"/photo/$value", putContactImage)
	put.media = anyMedia
	patch := put
	patch.method = "PATCH"
	return append(extensionRows(areaExchange, "users/{user}/"+item, readContact, writeContact, contactCarrier),
		put, patch,
		row("GET", item+"/photo", getContactPhoto),
		row("GET", item+"/photo/$value", getContactImage),
		row("GET", at, listContacts),
		row("POST", at, createContact),
		row("GET", at+"/delta", contactDelta),
		row("GET", item, getContact),
		row("PATCH", item, updateContact),
		row("DELETE", item, deleteContact),
		row("POST", item+"/permanentDelete", deleteContact),
	)
}

func userPhotoRoutes() []route {
	row := func(method, rest string, needs permission, h func(*call) (*reply, error)) route {
		return route{method: method, pattern: "users/{user}/" + rest, area: areaDirectory, needs: needs, handle: h, media: anyMedia}
	}
	return []route{
		row("GET", "photo", readPhoto, getUserPhoto),
		row("GET", "photo/$value", readPhoto, getUserImage),
		row("GET", "photos", readPhoto, listUserPhotos),
		row("GET", "photos/{size}", readPhoto, getUserPhotoSize),
		row("GET", "photos/{size}/$value", readPhoto, getUserImageSize),
		row("PUT", "photo/$value", writePhoto, putUserImage),
		row("PATCH", "photo/$value", writePhoto, putUserImage),
		row("DELETE", "photo/$value", writePhoto, deleteUserImage),
	}
}

func categoryRoutes() []route {
	at := "users/{user}/" + categoryCollection
	row := func(method, rest string, needs permission, h func(*call) (*reply, error)) route {
		return route{method: method, pattern: at + rest, area: areaExchange, needs: needs, handle: h}
	}
	return []route{
		row("GET", "", readSettings, listCategories),
		row("POST", "", writeSettings, createCategory),
		row("GET", "/{category}", readSettings, getCategory),
		row("PATCH", "/{category}", writeSettings, updateCategory),
		row("DELETE", "/{category}", writeSettings, deleteCategory),
	}
}
