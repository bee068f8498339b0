package graphsim

import (
	"slices"
	"strings"
	"testing"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/csdl"
)

// TestTheTableOfCollectionsNamesWhatTheModelHas follows each path of the table from the types of its routes.
func TestTheTableOfCollectionsNamesWhatTheModelHas(t *testing.T) {
	t.Parallel()
	m, err := csdl.Load()
	if err != nil {
		t.Fatal(err)
	}
	used := map[*collection]bool{}
	for _, row := range routes() {
		row.segments = strings.Split(row.pattern, "/")
		row.describe(m)
		used[row.list] = true
		if !row.target.Collection || row.method != "GET" {
			continue
		}
		for path := range row.list.rules {
			if _, missing, _ := m.Find(row.target.Type, path); missing != "" && !strings.HasSuffix(path, "name") {
				t.Errorf("%s: %s has no %s of %s", row.pattern, row.target.Type.Name, missing, path)
			}
		}
		if (row.area == areaExchange || row.area == areaTodo) && row.list == otherCollection {
			t.Errorf("%s has no row in the table", row.pattern)
		}
	}
	for path, row := range tableOfCollections() {
		if !used[row] {
			t.Errorf("no route follows the row of %s", path)
		}
	}
	for pattern, want := range map[string]string{
		"users/{user}/contactFolders/{folder}/contacts/delta":        "orderby filter expand search top",
		"users/{user}/contacts/delta":                                "orderby filter select expand search top",
		"users/{user}/calendars/{calendar}/events/{event}":           "",
		"users/{user}/mailFolders/{mailFolder}/messages/{message}":   "",
		"users/{user}/mailFolders/{mailFolder}/messages/delta":       "",
		"users/{user}/events/{event}/attachments/{attachment}":       "",
		"users/{user}/calendars/{calendar}/calendarView/delta":       "orderby filter select expand search",
		"users/{user}/contactFolders/{folder}/childFolders/{folder}": "",
	} {
		if got := collectionOf(strings.Split(pattern, "/")); got.refused != want || got == otherCollection {
			t.Errorf("%s follows the row of %q", pattern, got.paths)
		}
	}
}

