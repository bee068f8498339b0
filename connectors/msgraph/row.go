package msgraph

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// row is an item as Graph sent it, with the few fields that decide what becomes of it. The slices point into the page's body and are valid
// as long as that is.
type row struct {
	raw        []byte // the whole object
	id, etag   []byte
	kind       []byte // type: singleInstance, occurrence, exception, seriesMaster
	series     []byte // seriesMasterId
	modified   []byte // lastModifiedDateTime
	start, end moment
	dates      [taskDates]moment
	organizer  []byte // organizer.emailAddress.address
	attendees  span   // the array
	recurrence span   // the object
	removed    bool   // @removed
	owner      bool   // isOrganizer
	allDay     bool
	subject    bool // it has the field: it is no stub
}

// span is a piece of row.raw; it is empty if from equals to.
type span struct{ from, to int }

func (s span) of(raw []byte) []byte { return raw[s.from:s.to] }

// moment is a dateTimeTimeZone.
type moment struct {
	dateTime, zone []byte
	whole          span // the object
	fraction       span // of the dateTime: the part after the seconds, if it is nothing but zeros
}

// scan reads one object from d.
func (r *row) scan(d scanner) error {
	*r = row{}
	if err := d.open('{'); err != nil {
		return err
	}
	base := int(d.dec.InputOffset()) - 1
	for d.dec.PeekKind() != '}' {
		name, err := d.text()
		if err == nil {
			err = r.field(d, string(name), base)
		}
		if err != nil {
			return err
		}
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return err
	}
	r.raw = d.body[base:d.dec.InputOffset():d.dec.InputOffset()]
	return nil
}

func (r *row) field(d scanner, name string, base int) (err error) {
	switch name {
	case "id":
		r.id, err = d.text()
	case "@odata.etag":
		r.etag, err = d.text()
	case "type":
		r.kind, err = d.text()
	case "seriesMasterId":
		r.series, err = d.text()
	case "lastModifiedDateTime":
		r.modified, err = d.text()
	case "start":
		err = r.start.scan(d, base)
	case "end":
		err = r.end.scan(d, base)
	case "dueDateTime":
		err = r.dates[taskDue].scan(d, base)
	case "startDateTime":
		err = r.dates[taskStart].scan(d, base)
	case "completedDateTime":
		err = r.dates[taskCompleted].scan(d, base)
	case "reminderDateTime":
		err = r.dates[taskReminder].scan(d, base)
	case "organizer":
		r.organizer, err = address(d)
	case "attendees":
		r.attendees, err = within(d, base)
	case "recurrence":
		r.recurrence, err = within(d, base)
	case "isOrganizer":
		r.owner, err = truth(d)
	case "isAllDay":
		r.allDay, err = truth(d)
	case "subject":
		r.subject = true
		err = d.dec.SkipValue()
	case "@removed":
		r.removed = true
		err = d.dec.SkipValue()
	default:
		err = d.dec.SkipValue()
	}
	return err
}

func within(d scanner, base int) (span, error) {
	from, to, err := d.raw()
	return span{from - base, to - base}, err
}

func truth(d scanner) (bool, error) {
	t, err := d.dec.ReadToken()
	return err == nil && t.Kind() == 't', err
}

func (m *moment) scan(d scanner, base int) error {
	if d.dec.PeekKind() != '{' {
		return d.dec.SkipValue()
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return err
	}
	m.whole.from = int(d.dec.InputOffset()) - 1 - base
	for d.dec.PeekKind() != '}' {
		name, err := d.text()
		if err != nil {
			return err
		}
		switch string(name) {
		case "dateTime":
			m.dateTime, err = d.text()
			end := int(d.dec.InputOffset()) - 1 - base // of the text, before its quote
			// 2026-11-24T08:00:00.0000000: without the zeros it has the form that is promised.
			i := bytes.IndexByte(m.dateTime, '.')
			plain := err == nil && bytes.HasSuffix(d.body[:end+base], m.dateTime) // without escapes
			if plain && i == len("2006-01-02T15:04:05") && len(bytes.Trim(m.dateTime[i+1:], "0")) == 0 {
				m.fraction = span{end - (len(m.dateTime) - i), end}
				m.dateTime = m.dateTime[:i]
			}
		case "timeZone":
			m.zone, err = d.text()
		default:
			err = d.dec.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	_, err := d.dec.ReadToken()
	m.whole.to = int(d.dec.InputOffset()) - base
	return err
}

// address reads emailAddress.address of a recipient.
func address(d scanner) (addr []byte, err error) {
	return inner(d, "emailAddress", func(d scanner) (x []byte, err error) { return inner(d, "address", scanner.text) })
}

// inner reads the member name of an object with f and skips the others.
func inner(d scanner, name string, f func(scanner) ([]byte, error)) (found []byte, err error) {
	if d.dec.PeekKind() != '{' {
		return nil, d.dec.SkipValue()
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return nil, err
	}
	for d.dec.PeekKind() != '}' {
		n, err := d.text()
		if err != nil {
			return nil, err
		}
		if string(n) == name {
			found, err = f(d)
		} else {
			err = d.dec.SkipValue()
		}
		if err != nil {
			return nil, err
		}
	}
	_, err = d.dec.ReadToken()
	return found, err
}

// member is a name and its value in an object, as raw JSON.
type member struct {
	name  string
	value []byte
}

// members splits an object.
func members(raw []byte) ([]member, error) {
	d := scanner{jsontext.NewDecoder(bytes.NewBuffer(raw)), raw}
	if err := d.open('{'); err != nil {
		return nil, err
	}
	var list []member
	for d.dec.PeekKind() != '}' {
		name, err := d.string()
		if err != nil {
			return nil, err
		}
		from, to, err := d.raw()
		if err != nil {
			return nil, err
		}
		list = append(list, member{name, raw[from:to:to]})
	}
	_, err := d.dec.ReadToken()
	return list, err
}

// edit replaces a piece of a row's bytes.
type edit struct {
	span
	with []byte
}

// edits are the changes to one row; empty ones do nothing.
type edits [taskDates]edit

// appendRow appends the row to b with its edits made and extra (,"name":value …) before its end.
func (r *row) appendRow(b []byte, extra []byte, edits edits) []byte {
	pos := 0
	for {
		next := -1
		for i := range edits { // few and short: no need to sort
			if edits[i].to > edits[i].from && edits[i].from >= pos && (next < 0 || edits[i].from < edits[next].from) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		b = append(append(b, r.raw[pos:edits[next].from]...), edits[next].with...)
		pos = edits[next].to
	}
	end := len(r.raw) - 1
	b = append(b, r.raw[pos:end]...)
	if n := len(b); n > 0 && b[n-1] == '{' && len(extra) > 0 {
		extra = extra[1:] // the object was empty
	}
	return append(append(b, extra...), '}')
}
