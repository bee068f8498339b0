package graphsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// calendarColors are the values of the enum calendarColor.
var calendarColors = [...]string{"auto", "lightBlue", "lightGreen", "lightOrange", "lightGray", "lightYellow", "lightTeal", "lightPink", "lightBrown", "lightRed", "maxColor"}

func (cal *calendar) number() uint64 { return cal.num }

func (m *mailbox) calendar(num uint64) *calendar { return itemOf(m.calendars, num) }

func (m *mailbox) calendarID(cal *calendar) itemID {
	return itemID{class: classCalendar, box: m.key, num: cal.num, date: noDate}
}

// calendar is the calendar that a call's path names: the default one without a key. Below a calendar group, only its own are found.
func (c *call) calendar() (*calendar, *apiError) {
	key, ok := c.vars["calendar"]
	if !ok {
		return c.box.calendars[0], nil
	}
	id, err := parseID(key, classCalendar)
	if err != nil {
		return nil, err
	}
	cal := c.box.calendar(id.num)
	if cal == nil {
		cal = c.mountedCalendar(id.num)
	}
	if cal == nil || id.box != c.box.key {
		return nil, errItemNotFound()
	}
	if _, below := c.vars["calendarGroup"]; below {
		g, err := c.calendarGroup()
		if err != nil {
			return nil, err
		}
		if g.num != cal.group {
			return nil, errItemNotFound()
		}
	}
	return cal, nil
}

func (c *call) appendCalendar(b []byte, cal *calendar, lead string) []byte {
	return c.appendCalendarAs(b, cal, c.box.calendarID(cal), lead)
}

func (c *call) appendCalendarAs(b []byte, cal *calendar, id itemID, lead string) []byte {
	sh := c.shape()
	w := writer{b: append(append(b, '{'), lead...), sel: sh.sel}
	w.member("id")
	w.b = append(id.append(append(w.b, '"'), c.prefer.immutable), '"')
	w.text("name", cal.name)
	w.word("color", cal.color)
	w.str("hexColor", "")
	w.bool("isDefaultCalendar", cal.isDefault)
	if w.key("changeKey") {
		w.b = append(appendChangeKey(append(w.b, '"'), cal.version), '"')
	}
	w.bool("canShare", c.ownsBox() && cal.of == nil)
	w.bool("canViewPrivateItems", c.seesPrivate(cal))
	w.bool("canEdit", c.rightTo(cal) == rightWrite)
	w.raw("allowedOnlineMeetingProviders", `["teamsForBusiness"]`)
	w.word("defaultOnlineMeetingProvider", "teamsForBusiness")
	w.bool("isTallyingResponses", cal.isDefault)
	w.bool("isRemovable", !cal.isDefault)
	if w.key("owner") {
		owner := c.box.user
		if cal.of != nil {
			owner = cal.of.user
		}
		w.b = appendPerson(w.b, person{quote(owner.name), quote(owner.smtp())})
	}
	sh.writeExtras(&w, "calendars", id, cal.extras)
	return append(w.b, '}')
}

// appendExpandedCalendar writes the calendar of an event in the event.
func (c *call) appendExpandedCalendar(b []byte, cal *calendar, sel []string) []byte {
	inner := *c
	inner.query = query{odata.Options{Select: sel}}
	return inner.appendCalendar(b, cal, "")
}

func (c *call) calendarReply(status int, cal *calendar) *reply {
	return c.entity(status, c.appendCalendar(nil, cal, c.context("calendars")))
}

func getCalendar(c *call) (*reply, error) {
	cal, err := c.calendar()
	if err != nil {
		return nil, err
	}
	return c.calendarReply(http.StatusOK, cal), nil
}

// calendarOfEvent answers the calendar that holds an event.
func calendarOfEvent(c *call) (*reply, error) {
	v, err := c.eventOfPath()
	if err != nil {
		return nil, err
	}
	return c.calendarReply(http.StatusOK, c.box.calendar(v.stored().cal)), nil
}

func listCalendars(c *call) (*reply, error) {
	list := c.openCalendars()
	if _, below := c.vars["calendarGroup"]; below {
		g, err := c.calendarGroup()
		if err != nil {
			return nil, err
		}
		list = slices.DeleteFunc(slices.Clone(list), func(cal *calendar) bool { return cal.group != g.num })
	}
	list = slices.DeleteFunc(slices.Clone(list), func(cal *calendar) bool { return !c.query.Filter.Holds(cal.get) })
	odata.Sort(list, c.query.OrderBy, func(cal *calendar) getter { return cal.get })
	return listPage(c, "calendars", list, func(b []byte, cal *calendar) []byte {
		return c.appendCalendar(b, cal, "")
	}), nil
}

