package graphsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

func (m *mailbox) calendar(num uint64) *calendar {
	for _, cal := range m.calendars {
		if cal.num == num {
			return cal
		}
	}
	return nil
}

func (m *mailbox) calendarID(cal *calendar) itemID {
	return itemID{class: classCalendar, box: m.key, num: cal.num, date: noDate}
}

// calendar is the calendar that a call's path names: the default one without a key.
func (c *call) calendar() (*calendar, *apiError) {
	key, ok := c.vars["calendar"]
	if !ok {
		return c.box.calendars[0], nil
	}
	id, err := parseID(key, classCalendar)
	if err != nil {
		return nil, err
	}
	if cal := c.box.calendar(id.num); cal != nil && id.box == c.box.key {
		return cal, nil
	}
	return nil, errItemNotFound()
}

func (c *call) appendCalendar(b []byte, cal *calendar, lead string) []byte {
	w := writer{b: append(append(b, '{'), lead...), sel: c.query.selection()}
	w.member("id")
	w.b = append(c.box.calendarID(cal).append(append(w.b, '"'), c.prefer.immutable), '"')
	w.text("name", cal.name)
	w.word("color", cal.color)
	w.str("hexColor", "")
	w.bool("isDefaultCalendar", cal.isDefault)
	if w.key("changeKey") {
		w.b = append(appendChangeKey(append(w.b, '"'), cal.version), '"')
	}
	w.bool("canShare", c.ownsBox())
	w.bool("canViewPrivateItems", c.seesPrivate(cal))
	w.bool("canEdit", c.rightTo(cal) == rightWrite)
	w.raw("allowedOnlineMeetingProviders", `["teamsForBusiness"]`)
	w.word("defaultOnlineMeetingProvider", "teamsForBusiness")
	w.bool("isTallyingResponses", cal.isDefault)
	w.bool("isRemovable", !cal.isDefault)
	if w.key("owner") {
		w.b = appendPerson(w.b, person{quote(c.box.user.name), quote(c.box.user.smtp())})
	}
	return append(w.b, '}')
}

func getCalendar(c *call) (*reply, error) {
	cal, err := c.calendar()
	if err != nil {
		return nil, err
	}
	return c.entity(http.StatusOK, c.appendCalendar(nil, cal, c.context("calendars"))), nil
}

func listCalendars(c *call) (*reply, error) {
	return listPage(c, "calendars", c.openCalendars(), 10, 1000, func(b []byte, cal *calendar) []byte {
		return c.appendCalendar(b, cal, "")
	}), nil
}

func createCalendar(c *call) (*reply, error) {
	members, err := decodeObject(c.body)
	if err != nil {
		return nil, err
	}
	var name string
	if json.Unmarshal(members["name"], &name) != nil || strings.TrimSpace(name) == "" {
		return nil, errValidation("")
	}
	if slices.ContainsFunc(c.box.calendars, func(cal *calendar) bool { return strings.EqualFold(cal.name.plain(), name) }) {
		return nil, fail(http.StatusConflict, "ErrorFolderExists", "A folder with the specified name already exists.")
	}
	cal := &calendar{num: c.box.nextNum(), name: quote(name), color: "auto", version: c.s.tenant.nextVersion()}
	c.box.calendars = append(c.box.calendars, cal)
	return c.entity(http.StatusCreated, c.appendCalendar(nil, cal, c.context("calendars"))), nil
}

func deleteCalendar(c *call) (*reply, error) {
	cal, err := c.calendar()
	if err != nil {
		return nil, err
	}
	if cal.isDefault {
		return nil, fail(http.StatusBadRequest, "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.")
	}
	for _, e := range slices.Clone(c.box.events.items) {
		if e.cal == cal.num {
			c.s.deleteEvent(c.box, viewOf(e))
		}
	}
	c.box.calendars = slices.DeleteFunc(c.box.calendars, func(x *calendar) bool { return x == cal })
	return &reply{status: http.StatusNoContent}, nil
}
