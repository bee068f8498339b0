package graphsim

func (cal *calendar) state(a *archive) {
	a.field("number", &cal.num)
	a.field("name", &cal.name)
	a.field("version", &cal.version)
	a.field("default", &cal.isDefault)
	a.field("color", &cal.color)
	a.field("group", &cal.group)
	a.field("shares", &cal.shares)
	pointer(a, "extras", &cal.extras)
	a.field("feed", &cal.feed)
}

func (g *calendarGroup) state(a *archive) {
	a.field("number", &g.num)
	a.field("name", &g.name)
	a.field("version", &g.version)
}

func (e *event) state(a *archive) {
	a.field("number", &e.num)
	a.field("calendar", &e.cal)
	a.field("moves", &e.moves)
	a.field("version", &e.version)
	a.field("uid", &e.uid)
	a.field("subject", &e.subject)
	a.field("created", &e.created)
	a.field("modified", &e.modified)
	a.field("start", &e.start)
	a.field("end", &e.end)
	a.field("startZone", &e.startZone)
	a.field("endZone", &e.endZone)
	a.field("allDay", &e.allDay)
	a.field("body", &e.body)
	a.field("preview", &e.preview)
	a.field("location", &e.location)
	a.field("places", &e.places)
	a.field("categories", &e.categories)
	a.field("transaction", &e.txn)
	choice(a, "importance", &e.importance, importanceNames[:])
	choice(a, "sensitivity", &e.sensitivity, sensitivityNames[:])
	choice(a, "showAs", &e.showAs, showAsNames[:])
	a.field("cancelled", &e.cancelled)
	a.field("organized", &e.organized)
	a.field("reminderOn", &e.reminderOn)
	a.field("reminder", &e.reminder)
	a.field("noResponse", &e.noResponse)
	a.field("noProposals", &e.noProposals)
	a.field("hideAttendees", &e.hidden)
	a.field("online", &e.online)
	sharedPointer(a, "organizer", &e.organizer)
	objects(a, "attendees", &e.attendees)
	choice(a, "response", &e.response, responseNames[:])
	a.field("answered", &e.answered)
	pointer(a, "series", &e.series)
	pointer(a, "extras", &e.extras)
}

func (r *reminderMove) state(a *archive) {
	a.field("item", &r.num)
	a.field("date", &r.date)
	a.instant("at", &r.at)
}

func (p *person) state(a *archive) {
	a.field("name", &p.name)
	a.field("address", &p.address)
}

func (t *attendee) state(a *archive) {
	a.field("person", &t.person)
	choice(a, "kind", &t.kind, attendeeNames[:])
	choice(a, "response", &t.response, responseNames[:])
	a.field("answered", &t.answered)
	pointer(a, "proposed", &t.proposed)
}

func (t *timeSlot) state(a *archive) {
	a.field("start", &t.start)
	a.field("end", &t.end)
	a.field("zone", &t.zone)
}

func (s *series) state(a *archive) {
	sharedPointer(a, "rule", &s.rule)
	pointers(a, "exceptions", &s.exceptions)
	a.field("cancelled", &s.cancelled)
}

func (x *exception) state(a *archive) {
	a.field("date", &x.date)
	a.field("own", &x.own)
	a.field("event", &x.ev)
}

func (r *recurrence) state(a *archive) {
	choice(a, "kind", &r.kind, patternNames[:])
	a.field("interval", &r.interval)
	a.field("month", &r.month)
	a.field("dayOfMonth", &r.dayOfMonth)
	a.field("days", &r.days)
	choice(a, "firstDay", &r.firstDay, weekdayNames[:])
	choice(a, "index", &r.index, indexNames[:])
	choice(a, "bounds", &r.bounds, rangeNames[:])
	a.field("start", &r.start)
	a.field("end", &r.end)
	a.field("count", &r.count)
	a.field("zone", &r.zone)
}
