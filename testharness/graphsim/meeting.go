package graphsim

import (
	"slices"
	"strings"
)

// A meeting is one event per mailbox: the organiser's, and a copy of it for each attendee of the tenant, with its own id and the same
// iCalUId. Changes by the organiser reach the copies; an answer of an attendee reaches the organiser's event only. The organiser may be
// somebody outside: then the tenant keeps his event, and m is nil where the organiser's mailbox is asked for.

// inviteeBoxes are the mailboxes of attendees, each once; a group stands for its members. People outside have none.
func (s *Server) inviteeBoxes(m *mailbox, list []attendee) []*mailbox {
	var out []*mailbox
	add := func(u *user) {
		if u != nil && u.box != nil && u.box != m && !slices.Contains(out, u.box) {
			out = append(out, u.box)
		}
	}
	for _, a := range list {
		address := a.address.plain()
		if u := s.tenant.findByAddress(address); u != nil {
			add(u)
			continue
		}
		members, _ := s.tenant.membersByAddress(address)
		for _, id := range members {
			add(s.tenant.byID[id])
		}
	}
	return out
}

// membersByAddress are the ids of the members, at any depth, of the group with a mail address. known tells that there is one.
func (t *tenant) membersByAddress(address string) (out []string, known bool) {
	for _, g := range t.groups {
		if mail := g.str("mail"); mail == "" || !strings.EqualFold(mail, address) {
			continue
		}
		known = true
		for _, e := range t.allMembers(g, map[string]bool{}) {
			out = append(out, e.id)
		}
	}
	return out, known
}

// invite mails an invitation to attendees and puts copies into their mailboxes.
func (s *Server) invite(m *mailbox, e *event, to []attendee) {
	m.remember(e)
	s.mail(m, mailAbout("invitation", e, noDate), to)
	list := e.copyAttendees()
	for _, box := range s.inviteeBoxes(m, to) {
		if box.byUID[e.uid] == nil {
			s.deliver(e, box, list)
		}
	}
	s.carryAttachments(m, e, to)
}

// deliver puts a copy of a meeting into an attendee's default calendar. list is what copyAttendees gave; copies share it.
func (s *Server) deliver(e *event, box *mailbox, list []attendee) {
	copied := *e
	copied.cal = box.calendars[0].num
	copied.moves, copied.organized = 0, false
	copied.response, copied.answered = respNotResponded, 0
	copied.showAs = 2
	copied.categories, copied.extras, copied.txn = nil, nil, ""
	copied.attendees = e.listFor(box, list)
	if e.series != nil {
		ser := series{rule: e.series.rule, cancelled: slices.Clone(e.series.cancelled)}
		copied.series = &ser
		for _, x := range e.series.exceptions {
			y := *x
			y.ev.organized, y.ev.response, y.ev.showAs = false, respNotResponded, 2
			y.ev.attendees = x.ev.listFor(box, x.ev.copyAttendees())
			ser.exceptions = append(ser.exceptions, &y)
		}
	}
	copied.num = box.nextNum()
	copied.created = s.stamp()
	copied.modified, copied.version = copied.created, s.tenant.nextVersion()
	box.events.add(&copied)
	box.remember(&copied)
	s.logChange(box, &copied, change{num: copied.num, date: noDate})
	if box.isRoom() {
		s.book(box, &copied)
	}
}

// remember makes a meeting known by its id. People outside have no mailbox that could.
func (m *mailbox) remember(e *event) {
	if m == nil {
		return
	}
	if m.byUID == nil {
		m.byUID = map[[16]byte]*event{}
	}
	m.byUID[e.uid] = e
}

// copyAttendees is the list as attendees see it: the organiser first, and nobody's answers.
func (e *event) copyAttendees() []attendee {
	out := make([]attendee, 0, len(e.attendees)+1)
	out = append(out, attendee{person: *e.organizer})
	for _, a := range e.attendees {
		a.response, a.answered, a.proposed = respNone, 0, nil
		out = append(out, a)
	}
	return out
}

// listFor is the list of attendees in one copy: with hideAttendees only the organiser and the owner of the mailbox.
func (e *event) listFor(box *mailbox, list []attendee) []attendee {
	if !e.hidden {
		return list
	}
	mine := box.user.addresses()
	var out []attendee
	for i, a := range list {
		if i == 0 || slices.Contains(mine, strings.ToLower(a.address.plain())) {
			out = append(out, a)
		}
	}
	return out
}

// copies calls visit with the copies of a meeting in the mailboxes of attendees.
func (s *Server) copies(m *mailbox, e *event, of []attendee, visit func(box *mailbox, e *event)) {
	for _, box := range s.inviteeBoxes(m, of) {
		if twin := box.byUID[e.uid]; twin != nil && !twin.organized {
			visit(box, twin)
		}
	}
}

