package graphsim

import (
	"encoding/json"
	"net/http"
	"strings"
)

// actionBody are the parameters of the actions on events; names are compared without case.
type actionBody struct {
	Comment         string          `json:"comment"`
	SendResponse    *bool           `json:"sendResponse"`
	ProposedNewTime json.RawMessage `json:"proposedNewTime"`
	ToRecipients    []struct {
		EmailAddress struct{ Name, Address string } `json:"emailAddress"`
	} `json:"toRecipients"`
}

func (c *call) action() (view, actionBody, *apiError) {
	var body actionBody
	if len(c.body) > 0 {
		if err := json.Unmarshal(c.body, &body); err != nil {
			return view{}, body, errDeserialize("Unable to deserialize the request body: %s", err.Error())
		}
	}
	v, err := c.eventOfPath()
	return v, body, err
}

// cancelEvent is the organiser's cancel: as deleting, with a comment in the mail.
func cancelEvent(c *call) (*reply, error) {
	v, body, err := c.action()
	if err != nil {
		return nil, err
	}
	if !v.organized {
		return nil, fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. You need to be an organizer to cancel a meeting.")
	}
	c.s.cancelEvent(c.box, v, body.Comment)
	return &reply{status: http.StatusAccepted}, nil
}

// respondEvent makes the handler of accept, tentativelyAccept and decline.
func respondEvent(response byte) func(*call) (*reply, error) {
	return func(c *call) (*reply, error) {
		v, body, err := c.action()
		if err != nil {
			return nil, err
		}
		a := meetingAnswer{response: response, send: body.SendResponse == nil || *body.SendResponse, comment: body.Comment}
		if len(body.ProposedNewTime) > 0 && !isNull(body.ProposedNewTime) {
			if !a.send || v.noProposals || response == respAccepted {
				return nil, fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. A new time can only be proposed with a response that is sent, to a meeting that allows it.")
			}
			if a.proposed, err = c.s.decodeTimeSlot(body.ProposedNewTime); err != nil {
				return nil, err
			}
		}
		if err := c.s.respond(c.box, v, a); err != nil {
			return nil, err
		}
		return &reply{status: http.StatusAccepted}, nil
	}
}

// permanentDeleteEvent deletes without a copy in Deleted Items. An attendee's counts as declined with the organiser, without mail.
func permanentDeleteEvent(c *call) (*reply, error) {
	v, err := c.eventOfPath()
	if err != nil {
		return nil, err
	}
	if !v.organized {
		c.s.reportAnswer(c.box, v, meetingAnswer{response: respDeclined}, c.s.now().Unix())
	}
	c.s.deleteEvent(c.box, v)
	return &reply{status: http.StatusNoContent}, nil
}

// forwardEvent sends a meeting on: the recipients become attendees and get their copies, and an organiser in the tenant is told when it was
// not himself who forwarded it. That the list of attendees grows is unconfirmed.
func forwardEvent(c *call) (*reply, error) {
	v, body, err := c.action()
	if err != nil {
		return nil, err
	}
	if len(body.ToRecipients) == 0 {
		return nil, fail(http.StatusBadRequest, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
	}
	var to []attendee
	for _, r := range body.ToRecipients {
		if !strings.Contains(r.EmailAddress.Address, "@") {
			return nil, fail(http.StatusBadRequest, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
		}
		to = append(to, newAttendee(r.EmailAddress.Name, r.EmailAddress.Address, 0))
	}
	c.s.forward(c.box, v, to, body.Comment)
	return &reply{status: http.StatusAccepted}, nil
}

func (s *Server) forward(m *mailbox, v view, to []attendee, comment string) {
	box, e := s.organisersEvent(v.event)
	if v.organized {
		box, e = m, v.stored()
	}
	msg := mailAbout("forward", v.event, v.date)
	msg.Comment = comment
	s.mail(m, msg, to)
	if box != nil && box != m {
		s.mail(m, mailAbout("forwardNotification", v.event, v.date), []attendee{{person: *v.organizer}})
	}
	var sent *event
	switch {
	case v.master != nil: // what becomes of the organiser's list is unconfirmed for one occurrence: it stays
		alone := *v.event
		alone.series, alone.start, alone.end = nil, v.start, v.end
		sent = &alone
	case e == nil:
		sent = v.event
	default:
		sent = e
		if added, _, _ := difference(e.attendees, to); len(added) > 0 {
			e.attendees = append(e.attendees[:len(e.attendees):len(e.attendees)], added...)
			if box != nil {
				s.touchEvent(box, e, change{num: e.num, moves: e.moves, date: noDate})
				box.remember(e)
			}
		}
	}
	list := sent.attendees
	if sent.organized {
		list = sent.copyAttendees()
	}
	for _, b := range s.inviteeBoxes(box, to) {
		if b != m && b.byUID[sent.uid] == nil {
			s.deliver(sent, b, list)
		}
	}
}
