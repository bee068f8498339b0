package msgraph_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/testharness/graphsim"
)

// TestEventStepKeepsUpWithRandomEdits lets a mailbox live for a while and compares after each run.
func TestEventStepKeepsUpWithRandomEdits(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 1))
			x := newTenant(t, graphsim.Config{Seed: 100 + seed, Users: 6, OccurrenceRemoved: seed%2 == 0, SecondTouch: seed%3 == 0, WireNoise: seed%2 == 1})
			user := x.mailbox(0)
			m := newMirror(t, x.open(), "event", user.Mail)
			for run := range 16 {
				for range rng.IntN(6) {
					x.randomEdit(rng, user)
				}
				if rng.IntN(8) == 0 {
					x.ctl.ExpireDelta("")
				}
				m.mustSync()
				for k, r := range m.records { // what has left the window is no longer compared
					if from, to := span(x.ctl.Now()); !inReach(r.At, [2]string{from.Format(time.RFC3339), to.Format(time.RFC3339)}) && r.At != "" {
						delete(m.records, k)
					}
				}
				x.compareWithin(m, user, fmt.Sprintf("seed %d, run %d", seed, run))
			}
		})
	}
}

// compareWithin compares what begins within the window: the rest is listed or not, as it overlaps.
func (x *tenant) compareWithin(m *mirror, user graphsim.User, when string) {
	x.t.Helper()
	want, got := x.truth(user), m.held()
	from, to := span(x.ctl.Now())
	st, err := x.ctl.State(user.Mail, from, to)
	if err != nil {
		x.t.Fatal(err)
	}
	for _, e := range st.Events {
		start := e["start"].(map[string]any)["dateTime"].(string)[:19] + "Z"
		if start < from.Format(time.RFC3339) {
			delete(want, e["id"].(string))
			delete(got, e["id"].(string))
		}
	}
	masters := map[string]bool{}
	for _, e := range st.Masters {
		masters[e["id"].(string)] = true
	}
	for k, v := range got { // a series without an occurrence in the window may stay
		if strings.HasPrefix(v, "seriesMaster ") && !masters[k] {
			delete(got, k)
		}
	}
	for k, v := range want {
		if strings.HasPrefix(v, "seriesMaster ") && got[k] == "" && m.records[k].Data == nil {
			delete(want, k)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		x.t.Fatalf("%s: the mirror differs from the mailbox (-want +got):\n%s", when, d)
	}
}

func (x *tenant) randomEdit(rng *rand.Rand, user graphsim.User) {
	from, to := span(x.ctl.Now())
	st, err := x.ctl.State(user.Mail, from, to)
	if err != nil {
		x.t.Fatal(err)
	}
	pick := func(list []map[string]any) string {
		var ids []string
		for _, e := range list {
			if e["isOrganizer"] == true {
				ids = append(ids, e["id"].(string))
			}
		}
		if len(ids) == 0 {
			return ""
		}
		return ids[rng.IntN(len(ids))]
	}
	event, master := pick(st.Events), pick(st.Masters)
	switch k := rng.IntN(8); {
	case k == 0:
		_, err = x.ctl.CreateEvent(user.Mail, once(fmt.Sprint("neu ", rng.IntN(1000)), noon.AddDate(0, 0, rng.IntN(300)-100)))
	case k == 1:
		_, err = x.ctl.CreateEvent(user.Mail, weekly(fmt.Sprint("Serie ", rng.IntN(1000)), noon.AddDate(0, 0, rng.IntN(150)-60).Format(time.DateOnly)))
	case k == 2 && event != "", k == 3 && event != "":
		err = x.ctl.DeleteEvent(user.Mail, event)
	case k == 4 && event != "":
		_, err = x.ctl.UpdateEvent(user.Mail, event, map[string]any{"subject": fmt.Sprint("anders ", rng.IntN(1000))})
	case k == 5 && master != "":
		_, err = x.ctl.UpdateEvent(user.Mail, master, map[string]any{"subject": fmt.Sprint("Serie anders ", rng.IntN(1000))})
	case k == 6 && master != "" && rng.IntN(3) == 0:
		err = x.ctl.DeleteEvent(user.Mail, master)
	case k == 7 && event != "":
		err = x.ctl.MoveEvent(user.Mail, event, noon.AddDate(0, 0, rng.IntN(200)-60))
	}
	if err != nil && !strings.Contains(err.Error(), "CrossingBoundary") {
		x.t.Fatal(err)
	}
}
