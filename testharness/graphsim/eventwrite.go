package graphsim

import (
	"slices"
	"strings"
)

// createEvent stores a new event in a calendar, sends its invitations and returns it. A transaction id seen before yields the event it made.
func (s *Server) createEvent(m *mailbox, cal *calendar, p *eventPatch) (*event, *apiError) {
	if p.set&fTransaction != 0 && p.ev.txn != "" {
		for _, e := range m.events.items {
			if e.txn == p.ev.txn {
				return e, nil
			}
		}
	}
	e, err := p.newEvent(m.self)
	if err != nil {
		return nil, err
	}
	e.extras = (*extras)(nil).merged(p.ev.extras) // without what the body takes out
	e.cal = cal.num
	e.num = m.nextNum()
	e.uid = uidBytes(keyOf(m.user.id, s.tenant.id), e.num)
	e.goOnline()
	e.created = s.stamp()
	e.modified, e.version = e.created, s.tenant.nextVersion()
	m.events.add(e)
	s.logChange(m, e, change{num: e.num, date: noDate})
	if len(e.attendees) > 0 {
		s.invite(m, e, e.attendees)
	}
	return e, nil
}

// newEvent is the organiser's event that a patch describes, with the service's defaults for what it lacks.
func (p *eventPatch) newEvent(organizer *person) (*event, *apiError) {
	if p.set&fStart == 0 || p.set&fEnd == 0 {
		return nil, errValidation("")
	}
	e := &p.ev
	e.organizer = organizer
	e.organized, e.response = true, respOrganizer
	if p.set&fImportance == 0 {
		e.importance = 1
	}
	if p.set&fShowAs == 0 {
		e.showAs = 3
		if e.allDay {
			e.showAs = 1
		}
	}
	if p.set&fReminderOn == 0 {
		e.reminderOn = true
	}
	if p.set&fReminder == 0 {
		e.reminder = 15
	}
	if p.rule != nil {
		e.series = &series{rule: p.rule}
	}
	return e, e.settle()
}

// settle checks times and rule against each other. A series starts on the first date of its rule, whatever start says.
func (e *event) settle() *apiError {
	if e.allDay {
		from, to := wallOf(e.start, e.startZone.loc), wallOf(e.end, e.endZone.loc)
		if from%daySeconds != 0 || to%daySeconds != 0 || e.startZone != e.endZone || to <= from {
			return errValidation("At least one property failed validation.")
		}
	}
	if e.end < e.start || e.start < firstDay*daySeconds || e.end > int64(farFuture)*daySeconds {
		return errValidation("")
	}
	if e.series == nil {
		return nil
	}
	if e.end-e.start > 5*365*daySeconds {
		return errValidation("")
	}
	first, ok := e.series.rule.firstDate()
	if !ok {
		return errValidation("")
	}
	e.start, e.end = e.occurrenceTimes(first)
	e.series.rule = e.series.rule.startingAt(first)
	return nil
}

// startingAt is the rule with its start moved to its first date.
func (r *recurrence) startingAt(first int32) *recurrence {
	if r.start == first {
		return r
	}
	moved := *r
	moved.start = first
	return &moved
}

// take copies the properties of a set from another event.
func (e *event) take(from *event, set fields) {
	for _, f := range [...]struct {
		bit  fields
		copy func()
	}{
		{fSubject, func() { e.subject = from.subject }},
		{fBody, func() { e.body, e.preview = from.body, from.preview }},
		{fStart, func() { e.start, e.startZone = from.start, from.startZone }},
		{fEnd, func() { e.end, e.endZone = from.end, from.endZone }},
		{fAllDay, func() { e.allDay = from.allDay }},
		{fLocation, func() { e.location, e.places = from.location, from.places }},
		{fAttendees, func() { e.attendees = from.attendees }},
		{fCategories, func() { e.categories = from.categories }},
		{fImportance, func() { e.importance = from.importance }},
		{fSensitivity, func() { e.sensitivity = from.sensitivity }},
		{fShowAs, func() { e.showAs = from.showAs }},
		{fReminderOn, func() { e.reminderOn = from.reminderOn }},
		{fReminder, func() { e.reminder = from.reminder }},
		{fResponseRequested, func() { e.noResponse = from.noResponse }},
		{fProposals, func() { e.noProposals = from.noProposals }},
		{fHidden, func() { e.hidden = from.hidden }},
		{fOnline, func() { e.online = e.online || from.online }},
		{fExtended, func() { e.extras = e.extras.merged(from.extras) }},
	} {
		if set&f.bit != 0 {
			f.copy()
		}
	}
}

