package msgraph_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

func TestLostDeltaPositionIsReadInFull(t *testing.T) {
	t.Parallel()
	for name, break_ := range map[string]func(x *tenant, user graphsim.User, m *mirror){
		"410": func(x *tenant, u graphsim.User, _ *mirror) { x.ctl.ExpireDelta(u.Mail) },
		"400 badly formed": func(_ *tenant, _ graphsim.User, m *mirror) {
			m.cursor = edited(m.cursor, "link", "/v1.0/users/"+m.part+"/calendarView/delta?$deltatoken=damaged")
		},
		"a cursor of rubbish":   func(_ *tenant, _ graphsim.User, m *mirror) { m.cursor = []byte("rubbish") },
		"a cursor from version": func(_ *tenant, _ graphsim.User, m *mirror) { m.cursor = edited(m.cursor, "v", 99) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTenant(t, graphsim.Config{Seed: 6})
			user := x.mailbox(0)
			m := newMirror(t, x.open(), "event", user.Mail)
			m.mustSync()
			single := x.anySingle(user)
			if err := x.ctl.DeleteEvent(user.Mail, single); err != nil {
				t.Fatal(err)
			}
			break_(x, user, m)
			m.mustSync()
			if !m.batches[0].Start || !m.batches[0].Full {
				t.Fatalf("not a full round: %+v", m.batches[0])
			}
			x.compare(m, user, "after the loss")
			if m.ops[sdk.Delete] != 1 {
				t.Fatalf("%v: the deletion is found by asking, once", m.ops)
			}
		})
	}
}

func TestNextLinkThatDiesRestartsTheRound(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 7, Users: 4})
	user := x.mailbox(0)
	if err := x.ctl.BigMailbox(user.Mail, 1700); err != nil {
		t.Fatal(err)
	}
	m := newMirror(t, x.open(), "event", user.Mail)
	x.ctl.Fail(graphsim.Rule{Method: http.MethodGet, Path: "/users/*/calendarView/delta*", Nth: 3, Status: http.StatusGone, Code: "SyncStateNotFound"})
	m.stopAt = 2
	if err := m.sync(); !errors.Is(err, errHost) {
		t.Fatal(err)
	}
	m.stopAt = 0
	m.mustSync()
	if starts := slices.IndexFunc(m.batches, func(b sdk.Batch) bool { return b.Start }); starts != 0 {
		t.Fatalf("the round that was begun anew starts at batch %d", starts)
	}
	x.compare(m, user, "after the restart")
	// A fresh round that loses its link again and again is an error, not a loop.
	x.ctl.Fail(graphsim.Rule{Path: "/users/*/calendarView/delta*", Nth: 2, Times: -1, Status: http.StatusGone, Code: "SyncStateNotFound"})
	m.cursor = nil
	if err := m.sync(); err == nil {
		t.Fatal("no error")
	}
}

func edited(cursor []byte, field string, value any) []byte {
	var m map[string]any
	if err := json.Unmarshal(cursor, &m); err != nil {
		panic(err)
	}
	m[field] = value
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return b
}

// TestLinksThatLeaveTheConnectionAreNotFollowed lets the service send links to somebody else (invariant I-25).
func TestLinksThatLeaveTheConnectionAreNotFollowed(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	spy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(spy.Close)
	x := newTenant(t, graphsim.Config{Seed: 18, BaseURL: spy.URL, Users: 4, TasksPerUser: 600, ContactsPerUser: 600})
	user := x.mailbox(0)
	if err := x.ctl.BigMailbox(user.Mail, 1500); err != nil {
		t.Fatal(err)
	}
	conn := x.with("user_filter", "", "user_list", user.Mail).open()
	for _, step := range []string{"event", "task", "contact"} {
		m := newMirror(t, conn, step, user.Mail)
		if err := m.sync(); sdk.AsError(err) == nil || sdk.AsError(err).Code != "foreign_link" || m.cursor != nil {
			t.Errorf("%s: %v, cursor %s", step, err, m.cursor)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("somebody else was asked %d times", n)
	}
}

func TestCursorOfAnotherMailboxCountsAsNone(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 19, Small: true})
	conn := x.open()
	a, b := newMirror(t, conn, "event", x.mailbox(0).Mail), newMirror(t, conn, "event", x.mailbox(1).Mail)
	a.mustSync()
	b.cursor = a.cursor
	b.mustSync()
	if !b.batches[0].Full {
		t.Fatal("the cursor of another mailbox was used")
	}
	x.compare(b, x.mailbox(1), "with a cursor of another mailbox")
}
