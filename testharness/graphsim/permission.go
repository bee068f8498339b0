package graphsim

import (
	"slices"
	"strings"
)

// permission says who may call a route: any of these scopes of a person's token, any of these roles of an application's, least privileged
// first (microsoft-graph-docs, page "permissions-reference"). An empty list means that the call is not offered to that kind of token.
type permission struct{ scopes, roles []string }

// same is a permission of the same names for people and applications.
func same(names ...string) permission { return permission{scopes: names, roles: names} }

// allows tells whether the token holds one of the names. A scope for shared data holds for the person's own data too.
func (p permission) allows(t *claims) bool {
	if !t.delegated() {
		return slices.ContainsFunc(p.roles, t.holds)
	}
	return slices.ContainsFunc(p.scopes, func(name string) bool { return t.holds(name) || t.holds(name+shared) })
}

// shared ends the scopes that reach what others share with the person.
const shared = ".Shared"

// forOthers tells whether a person's token reaches beyond the person: a scope for all people or for shared data.
func (p permission) forOthers(t *claims) (everyone, sharing bool) {
	for _, name := range p.scopes {
		everyone = everyone || strings.HasSuffix(name, ".All") && t.holds(name)
		sharing = sharing || t.holds(name+shared) || strings.HasSuffix(name, shared) && t.holds(name)
	}
	return everyone, sharing
}

// subject is what the permission is about: "Calendars", "Contacts", "Mail".
func (p permission) subject() string {
	name, _, _ := strings.Cut(slices.Concat(p.scopes, p.roles, []string{"."})[0], ".")
	return name
}

// writes tells that reading alone does not suffice.
func (p permission) writes() bool {
	return !slices.ContainsFunc(p.scopes, func(name string) bool {
		return strings.Contains(name, ".Read") && !strings.Contains(name, ".ReadWrite")
	})
}

// basic tells that the token holds only permissions of the kind ReadBasic among those that fit.
func (p permission) basic(t *claims) bool {
	wanted := p.roles
	if t.delegated() {
		wanted = p.scopes
	}
	return !slices.ContainsFunc(wanted, func(name string) bool {
		return !strings.Contains(name, ".ReadBasic") && (t.holds(name) || t.delegated() && t.holds(name+shared))
	})
}

// holds tells whether the token carries the scope or role.
func (t *claims) holds(name string) bool {
	if t.delegated() {
		return slices.Contains(t.scopes, name)
	}
	return slices.Contains(t.roles, name)
}

// defaultRoles are what the client is granted by default: for every route one of its roles, as few as the rows with the fewest roles ask
// for, so that a new route needs no second list.
func defaultRoles(table []route) []string {
	rows := slices.Clone(table)
	slices.SortStableFunc(rows, func(a, b route) int { return len(a.needs.roles) - len(b.needs.roles) })
	app := &claims{}
	for _, row := range rows {
		if len(row.needs.roles) > 0 && !row.needs.allows(app) {
			app.roles = append(app.roles, row.needs.roles[0])
		}
	}
	slices.Sort(app.roles)
	return app.roles
}
