package msgraph_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

func (x *tenant) write(conn sdk.Conn, req sdk.WriteRequest) []sdk.Result {
	x.t.Helper()
	results, err := sdk.RunStep(x.t.Context(), conn, sdk.StepRequest{Step: req.Object, Write: &req}, nil)
	if err != nil || len(results) != len(req.Records) {
		x.t.Fatalf("%d results, %v", len(results), err)
	}
	for i, r := range results {
		if r.Outcome == sdk.Done && r.Key == "" || r.Err != nil && sdk.AsError(r.Err).Object != req.Object {
			x.t.Fatalf("result %d: %+v", i, r)
		}
	}
	return results
}

func (x *tenant) writeOne(conn sdk.Conn, object string, rec sdk.Record) sdk.Result {
	x.t.Helper()
	return x.write(conn, sdk.WriteRequest{Object: object, Records: []sdk.Record{rec}})[0]
}

func data(v any) []byte {
	b, err := sdk.Encode(v)
	if err != nil {
		panic(err)
	}
	return b
}

// sample is a new record of an object and a change of it.
func sample(object, user string) (create, change map[string]any) {
	switch object {
	case "event":
		create = once("Besprechung", noon.AddDate(0, 0, 3))
		create["user"], create["organizer"] = user, map[string]any{"emailAddress": map[string]any{"address": strings.ToUpper(user)}}
		return create, map[string]any{"subject": "Besprechung 2", "location": map[string]any{"displayName": "Raum 7"}}
	case "task":
		return map[string]any{"title": "Anrufen", "user": user, "importance": "high"}, map[string]any{"title": "Anrufen 2", "dueDateTime": map[string]any{"dateTime": "2026-12-01T00:00:00", "timeZone": "UTC"}}
	}
	return map[string]any{"displayName": "Eva", "givenName": "Eva", "user": user, "emailAddresses": []any{map[string]any{"address": "eva@x.example", "name": "Eva"}}}, map[string]any{"displayName": "Eva M.", "businessPhones": []string{"+49 30 1"}}
}

func TestRecordsAreWrittenAndReadBack(t *testing.T) {
	t.Parallel()
	for _, object := range []string{"event", "task", "contact"} {
		t.Run(object, func(t *testing.T) {
			t.Parallel()
			x := newTenant(t, graphsim.Config{Seed: 20, Small: true})
			user := x.mailbox(1)
			conn := x.open()
			m := newMirror(t, conn, object, user.Mail)
			m.mustSync()
			create, change := sample(object, user.Mail)
			made := x.writeOne(conn, object, sdk.Record{Intent: "8f8b1c7e-0000-4000-8000-000000000001", Data: data(create)})
			if made.Err != nil || made.Outcome != sdk.Done || made.Partition != m.part || made.Stamp == "" || made.Data == nil {
				t.Fatalf("create: %+v", made)
			}
			if m.mustSync(); m.records[made.Key].Stamp != made.Stamp || string(m.records[made.Key].Data) == "" {
				t.Fatalf("the round brings %+v, written was %q", m.records[made.Key], made.Stamp)
			}
			again := x.find(conn, object, sdk.Record{Partition: m.part, Intent: "8f8b1c7e-0000-4000-8000-000000000001"})
			if len(again) != 1 || again[0].Key != made.Key || again[0].Partition != m.part {
				t.Fatalf("found by intent: %+v", again)
			}
			if none := x.find(conn, object, sdk.Record{Partition: m.part, Intent: "another"}); len(none) != 0 {
				t.Fatalf("found by another intent: %+v", none)
			}
			delete(create, "organizer")
			if same := x.find(conn, object, sdk.Record{Data: data(create)}); len(same) != 1 || same[0].Key != made.Key {
				t.Fatalf("found by content: %+v", same)
			}
			done := x.writeOne(conn, object, sdk.Record{Key: made.Key, Partition: m.part, IfStamp: made.Stamp, Data: data(change)})
			if done.Err != nil || done.Outcome != sdk.Done || done.Stamp == made.Stamp {
				t.Fatalf("update: %+v", done)
			}
			for _, op := range []sdk.Op{sdk.Upsert, sdk.Delete} {
				old := x.writeOne(conn, object, sdk.Record{Op: op, Key: made.Key, Partition: m.part, IfStamp: made.Stamp, Data: data(change)})
				if sdk.KindOf(old.Err) != sdk.Conflict || old.Outcome != sdk.NotDone {
					t.Fatalf("%s with an old stamp: %+v", op, old)
				}
			}
			for n := range 2 { // the second time it is gone already, which is as good
				if r := x.writeOne(conn, object, sdk.Record{Op: sdk.Delete, Key: made.Key, Partition: m.part}); r.Err != nil || r.Outcome != sdk.Done {
					t.Fatalf("delete %d: %+v", n, r)
				}
			}
			if m.mustSync(); m.records[made.Key].Key != "" || m.ops[sdk.Delete] != 1 {
				t.Fatalf("after the deletion: %v", m.ops)
			}
		})
	}
}

