package graphsim

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tracker is a client that follows a calendar by calendarView/delta, or flat by events/delta, and does what reports of other clients say
// that one has to do:
//
//   - a removed row is asked for again by its id, below the same calendar, before it is believed;
//   - an occurrence is filled from its master, which is asked for when it did not come;
//   - when a master comes, the stored occurrences that are not among its instances go.
//
// It never takes an event from anywhere but a row or such an answer.
type tracker struct {
	r        *rig
	base     string // path of the calendar
	flat     bool
	from, to time.Time
	link     string
	known    map[string]map[string]any
	masters  map[string]map[string]any
}

const trackerHorizon = 1800 // days: what a flat tracker looks ahead for instances

func (k *tracker) window() string {
	if k.flat {
		return span(k.from, k.from.AddDate(0, 0, trackerHorizon))
	}
	return span(k.from, k.to)
}

// restart forgets everything, as a client does that moves its window or whose token has expired.
func (k *tracker) restart(from, to time.Time) {
	k.link, k.from, k.to = "", from, to
	k.known, k.masters = map[string]map[string]any{}, map[string]map[string]any{}
}

// sync takes one round, with pages of a size. between comes after each page.
func (k *tracker) sync(size int, between func()) {
	k.r.Helper()
	path := k.link
	switch {
	case path == "" && k.flat:
		path = k.base + "/events/delta?startDateTime=" + k.from.Format(time.RFC3339)
	case path == "":
		path = k.base + "/calendarView/delta?" + span(k.from, k.to)
	}
	var rows []map[string]any
	for k.link = ""; k.link == ""; between() {
		page := k.r.get(path, "Prefer: odata.maxpagesize="+itoa(size))
		rows = append(rows, values(page)...)
		path, _ = page["@odata.nextLink"].(string)
		k.link, _ = page["@odata.deltaLink"].(string)
	}
	changed := map[string]bool{}
	for _, row := range rows {
		id := row["id"].(string)
		if row["@removed"] != nil {
			a := k.r.send("GET", k.base+"/events/"+id, nil)
			if a.status == 404 {
				delete(k.known, id)
				delete(k.masters, id)
				continue
			}
			row = a.body
		}
		k.take(id, row, changed)
	}
	for id := range changed {
		if k.r.send("GET", k.base+"/events/"+id, nil).body["type"] == "seriesMaster" { // else changed since; the next round tells
			k.compareInstances(id)
		}
	}
}

// take stores what a row says of an event.
func (k *tracker) take(id string, row map[string]any, changed map[string]bool) {
	if row["type"] == "seriesMaster" {
		changed[id] = true
		k.masters[id] = row
		delete(k.known, id) // it may have been a single event
		return
	}
	delete(k.masters, id)
	if !k.holds(row) || k.flat && row["type"] == "occurrence" {
		delete(k.known, id)
		return
	}
	if old := k.known[id]; old != nil && row["type"] != "occurrence" && old["type"] == row["type"] {
		row = maps.Clone(row)
		for name, v := range old {
			if _, ok := row[name]; !ok {
				row[name] = v // a row may lack what did not change
			}
		}
	}
	k.known[id] = row
}

// holds tells whether an event is in the window. All-day events are where they are in the zone they were made in.
func (k *tracker) holds(row map[string]any) bool {
	loc := time.UTC
	if row["isAllDay"] == true {
		var err error
		if loc, err = time.LoadLocation("Europe/Berlin"); err != nil {
			k.r.Fatal(err)
		}
	}
	at := func(name string) time.Time {
		t, err := time.ParseInLocation("2006-01-02T15:04:05.0000000", row[name].(map[string]any)["dateTime"].(string), loc)
		if err != nil {
			k.r.Fatal(err)
		}
		return t
	}
	start, end := at("start"), at("end")
	return (k.flat || start.Before(k.to)) && (end.After(k.from) || start.Equal(end) && !start.Before(k.from))
}

func (k *tracker) instances(master string) map[string]bool {
	in := map[string]bool{}
	for _, row := range k.r.all(k.base + "/events/" + master + "/instances?$top=1000&$select=id&" + k.window()) {
		in[row["id"].(string)] = true
	}
	return in
}

// compareInstances drops stored occurrences that a series does not have any more, and a master of none.
func (k *tracker) compareInstances(master string) {
	in := k.instances(master)
	for id, row := range k.known {
		if row["seriesMasterId"] == master && !in[id] {
			delete(k.known, id)
		}
	}
	if len(in) == 0 {
		delete(k.masters, master)
	}
}

// filled is what the client shows for a stored row.
func (k *tracker) filled(row map[string]any) map[string]any {
	from := row
	if row["type"] == "occurrence" {
		master := row["seriesMasterId"].(string)
		if k.masters[master] == nil {
			k.masters[master] = k.r.get(k.base + "/events/" + master)
		}
		from = k.masters[master]
	}
	return summary(row, from)
}

// summary is what is compared of an event: its own place in time, and what an occurrence has from its master.
func summary(row, from map[string]any) map[string]any {
	out := map[string]any{"start": row["start"], "end": row["end"], "type": row["type"], "series": row["seriesMasterId"]}
	for _, name := range []string{"subject", "isCancelled", "isOrganizer", "showAs", "attendees", "responseStatus", "isAllDay", "categories"} {
		out[name] = from[name]
	}
	return out
}

func (k *tracker) shows() map[string]any {
	out := map[string]any{}
	for id, row := range k.known {
		out[id] = k.filled(row)
	}
	if k.flat {
		for id, row := range k.masters {
			out[id] = summary(row, row)
		}
	}
	return out
}

// truth is what Graph shows without delta.
func (k *tracker) truth() map[string]any {
	out := map[string]any{}
	if !k.flat {
		for _, row := range k.r.all(k.base + "/calendarView?$top=1000&" + k.window()) {
			out[row["id"].(string)] = summary(row, row)
		}
		return out
	}
	for _, row := range k.r.all(k.base + "/events?$top=1000&$expand=exceptionOccurrences") {
		id := row["id"].(string)
		if row["type"] != "seriesMaster" {
			if k.holds(row) {
				out[id] = summary(row, row)
			}
			continue
		}
		if len(k.instances(id)) > 0 {
			out[id] = summary(row, row)
		}
		for _, x := range row["exceptionOccurrences"].([]any) {
			if x := x.(map[string]any); k.holds(x) {
				out[x["id"].(string)] = summary(x, x)
			}
		}
	}
	return out
}

func (k *tracker) check(t *testing.T) {
	t.Helper()
	if diff := cmp.Diff(k.truth(), k.shows()); diff != "" {
		t.Fatalf("%s flat %v, %s: truth and what the client knows differ: %s", k.base, k.flat, k.window(), diff)
	}
}
