package graphsim

import "time"

// watchedKind is a kind of collection that can be subscribed to.
type watchedKind struct {
	pattern string
	path    string // of an item, below the user
	odata   string
	class   class
	life    time.Duration // at most
	rich    time.Duration // at most, with resource data; zero: not offered
	feeds   func(m *mailbox) map[uint64]*feed
	// item finds an item: its version, folder and id.
	item func(m *mailbox, num uint64) (version, folder uint64, id itemID, ok bool)
	// get gives its properties for $filter; nil: none may be given.
	get func(m *mailbox, num uint64) getter
	// folder is the number of the folder that a path names; zero: the whole mailbox.
	folder func(c *call) (uint64, *apiError)
	// log is that of a collection of the directory, which has nothing of the above.
	log func(t *tenant) *directoryLog
}

const (
	outlookLife = 10_080 * time.Minute
	outlookRich = 1_440 * time.Minute
	todoLife    = 4_230 * time.Minute
	otherLife   = 41_760 * time.Minute
	leastLife   = 45 * time.Minute
	// mostSubscriptions of a mailbox, over all applications.
	mostSubscriptions = 1000
)

// watchedKinds are the collections that Graph reports changes of (microsoft-graph-docs, page "change-notifications-overview").
func watchedKinds() []watchedKind {
	events, contacts, messages := watchedEvents(), watchedContacts(), watchedMessages()
	inCalendar, inFolder, inMailFolder := events, contacts, messages
	inCalendar.pattern = "users/{user}/calendars/{calendar}/events"
	inFolder.pattern = "users/{user}/contactFolders/{folder}/contacts"
	inMailFolder.pattern = "users/{user}/mailFolders/{mailfolder}/messages"
	inMailFolder.folder = func(c *call) (uint64, *apiError) {
		f, err := c.mailFolder()
		if err != nil {
			return 0, err
		}
		return f.num, nil
	}
	return []watchedKind{
		events, inCalendar, contacts, inFolder, messages, inMailFolder, watchedTasks(),
		{pattern: "users", path: "Users", odata: "#Microsoft.Graph.User", life: otherLife, log: func(t *tenant) *directoryLog { return &t.userLog }},
		{pattern: "groups", path: "Groups", odata: "#Microsoft.Graph.Group", life: otherLife, log: func(t *tenant) *directoryLog { return &t.groupLog }},
	}
}

func watchedEvents() watchedKind {
	return watchedKind{
		pattern: "users/{user}/events", path: "Events", odata: "#Microsoft.Graph.Event", class: classEvent, life: outlookLife, rich: outlookRich,
		feeds: func(m *mailbox) map[uint64]*feed {
			out := map[uint64]*feed{}
			for _, cal := range m.calendars {
				out[cal.num] = &cal.feed
			}
			return out
		},
		item: func(m *mailbox, num uint64) (uint64, uint64, itemID, bool) {
			e, ok := m.events.get(num)
			if !ok {
				return 0, 0, itemID{}, false
			}
			return e.version, e.cal, viewOf(e).id(m), true
		},
		get: func(m *mailbox, num uint64) getter {
			e, _ := m.events.get(num)
			return viewOf(e).get(m)
		},
		folder: func(c *call) (uint64, *apiError) {
			cal, err := c.calendar()
			if err != nil {
				return 0, err
			}
			return cal.num, nil
		},
	}
}

func watchedContacts() watchedKind {
	return watchedKind{
		pattern: "users/{user}/contacts", path: "Contacts", odata: "#Microsoft.Graph.Contact", class: classContact, life: outlookLife, rich: outlookRich,
		feeds: func(m *mailbox) map[uint64]*feed {
			out := map[uint64]*feed{}
			for _, f := range m.folders {
				out[f.num] = &f.feed
			}
			return out
		},
		item: func(m *mailbox, num uint64) (uint64, uint64, itemID, bool) {
			k, ok := m.contacts.get(num)
			if !ok {
				return 0, 0, itemID{}, false
			}
			return k.version, k.folder, m.contactID(k), true
		},
		folder: func(c *call) (uint64, *apiError) {
			f, err := c.folder()
			if err != nil {
				return 0, err
			}
			return f.num, nil
		},
	}
}

// watchedMessages are all messages of a mailbox.
func watchedMessages() watchedKind {
	return watchedKind{
		pattern: "users/{user}/messages", path: "Messages", odata: "#Microsoft.Graph.Message", class: classMessage, life: outlookLife, rich: outlookRich,
		feeds: func(m *mailbox) map[uint64]*feed {
			out := map[uint64]*feed{}
			for _, f := range m.post().folders {
				out[f.num] = &f.feed
			}
			return out
		},
		item: func(m *mailbox, num uint64) (uint64, uint64, itemID, bool) {
			g, ok := m.post().messages.get(num)
			if !ok {
				return 0, 0, itemID{}, false
			}
			return g.version, g.folder, m.messageID(g), true
		},
		get: func(m *mailbox, num uint64) getter {
			g, _ := m.post().messages.get(num)
			return g.get(m)
		},
		folder: func(*call) (uint64, *apiError) { return 0, nil },
	}
}

func watchedTasks() watchedKind {
	return watchedKind{
		pattern: "users/{user}/todo/lists/{list}/tasks", path: "todo/lists/{folder}/tasks", odata: "#Microsoft.Graph.todoTask", class: classTask, life: todoLife,
		feeds: func(m *mailbox) map[uint64]*feed {
			out := map[uint64]*feed{}
			for _, l := range m.lists {
				out[l.num] = &l.feed
			}
			return out
		},
		item: func(m *mailbox, num uint64) (uint64, uint64, itemID, bool) {
			t, ok := m.tasks.get(num)
			if !ok {
				return 0, 0, itemID{}, false
			}
			return t.version, t.list, m.taskID(t), true
		},
		folder: func(c *call) (uint64, *apiError) {
			l, err := c.taskListOfPath()
			if err != nil {
				return 0, err
			}
			return l.num, nil
		},
	}
}

func kindOf(pattern string) (watchedKind, bool) {
	for _, k := range watchedKinds() {
		if k.pattern == pattern {
			return k, true
		}
	}
	return watchedKind{}, false
}
