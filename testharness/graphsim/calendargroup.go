package graphsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// classCalendarGroup is apart from the classes of ident.go because nothing stored depends on it.
const classCalendarGroup class = 40

// calendarGroup is a heading over calendars. The zero number is "My Calendars", which every mailbox has and which holds what no other group
// does; it is not stored.
type calendarGroup struct {
	num     uint64
	name    text
	version uint64
}

// myCalendarsClass is the class id of the group that every mailbox has, as Outlook has it.
const myCalendarsClass = "0006f0b7-0000-0000-c000-000000000046"

func (m *mailbox) allCalendarGroups() []*calendarGroup {
	return append([]*calendarGroup{{name: quote("My Calendars"), version: m.calendars[0].version}}, m.calendarGroups...)
}

// calendarGroup is the group that a call's path names.
func (c *call) calendarGroup() (*calendarGroup, *apiError) {
	id, err := parseID(c.vars["calendarGroup"], classCalendarGroup)
	if err != nil {
		return nil, err
	}
	for _, g := range c.box.allCalendarGroups() {
		if g.num == id.num && id.box == c.box.key {
			return g, nil
		}
	}
	return nil, errItemNotFound()
}

func (c *call) appendCalendarGroup(b []byte, g *calendarGroup, lead string) []byte {
	w := writer{b: append(append(b, '{'), lead...), sel: c.query.selection()}
	w.member("id")
	id := itemID{class: classCalendarGroup, box: c.box.key, num: g.num, date: noDate}
	w.b = append(id.append(append(w.b, '"'), c.prefer.immutable), '"')
	w.text("name", g.name)
	class := myCalendarsClass
	if g.num > 0 {
		class = formatGUID(uidBytes(c.box.key, g.num))
	}
	w.word("classId", class)
	if w.key("changeKey") {
		w.b = append(appendChangeKey(append(w.b, '"'), g.version), '"')
	}
	return append(w.b, '}')
}

func (c *call) calendarGroupReply(status int, g *calendarGroup) *reply {
	return c.entity(status, c.appendCalendarGroup(nil, g, c.context("calendarGroups")))
}

func listCalendarGroups(c *call) (*reply, error) {
	return listPage(c, "calendarGroups", c.box.allCalendarGroups(), func(b []byte, g *calendarGroup) []byte {
		return c.appendCalendarGroup(b, g, "")
	}), nil
}

func getCalendarGroup(c *call) (*reply, error) {
	g, err := c.calendarGroup()
	if err != nil {
		return nil, err
	}
	return c.calendarGroupReply(http.StatusOK, g), nil
}

// decodeGroupName reads the name of a body and refuses one that another group has.
func (c *call) decodeGroupName(own *calendarGroup) (string, *apiError) {
	members, err := decodeObject(c.body)
	if err != nil {
		return "", err
	}
	var name string
	for key, raw := range members {
		switch key {
		case "name":
			if json.Unmarshal(raw, &name) != nil {
				return "", errDeserialize("Cannot convert a value to target type 'Edm.String'.")
			}
		case "id", "changekey", "classid", "calendars":
		default:
			return "", errNoMember(key, "CalendarGroup")
		}
	}
	if strings.TrimSpace(name) == "" {
		return "", errValidation("")
	}
	if slices.ContainsFunc(c.box.allCalendarGroups(), func(g *calendarGroup) bool {
		return (own == nil || g.num != own.num) && strings.EqualFold(g.name.plain(), name)
	}) {
		return "", fail(http.StatusConflict, "ErrorFolderExists", "A folder with the specified name already exists.")
	}
	return name, nil
}

func createCalendarGroup(c *call) (*reply, error) {
	name, err := c.decodeGroupName(nil)
	if err != nil {
		return nil, err
	}
	g := &calendarGroup{num: c.box.nextNum(), name: quote(name), version: c.s.tenant.nextVersion()}
	c.box.calendarGroups = append(c.box.calendarGroups, g)
	return c.calendarGroupReply(http.StatusCreated, g), nil
}

func updateCalendarGroup(c *call) (*reply, error) {
	g, err := c.calendarGroup()
	if err != nil {
		return nil, err
	}
	if g.num == 0 {
		return nil, fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. The default calendar group can't be changed.")
	}
	name, err := c.decodeGroupName(g)
	if err != nil {
		return nil, err
	}
	g.name, g.version = quote(name), c.s.tenant.nextVersion()
	return c.calendarGroupReply(http.StatusOK, g), nil
}

// deleteCalendarGroup removes an empty group. What Graph does with the calendars of one that is not empty is unconfirmed: it is refused.
func deleteCalendarGroup(c *call) (*reply, error) {
	g, err := c.calendarGroup()
	if err != nil {
		return nil, err
	}
	if g.num == 0 || slices.ContainsFunc(c.box.calendars, func(cal *calendar) bool { return cal.group == g.num }) {
		return nil, fail(http.StatusBadRequest, "ErrorCalendarGroupIsNotEmpty", "The calendar group isn't empty.")
	}
	c.box.calendarGroups = slices.DeleteFunc(c.box.calendarGroups, func(x *calendarGroup) bool { return x == g })
	return &reply{status: http.StatusNoContent}, nil
}
