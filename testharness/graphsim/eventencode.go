package graphsim

import (
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// shape is how items are shown in an answer.
type shape struct {
	box       *mailbox
	zone      *zone // nil: UTC
	asText    bool  // body as text
	immutable bool
	sel       map[string]bool
	hide      map[string]bool
	expand    []odata.Expansion
	typed     bool   // with @odata.type, in delta
	base      string // begin of the contexts of expanded members
	extension string // prefix of the ids of open extensions
	noise     bool
	sameUID   bool // one iCalUId for all occurrences of a series
	calendar  func(b []byte, cal *calendar, sel []string) []byte
	private   func(cal *calendar) bool // of somebody else's mailbox: whether private events of a calendar are veiled
	links     string                   // begin of the links that wire noise has
}

func (c *call) shape() shape {
	base := ""
	if len(c.query.Expand) > 0 {
		base = c.contextBase()
	}
	sh := shape{
		box: c.box, base: base, extension: exchangeExtension, zone: c.prefer.zone, asText: c.prefer.body == "text", immutable: c.prefer.immutable,
		sel: c.query.selection(), hide: c.hidden(), expand: c.query.Expand, noise: c.s.cfg.WireNoise, sameUID: c.s.cfg.SameICalUID, calendar: c.appendExpandedCalendar,
	}
	if sh.noise {
		sh.links = c.origin + "/v1.0/users('" + c.box.user.id + "')"
	}
	if !c.ownsBox() {
		sh.private = func(cal *calendar) bool { return !c.seesPrivate(cal) }
	}
	return sh
}

// appendMoment writes a dateTimeTimeZone in the preferred zone. All-day events keep their date in every zone.
func (sh *shape) appendMoment(b []byte, instant int64, allDay bool, own *zone) []byte {
	b = append(b, `{"dateTime":"`...)
	switch {
	case allDay:
		wall := wallOf(instant, own.loc)
		b = appendWall(b, floorDiv(wall+daySeconds/2, daySeconds)*daySeconds)
	case sh.zone == nil:
		b = appendWall(b, instant)
	default:
		b = appendWall(b, wallOf(instant, sh.zone.loc))
	}
	b = append(b, `","timeZone":"`...)
	if sh.zone == nil {
		b = append(b, "UTC"...)
	} else {
		b = append(b, sh.zone.name...)
	}
	return append(b, `"}`...)
}

// veil hides what a private event is about from people who may read the calendar but not its private events. What Exchange leaves of it is
// unconfirmed.
func (sh *shape) veil(v view) view {
	if sh.private == nil || v.sensitivity != 2 || !sh.private(sh.box.calendar(v.stored().cal)) {
		return v
	}
	e := *v.event
	e.subject, e.body, e.preview, e.location, e.txn = quote("Private Appointment"), "", "", "", ""
	e.places, e.categories, e.attendees, e.extras, e.online = nil, nil, nil, nil, false
	v.event, v.veiled = &e, true
	return v
}

// appendEvent writes an event with all its members that are selected. lead goes before the first member and is a context or empty.
func (sh *shape) appendEvent(b []byte, v view, lead string) []byte {
	w := writer{b: append(append(b, '{'), lead...), sel: sh.sel, hide: sh.hide}
	v = sh.veil(v)
	e := v.event
	if sh.typed {
		w.member("@odata.type")
		w.b = append(w.b, `"#microsoft.graph.event"`...)
	}
	w.member("@odata.etag")
	w.b = append(w.b, `"W/\"`...)
	w.b = append(appendChangeKey(w.b, v.version), `\""`...)
	w.member("id")
	w.b = append(v.id(sh.box).append(append(w.b, '"'), sh.immutable), '"')
	sh.writeEventHead(&w, v)
	w.text("subject", orEmpty(e.subject))
	w.text("bodyPreview", orEmpty(e.preview))
	w.word("importance", importanceNames[e.importance])
	w.word("sensitivity", sensitivityNames[e.sensitivity])
	w.bool("isAllDay", e.allDay)
	w.bool("isCancelled", e.cancelled)
	w.bool("isOrganizer", e.organized)
	w.bool("responseRequested", !e.noResponse)
	if w.key("seriesMasterId") {
		if v.master == nil {
			w.b = append(w.b, "null"...)
		} else {
			w.b = append(v.masterID(sh.box).append(append(w.b, '"'), sh.immutable), '"')
		}
	}
	w.word("showAs", showAsNames[e.showAs])
	w.word("type", eventKindNames[v.shown])
	if w.key("webLink") {
		w.b = sh.appendWebLink(w.b, v)
	}
	w.null("onlineMeetingUrl")
	w.bool("isOnlineMeeting", e.online)
	provider := "unknown"
	if e.online {
		provider = "teamsForBusiness"
	}
	w.word("onlineMeetingProvider", provider)
	w.bool("allowNewTimeProposals", !e.noProposals)
	w.bool("isDraft", false)
	w.bool("hideAttendees", e.hidden)
	sh.writeEventTail(&w, v)
	return append(w.b, '}')
}

// uidDate is the date that an iCalUId tells.
func (sh *shape) uidDate(v view) int32 {
	if sh.sameUID {
		return noDate
	}
	return v.date
}

func (sh *shape) appendWebLink(b []byte, v view) []byte {
	b = append(b, `"https://outlook.office365.com/owa/?itemid=`...)
	b = v.id(sh.box).append(b, sh.immutable)
	return append(b[:len(b)-1], `%3D&exvsurl=1&path=/calendar/item"`...)
}

func (sh *shape) writeEventHead(w *writer, v view) {
	e := v.event
	if w.key("createdDateTime") {
		w.b = appendStamp(w.b, e.created)
	}
	if w.key("lastModifiedDateTime") {
		w.b = appendStamp(w.b, e.modified)
	}
	if w.key("changeKey") {
		w.b = append(appendChangeKey(append(w.b, '"'), v.version), '"')
	}
	if w.key("categories") {
		w.b = appendTexts(w.b, e.categories)
	}
	w.text("transactionId", e.txn)
	w.str("originalStartTimeZone", e.startZone.name)
	w.str("originalEndTimeZone", e.endZone.name)
	if w.key("iCalUId") {
		w.b = appendUID(w.b, e.uid, sh.uidDate(v))
	}
	if sh.noise && w.key("uid") {
		w.b = appendUID(w.b, e.uid, noDate)
	}
	if sh.noise && w.key("occurrenceId") {
		if v.master == nil {
			w.b = append(w.b, "null"...)
		} else {
			w.b = sh.appendOID(w.b, v.master, v.date)
		}
	}
	w.raw("reminderMinutesBeforeStart", itoa(int(e.reminder)))
	w.bool("isReminderOn", e.reminderOn)
	w.bool("hasAttachments", !v.veiled && sh.box.hasAttachments(sh.box.attachKeyOf(v)))
}

func (sh *shape) writeEventTail(w *writer, v view) {
	e := v.event
	if w.key("recurrence") {
		if v.shown == seriesMaster {
			w.b = appendRecurrence(w.b, e.series.rule)
		} else {
			w.b = append(w.b, "null"...)
		}
	}
	if w.key("onlineMeeting") {
		w.b = e.appendOnlineMeeting(w.b)
	}
	if w.key("responseStatus") {
		w.b = appendResponse(w.b, e.response, e.answered)
	}
	if w.key("body") {
		w.b = appendBody(w.b, e.body, false, sh.asText)
	}
	if w.key("start") {
		w.b = sh.appendMoment(w.b, v.start, e.allDay, e.startZone)
	}
	if w.key("end") {
		w.b = sh.appendMoment(w.b, v.end, e.allDay, e.endZone)
	}
	if w.key("location") {
		w.b = e.appendLocation(w.b)
	}
	if w.key("locations") {
		w.b = append(w.b, '[')
		for i, p := range e.places {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			w.b = appendPlace(w.b, p)
		}
		w.b = append(w.b, ']')
	}
	if w.key("attendees") {
		w.b = sh.appendAttendees(w.b, e.attendees)
	}
	if w.key("organizer") {
		w.b = append(w.b, `{"emailAddress":`...)
		w.b = append(appendPerson(w.b, *e.organizer), '}')
	}
	if v.master != nil && w.key("originalStart") {
		start, _ := v.master.occurrenceTimes(v.date)
		w.b = appendInstant(w.b, start)
	}
	if sh.noise && w.sel == nil {
		at := sh.links + "/calendars('" + sh.box.calendarID(sh.box.calendar(v.stored().cal)).text(sh.immutable) + "')"
		w.str("calendar@odata.associationLink", at+"/$ref")
		w.str("calendar@odata.navigationLink", at)
	}
	if v.shown == seriesMaster && w.sel["cancelledoccurrences"] {
		w.member("cancelledOccurrences")
		w.b = append(w.b, '[')
		for i, date := range e.series.cancelled {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			w.b = sh.appendOID(w.b, e, date)
		}
		w.b = append(w.b, ']')
	}
	sh.writeExpanded(w, v)
}

// writeExpanded writes the navigation properties of $expand that events have here.
func (sh *shape) writeExpanded(w *writer, v view) {
	for _, x := range sh.expand {
		if strings.EqualFold(x.Name, "attachments") && sh.hide == nil && !v.veiled {
			sh.writeAttachments(w, sh.box.attachKeyOf(v), x)
		}
	}
	if sh.hide == nil {
		sh.writeExtras(w, "events", v.id(sh.box), v.extras)
	}
	for _, x := range sh.expand {
		switch strings.ToLower(x.Name) {
		case "calendar":
			w.member("calendar")
			w.b = sh.calendar(w.b, sh.box.calendar(v.stored().cal), x.Select)
		case "exceptionoccurrences":
			if v.shown != seriesMaster {
				continue
			}
			inner := *sh
			inner.expand, inner.sel = nil, nil
			if len(x.Select) > 0 {
				q := query{x.Options}
				inner.sel = q.selection()
			}
			w.member("exceptionOccurrences")
			w.b = append(w.b, '[')
			for i, exc := range v.series.exceptions {
				if i > 0 {
					w.b = append(w.b, ',')
				}
				w.b = inner.appendEvent(w.b, v.event.exceptionView(exc), "")
			}
			w.b = append(w.b, ']')
		}
	}
}

// appendStub writes an occurrence as calendarView/delta does: only what differs from its master.
func (sh *shape) appendStub(b []byte, v view) []byte {
	b = append(b, `{"@odata.type":"#microsoft.graph.event","@odata.etag":"W/\"`...)
	b = append(appendChangeKey(b, v.version), `\"","seriesMasterId":"`...)
	b = append(v.masterID(sh.box).append(b, sh.immutable), `","type":"occurrence","id":"`...)
	b = append(v.id(sh.box).append(b, sh.immutable), `","start":`...)
	b = append(sh.appendMoment(b, v.start, v.allDay, v.startZone), `,"end":`...)
	return append(sh.appendMoment(b, v.end, v.allDay, v.endZone), '}')
}

func orEmpty(t text) text {
	if t == "" {
		return emptyText
	}
	return t
}

func appendResponse(b []byte, response byte, at int64) []byte {
	b = append(append(append(b, `{"response":"`...), responseNames[response]...), `","time":`...)
	if at == 0 {
		b = append(b, `"0001-01-01T00:00:00Z"`...)
	} else {
		b = appendInstant(b, at)
	}
	return append(b, '}')
}

func appendBody(b []byte, content text, isText, wantText bool) []byte {
	b = append(b, `{"contentType":"`...)
	switch {
	case wantText:
		b = append(b, `text","content":`...)
		if isText {
			return append(appendText(b, orEmpty(content)), '}')
		}
		return append(appendQuoted(b, htmlToText(content.plain())), '}')
	case isText:
		b = append(b, `text","content":`...)
	default:
		b = append(b, `html","content":`...)
	}
	return append(appendText(b, orEmpty(content)), '}')
}

func appendPerson(b []byte, p person) []byte {
	b = append(b, `{"name":`...)
	b = append(appendText(b, orEmpty(p.name)), `,"address":`...)
	return append(appendText(b, orEmpty(p.address)), '}')
}

func (sh *shape) appendAttendees(b []byte, list []attendee) []byte {
	b = append(b, '[')
	for i, a := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, `{"type":"`...), attendeeNames[a.kind]...), `","status":`...)
		b = appendResponse(b, a.response, a.answered)
		if a.proposed != nil {
			b = sh.appendTimeSlot(append(b, `,"proposedNewTime":`...), a.proposed)
		}
		b = append(b, `,"emailAddress":`...)
		b = append(appendPerson(b, a.person), '}')
	}
	return append(b, ']')
}
