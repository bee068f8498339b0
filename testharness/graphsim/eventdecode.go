package graphsim

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// fields is a set of event properties.
type fields uint32

const (
	fSubject fields = 1 << iota
	fBody
	fStart
	fEnd
	fAllDay
	fLocation
	fAttendees
	fCategories
	fImportance
	fSensitivity
	fShowAs
	fReminderOn
	fReminder
	fResponseRequested
	fProposals
	fHidden
	fOnline
	fRecurrence
	fTransaction
	fExtended
)

// fTime are the properties that move an event; fShared those that the organiser's mail carries to the attendees' copies.
const (
	fTime   = fStart | fEnd | fAllDay
	fShared = fSubject | fBody | fTime | fLocation | fAttendees | fImportance | fSensitivity | fResponseRequested | fProposals | fHidden | fOnline | fRecurrence
)

// eventPatch is a decoded request body: which properties it sets, and their values in ev.
type eventPatch struct {
	set  fields
	ev   event
	rule *recurrence // with fRecurrence; nil: null was sent
}

// readOnlyEvent are the properties that a client may send back and Exchange ignores (microsoft-graph-docs, resource "event").
var readOnlyEvent = map[string]bool{
	"id": true, "changekey": true, "createddatetime": true, "lastmodifieddatetime": true, "bodypreview": true, "cancelledoccurrences": true,
	"hasattachments": true, "icaluid": true, "iscancelled": true, "isdraft": true, "isorganizer": true, "onlinemeeting": true, "onlinemeetingurl": true,
	"organizer": true, "originalstart": true, "originalstarttimezone": true, "originalendtimezone": true, "responsestatus": true,
	"seriesmasterid": true, "type": true, "weblink": true, "uid": true, "occurrenceid": true, "onlinemeetingprovider": true,
}

// decodeObject reads a JSON object's members by lower-case name; annotations are left out.
func decodeObject(raw []byte) (map[string]json.RawMessage, *apiError) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return nil, errDeserialize("Unable to deserialize the request body: a JSON object is expected.")
	}
	out := make(map[string]json.RawMessage, len(members))
	for name, v := range members {
		if !strings.Contains(name, "@odata.") {
			out[strings.ToLower(name)] = v
		}
	}
	return out, nil
}

func isNull(raw json.RawMessage) bool { return bytes.Equal(bytes.TrimSpace(raw), []byte("null")) }

// decodeEvent reads the body of a create, or of an update of an event. Zones named in times are taken as Exchange stores them. A recurrence
// without a zone is in that of start, or else of the event as it was.
func (s *Server) decodeEvent(body []byte, of *event) (*eventPatch, *apiError) {
	members, err := decodeObject(body)
	if err != nil {
		return nil, err
	}
	p := &eventPatch{}
	for _, name := range slices.Sorted(maps.Keys(members)) { // locations come after location and win
		if readOnlyEvent[name] || name == "recurrence" {
			continue
		}
		if err := s.decodeEventField(p, name, members[name]); err != nil {
			return nil, err
		}
	}
	if raw, ok := members["recurrence"]; ok {
		p.set |= fRecurrence
		if !isNull(raw) {
			z := p.ev.startZone
			switch {
			case z != nil:
			case of != nil:
				z = of.startZone
			default:
				z, _ = s.zones.get("UTC")
			}
			p.rule, err = s.parseRecurrence(raw, z)
		}
	}
	return p, err
}

func (s *Server) decodeEventField(p *eventPatch, name string, raw json.RawMessage) *apiError {
	e := &p.ev
	var bit fields
	var err *apiError
	switch name {
	case "subject":
		bit, err = fSubject, decodeText(raw, &e.subject)
	case "body":
		bit, err = fBody, decodeHTMLBody(raw, e)
	case "start":
		bit = fStart
		e.start, e.startZone, err = s.decodeMoment(name, raw)
	case "end":
		bit = fEnd
		e.end, e.endZone, err = s.decodeMoment(name, raw)
	case "isallday":
		bit, err = fAllDay, decodeBool(name, raw, &e.allDay)
	case "location":
		bit, err = fLocation, decodePlaces(append(append([]byte{'['}, raw...), ']'), e)
	case "locations":
		bit, err = fLocation, decodePlaces(raw, e)
	case "attendees":
		bit = fAttendees
		e.attendees, err = decodeAttendees(raw)
	case "categories":
		bit = fCategories
		e.categories, err = decodeTexts(name, raw)
	case "importance":
		bit, err = fImportance, decodeEnum(raw, importanceNames[:], &e.importance)
	case "sensitivity":
		bit, err = fSensitivity, decodeEnum(raw, sensitivityNames[:], &e.sensitivity)
	case "showas":
		bit, err = fShowAs, decodeEnum(raw, showAsNames[:], &e.showAs)
	case "isreminderon":
		bit, err = fReminderOn, decodeBool(name, raw, &e.reminderOn)
	case "reminderminutesbeforestart":
		bit = fReminder
		if json.Unmarshal(raw, &e.reminder) != nil {
			err = errDeserialize("Cannot convert the value of '%s' to the expected type 'Edm.Int32'.", name)
		}
	case "responserequested":
		bit, err = fResponseRequested, decodeNot(name, raw, &e.noResponse)
	case "allownewtimeproposals":
		bit, err = fProposals, decodeNot(name, raw, &e.noProposals)
	case "hideattendees":
		bit, err = fHidden, decodeBool(name, raw, &e.hidden)
	case "isonlinemeeting":
		bit, err = fOnline, decodeBool(name, raw, &e.online)
	case "transactionid":
		bit, err = fTransaction, decodeText(raw, &e.txn)
	case "singlevalueextendedproperties", "multivalueextendedproperties", "extensions":
		bit = fExtended
		e.extras, err = e.extras.decoded(name, raw)
	default:
		return errNoMember(name, "Event")
	}
	p.set |= bit
	return err
}

