package graphsim

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const permissionsTable = "testdata/permissions.md"

// official is the official map of permissions: by "METHOD /path scheme" the least privileged and all other names.
type official map[string][2][]string

func readOfficial(t *testing.T, dir string) official {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "graph-permissions.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	out := official{}
	for line := range strings.Lines(string(raw)) {
		f := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if len(f) != 5 {
			t.Fatalf("row of %d columns: %q", len(f), line)
		}
		key := f[0] + " " + strings.ToLower(f[1]) + " " + f[2]
		row := out[key]
		out[key] = [2][]string{ours(append(row[0], strings.Fields(f[3])...)), ours(append(row[1], strings.Fields(f[4])...))}
	}
	if len(out) < 1000 {
		t.Fatalf("%d rows", len(out))
	}
	return out
}

// elsewhere are permissions of services that the simulator does not have, although they reach users and groups too.
var elsewhere = regexp.MustCompile(`^(AgentIdUser|Application|Device|DeviceManagement[A-Za-z]*|Group-[A-Za-z]+|[A-Za-z]+-OnPremisesSyncBehavior)\.|\.CrossCloud$|^Group\.ManageProtection`)

func ours(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), elsewhere.MatchString)
}

var variable = regexp.MustCompile(`\{[^}]*\}`)

// find looks a route up, in the forms in which the map may have it: with the user, as /me, without the segments that only narrow it down.
func (o official) find(row *route, scheme string) (least, all []string, ok bool) {
	path := strings.ToLower("/" + variable.ReplaceAllString(row.pattern, "{id}"))
	for _, cut := range []string{"", "/$count", "/$ref"} {
		path = strings.TrimSuffix(path, cut)
	}
	bare := path
	for _, cast := range []string{"/microsoft.graph.user", "/microsoft.graph.group", "/microsoft.graph.orgcontact"} {
		bare = strings.TrimSuffix(bare, cast)
	}
	for _, p := range []string{path, bare, strings.Replace(bare, "/users/{id}", "/me", 1)} {
		if found, ok := o[row.method+" "+p+" "+scheme]; ok {
			return found[0], slices.Concat(found[0], found[1]), true
		}
	}
	return nil, nil, false
}

func sorted(names []string) []string {
	out := slices.Compact(slices.Sorted(slices.Values(names)))
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// permissionResult compares one row's names with the map's.
func permissionResult(have, least, all []string) string {
	var notes []string
	if more := missingOf(have, all); len(more) > 0 {
		notes = append(notes, "more: "+strings.Join(more, " "))
	}
	if less := missingOf(all, have); len(less) > 0 {
		notes = append(notes, "less: "+strings.Join(less, " "))
	}
	if len(have) > 0 && len(least) > 0 && !slices.Contains(least, have[0]) {
		notes = append(notes, "least: "+strings.Join(least, " "))
	}
	if len(notes) == 0 {
		return "same"
	}
	return strings.Join(notes, "; ")
}

func missingOf(from, in []string) []string {
	return slices.DeleteFunc(sorted(from), func(s string) bool { return slices.Contains(in, s) })
}

func TestEveryRouteNamesItsPermissions(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`^[A-Za-z]+(-[A-Za-z]+)?\.[A-Za-z]+(\.[A-Za-z]+)*$`)
	for _, row := range routes() {
		at := row.method + " " + row.pattern
		if row.area == areaOpen || row.area == areaService {
			if len(row.needs.scopes)+len(row.needs.roles) > 0 {
				t.Errorf("%s names permissions, but its area is not checked", at)
			}
			continue
		}
		if len(row.needs.scopes) == 0 {
			t.Errorf("%s names no scopes: see permission.go, and the official map with GLEIS_GRAPH_DATA", at)
		}
		for _, p := range slices.Concat(row.needs.scopes, row.needs.roles) {
			if !name.MatchString(p) {
				t.Errorf("%s: %q is no name of a permission", at, p)
			}
		}
		if len(sorted(row.needs.scopes)) != len(row.needs.scopes) || len(sorted(row.needs.roles)) != len(row.needs.roles) {
			t.Errorf("%s names a permission twice", at)
		}
	}
}

