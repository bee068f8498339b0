package graphsim

import (
	"context"
	"errors"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestControlEditsAndRemovesPeople(t *testing.T) {
	t.Parallel()
	r := empty(t)
	who := r.users[0].UPN
	if err := r.ctl.RevokeMailbox(who); err != nil {
		t.Fatal(err)
	}
	r.refused(r.send("GET", r.box(0)+"/events", nil), 404, "MailboxNotEnabledForRESTAPI")
	if err := r.ctl.RemoveUser(r.users[1].UPN); err != nil {
		t.Fatal(err)
	}
	r.refused(r.send("GET", r.box(1)+"/events", nil), 404, "ErrorInvalidUser")
	r.refused(r.send("GET", r.box(1), nil), 404, "Request_ResourceNotFound")
	neu := r.ctl.AddUser("neu", "Nora", "Neu")
	r.do("POST", "/users/"+neu.UPN+"/events", eventAt("x", epoch, time.Hour, "UTC"), 201)
	if n := len(values(r.get("/users?$filter=userPrincipalName eq '" + neu.UPN + "'"))); n != 1 {
		t.Errorf("%d new users", n)
	}
	if err := r.ctl.RemoveUser("nobody"); err == nil {
		t.Error("removed nobody")
	}
	var refused *StatusError
	if _, err := r.ctl.Event(neu.UPN, "abc"); !errors.As(err, &refused) || refused.Status != 400 || refused.Code != "ErrorInvalidIdMalformed" {
		t.Errorf("error %v", err)
	}
	if _, err := r.ctl.CreateEvent(neu.UPN, map[string]any{}); err == nil {
		t.Error("created an event without times")
	}
	if _, err := r.ctl.State(who, epoch, epoch); err == nil {
		t.Error("state of no mailbox")
	}
}

func TestRequestsAreCountedByMailboxAndClass(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.ctl.ResetRequests()
	r.signIn()
	r.get("/users")
	for range 3 {
		r.get(r.box(0) + "/events")
	}
	r.send("GET", r.box(1)+"/nonsense", nil)
	if _, err := r.ctl.CreateEvent(r.users[0].UPN, eventAt("x", epoch, time.Hour, "UTC")); err != nil {
		t.Fatal(err)
	}
	c := r.ctl.Counts()
	if c.Total != 6 || c.Tokens != 1 || c.Mailbox[r.users[0].UPN]["GET /users/{user}/events"] != 3 || c.Class["GET ?"] != 1 || len(c.Mailbox) != 1 {
		t.Errorf("%d requests, %d tokens\n%s", c.Total, c.Tokens, c)
	}
	list := r.ctl.Requests()
	if len(list) != 6 || list[5].Status != 400 || list[5].Code != "BadRequest" || !list[0].Time.Equal(epoch) {
		t.Errorf("%+v", list)
	}
}

func TestOccurrencesByControl(t *testing.T) {
	t.Parallel()
	r := empty(t)
	who := r.users[0].UPN
	id := r.weekly(r.box(0))
	list, err := r.ctl.Occurrences(who, id, epoch, epoch.AddDate(0, 2, 0))
	if err != nil || len(list) < 8 {
		t.Fatalf("%v %v", list, err)
	}
	if err := r.ctl.DeleteEvent(who, list[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := r.ctl.UpdateEvent(who, list[1], map[string]any{"subject": "anders"}); err != nil {
		t.Fatal(err)
	}
	if err := r.ctl.MoveEvent(who, list[2], time.Date(2026, 12, 8, 12, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	st, err := r.ctl.State(who, epoch, epoch.AddDate(0, 0, 24))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range st.Events {
		got = append(got, e["type"].(string)+" "+e["start"].(map[string]any)["dateTime"].(string)[:10])
	}
	slices.Sort(got)
	want := []string{"exception 2026-11-30", "exception 2026-12-08", "occurrence 2026-12-14"}
	if !slices.Equal(got, want) || len(st.Masters) != 1 {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s, err := New(Config{Users: 1, Small: true})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	resp, err := http.Get("http://" + ln.Addr().String() + "/v1.0/$metadata")
	if err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/xml" {
		t.Fatalf("%v %v", resp, err)
	}
	resp.Body.Close()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for _, n := range []int{-1, 1_000_000} {
		if _, err := New(Config{Users: n}); err == nil {
			t.Errorf("%d users accepted", n)
		}
	}
}

// TestBigMailboxIsCheap fills a mailbox with 100,000 events and reads it whole. It does not run beside other tests: it measures the heap.
func TestBigMailboxIsCheap(t *testing.T) {
	r := newRig(t, Config{Users: 1, Small: true})
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	const n = 100_000
	if err := r.ctl.BigMailbox(r.users[0].UPN, n); err != nil {
		t.Fatal(err)
	}
	if used := (heap() - before) >> 20; used > 100 {
		t.Errorf("%d events take %d MiB, want at most 100", n, used)
	} else {
		t.Logf("%d events take %d MiB", n, used)
	}
	w := span(epoch.AddDate(-2, 0, 0), epoch.AddDate(2, 0, 0))
	page := r.get(r.box(0)+"/calendarView/delta?"+w, "Prefer: odata.maxpagesize=500")
	if rows := values(page); len(rows) != 500 {
		t.Fatalf("%d rows", len(rows))
	}
	big := values(r.get(r.box(0) + "/events?$top=1&$skip=50"))[0]
	if size := len(rawJSON(big)); size < 1800 || size > 3000 {
		t.Errorf("an event has %d bytes, want about 2 KiB", size)
	}
	seen := 0
	path := "/users/" + r.users[0].ID + "/calendarView/delta?" + w
	for path != "" {
		c := &call{s: r.s, ctx: t.Context(), method: "GET", header: http.Header{"Prefer": {"odata.maxpagesize=500"}}, origin: "http://x", direct: true}
		c.path, c.rawQuery, _ = strings.Cut(path, "?")
		rep := r.s.handle(c)
		seen += strings.Count(string(rep.body), `"changeKey"`)
		path = ""
		if _, next, ok := strings.Cut(string(rep.body), `"@odata.nextLink":"http://x/v1.0`); ok {
			path, _, _ = strings.Cut(next, `"`)
		}
	}
	if seen < n*99/100*35040/100000 { // four years of hours lie in the window
		t.Errorf("the round has %d events", seen)
	}
}

func BenchmarkEventsPage(b *testing.B) {
	s, err := New(Config{Users: 1, Small: true})
	if err != nil {
		b.Fatal(err)
	}
	who := s.Control().Users()[0].UPN
	if err := s.Control().BigMailbox(who, 10_000); err != nil {
		b.Fatal(err)
	}
	path := "/users/" + who + "/events"
	b.ReportAllocs()
	for b.Loop() {
		c := &call{s: s, ctx: b.Context(), method: "GET", path: path, rawQuery: "$top=1000&$skip=5000", header: http.Header{}, origin: "http://x", direct: true}
		rep := s.handle(c)
		if rep.status != 200 {
			b.Fatalf("%s", rep.body)
		}
		b.SetBytes(int64(len(rep.body)))
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "events/s")
}

func TestAClockOutsideTheCalendarsIsRefused(t *testing.T) {
	t.Parallel()
	for year, want := range map[int]bool{1: false, 1969: false, 1970: true, 2100: true, 2101: false, 9999: false} {
		_, err := New(Config{Users: 2, Small: true, Now: func() time.Time { return time.Date(year, 12, 31, 23, 59, 59, 0, time.UTC) }})
		if (err == nil) != want {
			t.Errorf("%d: %v", year, err)
		}
	}
}
