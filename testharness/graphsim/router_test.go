package graphsim

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/csdl"
)

func TestPathsAreReadAsGraphDoes(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{
		"/users/a@b.example/events":                     {"users", "a@b.example", "events"},
		"/users('a@b.example')/events('AAMk%3D')":       {"users", "a@b.example", "events", "AAMk="},
		"/users/AAMk=/":                                 {"users", "AAMk="},
		"/users/x/calendarView/delta()":                 {"users", "x", "calendarView", "delta"},
		"/users/x/calendarView/microsoft.graph.delta()": {"users", "x", "calendarView", "delta"},
		"/groups/x/members/microsoft.graph.user":        {"groups", "x", "members", "microsoft.graph.user"},
		"/users/x/reminderView(startDateTime='2026-11-01T08:00:00+01:00',endDateTime=b)": {"users", "x", "reminderView", "(startDateTime='2026-11-01T08:00:00+01:00',endDateTime=b)"},
		"/users('o''brien@b')": {"users", "o'brien@b"},
		"/users('a/b')/events": {"users", "a/b", "events"},
		"/users/a%2Fb/events":  {"users", "a/b", "events"},
	} {
		got, err := splitPath(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	for _, path := range []string{"/users/%zz", "/users(x)"} {
		if got, err := splitPath(path); err == nil {
			t.Errorf("%s is %v", path, got)
		}
	}
}

func TestNamesHaveNoCaseAndKeysDo(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	upn := r.users[0].UPN
	id := values(r.get("/users/" + upn + "/events?top=1"))[0]["id"].(string)
	for _, path := range []string{
		"/USERS/" + strings.ToUpper(upn) + "/Events/" + id, "/users('" + upn + "')/events('" + id + "')", "/users/" + r.users[0].ID + "/calendar/events/" + url.PathEscape(id),
	} {
		if got := r.get(path)["id"]; got != id {
			t.Errorf("%s: %v", path, got)
		}
	}
	r.refused(r.send("GET", "/users/"+upn+"/events/"+strings.ToLower(id), nil), 400, "ErrorInvalidIdMalformed")
	resp := r.send("GET", r.url+"/beta/users", nil)
	r.refused(resp, 400, "BadRequest")
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"/users('a')/events", "/users/%41", "/a(b)/c", "((((", "/users('a"} {
		f.Add(s)
	}
	table := newRouter(routes(), &csdl.Model{})
	f.Fuzz(func(t *testing.T, path string) {
		segments, err := splitPath(path)
		if err != nil {
			return
		}
		if route, vars, err := table.match("GET", segments); err == nil && (route == nil || vars == nil) {
			t.Errorf("%q matches nothing", path)
		}
	})
}

func FuzzDeltaToken(f *testing.F) {
	s, err := New(Config{Users: 1, Small: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.deltaToken(position{kind: deltaView, num: 7}))
	f.Add("abc")
	f.Fuzz(func(t *testing.T, token string) {
		if p, ok := s.parseDeltaToken(token); ok && s.deltaToken(p) != token {
			t.Errorf("%q is taken for %+v", token, p)
		}
	})
}
