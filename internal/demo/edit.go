package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/testharness/graphsim"
)

// Change is one change that a person of the company made.
type Change struct {
	What    string // "edit", "move", "delete", "exception"
	Mailbox string
	Title   string // of the event
}

// Edit makes the four changes of the demonstration as people would: one edits an
// event, one moves one to another day, one deletes one, and one moves a single
// occurrence of a series by an hour. All are appointments of their own, so that
// each is one change of one record.
func (c *Company) Edit() ([]Change, error) {
	ctl := c.Sim.Control()
	e := editor{ctl: ctl, people: c.people()}
	e.from, e.to = window(ctl.Now())
	var done []Change
	for _, step := range []struct {
		what    string
		suits   func(map[string]any) bool
		perform func(user, id string, event map[string]any) error
	}{
		{"edit", single, func(user, id string, _ map[string]any) error {
			_, err := ctl.UpdateEvent(user, id, map[string]any{"subject": "Verschoben in den großen Saal", "location": map[string]any{"displayName": "Großer Saal"}})
			return err
		}},
		{"move", single, func(user, id string, event map[string]any) error {
			start, err := startOf(event)
			if err != nil {
				return err
			}
			return ctl.MoveEvent(user, id, start.Add(24*time.Hour))
		}},
		{"delete", single, func(user, id string, _ map[string]any) error { return ctl.DeleteEvent(user, id) }},
		{"exception", occurrence, func(user, id string, event map[string]any) error {
			start, err := startOf(event)
			if err != nil {
				return err
			}
			return ctl.MoveEvent(user, id, start.Add(time.Hour))
		}},
	} {
		change, err := e.change(step.what, step.suits, step.perform)
		if err != nil {
			return done, fmt.Errorf("%s: %w", step.what, err)
		}
		done = append(done, change)
	}
	return done, nil
}

// editor finds events to change: each in the mailbox after the last one's.
type editor struct {
	ctl      *graphsim.Control
	people   []graphsim.User
	from, to time.Time
	next     int
}

func (e *editor) change(what string, suits func(map[string]any) bool, perform func(user, id string, event map[string]any) error) (Change, error) {
	for range e.people {
		u := e.people[e.next%len(e.people)]
		e.next++
		state, err := e.ctl.State(u.UPN, e.from, e.to)
		if err != nil {
			return Change{}, err
		}
		for _, event := range state.Events {
			if !suits(event) || !alone(event, state.Masters) || !inside(event, e.from, e.to) {
				continue
			}
			id, _ := event["id"].(string)
			title, _ := event["subject"].(string)
			return Change{what, u.Mail, title}, perform(u.UPN, id, event)
		}
	}
	return Change{}, fmt.Errorf("no mailbox has a suitable event")
}

func single(event map[string]any) bool {
	return event["type"] == "singleInstance" && event["isAllDay"] == false && event["isCancelled"] == false
}

func occurrence(event map[string]any) bool {
	return event["type"] == "occurrence" && event["isAllDay"] == false
}

// alone reports whether an event has no other participants.
func alone(event map[string]any, masters []map[string]any) bool {
	if id, ok := event["seriesMasterId"].(string); ok && id != "" {
		for _, m := range masters {
			if m["id"] == id {
				event = m
			}
		}
	}
	attendees, _ := event["attendees"].([]any)
	return len(attendees) == 0 && event["isOrganizer"] == true
}

// inside reports whether an event lies two days away from the ends of the window
// at least.
func inside(event map[string]any, from, to time.Time) bool {
	start, err := startOf(event)
	return err == nil && start.After(from.AddDate(0, 0, 2)) && start.Before(to.AddDate(0, 0, -2))
}

// startOf is the start of an event, which the simulator shows in UTC.
func startOf(event map[string]any) (time.Time, error) {
	start, _ := event["start"].(map[string]any)
	text, _ := start["dateTime"].(string)
	t, err := time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(text, ".0000000"))
	if err != nil {
		return t, fmt.Errorf("an event of the simulator begins at %q: %w", text, err)
	}
	return t, nil
}