func decodeText(raw json.RawMessage, into *text) *apiError {
	if isNull(raw) {
		*into = ""
		return nil
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return errDeserialize("Cannot convert a value to target type 'Edm.String'.")
	}
	*into = quote(s)
	return nil
}

func decodeBool(name string, raw json.RawMessage, into *bool) *apiError {
	if json.Unmarshal(raw, into) != nil {
		return errDeserialize("Cannot convert the value of '%s' to the expected type 'Edm.Boolean'.", name)
	}
	return nil
}

func decodeNot(name string, raw json.RawMessage, into *bool) *apiError {
	v := true
	err := decodeBool(name, raw, &v)
	*into = !v
	return err
}

func decodeEnum(raw json.RawMessage, names []string, into *byte) *apiError {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		if i := nameIndex(names, s); i >= 0 {
			*into = byte(i)
			return nil
		}
	}
	return errDeserialize("Requested value '%s' was not found.", strings.Trim(string(raw), `"`))
}

func decodeTexts(name string, raw json.RawMessage) ([]text, *apiError) {
	var list []string
	if json.Unmarshal(raw, &list) != nil || isNull(raw) {
		return nil, errDeserialize("Cannot convert the value of '%s' to the expected type 'Collection(Edm.String)'.", name)
	}
	var out []text
	for _, s := range list {
		out = append(out, quote(s))
	}
	return out, nil
}

// decodeHTMLBody reads an itemBody. Exchange stores text as HTML.
func decodeHTMLBody(raw json.RawMessage, e *event) *apiError {
	var body struct{ ContentType, Content string }
	if json.Unmarshal(raw, &body) != nil {
		return errDeserialize("Cannot read the value of 'body'.")
	}
	html := body.Content
	switch strings.ToLower(body.ContentType) {
	case "html":
	case "", "text":
		html = textToHTML(body.Content)
	default:
		return errDeserialize("Requested value '%s' was not found.", body.ContentType)
	}
	e.body, e.preview = quote(html), previewOf(html)
	return nil
}

// refusedZone is an IANA name that reading takes and writing does not (microsoft-graph-docs issue 19286).
const refusedZone = "Africa/Casablanca"

// decodeMoment reads a dateTimeTimeZone. A value with an offset is taken at its offset.
func (s *Server) decodeMoment(name string, raw json.RawMessage) (int64, *zone, *apiError) {
	var m struct {
		DateTime *string `json:"dateTime"`
		TimeZone string  `json:"timeZone"`
	}
	if json.Unmarshal(raw, &m) != nil || m.DateTime == nil {
		return 0, nil, errDeserialize("Cannot read the value of '%s': a dateTimeTimeZone with dateTime is expected.", name)
	}
	if m.TimeZone == "" {
		m.TimeZone = "UTC"
	}
	z, ok := s.zones.stored(m.TimeZone)
	if !ok || m.TimeZone == refusedZone {
		return 0, nil, errZone(m.TimeZone)
	}
	wall, hasOffset, ok := parseWall(*m.DateTime)
	if !ok {
		return 0, nil, errDeserialize("Cannot convert the literal '%s' to the expected type 'Edm.DateTime'.", *m.DateTime)
	}
	if hasOffset {
		return wall, z, nil
	}
	return instantOf(wall, z.loc), z, nil
}

func decodeAttendees(raw json.RawMessage) ([]attendee, *apiError) {
	var list []struct {
		Type         string
		EmailAddress struct{ Name, Address string }
	}
	if json.Unmarshal(raw, &list) != nil {
		return nil, errDeserialize("Cannot read the value of 'attendees'.")
	}
	out := make([]attendee, 0, len(list))
	for _, a := range list {
		k := max(0, nameIndex(attendeeNames[:], a.Type))
		if !strings.Contains(a.EmailAddress.Address, "@") {
			return nil, fail(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
		}
		out = append(out, newAttendee(a.EmailAddress.Name, a.EmailAddress.Address, byte(k)))
	}
	return out, nil
}

// newAttendee is someone invited who has not answered; without a name the address stands for it.
func newAttendee(name, address string, kind byte) attendee {
	if name == "" {
		name = address
	}
	return attendee{person: person{quote(name), quote(address)}, kind: kind}
}