// TestQueriesOfCollections asks each collection what it takes and what it refuses.
func TestQueriesOfCollections(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 5})
	box, view := r.box(0), "/calendarView?"+month()+"&"
	lists := box + "/todo/lists"
	tasks := r.tasks(0)
	event := box + "/events/" + values(r.get(box + "/events?$top=1"))[0]["id"].(string)
	const nodes = "ErrorInvalidUrlQueryFilter The query filter contains one or more invalid nodes."
	const unknownEvent = "RequestBroker--ParseUri Could not find a property named 'nonsense' on type 'Microsoft.OutlookServices.Event'."
	for query, want := range map[string]string{
		box + "/events?$filter=subject eq 'x' or (startswith(subject,'A') and not isAllDay eq true)&$orderby=start/dateTime desc,subject": "",
		box + "/events?$filter=categories/any(c:c eq 'Kunde') and importance eq 'high' and type ne 'seriesMaster'":                        "",
		box + "/events?$filter=start/dateTime ge '2026-11-01T00:00' and lastModifiedDateTime ge 2026-01-01":                               "",
		box + "/events?$filter=seriesMasterId eq null&$count=true&$select=subject,start/dateTime,@odata.etag&$format=json":                "",
		box + "/events?$expand=attachments,calendar($select=name),exceptionOccurrences($select=id,start)":                                 "",
		box + view + "filter=isAllDay&select=*&$top=3&$skip=1":                                                                            "",
		event + "?$select=subject&$expand=calendar":                                                                                       "",

		box + "/events?$filter=endswith(subject,'x')":                                         "400 " + nodes,
		box + "/events?$filter=attendees/any(a:a/emailAddress/address eq 'x')":                "400 " + nodes,
		box + "/events?$filter=organizer/emailAddress/address eq 'x'":                         "501 " + nodes,
		box + "/events?$filter=tolower(subject) eq 'x'":                                       "400 " + nodes,
		box + "/events?$filter=year(createdDateTime) eq 2026":                                 "400 " + nodes,
		box + "/events?$filter=subject eq bodyPreview":                                        "400 " + nodes,
		box + "/events?$filter=nonsense eq 'x'":                                               "400 " + unknownEvent,
		box + "/events?$filter=subject eq nonsense":                                           "400 " + unknownEvent,
		box + "/events?$select=nonsense":                                                      "400 " + unknownEvent,
		box + "/events?$orderby=nonsense":                                                     "400 " + unknownEvent,
		box + "/events?$expand=nonsense":                                                      "400 " + unknownEvent,
		event + "?$select=nonsense":                                                           "400 " + unknownEvent,
		box + "/events?$select=start/nonsense":                                                "400 RequestBroker--ParseUri Could not find a property named 'nonsense' on type 'Microsoft.OutlookServices.DateTimeTimeZone'.",
		box + "/events?$expand=calendar($select=nonsense)":                                    "400 RequestBroker--ParseUri Could not find a property named 'nonsense' on type 'Microsoft.OutlookServices.Calendar'.",
		box + "/events?$expand=subject":                                                       "400 RequestBroker--ParseUri Property 'subject' on type",
		box + "/events?$orderby=showAs":                                                       "400 " + nodes,
		box + "/events?$search=x":                                                             "400 ErrorInvalidUrlQuery The query parameter '$search' is not supported",
		box + "/events?$filter=lastModifiedDateTime ge '2026-01-01'":                          "400 BadRequest Invalid filter clause: A binary operator with incompatible types was detected. Found operand types 'Edm.DateTimeOffset' and 'Edm.String' for operator kind 'GreaterThanOrEqual'.",
		box + "/events?$filter=start/dateTime ge 2026-01-01T00:00:00Z":                        "400 BadRequest Invalid filter clause: A binary operator with incompatible types was detected. Found operand types 'Edm.String' and 'Edm.DateTimeOffset'",
		box + "/events?$filter=lastModifiedDateTime ge 2026-01-01T00:00:00":                   "400 BadRequest Invalid filter clause: The DateTimeOffset text '2026-01-01T00:00:00' should be in format",
		box + "/events?$filter=importance eq 'urgent'":                                        "400 BadRequest Invalid filter clause: The string 'urgent' is not a valid enumeration type constant.",
		box + "/events?$filter=subject eq 3":                                                  "400 BadRequest Invalid filter clause: A binary operator",
		box + "/events?$filter=subject":                                                       "400 BadRequest Invalid filter clause: A binary operator",
		box + "/events?$filter=subject like 'x'":                                              "400 BadRequest Invalid filter clause: Syntax error at position 8 in 'subject like 'x''.",
		box + "/events?$top=x":                                                                "400 BadRequest Invalid value 'x' for $top",
		box + "/events?$top=1&%24top=2":                                                       "400 BadRequest Query option '$top' was specified more than once",
		box + "/events?$format=xml":                                                           "400 BadRequest The value 'xml'",
		event + "?$filter=subject eq 'x'":                                                     "400 RequestBroker--ParseUri The requested resource is not a collection.",
		box + "/calendarView/delta?" + month() + "&$select=id":                                "400 ErrorInvalidUrlQuery The following parameters are not supported with change tracking over the 'CalendarView' resource: '$orderby, $filter, $select, $expand, $search'.",
		box + "/contacts/delta?$top=5":                                                        "400 ErrorInvalidUrlQuery The following parameters are not supported with change tracking over the 'Contacts' resource: '$orderby, $filter, $select, $expand, $search, $top'.",
		box + "/calendars?$filter=startswith(name,'Kal') and not (name eq 'x')":               "",
		box + "/calendars?$filter=canEdit eq true":                                            "400 " + nodes,
		box + "/contacts?$filter=emailAddresses/any(a:a/address eq 'x')&$orderby=displayName": "",
		box + "/contacts?$filter=emailAddresses/any(a:startswith(a/address,'x'))":             "400 " + nodes,
		box + "/contacts?$filter=emailAddresses/any(a:a/name eq 'x')":                         "400 " + nodes,
		box + "/contacts?$filter=displayName eq 'x'&$select=nonsense":                         "400 RequestBroker--ParseUri Could not find a property named 'nonsense' on type 'Microsoft.OutlookServices.Contact'.",
		box + "/contactFolders?$filter=displayName eq 'x'":                                    "",
		box + "/mailFolders?$filter=unreadItemCount gt 0&$orderby=displayName":                "",
		box + "/mailFolders?$filter=unreadItemCount gt '0'":                                   "400 BadRequest Invalid filter clause: A binary operator",
		box + "/messages?$filter=receivedDateTime ge 2026-01-01T00:00:00Z and isRead eq false&$orderby=receivedDateTime desc": "",
		box + "/messages?$filter=isRead eq false&$orderby=receivedDateTime desc":                                              "400 InefficientFilter The restriction or sort order is too complex for this operation.",
		box + "/messages?$filter=endswith(subject,'x')":                                                                       "400 " + nodes,
		box + "/messages?$filter=toRecipients/any(p:p/emailAddress/address eq 'x')":                                           "400 " + nodes,
		box + `/messages?$search="subject:x"&$orderby=receivedDateTime`:                                                       "400 SearchWithOrderBy The query parameter '$orderBy' is not supported with '$search'.",
		box + `/messages?$search="subject:x"&$filter=isRead eq true`:                                                          "400 SearchWithFilter The query parameter '$filter' is not supported with '$search'.",
		lists + "?$filter=wellknownListName eq 'defaultList'":                                                                 "400 invalidRequest Invalid request",
		lists + "?$select=displayName":                                                                                        "400 invalidRequest Invalid request",
		tasks + "?$filter=contains(title,'a') or dueDateTime/dateTime ne null&$orderby=dueDateTime/dateTime&$count=true":      "",
		tasks + "?$filter=status eq 'completed' and createdDateTime ge 2026-01-01T00:00:00Z":                                  "",
		tasks + "?$filter=status eq 'done'":                                                                                   "400 BadRequest Invalid filter clause: The string 'done'",
		tasks + "?$filter=nonsense eq 'x'":                                                                                    "400 invalidRequest Invalid request",
		tasks + "?$orderby=nonsense":                                                                                          "400 invalidRequest Invalid request",
		tasks + "?$search=x":                                                                                                  "400 invalidRequest Invalid request",
		tasks + "/delta?$top=5":                                                                                               "400 BadRequest Skip token is not provided.",
		tasks + "/delta?$filter=status eq 'completed'":                                                                        "400 BadRequest Delta query is not supported by this resource.",
	} {
		a := r.send("GET", query, nil)
		got := ""
		if a.status != 200 {
			failure, _ := a.body["error"].(map[string]any)
			got = strings.Join([]string{itoa(a.status), a.code(), failure["message"].(string)}, " ")
		}
		if want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("%s\n\tanswers %s\n\twant    %s", query, got, want)
		}
	}
}

