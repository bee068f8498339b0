package graphsim

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// mailboxSettings are a person's settings in Outlook (microsoft-graph-docs, pages "mailboxsettings" and "user-update-mailboxsettings"). Their
// fields are encoded as Graph shows them.
type mailboxSettings struct {
	ArchiveFolder string           `json:"archiveFolder"`
	TimeZone      string           `json:"timeZone"` // may be empty
	Delivery      string           `json:"delegateMeetingMessageDeliveryOptions"`
	DateFormat    string           `json:"dateFormat"`
	TimeFormat    string           `json:"timeFormat"`
	UserPurpose   string           `json:"userPurpose"`
	Replies       automaticReplies `json:"automaticRepliesSetting"`
	Language      locale           `json:"language"`
	WorkingHours  workingHours     `json:"workingHours"`
}

type automaticReplies struct {
	Status   string      `json:"status"`
	Audience string      `json:"externalAudience"`
	Internal string      `json:"internalReplyMessage"`
	External string      `json:"externalReplyMessage"`
	Start    zonedMoment `json:"scheduledStartDateTime"`
	End      zonedMoment `json:"scheduledEndDateTime"`
}

type zonedMoment struct {
	DateTime string `json:"dateTime"`
	TimeZone string `json:"timeZone"`
}

type locale struct {
	Locale string `json:"locale"`
	Name   string `json:"displayName"`
}

type workingHours struct {
	Days  []string `json:"daysOfWeek"`
	Start string   `json:"startTime"`
	End   string   `json:"endTime"`
	Zone  struct {
		Name string `json:"name"`
	} `json:"timeZone"`
}

// mailSettings are the user's settings: those that were made, or the ones a mailbox begins with.
func (s *Server) mailSettings(u *user) mailboxSettings {
	if u.settings != nil {
		return *u.settings
	}
	midnight := floorDiv(s.now().Unix(), daySeconds) * daySeconds
	at := func(wall int64) zonedMoment { return zonedMoment{string(appendWall(nil, wall)), "UTC"} }
	m := mailboxSettings{
		TimeZone: seedZone, Delivery: "sendToDelegateOnly", DateFormat: "dd.MM.yyyy", TimeFormat: "HH:mm", UserPurpose: "user",
		Replies:  automaticReplies{Status: "disabled", Audience: "none", Start: at(midnight), End: at(midnight + daySeconds)},
		Language: locale{"de-DE", languages["de-DE"]},
		WorkingHours: workingHours{
			Days: []string{"monday", "tuesday", "wednesday", "thursday", "friday"}, Start: "08:00:00.0000000", End: "17:00:00.0000000",
		},
	}
	m.WorkingHours.Zone.Name = seedZone
	if u.room != nil {
		m.UserPurpose = "room"
	}
	return m
}

// settingsOf is a user's settings as a property of the user: null without a mailbox.
func (c *call) settingsOf(e *entry) []byte {
	u := c.s.tenant.byID[e.id]
	if u == nil || u.box == nil {
		return []byte("null")
	}
	return []byte(rawJSON(c.s.mailSettings(u)))
}

// settingNames are the members of the settings that have a path of their own, and whether their value is an object.
var settingNames = map[string]bool{
	"archiveFolder": false, "timeZone": false, "delegateMeetingMessageDeliveryOptions": false, "dateFormat": false, "timeFormat": false, "userPurpose": false,
	"automaticRepliesSetting": true, "language": true, "workingHours": true,
}

func getSettings(c *call) (*reply, error) {
	return &reply{status: http.StatusOK, body: c.appendSettings(c.query.selection())}, nil
}

// settingMembers are the user's settings as JSON, by name.
func (c *call) settingMembers() map[string]json.RawMessage {
	members := map[string]json.RawMessage{}
	json.Unmarshal([]byte(rawJSON(c.s.mailSettings(c.user))), &members) //nolint:errcheck // of our own making
	return members
}

// appendSettings writes the settings whose lower-case names are wanted; nil means all.
func (c *call) appendSettings(wanted map[string]bool) []byte {
	members := c.settingMembers()
	w := writer{b: append([]byte(`{"@odata.context":`), quote(c.contextURL("mailboxSettings"))...), sel: wanted}
	for _, name := range slices.Sorted(maps.Keys(settingNames)) {
		w.raw(name, string(members[name]))
	}
	return append(w.b, '}')
}

