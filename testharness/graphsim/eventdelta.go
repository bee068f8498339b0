package graphsim

import (
	"cmp"
	"maps"
	"slices"
)

func sortChanges(list []change) {
	slices.SortFunc(list, func(a, b change) int { return cmp.Compare(a.num, b.num) })
}

const (
	deltaDefaultPage = 10
	deltaMostPage    = 500
)

// calendarViewDelta answers a round of calendarView/delta. The window lives in the token.
func calendarViewDelta(c *call) (*reply, error) {
	cal, err := c.calendar()
	if err != nil {
		return nil, err
	}
	pos, resumed, err := c.eventPosition(deltaView, cal)
	if err != nil {
		return nil, err
	}
	if !resumed {
		if pos.window, err = c.window(); err != nil {
			return nil, err
		}
	}
	return c.eventRound(cal, pos, false), nil
}

// eventsDelta answers a round of events/delta: single events, masters and exceptions of a calendar from a date on, no occurrences. Reports
// differ on whether startDateTime may be missing (msgraph-beta-sdk-php issue 321): here it may not.
func eventsDelta(c *call) (*reply, error) {
	cal, err := c.calendar()
	if err != nil {
		return nil, err
	}
	pos, resumed, err := c.eventPosition(deltaEvents, cal)
	if err != nil {
		return nil, err
	}
	if !resumed {
		pos.window.to = int64(farFuture) * daySeconds
		if pos.window.from, err = c.instantParam("StartDateTime"); err != nil {
			return nil, err
		}
	}
	return c.eventRound(cal, pos, true), nil
}

func (c *call) eventRound(cal *calendar, pos position, flat bool) *reply {
	odd := c.s.cfg.Oddities
	page := c.newPage(pos, odd.size(c.deltaSize(deltaDefaultPage, deltaMostPage)))
	r := &eventRound{c: c, cal: cal, page: page, shape: c.shape(), w: pos.window, flat: flat, odd: odd}
	r.shape.typed, r.shape.sel, r.shape.expand = true, nil, nil
	switch {
	case odd.EmptyPages && !pos.next:
		page.more = true
	case pos.initial:
		r.listing()
	default:
		r.changes()
	}
	if odd.Repeat && len(page.rows) > 0 {
		page.again(page.rows[0].write)
	}
	return page.reply(c, "Collection(event)", &cal.feed, odd.EmptyPages)
}

// eventRound makes the rows of one page: masters before their occurrences, items by number.
type eventRound struct {
	c     *call
	cal   *calendar
	page  *deltaPage
	shape shape
	w     window
	odd   Oddities
	flat  bool // events/delta: of a series the master and its exceptions, no occurrences
}

// full adds a complete row.
func (r *eventRound) full(v view) bool {
	id := v.id(r.c.box)
	before := len(r.page.rows)
	ok := r.page.add(id.num, id.date, func(b []byte) []byte { return r.shape.appendEvent(b, v, "") })
	if len(r.page.rows) > before {
		r.skeleton(v)
	}
	return ok
}

// shown adds an occurrence as a stub, an exception in full.
func (r *eventRound) shown(v view) bool {
	if v.shown != occurrence {
		return r.full(v)
	}
	return r.page.add(v.master.num, v.date, func(b []byte) []byte { return r.shape.appendStub(b, v) })
}

// removed adds a row for what is not in the window any more, or never was (microsoft-graph-docs issue 6599).
func (r *eventRound) removed(num uint64, moves uint32, date int32) bool {
	return r.page.add(num, date, func(b []byte) []byte { return r.appendRemoved(b, num, moves, date) })
}

func (r *eventRound) appendRemoved(b []byte, num uint64, moves uint32, date int32) []byte {
	b = append(b, `{"@odata.type":"#microsoft.graph.event","id":"`...)
	id := itemID{class: classEvent, box: r.c.box.key, num: num, moves: moves, date: date}
	b = id.append(b, r.shape.immutable)
	return append(b, `","@removed":{"reason":"deleted"}}`...)
}

// listing is the first round: all that is in the window.
func (r *eventRound) listing() {
	for _, e := range r.c.box.events.from(r.page.pos.num) {
		if e.cal == r.cal.num && e.touches(r.w) && !r.whole(e) {
			return
		}
	}
}

// whole adds an event and, of a series, its occurrences in the window by date.
func (r *eventRound) whole(e *event) bool {
	if e.series == nil {
		return r.full(viewOf(e))
	}
	if !r.master(e, true) {
		return false
	}
	for _, v := range r.occurrences(e) {
		if !r.shown(v) {
			return false
		}
	}
	return true
}

// occurrences are those in the window, by date; of a flat round the exceptions.
func (r *eventRound) occurrences(e *event) []view {
	var list []view
	if r.flat {
		for _, x := range e.series.exceptions {
			if r.w.holds(x.ev.start, x.ev.end) {
				list = append(list, e.exceptionView(x))
			}
		}
		return list
	}
	e.inWindow(r.w, func(v view) bool { list = append(list, v); return true })
	slices.SortFunc(list, func(a, b view) int { return cmp.Compare(a.date, b.date) })
	return list
}

