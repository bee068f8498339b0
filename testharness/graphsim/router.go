package graphsim

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/csdl"
)

// area is a part of Graph: it decides how a missing permission or user is answered.
type area int

const (
	areaOpen      area = iota // no token needed, or the handler checks by itself
	areaService               // a token, but no permission of its own
	areaDirectory             // users and groups
	areaExchange              // calendars and contacts of a mailbox
	areaTodo                  // To Do
)

// anyMedia is route.media of a body that may be of all types.
const anyMedia = "*"

// route is a row of the table of served paths.
type route struct {
	method   string
	pattern  string // "users/{user}/events/{event}"
	area     area
	needs    permission
	unlocked bool   // the handler takes the lock by itself
	media    string // the beginning of a content type that the body may have besides JSON; anyMedia: all
	handle   func(*call) (*reply, error)

	segments []string
	list     *collection // its row of the table of collections
	target   csdl.Target // the type it leads to
}

func (r *route) class() string { return r.method + " /" + r.pattern }

// isExtension tells that a path is one of open extensions, which have a limit of their own.
func (r *route) isExtension() bool { return strings.Contains(r.pattern, "/extensions") }

func (r *route) allows(t *claims) bool {
	if r.area == areaOpen || r.area == areaService {
		return true
	}
	return r.needs.allows(t)
}

// denied is how the areas answer a missing permission: the directory and Exchange with 403, To Do with an empty 401.
func (r *route) denied() *apiError {
	switch r.area {
	case areaDirectory:
		return errPrivileges()
	case areaTodo:
		return fail(http.StatusUnauthorized, "UnknownError", "")
	default:
		return errAccessDenied()
	}
}

// router finds the route of a path. Names are compared without case, keys as they are.
type router struct {
	byLength map[int][]*route
}

func newRouter(table []route, m *csdl.Model) *router {
	r := &router{byLength: map[int][]*route{}}
	for i := range table {
		row := &table[i]
		row.segments = strings.Split(row.pattern, "/")
		row.describe(m)
		n := len(row.segments)
		r.byLength[n] = append(r.byLength[n], row)
	}
	return r
}

// match returns the route with the most literal segments that fits. Without one, the error names the first segment that no route knows.
func (r *router) match(method string, segments []string) (*route, map[string]string, *apiError) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var best *route
	known, bestLiterals := false, -1
	for _, row := range r.byLength[len(segments)] {
		n := row.fits(segments)
		if n < len(segments) {
			continue
		}
		known = true
		if literals := row.literals(); row.method == method && literals > bestLiterals {
			best, bestLiterals = row, literals
		}
	}
	if best == nil {
		if known {
			return nil, nil, errMethod()
		}
		return nil, nil, r.unknown(segments)
	}
	vars := map[string]string{}
	for i, s := range best.segments {
		if s[0] == '{' {
			vars[s[1:len(s)-1]] = segments[i]
		}
	}
	return best, vars, nil
}

func (r *router) unknown(segments []string) *apiError {
	reach := 0
	for _, rows := range r.byLength {
		for _, row := range rows {
			reach = max(reach, row.fits(segments))
		}
	}
	if len(segments) == 0 {
		return errSegment("")
	}
	return errSegment(segments[min(reach, len(segments)-1)])
}

// fits counts the leading segments that match.
func (r *route) fits(segments []string) int {
	for i, s := range r.segments {
		if i >= len(segments) || s[0] != '{' && !sameName(s, segments[i]) {
			return i
		}
	}
	return len(r.segments)
}

// sameName compares a name of the table with a segment. The model's name space microsoft.graph has the alias graph, which the client
// libraries write.
func sameName(name, segment string) bool {
	return strings.EqualFold(name, segment) || len(segment) < len(name) && strings.EqualFold(name, "microsoft."+segment) && strings.HasPrefix(name, "microsoft.graph.")
}

func (r *route) literals() int {
	n := 0
	for _, s := range r.segments {
		if s[0] != '{' {
			n++
		}
	}
	return n
}

// splitPath makes segments of an escaped path. Both key syntaxes are understood, /users/x and /users('x'), /delta() is
// /delta, and the arguments of a function, /f(a=1,b=2), are a segment of their own.
func splitPath(path string) ([]string, *apiError) {
	var out []string
	for _, part := range splitSlashes(strings.Trim(path, "/")) {
		s, err := url.PathUnescape(part)
		if err != nil {
			return nil, fail(http.StatusBadRequest, "BadRequest", "Invalid request URI.")
		}
		if s == "" {
			continue
		}
		open := strings.IndexByte(s, '(')
		if open <= 0 || s[len(s)-1] != ')' {
			out = append(out, trimNamespace(s))
			continue
		}
		out = append(out, trimNamespace(s[:open]))
		key := s[open+1 : len(s)-1]
		if n := len(key); n >= 2 && key[0] == '\'' && key[n-1] == '\'' {
			out = append(out, strings.ReplaceAll(key[1:n-1], "''", "'"))
		} else if strings.Contains(key, "=") {
			out = append(out, "("+key+")") // an alternate key or the arguments of a function
		} else if key != "" {
			return nil, errSegment(s)
		}
	}
	return out, nil
}

// splitSlashes splits at slashes outside of quotes inside parentheses, where keys may hold one.
func splitSlashes(path string) []string {
	var out []string
	from, quoted, depth := 0, false, 0
	for i := 0; i < len(path); i++ {
		switch ch := path[i]; {
		case ch == '(':
			depth++
		case ch == ')' && depth > 0 && !quoted:
			depth--
		case ch == '\'' && depth > 0:
			quoted = !quoted
		case ch == '/' && !quoted:
			out = append(out, path[from:i])
			from = i + 1
		}
	}
	return append(out, path[from:])
}

// trimNamespace drops the name space of functions: microsoft.graph.delta is delta.
func trimNamespace(s string) string {
	if sameName("microsoft.graph.delta", s) {
		return "delta"
	}
	return s
}