// getSetting answers with one setting: an object as itself, other values as "value".
func getSetting(name string) func(*call) (*reply, error) {
	return func(c *call) (*reply, error) {
		members := c.settingMembers()
		b := append([]byte(`{"@odata.context":`), quote(c.contextURL("mailboxSettings/"+name))...)
		if settingNames[name] {
			b = append(append(b, ','), members[name][1:]...)
		} else {
			b = append(append(append(b, `,"value":`...), members[name]...), '}')
		}
		return &reply{status: http.StatusOK, body: b}, nil
	}
}

// updateSettings changes the members given, objects in part, and answers with them.
func updateSettings(c *call) (*reply, error) {
	members, err := decodeObject(c.body)
	if err != nil {
		return nil, err
	}
	m := c.s.mailSettings(c.user)
	m.WorkingHours.Days = slices.Clone(m.WorkingHours.Days)
	wanted := map[string]bool{}
	for lower, raw := range members {
		at, err := m.member(lower)
		if err != nil {
			return nil, err
		}
		if lower == "workinghours" && strings.Contains(strings.ToLower(string(raw)), `"daysofweek"`) {
			m.WorkingHours.Days = nil
		}
		if json.Unmarshal(raw, at) != nil {
			return nil, errDeserialize("The property '%s' has an invalid value.", lower)
		}
		wanted[lower] = true
	}
	if err := c.s.checkSettings(&m, wanted); err != nil {
		return nil, err
	}
	c.user.settings = &m
	return &reply{status: http.StatusOK, body: c.appendSettings(wanted)}, nil
}

// member is where a setting that can be changed is kept.
func (m *mailboxSettings) member(lower string) (any, *apiError) {
	switch lower {
	case "timezone":
		return &m.TimeZone, nil
	case "delegatemeetingmessagedeliveryoptions":
		return &m.Delivery, nil
	case "dateformat":
		return &m.DateFormat, nil
	case "timeformat":
		return &m.TimeFormat, nil
	case "automaticrepliessetting":
		return &m.Replies, nil
	case "language":
		return &m.Language, nil
	case "workinghours":
		return &m.WorkingHours, nil
	case "userpurpose", "archivefolder":
		return nil, errValidation("The property '%s' is read-only and cannot be set.", lower)
	default:
		return nil, errDeserialize("The property '%s' does not exist on type 'microsoft.graph.mailboxSettings'.", lower)
	}
}

// checkSettings refuses changed settings that Outlook does not know.
func (s *Server) checkSettings(m *mailboxSettings, changed map[string]bool) *apiError {
	zones := []string{}
	if changed["timezone"] {
		zones = append(zones, m.TimeZone)
	}
	if changed["workinghours"] {
		zones = append(zones, m.WorkingHours.Zone.Name)
	}
	for _, name := range zones {
		if _, ok := s.zones.get(name); !ok {
			return errZone(name)
		}
	}
	if changed["language"] {
		name, ok := languages[m.Language.Locale]
		if !ok {
			return errValidation("The locale '%s' is not supported.", m.Language.Locale)
		}
		m.Language.Name = name
	}
	ok := slices.Contains([]string{"sendToDelegateAndInformationToPrincipal", "sendToDelegateAndPrincipal", "sendToDelegateOnly"}, m.Delivery) &&
		slices.Contains([]string{"disabled", "alwaysEnabled", "scheduled"}, m.Replies.Status) &&
		slices.Contains([]string{"none", "contactsOnly", "all"}, m.Replies.Audience)
	for _, day := range m.WorkingHours.Days {
		ok = ok && slices.Contains(weekdayNames[:], day)
	}
	for _, at := range []*string{&m.WorkingHours.Start, &m.WorkingHours.End} {
		clock, err := time.Parse("15:04:05.9999999", *at)
		ok = ok && err == nil
		*at = clock.Format("15:04:05.0000000")
	}
	start, okStart := s.momentOf(m.Replies.Start)
	end, okEnd := s.momentOf(m.Replies.End)
	if !ok || !okStart || !okEnd || m.Replies.Status == "scheduled" && end <= start {
		return errValidation("")
	}
	return nil
}

// momentOf reads a moment with its zone as an instant.
func (s *Server) momentOf(m zonedMoment) (int64, bool) {
	wall, hasOffset, ok := parseWall(m.DateTime)
	z, known := s.zones.get(m.TimeZone)
	if !ok || !known {
		return 0, false
	}
	if hasOffset {
		return wall, true
	}
	return instantOf(wall, z.loc), true
}
