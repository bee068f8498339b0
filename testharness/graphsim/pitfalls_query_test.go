package graphsim

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// queryPitfalls are those of paging and links.
func queryPitfalls() []pitfall {
	return []pitfall{
		{64, "pages by $skip repeat and miss items while the collection changes", "docs#16500", "by default", testSkipMissesItems},
		{65, "next links are absolute and hold the version", "", "by default", testNextLinksHoldTheVersion},
		{68, "an answer has a first page of ten or a hundred items only", "OutlookGoogleCalendarSync issue 2230", "by default", testFirstPagesAreShort},
	}
}

// testSkipMissesItems deletes and adds an item between two pages.
func testSkipMissesItems(t *testing.T) {
	r := empty(t)
	var made []string
	for i := range 6 {
		e := r.do("POST", r.box(0)+"/events", eventAt(string(rune('a'+i)), epoch.Add(time.Duration(i)*time.Hour), time.Hour, "UTC"), 201)
		made = append(made, e["id"].(string))
	}
	first := r.get(r.box(0) + "/events?$top=3&$orderby=subject")
	r.do("DELETE", r.box(0)+"/events/"+made[0], nil, 204)
	second := values(r.get(first["@odata.nextLink"].(string)))
	if len(second) != 2 || second[0]["subject"] != "e" {
		t.Errorf("the second page after a deletion is %v, want it to miss d", second)
	}
	first = r.get(r.box(0) + "/events?$top=3&$orderby=subject")
	r.do("POST", r.box(0)+"/events", eventAt("0", epoch, time.Hour, "UTC"), 201)
	second = values(r.get(first["@odata.nextLink"].(string)))
	if last := values(first)[2]["subject"]; len(second) != 3 || second[0]["subject"] != last {
		t.Errorf("the second page after an addition is %v, want it to repeat %v", second, last)
	}
}

func testNextLinksHoldTheVersion(t *testing.T) {
	r := newRig(t, Config{Users: 12})
	for _, path := range []string{
		r.box(0) + "/events?$top=2&$filter=subject ne 'x y+z'&$orderby=subject", r.box(0) + "/contacts?top=2", r.tasks(0) + "?$top=2",
		"/users?$top=2&$select=id,displayName",
	} {
		first := r.get(path)
		link, _ := first["@odata.nextLink"].(string)
		if !strings.HasPrefix(link, "http") || !strings.Contains(link, "/v1.0/users") || strings.Count(link, "/v1.0/") != 1 || !strings.Contains(link, "?%24top=2") || strings.ContainsAny(link, " '$") {
			t.Errorf("%s leads to %q", path, link)
			continue
		}
		a, b := values(first)[0]["id"], values(r.get(link))[0]["id"]
		if a == nil || a == b {
			t.Errorf("%s: the first items of both pages are %v and %v", path, a, b)
		}
		_, below, _ := strings.Cut(link, "/v1.0")
		if got := r.send(http.MethodGet, "/v1.0"+below, nil); got.status != 400 {
			t.Errorf("a link with the version twice answers %d", got.status)
		}
	}
}

func testFirstPagesAreShort(t *testing.T) {
	r := newRig(t, Config{Users: 120, EventsPerUser: 12, ContactsPerUser: 12, TasksPerUser: 60})
	for path, want := range map[string]int{
		r.box(0) + "/events": 10, r.box(0) + "/contacts": 10, r.tasks(0): 50, "/users": 100,
		r.box(0) + "/calendarView?" + span(epoch.AddDate(0, 0, -90), epoch.AddDate(0, 0, 90)): 10,
	} {
		page := r.get(path)
		if n := len(values(page)); n != want || page["@odata.nextLink"] == nil {
			t.Errorf("%s answers %d items, next %v, want %d and a link", path, n, page["@odata.nextLink"], want)
		}
	}
}
