package graphsim

import (
	"slices"
	"strings"
	"sync"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/csdl"
)

// collection is a row of the table of what collections answer to query options. What a type has at all is in the data model.
type collection struct {
	// paths are the ends of the patterns of its routes, with {} for keys. The longest end that fits a route counts. An item below a
	// collection, and a delta function of it without a row of its own, follow the collection's row.
	paths string
	// page and most are the rows of a page by default and at most.
	page, most int
	// filter is the table of what $filter knows, see readFilters.
	filter string
	// sort are the properties that $orderby knows.
	sort string
	// search tells that $search is offered.
	search bool
	// tracking is the resource in the refusal of the options that change tracking over it does not support; refused are those options.
	tracking, refused string
	// generic: its listing does not filter and sort by itself, so the page does, by the JSON of the rows.
	generic bool
	// own: the handler looks at $select and $expand by itself.
	own bool
	// more looks at what the columns cannot say; nil: nothing.
	more func(*call) *apiError

	rules    map[string]filterRule
	sortable map[string]bool
}

// filterRule says which operators a property takes in $filter: always, or, in the directory, only with the marks of an advanced query.
type filterRule struct{ always, advanced []string }

// readFilters reads a table with a line for each property: its path, with * for the items of a list, its operators, and after a bar those
// of advanced queries. The rules are by lower-case path.
func readFilters(table string) map[string]filterRule {
	rules := map[string]filterRule{}
	for line := range strings.Lines(strings.ToLower(table)) {
		always, advanced, _ := strings.Cut(line, "|")
		if fields := strings.Fields(always); len(fields) > 0 {
			rules[fields[0]] = filterRule{fields[1:], strings.Fields(advanced)}
		}
	}
	return rules
}

// tableOfCollections is the table with its texts read, by path.
var tableOfCollections = sync.OnceValue(func() map[string]*collection {
	byPath := map[string]*collection{}
	for _, row := range collections() {
		row.rules, row.sortable = readFilters(row.filter), nameSet(row.sort)
		for path := range strings.FieldsSeq(row.paths) {
			byPath[strings.ToLower(path)] = &row
		}
	}
	return byPath
})

// otherCollection is the row of a route without one: nothing can be filtered or sorted.
var otherCollection = &collection{page: defaultPage, most: mostPage}

// collectionOf finds the row of a route.
func collectionOf(pattern []string) *collection {
	segments := make([]string, len(pattern))
	for i, s := range pattern {
		if segments[i] = strings.ToLower(s); s[0] == '{' {
			segments[i] = "{}"
		}
	}
	table := tableOfCollections()
	for _, cut := range []int{0, 1} {
		if last := segments[len(segments)-1]; cut == 1 && last != "{}" && last != "delta" {
			break
		}
		for i := range segments[:len(segments)-cut] {
			if row := table[strings.Join(segments[i:len(segments)-cut], "/")]; row != nil {
				return row
			}
		}
	}
	return otherCollection
}

// describe gives a route its row and the type it leads to, which for the number of a collection's items is that of the collection.
func (r *route) describe(m *csdl.Model) {
	segments := r.segments
	if n := len(segments) - 1; segments[n] == "$count" {
		segments = segments[:n]
	}
	r.list = collectionOf(segments)
	r.target, _ = m.Walk(segments)
}

// takes tells whether the collection's $filter knows an operator on a property.
func (l *collection) takes(path, op string) bool { return slices.Contains(l.rules[path].always, op) }
