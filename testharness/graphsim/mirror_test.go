package graphsim

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// mirror is what a careful client knows of a mailbox: it follows delta rounds and asks again where rows do not suffice.
type mirror struct {
	r     *rig
	box   string
	link  string
	known map[string]map[string]any
}

func (m *mirror) sync(start string, size int) {
	path := m.link
	if path == "" {
		m.known = map[string]map[string]any{}
		path = m.box + "/calendarView/delta?" + start
	}
	rows, link := m.r.round(path, "Prefer: odata.maxpagesize="+itoa(size))
	m.link = link
	masters := map[string]bool{}
	for _, row := range rows {
		id := row["id"].(string)
		switch {
		case row["@removed"] != nil:
			delete(m.known, id)
			if a := m.r.send("GET", m.box+"/events/"+id, nil); a.status == 200 && a.body["type"] == "seriesMaster" {
				masters[id] = true // a series may leave the window by the deletion of an occurrence
			}
		case row["type"] == "seriesMaster":
			delete(m.known, id) // it may have been a single event
			masters[id] = true
		default:
			m.known[id] = row
		}
	}
	for id := range masters { // deleted occurrences do not show: compare with the instances
		if m.r.send("GET", m.box+"/events/"+id, nil).status == 404 {
			continue
		}
		in := map[string]bool{}
		for _, row := range m.r.all(m.box + "/events/" + id + "/instances?$top=500&" + start) {
			in[row["id"].(string)] = true
		}
		for k, row := range m.known {
			if row["seriesMasterId"] == id && !in[k] {
				delete(m.known, k)
			}
		}
	}
}

func (m *mirror) times() map[string]string {
	out := map[string]string{}
	for id, row := range m.known {
		out[id] = row["start"].(map[string]any)["dateTime"].(string) + "–" + row["end"].(map[string]any)["dateTime"].(string)
	}
	return out
}

// TestAClientThatFollowsDeltaKnowsTheTruth edits a calendar at random and compares what a client knows from delta with the mailbox.
func TestAClientThatFollowsDeltaKnowsTheTruth(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(itoa(int(seed)), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{Seed: seed + 1, Users: 5, EventsPerUser: 12})
			followRandomEdits(r, rand.New(rand.NewPCG(seed, 1)), func() {})
		})
	}
}

// followRandomEdits edits the first user's calendar at random and holds what a mirror of it knows against the truth. wait comes before each
// round.
func followRandomEdits(r *rig, rnd *rand.Rand, wait func()) {
	r.Helper()
	from, to := epoch.AddDate(0, 0, -15), epoch.AddDate(0, 0, 30)
	m := &mirror{r: r, box: r.box(0)}
	for range 12 {
		wait()
		m.sync(span(from, to), 3+rnd.IntN(60))
		st, err := r.ctl.State(r.users[0].UPN, from, to)
		if err != nil {
			r.Fatal(err)
		}
		want := (&mirror{known: map[string]map[string]any{}})
		for _, e := range st.Events {
			want.known[e["id"].(string)] = e
		}
		if diff := cmp.Diff(want.times(), m.times()); diff != "" {
			r.Fatal(diff)
		}
		for range 1 + rnd.IntN(4) {
			randomEdit(r, rnd, st)
		}
	}
}

// randomEdit does one thing that a person does to the first user's calendar; a refusal is fine.
func randomEdit(r *rig, rnd *rand.Rand, st State) {
	who := r.users[0].UPN
	at := epoch.Add(time.Duration(rnd.IntN(24*70)-24*25) * time.Hour)
	all := append(slices.Clone(st.Events), st.Masters...)
	if len(all) == 0 || rnd.IntN(4) == 0 {
		e := eventAt("neu", at, time.Hour, berlinZone)
		if rnd.IntN(3) == 0 {
			e["recurrence"] = weeklyRule(at, berlinZone, rnd.IntN(20), []string{"monday", "wednesday", "sunday"}[rnd.IntN(3)])
		}
		if _, err := r.ctl.CreateEvent(who, e); err != nil {
			r.Fatal(err)
		}
		return
	}
	id := all[rnd.IntN(len(all))]["id"].(string)
	switch rnd.IntN(5) {
	case 0:
		_ = r.ctl.DeleteEvent(who, id)
	case 1:
		_ = r.ctl.MoveEvent(who, id, at)
	case 2:
		_, _ = r.ctl.UpdateEvent(who, id, map[string]any{"subject": "umbenannt"})
	case 3:
		_, _ = r.ctl.UpdateEvent(who, id, map[string]any{"recurrence": weeklyRule(at, berlinZone, 5, "friday")})
	default:
		_, _ = r.ctl.UpdateEvent(who, id, map[string]any{"start": moment(at, berlinZone), "end": moment(at.Add(2*time.Hour), berlinZone)})
	}
}
