package msgraph_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

func TestTaskAndContactStepsFollowAMailbox(t *testing.T) {
	t.Parallel()
	for _, object := range []string{"task", "contact"} {
		t.Run(object, func(t *testing.T) {
			t.Parallel()
			x := newTenant(t, graphsim.Config{Seed: 8, Users: 5, EventsPerUser: -1, TasksPerUser: 1050, ContactsPerUser: 1050})
			user := x.mailbox(2)
			create, update, remove, field := x.ctl.CreateTask, x.ctl.UpdateTask, x.ctl.DeleteTask, "title"
			if object == "contact" {
				create, update, remove, field = x.ctl.CreateContact, x.ctl.UpdateContact, x.ctl.DeleteContact, "displayName"
			}
			names := func() map[string]string {
				st, err := x.ctl.State(user.Mail, noon, noon.Add(time.Hour))
				if err != nil {
					t.Fatal(err)
				}
				list := st.Tasks
				if object == "contact" {
					list = st.Contacts
				}
				m := map[string]string{}
				for _, e := range list {
					m[e["id"].(string)] = fmt.Sprint(e[field], e["@odata.etag"])
				}
				return m
			}
			m := newMirror(t, x.open(), object, user.Mail)
			compare := func(when string) {
				t.Helper()
				m.mustSync()
				got := map[string]string{}
				for k, r := range m.records {
					var e map[string]any
					if err := r.Decode(&e); err != nil || e["isDeleted"] != false || e["user"] == nil || e["isExternalOrganizer"] != nil {
						t.Fatalf("%v: %s", err, r.Data)
					}
					got[k] = fmt.Sprint(e[field], r.Stamp)
				}
				if d := cmp.Diff(names(), got); d != "" {
					t.Fatalf("%s (-want +got):\n%s", when, d)
				}
			}
			compare("first round")
			if len(m.batches) < 3 || !m.batches[0].Full || m.batches[0].Reach != [2]string{} {
				t.Fatalf("%d batches, full %v, reach %v", len(m.batches), m.batches[0].Full, m.batches[0].Reach)
			}
			ids := slices.Sorted(maps.Keys(m.records))
			id, err := create(user.Mail, map[string]any{field: "neu"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := update(user.Mail, ids[0], map[string]any{field: "anders"}); err != nil {
				t.Fatal(err)
			}
			if err := remove(user.Mail, ids[1]); err != nil {
				t.Fatal(err)
			}
			compare("after changes")
			if m.ops[sdk.Upsert] != 2 || m.ops[sdk.Delete] != 1 {
				t.Fatalf("%v", m.ops)
			}
			x.ctl.ResetRequests()
			x.ctl.Advance(24 * time.Hour) // no window: the day does not matter
			compare("quiet")
			if c := x.ctl.Counts(); c.Total-c.Tokens != 1 || len(m.ops) != 0 {
				t.Fatalf("a quiet run: %s %v", c, m.ops)
			}
			if err := remove(user.Mail, id); err != nil {
				t.Fatal(err)
			}
			x.ctl.ExpireDelta("")
			compare("after a lost position")
			if m.ops[sdk.Delete] != 1 {
				t.Fatalf("%v", m.ops)
			}
			x.resumed(object, user, len(m.records))
		})
	}
}

// resumed stops a full round after its first batch and goes on.
func (x *tenant) resumed(object string, user graphsim.User, want int) {
	x.t.Helper()
	m := newMirror(x.t, x.open(), object, user.Mail)
	m.stopAt = 1
	if err := m.sync(); !errors.Is(err, errHost) {
		x.t.Fatal(err)
	}
	m.stopAt = 0
	m.mustSync()
	if m.batches[0].Start || len(m.records) != want {
		x.t.Fatalf("resumed with start %v, %d records of %d", m.batches[0].Start, len(m.records), want)
	}
}