func (x *tenant) find(conn sdk.Conn, object string, rec sdk.Record) []sdk.Match {
	x.t.Helper()
	list, err := sdk.Find(x.t.Context(), conn, sdk.FindRequest{Object: object, Records: []sdk.Record{rec}, Since: noon.Add(-time.Hour)})
	if err != nil {
		x.t.Fatal(err)
	}
	return list
}

// TestLostAnswersAreUnknown loses the answer of each write, before and after it was carried out.
func TestLostAnswersAreUnknown(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 21, Small: true})
	user := x.mailbox(0)
	conn := x.open()
	for _, object := range []string{"event", "task", "contact"} {
		create, change := sample(object, user.Mail)
		base := x.writeOne(conn, object, sdk.Record{Data: data(create)})
		for name, rule := range map[string]graphsim.Rule{"dropped": {Drop: true}, "503": {Status: 503, Code: "ConcurrentItemSave"}, "500": {Status: 500}, "504 after the work": {Status: 504, Execute: true}, "dropped after the work": {Drop: true, Execute: true}} {
			for verb, rec := range map[string]sdk.Record{
				http.MethodPost:   {Intent: object + name, Data: data(create)},
				http.MethodPatch:  {Key: base.Key, Partition: base.Partition, Data: data(change)},
				http.MethodDelete: {Op: sdk.Delete, Key: base.Key, Partition: base.Partition},
			} {
				if verb == http.MethodDelete && rule.Execute {
					continue
				}
				rule.Method = verb
				x.ctl.ResetRequests()
				x.ctl.Fail(rule)
				r := x.writeOne(conn, object, rec)
				x.ctl.ClearFaults()
				if r.Outcome != sdk.Unknown || r.Err == nil {
					t.Errorf("%s, %s %s: %+v", object, name, verb, r)
				}
				sent := 0
				for _, q := range x.ctl.Requests() {
					if q.Method == verb {
						sent++
					}
				}
				if sent != 1 {
					t.Errorf("%s, %s %s: sent %d times", object, name, verb, sent)
				}
				if verb == http.MethodPost {
					want := 0
					if rule.Execute {
						want = 1
					}
					if got := x.find(conn, object, sdk.Record{Partition: base.Partition, Intent: object + name}); len(got) != want {
						t.Errorf("%s, %s: found %d by intent, want %d", object, name, len(got), want)
					}
				}
			}
		}
		x.ctl.Fail(graphsim.Rule{Method: http.MethodPost, Status: 429, RetryAfter: 0, Times: 2})
		if r := x.writeOne(conn, object, sdk.Record{Intent: object, Data: data(create)}); r.Outcome != sdk.Done {
			t.Errorf("%s, throttled twice: %+v", object, r)
		}
	}
}

func TestWritesThatCannotBeAreRefusedBeforeTheyAreSent(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 22, Small: true})
	user := x.mailbox(0)
	conn := x.open()
	made := x.writeOne(conn, "event", sdk.Record{Data: data(map[string]any{"user": user.Mail, "subject": "x", "start": moment(noon), "end": moment(noon)})})
	x.ctl.ResetRequests()
	for name, c := range map[string]struct {
		rec  sdk.Record
		code string
		text string
	}{
		"nobody's mailbox":          {sdk.Record{Data: data(map[string]any{"user": "b@x.example", "organizer": map[string]any{"emailAddress": map[string]any{"address": "a@x.example"}}})}, "mailbox_undecided", `organizer "a@x.example" and user "b@x.example"`},
		"no mailbox named":          {sdk.Record{Data: data(map[string]any{"subject": "x"})}, "mailbox_undecided", `organizer "" and user ""`},
		"organiser beats user":      {sdk.Record{Data: data(map[string]any{"user": user.Mail, "organizer": map[string]any{"emailAddress": map[string]any{"address": "a@x.example"}}})}, "mailbox_undecided", "a@x.example"},
		"a read-only field":         {sdk.Record{Partition: user.ID, Data: data(map[string]any{"iCalUId": "x"})}, "field_read_only", "iCalUId"},
		"a partition of nobody":     {sdk.Record{Partition: "someone", Data: data(map[string]any{})}, "user_not_selected", "someone"},
		"no JSON":                   {sdk.Record{Partition: user.ID, Data: []byte(`{"a":`)}, "data", ""},
		"doubled field":             {sdk.Record{Partition: user.ID, Data: []byte(`{"subject":"a","subject":"b"}`)}, "data", ""},
		"a key that is none":        {sdk.Record{Partition: user.ID, Key: "..", Data: []byte(`{}`)}, "id_malformed", ""},
		"a deletion without key":    {sdk.Record{Partition: user.ID, Op: sdk.Delete}, "id_malformed", ""},
		"a stamp that is none":      {sdk.Record{Partition: user.ID, Key: made.Key, IfStamp: "*", Data: []byte(`{"subject":"a"}`)}, "stamp", ""},
		"an op that is no write":    {sdk.Record{Partition: user.ID, Key: made.Key, Op: sdk.Release}, "op", ""},
		"a stamp of another system": {sdk.Record{Partition: user.ID, Key: made.Key, Op: sdk.Delete, IfStamp: "2026-01-01"}, "stamp", ""},
	} {
		r := x.writeOne(conn, "event", c.rec)
		if e := sdk.AsError(r.Err); e == nil || e.Code != c.code || r.Outcome != sdk.NotDone || !strings.Contains(e.Error(), c.text) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	for _, q := range x.ctl.Requests() {
		if q.Method != http.MethodGet && q.Class != graphsim.ClassToken {
			t.Errorf("sent: %s %s", q.Method, q.Path)
		}
	}
}

