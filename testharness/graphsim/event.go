package graphsim

import (
	"slices"
	"sort"
)

// eventKind is in the order of Graph's enum eventType.
type eventKind byte

const (
	singleInstance eventKind = iota
	occurrence
	exceptionKind
	seriesMaster
)

var eventKindNames = [...]string{"singleInstance", "occurrence", "exception", "seriesMaster"}

// Enums of events, in the order of their numbers.
var (
	importanceNames  = [...]string{"low", "normal", "high"}
	sensitivityNames = [...]string{"normal", "personal", "private", "confidential"}
	showAsNames      = [...]string{"unknown", "free", "tentative", "busy", "oof", "workingElsewhere"}
	responseNames    = [...]string{"none", "organizer", "tentativelyAccepted", "accepted", "declined", "notResponded"}
	attendeeNames    = [...]string{"required", "optional", "resource"}
)

const (
	respNone byte = iota
	respOrganizer
	respTentative
	respAccepted
	respDeclined
	respNotResponded
)

// person is a name and address. It is never changed once stored.
type person struct{ name, address text }

// attendee is a person invited. Slices of attendees are shared between events and replaced as a whole.
type attendee struct {
	person
	kind     byte // index of attendeeNames
	response byte // index of responseNames
	answered int64
	proposed *timeSlot // in the organiser's event: the time he proposed instead
}

// calendar is a folder of events.
type calendar struct {
	num       uint64
	name      text
	version   uint64
	isDefault bool
	color     string
	group     uint64 // number of its calendar group; zero: the default one
	feed      feed
	shares    []share // nil until shared

	of     *mailbox  // of the copy of a shared calendar: the owner's mailbox
	source *calendar // and the calendar there
	extras *extras
}

// event is a stored item of a calendar: a single event, the master of a series, or, inside a master, an exception. Slices and strings may be
// shared with other events and are never changed in place.
type event struct {
	num     uint64
	cal     uint64 // number of its calendar
	moves   uint32
	version uint64
	uid     [16]byte

	created, modified int64

	start, end         int64 // instants; of an all-day event the midnights of its zone
	startZone, endZone *zone

	subject    text
	body       text
	preview    text
	location   text // display name; "" and `""` mean none
	places     []text
	categories []text
	txn        text

	importance, sensitivity, showAs byte
	allDay, cancelled               bool
	organized                       bool // the mailbox owner is the organizer
	reminderOn                      bool
	reminder                        int32
	noResponse, noProposals, hidden bool // responseRequested, allowNewTimeProposals (negated), hideAttendees
	online                          bool

	organizer *person
	attendees []attendee
	response  byte
	answered  int64

	series *series
	extras *extras
}

func (e *event) number() uint64 { return e.num }

// series is what makes an event a master.
type series struct {
	rule       *recurrence
	exceptions []*exception // by date
	cancelled  []int32      // dates of deleted occurrences, sorted
}

// exception is a changed occurrence: a full event of its own, which keeps what was set on it when the master changes.
type exception struct {
	date int32
	own  fields
	ev   event
}

func (s *series) exceptionAt(date int32) *exception {
	i := sort.Search(len(s.exceptions), func(i int) bool { return s.exceptions[i].date >= date })
	if i < len(s.exceptions) && s.exceptions[i].date == date {
		return s.exceptions[i]
	}
	return nil
}

func (s *series) addException(x *exception) {
	i := sort.Search(len(s.exceptions), func(i int) bool { return s.exceptions[i].date >= x.date })
	s.exceptions = slices.Insert(s.exceptions, i, x)
}

func (s *series) isCancelled(date int32) bool {
	_, found := slices.BinarySearch(s.cancelled, date)
	return found
}

// cancel deletes an occurrence, its exception included.
func (s *series) cancel(date int32) {
	i, found := slices.BinarySearch(s.cancelled, date)
	if !found {
		s.cancelled = slices.Insert(slices.Clone(s.cancelled), i, date)
	}
	s.exceptions = slices.DeleteFunc(slices.Clone(s.exceptions), func(x *exception) bool { return x.date == date })
}

func (e *event) kind() eventKind {
	if e.series != nil {
		return seriesMaster
	}
	return singleInstance
}

