package graphsim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// slowRule computes a series the slow way: it asks of each day whether the series falls on it, and of each quarter of an hour what a clock
// shows. It shares no code with the simulator.
type slowRule struct {
	kind, index, bounds  string
	interval, day, month int
	days                 []time.Weekday
	first                time.Weekday // of the week
	start, end           time.Time    // dates
	count                int
	loc                  *time.Location
	zone                 string
	clock, length        time.Duration
}

func (s *slowRule) listed(d time.Time) bool { return slices.Contains(s.days, d.Weekday()) }

// nth tells whether a day is the index-th of its month among the listed weekdays.
func (s *slowRule) nth(d time.Time) bool {
	var of []int
	for x := d.AddDate(0, 0, 1-d.Day()); x.Month() == d.Month(); x = x.AddDate(0, 0, 1) {
		if s.listed(x) {
			of = append(of, x.Day())
		}
	}
	i := slices.Index([]string{"first", "second", "third", "fourth"}, s.index)
	if s.index == "last" {
		i = len(of) - 1
	}
	return of[i] == d.Day()
}

func (s *slowRule) dayOfMonth(d time.Time) bool {
	lastDay := d.AddDate(0, 0, 1).Day() == 1
	return d.Day() == s.day || lastDay && d.Day() < s.day
}

func (s *slowRule) fallsOn(d time.Time) bool {
	days := int(d.Sub(s.start).Hours()) / 24
	months := (d.Year()-s.start.Year())*12 + int(d.Month()) - int(s.start.Month())
	every := func(n int) bool { return n%s.interval == 0 }
	switch s.kind {
	case "daily":
		return every(days)
	case "weekly":
		week := s.start
		for week.Weekday() != s.first {
			week = week.AddDate(0, 0, -1)
		}
		return every(int(d.Sub(week).Hours())/24/7) && s.listed(d)
	case "absoluteMonthly":
		return every(months) && s.dayOfMonth(d)
	case "relativeMonthly":
		return every(months) && s.listed(d) && s.nth(d)
	case "absoluteYearly":
		return every(d.Year()-s.start.Year()) && int(d.Month()) == s.month && s.dayOfMonth(d)
	default:
		return every(d.Year()-s.start.Year()) && int(d.Month()) == s.month && s.listed(d) && s.nth(d)
	}
}

// until are the dates of the series, in order, up to a date.
func (s *slowRule) until(last time.Time) []time.Time {
	var out []time.Time
	for d := s.start; !d.After(last); d = d.AddDate(0, 0, 1) {
		if s.bounds == "endDate" && d.After(s.end) || s.bounds == "numbered" && len(out) == s.count {
			break
		}
		if s.fallsOn(d) {
			out = append(out, d)
		}
	}
	return out
}

// instantSlowly is the first instant at which the zone's clock shows wall; a reading that the clock skips is as much later as the clock jumps.
func instantSlowly(wall time.Time, loc *time.Location) time.Time {
	shows := func(at time.Time) time.Time {
		_, offset := at.In(loc).Zone()
		return at.Add(time.Duration(offset) * time.Second)
	}
	const step = 15 * time.Minute
	for at := wall.Add(-16 * time.Hour); ; at = at.Add(step) {
		switch reading := shows(at); {
		case reading.Equal(wall):
			return at
		case reading.After(wall):
			return at.Add(wall.Sub(shows(at.Add(-step)).Add(step)))
		}
	}
}

// spans are the occurrences that touch a window, as pairs of instants.
func (s *slowRule) spans(from, to time.Time) []string {
	var out []string
	clock := s.clock
	for i, d := range s.until(to.AddDate(0, 0, 2)) {
		start, end := instantSlowly(d.Add(clock), s.loc), instantSlowly(d.Add(clock+s.length), s.loc)
		if i == 0 {
			_, offset := start.In(s.loc).Zone()
			clock = start.Add(time.Duration(offset) * time.Second).Sub(d) // a series keeps the clock of its first occurrence
		}
		if end.Before(start) {
			end = start.Add(s.length)
		}
		if start.Before(to) && end.After(from) {
			out = append(out, start.UTC().Format("2006-01-02T15:04")+" "+end.UTC().Format("2006-01-02T15:04"))
		}
	}
	return out
}

func (s *slowRule) body() map[string]any {
	pattern := map[string]any{"type": s.kind, "interval": s.interval}
	weekday := func(d time.Weekday) string { return weekdayNames[d] }
	if s.kind == "weekly" || s.kind == "relativeMonthly" || s.kind == "relativeYearly" {
		var days []string
		for _, d := range s.days {
			days = append(days, weekday(d))
		}
		pattern["daysOfWeek"], pattern["firstDayOfWeek"], pattern["index"] = days, weekday(s.first), s.index
	}
	if s.kind == "absoluteMonthly" || s.kind == "absoluteYearly" {
		pattern["dayOfMonth"] = s.day
	}
	if s.kind == "absoluteYearly" || s.kind == "relativeYearly" {
		pattern["month"] = s.month
	}
	bounds := map[string]any{"type": s.bounds, "startDate": s.start.Format(time.DateOnly), "recurrenceTimeZone": s.zone}
	switch s.bounds {
	case "endDate":
		bounds["endDate"] = s.end.Format(time.DateOnly)
	case "numbered":
		bounds["numberOfOccurrences"] = s.count
	}
	return map[string]any{"pattern": pattern, "range": bounds}
}

