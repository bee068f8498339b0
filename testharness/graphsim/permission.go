package graphsim

import "slices"

// permission says who may call a route: any of these scopes of a person's token, any of these roles of an application's, least privileged
// first (microsoft-graph-docs, page "permissions-reference"). An empty list means that the call is not offered to that kind of token.
type permission struct{ scopes, roles []string }

// same is a permission of the same names for people and applications.
func same(names ...string) permission { return permission{scopes: names, roles: names} }

func (p permission) allows(t *claims) bool {
	granted, wanted := t.roles, p.roles
	if t.delegated() {
		granted, wanted = t.scopes, p.scopes
	}
	return slices.ContainsFunc(wanted, func(name string) bool { return slices.Contains(granted, name) })
}

// allRoles are what the client is granted by default.
func allRoles() []string {
	return []string{
		"Calendars.ReadWrite", "Contacts.ReadWrite", "GroupMember.Read.All", "Group.ReadBasic.All", "MailboxSettings.Read", "Tasks.ReadWrite.All", "User.Read.All",
	}
}
