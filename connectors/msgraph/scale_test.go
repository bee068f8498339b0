package msgraph_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

// TestQuietDayCostsOneRequestPerMailboxAndStep counts the requests of a second run over 200 mailboxes.
func TestQuietDayCostsOneRequestPerMailboxAndStep(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 50, Users: 215, EventsPerUser: 3, TasksPerUser: 1, ContactsPerUser: 1})
	conn := x.open()
	list, err := sdk.Partitions(t.Context(), conn, sdk.PartitionRequest{Object: "event", Step: "event"})
	if err != nil || len(list.Partitions) < 190 {
		t.Fatal(len(list.Partitions), err)
	}
	for _, step := range []string{"event", "task", "contact"} {
		var mirrors, readable []*mirror
		for _, p := range list.Partitions {
			mirrors = append(mirrors, &mirror{t: t, conn: conn, step: step, part: p.ID, scope: list.Scope, records: map[string]sdk.Record{}})
		}
		all := func() {
			t.Helper()
			var wg sync.WaitGroup
			for part := range 8 {
				wg.Go(func() {
					for i := part; i < len(mirrors); i += 8 {
						if err := mirrors[i].sync(); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
		}
		for _, m := range mirrors { // some users have an address and no mailbox
			if err := m.sync(); sdk.AsError(err) == nil {
				readable = append(readable, m)
			} else if sdk.AsError(err).Code != "mailbox_not_enabled" {
				t.Fatal(err)
			}
		}
		mirrors = readable
		x.ctl.ResetRequests()
		all()
		c := x.ctl.Counts()
		if c.Total-c.Tokens != len(mirrors) {
			t.Errorf("%s: %d mailboxes took %s", step, len(mirrors), c)
		}
		for who, classes := range c.Mailbox {
			for class, n := range classes {
				if n != 1 {
					t.Errorf("%s: %s %d times %s", step, who, n, class)
				}
			}
		}
		for _, m := range mirrors {
			if len(m.ops) != 0 {
				t.Errorf("%s: a quiet mailbox brings %v", step, m.ops)
			}
		}
	}
}

// TestMemoryDoesNotGrowWithTheMailbox reads the longest window of a mailbox of 100,000 events and looks at the memory in use now and then. The simulator
// lives in the same process, so the growth is measured.
func TestMemoryDoesNotGrowWithTheMailbox(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 40,000 events")
	}
	x := newTenant(t, graphsim.Config{Seed: 51, Small: true})
	user := x.mailbox(0)
	const events = 40_000
	if err := x.ctl.BigMailbox(user.Mail, 100_000); err != nil {
		t.Fatal(err)
	}
	conn := x.with("past_months", "59", "future_months", "0").open()
	list, err := sdk.Partitions(t.Context(), conn, sdk.PartitionRequest{Object: "event", Step: "event"})
	if err != nil {
		t.Fatal(err)
	}
	used := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	n, batches, most := 0, 0, uint64(0)
	before := used()
	req := sdk.StepRequest{Step: "event", Read: &sdk.ReadRequest{Partition: user.ID, Scope: list.Scope}}
	_, err = sdk.RunStep(t.Context(), conn, req, func(b sdk.Batch) error {
		n += len(b.Records)
		if batches++; batches%10 == 0 {
			most = max(most, used())
		}
		return nil
	})
	if err != nil || n < events {
		t.Fatal(n, err)
	}
	if grown := int64(most) - int64(before); grown > 30<<20 {
		t.Errorf("%d events in %d batches hold %d MiB", n, batches, grown>>20)
	} else {
		t.Logf("%d events in %d batches: %d MiB above the start", n, batches, grown>>20)
	}
}

// TestBudgetOfAMailboxIsKeptOverAllConnections lets many reads of one mailbox run at once through several connections.
func TestBudgetOfAMailboxIsKeptOverAllConnections(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 52})
	user := x.mailbox(0)
	m := newMirror(t, x.open(), "event", user.Mail)
	m.mustSync()
	var keys []string
	for k := range m.records {
		keys = append(keys, k)
	}
	x.ctl.Fail(graphsim.Rule{Path: "/users/*/events/*", Times: -1, Delay: 2 * time.Millisecond})
	var wg sync.WaitGroup
	for range 5 {
		conn := x.open()
		for range 3 {
			wg.Go(func() {
				req := sdk.ReadRequest{Object: "event", Partition: m.part, Scope: m.scope, Keys: keys[:20]}
				if err := sdk.Read(t.Context(), conn, req, func(sdk.Batch) error { return nil }); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if n := x.ctl.MaxParallel()[user.UPN]; n != 4 {
		t.Errorf("%d requests at a time, want 4", n)
	}
	for _, q := range x.ctl.Requests() {
		if q.Status == 429 {
			t.Fatal("a request was throttled")
		}
	}
}

func TestThrottledMailboxIsLeftAloneUntilItsTime(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 53, Small: true})
	a, b := x.mailbox(0), x.mailbox(1)
	conn := x.open()
	ill, well := newMirror(t, conn, "event", a.Mail), newMirror(t, conn, "event", b.Mail)
	x.ctl.Fail(graphsim.Rule{Mailbox: a.UPN, Status: 429, RetryAfter: time.Hour})
	for range 3 { // the second and third time nothing is sent
		err := ill.sync()
		if e := sdk.AsError(err); sdk.KindOf(err) != sdk.Throttled || e.RetryAfter < 59*time.Minute || e.Partition != a.ID {
			t.Fatalf("%v", err)
		}
	}
	n := 0
	for _, q := range x.ctl.Requests() {
		if q.Mailbox == a.UPN {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d requests to the throttled mailbox", n)
	}
	well.mustSync()
	x.ctl.Fail(graphsim.Rule{Mailbox: b.UPN, Status: 429, RetryAfter: time.Second})
	start := time.Now()
	if well.mustSync(); time.Since(start) < time.Second {
		t.Errorf("repeated after %s", time.Since(start))
	}
}
