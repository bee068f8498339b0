package graphsim

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// FuzzQuery sends query options to every collection: whatever they say, the answer is a page or a refusal, never a failure of the service.
func FuzzQuery(f *testing.F) {
	s, err := New(Config{Users: 3, Small: true, Seed: 7})
	if err != nil {
		f.Fatal(err)
	}
	ctl := s.Control()
	first := firstKeys(f, ctl)
	var paths []string
	for _, row := range routes() {
		if row.method == http.MethodGet {
			paths = append(paths, row.pattern)
		}
	}
	for _, q := range []string{
		"$filter=userType eq ‘Member’", "$filter=userType eq companyName", "$filter=not (a eq null)", "$filter='x' eq 'y'", "$filter=eq", "$filter=x/any()",
		"$filter=start/dateTime ge '2026'&$orderby=subject", "$search=\"displayName:a\"", "$expand=a($filter=b eq 1)", "$top=-1&$skip=9", "$select=,", "$deltatoken=x",
		"startDateTime=2026-01-01&endDateTime=2026-02-30", "$filter=id in ()", "$filter=true", "$filter=assignedLicenses/$count ne 0",
		"$filter=singleValueExtendedProperties/any(e:e/id eq 'x' and e/value eq 'y')", "$orderby=",
	} {
		for i := range paths {
			f.Add(uint(i), q, true)
		}
	}
	f.Fuzz(func(t *testing.T, which uint, query string, advanced bool) {
		path := "/" + keysOf(paths[which%uint(len(paths))], first)
		if _, err := url.ParseRequestURI(path + "?" + query); err != nil {
			return
		}
		c := &call{s: s, ctx: t.Context(), method: http.MethodGet, path: path, rawQuery: query, header: http.Header{}, origin: graphOrigin, direct: true}
		if advanced {
			c.header.Set("ConsistencyLevel", "eventual")
		}
		if rep := s.handle(c); rep.status >= 500 && rep.status != http.StatusNotImplemented {
			t.Errorf("GET %s?%s: %d %s", path, query, rep.status, rep.body)
		}
	})
}

// keysOf is a pattern with keys that exist where one is in first, and the word "x" for others.
func keysOf(pattern string, first map[string]string) string {
	segments := splitSlashes(pattern)
	for i, s := range segments {
		if s[0] != '{' {
			continue
		}
		if segments[i] = first[s]; segments[i] == "" {
			segments[i] = "x"
		}
	}
	return strings.Join(segments, "/")
}

// firstKeys are keys of things that a tenant holds, by the name that patterns have for them.
func firstKeys(f *testing.F, ctl *Control) map[string]string {
	upn := ctl.Users()[0].UPN
	first := map[string]string{"{user}": upn}
	for name, path := range map[string]string{
		"{group}": "/groups", "{calendar}": "/users/" + upn + "/calendars", "{event}": "/users/" + upn + "/events", "{list}": "/users/" + upn + "/todo/lists",
		"{contact}": "/users/" + upn + "/contacts", "{mailfolder}": "/users/" + upn + "/mailFolders",
	} {
		page, err := ctl.Do(http.MethodGet, path, nil)
		if err != nil {
			f.Fatal(err)
		}
		first[name] = values(page)[0]["id"].(string)
	}
	return first
}
