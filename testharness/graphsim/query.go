package graphsim

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// The names by which the stores answer conditions.
type (
	value  = odata.Value
	getter = odata.Getter
)

func textValue(t text) value {
	if t == "" {
		return value{}
	}
	return odata.String(t.plain())
}

// query are the options of a request with what depends on the service. Options that a collection does not offer are refused later, by the
// collection.
type query struct{ odata.Options }

func parseQuery(raw string) (query, *apiError) {
	options, err := odata.Parse(raw)
	if err != nil {
		return query{}, queryError(err)
	}
	return query{options}, nil
}

// queryError is how the services that have no code of their own for it answer a query that cannot be read.
func queryError(err error) *apiError {
	var failure *odata.Error
	if errors.As(err, &failure) {
		return fail(http.StatusBadRequest, "BadRequest", "%s", failure.Message)
	}
	return fail(http.StatusBadRequest, "BadRequest", "%s", err.Error())
}

// selection is $select as a set of lower-case first segments; nil means all.
func (q *query) selection() map[string]bool {
	if len(q.Select) == 0 || slices.Contains(q.Select, "*") {
		return nil
	}
	set := map[string]bool{"id": true, "@odata.etag": true}
	for _, name := range q.Select {
		first, _, _ := strings.Cut(name, "/")
		set[strings.ToLower(first)] = true
	}
	if set["location"] {
		set["locations"] = true // the documentation's answers to $select=location have both
	}
	return set
}

// pageSize is how many rows a page holds: $top, else the preferred size, else the collection's default, never more than most. A larger $top is
// not refused (microsoft-graph-docs issue 12653, for the calendar); only the directory does.
func (c *call) pageSize(byDefault, most int) int {
	n := byDefault
	if c.prefer.pageSize > 0 {
		n = c.prefer.pageSize
	}
	if c.query.Top > 0 {
		n = c.query.Top
	}
	return min(n, most)
}

// link is an absolute URL of this call with one option replaced. Graph writes the dollar sign of list links as %24.
func (c *call) link(key, value string) string {
	var b strings.Builder
	b.WriteString(c.origin)
	b.WriteString("/v1.0")
	b.WriteString(c.path)
	sep := byte('?')
	write := func(k, v string) {
		b.WriteByte(sep)
		sep = '&'
		if odata.IsSystem(k) {
			b.WriteString("%24")
		}
		b.WriteString(url.QueryEscape(k))
		b.WriteByte('=')
		b.WriteString(strings.ReplaceAll(url.QueryEscape(v), "+", "%20"))
	}
	for _, p := range c.query.Params {
		if p.Key != key {
			write(p.Key, p.Value)
		}
	}
	write(key, value)
	return b.String()
}

func itoa(n int) string { return strconv.Itoa(n) }
