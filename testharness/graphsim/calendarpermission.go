package graphsim

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// share is an entry of a calendar's sharing list: a person's, or, without an address, that of everybody in the organisation.
type share struct {
	Address string // lower case; "": My Organization
	Name    string
	Role    string // a calendarRoleType
}

// shareRoles are the roles of a share from the least to the most (microsoft-graph-docs, page "calendarpermission"). The last two, of
// delegates, are only for people of the organisation.
var shareRoles = []string{
	"none", "freeBusyRead", "limitedRead", "read", "write", "delegateWithoutPrivateEventAccess", "delegateWithPrivateEventAccess",
}

const organizationRole = "freeBusyRead"

// sharing is the sharing list of a calendar. The entry of the organisation is always there, last.
func (cal *calendar) sharing() []share {
	if n := len(cal.shares); n > 0 && cal.shares[n-1].Address == "" {
		return cal.shares
	}
	return append(slices.Clip(cal.shares), share{Name: "My Organization", Role: organizationRole})
}

// roleOf is the role of a person in a calendar, by any of the person's addresses, or else the organisation's; nil is a person who is gone.
func (cal *calendar) roleOf(u *user) string {
	if u == nil {
		return "none"
	}
	names := u.addresses()
	for _, sh := range cal.sharing() {
		if sh.Address == "" || slices.Contains(names, sh.Address) {
			return sh.Role
		}
	}
	return "none"
}

func rightOf(role string) right {
	switch i := slices.Index(shareRoles, role); {
	case i >= 4:
		return rightWrite
	case i == 3:
		return rightRead
	default:
		return rightNone
	}
}

// calendarRight is what the signed-in person may do with the calendar that the call names: by its key, by the event's key, or the default
// one. A free/busy role gives no access to events (unconfirmed: Graph may answer with times only).
func (c *call) calendarRight() right {
	cal := c.box.calendars[0]
	if c.ownersOnly() {
		return rightNone
	}
	if c.route.pattern == "users/{user}/calendars" {
		if c.method == http.MethodGet && len(c.openCalendars()) > 0 {
			return rightRead
		}
		return rightNone
	}
	if key, ok := c.vars["calendar"]; ok {
		if id, err := parseID(key, classCalendar); err == nil {
			cal = c.box.calendar(id.num)
		}
	} else if key, ok := c.vars["event"]; ok {
		if id, err := parseID(key, classEvent); err == nil {
			if e, ok := c.box.events.get(id.num); ok {
				cal = c.box.calendar(e.cal)
			}
		}
	}
	return c.rightTo(cal)
}

// ownersOnly tells that the call changes a calendar itself or its sharing, which no role lets a guest do.
func (c *call) ownersOnly() bool {
	p := c.route.pattern
	below := strings.Contains(p, "/events") || strings.HasSuffix(p, "/getSchedule")
	return strings.Contains(p, "/calendarPermissions") || c.method != http.MethodGet && !below
}

// ownsBox tells that the call is made by the mailbox's owner or by an application, who may do all there.
func (c *call) ownsBox() bool {
	return c.direct || c.token == nil || !c.token.delegated() || c.token.user == c.box.user.id
}

// rightTo is what the call's person may do with a calendar of the call's mailbox.
func (c *call) rightTo(cal *calendar) right {
	if cal != nil && cal.of != nil {
		return rightOf(cal.source.roleOf(c.box.user))
	}
	if c.ownsBox() {
		return rightWrite
	}
	u := c.s.tenant.byID[c.token.user]
	if cal == nil || u == nil {
		return rightNone
	}
	return rightOf(cal.roleOf(u))
}

// seesPrivate tells that private items of a calendar show their content to the call's person.
func (c *call) seesPrivate(cal *calendar) bool {
	if cal.of != nil {
		return cal.source.roleOf(c.box.user) == "delegateWithPrivateEventAccess"
	}
	return c.ownsBox() || cal.roleOf(c.s.tenant.byID[c.token.user]) == "delegateWithPrivateEventAccess"
}

// openCalendars are the calendars of the mailbox that the call's person may read.
func (c *call) openCalendars() []*calendar {
	if c.ownsBox() {
		return slices.Concat(c.box.calendars, c.mounted())
	}
	return slices.DeleteFunc(slices.Clone(c.box.calendars), func(cal *calendar) bool { return c.rightTo(cal) < rightRead })
}

// shareOfPath finds the calendar that the path names and the place of the share in its sharing().
func (c *call) shareOfPath() (*calendar, int, *apiError) {
	cal, err := c.calendar()
	if err != nil {
		return nil, 0, err
	}
	for i, sh := range cal.sharing() {
		if sh.id() == c.vars["permission"] {
			return cal, i, nil
		}
	}
	return nil, 0, errItemNotFound()
}

