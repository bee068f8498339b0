package graphsim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

const (
	maxSchedules     = 100     // microsoft-graph-docs issue 7047
	maxScheduleDays  = 62      // microsoft-graph-docs pull request 19703
	maxScheduleItems = 1000    // entries of one schedule
	minInterval      = 5       // minutes
	maxInterval      = 24 * 60 // minutes
)

// scheduleRequest is what getSchedule is asked.
type scheduleRequest struct {
	names    []string
	window   window
	interval int64 // seconds
}

func (c *call) scheduleRequest() (q scheduleRequest, err *apiError) {
	var body struct {
		Schedules                []string
		StartTime, EndTime       json.RawMessage
		AvailabilityViewInterval *int64
	}
	if json.NewDecoder(bytes.NewReader(c.body)).Decode(&body) != nil || body.StartTime == nil || body.EndTime == nil {
		return q, errDeserialize("Unable to deserialize the request body: schedules, startTime and endTime are expected.")
	}
	q.names, q.interval = body.Schedules, 30*60
	if body.AvailabilityViewInterval != nil {
		q.interval = *body.AvailabilityViewInterval * 60
	}
	if q.window.from, _, err = c.s.decodeMoment("StartTime", body.StartTime); err != nil {
		return q, err
	}
	if q.window.to, _, err = c.s.decodeMoment("EndTime", body.EndTime); err != nil {
		return q, err
	}
	switch n := len(q.names); { // of these codes only those of the size and of the time are confirmed
	case n == 0:
		err = fail(http.StatusBadRequest, "ErrorMailboxDataArrayEmpty", "There must be at least one mailbox to query.")
	case n > maxSchedules:
		err = fail(http.StatusBadRequest, "ErrorMailboxDataArrayTooBig",
			"The number of mailboxes exceeds the allowed size. allowed size = %d; the actual size = %d.", maxSchedules, n)
	case q.interval < minInterval*60 || q.interval > maxInterval*60:
		err = fail(http.StatusBadRequest, "ErrorInvalidMergedFreeBusyInterval", "The interval must lie between %d and %d minutes.", minInterval, maxInterval)
	case q.window.to <= q.window.from:
		err = fail(http.StatusBadRequest, "ErrorInvalidTimeInterval", "The end of the time window must be later than its start.")
	case q.window.to-q.window.from > maxScheduleDays*daySeconds:
		err = fail(http.StatusBadRequest, "ErrorTimeIntervalTooBig",
			"The requested time duration specified for the time window is too long. The allowed limit = %d days.", maxScheduleDays)
	}
	return q, err
}

// getSchedule answers with free/busy times of people, rooms and mail-enabled groups (microsoft-graph-docs, page "calendar-getschedule").
func getSchedule(c *call) (*reply, error) {
	q, err := c.scheduleRequest()
	if err != nil {
		return nil, err
	}
	b := append([]byte(`{"@odata.context":`), quote(c.origin+"/v1.0/$metadata#Collection(microsoft.graph.scheduleInformation)")...)
	b = append(b, `,"value":[`...)
	for i, name := range q.names {
		if i > 0 {
			b = append(b, ',')
		}
		b = c.appendSchedule(b, name, q)
	}
	rep := &reply{status: http.StatusOK, body: append(b, "]}"...)}
	c.answerPrefer(rep)
	return rep, nil
}

func (c *call) appendSchedule(b []byte, name string, q scheduleRequest) []byte {
	w := writer{b: append(b, '{')}
	w.str("scheduleId", name)
	u := c.s.tenant.byName[strings.ToLower(name)]
	if u == nil {
		if g := c.s.tenant.groupByMail(name); g != nil {
			w.word("availabilityView", string(c.groupView(g, q)))
			w.raw("scheduleItems", "[]")
			return append(w.b, '}')
		}
	}
	role := c.scheduleRole(u)
	var items []view
	if u != nil && u.box != nil {
		items = u.box.busy(q.window)
	}
	switch {
	case u == nil || u.box == nil:
		return append(scheduleError(&w, "ErrorMailRecipientNotFound", "The mail recipient was not found in Active Directory."), '}')
	case role == "none":
		return append(scheduleError(&w, "ErrorNoFreeBusyAccess", "The caller does not have access to free/busy data."), '}')
	case len(items) > maxScheduleItems:
		return append(scheduleError(&w, "ErrorResultSetTooBig", "The result set contains too many calendar entries. The allowed size = 1000."), '}')
	}
	view := make([]byte, q.slots())
	q.mark(view, items)
	w.word("availabilityView", string(viewDigits(view)))
	w.member("scheduleItems")
	w.b = append(w.b, '[')
	for i, v := range items {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = c.appendScheduleItem(w.b, v, role)
	}
	w.b = append(w.b, ']')
	w.raw("workingHours", rawJSON(c.s.mailSettings(u).WorkingHours))
	return append(w.b, '}')
}

