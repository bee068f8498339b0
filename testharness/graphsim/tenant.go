package graphsim

import (
	"slices"
	"sort"
	"strings"
	"sync/atomic"
)

// tenant is the company: its directory, its mailboxes, the client that [Server.Credentials] names first, and the mail it would have sent.
type tenant struct {
	id, domain, name string
	clientID, secret string

	users    []*user
	groups   []*group
	contacts []*entry // of the organisation
	deleted  []*user  // can be restored
	objects  uint64   // numbers given to objects of the directory

	roomLists []*roomList
	byID      map[string]*user
	byName    map[string]*user // lower-case principal name and addresses

	policies map[string]map[string]bool // by application: the only mailboxes it may open, by user id

	outside []*event // meetings of organisers outside, as these know them

	userLog, groupLog, contactLog directoryLog

	versions uint64 // change keys given
	outbox   []Mail

	subscriptions []*subscription
	notices       []*notice // on their way
}

// entry is a directory object as maps of its properties: string, bool, []string, []any of map[string]any; a missing one is null.
type entry struct {
	num   uint64 // its place in the order of making
	id    string
	odata string // "#microsoft.graph.user"
	props map[string]any
}

func (e *entry) str(name string) string {
	s, _ := e.props[name].(string)
	return s
}

type user struct {
	entry
	upn  string
	name string
	box  *mailbox // nil: no licence, guest, on-premises

	manager  string           // id of another user
	room     *room            // of a room's mailbox
	settings *mailboxSettings // nil: as at the beginning
	photo    *photo
}

type group struct {
	entry
	members []*entry
	owners  []*entry
}

// smtp is the user's address: mail, or the principal name.
func (u *user) smtp() string {
	if m := u.str("mail"); m != "" {
		return m
	}
	return u.upn
}

// addresses are all lower-case names a user is known by.
func (u *user) addresses() []string {
	out := []string{strings.ToLower(u.upn)}
	if m := u.str("mail"); m != "" {
		out = append(out, strings.ToLower(m))
	}
	proxies, _ := u.props["proxyAddresses"].([]string)
	for _, p := range proxies {
		if _, a, ok := strings.Cut(strings.ToLower(p), "smtp:"); ok && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

func (t *tenant) addUser(u *user) {
	if u.num == 0 {
		t.objects++
		u.num = t.objects
	}
	t.users = append(t.users, u)
	t.byID[u.id] = u
	for _, a := range u.addresses() {
		t.byName[a] = u
	}
}

func (t *tenant) removeUser(u *user) {
	t.users = slices.DeleteFunc(t.users, func(v *user) bool { return v == u })
	delete(t.byID, u.id)
	for _, a := range u.addresses() {
		delete(t.byName, a)
	}
}

// find is how the directory resolves a key: object id or principal name, also as the alternate key userPrincipalName.
func (t *tenant) find(name string) *user {
	if upn := alternateKey(name, "userPrincipalName"); upn != "" {
		name = upn
	}
	if u := t.byID[strings.ToLower(name)]; u != nil {
		return u
	}
	if u := t.byName[strings.ToLower(name)]; u != nil && strings.EqualFold(u.upn, name) {
		return u
	}
	return nil
}

// findByAddress is how Exchange resolves a key: any address of the user will do.
func (t *tenant) findByAddress(name string) *user {
	if u := t.find(name); u != nil {
		return u
	}
	return t.byName[strings.ToLower(name)]
}

func (t *tenant) nextVersion() uint64 {
	t.versions++
	return t.versions
}

// mailbox is what Exchange keeps for a user. Items of a kind share one shelf; each knows its folder.
type mailbox struct {
	key  uint64
	user *user
	self *person // the owner as organiser
	nums uint64  // numbers given to items and folders

	calendars      []*calendar
	calendarGroups []*calendarGroup // without the default one
	losing         int              // updates of events that will be answered and not kept
	reminders      []reminderMove   // those that the owner dealt with
	events         shelf[*event]
	byUID          map[[16]byte]*event // meetings

	lists  []*taskList
	ghosts []*taskList // deleted ones that may still answer
	tasks  shelf[*task]

	folders  []*contactFolder
	contacts shelf[*contact]

	categories []masterCategory // nil: never changed

	listFeed, folderFeed feed

	mounts []mount           // shared calendars of others in the owner's list
	grants map[string]grants // what the owner shares, by user id; nil until used

	mail     atomic.Pointer[mailStore]   // nil until used
	attached map[attachKey][]*attachment // of messages, events and tasks; nil until used
	uploads  map[uint64]*upload          // sessions by number; nil until used
}

func (m *mailbox) nextNum() uint64 {
	m.nums++
	return m.nums
}

// numbered is an item of a shelf.
type numbered interface{ number() uint64 }

// itemOf finds an item of a short list by its number; nil when there is none.
func itemOf[T numbered](items []T, num uint64) (found T) {
	for _, item := range items {
		if item.number() == num {
			return item
		}
	}
	return found
}

// shelf holds items in the order of their numbers, which only grow: looking up is a binary search and paging needs no index.
type shelf[T numbered] struct{ items []T }

func (s *shelf[T]) search(num uint64) int {
	return sort.Search(len(s.items), func(i int) bool { return s.items[i].number() >= num })
}

func (s *shelf[T]) get(num uint64) (item T, ok bool) {
	if i := s.search(num); i < len(s.items) && s.items[i].number() == num {
		return s.items[i], true
	}
	return item, false
}

func (s *shelf[T]) add(item T) { s.items = append(s.items, item) }

func (s *shelf[T]) remove(num uint64) {
	if i := s.search(num); i < len(s.items) && s.items[i].number() == num {
		s.items = slices.Delete(s.items, i, i+1)
	}
}

// from is the items with at least this number. It is the shelf's own slice: only to read.
func (s *shelf[T]) from(num uint64) []T { return s.items[s.search(num):] }
