package graphsim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

func errUnsupportedQuery(format string, args ...any) *apiError {
	return fail(http.StatusBadRequest, "Request_UnsupportedQuery", format, args...)
}

// isAdvanced tells that a call carries both marks of an advanced query.
func (c *call) isAdvanced() bool { return c.isEventual() && c.query.Count }

func (c *call) isEventual() bool {
	return strings.EqualFold(c.header.Get("ConsistencyLevel"), "eventual")
}

// maxAlternatives is how many conditions "or" may join; that it holds for the literals after "in" too is unconfirmed.
const maxAlternatives = 15

func errPrivileges() *apiError {
	return fail(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
}

// checkDirectory refuses what the directory does not offer, or only to advanced queries (microsoft-graph-docs, page "aad-advanced-queries").
func (c *call) checkDirectory(t *directoryType, single bool) *apiError {
	if err := c.checkNames(t, single); err != nil {
		return err
	}
	switch {
	case c.query.Top == 0 || c.query.Top > 999:
		return errUnsupportedQuery("Invalid page size specified: '%d'. Must be between 1 and 999 inclusive.", c.query.Top)
	case c.query.Has("skip"):
		return fail(http.StatusBadRequest, "Request_BadRequest", "'$skip' is not supported by the service.")
	case c.query.Filter != nil && len(c.query.OrderBy) > 0 && !c.isAdvanced():
		return errUnsupportedQuery("Sorting not supported for current query.")
	}
	if n := c.query.Filter.Alternatives(); n > maxAlternatives {
		return errUnsupportedQuery("Too many child clauses specified in search filter expression containing 'OR' operators: %d. Max allowed: %d.", n, maxAlternatives)
	}
	for _, k := range c.query.OrderBy {
		l := strings.ToLower(k.Path)
		switch {
		case !slices.Contains(t.sort, l) && !(c.isAdvanced() && slices.Contains(t.sortMore, l)):
			return errUnsupportedQuery("Sorting not supported for property '%s'.", k.Path)
		case !c.sees(t, "", t.listed(l)):
			return errPrivileges()
		}
	}
	for leaf := range c.query.Filter.Leaves() {
		if err := c.checkLeaf(t, leaf); err != nil {
			return err
		}
	}
	return nil
}

func (t *directoryType) errUnknown(name string) *apiError {
	return fail(http.StatusBadRequest, "BadRequest",
		"Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.%s'.", name, t.typeName())
}

// typeName is the name in the schema: "user", "orgContact".
func (t *directoryType) typeName() string {
	if t.odata == "" {
		return "directoryObject"
	}
	return strings.TrimPrefix(t.odata, "#microsoft.graph.")
}

// checkNames looks at $select and $expand.
func (c *call) checkNames(t *directoryType, single bool) *apiError {
	if err := t.checkSelect(c.query.Select, single); err != nil {
		return err
	}
	for _, x := range c.query.Expand {
		if err := c.checkExpansion(t, x, single); err != nil {
			return err
		}
	}
	if len(c.query.Expand) > 1 {
		return errUnsupportedQuery("Only one property can be expanded in a single query.")
	}
	return nil
}

func (t *directoryType) checkSelect(names []string, single bool) *apiError {
	for _, name := range names {
		switch {
		case name != "*" && t.names()[strings.ToLower(name)].Name == "":
			return t.errUnknown(name)
		case name != "*" && t.listed(name) == "" && !single:
			return fail(http.StatusNotImplemented, "NotImplemented", "This operation target is not yet supported.")
		}
	}
	return nil
}

// checkExpansion looks at a relationship to expand. The token needs what listing the relationship by itself needs, and $select is all that
// an expansion may carry (that it is so, and the codes, are unconfirmed).
func (c *call) checkExpansion(t *directoryType, x odata.Expansion, single bool) *apiError {
	needs, ok := t.expand[strings.ToLower(x.Name)]
	switch {
	case !ok:
		return t.errUnknown(x.Name)
	case c.isAdvanced():
		return errUnsupportedQuery("The $expand query option is not supported together with advanced query parameters.")
	case x.Filter != nil || x.OrderBy != nil || x.Expand != nil || x.Search != "" || x.Top >= 0 || x.Skip > 0 || x.Count:
		return errUnsupportedQuery("Unsupported Query.")
	case !c.direct && !c.mayRelate(needs, single):
		return errPrivileges()
	}
	return objectType.checkSelect(x.Select, false)
}

// mayRelate tells whether the token holds a permission for a relationship of the objects asked for: the person alone, or anybody.
func (c *call) mayRelate(needs permission, single bool) bool {
	if !needs.allows(c.token) || !c.token.delegated() {
		return needs.allows(c.token)
	}
	u := c.s.tenant.find(c.vars["user"])
	everyone, _ := needs.forOthers(c.token)
	return everyone || single && u != nil && u.id == c.token.user
}

func (c *call) checkLeaf(t *directoryType, leaf odata.Leaf) *apiError {
	path, op := leaf.Path, leaf.Op
	if op == "not" {
		if c.isAdvanced() {
			return nil
		}
		return errUnsupportedQuery(
			"Operator 'not' is not supported because the 'ConsistencyLevel:eventual' header is missing. Refer to https://aka.ms/graph-docs/advanced-queries for more information")
	}
	if len(leaf.Values) == 0 && op != "any" && op != "all" {
		return errUnsupportedQuery("Unsupported or invalid query filter clause specified for property '%s' of resource '%s'.", leaf.Name, t.name)
	}
	first, _, _ := strings.Cut(path, "/")
	property := t.listed(first)
	if property == "" {
		return errUnsupportedQuery("Could not find a property named '%s' on type 'microsoft.graph.%s'.", first, t.typeName())
	}
	if !c.sees(t, "", property) {
		return errPrivileges()
	}
	rule, ok := t.rules[path]
	always, advanced := rule.always, rule.advanced
	if op == "ne" || op == "eq" && withNull(leaf) {
		ok = ok && (slices.Contains(always, "eq") || slices.Contains(advanced, op) || slices.Contains(advanced, "eq"))
		always, advanced = nil, []string{op}
	}
	if op == "in" && slices.Contains(always, "eq") && strings.HasSuffix(path, "/*") {
		always = slices.Concat(always, []string{"in"})
	}
	switch {
	case ok && slices.Contains(always, op), ok && slices.Contains(advanced, op) && c.isAdvanced():
		return nil
	case op == "endswith" && slices.Contains(advanced, op):
		return errUnsupportedQuery("Unsupported Query.")
	default:
		return errUnsupportedQuery("Unsupported or invalid query filter clause specified for property '%s' of resource '%s'.", property, t.name)
	}
}

// withNull tells that a property is compared with null.
func withNull(leaf odata.Leaf) bool {
	return len(leaf.Values) > 0 && leaf.Values[0].Kind == odata.KindNull
}

// directorySearch reads $search; nil: there is none (microsoft-graph-docs, page "search-query-parameter").
func (c *call) directorySearch(t *directoryType) (*odata.Search, *apiError) {
	if !c.query.Has("search") {
		return nil, nil
	}
	if !c.isEventual() {
		return nil, errProperty("Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'")
	}
	search, err := odata.ParseSearch(c.query.Search)
	if err != nil {
		return nil, errProperty("%s", err.Error())
	}
	for _, term := range search.Terms() {
		switch {
		case term.Property == "" || term.Text == "":
			return nil, errProperty("Syntax error: character ':' is expected to separate the property and the value in the $search query parameter.")
		case !slices.Contains(t.search, term.Property):
			return nil, errUnsupportedQuery("Property '%s' is not searchable.", term.Property)
		case !c.sees(t, "", t.listed(term.Property)):
			return nil, errPrivileges()
		}
	}
	return search, nil
}

// finds tells whether an object has what a term of a search looks for: words in displayName and description, beginnings of others.
func (c *call) finds(e *entry, term odata.Term) bool {
	v := c.getter(e)(term.Property)
	if term.Property == "displayname" || term.Property == "description" {
		return term.Begins(v.S)
	}
	begins := func(s string) bool { return strings.HasPrefix(strings.ToLower(s), strings.ToLower(term.Text)) }
	return begins(v.S) || slices.ContainsFunc(v.List, func(item getter) bool { return begins(item("").S) })
}
