package graphsim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// maxFound is how many messages a search yields (microsoft-graph-docs, page "search-query-parameter").
const maxFound = 1000

// checkMailSearch refuses the options that a search of messages does not take. A token that may not see bodies may not search in them.
func (c *call) checkMailSearch() *apiError {
	switch {
	case c.query.Has("orderby"):
		return fail(http.StatusBadRequest, "SearchWithOrderBy", "The query parameter '$orderBy' is not supported with '$search'.")
	case c.query.Has("filter"):
		return fail(http.StatusBadRequest, "SearchWithFilter", "The query parameter '$filter' is not supported with '$search'.")
	case c.basic:
		return errAccessDenied()
	}
	return nil
}

// searchMessages are the messages that a search finds, newest first.
func (c *call) searchMessages(items []*message) ([]*message, *apiError) {
	search, err := odata.ParseKQL(c.query.Search)
	if err != nil {
		return nil, queryError(err)
	}
	for _, t := range search.Terms() {
		if t.Property != "" && !searchable[t.Property] {
			return nil, fail(http.StatusBadRequest, "BadRequest", "The property '%s' cannot be searched.", t.Property)
		}
	}
	found := slices.DeleteFunc(items, func(g *message) bool {
		return !search.Matches(func(t odata.Term) bool { return g.matches(c.box, t) })
	})
	return found[:min(len(found), maxFound)], nil
}

// searchable are the properties of messages that a search can name (microsoft-graph-docs, page "search-query-parameter").
var searchable = nameSet("attachment bcc body cc from hasAttachment hasAttachments importance kind participants received recipients sent size subject to")

// matches tells whether a message has what a term looks for: without a property in sender, subject or body.
func (g *message) matches(m *mailbox, t odata.Term) bool {
	people := func(lists ...[]person) bool {
		for _, p := range slices.Concat(lists...) {
			if t.In(p.name.plain()) || t.In(p.address.plain()) {
				return true
			}
		}
		return false
	}
	from := []person{g.from}
	attached := m.attached[attachKey{g.num, noDate}]
	switch t.Property {
	case "":
		return t.In(g.subject.plain()) || t.In(htmlToText(g.body.plain())) || people(from)
	case "subject":
		return t.In(g.subject.plain())
	case "body":
		return t.In(htmlToText(g.body.plain()))
	case "from":
		return people(from)
	case "to":
		return people(g.to)
	case "cc":
		return people(g.cc)
	case "bcc":
		return people(g.bcc)
	case "recipients":
		return people(g.to, g.cc, g.bcc)
	case "participants":
		return people(from, g.to, g.cc, g.bcc)
	case "attachment":
		return slices.ContainsFunc(attached, func(a *attachment) bool { return t.In(a.name.plain()) })
	case "hasattachment", "hasattachments":
		return strings.EqualFold(t.Text, "true") == m.hasAttachments(attachKey{g.num, noDate})
	case "importance":
		return strings.EqualFold(t.Text, importanceNames[g.importance])
	case "kind":
		return strings.EqualFold(t.Text, "email")
	case "size":
		return compareSize(t, g.size(attached))
	case "received":
		return compareDay(t, g.received)
	default:
		return compareDay(t, g.sent)
	}
}

// size is what a message and its attachments take.
func (g *message) size(attached []*attachment) int {
	n := len(g.body)
	for _, a := range attached {
		n += a.size()
	}
	return n
}

// compareDay compares a time with a term's day, or days from..to, in UTC.
func compareDay(t odata.Term, stamp int64) bool {
	day := func(s string) (int64, bool) {
		ticks, ok := odata.ParseStamp(s)
		return floorDiv(ticks, daySeconds*ticksPerSecond), ok
	}
	return compareKQL(t, floorDiv(stamp, daySeconds*ticksPerSecond), day)
}

func compareSize(t odata.Term, size int) bool {
	return compareKQL(t, int64(size), func(s string) (int64, bool) {
		n, err := strconv.ParseInt(s, 10, 64)
		return n, err == nil
	})
}

// compareKQL applies a term's operator; a value that cannot be read matches nothing.
func compareKQL(t odata.Term, v int64, parse func(string) (int64, bool)) bool {
	first, last, span := strings.Cut(t.Text, "..")
	from, ok := parse(first)
	if span {
		to, ok2 := parse(last)
		return ok && ok2 && v >= from && v <= to
	}
	if !ok {
		return false
	}
	switch t.Operator {
	case "<>":
		return v != from
	case "<":
		return v < from
	case "<=":
		return v <= from
	case ">":
		return v > from
	case ">=":
		return v >= from
	default:
		return v == from
	}
}
