package msgraph

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// quietFields are those whose change Exchange keeps to itself; every other change of a meeting is mailed to its attendees, and there is no switch
// against it (contrib issue 2320).
var quietFields = []string{"categories", "isReminderOn", "reminderMinutesBeforeStart", "showAs", "sensitivity", "singleValueExtendedProperties", "multiValueExtendedProperties"}

// meeting is what decides who gets mail, and what guards a write.
type meeting struct {
	ETag      string          `json:"@odata.etag"`
	Owner     bool            `json:"isOrganizer"`
	Attendees json.RawMessage `json:"attendees"`
}

// before reads the item as it is before the write.
func (w *writing) before(ctx context.Context) (meeting, error) {
	link := w.round.itemPath(w.order.rec.Key)
	if w.req.Object == objectEvent {
		link = query(link, "$select", "id,isOrganizer,attendees")
	}
	var m meeting
	resp, err := w.c.graph.get(ctx, w.order.box.id, link, w.c.graph.prefer())
	if err != nil {
		return m, err
	}
	defer resp.Free()
	err = resp.JSON(&m)
	return m, err
}

// loud reports whether a field of the order is one that people are told about.
func (w *writing) loud() bool {
	return slices.ContainsFunc(w.order.fields, func(m member) bool { return !slices.Contains(quietFields, m.name) })
}