func (sh share) id() string {
	if sh.Address == "" {
		return base64.StdEncoding.EncodeToString([]byte("Default"))
	}
	return base64.StdEncoding.EncodeToString([]byte("ExchangePublishedUser." + sh.Address))
}

// allowed are the roles that the entry may get.
func (c *call) allowedRoles(sh share) []string {
	switch {
	case sh.Address == "":
		return shareRoles[:5]
	case c.s.tenant.byName[sh.Address] == nil:
		return shareRoles[1:4]
	default:
		return shareRoles[1:]
	}
}

func (c *call) appendShare(b []byte, sh share, lead string) []byte {
	w := writer{b: append(append(b, '{'), lead...)}
	w.word("id", sh.id())
	w.bool("isRemovable", sh.Address != "")
	w.bool("isInsideOrganization", sh.Address == "" || c.s.tenant.byName[sh.Address] != nil)
	w.word("role", sh.Role)
	w.raw("allowedRoles", rawJSON(c.allowedRoles(sh)))
	address := map[string]string{"name": sh.Name}
	if sh.Address != "" {
		address["address"] = sh.Address
	}
	w.raw("emailAddress", rawJSON(address))
	return append(w.b, '}')
}

const sharesContext = "calendar/calendarPermissions"

func listShares(c *call) (*reply, error) {
	cal, err := c.calendar()
	if err != nil {
		return nil, err
	}
	return listPage(c, sharesContext, cal.sharing(), func(b []byte, sh share) []byte { return c.appendShare(b, sh, "") }), nil
}

func getShare(c *call) (*reply, error) {
	cal, i, err := c.shareOfPath()
	if err != nil {
		return nil, err
	}
	sh := cal.sharing()[i]
	return c.entity(http.StatusOK, c.appendShare(nil, sh, c.context(sharesContext))), nil
}

// shareBody is the body of a share that is made or changed.
type shareBody struct {
	EmailAddress *struct{ Name, Address string }
	Role         *string
}

func (c *call) shareBody() (body shareBody, err *apiError) {
	if json.Unmarshal(c.body, &body) != nil {
		return body, errDeserialize("Unable to deserialize content.")
	}
	return body, nil
}

// createShare shares a calendar with a person; somebody who already is in the list gets the new role. The status 201 is unconfirmed: the
// documentation shows 200.
func createShare(c *call) (*reply, error) {
	cal, err := c.calendar()
	if err != nil {
		return nil, err
	}
	body, err := c.shareBody()
	if err != nil {
		return nil, err
	}
	if body.EmailAddress == nil || body.Role == nil || !strings.Contains(body.EmailAddress.Address, "@") {
		return nil, errValidation("")
	}
	sh := share{Address: strings.ToLower(body.EmailAddress.Address), Name: body.EmailAddress.Name, Role: *body.Role}
	if u := c.s.tenant.byName[sh.Address]; u != nil {
		sh.Name, sh.Address = u.name, strings.ToLower(u.smtp())
	}
	if sh.Name == "" {
		sh.Name = sh.Address
	}
	if !slices.Contains(c.allowedRoles(sh), sh.Role) {
		return nil, errValidation("")
	}
	cal.setShare(sh)
	return c.entity(http.StatusCreated, c.appendShare(nil, sh, c.context(sharesContext))), nil
}

// setShare puts an entry in the list, in the place of the one for the same address.
func (cal *calendar) setShare(sh share) {
	list := slices.Clone(cal.sharing())
	if i := slices.IndexFunc(list, func(x share) bool { return x.Address == sh.Address }); i >= 0 {
		list[i] = sh
	} else {
		list = slices.Insert(list, len(list)-1, sh)
	}
	cal.shares = list
}

// updateShare changes the role, the only property that can be changed.
func updateShare(c *call) (*reply, error) {
	cal, i, err := c.shareOfPath()
	if err != nil {
		return nil, err
	}
	sh := cal.sharing()[i]
	body, err := c.shareBody()
	if err != nil {
		return nil, err
	}
	if body.Role == nil || !slices.Contains(c.allowedRoles(sh), *body.Role) {
		return nil, errValidation("")
	}
	sh.Role = *body.Role
	cal.setShare(sh)
	return c.entity(http.StatusOK, c.appendShare(nil, sh, c.context(sharesContext))), nil
}

// deleteShare ends a share. The organisation's entry stays; its refusal's code is unconfirmed.
func deleteShare(c *call) (*reply, error) {
	cal, i, err := c.shareOfPath()
	if err != nil {
		return nil, err
	}
	sh := cal.sharing()[i]
	if sh.Address == "" {
		return nil, fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. The permission is not removable.")
	}
	cal.shares = slices.Delete(slices.Clone(cal.sharing()), i, i+1)
	return &reply{status: http.StatusNoContent}, nil
}