// calendarNames are what a client may send for a calendar; all but name and color are the service's own and are ignored.
var calendarNames = nameSet(`id name color hexColor isDefaultCalendar changeKey canShare canViewPrivateItems canEdit
	allowedOnlineMeetingProviders defaultOnlineMeetingProvider isTallyingResponses isRemovable owner`)

func (cal *calendar) get(path string) value {
	if path == "name" {
		return textValue(cal.name)
	}
	return cal.extras.get(path)
}

// decodeCalendar reads name, colour and extended properties from a body; what it lacks stays.
func (c *call) decodeCalendar(name, color *string, into **extras) *apiError {
	members, err := decodeObject(c.body)
	if err != nil {
		return err
	}
	var set *extras
	for key, raw := range members {
		switch {
		case extrasNames[key] && key != "extensions":
			if set, err = set.decoded(key, raw); err != nil {
				return err
			}
		case !calendarNames[key]:
			return errNoMember(key, "Calendar")
		case key == "name":
			if json.Unmarshal(raw, name) != nil {
				return errDeserialize("Cannot convert a value to target type 'Edm.String'.")
			}
		case key == "color":
			var i byte
			if err := decodeEnum(raw, calendarColors[:], &i); err != nil {
				return err
			}
			*color = calendarColors[i]
		}
	}
	if strings.TrimSpace(*name) == "" {
		return errValidation("")
	}
	*into = (*into).merged(set)
	return nil
}

// checkCalendarName refuses a name that another calendar of the mailbox has.
func (m *mailbox) checkCalendarName(name string, own *calendar) *apiError {
	if slices.ContainsFunc(m.calendars, func(cal *calendar) bool { return cal != own && strings.EqualFold(cal.name.plain(), name) }) {
		return fail(http.StatusConflict, "ErrorFolderExists", "A folder with the specified name already exists.")
	}
	return nil
}

func createCalendar(c *call) (*reply, error) {
	name, color, carried := "", calendarColors[0], (*extras)(nil)
	if err := c.decodeCalendar(&name, &color, &carried); err != nil {
		return nil, err
	}
	if err := c.box.checkCalendarName(name, nil); err != nil {
		return nil, err
	}
	cal := &calendar{num: c.box.nextNum(), name: quote(name), color: color, extras: carried, version: c.s.tenant.nextVersion()}
	if _, below := c.vars["calendarGroup"]; below {
		g, err := c.calendarGroup()
		if err != nil {
			return nil, err
		}
		cal.group = g.num
	}
	c.box.calendars = append(c.box.calendars, cal)
	id := c.box.calendarID(cal)
	if c.s.cfg.CalendarIDChanges {
		id.moves = 1
	}
	return c.entity(http.StatusCreated, c.appendCalendarAs(nil, cal, id, c.context("calendars"))), nil
}

// updateCalendar changes name and colour (microsoft-graph-docs, page "calendar-update").
func updateCalendar(c *call) (*reply, error) {
	cal, err := c.calendar()
	if err != nil {
		return nil, err
	}
	if cal.of != nil {
		return nil, errSharedCalendar()
	}
	name, color, carried := cal.name.plain(), cal.color, cal.extras
	if err := c.decodeCalendar(&name, &color, &carried); err != nil {
		return nil, err
	}
	if err := c.box.checkCalendarName(name, cal); err != nil {
		return nil, err
	}
	cal.name, cal.color, cal.extras, cal.version = quote(name), color, carried, c.s.tenant.nextVersion()
	return c.calendarReply(http.StatusOK, cal), nil
}

func deleteCalendar(c *call) (*reply, error) {
	cal, err := c.calendar()
	if err != nil {
		return nil, err
	}
	if cal.of != nil {
		c.box.unmount(cal.num)
		return &reply{status: http.StatusNoContent}, nil
	}
	if cal.isDefault {
		return nil, errDistinguished()
	}
	for _, e := range slices.Clone(c.box.events.items) {
		if e.cal == cal.num {
			c.s.deleteEvent(c.box, viewOf(e))
		}
	}
	c.box.calendars = slices.DeleteFunc(c.box.calendars, func(x *calendar) bool { return x == cal })
	return &reply{status: http.StatusNoContent}, nil
}