// snapshot is the event with its series as it is now, which later changes leave alone.
func (e *event) snapshot() *event {
	old := *e
	if e.series != nil {
		ser := *e.series
		ser.exceptions = nil
		for _, x := range e.series.exceptions {
			kept := *x
			ser.exceptions = append(ser.exceptions, &kept)
		}
		old.series = &ser
	}
	return &old
}

// updateEvent applies a patch to a stored event, an occurrence or an exception, and mails the attendees of a meeting of the owner.
func (s *Server) updateEvent(m *mailbox, v view, p *eventPatch) (view, *apiError) {
	p.set &^= fTransaction // immutable after creation
	if v.master != nil {
		return s.updateOccurrence(m, v, p)
	}
	e := v.event
	next := *e
	keepAnswers(e.attendees, p.ev.attendees)
	next.take(&p.ev, p.set)
	next.keepOnline(p.set, e.online)
	reshaped := e.series != nil && p.set&(fTime|fRecurrence) != 0
	if p.set&fRecurrence != 0 {
		next.series = nil
		if p.rule != nil {
			next.series = &series{rule: p.rule}
		}
	}
	if next.series != nil && p.set&(fTime|fRecurrence) != 0 {
		rule := next.series.rule
		if p.set&fRecurrence == 0 {
			// A moved master moves its rule to the new date.
			moved := *rule
			moved.start = int32(floorDiv(wallOf(next.start, rule.zone.loc), daySeconds))
			rule = &moved
		}
		next.series = &series{rule: rule} // exceptions and deletions go with the old times
	}
	if err := next.settle(); err != nil {
		return view{}, err
	}
	c := change{num: e.num, moves: e.moves, date: noDate}
	if reshaped {
		c.old = e.snapshot()
	}
	before := e.attendees
	if next.start != e.start {
		m.forgetReminders(e.num)
	}
	if e.organized && (next.start != e.start || next.end != e.end) {
		next.attendees = unanswered(next.attendees)
	}
	*e = next
	if e.series != nil {
		for _, x := range e.series.exceptions {
			x.ev.take(&p.ev, p.set&^(x.own|fTime|fRecurrence|fExtended))
		}
	}
	s.touchEvent(m, e, c)
	if e.organized {
		s.updateCopies(m, e, p, before)
	}
	return viewOf(e), nil
}

// touchEvent gives an event, and the exceptions of a series, a new version and logs the change.
func (s *Server) touchEvent(m *mailbox, e *event, c change) {
	e.version, e.modified = s.tenant.nextVersion(), s.stamp()
	if e.series != nil && !c.quiet {
		for _, x := range e.series.exceptions {
			x.ev.version, x.ev.modified = e.version, e.modified
		}
	}
	s.logChange(m, e, c)
}

// logChange adds a change of an event to the feed of its calendar. An organiser outside (m is nil) has none.
func (s *Server) logChange(m *mailbox, e *event, c change) {
	if m != nil {
		c.at = uint32(s.now().Unix())
		m.calendar(e.cal).feed.add(c)
	}
}

// updateOccurrence turns an occurrence into an exception, or changes one.
func (s *Server) updateOccurrence(m *mailbox, v view, p *eventPatch) (view, *apiError) {
	if p.set&fRecurrence != 0 && p.rule != nil {
		return view{}, errValidation("")
	}
	p.set &^= fRecurrence
	master := v.master
	next := *v.event
	next.series, next.start, next.end = nil, v.start, v.end
	if v.shown == occurrence {
		next.extras = nil
	}
	keepAnswers(next.attendees, p.ev.attendees)
	before := next.attendees
	next.take(&p.ev, p.set)
	next.keepOnline(p.set, v.online)
	if err := next.settle(); err != nil {
		return view{}, err
	}
	if p.set&fTime != 0 && master.crosses(v.date, next.start, next.end) {
		return view{}, fail(400, "ErrorOccurrenceCrossingBoundary", "Modified occurrence is crossing or overlapping adjacent occurrence.")
	}
	x := master.series.exceptionAt(v.date)
	if x == nil {
		x = &exception{date: v.date}
		master.series.addException(x)
	}
	x.ev, x.own = next, x.own|p.set
	s.touchOccurrence(m, master, v.date)
	x.ev.version, x.ev.modified = s.tenant.nextVersion(), s.stamp()
	if master.organized {
		s.updateOccurrenceCopies(m, master, x, p, before)
	}
	return master.exceptionView(x), nil
}

