package graphsim

import (
	"math/bits"
)

// patternType and rangeType are in the order of Graph's enums.
type patternType byte

const (
	daily patternType = iota
	weekly
	absoluteMonthly
	relativeMonthly
	absoluteYearly
	relativeYearly
)

var patternNames = [...]string{"daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"}

type rangeType byte

const (
	endDate rangeType = iota
	noEnd
	numberedRange
)

var rangeNames = [...]string{"endDate", "noEnd", "numbered"}

var weekdayNames = [...]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

var indexNames = [...]string{"first", "second", "third", "fourth", "last"}

// recurrence is a rule: which dates, in the series' own zone, a series falls on. Dates are days since 1970.
type recurrence struct {
	kind       patternType
	interval   int
	month      int
	dayOfMonth int
	days       uint8 // bit n: weekday n, Sunday being 0
	firstDay   int
	index      int // 0…4: first…fourth, last

	bounds rangeType
	start  int32
	end    int32 // last possible date, with endDate
	count  int   // with numbered
	zone   *zone
}

// farFuture ends what has no end: the year 4500, where Exchange's calendar ends.
const farFuture int32 = 924_000

// firstDay is where it begins: 1601. That events beyond either end are refused, and how, is unconfirmed.
const firstDay = -134_774

// last is the last date a rule may reach.
func (r *recurrence) last() int32 {
	if r.bounds == endDate {
		return r.end
	}
	return farFuture
}

// dates calls yield with the dates of the rule between from and to, both included, in order, until yield returns false.
func (r *recurrence) dates(from, to int32, yield func(date int32) bool) {
	to = min(to, r.last())
	from = max(from, r.start)
	if from > to {
		return
	}
	seen, k := 0, 0
	if r.bounds != numberedRange {
		k = r.periodBefore(from)
	}
	var room [31]int32
	for ; ; k++ {
		first, list := r.period(k, room[:0])
		if first > to {
			return
		}
		for _, d := range list {
			if d < r.start {
				continue
			}
			if d > to {
				return
			}
			seen++
			if r.bounds == numberedRange && seen > r.count {
				return
			}
			if d >= from && !yield(d) {
				return
			}
		}
	}
}

// has tells whether the rule falls on a date.
func (r *recurrence) has(date int32) bool {
	found := false
	r.dates(date, date, func(int32) bool { found = true; return false })
	return found
}

// firstDate is the first date of the rule; ok is false for a rule without any.
func (r *recurrence) firstDate() (date int32, ok bool) {
	r.dates(r.start, min(r.last(), r.start+366*100), func(d int32) bool { date, ok = d, true; return false })
	return date, ok
}

// periodBefore is a period that begins at or before a date, close to it.
func (r *recurrence) periodBefore(date int32) int {
	span := int(date - r.start)
	switch r.kind {
	case daily:
		return span / r.interval
	case weekly:
		return span / (7 * r.interval)
	case absoluteMonthly, relativeMonthly:
		return max(0, span/31/r.interval-1)
	default:
		return max(0, span/366/r.interval-1)
	}
}

// period is the k-th day, week, month or year of the rule: its first day and its dates.
func (r *recurrence) period(k int, list []int32) (first int32, dates []int32) {
	switch r.kind {
	case daily:
		d := r.start + int32(k*r.interval)
		return d, append(list, d)
	case weekly:
		first = r.start - int32((weekday(r.start)-r.firstDay+7)%7) + int32(7*k*r.interval)
		for i := range int32(7) {
			if r.days&(1<<weekday(first+i)) != 0 {
				list = append(list, first+i)
			}
		}
		return first, list
	}
	year, month, _ := civil(int64(r.start))
	if r.kind == absoluteMonthly || r.kind == relativeMonthly {
		month += k * r.interval
		year, month = year+(month-1)/12, (month-1)%12+1
	} else {
		year, month = year+k*r.interval, r.month
	}
	first = int32(dayNumber(year, month, 1))
	length := int32(dayNumber(year, month+1, 1)) - first
	if r.kind == absoluteMonthly || r.kind == absoluteYearly {
		return first, append(list, first+min(int32(r.dayOfMonth), length)-1) // a day that the month lacks is its last day
	}
	if d, ok := r.nth(first, length); ok {
		list = append(list, d)
	}
	return first, list
}

// nth is the index-th day of a month among the listed weekdays.
func (r *recurrence) nth(first, length int32) (int32, bool) {
	if r.index == 4 {
		for d := first + length - 1; d >= first; d-- {
			if r.days&(1<<weekday(d)) != 0 {
				return d, true
			}
		}
		return 0, false
	}
	left := r.index
	for d := first; d < first+length; d++ {
		if r.days&(1<<weekday(d)) == 0 {
			continue
		}
		if left == 0 {
			return d, true
		}
		left--
	}
	return 0, false
}

// weekday is 0 for Sunday; day 0 was a Thursday.
func weekday(date int32) int { return int(((date+4)%7 + 7) % 7) }

// valid tells whether the rule has what its type needs.
func (r *recurrence) valid() bool {
	needsDays := r.kind == weekly || r.kind == relativeMonthly || r.kind == relativeYearly
	needsMonth := r.kind == absoluteYearly || r.kind == relativeYearly
	needsDay := r.kind == absoluteMonthly || r.kind == absoluteYearly
	switch {
	case r.interval < 1 || r.interval > 999:
		return false
	case r.month < 0 || r.month > 12 || r.dayOfMonth < 0 || r.dayOfMonth > 31 || r.count < 0: // what does not apply is checked as well
		return false
	case needsDays && bits.OnesCount8(r.days) == 0:
		return false
	case needsMonth && (r.month < 1 || r.month > 12):
		return false
	case needsDay && (r.dayOfMonth < 1 || r.dayOfMonth > 31):
		return false
	case r.bounds == numberedRange && (r.count < 1 || r.count > 999):
		return false
	case r.bounds == endDate && r.end < r.start:
		return false
	}
	_, ok := r.firstDate()
	return ok
}