// view is an event as it is shown: a stored one, or an occurrence made from its master.
type view struct {
	*event     // the fields; of an occurrence its master's
	shown      eventKind
	master     *event // of an occurrence or exception
	date       int32  // of an occurrence or exception, in the rule's zone
	start, end int64
	veiled     bool // what it is about does not show
}

func viewOf(e *event) view {
	return view{event: e, shown: e.kind(), date: noDate, start: e.start, end: e.end}
}

func (e *event) exceptionView(x *exception) view {
	return view{event: &x.ev, shown: exceptionKind, master: e, date: x.date, start: x.ev.start, end: x.ev.end}
}

// occurrenceView places an occurrence: the wall clock of the master on another date of the rule's zone, so that daylight saving shifts the
// instant, not the hour.
func (e *event) occurrenceView(date int32) view {
	start, end := e.occurrenceTimes(date)
	return view{event: e, shown: occurrence, master: e, date: date, start: start, end: end}
}

func (e *event) occurrenceTimes(date int32) (start, end int64) {
	loc := e.series.rule.zone.loc
	first := wallOf(e.start, loc)
	length := wallOf(e.end, loc) - first
	clock := first - floorDiv(first, daySeconds)*daySeconds
	wall := int64(date)*daySeconds + clock
	start, end = instantOf(wall, loc), instantOf(wall+length, loc)
	if end < start { // only the start is in the hour that the clock skips
		end = start + length
	}
	return start, end
}

// id is the view's id in a mailbox.
func (v view) id(m *mailbox) itemID {
	of := v.stored()
	return itemID{class: classEvent, box: m.key, num: of.num, moves: of.moves, date: v.date}
}

// stored is the event of the shelf that a view shows: of an occurrence or exception its master.
func (v view) stored() *event {
	if v.master != nil {
		return v.master
	}
	return v.event
}

// masterID is the id of the series of an occurrence or exception.
func (v view) masterID(m *mailbox) itemID {
	return itemID{class: classEvent, box: m.key, num: v.master.num, moves: v.master.moves, date: noDate}
}

// window is a span of time; its end is not part of it.
type window struct{ from, to int64 }

func (w window) holds(start, end int64) bool {
	return start < w.to && (end > w.from || start == end && start >= w.from)
}

// inWindow calls yield for the occurrences and exceptions of a master within a window, occurrences by date first, until yield returns false.
func (e *event) inWindow(w window, yield func(view) bool) bool {
	loc := e.series.rule.zone.loc
	from := int32(floorDiv(wallOf(w.from, loc)-(e.end-e.start), daySeconds)) - 1
	to := int32(floorDiv(wallOf(w.to, loc), daySeconds)) + 1
	goOn := true
	e.series.rule.dates(from, to, func(date int32) bool {
		if e.series.isCancelled(date) || e.series.exceptionAt(date) != nil {
			return true
		}
		if v := e.occurrenceView(date); w.holds(v.start, v.end) {
			goOn = yield(v)
		}
		return goOn
	})
	for _, x := range e.series.exceptions {
		if !goOn {
			return false
		}
		if w.holds(x.ev.start, x.ev.end) {
			goOn = yield(e.exceptionView(x))
		}
	}
	return goOn
}

// touches tells whether an event is in a window, a series by any of its occurrences.
func (e *event) touches(w window) bool {
	if e.series == nil {
		return w.holds(e.start, e.end)
	}
	found := false
	e.inWindow(w, func(view) bool { found = true; return false })
	return found
}

// findView resolves a parsed id to a stored event, an occurrence or an exception.
func (m *mailbox) findView(id itemID) (view, *apiError) {
	e, ok := m.events.get(id.num)
	if !ok || id.box != m.key || id.moves != e.moves && id.moves != anyMoves {
		return view{}, errItemNotFound()
	}
	if id.date == noDate {
		return viewOf(e), nil
	}
	if e.series == nil {
		return view{}, errItemNotFound()
	}
	if x := e.series.exceptionAt(id.date); x != nil {
		return e.exceptionView(x), nil
	}
	if e.series.isCancelled(id.date) || !e.series.rule.has(id.date) {
		return view{}, errItemNotFound()
	}
	return e.occurrenceView(id.date), nil
}
