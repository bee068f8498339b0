package msgraph_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

// TestOnlyAConfirmedDeletionIsOne gives every answer but the one that confirms to the question whether an item still exists, and to the
// question whether its mailbox answers (Invariant 3).
func TestOnlyAConfirmedDeletionIsOne(t *testing.T) {
	t.Parallel()
	type answer struct {
		status     int
		code, body string
		drop       bool
	}
	answers := []answer{{status: 200, body: "<html>sign in</html>"}, {status: 200, body: "{}"}, {status: 200, body: ""}, {status: 200, body: "null"}, {status: 200, body: `{"id":"x"`}, {status: 200, body: `{"value":[]} {"error":{}}`}, {drop: true}}
	for _, code := range []string{"MailboxNotEnabledForRESTAPI", "ResourceNotFound", "ErrorInvalidUser", "ErrorNonExistentMailbox", "Request_ResourceNotFound", "itemNotFound", "ErrorFolderNotFound", "UnknownError", "NotFound"} {
		answers = append(answers, answer{status: 404, code: code})
	}
	answers = append(answers, answer{status: 404, body: "<html>404</html>"}, answer{status: 404, body: " "}, answer{status: 404, body: `{"error":"ErrorItemNotFound"}`}, answer{status: 404, body: `{"error":{"message":"ErrorItemNotFound"}}`})
	for _, status := range []int{400, 401, 403, 405, 406, 409, 410, 412, 413, 415, 423, 501, 507} {
		answers = append(answers, answer{status: status, code: "ErrorItemNotFound"}, answer{status: status, code: "ErrorAccessDenied"})
	}
	for _, status := range []int{500, 502, 503, 504} {
		answers = append(answers, answer{status: status, code: "ErrorItemNotFound"})
	}
	if len(answers) < 40 {
		t.Fatalf("only %d variants", len(answers))
	}
	x := newTenant(t, graphsim.Config{Seed: 9, EventsPerUser: -1, TasksPerUser: -1, ContactsPerUser: -1})
	conn := x.open()
	user := x.mailbox(0)
	tried := 0
	for _, object := range []string{"event", "task", "contact"} {
		m := newMirror(t, conn, object, user.Mail)
		item, probe := "/users/*/events/*", "/users/*/events"
		switch object {
		case "task":
			item, probe = "/users/*/todo/lists/*/tasks/*", "/users/*/todo/lists/*/tasks"
		case "contact":
			item, probe = "/users/*/contacts/*", "/users/*/contacts"
		}
		for _, at := range []string{item, probe} {
			for _, a := range answers {
				if (a.status >= 500 || a.drop || a.status == 423) && object != "event" {
					continue // repeated with delay: once is enough
				}
				gone := x.gone(object, user)
				x.ctl.Fail(graphsim.Rule{Method: http.MethodGet, Path: at, Times: -1, Status: a.status, Code: a.code, Body: a.body, Drop: a.drop})
				ops := m.askRaw(gone)
				x.ctl.ClearFaults()
				tried++
				if ops[sdk.Delete] != 0 {
					t.Errorf("%s: %s answers %+v: reported as deleted", object, at, a)
				}
			}
		}
		if ops := m.askRaw(x.gone(object, user)); ops[sdk.Delete] != 1 {
			t.Errorf("%s: the true answer is not believed: %v", object, ops)
		}
	}
	t.Logf("%d answers tried", tried)
}

// gone makes an item and deletes it.
func (x *tenant) gone(object string, user graphsim.User) string {
	x.t.Helper()
	var id string
	var err error
	switch object {
	case "event":
		if id, err = x.ctl.CreateEvent(user.Mail, once("weg", noon)); err == nil {
			err = x.ctl.DeleteEvent(user.Mail, id)
		}
	case "task":
		if id, err = x.ctl.CreateTask(user.Mail, map[string]any{"title": "weg"}); err == nil {
			err = x.ctl.DeleteTask(user.Mail, id)
		}
	case "contact":
		if id, err = x.ctl.CreateContact(user.Mail, map[string]any{"displayName": "weg"}); err == nil {
			err = x.ctl.DeleteContact(user.Mail, id)
		}
	}
	if err != nil {
		x.t.Fatal(err)
	}
	return id
}

