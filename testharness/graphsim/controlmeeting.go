package graphsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// InviteFromOutside is an invitation by somebody who is not of the tenant: each attendee that is gets a copy. meeting is Graph's JSON as Go
// values; the answer is the meeting's iCalUId, by which the organiser changes it later.
func (ctl *Control) InviteFromOutside(name, address string, meeting map[string]any) (iCalUID string, err error) {
	p, err := ctl.outsidePatch(meeting, nil)
	if err != nil {
		return "", err
	}
	s := ctl.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tenant.findByAddress(address) != nil {
		return "", fmt.Errorf("graphsim: %s is of the tenant", address)
	}
	e, failure := p.newEvent(&person{quote(name), quote(address)})
	if failure != nil {
		return "", failure
	}
	e.uid = uidBytes(keyOf(s.tenant.id, address), s.tenant.nextVersion())
	e.created = s.stamp()
	e.modified = e.created
	s.tenant.outside = append(s.tenant.outside, e)
	s.invite(nil, e, e.attendees)
	return text(appendUID(nil, e.uid, noDate)).plain(), nil
}

// UpdateFromOutside is a change by an organiser outside. occurrence is the date of one occurrence ("2026-11-24") or "" for the whole.
func (ctl *Control) UpdateFromOutside(iCalUID, occurrence string, change map[string]any) error {
	return ctl.withOutside(iCalUID, occurrence, func(v view) error {
		p, err := ctl.outsidePatch(change, v.event)
		if err != nil {
			return err
		}
		if _, failure := ctl.s.updateEvent(nil, v, p); failure != nil {
			return failure
		}
		return nil
	})
}

// CancelFromOutside is the organiser's cancellation of a meeting, or of the occurrence of a date.
func (ctl *Control) CancelFromOutside(iCalUID, occurrence string) error {
	return ctl.withOutside(iCalUID, occurrence, func(v view) error {
		ctl.s.cancelEvent(nil, v, "")
		if v.master == nil {
			t := ctl.s.tenant
			t.outside = slices.DeleteFunc(t.outside, func(e *event) bool { return e == v.event })
		}
		return nil
	})
}

// OutsideResponses are the answers that an organiser outside has, by the attendee's address as it was invited.
func (ctl *Control) OutsideResponses(iCalUID string) (map[string]string, error) {
	out := map[string]string{}
	err := ctl.withOutside(iCalUID, "", func(v view) error {
		for _, a := range v.attendees {
			out[a.address.plain()] = responseNames[a.response]
		}
		return nil
	})
	return out, err
}

func (ctl *Control) outsidePatch(body map[string]any, of *event) (*eventPatch, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("graphsim: event: %w", err)
	}
	p, failure := ctl.s.decodeEvent(raw, of)
	if failure != nil {
		return nil, failure
	}
	return p, nil
}

// withOutside calls do with a meeting of an organiser outside, or with one occurrence of it.
func (ctl *Control) withOutside(iCalUID, occurrence string, do func(view) error) error {
	ctl.s.mu.Lock()
	defer ctl.s.mu.Unlock()
	e := ctl.s.tenant.meetingOutside(parseUID(iCalUID))
	if e == nil {
		return fmt.Errorf("graphsim: no meeting of an organiser outside has the iCalUId %q", iCalUID)
	}
	if occurrence == "" {
		return do(viewOf(e))
	}
	date, ok := parseDate(occurrence)
	if !ok || e.series == nil || e.series.isCancelled(date) || !e.series.rule.has(date) {
		return errors.New("graphsim: the meeting has no occurrence on " + occurrence)
	}
	if x := e.series.exceptionAt(date); x != nil {
		return do(e.exceptionView(x))
	}
	return do(e.occurrenceView(date))
}
