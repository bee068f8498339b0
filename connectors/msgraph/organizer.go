package msgraph

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// verdict is what the organiser rule makes of an event: one meeting lies in several mailboxes, and one of the copies counts (invariant
// I-14).
type verdict uint8

const (
	keep     verdict = iota // the organiser's own copy, or an appointment of one person
	release                 // the organiser's mailbox is selected too: his copy counts
	external                // the organiser is not selected: each copy is kept, without the other selected users
)

// judge compares the organiser with the selection, by all addresses of each user, in whatever case.
func (r *round) judge(w *row) verdict {
	if w.owner || len(w.organizer) == 0 {
		return keep
	}
	switch u := r.scope.has(w.organizer); {
	case u == nil:
		return external
	case u.id == r.box.id || r.asLies:
		return keep
	}
	return release
}

// withoutUs removes from a list of attendees the selected users other than the owner of the mailbox.
func (r *round) withoutUs(attendees []byte) (left []byte, changed bool) {
	d := scanner{jsontext.NewDecoder(bytes.NewBuffer(attendees)), attendees}
	if d.dec.PeekKind() != '[' || d.open('[') != nil {
		return attendees, false
	}
	left = append(left, '[')
	for d.dec.PeekKind() != ']' {
		from, to, err := d.raw()
		if err != nil {
			return attendees, false // cannot be: the page was scanned before
		}
		one := attendees[from:to]
		addr, err := address(scanner{jsontext.NewDecoder(bytes.NewBuffer(one)), one})
		if u := r.scope.has(addr); err == nil && u != nil && u.id != r.box.id {
			changed = true
			continue
		}
		if len(left) > 1 {
			left = append(left, ',')
		}
		left = append(left, one...)
	}
	return append(left, ']'), changed
}

// edits are the changes that an event's bytes undergo: no zeros behind the seconds, and the organiser rule.
func (r *round) edits(w *row, v verdict) edits {
	e := edits{{span: w.start.fraction}, {span: w.end.fraction}}
	if v == external && w.attendees.to > w.attendees.from {
		if left, changed := r.withoutUs(w.attendees.of(w.raw)); changed {
			e[2] = edit{w.attendees, left}
		}
	}
	return e
}

func appendQuote(b []byte, s string) []byte {
	b, err := jsontext.AppendQuote(b, s)
	if err != nil {
		return append(b, `""`...) // only for invalid UTF-8, which no page gets past its scan with
	}
	return b
}
