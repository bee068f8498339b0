package graphsim

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// kinds names rows by what they are: type, or "removed".
func kinds(rows []map[string]any) []string {
	var out []string
	for _, row := range rows {
		if row["@removed"] != nil {
			out = append(out, "removed")
			continue
		}
		out = append(out, row["type"].(string))
	}
	slices.Sort(out)
	return out
}

const berlinZone = "W. Europe Standard Time"

// weekly makes a series of ten Mondays from 2026-11-23 in an empty mailbox and returns its master's id.
func (r *rig) weekly(box string) string {
	r.Helper()
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	e := eventAt("Wochenrunde", start, time.Hour, berlinZone)
	e["recurrence"] = weeklyRule(start, berlinZone, 10, "monday")
	return r.do("POST", box+"/events", e, 201)["id"].(string)
}

func (r *rig) instances(box, id string) []map[string]any {
	r.Helper()
	return r.all(box + "/events/" + id + "/instances?$top=100&" + span(epoch, epoch.AddDate(1, 0, 0)))
}

func TestCalendarViewDeltaTellsWhatChanged(t *testing.T) {
	t.Parallel()
	inside, outside := epoch.AddDate(0, 0, 3), epoch.AddDate(0, 0, 60)
	tests := map[string]struct {
		before func(r *rig, box string) string // makes something, returns its id
		change func(r *rig, box, id string)
		want   []string
	}{
		"created inside": {nil, func(r *rig, box, _ string) {
			r.do("POST", box+"/events", eventAt("neu", inside, time.Hour, "UTC"), 201)
		}, []string{"singleInstance"}},
		"created outside shows as removed": {nil, func(r *rig, box, _ string) {
			r.do("POST", box+"/events", eventAt("neu", outside, time.Hour, "UTC"), 201)
		}, []string{"removed"}},
		"moved out shows as removed": {
			func(r *rig, box string) string {
				return r.do("POST", box+"/events", eventAt("alt", inside, time.Hour, "UTC"), 201)["id"].(string)
			},
			func(r *rig, box, id string) {
				r.do("PATCH", box+"/events/"+id, map[string]any{"start": moment(outside, "UTC"), "end": moment(outside.Add(time.Hour), "UTC")}, 200)
			}, []string{"removed"},
		},
		"deleted": {
			func(r *rig, box string) string {
				return r.do("POST", box+"/events", eventAt("alt", inside, time.Hour, "UTC"), 201)["id"].(string)
			},
			func(r *rig, box, id string) { r.do("DELETE", box+"/events/"+id, nil, 204) }, []string{"removed"},
		},
		"created and deleted between rounds": {nil, func(r *rig, box, _ string) {
			id := r.do("POST", box+"/events", eventAt("kurz", inside, time.Hour, "UTC"), 201)["id"].(string)
			r.do("DELETE", box+"/events/"+id, nil, 204)
		}, []string{"removed"}},
		"new series comes with stubs": {nil, func(r *rig, box, _ string) { r.weekly(box) }, []string{"occurrence", "occurrence", "occurrence", "seriesMaster"}},
		"deleted occurrence shows only in its master": {
			(*rig).weekly,
			func(r *rig, box, id string) {
				r.do("DELETE", box+"/events/"+r.instances(box, id)[1]["id"].(string), nil, 204)
			}, []string{"seriesMaster"},
		},
		"new exception comes with its master": {
			(*rig).weekly,
			func(r *rig, box, id string) {
				r.do("PATCH", box+"/events/"+r.instances(box, id)[1]["id"].(string), map[string]any{"subject": "anders"}, 200)
			}, []string{"exception", "seriesMaster"},
		},
		"exception moved out of the window": {
			(*rig).weekly,
			func(r *rig, box, id string) {
				at := time.Date(2026, 12, 13, 9, 0, 0, 0, time.UTC)
				r.do("PATCH", box+"/events/"+r.instances(box, id)[2]["id"].(string), map[string]any{"start": moment(at, "UTC"), "end": moment(at, "UTC")}, 200)
			}, []string{"removed", "seriesMaster"},
		},
		"renamed series comes whole": {
			(*rig).weekly,
			func(r *rig, box, id string) {
				r.do("PATCH", box+"/events/"+id, map[string]any{"subject": "neu"}, 200)
			}, []string{"occurrence", "occurrence", "occurrence", "seriesMaster"},
		},
		"series moved to another weekday": {
			(*rig).weekly,
			func(r *rig, box, id string) {
				start := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
				r.do("PATCH", box+"/events/"+id, map[string]any{"recurrence": weeklyRule(start, berlinZone, 10, "tuesday")}, 200)
			}, []string{"occurrence", "occurrence", "occurrence", "removed", "removed", "removed", "seriesMaster"},
		},
		"deleted series takes its occurrences along": {
			(*rig).weekly,
			func(r *rig, box, id string) { r.do("DELETE", box+"/events/"+id, nil, 204) },
			[]string{"removed", "removed", "removed", "removed"},
		},
		"series that becomes a single event": {
			(*rig).weekly,
			func(r *rig, box, id string) {
				r.do("PATCH", box+"/events/"+id, map[string]any{"recurrence": nil}, 200)
			}, []string{"removed", "removed", "removed", "singleInstance"},
		},
		"moved to another calendar": {
			func(r *rig, box string) string {
				r.do("POST", box+"/calendars", map[string]any{"name": "Zweiter"}, 201)
				return r.do("POST", box+"/events", eventAt("alt", inside, time.Hour, "UTC"), 201)["id"].(string)
			},
			func(r *rig, box, id string) {
				if _, err := r.ctl.MoveToCalendar(r.users[0].UPN, id, "Zweiter"); err != nil {
					r.Fatal(err)
				}
			}, []string{"removed"},
		},
		"nothing": {nil, func(*rig, string, string) {}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := empty(t)
			box, id := r.box(0), ""
			if tt.before != nil {
				id = tt.before(r, box)
			}
			w := span(epoch.AddDate(0, 0, -2), epoch.AddDate(0, 0, 20))
			_, link := r.round(box + "/calendarView/delta?" + w)
			tt.change(r, box, id)
			rows, _ := r.round(link)
			if diff := cmp.Diff(tt.want, kinds(rows)); diff != "" {
				t.Errorf("first round after the change:\n%s\n%v", diff, rows)
			}
			again, next := r.round(link)
			if diff := cmp.Diff(ids(rows), ids(again)); diff != "" {
				t.Errorf("a link can be used again:\n%s", diff)
			}
			if rows, _ := r.round(next); len(rows) != 0 {
				t.Errorf("the round after is not empty: %v", rows)
			}
		})
	}
}

