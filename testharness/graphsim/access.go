package graphsim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// A person's token reaches what its scopes name and the person may do: everything in the own mailbox, and in another's what its owner
// shared with the person. An application's token reaches every mailbox, unless an access policy limits the application
// (microsoft-graph-docs, pages "auth-overview" and "auth-limit-mailbox-access").

// right is what somebody may do with a folder of a mailbox; a higher one includes the lower ones.
type right byte

const (
	rightNone right = iota
	rightRead
	rightWrite
)

// grants are what a mailbox's owner shares with one person besides calendars, whose sharing stands with the calendar.
type grants struct{ Contacts, Mail, Send right }

// checkAccess refuses the calls whose token has the right permission for a mailbox that it may not open.
func (c *call) checkAccess() *apiError {
	if c.direct {
		return nil
	}
	c.basic = c.route.needs.basic(c.token)
	c.query.Expand = slices.DeleteFunc(c.query.Expand, func(x odata.Expansion) bool { return c.hidden()[strings.ToLower(x.Name)] })
	if !c.token.delegated() {
		return c.checkPolicy()
	}
	if c.user.id == c.token.user {
		return nil
	}
	everyone, sharing := c.route.needs.forOthers(c.token)
	if everyone {
		return nil
	}
	wanted := rightRead
	if c.route.needs.writes() {
		wanted = rightWrite
	}
	if !sharing || c.rightOfPerson() < wanted {
		return c.route.denied()
	}
	return nil
}

// beyondBasic are the members of events and messages that permissions of the kind ReadBasic do not show (microsoft-graph-docs, page
// "permissions-reference"; bodyPreview of events is unconfirmed).
var beyondBasic = nameSet("body bodyPreview uniqueBody attachments extensions singleValueExtendedProperties multiValueExtendedProperties")

// hidden are the members that the call's token may not see.
func (c *call) hidden() map[string]bool {
	if !c.basic {
		return nil
	}
	return beyondBasic
}

// checkHidden refuses conditions on what the call's token may not see.
func (c *call) checkHidden() *apiError {
	for leaf := range c.query.Filter.Leaves() {
		if first, _, _ := strings.Cut(leaf.Path, "/"); c.hidden()[first] {
			return errAccessDenied()
		}
	}
	return nil
}

func errAccessDenied() *apiError {
	return fail(http.StatusForbidden, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
}

// checkSettingsOf refuses the mailbox settings as a property of a user to tokens that could not read them by themselves.
func (c *call) checkSettingsOf(e *entry) *apiError {
	selected := slices.ContainsFunc(c.query.Select, func(name string) bool { return strings.EqualFold(name, "mailboxSettings") })
	switch {
	case c.direct || !selected || e.odata != odataUser:
		return nil
	case !readSettings.allows(c.token), c.token.delegated() && c.token.user != e.id:
		return errAccessDenied()
	case !c.token.delegated():
		return c.checkPolicyFor(e.id)
	}
	return nil
}

// checkPolicy applies the application's access policy. It is Exchange's and does not cover To Do.
func (c *call) checkPolicy() *apiError {
	if c.route.area != areaExchange {
		return nil
	}
	return c.checkPolicyFor(c.user.id)
}

func (c *call) checkPolicyFor(user string) *apiError {
	if allowed, limited := c.s.tenant.policies[c.token.app]; !limited || allowed[user] {
		return nil
	}
	return fail(http.StatusForbidden, "ErrorAccessDenied", "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.")
}

// rightOfPerson is what the signed-in person may do with the folder that the call is about.
func (c *call) rightOfPerson() right {
	shared := c.box.grants[c.token.user]
	switch c.route.needs.subject() {
	case "Calendars":
		return c.calendarRight()
	case "Contacts":
		return shared.Contacts
	case "Mail":
		if c.route.needs.scopes[0] == "Mail.Send" {
			return shared.Send
		}
		return shared.Mail
	default:
		return rightNone
	}
}

// checkDirectoryAccess keeps a token that may only read the own profile from the others'.
func (c *call) checkDirectoryAccess() *apiError {
	name, ok := c.vars["user"]
	if c.direct || !ok || !c.token.delegated() {
		return nil
	}
	c.s.mu.RLock()
	defer c.s.mu.RUnlock()
	if u := c.s.tenant.find(name); u != nil && u.id == c.token.user {
		return nil
	}
	if everyone, _ := c.route.needs.forOthers(c.token); !everyone {
		return c.route.denied()
	}
	return nil
}
