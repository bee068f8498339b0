package graphsim

import (
	"slices"
	"strings"
)

// A meeting is one event per mailbox: the organiser's, and a copy of it for each attendee of the tenant, with its own id and the same
// iCalUId. Changes by the organiser reach the copies; an answer of an attendee reaches the organiser's event only.

// inviteeBox is the mailbox of an attendee, or nil for people outside.
func (s *Server) inviteeBox(a attendee) *mailbox {
	if u := s.tenant.findByAddress(a.address.plain()); u != nil {
		return u.box
	}
	return nil
}

// invite mails an invitation to attendees and puts copies into their mailboxes.
func (s *Server) invite(m *mailbox, e *event, to []attendee) {
	m.remember(e)
	s.mail(m, "invitation", e.subject, to)
	for _, a := range to {
		box := s.inviteeBox(a)
		if box == nil || box == m || box.byUID[e.uid] != nil {
			continue
		}
		copied := *e
		copied.cal = box.calendars[0].num
		copied.moves, copied.organized = 0, false
		copied.response, copied.answered = respNotResponded, 0
		copied.showAs = 2
		copied.categories, copied.extras, copied.txn = nil, nil, ""
		copied.attendees = e.copyAttendees()
		if e.series != nil {
			ser := series{rule: e.series.rule, cancelled: slices.Clone(e.series.cancelled)}
			copied.series = &ser
			for _, x := range e.series.exceptions {
				y := *x
				y.ev.organized, y.ev.response, y.ev.showAs = false, respNotResponded, 2
				y.ev.attendees = x.ev.copyAttendees()
				ser.exceptions = append(ser.exceptions, &y)
			}
		}
		copied.num = box.nextNum()
		copied.created = s.stamp()
		copied.modified, copied.version = copied.created, s.tenant.nextVersion()
		box.events.add(&copied)
		box.remember(&copied)
		box.calendar(copied.cal).feed.add(change{num: copied.num, date: noDate})
	}
}

func (m *mailbox) remember(e *event) {
	if m.byUID == nil {
		m.byUID = map[[16]byte]*event{}
	}
	m.byUID[e.uid] = e
}

// copyAttendees is the list as an attendee sees it: the organiser first, and nobody's answers.
func (e *event) copyAttendees() []attendee {
	out := []attendee{{person: *e.organizer}}
	for _, a := range e.attendees {
		a.response, a.answered = respNone, 0
		out = append(out, a)
	}
	return out
}

