package graphsim

import (
	"net/http"
	"strings"
)

// eventOfPath finds the event that a call's path names. Below a calendar, only its own events are found.
func (c *call) eventOfPath() (view, *apiError) {
	id, err := parseID(c.vars["event"], classEvent)
	if err != nil {
		return view{}, err
	}
	v, err := c.box.findView(id)
	if err != nil {
		return view{}, err
	}
	if c.vars["calendar"] != "" {
		cal, err := c.calendar()
		if err != nil {
			return view{}, err
		}
		if v.stored().cal != cal.num {
			return view{}, errItemNotFound()
		}
	}
	return v, nil
}

// openEvent is eventOfPath for what hangs on an event: those from whom a private event is veiled may not have it (unconfirmed).
func (c *call) openEvent() (view, *apiError) {
	v, err := c.eventOfPath()
	if sh := c.shape(); err == nil && sh.veil(v).veiled {
		err = errAccessDenied()
	}
	return v, err
}

func getEvent(c *call) (*reply, error) {
	v, err := c.eventOfPath()
	if err != nil {
		return nil, err
	}
	if err := checkEvents(c); err != nil {
		return nil, err
	}
	return c.eventReply(http.StatusOK, v), nil
}

func (c *call) eventReply(status int, v view) *reply {
	sh := c.shape()
	rep := c.entity(status, sh.appendEvent(nil, v, c.context("events")))
	rep.set("ETag", etagOf(v.version))
	return rep
}

func createEvent(c *call) (*reply, error) {
	cal, err := c.calendar()
	if err != nil {
		return nil, err
	}
	p, err := c.s.decodeEvent(c.body, nil)
	if err != nil {
		return nil, err
	}
	e, err := c.s.createEvent(c.box, cal, p)
	if err != nil {
		return nil, err
	}
	c.showExtensions(e.extras)
	rep := c.eventReply(http.StatusCreated, viewOf(e))
	rep.set("Location", c.origin+"/v1.0/users('"+c.user.id+"')/events('"+viewOf(e).id(c.box).text(c.prefer.immutable)+"')")
	c.secondTouch(viewOf(e))
	return c.written(rep), nil
}

// secondTouch is Exchange changing an event's version shortly after a client wrote it.
func (c *call) secondTouch(v view) {
	if !c.s.cfg.SecondTouch || c.direct {
		return
	}
	if v.master != nil {
		c.s.touchOccurrence(c.box, v.master, v.date)
		v.event.version = c.s.tenant.nextVersion()
		return
	}
	c.s.touchEvent(c.box, v.event, change{num: v.num, moves: v.moves, date: noDate, quiet: true})
}

// ifMatch compares the header If-Match with an item's version.
func (c *call) ifMatch(version uint64) *apiError {
	want := strings.TrimSpace(c.header.Get("If-Match"))
	if want == "" || want == "*" || want == etagOf(version) {
		return nil
	}
	return errConflict()
}

func updateEvent(c *call) (*reply, error) {
	v, err := c.eventOfPath()
	if err != nil {
		return nil, err
	}
	if err := c.ifMatch(v.version); err != nil {
		return nil, err
	}
	p, err := c.s.decodeEvent(c.body, v.event)
	if err != nil {
		return nil, err
	}
	if len(p.ev.extras.openList()) > 0 {
		return nil, errInternal() // extensions are written below the event
	}
	if c.box.losing > 0 && v.master == nil && !c.direct {
		c.box.losing--
		lost := *v.event
		lost.take(&p.ev, p.set)
		return c.written(c.eventReply(http.StatusOK, viewOf(&lost))), nil
	}
	v, err = c.s.updateEvent(c.box, v, p)
	if err != nil {
		return nil, err
	}
	rep := c.eventReply(http.StatusOK, v)
	c.secondTouch(v)
	return c.written(rep), nil
}

func deleteEvent(c *call) (*reply, error) {
	v, err := c.eventOfPath()
	if err != nil {
		return nil, err
	}
	if err := c.ifMatch(v.version); err != nil {
		return nil, err
	}
	c.s.deleteEvent(c.box, v)
	return &reply{status: http.StatusNoContent}, nil
}