// askRaw reads one key and counts what it is answered with; that the read fails as a whole is an answer too.
func (m *mirror) askRaw(key string) map[sdk.Op]int {
	ops := map[sdk.Op]int{}
	req := sdk.StepRequest{Step: m.step, Read: &sdk.ReadRequest{Partition: m.part, Scope: m.scope, Keys: []string{key}}}
	_, _ = sdk.RunStep(m.t.Context(), m.conn, req, func(b sdk.Batch) error {
		for _, r := range b.Records {
			ops[r.Op]++
		}
		return nil
	})
	return ops
}

func TestAnIllMailboxEndsOnlyItself(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 10, Small: true})
	conn := x.open()
	ill, well := x.mailbox(0), x.mailbox(1)
	a, b := newMirror(t, conn, "event", ill.Mail), newMirror(t, conn, "event", well.Mail)
	a.mustSync()
	before := len(a.records)
	if err := x.ctl.RevokeMailbox(ill.Mail); err != nil {
		t.Fatal(err)
	}
	err := a.sync()
	if e := sdk.AsError(err); err == nil || e.Kind != sdk.NotFound || e.Code != "mailbox_not_enabled" || e.Hint.EN == "" || e.Hint.DE == "" || e.Partition != ill.ID {
		t.Fatalf("%v", err)
	}
	if len(a.records) != before {
		t.Fatalf("%d records of %d are left", len(a.records), before)
	}
	b.mustSync()
	x.ctl.Fail(graphsim.Rule{Mailbox: well.UPN, Times: -1, Status: 403, Code: "ErrorAccessDenied", Message: "Access to OData is disabled."})
	if err := b.sync(); sdk.KindOf(err) != sdk.Auth || sdk.AsError(err).Hint.EN == "" {
		t.Fatalf("%v", err)
	}
}

func TestKeysAreEachAnsweredOnce(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 11})
	user := x.mailbox(0)
	m := newMirror(t, x.open(), "event", user.Mail)
	m.mustSync()
	want := map[string]string{}
	var keys []string
	for k, r := range m.records {
		keys, want[k] = append(keys, k), "upsert "+shownRecord(t, r)
	}
	for range 3 {
		k := x.gone("event", user)
		keys, want[k] = append(keys, k), "delete"
	}
	for _, k := range []string{"no id", "AAA\\..", "..", "../../users", "x/y?z#", ""} {
		keys, want[k] = append(keys, k), "failed"
	}
	keys, want["AAMkNobodyHasThis"] = append(keys, "AAMkNobodyHasThis"), "failed"
	got := map[string]string{}
	x.ctl.ResetRequests()
	err := sdk.Read(t.Context(), m.conn, sdk.ReadRequest{Object: "event", Partition: m.part, Scope: m.scope, Keys: keys}, func(b sdk.Batch) error {
		if b.Cursor != nil {
			t.Error("a cursor")
		}
		for _, r := range b.Records {
			text := r.Op.String()
			if r.Op == sdk.Upsert {
				text += " " + shownRecord(t, r)
			}
			if got[r.Key] += text; r.Data == nil && r.Op == sdk.Upsert {
				t.Errorf("%s has no data", r.Key)
			}
		}
		for _, f := range b.Failed {
			got[f.Key] += "failed"
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for k, w := range want {
		if got[k] != w {
			t.Errorf("%q: got %q, want %q", k, got[k], w)
		}
	}
	for who, n := range x.ctl.MaxParallel() {
		if n > 4 {
			t.Errorf("%d requests at a time to %s", n, who)
		}
	}
}

func shownRecord(t *testing.T, r sdk.Record) string {
	t.Helper()
	var e map[string]any
	if err := r.Decode(&e); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(shown(e), r.Stamp, e["body"], e["webLink"])
}
