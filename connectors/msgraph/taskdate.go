package msgraph

import "time"

// The dates of a task. To Do keeps no time of day for the days: it has midnight in the zone of whoever set it, and hands that out in UTC or in
// the preferred zone, where it may be another day (measured by clients: MS365-ToDo issue 29, outlook-mcp issue 72).
const (
	taskDue = iota
	taskStart
	taskCompleted
	taskReminder // a moment with its time of day
	taskDates    // how many there are
)

// day returns a moment that stands for a day as the midnight nearest to it, which is that of the day that was meant for zones up to twelve hours
// apart; false: it has no form that is known.
func (m *moment) day() ([]byte, bool) {
	t, err := time.Parse("2006-01-02T15:04:05", string(m.dateTime))
	if err != nil {
		return nil, false
	}
	b := appendQuote([]byte(`{"dateTime":`), t.Add(12*time.Hour).Format(time.DateOnly)+"T00:00:00")
	return append(appendQuote(append(b, `,"timeZone":`...), string(m.zone)), '}'), true
}

// taskEdits are the changes that a task's bytes undergo: days are midnights, and there are no zeros behind the seconds.
func (r *row) taskEdits() (e edits) {
	for i := range r.dates {
		m := &r.dates[i]
		if m.whole.from == m.whole.to {
			continue
		}
		e[i].span = m.fraction
		if i == taskReminder {
			continue
		}
		if b, ok := m.day(); ok {
			e[i] = edit{m.whole, b}
		}
	}
	return e
}
