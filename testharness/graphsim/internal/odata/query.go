package odata

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Options are the options of a request.
type Options struct {
	Params  []Param // all of them in the order given, for next links
	Top     int     // -1: not given
	Skip    int
	Count   bool
	Select  []string
	Filter  *Expr // nil: none
	OrderBy []Key
	Expand  []Expansion
}

// Param is an option as it was given: its name in lower case without the dollar sign, and its value.
type Param struct{ Key, Value string }

// Key is a property to sort by.
type Key struct {
	Path       string
	Descending bool
}

// Expansion is an item of $expand: a navigation property with its own $filter and $select.
type Expansion struct {
	Name   string
	Filter *Expr
	Select []string
}

// Get is the value of an option, by its lower-case name without dollar sign; "" when it is not given.
func (q *Options) Get(key string) string {
	for _, p := range q.Params {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}

// Has tells whether an option was given.
func (q *Options) Has(key string) bool {
	return slices.ContainsFunc(q.Params, func(p Param) bool { return p.Key == key })
}

// systemOptions are the OData options; other keys are custom parameters and keep their spelling without case.
var systemOptions = []string{"select", "filter", "orderby", "top", "skip", "expand", "count", "search", "format", "skiptoken", "deltatoken"}

// IsSystem tells whether a lower-case name without dollar sign is one of OData's options; other parameters are a function's own.
func IsSystem(name string) bool { return slices.Contains(systemOptions, name) }

// Parse reads the raw query of a URL. The dollar sign of the options is optional and their case is ignored.
func Parse(raw string) (Options, error) {
	q := Options{Top: -1}
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		key, err1 := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if err1 != nil || err2 != nil {
			return q, newError("Invalid query string.")
		}
		key = strings.ToLower(key)
		if name, dollar := strings.CutPrefix(key, "$"); dollar && !slices.Contains(systemOptions, name) {
			return q, newError("The query parameter '%s' is not supported.", key)
		}
		key = strings.TrimPrefix(key, "$")
		if q.Has(key) {
			return q, newError("Query option '%s' was specified more than once, but it must be specified at most once.", key)
		}
		q.Params = append(q.Params, Param{key, value})
	}
	return q, q.parseOptions()
}

func (q *Options) parseOptions() (err error) {
	for _, p := range q.Params {
		switch p.Key {
		case "top":
			q.Top, err = parseCount("$top", p.Value)
		case "skip":
			q.Skip, err = parseCount("$skip", p.Value)
		case "count":
			q.Count = strings.EqualFold(p.Value, "true")
		case "select":
			q.Select = splitList(p.Value)
		case "filter":
			q.Filter, err = ParseFilter(p.Value)
		case "orderby":
			q.OrderBy = parseOrder(p.Value)
		case "expand":
			q.Expand, err = parseExpand(p.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func parseCount(name, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return 0, newError(
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

func parseOrder(s string) []Key {
	var out []Key
	for _, part := range splitList(s) {
		fields := strings.Fields(part)
		out = append(out, Key{Path: fields[0], Descending: len(fields) > 1 && strings.EqualFold(fields[1], "desc")})
	}
	return out
}

// parseExpand reads "a($filter=…;$select=…),b".
func parseExpand(s string) ([]Expansion, error) {
	var out []Expansion
	for _, part := range splitOutside(s, ',') {
		part = strings.TrimSpace(part)
		name, inner, nested := strings.Cut(part, "(")
		e := Expansion{Name: strings.TrimSpace(name)}
		if nested {
			inner = strings.TrimSuffix(inner, ")")
			for _, opt := range splitOutside(inner, ';') {
				k, v, _ := strings.Cut(opt, "=")
				var err error
				switch strings.ToLower(strings.TrimPrefix(strings.TrimSpace(k), "$")) {
				case "filter":
					e.Filter, err = ParseFilter(v)
				case "select":
					e.Select = splitList(v)
				}
				if err != nil {
					return nil, err
				}
			}
		}
		if e.Name != "" {
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