// TestPermissionsAreThoseOfTheOfficialMap holds the committed table of all routes against a comparison made now. GLEIS_UPDATE=1 writes it anew.
func TestPermissionsAreThoseOfTheOfficialMap(t *testing.T) {
	t.Parallel()
	known := readOfficial(t, graphData(t))
	var b bytes.Buffer
	same, different, absent := 0, 0, 0
	reasons, used := permissionReasons(), map[string]bool{}
	rows := routes()
	slices.SortFunc(rows, func(a, b route) int { return strings.Compare(a.pattern+" "+a.method, b.pattern+" "+b.method) })
	for _, row := range rows {
		if row.area == areaOpen || row.area == areaService {
			continue
		}
		for _, kind := range []struct {
			name, scheme string
			have         []string
		}{{"delegated", "DelegatedWork", row.needs.scopes}, {"application", "Application", row.needs.roles}} {
			least, all, ok := known.find(&row, kind.scheme)
			result := "not in the map"
			switch {
			case ok:
				result = permissionResult(kind.have, least, all)
			case len(kind.have) == 0:
				result = "same"
			}
			why := ""
			for _, r := range reasons {
				if r.about.MatchString(row.method + " /" + row.pattern + ", " + kind.name + ": " + result) {
					why, used[r.why] = r.why, true
					break
				}
			}
			switch {
			case result == "same":
				same++
			case why == "":
				t.Errorf("%s /%s, %s: %s: fix it or give a reason", row.method, row.pattern, kind.name, result)
			case !ok:
				absent++
			default:
				different++
			}
			theirs := ""
			if result != "same" {
				theirs = strings.Join(sorted(all), " ")
			}
			if why != "" {
				result += " – " + why
			}
			fmt.Fprintf(&b, "| %s /%s | %s | %s | %s | %s |\n", row.method, row.pattern, kind.name, strings.Join(kind.have, " "), theirs, result)
		}
	}
	for _, r := range reasons {
		if !used[r.why] {
			t.Errorf("no row is different any more because %s", r.why)
		}
	}
	head := fmt.Sprintf(`# Permissions of the simulator's routes and of the official map

The map is microsoftgraph/microsoft-graph-devx-content, permissions/new/permissions.json. Left out of it are permissions of services that the
simulator does not have (%s). Of %d rows %d are the same, %d different on purpose, %d not in the map.

| call | kind | simulator, least privileged first | map, where different | result |
| --- | --- | --- | --- | --- |
`, "`"+strings.ReplaceAll(elsewhere.String(), "|", "\\|")+"`", same+different+absent, same, different, absent)
	checkTable(t, permissionsTable, head+b.String())
}

// checkTable compares a committed table with one made now, or writes it when GLEIS_UPDATE is set.
func checkTable(t *testing.T, path, made string) {
	t.Helper()
	if os.Getenv("GLEIS_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), made); d != "" {
		t.Errorf("%s is not what was compared (GLEIS_UPDATE=1 writes it anew):\n%s", path, d)
	}
}

// permissionReason says why rows differ on purpose; about matches "METHOD /pattern, kind: result".
type permissionReason struct {
	about *regexp.Regexp
	why   string
}

func permissionReasons() []permissionReason {
	return []permissionReason{
		{regexp.MustCompile(`: not in the map$`), "the names are those of the call's page, or of the call it belongs to"},
		{regexp.MustCompile(`^GET /users/\{user\}, delegated: `), "serves /me too, where User.Read is the least"},
		{regexp.MustCompile(`^PATCH /users/\{user\}, `), "permissions for single properties are not told apart; serves /me too"},
		{regexp.MustCompile(`^GET .*delta, \w+: less: Calendars\.ReadBasic$`), "the least is Calendars.Read, of which ReadBasic is a part only"},
		{regexp.MustCompile(`^DELETE /users/\{user\}/todo/lists/\{list\}, delegated: less: Tasks\.Read$`), "a permission to read lets nothing be deleted"},
		{regexp.MustCompile(`: less: \w+\.Read\.Shared$`), "scopes for shared data hold wherever the plain ones do, see access.go"},
		{regexp.MustCompile(`: more: (Calendars\.ReadBasic\.All ?|Mail\.ReadBasic ?|\w+\.ReadWrite(\.All)? ?)+$`),
			"who may write may read; both ReadBasic and ReadBasic.All are application permissions of the permissions reference"},
		{regexp.MustCompile(`^GET .*messages/\{message\}, \w+: more: .*; least: Mail\.Read$`), "ReadBasic, which the map has too, shows less and so comes first"},
		{regexp.MustCompile(`attachments/createUploadSession, \w+: less: (Mail|Calendars)\.ReadWrite`), "the map has events and messages in one row: each wants the permission of its own kind"},
		{regexp.MustCompile(`^GET /users/\{user\}/photos?(/\{size\})?, delegated: more: `), "who may read or write profiles may see their photos"},
	}
}
