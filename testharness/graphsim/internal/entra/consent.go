package entra

import (
	"slices"
)

// consented are the delegated permissions an app has for a person, and whether there is any consent at all.
func (a *App) consented(person string) (list []string, any bool) {
	own, given := a.Consents[person]
	list = slices.Clone(a.Everybody)
	for _, name := range own {
		list = appendOnce(list, name)
	}
	return list, given || a.Everybody != nil
}

// missing are the permissions asked for without consent. A sign-in that asks for none needs some consent too. /.default asks for all that
// the registration lists while nothing of Graph was consented to, and is content with what there is afterwards (entra-docs, page
// "permissions-consent-overview").
func (a *App) missing(person string, q scopes) []string {
	have, given := a.consented(person)
	want := q.graph
	if q.all && len(have) == 0 {
		want = a.Scopes
	}
	var out []string
	for _, name := range want {
		if !slices.Contains(have, name) {
			out = append(out, name)
		}
	}
	if len(out) == 0 && !given {
		return slices.Clone(q.oidc)
	}
	return out
}

// grantable is what a token holds of what was asked for: the names, or with /.default all that was consented.
func (a *App) grantable(person string, q scopes) ([]string, *Error) {
	if q.all {
		if have, given := a.consented(person); given {
			return have, nil
		}
		return nil, fail(65001, a.ID, a.Name)
	}
	if len(a.missing(person, q)) > 0 {
		return nil, fail(65001, a.ID, a.Name)
	}
	return q.graph, nil
}

// consent records what a person allowed, or with person "" an administrator for all.
func (a *App) consent(person string, names []string) {
	if person == "" {
		if a.Everybody == nil {
			a.Everybody = []string{}
		}
		for _, n := range names {
			a.Everybody = appendOnce(a.Everybody, n)
		}
		return
	}
	if a.Consents == nil {
		a.Consents = map[string][]string{}
	}
	have := a.Consents[person]
	if have == nil {
		have = []string{}
	}
	for _, n := range names {
		have = appendOnce(have, n)
	}
	a.Consents[person] = have
}