func TestSmallCollectionsAreFilteredAndSorted(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for _, name := range []string{"Projekte", "Persönlich", "Urlaub"} {
		r.do("POST", r.box(0)+"/calendars", map[string]any{"name": name}, 201)
		r.do("POST", r.box(0)+"/todo/lists", map[string]any{"displayName": name}, 201)
	}
	names := func(path, member string) string {
		var out []string
		for _, row := range r.all(r.box(0) + path) {
			out = append(out, row[member].(string))
		}
		return strings.Join(out, " ")
	}
	if got := names("/calendars?$filter=startswith(name,'P')&$orderby=name desc&$top=1", "name"); got != "Projekte Persönlich" {
		t.Errorf("calendars %s", got)
	}
	if row := values(r.get(r.box(0) + "/calendars?$filter=name eq 'urlaub'&$select=color&$count=true")); len(row) != 1 || row[0]["name"] != nil {
		t.Errorf("a filter by what is not selected finds %v", row)
	}
	if got := names("/todo/lists?$orderby=displayName", "displayName"); got != "Aufgaben Gekennzeichnete E-Mails Persönlich Privat Projekte Urlaub" {
		t.Errorf("lists %s", got)
	}
}

// TestTheDirectoryNamesWhatTheModelHas follows what filters, sorting, searches and $select of the directory name.
func TestTheDirectoryNamesWhatTheModelHas(t *testing.T) {
	t.Parallel()
	m, err := csdl.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []*directoryType{userType, groupType, contactType} {
		at := m.Type(kind.typeName())
		for path := range kind.rules {
			if _, missing, _ := m.Find(at, path); missing != "" {
				t.Errorf("%s has no %s of %s", kind.name, missing, path)
			}
		}
		for _, name := range slices.Concat(kind.byDefault, kind.sort, kind.sortMore, kind.search) {
			if kind.listed(name) == "" {
				t.Errorf("%s has no %s", kind.name, name)
			}
		}
		for name := range kind.single {
			if kind.names()[name].Name == "" || kind.listed(name) != "" {
				t.Errorf("%s: %s is none of a single object", kind.name, name)
			}
		}
		for name := range kind.expand {
			if p := at.Property(name); p == nil || !p.Navigation {
				t.Errorf("%s has no relationship %s", kind.name, name)
			}
		}
	}
}
