package graphsim

func (t *tenant) state(a *archive) {
	a.field("id", &t.id)
	a.field("domain", &t.domain)
	a.field("name", &t.name)
	a.field("clientId", &t.clientID)
	a.field("clientSecret", &t.secret)
	a.field("versions", &t.versions)
	a.field("objects", &t.objects)
	pointers(a, "contacts", &t.contacts)
	pointers(a, "groups", &t.groups)
	pointers(a, "deletedUsers", &t.deleted)
	a.field("roomLists", &t.roomLists)
	a.field("userLog", &t.userLog)
	a.field("groupLog", &t.groupLog)
	a.field("contactLog", &t.contactLog)
	a.field("outbox", &t.outbox)
	pointers(a, "subscriptions", &t.subscriptions)
	pointers(a, "notices", &t.notices)
	pointers(a, "meetingsOfOutsiders", &t.outside)
	a.field("accessPolicies", &t.policies)
}

// entry finds an object of the directory by its id.
func (t *tenant) entry(id string) *entry {
	if u := t.byID[id]; u != nil {
		return &u.entry
	}
	for _, g := range t.groups {
		if g.id == id {
			return &g.entry
		}
	}
	return t.contact(id)
}

func (l *directoryLog) state(a *archive) {
	a.field("feed", &l.feed)
	a.field("changes", &l.changes)
}

func (e *entry) state(a *archive) {
	a.field("number", &e.num)
	a.field("id", &e.id)
	a.field("type", &e.odata)
	a.props("properties", &e.props)
}

func (u *user) state(a *archive) {
	a.field("entry", &u.entry)
	a.field("principalName", &u.upn)
	a.field("name", &u.name)
	a.field("manager", &u.manager)
	a.field("room", &u.room)
	a.field("settings", &u.settings)
	pointer(a, "photo", &u.photo)
	pointer(a, "mailbox", &u.box)
	if a.loading && u.box != nil {
		u.box.user = u
	}
	a.items(u)
}

func (g *group) state(a *archive) {
	a.field("entry", &g.entry)
	a.entries("members", &g.members)
	a.entries("owners", &g.owners)
}

func (m *mailbox) state(a *archive) {
	a.field("key", &m.key)
	sharedPointer(a, "self", &m.self)
	a.field("numbers", &m.nums)
	pointers(a, "calendarGroups", &m.calendarGroups)
	pointers(a, "calendars", &m.calendars)
	pointers(a, "events", &m.events.items)
	m.meetings(a)
	objects(a, "reminders", &m.reminders)
	a.field("losing", &m.losing)
	a.field("grants", &m.grants)
	a.field("mounts", &m.mounts)
	pointers(a, "taskLists", &m.lists)
	pointers(a, "ghostLists", &m.ghosts)
	pointers(a, "tasks", &m.tasks.items)
	pointers(a, "contactFolders", &m.folders)
	pointers(a, "contacts", &m.contacts.items)
	objects(a, "categories", &m.categories)
	a.field("taskListFeed", &m.listFeed)
	a.field("contactFolderFeed", &m.folderFeed)
	m.postState(a)
	m.sideState(a)
}

// meetings carries which events are known by their uid.
func (m *mailbox) meetings(a *archive) {
	var nums []uint64
	for _, e := range m.events.items {
		if !a.loading && m.byUID[e.uid] == e {
			nums = append(nums, e.num)
		}
	}
	a.field("meetings", &nums)
	if !a.loading {
		return
	}
	a.failed("events", m.events.sort())
	for _, num := range nums {
		if e, ok := m.events.get(num); ok {
			m.remember(e)
		}
	}
}

func (f *feed) state(a *archive) {
	a.field("sequence", &f.seq)
	objects(a, "log", &f.log)
	a.field("tokensIssued", &f.issued)
	a.field("lowestToken", &f.lowest)
}

func (c *change) state(a *archive) {
	a.field("sequence", &c.seq)
	a.field("item", &c.num)
	a.field("moves", &c.moves)
	a.field("date", &c.date)
	a.field("at", &c.at)
	a.field("quiet", &c.quiet)
	a.field("what", &c.what)
	pointer(a, "old", &c.old)
}
