package graphsim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

func nameSet(names string) map[string]bool {
	set := map[string]bool{}
	for _, n := range strings.Fields(names) {
		set[strings.ToLower(n)] = true
	}
	return set
}

// get answers the paths that events are filtered and sorted by.
func (v view) get(m *mailbox) getter {
	e := v.event
	return func(path string) value {
		switch path {
		case "subject":
			return odata.String(e.subject.plain())
		case "start/datetime":
			return odata.String(string(appendWall(nil, v.start)))
		case "end/datetime":
			return odata.String(string(appendWall(nil, v.end)))
		case "icaluid":
			return odata.String(text(appendUID(nil, e.uid, v.date)).plain())
		case "lastmodifieddatetime":
			return odata.Stamp(e.modified)
		case "createddatetime":
			return odata.Stamp(e.created)
		case "iscancelled":
			return odata.Bool(e.cancelled)
		case "isallday":
			return odata.Bool(e.allDay)
		case "type":
			return odata.String(eventKindNames[v.shown])
		case "seriesmasterid":
			if v.master == nil {
				return value{}
			}
			return odata.String(v.masterID(m).text(false))
		case "categories":
			return odata.Strings(plainTexts(e.categories))
		case "importance":
			return odata.String(importanceNames[e.importance])
		case "sensitivity":
			return odata.String(sensitivityNames[e.sensitivity])
		case "showas":
			return odata.String(showAsNames[e.showAs])
		default:
			return e.extras.get(path)
		}
	}
}

func plainTexts(list []text) []string {
	var out []string
	for _, t := range list {
		out = append(out, t.plain())
	}
	return out
}

const (
	defaultPage = 10
	mostPage    = 1000
)

// listEvents answers single events and series masters of a calendar.
func listEvents(c *call) (*reply, error) {
	cal, err := c.calendar()
	if err != nil {
		return nil, err
	}
	items, sh := c.box.events.items, c.shape()
	get := func(e *event) getter { return sh.veil(viewOf(e)).get(c.box) }
	if c.query.Filter != nil || len(c.query.OrderBy) > 0 || len(c.box.calendars) > 1 {
		items = nil
		for _, e := range c.box.events.items {
			if e.cal == cal.num && (c.query.Filter == nil || c.query.Filter.Holds(get(e))) {
				items = append(items, e)
			}
		}
		odata.Sort(items, c.query.OrderBy, get)
	}
	return listPage(c, "events", items, func(b []byte, e *event) []byte {
		return sh.appendEvent(b, viewOf(e), "")
	}), nil
}

// maxWindowDays is the widest window of a calendar view (microsoft-graph-docs issue 6284).
const maxWindowDays = 1825

// instantParam reads a parameter of the query that is a time.
func (c *call) instantParam(name string) (int64, *apiError) {
	s := c.query.Get(strings.ToLower(name))
	wall, _, ok := parseWall(strings.ReplaceAll(s, " ", "+"))
	if !ok {
		return 0, fail(http.StatusBadRequest, "ErrorInvalidParameter", "The value '%s' of parameter '%s' is invalid.", s, name)
	}
	return wall, nil
}

// window reads startDateTime and endDateTime; without an offset they are UTC, whatever zone is preferred.
func (c *call) window() (window, *apiError) {
	var w window
	for _, p := range []struct {
		name string
		into *int64
	}{{"StartDateTime", &w.from}, {"EndDateTime", &w.to}} {
		at, err := c.instantParam(p.name)
		if err != nil {
			return w, err
		}
		*p.into = at
	}
	if w.to < w.from {
		return w, fail(http.StatusBadRequest, "ErrorInvalidParameter", "The value '%s' of parameter 'EndDateTime' is invalid.", c.query.Get("enddatetime"))
	}
	if w.to-w.from > maxWindowDays*daySeconds {
		return w, fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. The range between the start and end dates is greater than the allowed range. Maximum number of days: %d", maxWindowDays)
	}
	return w, nil
}

// calendarView answers what happens in a window: single events, occurrences and exceptions, no masters.
func calendarView(c *call) (*reply, error) {
	cal, err := c.calendar()
	if err != nil {
		return nil, err
	}
	w, err := c.window()
	if err != nil {
		return nil, err
	}
	var list []view
	for _, e := range c.box.events.items {
		if e.cal != cal.num {
			continue
		}
		if e.series != nil {
			e.inWindow(w, func(v view) bool { list = append(list, v); return true })
		} else if w.holds(e.start, e.end) {
			list = append(list, viewOf(e))
		}
	}
	return c.viewPage("calendarView", list)
}

func (c *call) viewPage(name string, list []view) (*reply, error) {
	sh := c.shape()
	get := func(v view) getter { return sh.veil(v).get(c.box) }
	if c.query.Filter != nil {
		list = slices.DeleteFunc(list, func(v view) bool { return !c.query.Filter.Holds(get(v)) })
	}
	odata.Sort(list, c.query.OrderBy, get)
	return listPage(c, name, list, func(b []byte, v view) []byte { return sh.appendEvent(b, v, "") }), nil
}

// instances answers the occurrences and exceptions of one series in a window.
func instances(c *call) (*reply, error) {
	v, err := c.eventOfPath()
	if err != nil {
		return nil, err
	}
	w, err := c.window()
	if err != nil {
		return nil, err
	}
	if v.shown != seriesMaster {
		return nil, fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. Expand on a single instance or an occurrence is not supported.")
	}
	var list []view
	v.event.inWindow(w, func(o view) bool { list = append(list, o); return true })
	return c.viewPage("events('"+c.vars["event"]+"')/instances", list)
}
