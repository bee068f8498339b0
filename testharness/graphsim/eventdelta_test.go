package graphsim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEventsDeltaHasMastersAndExceptionsButNoOccurrences(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "/calendar", "/calendars/{id}"} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			r := empty(t)
			box := r.box(0)
			at := box + base
			if base == "/calendars/{id}" {
				at = box + "/calendars/" + r.get(box + "/calendar")["id"].(string)
			}
			r.do("POST", box+"/events", eventAt("vorbei", epoch.AddDate(0, -2, 0), time.Hour, "UTC"), 201)
			single := r.do("POST", box+"/events", eventAt("einzeln", epoch.AddDate(2, 0, 0), time.Hour, "UTC"), 201)["id"].(string)
			id := r.weekly(box)
			rows := r.instances(box, id)
			second := rows[1]["id"].(string)
			r.do("PATCH", box+"/events/"+second, map[string]any{"subject": "anders"}, 200)
			first, link := r.round(at + "/events/delta?startDateTime=" + epoch.Format(time.RFC3339))
			if diff := cmp.Diff([]string{single, id, second}, ids(first)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{"exception", "seriesMaster", "singleInstance"}, kinds(first)); diff != "" {
				t.Error(diff)
			}
			steps := []struct {
				name string
				do   func()
				want []string
			}{
				{"rename", func() { r.do("PATCH", box+"/events/"+id, map[string]any{"subject": "neu"}, 200) }, []string{"exception", "seriesMaster"}},
				{"new exception", func() { r.do("PATCH", box+"/events/"+rows[2]["id"].(string), map[string]any{"showAs": "free"}, 200) }, []string{"exception", "seriesMaster"}},
				{"occurrence deleted", func() { r.do("DELETE", box+"/events/"+rows[3]["id"].(string), nil, 204) }, []string{"seriesMaster"}},
				{"made in the past", func() {
					r.do("POST", box+"/events", eventAt("früher", epoch.AddDate(0, -1, 0), time.Hour, "UTC"), 201)
				}, []string{"removed"}},
				{"single deleted", func() { r.do("DELETE", box+"/events/"+single, nil, 204) }, []string{"removed"}},
				{"series deleted", func() { r.do("DELETE", box+"/events/"+id, nil, 204) }, []string{"removed", "removed", "removed"}},
			}
			for _, s := range steps {
				s.do()
				rows, link = r.round(link)
				if diff := cmp.Diff(s.want, kinds(rows)); diff != "" {
					t.Errorf("%s: %s\n%v", s.name, diff, rows)
				}
				rows = r.instancesOrNone(box, id)
			}
		})
	}
}

// instancesOrNone are the occurrences of a series that may be gone.
func (r *rig) instancesOrNone(box, id string) []map[string]any {
	r.Helper()
	if r.send("GET", box+"/events/"+id, nil).status != 200 {
		return nil
	}
	return r.instances(box, id)
}