// copies calls visit with the copies of a meeting in the mailboxes of attendees.
func (s *Server) copies(m *mailbox, e *event, of []attendee, visit func(box *mailbox, e *event)) {
	for _, a := range of {
		box := s.inviteeBox(a)
		if box == nil || box == m {
			continue
		}
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

// updateCopies carries a change of the organiser's event to the others. If only attendees change, only the changed ones get mail.
func (s *Server) updateCopies(m *mailbox, e *event, p *eventPatch, before []attendee) {
	shared := p.set & fShared
	if shared == 0 || e.draft || len(before)+len(e.attendees) == 0 {
		return
	}
	added, kept, removed := difference(before, e.attendees)
	if len(removed) > 0 {
		s.cancelCopies(m, e, removed, "")
	}
	if shared != fAttendees && len(kept) > 0 {
		s.mail(m, "update", e.subject, kept)
	}
	timed := shared&(fTime|fRecurrence) != 0
	if shared != fAttendees || len(added)+len(removed) > 0 {
		s.copies(m, e, kept, func(box *mailbox, twin *event) {
			c := change{num: twin.num, moves: twin.moves, date: noDate}
			if timed && twin.series != nil {
				c.old = twin.snapshot()
			}
			twin.take(e, shared&^fAttendees)
			twin.attendees = e.copyAttendees()
			if timed {
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
		})
	}
	if len(added) > 0 {
		s.invite(m, e, added)
	}
}

// updateOccurrenceCopies carries an exception of the organiser's series to the others.
func (s *Server) updateOccurrenceCopies(m *mailbox, master *event, x *exception, p *eventPatch, before []attendee) {
	shared := p.set & fShared
	_, kept, _ := difference(before, x.ev.attendees)
	if shared == 0 || len(kept) == 0 {
		return
	}
	s.mail(m, "update", x.ev.subject, kept)
	s.copies(m, master, kept, func(box *mailbox, twin *event) {
		if twin.series == nil || twin.series.isCancelled(x.date) {
			return
		}
		y := twin.series.exceptionAt(x.date)
		if y == nil {
			y = &exception{date: x.date, ev: *twin}
			y.ev.series = nil
			y.ev.start, y.ev.end = twin.occurrenceTimes(x.date)
			twin.series.addException(y)
		}
		y.own |= shared
		y.ev.take(&x.ev, shared&^fAttendees)
		y.ev.attendees = x.ev.copyAttendees()
		s.touchOccurrence(box, twin, x.date)
		y.ev.version, y.ev.modified = s.tenant.nextVersion(), s.stamp()
	})
}

const cancelledPrefix = "Canceled: "

// cancelCopies mails a cancellation and marks the copies: they stay, struck out, until their owner removes them.
func (s *Server) cancelCopies(m *mailbox, e *event, to []attendee, comment string) {
	if len(to) == 0 || e.draft {
		return
	}
	s.mail(m, "cancellation", e.subject, to)
	s.copies(m, e, to, func(box *mailbox, twin *event) {
		twin.strikeOut()
		if twin.series != nil {
			for _, x := range twin.series.exceptions {
				x.ev.strikeOut()
			}
		}
		s.touchEvent(box, twin, change{num: twin.num, moves: twin.moves, date: noDate})
	})
}

// cancelOccurrenceCopies does so for one occurrence: in the copies it becomes a cancelled exception.
func (s *Server) cancelOccurrenceCopies(m *mailbox, v view) {
	if len(v.attendees) == 0 {
		return
	}
	s.mail(m, "cancellation", v.subject, v.attendees)
	s.copies(m, v.master, v.attendees, func(box *mailbox, twin *event) {
		if twin.series == nil || twin.series.isCancelled(v.date) {
			return
		}
		y := twin.series.exceptionAt(v.date)
		if y == nil {
			y = &exception{date: v.date, ev: *twin}
			y.ev.series = nil
			y.ev.start, y.ev.end = twin.occurrenceTimes(v.date)
			twin.series.addException(y)
		}
		y.ev.strikeOut()
		y.own |= fSubject | fShowAs
		s.touchOccurrence(box, twin, v.date)
		y.ev.version, y.ev.modified = s.tenant.nextVersion(), s.stamp()
	})
}

func (e *event) strikeOut() {
	if !e.cancelled {
		e.cancelled, e.showAs = true, 1
		e.subject = quote(cancelledPrefix + e.subject.plain())
	}
}

// respond records an attendee's answer in his copy and, when it is sent, in the organiser's event.
func (s *Server) respond(m *mailbox, v view, response byte, send bool) *apiError {
	if v.organized {
		return fail(400, "ErrorInvalidRequest", "Your request can't be completed. You can't respond to this meeting because you're the meeting organizer.")
	}
	at := s.now().Unix()
	of := v.event
	if v.master != nil {
		p := &eventPatch{}
		w, err := s.updateOccurrence(m, v, p)
		if err != nil {
			return err
		}
		of = w.event
	}
	of.response, of.answered = response, at
	of.showAs = 3
	if response == respTentative {
		of.showAs = 2
	}
	if v.master == nil {
		s.touchEvent(m, of, change{num: of.num, moves: of.moves, date: noDate})
	}
	if send {
		s.mail(m, responseNames[response], v.subject, []attendee{{person: *v.organizer}})
		s.reportAnswer(m, v, response, at)
	}
	if response == respDeclined {
		w := viewOf(v.event)
		if v.master != nil {
			w = v
		}
		s.deleteEvent(m, w)
	}
	return nil
}

// reportAnswer writes an answer into the organiser's event, if he has a mailbox here.
func (s *Server) reportAnswer(m *mailbox, v view, response byte, at int64) {
	owner := s.tenant.findByAddress(v.organizer.address.plain())
	if owner == nil || owner.box == nil {
		return
	}
	e := owner.box.byUID[v.uid]
	if e == nil || !e.organized {
		return
	}
	mine := m.user.addresses()
	answer := func(list []attendee) []attendee {
		list = slices.Clone(list)
		for i, a := range list {
			if slices.Contains(mine, strings.ToLower(a.address.plain())) {
				list[i].response, list[i].answered = response, at
			}
		}
		return list
	}
	if v.master != nil && e.series != nil {
		if x := e.series.exceptionAt(v.date); x != nil {
			x.ev.attendees = answer(x.ev.attendees)
			s.touchOccurrence(owner.box, e, v.date)
		}
		return
	}
	e.attendees = answer(e.attendees)
	s.touchEvent(owner.box, e, change{num: e.num, moves: e.moves, date: noDate})
}
