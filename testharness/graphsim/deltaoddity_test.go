package graphsim

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// odd is a rig of an empty mailbox whose rounds are odd.
func odd(t *testing.T, o Oddities) *rig {
	return newRig(t, Config{EventsPerUser: -1, TasksPerUser: -1, ContactsPerUser: -1, Users: 2, Oddities: o})
}

func TestRowsCanComeTwice(t *testing.T) {
	t.Parallel()
	r := odd(t, Oddities{Repeat: true})
	for i := range 5 {
		r.do("POST", r.box(0)+"/events", eventAt(itoa(i), epoch.Add(time.Duration(i)*time.Hour), time.Hour, "UTC"), 201)
	}
	page := r.get(r.box(0)+"/calendarView/delta?"+month(), "Prefer: odata.maxpagesize=4")
	if got := ids(values(page)); len(got) != 4 || got[0] != got[3] {
		t.Errorf("%v", got)
	}
	rows, _ := r.round(page["@odata.nextLink"].(string))
	if len(rows) != 3 {
		t.Errorf("%d rows left, want two and one again", len(rows))
	}
}

func TestChangesCanComeOnceMoreWithTheNextRound(t *testing.T) {
	t.Parallel()
	r := odd(t, Oddities{Replay: true})
	_, link := r.round(r.box(0) + "/calendarView/delta?" + month())
	id := r.do("POST", r.box(0)+"/events", eventAt("neu", epoch, time.Hour, "UTC"), 201)["id"].(string)
	rows, link := r.round(link)
	if diff := cmp.Diff([]string{id}, ids(rows)); diff != "" {
		t.Error(diff)
	}
	next := r.do("POST", r.box(0)+"/events", eventAt("neuer", epoch, time.Hour, "UTC"), 201)["id"].(string)
	rows, link = r.round(link)
	if diff := cmp.Diff([]string{id, next}, ids(rows)); diff != "" {
		t.Error(diff)
	}
	if rows, _ = r.round(link); len(rows) != 0 {
		t.Errorf("without news: %v", rows)
	}
}

func TestRoundsCanBeginAndEndWithAnEmptyPage(t *testing.T) {
	t.Parallel()
	r := odd(t, Oddities{EmptyPages: true})
	r.do("POST", r.box(0)+"/events", eventAt("neu", epoch, time.Hour, "UTC"), 201)
	var sizes []int
	path := r.box(0) + "/calendarView/delta?" + month()
	for path != "" {
		page := r.get(path)
		sizes = append(sizes, len(values(page)))
		path, _ = page["@odata.nextLink"].(string)
	}
	if diff := cmp.Diff([]int{0, 1, 0}, sizes); diff != "" {
		t.Error(diff)
	}
}

func TestAChangedRowCanBeFollowedByASkeleton(t *testing.T) {
	t.Parallel()
	r := odd(t, Oddities{Skeletons: true})
	e := eventAt("alt", epoch, time.Hour, "UTC")
	e["body"] = map[string]any{"contentType": "text", "content": "Inhalt"}
	id := r.do("POST", r.box(0)+"/events", e, 201)["id"].(string)
	first, link := r.round(r.box(0) + "/events/delta?" + month())
	if len(first) != 1 {
		t.Errorf("%d rows in the first round", len(first))
	}
	r.do("PATCH", r.box(0)+"/events/"+id, map[string]any{"subject": "neu"}, 200)
	rows, _ := r.round(link)
	if len(rows) != 2 || rows[0]["body"] == nil || rows[1]["body"] != nil || rows[1]["subject"] != "neu" || rows[1]["id"] != id {
		t.Errorf("%v", rows)
	}
}

func TestTheMasterOfASeriesCanBeMissing(t *testing.T) {
	t.Parallel()
	r := odd(t, Oddities{NoMasters: true})
	id := r.weekly(r.box(0))
	later := span(epoch.AddDate(0, 0, 7), epoch.AddDate(0, 0, 20))
	rows, link := r.round(r.box(0) + "/calendarView/delta?" + later)
	if diff := cmp.Diff([]string{"occurrence", "occurrence"}, kinds(rows)); diff != "" {
		t.Error(diff)
	}
	r.do("PATCH", r.box(0)+"/events/"+rows[0]["id"].(string), map[string]any{"subject": "anders"}, 200)
	rows, link = r.round(link)
	if diff := cmp.Diff([]string{"exception"}, kinds(rows)); diff != "" {
		t.Error(diff)
	}
	r.do("DELETE", r.box(0)+"/events/"+rows[0]["id"].(string), nil, 204)
	rows, link = r.round(link)
	if diff := cmp.Diff([]string{id}, ids(rows)); diff != "" {
		t.Errorf("only the master shows a deletion: %s", diff)
	}
	r.do("PATCH", r.box(0)+"/events/"+id, map[string]any{"subject": "neu"}, 200)
	rows, _ = r.round(link)
	if diff := cmp.Diff([]string{"occurrence", "seriesMaster"}, kinds(rows)); diff != "" {
		t.Error(diff)
	}
}

func TestChangesCanStayHiddenForAWhile(t *testing.T) {
	t.Parallel()
	r := odd(t, Oddities{Hidden: time.Minute})
	_, link := r.round(r.box(0) + "/calendarView/delta?" + month())
	id := r.do("POST", r.box(0)+"/events", eventAt("neu", epoch, time.Hour, "UTC"), 201)["id"].(string)
	rows, link := r.round(link)
	if len(rows) != 0 {
		t.Errorf("visible at once: %v", rows)
	}
	r.ctl.Advance(time.Minute)
	rows, link = r.round(link)
	if diff := cmp.Diff([]string{id}, ids(rows)); diff != "" {
		t.Error(diff)
	}
	r.ctl.SetOddities(Oddities{})
	r.do("DELETE", r.box(0)+"/events/"+id, nil, 204)
	rows, _ = r.round(link)
	if diff := cmp.Diff([]string{"removed"}, kinds(rows)); diff != "" {
		t.Error(diff)
	}
}

// TestAClientThatFollowsOddRoundsKnowsTheTruth is TestAClientThatFollowsDeltaKnowsTheTruth with all oddities at once.
func TestAClientThatFollowsOddRoundsKnowsTheTruth(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(itoa(int(seed)), func(t *testing.T) {
			t.Parallel()
			all := Oddities{Repeat: true, Replay: true, EmptyPages: true, Skeletons: true, NoMasters: true, Hidden: time.Second}
			r := newRig(t, Config{Seed: seed + 1, Users: 5, EventsPerUser: 12, Oddities: all})
			followRandomEdits(r, rand.New(rand.NewPCG(seed, 2)), func() { r.ctl.Advance(2 * time.Second) })
		})
	}
}
