package msgraph

import (
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// window is the span of days that calendarView is read for, as instants in UTC. It is fixed for the life of a delta token (contrib issue
// 4398).
type window struct{ from, to time.Time }

// windowAt is [today − past months, today + future months] in whole days of the zone.
func (c *config) windowAt(now time.Time) window {
	today := now.In(c.zone)
	w := window{from: addMonths(today, -c.past).UTC(), to: addMonths(today, c.future).UTC()}
	if longest := w.from.AddDate(0, 0, maxWindowDays); w.to.After(longest) {
		w.to = longest
	}
	return w
}

// addMonths returns the begin of the day n months from t, on the last day of the month where the month is shorter: time.AddDate would make
// 31 March minus one month 3 March.
func addMonths(t time.Time, n int) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, t.Location())
	last := time.Date(first.Year(), first.Month()+1, 0, 0, 0, 0, 0, t.Location()).Day()
	return time.Date(first.Year(), first.Month(), min(t.Day(), last), 0, 0, 0, 0, t.Location())
}

func (w window) reach() [2]string { return [2]string{instant(w.from), instant(w.to)} }

// holds reports whether something from start to end overlaps the window; moments that are not known do.
func (w window) holds(start, end time.Time) bool {
	if start.IsZero() || end.IsZero() {
		return true
	}
	return start.Before(w.to) && (end.After(w.from) || start.Equal(end) && !start.Before(w.from))
}

// instant is the form of sdk.Record.At.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// day is the date on which a window was laid.
func (c *config) day(now time.Time) string { return now.In(c.zone).Format(time.DateOnly) }

// moved reports whether a window that was laid on day is due to be laid anew.
func (c *config) moved(day string, now time.Time) bool {
	laid, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return true
	}
	today, err := time.Parse(time.DateOnly, c.day(now))
	return err != nil || today.Before(laid) || today.Sub(laid) >= time.Duration(c.windowDays)*24*time.Hour
}

// instant returns the moment in UTC, zero if its zone or form is not known. All-day moments are dates: they count as midnight in UTC, as Graph
// hands them out without shifting (microsoft-graph-docs issue 1802).
func (m *moment) instant(cfg *config, allDay bool) time.Time {
	loc := time.UTC
	if !allDay {
		switch string(m.zone) {
		case "UTC", "":
		case cfg.zoneName:
			loc = cfg.zone
		default:
			return time.Time{}
		}
	}
	t, err := time.ParseInLocation("2006-01-02T15:04:05", string(m.dateTime), loc)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// lastOf is where something from start to end lies: at its last second. The window only moves on, so what overlaps its edge is within its reach as
// long as it is listed, or will be: by its begin, a long event would have left it for good, with its deletion still to come.
func lastOf(start, end time.Time) string {
	switch {
	case start.IsZero():
		return ""
	case end.After(start):
		return instant(end.Add(-time.Second))
	}
	return instant(start)
}

// at is where an event lies in the window. A series lies everywhere between its begin and its end; one point has to do: its end, once that
// lies before the window's end, its begin, if that is still to come, else none, which counts as always within reach.
func (c *config) at(r *row, w window) string {
	start := r.start.instant(c, r.allDay)
	if string(r.kind) != kindSeries || r.recurrence.from == r.recurrence.to {
		return lastOf(start, r.end.instant(c, r.allDay))
	}
	if !start.IsZero() && !start.Before(w.to) {
		return instant(start)
	}
	if end := c.seriesEnd(r, start); !end.IsZero() && end.Before(w.to) {
		return instant(end)
	}
	return ""
}

// seriesEnd is a moment by which a series has ended; zero if it has no end. That of a number of occurrences is reckoned roughly, rather too late: a
// series that is no longer listed by then is asked for, once a day.
func (c *config) seriesEnd(r *row, start time.Time) time.Time {
	var rec struct {
		Pattern struct {
			Type     string `json:"type"`
			Interval int    `json:"interval"`
		} `json:"pattern"`
		Range struct {
			Type    string `json:"type"`
			EndDate string `json:"endDate"`
			Number  int    `json:"numberOfOccurrences"`
		} `json:"range"`
	}
	if sdk.Decode(r.recurrence.of(r.raw), &rec) != nil {
		return time.Time{}
	}
	if rec.Range.Type == "endDate" {
		end, err := time.ParseInLocation(time.DateOnly, rec.Range.EndDate, c.zone)
		if err != nil {
			return time.Time{}
		}
		return end.UTC()
	}
	days := map[string]int{"daily": 1, "weekly": 7, "absoluteMonthly": 31, "relativeMonthly": 37, "absoluteYearly": 366, "relativeYearly": 372}[rec.Pattern.Type]
	const most = 1000 // beyond, the window has no end to speak of
	if rec.Range.Type != "numbered" || start.IsZero() || days == 0 || rec.Range.Number <= 0 || rec.Range.Number > most || rec.Pattern.Interval <= 0 || rec.Pattern.Interval > most {
		return time.Time{}
	}
	return start.AddDate(0, 0, days*rec.Pattern.Interval*rec.Range.Number)
}
