package graphsim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// query are the options of a request. Keys are kept in order for next links; $ is optional and case is ignored.
type query struct {
	params []param
	top    int // -1: not given
	skip   int
	count  bool
	sel    []string
	filter *node
	order  []orderKey
	expand []expansion
}

type param struct{ key, value string }

type orderKey struct {
	path       string
	descending bool
}

// expansion is an item of $expand: a navigation property with its own $filter and $select.
type expansion struct {
	name   string
	filter *node
	sel    []string
}

func (q *query) get(key string) string {
	for _, p := range q.params {
		if p.key == key {
			return p.value
		}
	}
	return ""
}

func (q *query) has(key string) bool {
	return slices.ContainsFunc(q.params, func(p param) bool { return p.key == key })
}

// systemOptions are the OData options; other keys are custom parameters and keep their spelling without case.
var systemOptions = []string{"select", "filter", "orderby", "top", "skip", "expand", "count", "search", "format", "skiptoken", "deltatoken"}

// parseQuery reads the raw query. Options that a collection does not offer are refused later, by the collection.
func parseQuery(raw string) (query, *apiError) {
	q := query{top: -1}
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		key, err1 := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if err1 != nil || err2 != nil {
			return q, fail(http.StatusBadRequest, "BadRequest", "Invalid query string.")
		}
		key = strings.ToLower(key)
		if name, dollar := strings.CutPrefix(key, "$"); dollar && !slices.Contains(systemOptions, name) {
			return q, fail(http.StatusBadRequest, "BadRequest", "The query parameter '%s' is not supported.", key)
		}
		key = strings.TrimPrefix(key, "$")
		if q.has(key) {
			return q, fail(http.StatusBadRequest, "BadRequest", "Query option '%s' was specified more than once, but it must be specified at most once.", key)
		}
		q.params = append(q.params, param{key, value})
	}
	return q, q.parseOptions()
}

func (q *query) parseOptions() (err *apiError) {
	for _, p := range q.params {
		switch p.key {
		case "top":
			q.top, err = parseCount("$top", p.value)
		case "skip":
			q.skip, err = parseCount("$skip", p.value)
		case "count":
			q.count = strings.EqualFold(p.value, "true")
		case "select":
			q.sel = splitList(p.value)
		case "filter":
			q.filter, err = parseFilter(p.value)
		case "orderby":
			q.order = parseOrder(p.value)
		case "expand":
			q.expand, err = parseExpand(p.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func parseCount(name, value string) (int, *apiError) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return 0, fail(http.StatusBadRequest, "BadRequest",
			"Invalid value '%s' for %s query option found. The %s query option requires a non-negative integer value.", value, name, name)
	}
	return n, nil
}

func splitList(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func parseOrder(s string) []orderKey {
	var out []orderKey
	for _, part := range splitList(s) {
		fields := strings.Fields(part)
		out = append(out, orderKey{path: fields[0], descending: len(fields) > 1 && strings.EqualFold(fields[1], "desc")})
	}
	return out
}

// parseExpand reads "a($filter=…;$select=…),b".
func parseExpand(s string) ([]expansion, *apiError) {
	var out []expansion
	for _, part := range splitOutside(s, ',') {
		part = strings.TrimSpace(part)
		name, inner, nested := strings.Cut(part, "(")
		e := expansion{name: strings.TrimSpace(name)}
		if nested {
			inner = strings.TrimSuffix(inner, ")")
			for _, opt := range splitOutside(inner, ';') {
				k, v, _ := strings.Cut(opt, "=")
				var err *apiError
				switch strings.ToLower(strings.TrimPrefix(strings.TrimSpace(k), "$")) {
				case "filter":
					e.filter, err = parseFilter(v)
				case "select":
					e.sel = splitList(v)
				}
				if err != nil {
					return nil, err
				}
			}
		}
		if e.name != "" {
			out = append(out, e)
		}
	}
	return out, nil
}

// splitOutside splits at sep outside of parentheses and quotes.
func splitOutside(s string, sep byte) []string {
	var out []string
	depth, from, quoted := 0, 0, false
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case ch == '\'':
			quoted = !quoted
		case quoted:
		case ch == '(':
			depth++
		case ch == ')':
			depth--
		case ch == sep && depth == 0:
			out = append(out, s[from:i])
			from = i + 1
		}
	}
	return append(out, s[from:])
}

// selection is $select as a set of lower-case first segments; nil means all.
func (q *query) selection() map[string]bool {
	if len(q.sel) == 0 || slices.Contains(q.sel, "*") {
		return nil
	}
	set := map[string]bool{"id": true, "@odata.etag": true}
	for _, name := range q.sel {
		first, _, _ := strings.Cut(name, "/")
		set[strings.ToLower(first)] = true
	}
	if set["location"] {
		set["locations"] = true // the documentation's answers to $select=location have both
	}
	return set
}

// pageSize is how many rows a page holds: $top, else the preferred size, else the collection's default, never more than most.
func (c *call) pageSize(byDefault, most int) int {
	n := byDefault
	if c.prefer.pageSize > 0 {
		n = c.prefer.pageSize
	}
	if c.query.top > 0 {
		n = c.query.top
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
		if slices.Contains(systemOptions, k) {
			b.WriteString("%24")
		}
		b.WriteString(url.QueryEscape(k))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(v))
	}
	for _, p := range c.query.params {
		if p.key != key {
			write(p.key, p.value)
		}
	}
	write(key, value)
	return b.String()
}

func itoa(n int) string { return strconv.Itoa(n) }
