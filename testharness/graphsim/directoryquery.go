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
	case c.query.Has("search") && !c.isEventual():
		return fail(http.StatusBadRequest, "Request_BadRequest",
			"Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'")
	case c.query.Filter != nil && len(c.query.OrderBy) > 0 && !c.isAdvanced():
		return errUnsupportedQuery("Sorting not supported for current query.")
	}
	if err := c.checkSearch(t); err != nil {
		return err
	}
	for _, k := range c.query.OrderBy {
		l := strings.ToLower(k.Path)
		if !slices.Contains(t.sort, l) && !(c.isAdvanced() && slices.Contains(t.sortMore, l)) {
			return errUnsupportedQuery("Sorting not supported for property '%s'.", k.Path)
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
	for _, name := range c.query.Select {
		lower := strings.ToLower(name)
		switch {
		case t.known[lower] != "" || lower == "*":
		case t.single[lower] != "" && !single:
			return fail(http.StatusNotImplemented, "NotImplemented", "This operation target is not yet supported.")
		case t.single[lower] == "":
			return t.errUnknown(name)
		}
	}
	for _, e := range c.query.Expand {
		if !slices.Contains(t.expand, strings.ToLower(e.Name)) {
			return t.errUnknown(e.Name)
		}
		if c.isAdvanced() {
			return errUnsupportedQuery("The $expand query option is not supported together with advanced query parameters.")
		}
	}
	if len(c.query.Expand) > 1 {
		return errUnsupportedQuery("Only one property can be expanded in a single query.")
	}
	return nil
}

func (c *call) checkSearch(t *directoryType) *apiError {
	if !c.query.Has("search") {
		return nil
	}
	clauses, ok := parseSearch(c.query.Get("search"))
	if !ok {
		return fail(http.StatusBadRequest, "Request_BadRequest",
			"Syntax error: character ':' is expected to separate the property and the value in the $search query parameter.")
	}
	for _, all := range clauses {
		for _, clause := range all {
			if !slices.Contains(t.search, clause.property) {
				return errUnsupportedQuery("Property '%s' is not searchable.", clause.property)
			}
		}
	}
	return nil
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
	if t.known[first] == "" {
		return errUnsupportedQuery("Could not find a property named '%s' on type 'microsoft.graph.%s'.", first, t.typeName())
	}
	if !c.sees(t, "", t.known[first]) {
		return fail(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
	}
	rule, ok := t.rules[path]
	always, advanced := strings.Fields(rule.always), strings.Fields(rule.advanced)
	if op == "ne" || op == "eq" && withNull(leaf) {
		ok = ok && (slices.Contains(always, "eq") || slices.Contains(advanced, op) || slices.Contains(advanced, "eq"))
		always, advanced = nil, []string{op}
	}
	if op == "in" && slices.Contains(always, "eq") && strings.HasSuffix(path, "/*") {
		always = append(always, "in")
	}
	switch {
	case ok && slices.Contains(always, op), ok && slices.Contains(advanced, op) && c.isAdvanced():
		return nil
	case op == "endswith" && slices.Contains(advanced, op):
		return errUnsupportedQuery("Unsupported Query.")
	default:
		return errUnsupportedQuery("Unsupported or invalid query filter clause specified for property '%s' of resource '%s'.", t.known[first], t.name)
	}
}

// withNull tells that a property is compared with null.
func withNull(leaf odata.Leaf) bool {
	return len(leaf.Values) > 0 && leaf.Values[0].Kind == odata.KindNull
}

// searchClause is "property:words".
type searchClause struct {
	property string
	words    []string
}

// parseSearch reads $search of the directory: clauses in quotes, joined by AND and OR, AND binding more tightly. An object is found when all
// clauses of any of the lists hold.
func parseSearch(s string) (anyOf [][]searchClause, ok bool) {
	var all []searchClause
	s = strings.TrimSpace(s)
	for s != "" {
		if s[0] != '"' {
			return nil, false
		}
		end := strings.IndexByte(s[1:], '"')
		if end < 0 {
			return nil, false
		}
		property, words, found := strings.Cut(s[1:end+1], ":")
		if !found || strings.TrimSpace(words) == "" {
			return nil, false
		}
		all = append(all, searchClause{strings.ToLower(strings.TrimSpace(property)), searchWords(words)})
		s = strings.TrimSpace(s[end+2:])
		switch upper := strings.ToUpper(s); {
		case s == "":
		case strings.HasPrefix(upper, "AND "):
			s = strings.TrimSpace(s[4:])
		case strings.HasPrefix(upper, "OR "):
			anyOf, all = append(anyOf, all), nil
			s = strings.TrimSpace(s[3:])
		default:
			return nil, false
		}
	}
	return append(anyOf, all), len(all) > 0
}

// searchWords splits a text as the directory does: at spaces and other separators.
func searchWords(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return strings.ContainsRune(" .,-_@:/'\"()#+", r) })
}

// matchesSearch tells whether each word of the clauses begins a word of its property.
func (e *entry) matchesSearch(anyOf [][]searchClause) bool {
	return slices.ContainsFunc(anyOf, func(all []searchClause) bool {
		return !slices.ContainsFunc(all, func(clause searchClause) bool { return !e.matchesClause(clause) })
	})
}

func (e *entry) matchesClause(clause searchClause) bool {
	var texts []string
	switch v := e.props[typeOf(e).known[clause.property]].(type) {
	case string:
		texts = searchWords(v)
	case []string:
		texts = searchWords(strings.Join(v, " "))
	}
	return !slices.ContainsFunc(clause.words, func(word string) bool {
		return !slices.ContainsFunc(texts, func(text string) bool { return strings.HasPrefix(text, word) })
	})
}