// difference splits attendees into those new, those kept and those no longer invited.
func difference(before, after []attendee) (added, kept, removed []attendee) {
	in := func(list []attendee, a attendee) bool {
		return slices.ContainsFunc(list, func(b attendee) bool { return strings.EqualFold(string(a.address), string(b.address)) })
	}
	for _, a := range after {
		if in(before, a) {
			kept = append(kept, a)
		} else {
			added = append(added, a)
		}
	}
	for _, a := range before {
		if !in(after, a) {
			removed = append(removed, a)
		}
	}
	return added, kept, removed
}

// updateCopies carries a change of the organiser's event to the others. If only attendees change, only the changed ones get mail, and
// whether the list in the other copies changes is unconfirmed: here it does. Each exception of a series is mailed by itself.
func (s *Server) updateCopies(m *mailbox, e *event, p *eventPatch, before []attendee) {
	shared := p.set & fShared
	if shared == 0 || len(before)+len(e.attendees) == 0 {
		return
	}
	added, kept, removed := difference(before, e.attendees)
	if len(removed) > 0 {
		s.cancelCopies(m, e, removed, "")
	}
	mailed := shared != fAttendees
	if mailed && len(kept) > 0 {
		s.mail(m, mailAbout("update", e, noDate), kept)
		if e.series != nil {
			for _, x := range e.series.exceptions {
				s.mail(m, mailAbout("update", &x.ev, x.date), kept)
			}
		}
	}
	if mailed || len(added)+len(removed) > 0 {
		list := e.copyAttendees()
		for _, box := range s.inviteeBoxes(m, kept) {
			switch twin := box.byUID[e.uid]; {
			case twin == nil && mailed:
				s.deliver(e, box, list) // he declined or deleted it: an update brings it back
			case twin != nil && !twin.organized:
				s.renew(box, twin, e, shared, list)
			}
		}
	}
	if mailed {
		s.carryAttachments(m, e, kept)
	}
	if len(added) > 0 {
		s.invite(m, e, added)
	}
}

// renew brings a copy up to the organiser's event. An update carries all that a meeting shares, so that what an attendee changed in his copy
// is lost; a change of time asks him anew.
func (s *Server) renew(box *mailbox, twin, e *event, shared fields, list []attendee) {
	c := change{num: twin.num, moves: twin.moves, date: noDate}
	timed := shared&(fTime|fRecurrence) != 0
	if timed && twin.series != nil {
		c.old = twin.snapshot()
	}
	if shared != fAttendees {
		twin.take(e, fShared&^fAttendees)
		twin.online = e.online
	}
	twin.attendees = e.listFor(box, list)
	if timed {
		box.forgetReminders(twin.num)
		twin.response, twin.answered, twin.showAs = respNotResponded, 0, 2
		twin.series = nil
		if e.series != nil {
			twin.series = &series{rule: e.series.rule}
		}
	} else if twin.series != nil {
		for _, x := range twin.series.exceptions {
			x.ev.take(e, shared&^(x.own|fAttendees))
		}
	}
	s.touchEvent(box, twin, c)
	if box.isRoom() && shared != fAttendees {
		s.book(box, twin)
	}
}

// exceptionIn is the exception of a copy at a date, made when the series had none there.
func exceptionIn(twin *event, date int32) *exception {
	if y := twin.series.exceptionAt(date); y != nil {
		return y
	}
	y := &exception{date: date, ev: *twin}
	y.ev.series, y.ev.extras = nil, nil
	y.ev.start, y.ev.end = twin.occurrenceTimes(date)
	twin.series.addException(y)
	return y
}

// updateOccurrenceCopies carries an exception of the organiser's series to the others. Who is invited to it alone gets it as a single event.
func (s *Server) updateOccurrenceCopies(m *mailbox, master *event, x *exception, p *eventPatch, before []attendee) {
	shared := p.set & fShared
	if shared == 0 {
		return
	}
	added, kept, removed := difference(before, x.ev.attendees)
	if len(removed) > 0 {
		v := master.exceptionView(x)
		s.cancelOccurrenceCopies(m, v, removed, "")
	}
	if shared != fAttendees && len(kept) > 0 {
		s.mail(m, mailAbout("update", &x.ev, x.date), kept)
	}
	if shared != fAttendees || len(added)+len(removed) > 0 {
		list := x.ev.copyAttendees()
		s.copies(m, master, kept, func(box *mailbox, twin *event) {
			if twin.series == nil || twin.series.isCancelled(x.date) {
				return
			}
			y := exceptionIn(twin, x.date)
			y.own |= shared
			y.ev.take(&x.ev, shared&^fAttendees)
			y.ev.attendees = x.ev.listFor(box, list)
			s.touchOccurrence(box, twin, x.date)
			y.ev.version, y.ev.modified = s.tenant.nextVersion(), s.stamp()
		})
	}
	if len(added) > 0 {
		alone := x.ev
		alone.uid, alone.series = master.uid, nil
		s.mail(m, mailAbout("invitation", &alone, x.date), added)
		for _, box := range s.inviteeBoxes(m, added) {
			if box.byUID[master.uid] == nil {
				s.deliver(&alone, box, alone.copyAttendees())
			}
		}
	}
}
