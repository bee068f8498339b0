package odata

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Options are the options of a request or, inside of an expansion, of what is expanded.
type Options struct {
	Params  []Param // all of them in the order given, for next links; of a request only
	Top     int     // -1: not given
	Skip    int
	Count   bool
	Select  []string
	Filter  *Expr // nil: none
	OrderBy []Key
	Expand  []Expansion
	Search  string // as given; its form depends on the service, see [ParseSearch] and [ParseKQL]
}

// Param is an option as it was given: its name in lower case without the dollar sign, and its value.
type Param struct{ Key, Value string }

// Key is a property to sort by.
type Key struct {
	Path       string
	Descending bool
}

// Expansion is an item of $expand: a navigation property with options of its own.
type Expansion struct {
	Name string
	Options
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

// systemOptions are the OData options; other keys are parameters of functions.
var systemOptions = []string{"select", "filter", "orderby", "top", "skip", "expand", "count", "search", "format", "skiptoken", "deltatoken"}

// IsSystem tells whether a lower-case name without dollar sign is one of OData's options; other parameters are a function's own.
func IsSystem(name string) bool { return slices.Contains(systemOptions, name) }

// Parse reads the raw query of a URL. The dollar sign of the options is optional and their case is ignored. A parameter that is no option
// keeps its first value.
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
		if name, dollar := strings.CutPrefix(key, "$"); dollar && !IsSystem(name) {
			return q, newError("The query parameter '%s' is not supported.", key)
		}
		key = strings.TrimPrefix(key, "$")
		switch {
		case !q.Has(key):
			q.Params = append(q.Params, Param{key, value})
		case IsSystem(key):
			return q, newError("Query option '$%s' was specified more than once, but it must be specified at most once.", key)
		}
	}
	for _, p := range q.Params {
		if err := q.set(p.Key, p.Value); err != nil {
			return q, err
		}
	}
	return q, nil
}

// set reads one option; names of other parameters are passed over.
func (q *Options) set(name, value string) (err error) {
	switch name {
	case "top":
		q.Top, err = parseCount("$top", value)
	case "skip":
		q.Skip, err = parseCount("$skip", value)
	case "count":
		q.Count = strings.EqualFold(value, "true")
		if !q.Count && !strings.EqualFold(value, "false") {
			return newError("Invalid value '%s' for $count query option found. Valid values are 'true' or 'false'.", value)
		}
	case "select":
		if q.Select, err = parseSelect(value); err != nil {
			return prefixed("Parsing OData Select and Expand failed: ", err)
		}
	case "expand":
		if q.Expand, err = parseExpand(value, 0); err != nil {
			return prefixed("Parsing OData Select and Expand failed: ", err)
		}
	case "filter":
		if q.Filter, err = ParseFilter(value); err != nil {
			return prefixed("Invalid filter clause: ", err)
		}
	case "orderby":
		q.OrderBy, err = parseOrder(value)
	case "search":
		q.Search = value
	case "format":
		if !strings.EqualFold(value, "json") && !strings.HasPrefix(strings.ToLower(value), "application/json") {
			return newError("The value '%s' of the query option '$format' is not supported.", value)
		}
	}
	return err
}

func prefixed(prefix string, err error) error { return newError("%s%s", prefix, err.Error()) }

func parseCount(name, value string) (int, error) {
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || n < 0 {
		return 0, newError("Invalid value '%s' for %s query option found. The %s query option requires a non-negative integer value.", value, name, name)
	}
	return int(n), nil
}

// parseOrder reads "a,b/c desc".
func parseOrder(s string) ([]Key, error) {
	var out []Key
	at := 0
	for part := range strings.SplitSeq(s, ",") {
		fields := strings.Fields(part)
		switch {
		case len(fields) == 0:
			return nil, newError("Expression expected at position %d in '%s'.", at, s)
		case len(fields) > 2 || !isPath(fields[0]) || len(fields) == 2 && !strings.EqualFold(fields[1], "asc") && !strings.EqualFold(fields[1], "desc"):
			return nil, newError("Syntax error at position %d in '%s'.", at+len(part), s)
		}
		out = append(out, Key{Path: fields[0], Descending: len(fields) == 2 && strings.EqualFold(fields[1], "desc")})
		at += len(part) + 1
	}
	return out, nil
}

// isPath tells whether s is a property or a path of some; an at sign begins an annotation's name.
func isPath(s string) bool {
	for part := range strings.SplitSeq(s, "/") {
		if part == "" || part[0] >= '0' && part[0] <= '9' {
			return false
		}
		for i := range len(part) {
			if !isWord(part[i]) && part[i] != '.' {
				return false
			}
		}
	}
	return true
}
