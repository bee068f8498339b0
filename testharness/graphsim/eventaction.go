package graphsim

import (
	"encoding/json"
	"net/http"
)

// actionBody are the parameters of the actions on events; names are compared without case.
type actionBody struct {
	Comment         string          `json:"comment"`
	SendResponse    *bool           `json:"sendResponse"`
	ProposedNewTime json.RawMessage `json:"proposedNewTime"`
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
	v, _, err := c.action()
	if err != nil {
		return nil, err
	}
	if !v.organized {
		return nil, fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. You need to be an organizer to cancel a meeting.")
	}
	c.s.deleteEvent(c.box, v)
	return &reply{status: http.StatusAccepted}, nil
}

// respondEvent makes the handler of accept, tentativelyAccept and decline. A declined meeting leaves the calendar.
func respondEvent(response byte) func(*call) (*reply, error) {
	return func(c *call) (*reply, error) {
		v, body, err := c.action()
		if err != nil {
			return nil, err
		}
		send := body.SendResponse == nil || *body.SendResponse
		if len(body.ProposedNewTime) > 0 && (!send || v.noProposals || response == respAccepted) {
			return nil, fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. A new time can only be proposed with a response that is sent, to a meeting that allows it.")
		}
		if err := c.s.respond(c.box, v, response, send); err != nil {
			return nil, err
		}
		return &reply{status: http.StatusAccepted}, nil
	}
}

func permanentDeleteEvent(c *call) (*reply, error) {
	v, err := c.eventOfPath()
	if err != nil {
		return nil, err
	}
	c.s.deleteEvent(c.box, v)
	return &reply{status: http.StatusNoContent}, nil
}