func TestDeletedOccurrenceCanBeReported(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{EventsPerUser: -1, Users: 2, OccurrenceRemoved: true})
	id := r.weekly(r.box(0))
	_, link := r.round(r.box(0) + "/calendarView/delta?" + month())
	r.do("DELETE", r.box(0)+"/events/"+r.instances(r.box(0), id)[0]["id"].(string), nil, 204)
	rows, _ := r.round(link)
	if diff := cmp.Diff([]string{"removed", "seriesMaster"}, kinds(rows)); diff != "" {
		t.Error(diff)
	}
}

func TestDeltaStubsHaveOnlyWhatDiffersFromTheMaster(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.weekly(r.box(0))
	rows, _ := r.round(r.box(0) + "/calendarView/delta?" + month())
	for _, row := range rows {
		if row["type"] != "occurrence" {
			continue
		}
		var names []string
		for n := range row {
			names = append(names, n)
		}
		slices.Sort(names)
		if diff := cmp.Diff([]string{"@odata.etag", "@odata.type", "end", "id", "seriesMasterId", "start", "type"}, names); diff != "" {
			t.Error(diff)
		}
	}
}

func TestDeltaRefusesWhatItCannotTrack(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	box := r.box(0)
	list, _ := r.ctl.DefaultList(r.users[0].UPN)
	folder := values(r.get(box + "/contactFolders"))[0]["id"].(string)
	_, eventLink := r.round(box + "/calendarView/delta?" + month())
	for name, tt := range map[string]struct {
		path   string
		status int
		code   string
	}{
		"select":                 {box + "/calendarView/delta?$select=subject&" + month(), 400, "ErrorInvalidUrlQuery"},
		"filter":                 {box + "/calendarView/delta?$filter=subject eq 'x'&" + month(), 400, "ErrorInvalidUrlQuery"},
		"orderby":                {box + "/calendarView/delta?$orderby=subject&" + month(), 400, "ErrorInvalidUrlQuery"},
		"no window":              {box + "/calendarView/delta", 400, "ErrorInvalidParameter"},
		"window too wide":        {box + "/calendarView/delta?" + span(epoch, epoch.AddDate(6, 0, 0)), 400, "ErrorInvalidRequest"},
		"damaged token":          {box + "/calendarView/delta?$deltatoken=abc", 410, "SyncStateNotFound"},
		"token of another user":  {strings.Replace(eventLink, r.users[0].ID, r.users[1].ID, 1), 410, "SyncStateNotFound"},
		"token of another kind":  {box + "/contacts/delta?" + eventLink[strings.IndexByte(eventLink, '?')+1:], 410, "SyncStateNotFound"},
		"contacts top":           {box + "/contacts/delta?$top=5", 400, "ErrorInvalidUrlQuery"},
		"contacts select":        {box + "/contacts/delta?$select=id", 400, "ErrorInvalidUrlQuery"},
		"folder contacts top":    {box + "/contactFolders/" + folder + "/contacts/delta?$top=5", 400, "ErrorInvalidUrlQuery"},
		"tasks top":              {box + "/todo/lists/" + list + "/tasks/delta?$top=5", 400, "BadRequest"},
		"tasks filter":           {box + "/todo/lists/" + list + "/tasks/delta?$filter=status eq 'x'", 400, "BadRequest"},
		"tasks select":           {box + "/todo/lists/" + list + "/tasks/delta?$select=id", 400, "invalidRequest"},
		"damaged token of tasks": {box + "/todo/lists/" + list + "/tasks/delta?$deltatoken=abc", 400, "BadRequest"},
		"events without start":   {box + "/events/delta", 400, "ErrorInvalidParameter"},
		"events with no start":   {box + "/calendar/events/delta?startDateTime=", 400, "ErrorInvalidParameter"},
		"events top":             {box + "/events/delta?$top=5&" + month(), 400, "ErrorInvalidUrlQuery"},
		"events select":          {box + "/events/delta?$select=subject&" + month(), 400, "ErrorInvalidUrlQuery"},
		"view token for events":  {box + "/events/delta?" + eventLink[strings.IndexByte(eventLink, '?')+1:], 410, "SyncStateNotFound"},
	} {
		t.Run(name, func(t *testing.T) { (&rig{T: t}).refused(r.send("GET", tt.path, nil), tt.status, tt.code) })
	}
}

