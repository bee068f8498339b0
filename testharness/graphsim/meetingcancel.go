package graphsim

const cancelledPrefix = "Canceled: "

// cancelCopies mails a cancellation and marks the copies: they stay, struck out, until their owner removes them. Rooms lose theirs.
func (s *Server) cancelCopies(m *mailbox, e *event, to []attendee, comment string) {
	if len(to) == 0 {
		return
	}
	msg := mailAbout("cancellation", e, noDate)
	msg.Comment = comment
	s.mail(m, msg, to)
	s.copies(m, e, to, func(box *mailbox, twin *event) {
		if box.isRoom() {
			s.deleteEvent(box, viewOf(twin))
			return
		}
		twin.strikeOut()
		if twin.series != nil {
			for _, x := range twin.series.exceptions {
				x.ev.strikeOut()
			}
		}
		s.touchEvent(box, twin, change{num: twin.num, moves: twin.moves, date: noDate})
	})
}

// cancelOccurrenceCopies does so for one occurrence: in the copies it becomes a cancelled exception. Who was invited to it alone has it as a
// single event.
func (s *Server) cancelOccurrenceCopies(m *mailbox, v view, to []attendee, comment string) {
	if len(to) == 0 {
		return
	}
	msg := mailAbout("cancellation", v.event, v.date)
	msg.Comment = comment
	s.mail(m, msg, to)
	s.copies(m, v.master, to, func(box *mailbox, twin *event) {
		switch {
		case twin.series == nil:
			start, _ := v.master.occurrenceTimes(v.date)
			if twin.start == v.start || twin.start == start {
				twin.strikeOut()
				s.touchEvent(box, twin, change{num: twin.num, moves: twin.moves, date: noDate})
			}
		case twin.series.isCancelled(v.date):
		case box.isRoom():
			s.deleteEvent(box, twin.occurrenceView(v.date))
		default:
			y := exceptionIn(twin, v.date)
			y.ev.strikeOut()
			y.own |= fSubject | fShowAs
			s.touchOccurrence(box, twin, v.date)
			y.ev.version, y.ev.modified = s.tenant.nextVersion(), s.stamp()
		}
	})
}

func (e *event) strikeOut() {
	if !e.cancelled {
		e.cancelled, e.showAs = true, 1
		e.subject = quote(cancelledPrefix + e.subject.plain())
	}
}
