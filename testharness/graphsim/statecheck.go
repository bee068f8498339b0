package graphsim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// completed is a stored thing that knows what a document may leave out of it, and what makes no sense in it.
type completed interface{ complete(a *archive) error }

func (a *archive) utc() *zone {
	z, _ := a.s.zones.get("UTC")
	return z
}

func (e *event) complete(a *archive) error {
	if e.startZone == nil {
		e.startZone = a.utc()
	}
	if e.endZone == nil {
		e.endZone = e.startZone
	}
	if e.end < e.start {
		return errors.New("an event ends before it starts")
	}
	return nil
}

func (t *timeSlot) complete(a *archive) error {
	if t.zone == nil {
		t.zone = a.utc()
	}
	return nil
}

func (s *series) complete(*archive) error {
	if s.rule == nil {
		return errors.New("a series has a rule")
	}
	slices.SortFunc(s.exceptions, func(a, b *exception) int { return cmp.Compare(a.date, b.date) })
	slices.Sort(s.cancelled)
	return nil
}

func (r *recurrence) complete(a *archive) error {
	if r.zone == nil {
		r.zone = a.utc()
	}
	r.interval = max(r.interval, 1)
	if !r.valid() {
		return errors.New("a rule without dates")
	}
	return nil
}

func (e *entry) complete(*archive) error {
	if e.props == nil {
		e.props = map[string]any{}
	}
	return nil
}

func (f *feed) complete(*archive) error {
	last := uint64(0)
	for _, ch := range f.log {
		if ch.seq <= last {
			return errors.New("the changes of a feed are not in the order of their sequences")
		}
		last = ch.seq
	}
	f.seq = max(f.seq, last)
	return nil
}

func (m *extensionMember) complete(*archive) error {
	if !json.Valid([]byte(m.raw)) {
		return fmt.Errorf("the value of %q is not JSON", m.name)
	}
	return nil
}

func (cat *masterCategory) complete(*archive) error {
	if cat.color < noColor || cat.color > 24 {
		return fmt.Errorf("no category has the color %d", cat.color)
	}
	return nil
}

func (sub *subscription) complete(*archive) error {
	if kind, ok := kindOf(sub.Kind); !ok || (kind.log == nil) != (sub.User != "") {
		return fmt.Errorf("%q of user %q cannot be subscribed to", sub.Kind, sub.User)
	}
	if sub.Seen == nil {
		sub.Seen = map[uint64]uint64{}
	}
	return nil
}

// sort brings a shelf into its order. All numbers must differ.
func (s *shelf[T]) sort() error {
	slices.SortFunc(s.items, func(a, b T) int { return cmp.Compare(a.number(), b.number()) })
	for i, it := range s.items {
		if it.number() == 0 || i > 0 && it.number() == s.items[i-1].number() {
			return fmt.Errorf("two items have the number %d, or one has none", it.number())
		}
	}
	return nil
}

// completeMailbox makes the default folders of a mailbox that has none, and checks that each item lies in a folder.
func (s *Server) completeMailbox(m *mailbox) error {
	if given := []bool{len(m.calendars) > 0, len(m.lists) > 0, len(m.folders) > 0}; !slices.Contains(given, true) {
		fresh := s.newMailbox(m.user)
		m.key, m.self = cmp.Or(m.key, fresh.key), cmp.Or(m.self, fresh.self)
		m.calendars, m.lists, m.folders, m.nums = fresh.calendars, fresh.lists, fresh.folders, max(m.nums, fresh.nums)
	} else if slices.Contains(given, false) || m.key == 0 || m.self == nil {
		return errors.New("a mailbox has a key, its owner as self, calendars, task lists and contact folders, or none of these")
	}
	if err := cmp.Or(m.events.sort(), m.tasks.sort(), m.contacts.sort()); err != nil {
		return err
	}
	for _, cal := range m.calendars {
		m.nums = max(m.nums, cal.num)
	}
	for _, l := range m.lists {
		m.nums = max(m.nums, l.num)
	}
	for _, f := range m.folders {
		m.nums = max(m.nums, f.num)
	}
	return cmp.Or(m.completeEvents(), m.completeItems(), m.completeMail())
}

func (m *mailbox) completeEvents() error {
	for _, e := range m.events.items {
		if m.calendar(e.cal) == nil {
			return fmt.Errorf("event %d lies in no calendar", e.num)
		}
		m.nums = max(m.nums, e.num)
		if e.organizer == nil {
			e.organizer, e.organized = m.self, true
		}
		if e.uid == [16]byte{} {
			e.uid = uidBytes(m.key, e.num)
		}
		if e.series == nil {
			continue
		}
		for _, x := range e.series.exceptions {
			if x.ev.organizer == nil {
				x.ev.organizer = e.organizer
			}
		}
	}
	return nil
}

func (m *mailbox) completeItems() error {
	for _, t := range m.tasks.items {
		if m.taskList(t.list) == nil && !slices.ContainsFunc(m.ghosts, func(l *taskList) bool { return l.num == t.list }) {
			return fmt.Errorf("task %d lies in no list", t.num)
		}
		m.nums = max(m.nums, t.num)
	}
	for _, k := range m.contacts.items {
		if m.folder(k.folder) == nil {
			return fmt.Errorf("contact %d lies in no folder", k.num)
		}
		m.nums = max(m.nums, k.num)
	}
	return nil
}

func (m *mailbox) completeMail() error {
	p := m.mail.Load()
	if p == nil {
		return nil
	}
	if err := p.messages.sort(); err != nil {
		return err
	}
	for i, f := range p.folders {
		if i < len(defaultFolders) && f.num != uint64(i+1) || i >= len(defaultFolders) && f.num <= p.folders[i-1].num {
			return errors.New("the mail folders are not the default ones and others in the order of their numbers")
		}
		p.nums = max(p.nums, f.num)
	}
	if len(p.folders) < len(defaultFolders) {
		return errors.New("default mail folders are missing")
	}
	for _, g := range p.messages.items {
		if p.folder(g.folder) == nil {
			return fmt.Errorf("message %d lies in no folder", g.num)
		}
		m.nums = max(m.nums, g.num)
	}
	return nil
}
