package graphsim

import (
	"fmt"
	"slices"
	"strings"
)

// LimitApp is an application access policy: the application with this client id opens only these mailboxes from now on, and none when there
// are none. It does not cover To Do, as Exchange's does not.
func (ctl *Control) LimitApp(clientID string, mailboxes ...string) error {
	ctl.s.mu.Lock()
	defer ctl.s.mu.Unlock()
	allowed := map[string]bool{}
	for _, name := range mailboxes {
		u := ctl.s.tenant.findByAddress(name)
		if u == nil {
			return fmt.Errorf("graphsim: no user %q", name)
		}
		allowed[u.id] = true
	}
	if ctl.s.tenant.policies == nil {
		ctl.s.tenant.policies = map[string]map[string]bool{}
	}
	ctl.s.tenant.policies[clientID] = allowed
	return nil
}

// UnlimitApp takes the access policy of an application away.
func (ctl *Control) UnlimitApp(clientID string) {
	ctl.s.mu.Lock()
	defer ctl.s.mu.Unlock()
	delete(ctl.s.tenant.policies, clientID)
}

// ShareCalendar shares a calendar of owner, the default one for calendarName "", with a person, by a role of calendarRoleType: "none",
// "freeBusyRead", "limitedRead", "read", "write", "delegateWithoutPrivateEventAccess" or "delegateWithPrivateEventAccess". With "" as the
// person it sets the role of the whole organisation.
func (ctl *Control) ShareCalendar(owner, calendarName, with, role string) error {
	if !slices.Contains(shareRoles, role) {
		return fmt.Errorf("graphsim: no calendar role %q", role)
	}
	return ctl.withBox(owner, func(m *mailbox) error {
		cal := m.calendarNamed(calendarName)
		if cal == nil {
			return fmt.Errorf("graphsim: no calendar %q", calendarName)
		}
		if with == "" {
			cal.setShare(share{Name: "My Organization", Role: role})
			return nil
		}
		u := ctl.s.tenant.findByAddress(with)
		if u == nil {
			return fmt.Errorf("graphsim: no user %q", with)
		}
		cal.setShare(share{Address: strings.ToLower(u.smtp()), Name: u.name, Role: role})
		return nil
	})
}

func (m *mailbox) calendarNamed(name string) *calendar {
	for _, cal := range m.calendars {
		if name == "" || cal.name.plain() == name {
			return cal
		}
	}
	return nil
}

// ShareFolders shares what Graph has no call for: the owner's "contacts", the "mail", or the right to "send" mail on the owner's behalf.
// access is "read", "write" or "none"; for sending, "write".
func (ctl *Control) ShareFolders(owner, with, what, access string) error {
	r := right(slices.Index([]string{"none", "read", "write"}, access) + 1)
	if r == 0 {
		return fmt.Errorf("graphsim: access %q is not none, read or write", access)
	}
	return ctl.withBox(owner, func(m *mailbox) error {
		u := ctl.s.tenant.findByAddress(with)
		if u == nil {
			return fmt.Errorf("graphsim: no user %q", with)
		}
		g := m.grants[u.id]
		switch what {
		case "contacts":
			g.Contacts = r - 1
		case "mail":
			g.Mail = r - 1
		case "send":
			g.Send = r - 1
		default:
			return fmt.Errorf("graphsim: %q is not contacts, mail or send", what)
		}
		if m.grants == nil {
			m.grants = map[string]grants{}
		}
		m.grants[u.id] = g
		return nil
	})
}