func TestSeriesBringsItsOccurrences(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 23, Small: true})
	user := x.mailbox(0)
	conn := x.open()
	m := newMirror(t, conn, "event", user.Mail)
	m.mustSync()
	for name, c := range map[string]struct {
		span map[string]any
		n    int
	}{
		"with an end": {map[string]any{"type": "endDate", "startDate": "2026-12-01", "endDate": "2027-01-05"}, 6}, "numbered": {map[string]any{"type": "numbered", "startDate": "2026-12-01", "numberOfOccurrences": 9}, 9},
		"without end": {map[string]any{"type": "noEnd", "startDate": "2026-12-01"}, 12}, "beyond the window": {map[string]any{"type": "endDate", "startDate": "2027-06-01", "endDate": "2027-06-15"}, 3},
	} {
		e := weekly("Serie "+name, c.span["startDate"].(string))
		e["recurrence"].(map[string]any)["range"] = c.span
		e["user"] = user.Mail
		r := x.writeOne(conn, "event", sdk.Record{Data: data(e)})
		if r.Err != nil || len(r.Related) != c.n {
			t.Fatalf("%s: %d occurrences, want %d: %v", name, len(r.Related), c.n, r.Err)
		}
		m.mustSync()
		for _, o := range r.Related {
			if o.Parent != r.Key || o.At == "" {
				t.Fatalf("%s: %+v", name, o)
			}
			if got, ok := m.records[o.Key]; ok && string(got.Data) != string(o.Data) {
				t.Fatalf("%s: the round brings another occurrence:\n%s\n%s", name, got.Data, o.Data)
			}
		}
	}
	x.compare(m, user, "after all")
}

func TestPeopleWhoGetMailAreCounted(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 24, Small: true})
	user, other := x.mailbox(0), x.mailbox(1)
	conn := x.open()
	guest := func(addresses ...string) (list []any) {
		for _, a := range addresses {
			list = append(list, map[string]any{"type": "required", "emailAddress": map[string]any{"address": a, "name": a}})
		}
		return list
	}
	create := once("Runde", noon.AddDate(0, 0, 2))
	create["user"], create["attendees"] = user.Mail, guest("a@x.example", "b@x.example", other.Mail)
	try := func(name string, rec sdk.Record, want int) sdk.Result {
		t.Helper()
		for _, req := range []sdk.WriteRequest{{DryRun: true}, {Quiet: true}} {
			if req.Quiet && want == 0 {
				continue
			}
			x.ctl.ResetRequests()
			req.Object, req.Records = "event", []sdk.Record{rec}
			r := x.write(conn, req)[0]
			if r.Notifies != want || r.Outcome != sdk.NotDone || (sdk.AsError(r.Err) != nil) != (req.Quiet && want > 0) {
				t.Errorf("%s, dry %v, quiet %v: %+v", name, req.DryRun, req.Quiet, r)
			}
			for _, q := range x.ctl.Requests() {
				if q.Method != http.MethodGet && q.Class != graphsim.ClassToken {
					t.Errorf("%s, dry %v, quiet %v: sent %s", name, req.DryRun, req.Quiet, q.Method)
				}
			}
		}
		x.ctl.ClearOutbox()
		r := x.writeOne(conn, "event", rec)
		if r.Err != nil || r.Notifies != want {
			t.Errorf("%s: %+v, want %d", name, r, want)
		}
		mailed := map[string]bool{}
		for _, m := range x.ctl.Outbox() {
			for _, to := range m.To {
				mailed[strings.ToLower(to)] = true
			}
		}
		if len(mailed) != want {
			t.Errorf("%s: mailed to %v, counted %d", name, mailed, want)
		}
		return r
	}
	made := try("create", sdk.Record{Data: data(create)}, 3)
	change := func(fields map[string]any) sdk.Record {
		return sdk.Record{Key: made.Key, Partition: made.Partition, Data: data(fields)}
	}
	try("only the reminder", change(map[string]any{"reminderMinutesBeforeStart": 30, "categories": []string{"x"}}), 0)
	try("the subject", change(map[string]any{"subject": "Runde 2"}), 3)
	try("one guest more", change(map[string]any{"attendees": guest("a@x.example", "b@x.example", other.Mail, "c@x.example")}), 1)
	try("delete", sdk.Record{Op: sdk.Delete, Key: made.Key, Partition: made.Partition}, 4)
}

