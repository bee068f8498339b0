package graphsim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// subscription asks for notifications of changes of one collection (microsoft-graph-docs, page "subscription"). Times are stamps.
type subscription struct {
	ID, App, Creator string
	Person           string // who created it with a token of their own; empty: the application
	ChangeType       string
	Resource         string
	NotificationURL  string
	LifecycleURL     string
	ClientState      *string
	Expires          int64
	TLS              string
	IncludeData      bool
	Certificate      string
	CertificateID    string

	Kind       string // pattern of the collection
	User       string // whose mailbox
	Collection uint64 // number of the folder; zero: the whole mailbox
	Query      string // of the resource: $select, $filter
	Immutable  bool   // ids in notifications

	Seen  map[uint64]uint64 // by folder: what was noticed of its feed
	Known uint64            // items with higher numbers are new
}

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
}

const (
	outlookLife = 10_080 * time.Minute
	outlookRich = 1_440 * time.Minute
	todoLife    = 4_230 * time.Minute
	leastLife   = 45 * time.Minute
	// mostSubscriptions of a mailbox, over all applications.
	mostSubscriptions = 1000
)

// watchedKinds are the collections of mailboxes that Graph reports changes of.
func watchedKinds() []watchedKind {
	events := watchedKind{
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
	inCalendar := events
	inCalendar.pattern = "users/{user}/calendars/{calendar}/events"
	contacts := watchedKind{
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
	inFolder := contacts
	inFolder.pattern = "users/{user}/contactFolders/{folder}/contacts"
	return []watchedKind{events, inCalendar, contacts, inFolder, watchedTasks()}
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

// errSubscription is how the service of a resource refuses a subscription, wrapped by the one that keeps subscriptions.
func errSubscription(status int, reason string) *apiError {
	return fail(status, "ExtensionError", "Operation: Create; Exception: [Status Code: %s; Reason: %s]", strings.ReplaceAll(http.StatusText(status), " ", ""), reason)
}

// locate finds what a subscription's resource names, and checks that the token may read it. A scope for shared data is not enough, and a
// person's token reaches the own mailbox only. The tenant is locked.
func (c *call) locate(sub *subscription) *apiError {
	path, query, _ := strings.Cut(strings.TrimPrefix(sub.Resource, "/"), "?")
	segments, err := splitPath(path)
	if err != nil {
		return err
	}
	probe := &call{s: c.s, token: c.token, direct: c.direct, rawQuery: query, method: http.MethodGet}
	if len(segments) > 0 && strings.EqualFold(segments[0], "me") {
		if c.person() == "" {
			return errSubscription(http.StatusBadRequest, "/me request is only valid with delegated authentication flow.")
		}
		segments = append([]string{"users", c.person()}, segments[1:]...)
	}
	route, vars, err := c.s.routes.match(http.MethodGet, segments)
	if err != nil {
		return errSubscription(http.StatusBadRequest, err.message)
	}
	kind, ok := kindOf(route.pattern)
	if !ok {
		return fail(http.StatusBadRequest, "InvalidRequest", "Resource '%s' is not supported.", sub.Resource) // text unconfirmed
	}
	u := c.s.tenant.findByAddress(vars["user"])
	if u == nil {
		return errSubscription(http.StatusNotFound, errInvalidUser(vars["user"]).message)
	}
	probe.route, probe.vars, probe.user, probe.box = route, vars, u, u.box
	if probe.mayNotWatch() {
		return errSubscription(http.StatusForbidden, "Access is denied. Check credentials and try again.")
	}
	if u.box == nil {
		return errSubscription(http.StatusNotFound, errNoMailbox().message)
	}
	if probe.query, err = parseQuery(query); err != nil {
		return err
	}
	if probe.query.Filter != nil && kind.get == nil {
		return fail(http.StatusBadRequest, "InvalidRequest", "The query option $filter is not supported on this resource.") // unconfirmed
	}
	if sub.Collection, err = kind.folder(probe); err != nil {
		return errSubscription(err.status, err.message)
	}
	sub.Kind, sub.User, sub.Query, sub.Known, sub.Seen = kind.pattern, u.id, query, u.box.nums, map[uint64]uint64{}
	for num, f := range kind.feeds(u.box) {
		sub.Seen[num] = f.seq
	}
	return nil
}

// mayNotWatch tells that a token may not be notified of what the call reads.
func (c *call) mayNotWatch() bool {
	if c.direct {
		return false
	}
	if c.token.delegated() {
		return c.user.id != c.token.user || !slices.ContainsFunc(c.route.needs.scopes, c.token.holds)
	}
	return !c.route.needs.allows(c.token) || c.checkPolicy() != nil
}

// subscription finds one of the caller's own that has not expired.
func (c *call) subscription() (*subscription, *apiError) {
	for _, sub := range c.s.tenant.subscriptions {
		if strings.EqualFold(sub.ID, c.vars["subscription"]) && c.owns(sub) {
			return sub, nil
		}
	}
	return nil, fail(http.StatusNotFound, "ResourceNotFound", "The object was not found.")
}

func (c *call) owns(sub *subscription) bool {
	if sub.Expires <= ticksOf(c.s.now()) {
		return false
	}
	return c.direct || sub.App == c.token.app && sub.Person == c.token.user
}