// touchOccurrence logs that one occurrence of a series changed or went away; the master gets a new version with it.
func (s *Server) touchOccurrence(m *mailbox, master *event, date int32) {
	s.touchEvent(m, master, change{num: master.num, moves: master.moves, date: noDate, quiet: true})
	s.logChange(m, master, change{num: master.num, moves: master.moves, date: date})
}

// crosses tells whether new times of an occurrence reach the day of a neighbour or jump over one (microsoft-graph-docs issue 2285).
func (e *event) crosses(date int32, start, end int64) bool {
	loc := e.series.rule.zone.loc
	from := int32(floorDiv(wallOf(start, loc), daySeconds))
	to := int32(floorDiv(wallOf(max(start, end-1), loc), daySeconds))
	crossed := false
	visit := func(d int32) bool {
		if d != date && !e.series.isCancelled(d) {
			day := e.dayOf(d)
			crossed = crossed || d < date && day >= from || d > date && day <= to
		}
		return !crossed
	}
	low, high := min(from, date), max(to, date)
	e.series.rule.dates(low-40, high+40, visit)
	return crossed
}

// dayOf is the day on which an occurrence starts, moved or not.
func (e *event) dayOf(date int32) int32 {
	if x := e.series.exceptionAt(date); x != nil {
		return int32(floorDiv(wallOf(x.ev.start, e.series.rule.zone.loc), daySeconds))
	}
	return date
}

// deleteEvent removes an event, a whole series, or one occurrence. The organiser's deletion cancels the meeting for the others; an
// attendee's only removes his copy.
func (s *Server) deleteEvent(m *mailbox, v view) { s.cancelEvent(m, v, "") }

// cancelEvent is deleteEvent with a comment in the mail that cancels a meeting.
func (s *Server) cancelEvent(m *mailbox, v view, comment string) {
	if v.master != nil {
		date := v.date
		if v.master.organized {
			s.cancelOccurrenceCopies(m, v, v.attendees, comment)
		}
		v.master.series.cancel(date)
		s.touchOccurrence(m, v.master, date)
		return
	}
	e := v.event
	if e.organized {
		s.cancelCopies(m, e, e.attendees, comment)
	}
	c := change{num: e.num, moves: e.moves, date: noDate}
	if e.series != nil {
		c.old = e.snapshot()
	}
	m.forget(e)
	m.forgetReminders(e.num)
	s.logChange(m, e, c)
}

func (m *mailbox) forget(e *event) {
	if m == nil {
		return
	}
	m.events.remove(e.num)
	m.detach(e.num)
	if m.byUID[e.uid] == e {
		delete(m.byUID, e.uid)
	}
}

// moveEvent puts an event into another calendar of the mailbox: a new id, and a removal in the old calendar.
func (s *Server) moveEvent(m *mailbox, e *event, to *calendar) {
	c := change{num: e.num, moves: e.moves, date: noDate}
	if e.series != nil {
		c.old = e.snapshot()
	}
	s.logChange(m, e, c)
	e.cal = to.num
	e.moves++
	s.touchEvent(m, e, change{num: e.num, moves: e.moves, date: noDate})
}

// unanswered is a list of attendees without their answers: those to a meeting at another time do not count. That the organiser's list forgets
// them is unconfirmed.
func unanswered(list []attendee) []attendee {
	out := slices.Clone(list)
	for i := range out {
		out[i].response, out[i].answered, out[i].proposed = respNone, 0, nil
	}
	return out
}

// keepAnswers carries what attendees answered over to a new list of them.
func keepAnswers(old, next []attendee) {
	for i := range next {
		for _, o := range old {
			if strings.EqualFold(string(o.address), string(next[i].address)) {
				next[i].response, next[i].answered, next[i].proposed = o.response, o.answered, o.proposed
			}
		}
	}
}
