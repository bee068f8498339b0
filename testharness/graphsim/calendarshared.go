package graphsim

import (
	"fmt"
	"slices"
	"strings"
)

// mount is a shared calendar that its owner's guest has in the own list of calendars. The copy has an id of its own; the events below it
// keep the ids of the owner's mailbox, so that they are found only by the same path (microsoft-graph-docs, page
// "outlook-get-shared-events-calendars").
type mount struct {
	Num      uint64 // of the copy, in the guest's mailbox
	Owner    string // id of the user
	Calendar uint64 // number in the owner's mailbox
}

// source is the calendar that a mount shows, and its mailbox; nil when it is not there or not shared any more.
func (c *call) source(m mount) (*mailbox, *calendar) {
	owner := c.s.tenant.byID[m.Owner]
	if owner == nil || owner.box == nil {
		return nil, nil
	}
	cal := owner.box.calendar(m.Calendar)
	if cal == nil || rightOf(cal.roleOf(c.box.user)) < rightRead {
		return nil, nil
	}
	return owner.box, cal
}

// mounted are the shared calendars in the mailbox's list, as calendars for an answer.
func (c *call) mounted() []*calendar {
	var out []*calendar
	for _, m := range c.box.mounts {
		if box, cal := c.source(m); cal != nil {
			out = append(out, &calendar{num: m.Num, name: cal.name, color: cal.color, version: cal.version, of: box, source: cal})
		}
	}
	return out
}

func (c *call) mountedCalendar(num uint64) *calendar {
	for _, cal := range c.mounted() {
		if cal.num == num {
			return cal
		}
	}
	return nil
}

// enterShared turns a call below the copy of a shared calendar to the owner's mailbox.
func (c *call) enterShared() {
	if len(c.box.mounts) == 0 || !strings.Contains(c.route.pattern, "calendars/{calendar}/") {
		return
	}
	id, err := parseID(c.vars["calendar"], classCalendar)
	if err != nil || id.box != c.box.key {
		return
	}
	if cal := c.mountedCalendar(id.num); cal != nil {
		c.user, c.box = cal.of.user, cal.of
		c.vars["calendar"] = c.box.calendarID(cal.source).text(false)
		delete(c.vars, "calendarGroup") // the copy's, not the owner's
	}
}

// errSharedCalendar refuses to change the copy of a shared calendar (unconfirmed).
func errSharedCalendar() *apiError {
	return errAccessDenied()
}

// unmount takes a shared calendar from the mailbox's list.
func (m *mailbox) unmount(num uint64) {
	m.mounts = slices.DeleteFunc(m.mounts, func(x mount) bool { return x.Num == num })
}

// AcceptCalendar is what a person does with an invitation to a shared calendar: it appears in the own list of calendars, under an id of its
// own, which is returned. Share it with [Control.ShareCalendar] first.
func (ctl *Control) AcceptCalendar(who, owner, calendarName string) (id string, err error) {
	err = ctl.withBox(who, func(m *mailbox) error {
		u := ctl.s.tenant.findByAddress(owner)
		if u == nil || u.box == nil || u.box == m {
			return fmt.Errorf("graphsim: no mailbox of %q to share from", owner)
		}
		cal := u.box.calendarNamed(calendarName)
		if cal == nil || rightOf(cal.roleOf(m.user)) < rightRead {
			return fmt.Errorf("graphsim: %q shares no calendar %q with %q", owner, calendarName, who)
		}
		i := slices.IndexFunc(m.mounts, func(x mount) bool { return x.Owner == u.id && x.Calendar == cal.num })
		if i < 0 {
			m.mounts = append(m.mounts, mount{Num: m.nextNum(), Owner: u.id, Calendar: cal.num})
			i = len(m.mounts) - 1
		}
		id = itemID{class: classCalendar, box: m.key, num: m.mounts[i].Num, date: noDate}.text(false)
		return nil
	})
	return id, err
}