// guests are the addresses in a list of attendees without the owner of the mailbox, in lower case, sorted, each once.
func (w *writing) guests(attendees []byte) []string {
	var list []struct {
		EmailAddress struct {
			Address string `json:"address"`
		} `json:"emailAddress"`
	}
	if w.req.Object != objectEvent || json.Unmarshal(attendees, &list) != nil {
		return nil
	}
	var all []string
	for _, a := range list {
		addr := strings.ToLower(a.EmailAddress.Address)
		if u := w.round.scope.user(addr); addr != "" && (u == nil || u.id != w.order.box.id) {
			all = append(all, addr)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// notified counts who gets mail because of an update: all who take part before or after it, or only those who come and go if nothing else changes.
func (w *writing) notified(fields []member, before meeting) int {
	if !before.Owner {
		return 0
	}
	old, now := w.guests(before.Attendees), w.guests(before.Attendees)
	if list := fieldOf(fields, "attendees"); list != nil {
		now = w.guests(list)
	}
	others := slices.ContainsFunc(fields, func(m member) bool { return m.name != "attendees" && !slices.Contains(quietFields, m.name) })
	n := 0
	for _, a := range old {
		if others || !slices.Contains(now, a) {
			n++
		}
	}
	for _, a := range now {
		if !slices.Contains(old, a) {
			n++
		}
	}
	return n
}

// keepGuests completes a list of attendees for the copy of a meeting whose organiser is not selected: reading has left the selected users out of it, and
// Graph replaces the list as a whole, so without them they would be taken out of the meeting.
func (w *writing) keepGuests(fields []member, before meeting) []member {
	list := fieldOf(fields, "attendees")
	if list == nil || before.Owner || string(list) == "null" {
		return fields
	}
	var now, old []json.RawMessage
	if json.Unmarshal(list, &now) != nil || json.Unmarshal(before.Attendees, &old) != nil {
		return fields
	}
	have := w.guests(list)
	for _, a := range old {
		for _, addr := range w.guests(slices.Concat([]byte{'['}, a, []byte{']'})) {
			if w.round.scope.user(addr) != nil && !slices.Contains(have, addr) {
				now = append(now, a)
			}
		}
	}
	b, err := json.Marshal(now)
	if err != nil {
		return fields
	}
	fields = slices.Clone(fields)
	for i := range fields {
		if fields[i].name == "attendees" {
			fields[i].value = b
		}
	}
	return fields
}

// intentProperty is the extended property that a created contact carries its intent in (one named property, as each takes a slot of the
// mailbox: microsoft-graph-docs, "singleValueLegacyExtendedProperty resource type").
const intentProperty = "String {8d5ac2a5-6f5e-4c28-9a3c-3e2d5b1b7f10} Name GleisIntent"

// intentApplication is the application of the linked resource that a created task carries its intent in.
const intentApplication = "Gleis"

// newFields are the fields of a create with the intent that makes it findable: events have transactionId, which Graph itself compares, contacts an
// extended property, tasks a linked resource. The intent is the host's, never one that was read.
func (w *writing) newFields() ([]member, error) {
	fields, intent := w.order.fields, w.order.rec.Intent
	if intent == "" {
		return fields, nil
	}
	quoted := appendQuote(nil, intent)
	switch w.req.Object {
	case objectEvent:
		return append(slices.Clone(fields), member{"transactionId", quoted}), nil
	case objectContact:
		one := slices.Concat([]byte(`{"id":`), appendQuote(nil, intentProperty), []byte(`,"value":`), quoted, []byte{'}'})
		return withElement(fields, "singleValueExtendedProperties", one)
	}
	shown := fieldOf(fields, "title")
	if len(shown) == 0 || shown[0] != '"' {
		shown = appendQuote(nil, intentApplication)
	}
	one := slices.Concat([]byte(`{"applicationName":`), appendQuote(nil, intentApplication), []byte(`,"externalId":`), quoted, []byte(`,"displayName":`), shown, []byte{'}'})
	return withElement(fields, "linkedResources", one)
}

// withElement appends an element to a list among the fields.
func withElement(fields []member, name string, one []byte) ([]member, error) {
	fields = slices.Clone(fields)
	for i, m := range fields {
		if m.name != name {
			continue
		}
		var list []json.RawMessage
		if err := json.Unmarshal(m.value, &list); err != nil {
			return nil, sdk.Errorf(sdk.Invalid, "data", "the field %q is no list", name)
		}
		b, err := json.Marshal(append(list, one))
		fields[i].value = b
		return fields, err
	}
	return append(fields, member{name, slices.Concat([]byte{'['}, one, []byte{']'})}), nil
}

// instances reads what creating a series made besides: its occurrences from its begin to its end, or to the end of the window if it has none.
func (w *writing) instances(ctx context.Context, id string) ([]sdk.Record, error) {
	r, e := w.round, &eventStep{}
	s, err := e.seriesOf(ctx, r, id)
	if err != nil {
		return nil, err
	}
	var rec struct {
		Range struct {
			Type  string `json:"type"`
			Start string `json:"startDate"`
			End   string `json:"endDate"`
		} `json:"range"`
	}
	for _, m := range s.own {
		if m.name == "recurrence" && json.Unmarshal(m.value, &rec) != nil {
			return nil, sdk.Errorf(sdk.Unavailable, codeMalformed, "the recurrence of the new series cannot be read")
		}
	}
	from, err := time.Parse(time.DateOnly, rec.Range.Start)
	if err != nil {
		return nil, sdk.Errorf(sdk.Unavailable, codeMalformed, "the new series has no start date")
	}
	from = from.AddDate(0, 0, -1) // dates are of the series' zone
	to := r.win.to
	if end, err := time.Parse(time.DateOnly, rec.Range.End); err == nil && rec.Range.Type == "endDate" {
		to = end.AddDate(0, 0, 2)
	} else if rec.Range.Type == "numbered" {
		to = from.AddDate(0, 0, maxWindowDays)
	}
	if longest := from.AddDate(0, 0, maxWindowDays); to.After(longest) {
		to = longest
	}
	if !from.Before(to) {
		return nil, nil
	}
	var b sdk.Batch
	r.arena = nil
	link := query(r.path("/events/"+escape(id)+"/instances"), "startDateTime", instant(from), "endDateTime", instant(to), "$top", "500")
	if err := r.list(ctx, link, func(w *row) error { return e.add(ctx, r, w, &b) }); err != nil {
		return nil, err
	}
	for i := range b.Records {
		b.Records[i].Data = bytes.Clone(b.Records[i].Data)
	}
	return b.Records, nil
}
