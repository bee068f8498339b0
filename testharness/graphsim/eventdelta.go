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
	block int  // of a later round: which of an item's ids the rows are of
}

// The rows of an item stand in the order of a round by the ids that it had in the calendar, a block for each: itself and its occurrences by date.
// Thus a row keeps its place while the item goes on changing, even if it goes and comes back between two pages.
const (
	blockSize   = 4_000_000 // more than there are dates
	blockOffset = 800_000   // makes dates positive
	mostBlocks  = 500
)

// place is where a row of an item stands: the item itself with noDate.
func (r *eventRound) place(date int32) int32 {
	first := noDate + int32(r.block)*blockSize
	if date == noDate {
		return first
	}
	return first + blockOffset + date
}

// full adds a complete row.
func (r *eventRound) full(v view) bool {
	id := v.id(r.c.box)
	before := len(r.page.rows)
	ok := r.page.add(id.num, r.place(id.date), func(b []byte) []byte { return r.shape.appendEvent(b, v, "") })
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
	return r.page.add(v.master.num, r.place(v.date), func(b []byte) []byte { return r.shape.appendStub(b, v) })
}

// removed adds a row for what is not in the window any more, or never was (microsoft-graph-docs issue 6599).
func (r *eventRound) removed(num uint64, moves uint32, date int32) bool {
	id := itemID{class: classEvent, box: r.c.box.key, num: num, moves: moves, date: date}
	return r.page.add(num, r.place(date), func(b []byte) []byte {
		b = append(b, `{"@odata.type":"#microsoft.graph.event","id":"`...)
		return append(id.append(b, r.shape.immutable), `","@removed":{"reason":"deleted"}}`...)
	})
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
	whole bool       // the item itself changed
	ids   []idChange // one for each id it had meanwhile
}

// idChange is what happened to an item while it had one id.
type idChange struct {
	moves uint32
	olds  []*event       // shapes that its series had
	dates map[int32]bool // occurrences that changed
}

func (it *itemChange) id(moves uint32) *idChange {
	i := slices.IndexFunc(it.ids, func(id idChange) bool { return id.moves == moves })
	if i < 0 {
		it.ids = append(it.ids[:min(len(it.ids), mostBlocks-1)], idChange{moves: moves, dates: map[int32]bool{}})
		i = len(it.ids) - 1
	}
	return &it.ids[i]
}

// changes is a later round.
func (r *eventRound) changes() {
	items := map[uint64]*itemChange{}
	for _, ch := range r.pending() {
		it := items[ch.num]
		if it == nil {
			it = &itemChange{num: ch.num}
			items[ch.num] = it
		}
		id := it.id(ch.moves)
		if ch.date != noDate {
			id.dates[ch.date] = true
		} else if !ch.quiet {
			it.whole = true
		}
		if ch.old != nil && ch.old.series != nil {
			id.olds = append(id.olds, ch.old)
		}
	}
	for _, num := range slices.Sorted(maps.Keys(items)) {
		if num >= r.page.pos.num && !r.changed(items[num]) {
			return
		}
	}
}

// changed adds the rows of an item: removals of the ids it had here before, and what it is now.
func (r *eventRound) changed(it *itemChange) bool {
	e, here := r.c.box.events.get(it.num)
	here = here && e.cal == r.cal.num
	if here {
		it.id(e.moves)
	}
	for i := range it.ids {
		id := &it.ids[i]
		r.block = i
		if here && id.moves == e.moves {
			if !r.itself(e, it.whole, id) || !r.changedOccurrences(e, it.whole, id) {
				return false
			}
		} else if !r.former(it.num, id) {
			return false
		}
	}
	if here && r.shape.immutable && len(it.ids) > 1 { // moved away and back: lost for those who take immutable ids (microsoft-graph-docs-contrib issue 72)
		r.block = len(it.ids)
		return r.removed(e.num, e.moves, noDate)
	}
	return true
}

// itself adds the row of an item that is in the calendar.
func (r *eventRound) itself(e *event, whole bool, now *idChange) bool {
	switch {
	case !e.touches(r.w):
		return r.removed(e.num, e.moves, noDate)
	case e.series == nil:
		return r.full(viewOf(e))
	default:
		return r.master(e, whole || now.lost(e))
	}
}

// lost tells whether one of the changes was the deletion of an occurrence.
func (id *idChange) lost(e *event) bool {
	for date := range id.dates {
		if e.series.isCancelled(date) {
			return true
		}
	}
	return false
}

// former adds removals for an id that an item had in the calendar, and for the occurrences of a series.
func (r *eventRound) former(num uint64, id *idChange) bool {
	if !r.removed(num, id.moves, noDate) {
		return false
	}
	for _, date := range slices.Sorted(maps.Keys(r.knownDates(id))) {
		if !r.removed(num, id.moves, date) {
			return false
		}
	}
	return true
}

// knownDates are the occurrences that a client may know under an id: those of old shapes of the series, and changed ones.
func (r *eventRound) knownDates(id *idChange) map[int32]bool {
	dates := maps.Clone(id.dates)
	for _, old := range id.olds {
		for _, v := range r.occurrences(old) {
			dates[v.date] = true
		}
	}
	return dates
}

// changedOccurrences adds the occurrences that changed and removals for those that were in the window and are not now. A deleted occurrence is
// left out unless the configuration says otherwise: only its master tells (microsoft-graph-docs issue 5951).
func (r *eventRound) changedOccurrences(e *event, whole bool, now *idChange) bool {
	rows := map[int32]func() bool{}
	silent := func(date int32) bool {
		return e.series != nil && e.series.isCancelled(date) && !r.c.s.cfg.OccurrenceRemoved
	}
	for date := range r.knownDates(now) {
		if !silent(date) {
			rows[date] = func() bool { return r.removed(e.num, e.moves, date) }
		}
	}
	if e.series != nil {
		for _, v := range r.occurrences(e) {
			delete(rows, v.date)
			if whole || now.dates[v.date] {
				rows[v.date] = func() bool { return r.shown(v) }
			}
		}
	}
	for _, date := range slices.Sorted(maps.Keys(rows)) {
		if !rows[date]() {
			return false
		}
	}
	return true
}
