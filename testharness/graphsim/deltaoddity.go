package graphsim

import (
	"math"
	"sort"
	"time"
)

// Oddities are what rounds of calendarView/delta and events/delta were seen to do now and then, by public reports; a client has to cope with
// each. The zero value does none of it.
type Oddities struct {
	// Repeat puts a row of each page at the page's end once more (microsoft-graph-docs issue 3196).
	Repeat bool
	// Replay makes a round that has news report the last change before them once more (microsoft-graph-docs issue 10036).
	Replay bool
	// EmptyPages makes a round begin and end with a page without rows.
	EmptyPages bool
	// Skeletons lets a changed row be followed by one of the same item with fewer properties. What is absent has not changed.
	Skeletons bool
	// NoMasters makes calendarView/delta leave out the master of a series that began before the window or did not change itself.
	NoMasters bool
	// Hidden is how long a change stays invisible for rounds.
	Hidden time.Duration
}

// SetOddities changes how rounds behave from now on; New takes the beginning from Config.Oddities.
func (ctl *Control) SetOddities(o Oddities) {
	ctl.s.mu.Lock()
	defer ctl.s.mu.Unlock()
	ctl.s.cfg.Oddities = o
}

// size is what is left of a page's size for proper rows.
func (o Oddities) size(n int) int {
	if o.Repeat {
		n--
	}
	if o.Skeletons {
		n /= 2
	}
	return max(1, n)
}

// visible is the last change of a feed that a round may know of now.
func (c *call) visible(f *feed) uint64 {
	hidden := c.s.cfg.Oddities.Hidden
	if hidden <= 0 {
		return f.seq
	}
	latest := c.s.now().Add(-hidden).Unix()
	if i := sort.Search(len(f.log), func(i int) bool { return int64(f.log[i].at) > latest }); i > 0 {
		return f.log[i-1].seq
	} else if len(f.log) > 0 {
		return f.log[0].seq - 1
	}
	return f.seq
}

// eventPosition is where a call's round stands: resume, with what is odd about rounds of events.
func (c *call) eventPosition(kind deltaKind, cal *calendar) (position, bool, *apiError) {
	pos, resumed, err := c.resume(kind, cal.num, &cal.feed)
	if err != nil {
		return pos, false, err
	}
	if pos.next {
		return pos, resumed, nil
	}
	pos.until = max(pos.since, c.visible(&cal.feed))
	if c.s.cfg.Oddities.Replay && pos.since > 0 && pos.until > pos.since {
		pos.since--
	}
	return pos, resumed, nil
}

// pending are the changes that a round reports.
func (r *eventRound) pending() []change {
	list := r.cal.feed.since(r.page.pos.since)
	until := uint64(math.MaxUint64)
	if r.odd.Hidden > 0 {
		until = r.page.pos.until
	}
	for i, ch := range list {
		if ch.seq > until {
			return list[:i]
		}
	}
	return list
}

// again adds a row beside the order of the page.
func (d *deltaPage) again(write func(b []byte) []byte) { d.extra = append(d.extra, write) }

// skeleton adds a row of an item with few of its properties.
func (r *eventRound) skeleton(v view) {
	if !r.odd.Skeletons || r.page.pos.initial || v.shown == seriesMaster {
		return
	}
	thin := r.shape
	thin.sel = map[string]bool{"subject": true, "start": true, "end": true, "type": true, "seriesmasterid": true}
	r.page.again(func(b []byte) []byte { return thin.appendEvent(b, v, "") })
}

// master adds the row of a series, unless this is one of those that go missing.
func (r *eventRound) master(e *event, changed bool) bool {
	if r.odd.NoMasters && !r.flat && (r.page.pos.initial && e.start < r.w.from || !r.page.pos.initial && !changed) {
		return true
	}
	return r.full(viewOf(e))
}