// randomRule draws a rule of a kind whose days come near the changes of clocks.
func randomRule(rnd *rand.Rand, kind, bounds, zone string, loc *time.Location) *slowRule {
	s := &slowRule{
		kind: kind, bounds: bounds, zone: zone, loc: loc, interval: 1 + rnd.IntN(3), month: 1 + rnd.IntN(12),
		day: []int{1, 28, 29, 30, 31, 31, 15}[rnd.IntN(7)], first: time.Weekday(rnd.IntN(7)), count: 1 + rnd.IntN(40),
		index: indexNames[rnd.IntN(len(indexNames))],
		clock: time.Duration(rnd.IntN(4*24)) * 15 * time.Minute, length: time.Duration(1+rnd.IntN(120)) * 15 * time.Minute,
	}
	if rnd.IntN(2) == 0 {
		s.clock = time.Duration(60+15*rnd.IntN(10)) * time.Minute // about the hours that are skipped or repeated
	}
	for _, d := range rnd.Perm(7)[:1+rnd.IntN(5)] {
		s.days = append(s.days, time.Weekday(d))
	}
	s.start = time.Date(2026, time.Month(1+rnd.IntN(12)), 1+rnd.IntN(31), 0, 0, 0, 0, time.UTC)
	s.end = s.start.AddDate(0, 0, rnd.IntN(900))
	return s
}

// TestSeriesAgreeWithASlowComputation makes series of every pattern and range, in zones with and without changes of clocks, and compares
// their occurrences over HTTP with those found day by day.
func TestSeriesAgreeWithASlowComputation(t *testing.T) {
	t.Parallel()
	zones := map[string]string{
		"UTC": "UTC", "W. Europe Standard Time": "Europe/Berlin", "Eastern Standard Time": "America/New_York", "AUS Eastern Standard Time": "Australia/Sydney",
		"Lord Howe Standard Time": "Australia/Lord_Howe", "Newfoundland Standard Time": "America/St_Johns", "Tokyo Standard Time": "Asia/Tokyo",
	}
	for zone, iana := range zones {
		t.Run(iana, func(t *testing.T) {
			t.Parallel()
			loc, err := time.LoadLocation(iana)
			if err != nil {
				t.Fatal(err)
			}
			r := newRig(t, Config{Users: 1, EventsPerUser: -1, TasksPerUser: -1, ContactsPerUser: -1})
			rnd := rand.New(rand.NewPCG(uint64(len(iana)), 5))
			for _, kind := range patternNames {
				for _, bounds := range rangeNames {
					for range 4 {
						r.compareSeries(rnd, randomRule(rnd, kind, bounds, zone, loc))
					}
				}
			}
		})
	}
}

func (r *rig) compareSeries(rnd *rand.Rand, s *slowRule) {
	r.Helper()
	at := s.start.Add(s.clock)
	e := map[string]any{"subject": "x", "start": moment(at, s.zone), "end": moment(at.Add(s.length), s.zone), "recurrence": s.body()}
	if rnd.IntN(3) == 0 { // the event is in another zone than its rule
		e["start"] = moment(instantSlowly(at, s.loc), "UTC")
		e["end"] = moment(instantSlowly(at.Add(s.length), s.loc), "UTC")
	}
	a := r.send("POST", r.box(0)+"/events", e)
	if len(s.until(s.start.AddDate(4, 0, 0))) == 0 {
		if s.bounds == "endDate" {
			r.refused(a, 400, "ErrorPropertyValidationFailure")
		}
		return
	}
	if a.status != 201 {
		r.Fatalf("%v: %d %v", s.body(), a.status, a.body)
	}
	id := a.body["id"].(string)
	from := s.start.AddDate(0, 0, rnd.IntN(500)-20).Add(time.Duration(rnd.IntN(96)) * 15 * time.Minute)
	for _, to := range []time.Time{from.AddDate(1, 1, 0), from.Add(time.Duration(1+rnd.IntN(200)) * time.Hour)} {
		var got []string
		for _, row := range r.all(fmt.Sprintf("%s/events/%s/instances?$top=1000&$select=start,end&$orderby=start/dateTime&%s", r.box(0), id, span(from, to))) {
			start, end := row["start"].(map[string]any)["dateTime"].(string), row["end"].(map[string]any)["dateTime"].(string)
			got = append(got, start[:16]+" "+end[:16])
		}
		if diff := cmp.Diff(s.spans(from, to), got); diff != "" {
			r.Errorf("%v in %s at %s + %s, %s: %s", s.body(), s.zone, s.clock, s.length, span(from, to), diff)
		}
	}
}
