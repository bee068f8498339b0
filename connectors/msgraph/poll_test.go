package msgraph_test

import (
	"context"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

func TestPollAsksTwentyMailboxesAtOnce(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 40, Users: 70, Small: true})
	conn := x.open()
	list, err := sdk.Partitions(t.Context(), conn, sdk.PartitionRequest{Object: "event", Step: "event"})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{"event", "task", "contact"} {
		req := sdk.PollRequest{Object: step, Step: step, Scope: list.Scope}
		mirrors := map[string]*mirror{}
		for _, p := range list.Partitions[:50] {
			m := &mirror{t: t, conn: conn, step: step, part: p.ID, scope: list.Scope, records: map[string]sdk.Record{}}
			m.mustSync()
			mirrors[p.ID] = m
			req.Items = append(req.Items, sdk.PollItem{Partition: p.ID, Cursor: m.cursor})
		}
		busy := req.Items[7].Partition
		x.touch(step, busy)
		req.Items = append(req.Items, sdk.PollItem{Partition: "new"}, sdk.PollItem{Partition: req.Items[0].Partition, Cursor: []byte("rubbish")})
		x.ctl.ResetRequests()
		results, err := sdk.Poll(t.Context(), conn, req)
		if err != nil || len(results) != 52 {
			t.Fatal(len(results), err)
		}
		for i, r := range results {
			want := r.Partition == busy || i >= 50
			if r.Changed != want || r.Err != nil || r.Partition != req.Items[i].Partition || (r.Cursor != nil) == want {
				t.Errorf("%s, item %d: %+v", step, i, r)
			}
		}
		if c := x.ctl.Counts(); c.Class["POST /$batch"] != 3 || c.Total != 53 {
			t.Errorf("%s: %s", step, c)
		}
		// The cursors that the poll gave go on; the change is not lost.
		for i, r := range results[:50] {
			m := mirrors[r.Partition]
			if r.Cursor != nil {
				m.cursor = r.Cursor
			}
			m.mustSync()
			if want := i == 7; (m.ops[sdk.Upsert] > 0) != want || m.batches[0].Full {
				t.Fatalf("%s, item %d: %v", step, i, m.ops)
			}
		}
		x.ctl.ExpireDelta(req.Items[3].Partition)
		results, err = sdk.Poll(t.Context(), conn, sdk.PollRequest{Object: step, Step: step, Items: req.Items[3:4]})
		if err != nil || !results[0].Changed || results[0].Err != nil {
			t.Errorf("%s: a lost position: %+v %v", step, results, err)
		}
	}
	// A new day wants a run of the events, not a request.
	m := &mirror{t: t, conn: conn, step: "event", part: list.Partitions[0].ID, scope: list.Scope, records: map[string]sdk.Record{}}
	m.mustSync()
	x.ctl.Advance(24 * time.Hour)
	x.ctl.ResetRequests()
	results, err := sdk.Poll(t.Context(), conn, sdk.PollRequest{Object: "event", Step: "event", Items: []sdk.PollItem{{Partition: m.part, Cursor: m.cursor}}})
	if err != nil || !results[0].Changed || x.ctl.Counts().Total != 0 {
		t.Errorf("the next day: %+v %v, %s", results, err, x.ctl.Counts())
	}
}

func (x *tenant) touch(object, who string) {
	x.t.Helper()
	var err error
	switch object {
	case "event":
		_, err = x.ctl.CreateEvent(who, once("neu", noon))
	case "task":
		_, err = x.ctl.CreateTask(who, map[string]any{"title": "neu"})
	case "contact":
		_, err = x.ctl.CreateContact(who, map[string]any{"displayName": "neu"})
	}
	if err != nil {
		x.t.Fatal(err)
	}
}

// TestPollIsNotKeptWaitingByAThrottledMailbox: one mailbox stops only itself.
func TestPollIsNotKeptWaitingByAThrottledMailbox(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 41, Users: 8, Small: true})
	conn := x.open()
	var req sdk.PollRequest
	req.Object, req.Step = "contact", "contact"
	for n := range 3 {
		m := newMirror(t, conn, "contact", x.mailbox(n).Mail)
		m.mustSync()
		req.Items = append(req.Items, sdk.PollItem{Partition: m.part, Cursor: m.cursor})
	}
	x.ctl.Fail(graphsim.Rule{Mailbox: x.mailbox(1).UPN, Status: 429, RetryAfter: time.Hour})
	for range 2 { // the second time it is not asked at all
		results, err := sdk.Poll(t.Context(), conn, req)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range results {
			if r.Changed != (i == 1) || (r.Err != nil) != (i == 1) {
				t.Errorf("item %d: %+v", i, r)
			}
		}
	}
	if c := x.ctl.Counts(); c.Class["POST /$batch"] != 2 {
		t.Errorf("%s", c)
	}
}

// TestPollAnswersInItsTime: an organisation may be larger than what one call can ask.
func TestPollAnswersInItsTime(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 42, Users: 8, Small: true})
	m := newMirror(t, x.open(), "contact", x.mailbox(0).Mail)
	m.mustSync()
	for hung, wait := range map[bool]time.Duration{true: 7 * time.Second, false: 3 * time.Second} {
		if hung {
			x.ctl.Fail(graphsim.Rule{Path: "/users/*/contacts/delta*", Delay: time.Minute})
		}
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		results, err := sdk.Poll(ctx, m.conn, sdk.PollRequest{Object: "contact", Step: "contact", Items: []sdk.PollItem{{Partition: m.part, Cursor: m.cursor}}})
		cancel()
		if err != nil || len(results) != 1 || !results[0].Changed || (results[0].Err != nil) != hung {
			t.Errorf("hung %t: %+v, %v", hung, results, err)
		}
		x.ctl.ClearFaults()
	}
}
