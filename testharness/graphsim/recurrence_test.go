package graphsim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func date(s string) int32 {
	d, ok := parseDate(s)
	if !ok {
		panic(s)
	}
	return d
}

func TestRecurrenceFallsOnTheRightDates(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rule     recurrence
		from, to string
		want     []string
	}{
		"every third day": {recurrence{kind: daily, interval: 3, bounds: noEnd, start: date("2026-11-01")}, "2026-11-05", "2026-11-14", []string{"2026-11-07", "2026-11-10", "2026-11-13"}},
		"numbered counts from the start": {
			recurrence{kind: daily, interval: 1, bounds: numberedRange, count: 5, start: date("2026-11-01")}, "2026-11-04", "2026-11-30", []string{"2026-11-04", "2026-11-05"},
		},
		"end date is inclusive": {
			recurrence{kind: daily, interval: 2, bounds: endDate, start: date("2026-11-01"), end: date("2026-11-05")}, "2026-10-01", "2026-12-01",
			[]string{"2026-11-01", "2026-11-03", "2026-11-05"},
		},
		"every second week with weeks from Monday": {
			recurrence{kind: weekly, interval: 2, days: 0b0000011, firstDay: 1, bounds: noEnd, start: date("2026-11-01")}, "2026-11-01", "2026-12-01",
			[]string{"2026-11-01", "2026-11-09", "2026-11-15", "2026-11-23", "2026-11-29"},
		},
		"every second week with weeks from Sunday": {
			recurrence{kind: weekly, interval: 2, days: 0b0000011, firstDay: 0, bounds: noEnd, start: date("2026-11-01")}, "2026-11-01", "2026-12-01",
			[]string{"2026-11-01", "2026-11-02", "2026-11-15", "2026-11-16", "2026-11-29", "2026-11-30"},
		},
		"the 31st is the last day of short months": {
			recurrence{kind: absoluteMonthly, interval: 1, dayOfMonth: 31, bounds: noEnd, start: date("2026-01-31")}, "2026-01-01", "2026-05-31",
			[]string{"2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"},
		},
		"the last Friday": {
			recurrence{kind: relativeMonthly, interval: 1, days: 1 << 5, index: 4, bounds: noEnd, start: date("2026-01-01")}, "2026-01-01", "2026-04-01",
			[]string{"2026-01-30", "2026-02-27", "2026-03-27"},
		},
		"the second working day": {
			recurrence{kind: relativeMonthly, interval: 1, days: 0b0111110, index: 1, bounds: noEnd, start: date("2026-01-01")}, "2026-01-01", "2026-04-01",
			[]string{"2026-01-02", "2026-02-03", "2026-03-03"},
		},
		"29 February in other years": {
			recurrence{kind: absoluteYearly, interval: 1, month: 2, dayOfMonth: 29, bounds: noEnd, start: date("2024-02-29")}, "2024-01-01", "2028-12-31",
			[]string{"2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"},
		},
		"first Sunday of October every second year": {
			recurrence{kind: relativeYearly, interval: 2, month: 10, days: 1, index: 0, bounds: noEnd, start: date("2026-01-01")}, "2026-01-01", "2031-01-01",
			[]string{"2026-10-04", "2028-10-01", "2030-10-06"},
		},
		"far away of an endless rule": {recurrence{kind: daily, interval: 7, bounds: noEnd, start: date("1990-01-01")}, "2400-01-01", "2400-01-14", []string{"2400-01-03", "2400-01-10"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			tt.rule.dates(date(tt.from), date(tt.to), func(d int32) bool { got = append(got, string(appendDate(nil, int64(d)))); return true })
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOccurrencesKeepTheirWallClockAcrossDaylightSaving(t *testing.T) {
	t.Parallel()
	r := empty(t)
	start := time.Date(2026, 10, 23, 9, 0, 0, 0, time.UTC)
	e := eventAt("Runde", start, time.Hour, "W. Europe Standard Time")
	e["recurrence"] = map[string]any{
		"pattern": map[string]any{"type": "daily", "interval": 1},
		"range":   map[string]any{"type": "numbered", "startDate": "2026-10-23", "numberOfOccurrences": 4},
	}
	id := r.do("POST", r.box(0)+"/events", e, 201)["id"].(string)
	starts := func(headers ...string) []string {
		var out []string
		for _, row := range r.all(r.box(0)+"/events/"+id+"/instances?$top=3&"+span(start.AddDate(0, 0, -1), start.AddDate(0, 0, 30)), headers...) {
			out = append(out, row["start"].(map[string]any)["dateTime"].(string))
		}
		return out
	}
	utc := []string{"2026-10-23T07:00:00.0000000", "2026-10-24T07:00:00.0000000", "2026-10-25T08:00:00.0000000", "2026-10-26T08:00:00.0000000"}
	if diff := cmp.Diff(utc, starts()); diff != "" {
		t.Error(diff)
	}
	berlin := []string{"2026-10-23T09:00:00.0000000", "2026-10-24T09:00:00.0000000", "2026-10-25T09:00:00.0000000", "2026-10-26T09:00:00.0000000"}
	if diff := cmp.Diff(berlin, starts(`Prefer: outlook.timezone="Europe/Berlin"`)); diff != "" {
		t.Error(diff)
	}
}

func TestRecurrenceGoesThroughJSON(t *testing.T) {
	t.Parallel()
	s, err := New(Config{Users: 1, Small: true})
	if err != nil {
		t.Fatal(err)
	}
	utc, _ := s.zones.get("UTC")
	for name, raw := range map[string]string{
		"weekly":   `{"pattern":{"type":"weekly","interval":2,"month":0,"dayOfMonth":0,"daysOfWeek":["monday","thursday"],"firstDayOfWeek":"sunday","index":"first"},"range":{"type":"endDate","startDate":"2026-11-23","endDate":"2027-03-31","recurrenceTimeZone":"W. Europe Standard Time","numberOfOccurrences":0}}`,
		"numbered": `{"pattern":{"type":"relativeYearly","interval":1,"month":10,"dayOfMonth":0,"daysOfWeek":["sunday"],"firstDayOfWeek":"sunday","index":"last"},"range":{"type":"numbered","startDate":"2026-10-25","endDate":"0001-01-01","recurrenceTimeZone":"UTC","numberOfOccurrences":5}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, failure := s.parseRecurrence([]byte(raw), utc)
			if failure != nil {
				t.Fatal(failure)
			}
			if diff := cmp.Diff(raw, string(appendRecurrence(nil, r))); diff != "" {
				t.Error(diff)
			}
		})
	}
	for name, raw := range map[string]string{
		"no weekday":                 `{"pattern":{"type":"weekly","interval":1},"range":{"type":"noEnd","startDate":"2026-11-23"}}`,
		"interval zero":              `{"pattern":{"type":"daily","interval":0},"range":{"type":"noEnd","startDate":"2026-11-23"}}`,
		"month 13 of a weekly rule":  `{"pattern":{"type":"weekly","interval":1,"daysOfWeek":["monday"],"month":13},"range":{"type":"noEnd","startDate":"2026-11-23"}}`,
		"day 32 of a daily rule":     `{"pattern":{"type":"daily","interval":1,"dayOfMonth":32},"range":{"type":"noEnd","startDate":"2026-11-23"}}`,
		"weekday of a daily rule":    `{"pattern":{"type":"daily","interval":1,"daysOfWeek":["montag"]},"range":{"type":"noEnd","startDate":"2026-11-23"}}`,
		"index of a daily rule":      `{"pattern":{"type":"daily","interval":1,"index":"fifth"},"range":{"type":"noEnd","startDate":"2026-11-23"}}`,
		"first day of a daily rule":  `{"pattern":{"type":"daily","interval":1,"firstDayOfWeek":"x"},"range":{"type":"noEnd","startDate":"2026-11-23"}}`,
		"end date of an endless one": `{"pattern":{"type":"daily","interval":1},"range":{"type":"noEnd","startDate":"2026-11-23","endDate":"morgen"}}`,
		"end before":                 `{"pattern":{"type":"daily","interval":1},"range":{"type":"endDate","startDate":"2026-11-23","endDate":"2026-11-22"}}`,
		"unknown pattern":            `{"pattern":{"type":"hourly","interval":1},"range":{"type":"noEnd","startDate":"2026-11-23"}}`,
		"unknown zone":               `{"pattern":{"type":"daily","interval":1},"range":{"type":"noEnd","startDate":"2026-11-23","recurrenceTimeZone":"Greenwich Mean Time"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, failure := s.parseRecurrence([]byte(raw), utc); failure == nil {
				t.Error("accepted")
			}
		})
	}
}
