package graphsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// timeSlot is a time that an attendee proposes instead, in a zone's name for showing.
type timeSlot struct {
	start, end int64
	zone       *zone
}

// meetingAnswer is what an attendee says to an invitation.
type meetingAnswer struct {
	response byte
	send     bool
	comment  string
	proposed *timeSlot
}

// decodeTimeSlot reads a timeSlot.
func (s *Server) decodeTimeSlot(raw json.RawMessage) (*timeSlot, *apiError) {
	members, err := decodeObject(raw)
	if err != nil {
		return nil, err
	}
	slot := &timeSlot{}
	if slot.start, slot.zone, err = s.decodeMoment("start", members["start"]); err != nil {
		return nil, err
	}
	if slot.end, _, err = s.decodeMoment("end", members["end"]); err != nil {
		return nil, err
	}
	if slot.end < slot.start {
		return nil, errValidation("")
	}
	return slot, nil
}

// appendTimeSlot writes a timeSlot in UTC or the zone preferred.
func (sh *shape) appendTimeSlot(b []byte, slot *timeSlot) []byte {
	b = sh.appendMoment(append(b, `{"start":`...), slot.start, false, slot.zone)
	return append(sh.appendMoment(append(b, `,"end":`...), slot.end, false, slot.zone), '}')
}

// respond records an attendee's answer in his copy and, when it is sent, in the organiser's event. A declined meeting leaves the calendar.
func (s *Server) respond(m *mailbox, v view, a meetingAnswer) *apiError {
	if v.organized {
		return fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. You can't respond to this meeting because you're the meeting organizer.")
	}
	at := s.now().Unix()
	of := v.event
	if v.master != nil {
		w, err := s.updateOccurrence(m, v, &eventPatch{})
		if err != nil {
			return err
		}
		of = w.event
	}
	of.reply(a.response, at)
	if v.master == nil {
		if of.series != nil {
			for _, x := range of.series.exceptions {
				x.ev.reply(a.response, at)
			}
		}
		s.touchEvent(m, of, change{num: of.num, moves: of.moves, date: noDate})
	}
	if a.send {
		msg := mailAbout(responseNames[a.response], v.event, v.date)
		msg.Comment = a.comment
		if a.proposed != nil {
			msg.ProposedStart, msg.ProposedEnd = time.Unix(a.proposed.start, 0).UTC(), time.Unix(a.proposed.end, 0).UTC()
		}
		s.mail(m, msg, []attendee{{person: *v.organizer}})
		s.reportAnswer(m, v, a, at)
	}
	if a.response == respDeclined {
		w := viewOf(v.event)
		if v.master != nil {
			w = v
		}
		s.deleteEvent(m, w)
	}
	return nil
}

func (e *event) reply(response byte, at int64) {
	e.response, e.answered, e.showAs = response, at, 3
	if response == respTentative {
		e.showAs = 2
	}
}

// meetingOutside is the meeting with an id whose organiser is outside, or nil.
func (t *tenant) meetingOutside(uid [16]byte) *event {
	for _, e := range t.outside {
		if e.uid == uid {
			return e
		}
	}
	return nil
}

// organisersEvent is the event that a copy is of, with its mailbox: nil for an organiser outside.
func (s *Server) organisersEvent(copied *event) (*mailbox, *event) {
	owner := s.tenant.findByAddress(copied.organizer.address.plain())
	if owner == nil {
		return nil, s.tenant.meetingOutside(copied.uid)
	}
	if owner.box == nil {
		return nil, nil
	}
	if e := owner.box.byUID[copied.uid]; e != nil && e.organized {
		return owner.box, e
	}
	return nil, nil
}

// reportAnswer writes an answer into the organiser's event. An answer to one occurrence makes it an exception there.
// Who was invited as the member of a group is not in the list; that his answer changes nothing there is unconfirmed.
func (s *Server) reportAnswer(m *mailbox, v view, a meetingAnswer, at int64) {
	box, e := s.organisersEvent(v.event)
	if e == nil {
		return
	}
	mine := m.user.addresses()
	mark := func(list []attendee) []attendee {
		list = slices.Clone(list)
		for i, who := range list {
			if slices.Contains(mine, strings.ToLower(who.address.plain())) {
				list[i].response, list[i].answered, list[i].proposed = a.response, at, a.proposed
			}
		}
		return list
	}
	if v.master == nil || e.series == nil {
		e.attendees = mark(e.attendees)
		if box != nil {
			s.touchEvent(box, e, change{num: e.num, moves: e.moves, date: noDate})
		}
		return
	}
	if e.series.isCancelled(v.date) || !e.series.rule.has(v.date) {
		return
	}
	x := exceptionIn(e, v.date)
	x.own |= fAttendees
	x.ev.attendees = mark(x.ev.attendees)
	if box != nil {
		s.touchOccurrence(box, e, v.date)
		x.ev.version, x.ev.modified = s.tenant.nextVersion(), s.stamp()
	}
}