// TestGuestsOfAForeignMeetingStay: reading hides the other selected users in the meeting of an outsider, so writing its attendees back must
// not take them out.
func TestGuestsOfAForeignMeetingStay(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 25, Small: true})
	a, b, outsider := x.mailbox(0), x.mailbox(1), x.mailbox(2)
	meeting := once("Fremd", noon.AddDate(0, 0, 1))
	for _, g := range []string{a.Mail, b.Mail, "guest@x.example"} {
		list, _ := meeting["attendees"].([]any)
		meeting["attendees"] = append(list, map[string]any{"type": "required", "emailAddress": map[string]any{"address": g}})
	}
	if _, err := x.ctl.CreateEvent(outsider.Mail, meeting); err != nil {
		t.Fatal(err)
	}
	conn := x.with("user_filter", "", "user_list", a.Mail+";"+b.Mail).open()
	m := newMirror(t, conn, "event", a.Mail)
	m.mustSync()
	for k, rec := range m.records {
		var e map[string]any
		if err := rec.Decode(&e); err != nil {
			t.Fatal(err)
		}
		if e["subject"] != "Fremd" {
			continue
		}
		before, err := x.ctl.Event(a.Mail, k)
		if err != nil {
			t.Fatal(err)
		}
		all, left := before["attendees"].([]any), e["attendees"].([]any)
		if e["isExternalOrganizer"] != true || len(left) != len(all)-1 || strings.Contains(string(rec.Data), b.Mail) {
			t.Fatalf("read with %d guests of %d: %s", len(left), len(all), rec.Data)
		}
		r := x.writeOne(conn, "event", sdk.Record{Key: k, Partition: m.part, Data: data(map[string]any{"attendees": left})})
		after, err := x.ctl.Event(a.Mail, k)
		if err != nil || r.Err != nil || len(after["attendees"].([]any)) != len(all) || r.Notifies != 0 {
			t.Fatalf("%v %+v: %d guests of %d", err, r, len(after["attendees"].([]any)), len(all))
		}
		return
	}
	t.Fatal("the meeting is not read")
}

func TestManyRecordsKeepTheirOrderAndMailboxes(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 26, Small: true, Parallel: 2})
	conn := x.open()
	var recs []sdk.Record
	for i := range 60 {
		recs = append(recs, sdk.Record{Data: data(map[string]any{"title": fmt.Sprint("Aufgabe ", i), "user": x.mailbox(i % 5).Mail})})
	}
	for i, r := range x.write(conn, sdk.WriteRequest{Object: "task", Records: recs}) {
		if r.Err != nil || r.Partition != x.mailbox(i%5).ID || !strings.Contains(string(r.Data), fmt.Sprintf(`"Aufgabe %d"`, i)) {
			t.Fatalf("%d: %+v", i, r)
		}
	}
}

// TestClearedListIsSentAsAnEmptyOne: Graph refuses null for some lists.
func TestClearedListIsSentAsAnEmptyOne(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 27, Small: true})
	user := x.mailbox(0)
	id, err := x.ctl.CreateContact(user.Mail, map[string]any{"displayName": "Eva", "businessPhones": []string{"+49 30 1"}, "jobTitle": "Leiterin"})
	if err != nil {
		t.Fatal(err)
	}
	var sent string
	inner := x.http
	x.http = tripper(func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodPatch {
			b, err := io.ReadAll(req.Body)
			if err != nil {
				return nil, err
			}
			sent, req.Body = string(b), io.NopCloser(bytes.NewReader(b))
		}
		return inner.RoundTrip(req)
	})
	r := x.writeOne(x.open(), "contact", sdk.Record{Partition: user.ID, Key: id, Data: []byte(`{"businessPhones":null,"categories":[],"jobTitle":null}`)})
	if r.Err != nil || sent != `{"businessPhones":[],"categories":[],"jobTitle":null}` || !strings.Contains(string(r.Data), `"businessPhones":[]`) {
		t.Errorf("sent %s, %v, stored %s", sent, r.Err, r.Data)
	}
}
