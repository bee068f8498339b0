package graphsim

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// The edits below are what a person does in Outlook. user is an address or object id. Values are Graph's JSON as Go values.

func userPath(user, rest string) string { return "/users/" + url.PathEscape(user) + rest }

func idOf(item map[string]any, err error) (string, error) {
	if err != nil {
		return "", err
	}
	id, _ := item["id"].(string)
	return id, nil
}

// CreateEvent creates an event, or a series, in the default calendar and returns its id.
func (ctl *Control) CreateEvent(user string, event map[string]any) (string, error) {
	return idOf(ctl.Do(http.MethodPost, userPath(user, "/events"), event))
}

// Event returns an event, occurrence or exception as Graph shows it.
func (ctl *Control) Event(user, id string) (map[string]any, error) {
	return ctl.Do(http.MethodGet, userPath(user, "/events/"+id), nil)
}

// UpdateEvent changes an event; given the id of an occurrence it makes an exception. It returns the event.
func (ctl *Control) UpdateEvent(user, id string, change map[string]any) (map[string]any, error) {
	return ctl.Do(http.MethodPatch, userPath(user, "/events/"+id), change)
}

// LoseUpdates makes the next n updates of single events or masters of a user by a client be answered with success and not be kept, as was seen
// when Exchange overwrote them at once (microsoft-graph-docs issue 12141).
func (ctl *Control) LoseUpdates(user string, n int) error {
	return ctl.withBox(user, func(m *mailbox) error { m.losing = n; return nil })
}

// ForgetTimeZone empties the time zone in a user's settings, as that of a mailbox is that nobody opened yet.
func (ctl *Control) ForgetTimeZone(who string) error {
	return ctl.withUser(who, func(u *user) error {
		m := ctl.s.mailSettings(u)
		m.TimeZone = ""
		u.settings = &m
		return nil
	})
}

// DeleteEvent deletes an event, a series, or one occurrence.
func (ctl *Control) DeleteEvent(user, id string) error {
	_, err := ctl.Do(http.MethodDelete, userPath(user, "/events/"+id), nil)
	return err
}

// MoveEvent moves an event in time to begin at start, keeping its length: into a window, out of it, or within.
func (ctl *Control) MoveEvent(user, id string, start time.Time) error {
	return ctl.withBox(user, func(m *mailbox) error {
		parsed, failure := parseID(id, classEvent)
		if failure != nil {
			return failure
		}
		v, failure := m.findView(parsed)
		if failure != nil {
			return failure
		}
		at := start.Unix()
		if v.allDay {
			at = instantOf(floorDiv(wallOf(at, v.startZone.loc), daySeconds)*daySeconds, v.startZone.loc)
		}
		p := &eventPatch{set: fStart | fEnd, ev: event{start: at, end: at + v.end - v.start, startZone: v.startZone, endZone: v.endZone}}
		if _, failure = ctl.s.updateEvent(m, v, p); failure != nil {
			return failure
		}
		return nil
	})
}

// MoveToCalendar moves an event, of an occurrence its whole series, to another calendar of the mailbox, where it gets a new id, which is returned.
func (ctl *Control) MoveToCalendar(user, id, calendarName string) (newID string, err error) {
	err = ctl.withBox(user, func(m *mailbox) error {
		parsed, failure := parseID(id, classEvent)
		if failure != nil {
			return failure
		}
		v, failure := m.findView(parsed)
		if failure != nil {
			return failure
		}
		e := v.stored()
		for _, cal := range m.calendars {
			if cal.name.plain() == calendarName {
				ctl.s.moveEvent(m, e, cal)
				newID = viewOf(e).id(m).text(false)
				return nil
			}
		}
		return fmt.Errorf("graphsim: no calendar %q", calendarName)
	})
	return newID, err
}

// Occurrences are the ids of the occurrences and exceptions of a series within a span, by date.
func (ctl *Control) Occurrences(user, masterID string, from, to time.Time) ([]string, error) {
	q := url.Values{"startDateTime": {from.UTC().Format(time.RFC3339)}, "endDateTime": {to.UTC().Format(time.RFC3339)}, "$top": {"1000"}, "$orderby": {"start/dateTime"}}
	page, err := ctl.Do(http.MethodGet, userPath(user, "/events/"+masterID+"/instances?"+q.Encode()), nil)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, row := range rowsOf(page) {
		id, _ := row["id"].(string)
		ids = append(ids, id)
	}
	return ids, nil
}

func rowsOf(page map[string]any) []map[string]any {
	list, _ := page["value"].([]any)
	var out []map[string]any
	for _, v := range list {
		if row, ok := v.(map[string]any); ok {
			out = append(out, row)
		}
	}
	return out
}

// DefaultList is the id of the default To Do list.
func (ctl *Control) DefaultList(user string) (id string, err error) {
	err = ctl.withBox(user, func(m *mailbox) error {
		id = m.taskListID(m.lists[0]).text(false)
		return nil
	})
	return id, err
}

func (ctl *Control) taskPath(user, id string) (string, error) {
	list, err := ctl.DefaultList(user)
	if err != nil {
		return "", err
	}
	path := userPath(user, "/todo/lists/"+list+"/tasks")
	if id != "" {
		path += "/" + id
	}
	return path, nil
}

