package graphsim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// reminderMove says what became of a reminder that its owner dealt with: when it fires instead, or noInstant when it is dismissed.
type reminderMove struct {
	num  uint64
	date int32 // an occurrence, or noDate
	at   int64
}

func (m *mailbox) reminderMove(v view) *reminderMove {
	num := v.stored().num
	for i := range m.reminders {
		if r := &m.reminders[i]; r.num == num && r.date == v.date {
			return r
		}
	}
	return nil
}

// fires is when the reminder of a view fires; not at all: ok is false.
func (m *mailbox) fires(v view) (at int64, ok bool) {
	if r := m.reminderMove(v); r != nil {
		return r.at, r.at != noInstant
	}
	return v.start - int64(v.reminder)*60, v.reminderOn
}

func (m *mailbox) moveReminder(v view, at int64) {
	if r := m.reminderMove(v); r != nil {
		r.at = at
		return
	}
	m.reminders = append(m.reminders, reminderMove{num: v.stored().num, date: v.date, at: at})
}

// forgetReminders drops what was said about the reminders of an item that is gone, or at another time.
func (m *mailbox) forgetReminders(num uint64) {
	if m != nil && len(m.reminders) > 0 {
		m.reminders = slices.DeleteFunc(m.reminders, func(r reminderMove) bool { return r.num == num })
	}
}

// dismissReminder silences the reminder of an event or occurrence; reminderView leaves it out.
func dismissReminder(c *call) (*reply, error) {
	v, err := c.eventOfPath()
	if err != nil {
		return nil, err
	}
	c.box.moveReminder(v, noInstant)
	return &reply{status: http.StatusOK}, nil
}

// snoozeReminder puts the reminder off.
func snoozeReminder(c *call) (*reply, error) {
	v, err := c.eventOfPath()
	if err != nil {
		return nil, err
	}
	members, err := decodeObject(c.body)
	if err != nil {
		return nil, err
	}
	at, _, err := c.s.decodeMoment("newReminderTime", members["newremindertime"])
	if err != nil {
		return nil, err
	}
	c.box.moveReminder(v, at)
	return &reply{status: http.StatusOK}, nil
}

// reminderView answers the reminders that fire in a window, of the default calendar, by the time they fire. Which instant the window is about
// is unconfirmed: here it is the reminder's.
func reminderView(c *call) (*reply, error) {
	if err := c.functionWindow(); err != nil {
		return nil, err
	}
	w, err := c.window()
	if err != nil {
		return nil, err
	}
	type hit struct {
		view
		at int64
	}
	var hits []hit
	take := func(v view) bool {
		if at, ok := c.box.fires(v); ok && at >= w.from && at < w.to && !v.cancelled {
			hits = append(hits, hit{v, at})
		}
		return true
	}
	const mostAhead = 4 * 7 * daySeconds // a reminder fires at most four weeks before
	for _, e := range c.box.events.items {
		switch {
		case e.cal != c.box.calendars[0].num:
		case e.series != nil:
			e.inWindow(window{w.from, w.to + mostAhead}, take)
		default:
			take(viewOf(e))
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return int(min(1, max(-1, a.at-b.at))) })
	sh := c.shape()
	sh.sel = nil
	return listPage(c, "reminderView", hits, func(b []byte, h hit) []byte { return sh.appendReminder(b, h.view, h.at) }), nil
}

// functionWindow takes the arguments of a function, startDateTime='…',endDateTime='…', as if they were parameters of the query.
func (c *call) functionWindow() *apiError {
	args, ok := c.vars["arguments"]
	if !ok {
		return nil
	}
	for part := range strings.SplitSeq(strings.Trim(args, "()"), ",") {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return errSegment("reminderView" + args)
		}
		c.query.Params = append(c.query.Params, odata.Param{Key: strings.ToLower(strings.TrimSpace(name)), Value: strings.Trim(strings.TrimSpace(value), "'")})
	}
	return nil
}

// appendReminder writes a reminder (type "reminder" of the CSDL).
func (sh *shape) appendReminder(b []byte, v view, at int64) []byte {
	v = sh.veil(v)
	w := writer{b: append(b, '{')}
	w.member("eventId")
	w.b = append(v.id(sh.box).append(append(w.b, '"'), sh.immutable), '"')
	w.member("eventStartTime")
	w.b = sh.appendMoment(w.b, v.start, v.allDay, v.startZone)
	w.member("eventEndTime")
	w.b = sh.appendMoment(w.b, v.end, v.allDay, v.endZone)
	w.member("changeKey")
	w.b = append(appendChangeKey(append(w.b, '"'), v.version), '"')
	w.text("eventSubject", orEmpty(v.subject))
	w.member("eventLocation")
	w.b = v.appendLocation(w.b)
	w.member("eventWebLink")
	w.b = sh.appendWebLink(w.b, v)
	w.member("reminderFireTime")
	w.b = sh.appendMoment(w.b, at, false, v.startZone)
	return append(w.b, '}')
}
