package graphsim

import (
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// The directory shows an object of a kind that the token may not read with its type and id, all else null; of users, a token with
// User.ReadBasic.All sees the basic properties (microsoft-graph-docs, pages "group-list-members" and "permissions-reference").

// readers are the permissions that show a kind with all its properties.
var readers = map[string][]string{
	odataUser: {"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	odataGroup: {"Group.ReadBasic.All", "GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", "Group.Create",
		"Directory.Read.All", "Directory.ReadWrite.All"},
	odataContact:      {"OrgContact.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	odataOrganization: {"Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
}

// basicUser are the properties that User.ReadBasic.All shows.
var basicUser = nameSet("displayName givenName id mail photo securityIdentifier surname userPrincipalName")

// sees tells whether the call's token shows a property of objects of a type; id names the object, or is "" for all of the kind. Of lists of
// several kinds each object is asked for by itself.
func (c *call) sees(t *directoryType, id, property string) bool {
	if c.direct || c.token == nil || property == "id" || t.odata == "" || slices.ContainsFunc(readers[t.odata], c.token.holds) {
		return true
	}
	if t != userType {
		return false
	}
	if c.token.delegated() && id == c.token.user && (c.token.holds("User.Read") || c.token.holds("User.ReadWrite")) {
		return true
	}
	return c.token.holds("User.ReadBasic.All") && basicUser[strings.ToLower(property)]
}

// appendObject writes a directory object: the selected properties or the default ones, and what is to be expanded. typed adds the type, as
// lists of several kinds have it.
func (c *call) appendObject(b []byte, e *entry, lead string, typed bool) []byte {
	w := writer{b: append(append(b, '{'), lead...)}
	if typed {
		w.word("@odata.type", e.odata)
	}
	c.writeProps(&w, e, c.query.Select)
	for _, x := range c.query.Expand {
		c.writeExpansion(&w, e, x)
	}
	return append(w.b, '}')
}

func (c *call) writeProps(w *writer, e *entry, selected []string) {
	t := typeOf(e)
	names := t.byDefault
	if len(selected) > 0 && !slices.Contains(selected, "*") {
		names = nil
		for _, s := range selected {
			if n := t.names()[strings.ToLower(s)].Name; n != "" {
				names = append(names, n)
			}
		}
	}
	for _, n := range names {
		w.member(n)
		switch v, ok := e.props[n]; {
		case n == "id":
			w.b = append(append(append(w.b, '"'), e.id...), '"')
		case n == "mailboxSettings":
			w.b = append(w.b, c.settingsOf(e)...)
		case t.names()[strings.ToLower(n)].Collection && (!ok || v == nil || !c.sees(t, e.id, n)):
			w.b = append(w.b, "[]"...)
		case !ok || !c.sees(t, e.id, n):
			w.b = append(w.b, "null"...)
		default:
			w.b = append(w.b, rawJSON(v)...)
		}
	}
}

// maxExpanded is how many objects an expanded relationship shows.
const maxExpanded = 20

// writeExpansion writes a relationship of an object: manager is one object or absent, the others are lists.
func (c *call) writeExpansion(w *writer, e *entry, x odata.Expansion) {
	name := strings.ToLower(x.Name)
	var items []*entry
	switch name {
	case "manager":
		if m := c.s.tenant.managerOf(e); m != nil {
			w.member("manager")
			w.b = append(w.b, '{')
			w.member("@odata.type")
			w.b = appendQuoted(w.b, m.odata)
			c.writeProps(w, m, x.Select)
			w.b = append(w.b, '}')
		}
		return
	case "directreports":
		name, items = "directReports", c.s.tenant.reportsOf(e)
	case "memberof":
		name, items = "memberOf", c.s.tenant.groupsOf(e, false)
	case "transitivememberof":
		name, items = "transitiveMemberOf", c.s.tenant.groupsOf(e, true)
	case "members":
		items = c.s.tenant.groupByID(e.id).members
	case "transitivemembers":
		name, items = "transitiveMembers", c.s.tenant.allMembers(c.s.tenant.groupByID(e.id), map[string]bool{e.id: true})
	case "owners":
		items = c.s.tenant.groupByID(e.id).owners
	}
	w.member(name)
	w.b = append(w.b, '[')
	for i, item := range items[:min(len(items), maxExpanded)] {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(w.b, '{')
		w.member("@odata.type")
		w.b = appendQuoted(w.b, item.odata)
		c.writeProps(w, item, x.Select)
		w.b = append(w.b, '}')
	}
	w.b = append(w.b, ']')
}

// getter answers conditions on an object. Properties that are not there, and those that the token may not see, are null.
func (c *call) getter(e *entry) getter {
	t := typeOf(e)
	return func(path string) value {
		first, rest, _ := strings.Cut(path, "/")
		name := t.listed(first)
		if name == "id" {
			return odata.String(e.id)
		}
		if !c.sees(t, e.id, name) {
			return value{}
		}
		return jsonValue(jsonAt(e.props[name], rest))
	}
}