func scheduleError(w *writer, code, message string) []byte {
	w.word("availabilityView", "")
	w.raw("error", rawJSON(map[string]string{"responseCode": code, "message": message}))
	return w.b
}

// scheduleRole is what the caller sees of somebody's times: all of it as the owner or as an application, else by the calendar's sharing.
func (c *call) scheduleRole(u *user) string {
	if u == nil || u.box == nil || c.direct || !c.token.delegated() || c.token.user == u.id {
		return "delegateWithPrivateEventAccess"
	}
	return u.box.calendars[0].roleOf(c.s.tenant.byID[c.token.user])
}

// busy are the items of the default calendar within a window, by start.
func (m *mailbox) busy(w window) []view {
	var out []view
	for _, e := range m.events.items {
		if e.cal != m.calendars[0].num || !e.touches(w) {
			continue
		}
		if e.series == nil {
			out = append(out, viewOf(e))
			continue
		}
		e.inWindow(w, func(v view) bool { out = append(out, v); return true })
	}
	slices.SortStableFunc(out, func(a, b view) int { return cmp.Compare(a.start, b.start) })
	return out
}

// slots is how many intervals the window has, the last of them maybe cut.
func (q *scheduleRequest) slots() int64 {
	return (q.window.to - q.window.from + q.interval - 1) / q.interval
}

// availability ranks what an event shows its time as; the highest one of a slot is shown (unconfirmed for elsewhere and tentative).
var availability = map[string]byte{"workingElsewhere": 1, "tentative": 2, "busy": 3, "oof": 4}

// mark raises the slots that items cover.
func (q *scheduleRequest) mark(view []byte, items []view) {
	for _, v := range items {
		rank := availability[showAsNames[v.showAs]]
		first := max(0, (v.start-q.window.from)/q.interval)
		for i := first; i < int64(len(view)) && q.window.from+i*q.interval < max(v.end, v.start+1); i++ {
			view[i] = max(view[i], rank)
		}
	}
}

// viewDigits writes ranks as Graph's digits: 0 free, 1 tentative, 2 busy, 3 out of office, 4 working elsewhere.
func viewDigits(view []byte) []byte {
	for i, rank := range view {
		view[i] = "04123"[rank]
	}
	return view
}

// groupView is the busiest at each time of the group's members whose times the caller may see.
func (c *call) groupView(g *group, q scheduleRequest) []byte {
	view := make([]byte, q.slots())
	for _, e := range c.s.tenant.allMembers(g, map[string]bool{g.id: true}) {
		if u := c.s.tenant.byID[e.id]; u != nil && u.box != nil && c.scheduleRole(u) != "none" {
			q.mark(view, u.box.busy(q.window))
		}
	}
	return viewDigits(view)
}

func (t *tenant) groupByMail(address string) *group {
	for _, g := range t.groups {
		if m := g.str("mail"); m != "" && strings.EqualFold(m, address) {
			return g
		}
	}
	return nil
}

// appendScheduleItem writes an entry: its times to everybody, what it is about to those who may know.
func (c *call) appendScheduleItem(b []byte, v view, role string) []byte {
	sh := shape{zone: c.prefer.zone}
	w := writer{b: append(b, '{')}
	private := sensitivityNames[v.sensitivity] == "private"
	if role != organizationRole {
		w.bool("isPrivate", private)
	}
	w.word("status", showAsNames[v.showAs])
	if role != organizationRole && (!private || role == "delegateWithPrivateEventAccess") {
		w.text("subject", v.subject)
		w.text("location", v.location)
	}
	w.member("start")
	w.b = sh.appendMoment(w.b, v.start, false, v.startZone)
	w.member("end")
	w.b = sh.appendMoment(w.b, v.end, false, v.endZone)
	return append(w.b, '}')
}