// CreateTask creates a task in the default list and returns its id.
func (ctl *Control) CreateTask(user string, task map[string]any) (string, error) {
	path, err := ctl.taskPath(user, "")
	if err != nil {
		return "", err
	}
	return idOf(ctl.Do(http.MethodPost, path, task))
}

// UpdateTask changes a task of the default list.
func (ctl *Control) UpdateTask(user, id string, change map[string]any) (map[string]any, error) {
	path, err := ctl.taskPath(user, id)
	if err != nil {
		return nil, err
	}
	return ctl.Do(http.MethodPatch, path, change)
}

// DeleteTask deletes a task of the default list.
func (ctl *Control) DeleteTask(user, id string) error {
	path, err := ctl.taskPath(user, id)
	if err == nil {
		_, err = ctl.Do(http.MethodDelete, path, nil)
	}
	return err
}

// CreateContact creates a contact in the default folder and returns its id.
func (ctl *Control) CreateContact(user string, contact map[string]any) (string, error) {
	return idOf(ctl.Do(http.MethodPost, userPath(user, "/contacts"), contact))
}

// UpdateContact changes a contact.
func (ctl *Control) UpdateContact(user, id string, change map[string]any) (map[string]any, error) {
	return ctl.Do(http.MethodPatch, userPath(user, "/contacts/"+id), change)
}

// DeleteContact deletes a contact.
func (ctl *Control) DeleteContact(user, id string) error {
	_, err := ctl.Do(http.MethodDelete, userPath(user, "/contacts/"+id), nil)
	return err
}

// State is the true content of a mailbox, for an oracle: items as Graph shows them by default, in UTC.
type State struct {
	Events   []map[string]any // default calendar: single events, occurrences and exceptions in the window, by start
	Masters  []map[string]any // default calendar: series with at least one of those
	Tasks    []map[string]any // default list
	Contacts []map[string]any // default folder
	Messages []map[string]any // all folders, by the order in which they came
}

// State dumps a mailbox; the window is for events.
func (ctl *Control) State(user string, from, to time.Time) (State, error) {
	var st State
	err := ctl.withBox(user, func(m *mailbox) error {
		c := &call{s: ctl.s, box: m, user: m.user, origin: graphOrigin}
		sh := c.shape()
		w := window{from.Unix(), to.Unix()}
		var fault error
		add := func(into *[]map[string]any, b []byte) bool {
			row, err := decodeAnswer(b)
			if err != nil {
				fault = err
				return false
			}
			*into = append(*into, row)
			return true
		}
		for _, e := range m.events.items {
			if e.cal != m.calendars[0].num || !e.touches(w) {
				continue
			}
			if e.series == nil {
				add(&st.Events, sh.appendEvent(nil, viewOf(e), ""))
				continue
			}
			add(&st.Masters, sh.appendEvent(nil, viewOf(e), ""))
			e.inWindow(w, func(v view) bool { return add(&st.Events, sh.appendEvent(nil, v, "")) })
		}
		for _, t := range m.tasks.items {
			if t.list == m.lists[0].num {
				add(&st.Tasks, c.appendTask(nil, t, ""))
			}
		}
		for _, k := range m.contacts.items {
			if k.folder == m.folders[0].num {
				add(&st.Contacts, c.appendContact(nil, k, "", &sh))
			}
		}
		if m.mail.Load() != nil {
			ms := c.mailShape()
			for _, g := range m.post().messages.items {
				if g.folder != folderRecoverable {
					add(&st.Messages, ms.appendMessage(nil, g, ""))
				}
			}
		}
		return fault
	})
	return st, err
}

// BigMailbox fills a user's default calendar with n single events of about 2 KiB each, one an hour, the first n/2 before now. Their texts
// are shared, so that 100,000 of them cost the simulator less than 60 MB.
func (ctl *Control) BigMailbox(user string, n int) error {
	return ctl.withBox(user, func(m *mailbox) error {
		z, _ := ctl.s.zones.get(seedZone)
		body, preview := bigBody()
		places := []text{quote("Raum 1 Spree")}
		first := floorDiv(ctl.s.now().Unix(), 3600)*3600 - int64(n/2)*3600
		events := make([]event, n)
		m.events.items = append(make([]*event, 0, len(m.events.items)+n), m.events.items...)
		cal := m.calendars[0]
		for i := range events {
			at := first + int64(i)*3600
			num := m.nextNum()
			stamp := ctl.s.stamp()
			events[i] = event{
				num: num, cal: cal.num, version: ctl.s.tenant.nextVersion(), uid: uidBytes(m.key, num), created: stamp, modified: stamp,
				start: at, end: at + 1800, startZone: z, endZone: z, subject: quote("Termin " + itoa(i)), body: body, preview: preview,
				location: places[0], places: places, importance: 1, showAs: 3, organized: true, reminderOn: true, reminder: 15,
				organizer: m.self, response: respOrganizer,
			}
			m.events.add(&events[i])
			cal.feed.add(change{num: num, date: noDate})
		}
		return nil
	})
}

func bigBody() (body, preview text) {
	html := "<html><head></head><body><p>Sehr geehrte Damen und Herren,</p>"
	for len(html) < 350 {
		html += "<p>wir best&#228;tigen den Termin und bringen alle Unterlagen mit.</p>"
	}
	html += "</body></html>"
	return quote(html), previewOf(html)
}
