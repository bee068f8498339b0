package graphsim

func attachmentRoutes() []route {
	var out []route
	add := func(of string, in area, read, write permission) {
		row := func(method, rest string, needs permission, h func(*call) (*reply, error)) {
			out = append(out, route{method: method, pattern: "users/{user}/" + of + rest, area: in, needs: needs, handle: h})
		}
		row("GET", "/attachments", read, listAttachments)
		row("POST", "/attachments", write, createAttachment)
		row("POST", "/attachments/createUploadSession", write, createUpload)
		row("GET", "/attachments/{attachment}", read, getAttachment)
		row("GET", "/attachments/{attachment}/$value", read, attachmentValue)
		row("DELETE", "/attachments/{attachment}", write, deleteAttachment)
	}
	for _, at := range []string{"messages", "mailFolders/{mailfolder}/messages", "mailFolders/{mailfolder}/childFolders/{child}/messages"} {
		add(at+"/{message}", areaExchange, readMail, writeMail)
	}
	for _, at := range []string{"events", "calendar/events", "calendars/{calendar}/events"} {
		add(at+"/{event}", areaExchange, trackEvent, writeEvent)
	}
	add("todo/lists/{list}/tasks/{task}", areaTodo, readTask, writeTask)

	// Where the parts of uploads go: Outlook's own address, which needs no bearer token, and, for tasks, one of Graph.
	session := func(method, pattern string, in area, h func(*call) (*reply, error)) {
		needs := permission{}
		if in == areaTodo {
			needs = writeTask
		}
		out = append(out, route{method: method, pattern: pattern, area: in, needs: needs, media: "application/octet-stream", handle: h})
	}
	for _, of := range []string{"messages/{message}", "events/{event}"} {
		at := "api/gv1.0/users/{owner}/" + of + "/AttachmentSessions/{session}"
		session("GET", at, areaOpen, getUpload)
		session("PUT", at, areaOpen, putUpload)
		session("DELETE", at, areaOpen, deleteUpload)
	}
	at := "users/{user}/todo/lists/{list}/tasks/{task}/attachmentSessions/{session}"
	session("GET", at, areaTodo, getUpload)
	session("PUT", at, areaTodo, putUpload)
	session("PUT", at+"/content", areaTodo, putUpload)
	session("DELETE", at, areaTodo, deleteUpload)
	return out
}