// itemChange is what the feed says about one item since the token.
type itemChange struct {
	num   uint64
	moves []uint32       // ids it had
	whole bool           // the item itself changed
	old   *event         // the oldest shape of its series
	dates map[int32]bool // occurrences that changed
}

// lost tells whether one of the changes was the deletion of an occurrence.
func (it *itemChange) lost(e *event) bool {
	for date := range it.dates {
		if e.series.isCancelled(date) {
			return true
		}
	}
	return false
}

// changes is a later round.
func (r *eventRound) changes() {
	items := map[uint64]*itemChange{}
	for _, ch := range r.pending() {
		it := items[ch.num]
		if it == nil {
			it = &itemChange{num: ch.num, dates: map[int32]bool{}}
			items[ch.num] = it
		}
		if !slices.Contains(it.moves, ch.moves) {
			it.moves = append(it.moves, ch.moves)
		}
		if ch.date != noDate {
			it.dates[ch.date] = true
		} else if !ch.quiet {
			it.whole = true
		}
		if it.old == nil {
			it.old = ch.old
		}
	}
	for _, num := range slices.Sorted(maps.Keys(items)) {
		if num >= r.page.pos.num && !r.changed(items[num]) {
			return
		}
	}
}

func (r *eventRound) changed(it *itemChange) bool {
	e, ok := r.c.box.events.get(it.num)
	if !ok || e.cal != r.cal.num {
		return r.gone(it)
	}
	if e.series == nil {
		return r.changedSingle(e, it)
	}
	return r.changedSeries(e, it)
}

// formerIDs adds removals for the ids an item had before it left the calendar and came back.
func (r *eventRound) formerIDs(e *event, it *itemChange) bool {
	place := noDate
	for _, moves := range it.moves {
		if moves == e.moves {
			continue
		}
		place++
		ok := r.page.add(e.num, place, func(b []byte) []byte { return r.appendRemoved(b, e.num, moves, noDate) })
		if !ok {
			return false
		}
	}
	return true
}

func (r *eventRound) changedSeries(e *event, it *itemChange) bool {
	in := map[int32]bool{}
	rows := r.occurrences(e)
	for _, v := range rows {
		in[v.date] = true
	}
	if e.touches(r.w) {
		if !r.master(e, it.whole || it.lost(e)) {
			return false
		}
	} else if !r.removed(e.num, e.moves, noDate) {
		return false
	}
	if !r.formerIDs(e, it) {
		return false
	}
	type row struct {
		date int32
		add  func() bool
	}
	var out []row
	for _, v := range rows {
		if it.whole || it.dates[v.date] {
			out = append(out, row{v.date, func() bool { return r.shown(v) }})
		}
	}
	for _, date := range r.vanished(e, it, in) {
		out = append(out, row{date, func() bool { return r.removed(e.num, e.moves, date) }})
	}
	slices.SortFunc(out, func(a, b row) int { return cmp.Compare(a.date, b.date) })
	for _, o := range out {
		if !o.add() {
			return false
		}
	}
	return true
}

func (r *eventRound) changedSingle(e *event, it *itemChange) bool {
	ok := false
	if r.w.holds(e.start, e.end) {
		ok = r.full(viewOf(e))
	} else {
		ok = r.removed(e.num, e.moves, noDate)
	}
	if !ok || !r.formerIDs(e, it) {
		return false
	}
	if it.old == nil || it.old.series == nil {
		return true
	}
	for _, v := range r.occurrences(it.old) { // it was a series
		if !r.removed(e.num, e.moves, v.date) {
			return false
		}
	}
	return true
}

// vanished are the occurrences that were in the window and are not now: those of an old shape of the series, and moved ones. A deleted
// occurrence is left out unless the configuration says otherwise: only its master tells (microsoft-graph-docs issue 5951).
func (r *eventRound) vanished(e *event, it *itemChange, in map[int32]bool) []int32 {
	var out []int32
	if it.old != nil && it.old.series != nil {
		for _, v := range r.occurrences(it.old) {
			if !in[v.date] {
				in[v.date] = true
				out = append(out, v.date)
			}
		}
	}
	for date := range it.dates {
		if in[date] || e.series.isCancelled(date) && !r.c.s.cfg.OccurrenceRemoved {
			continue
		}
		in[date] = true
		out = append(out, date)
	}
	return out
}

// gone adds the rows of an item that left the calendar: itself under the ids it had here, and the occurrences of a series.
func (r *eventRound) gone(it *itemChange) bool {
	for i, moves := range it.moves {
		if e, ok := r.c.box.events.get(it.num); ok && e.moves == moves {
			continue // its id in another calendar
		}
		if i == 0 && !r.removed(it.num, moves, noDate) {
			return false
		}
		if i == 0 && it.old != nil && it.old.series != nil {
			for _, v := range r.occurrences(it.old) {
				if !r.removed(it.num, moves, v.date) {
					return false
				}
			}
		}
	}
	return true
}