func TestExpiredTokensAnswerGone(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	box := r.box(0)
	list, _ := r.ctl.DefaultList(r.users[0].UPN)
	page := r.get(box+"/calendarView/delta?"+month(), "Prefer: odata.maxpagesize=1")
	links := []string{page["@odata.nextLink"].(string)}
	for _, p := range []string{"/calendarView/delta?" + month(), "/contacts/delta", "/todo/lists/" + list + "/tasks/delta", "/todo/lists/delta", "/contactFolders/delta"} {
		_, link := r.round(box + p)
		links = append(links, link)
	}
	for _, link := range links {
		r.get(link)
	}
	r.ctl.ExpireDelta(r.users[0].UPN)
	for _, link := range links {
		r.refused(r.send("GET", link, nil), 410, "SyncStateNotFound")
	}
	_, link := r.round(box + "/calendarView/delta?" + month())
	r.get(link)
}

func TestOldGenerationsAreEvicted(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true, KeepGenerations: 2})
	_, first := r.round(r.box(0)+"/calendarView/delta?"+month(), "Prefer: odata.maxpagesize=100")
	_, second := r.round(first)
	r.round(second)
	r.refused(r.send("GET", first, nil), 410, "SyncStateNotFound")
	r.get(second)
}

func TestDeltaPagesAreAsLongAsPreferred(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 3})
	path := r.box(0) + "/calendarView/delta?" + month()
	whole, _ := r.round(path, "Prefer: odata.maxpagesize=500")
	for _, size := range []string{"1", "7", "50"} {
		page := r.get(path, "Prefer: odata.maxpagesize="+size)
		if n := itoa(len(values(page))); n != size && len(whole) > 50 {
			t.Errorf("page of %s rows, want %s", n, size)
		}
		rows, _ := r.round(path, "Prefer: odata.maxpagesize="+size)
		if diff := cmp.Diff(ids(whole), ids(rows)); diff != "" {
			t.Errorf("pages of %s: %s", size, diff)
		}
	}
	page := r.get(path)
	if n := len(values(page)); n != deltaDefaultPage {
		t.Errorf("without a preference %d rows, want %d", n, deltaDefaultPage)
	}
	next := page["@odata.nextLink"].(string)
	if n := len(values(r.get(next, "Prefer: odata.maxpagesize=3"))); n != 3 {
		t.Errorf("the size is not kept in the link: %d rows, want 3", n)
	}
	rows, link := r.round(path+"&$top=4", "Prefer: odata.maxpagesize=3")
	if len(rows) != 4 {
		t.Errorf("$top caps the round: %d rows, want 4", len(rows))
	}
	r.get(link)
}

func TestLinksAreAbsoluteAndParse(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 3})
	for _, p := range []string{"/users?$top=1", r.box(0) + "/events?$top=1&$select=id", r.box(0) + "/calendarView/delta?" + month()} {
		next := r.get(p)["@odata.nextLink"].(string)
		u, err := url.Parse(next)
		if err != nil || !strings.HasPrefix(next, r.url+"/v1.0/") {
			t.Errorf("link %q: %v", next, err)
		}
		if len(u.Query()) == 0 {
			t.Errorf("link %q without options", next)
		}
		r.get(next)
	}
}
