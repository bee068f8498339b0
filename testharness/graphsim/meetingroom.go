package graphsim

// bookingWindow is how far ahead a room takes bookings: Exchange's default of 180 days. A series is checked so far and no further.
const bookingWindow = 180 * daySeconds

// isRoom tells that the mailbox is a room's, which answers invitations by itself.
func (m *mailbox) isRoom() bool { return m.user.room != nil }

// book is a room's answer to an invitation or an update: it accepts when it is free at all times and declines otherwise. As Exchange sets
// rooms up, an accepted meeting bears the organiser's name and no text; a declined one is not kept.
func (s *Server) book(box *mailbox, e *event) {
	answered := meetingAnswer{response: respAccepted, send: true}
	if box.taken(e, s.now().Unix()+bookingWindow) {
		answered.response = respDeclined
	}
	e.subject, e.body, e.preview = e.organizer.name, emptyText, emptyText
	if e.series != nil {
		for _, x := range e.series.exceptions {
			x.ev.subject, x.ev.body, x.ev.preview = e.subject, emptyText, emptyText
		}
	}
	s.respond(box, viewOf(e), answered) //nolint:errcheck // refused only to organisers, which a room is not
}

// taken tells whether another meeting of the mailbox is at a time of e before an instant.
func (m *mailbox) taken(e *event, before int64) bool {
	var own []window
	if e.series == nil {
		own = []window{{e.start, e.end}}
	} else {
		e.inWindow(window{e.start, max(before, e.start+1)}, func(v view) bool { own = append(own, window{v.start, v.end}); return true })
	}
	for _, w := range own {
		for _, other := range m.events.items {
			if other != e && other.busyIn(w) {
				return true
			}
		}
	}
	return false
}

// busyIn tells whether an event takes up time in a window.
func (e *event) busyIn(w window) bool {
	blocks := func(x *event, start, end int64) bool {
		return x.showAs > 1 && !x.cancelled && start < w.to && end > w.from
	}
	if e.series == nil {
		return blocks(e, e.start, e.end)
	}
	found := false
	e.inWindow(w, func(v view) bool { found = blocks(v.event, v.start, v.end); return !found })
	return found
}
