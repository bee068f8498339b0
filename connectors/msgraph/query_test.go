package msgraph_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

func query(t *testing.T, c sdk.Conn, req sdk.QueryRequest) ([]sdk.Record, error) {
	t.Helper()
	var list []sdk.Record
	done := false
	err := sdk.Query(t.Context(), c, req, func(b sdk.Batch) error {
		if b.Cursor != nil || done {
			t.Error("a cursor, or a batch after the last")
		}
		done = b.Done
		for _, r := range b.Records {
			r.Data = append([]byte(nil), r.Data...)
			list = append(list, r)
		}
		return nil
	})
	if err == nil && !done {
		t.Error("the query does not say that it is done")
	}
	return list, err
}

func TestQueryByFieldNotation(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 30, Small: true})
	conn := x.open()
	user, other := x.mailbox(3), x.mailbox(4)
	create := map[string]func() (string, error){
		"event": func() (string, error) { return x.ctl.CreateEvent(user.Mail, once("gesucht", noon)) },
		"task":  func() (string, error) { return x.ctl.CreateTask(user.Mail, map[string]any{"title": "gesucht"}) },
		"contact": func() (string, error) {
			return x.ctl.CreateContact(user.Mail, map[string]any{"displayName": "gesucht"})
		},
	}
	for object, make := range create {
		id, err := make()
		if err != nil {
			t.Fatal(err)
		}
		for notation, hits := range map[string]int{
			"id|:|" + id + "|;|": 1, "id|:|" + id + "|;|user|:|" + strings.ToUpper(user.Mail) + "|;|": 1, "user|:|" + user.UPN + "|;|id|:|" + id + "|;|": 1, "id|:|" + id + "|;|user|:|" + other.Mail + "|;|": 0, "id|:|ABC|;|": 0,
			"id|:|" + id + "": -1, "": -1, "user|:|" + user.Mail + "|;|": -1, "id|:||;|": -1, "id|:|..|;|": -1, "id|:|a b|;|": -1, "subject|:|x|;|": -1, "id|:|" + id + "|;|user|:|nobody@x.example|;|": -1,
		} {
			list, err := query(t, conn, sdk.QueryRequest{Object: object, Notation: notation})
			if (err != nil) != (hits < 0) || err == nil && len(list) != hits {
				t.Errorf("%s %q: %d hits, %v; want %d", object, notation, len(list), err, hits)
			}
			if hits == 1 && err == nil && (list[0].Key != id || list[0].Partition != user.ID || !strings.Contains(string(list[0].Data), "gesucht")) {
				t.Errorf("%s %q: %+v", object, notation, list[0])
			}
		}
		for _, odd := range []string{"a/b", "a?b=c", "a#b", "a%2Fb", "a'b", "$metadata", "a+b", "ä"} {
			if list, err := query(t, conn, sdk.QueryRequest{Object: object, Notation: "id|:|" + odd + "|;|"}); err != nil || len(list) != 0 {
				t.Errorf("%s %q: %d hits, %v", object, odd, len(list), err)
			}
		}
	}
	if _, err := query(t, conn, sdk.QueryRequest{Object: "event", Language: "sql", Text: "select 1"}); sdk.KindOf(err) != sdk.Unsupported {
		t.Errorf("a query text: %v", err)
	}
	// A mailbox that cannot be asked may be the one: that is no empty answer.
	x.ctl.Fail(graphsim.Rule{Mailbox: user.UPN, Times: -1, Status: 403, Code: "ErrorAccessDenied"})
	if _, err := query(t, conn, sdk.QueryRequest{Object: "event", Notation: "id|:|ABC|;|"}); sdk.KindOf(err) != sdk.Auth {
		t.Errorf("a mailbox that refuses: %v", err)
	}
}

func TestQueryAndReadByFilter(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 31, Small: true})
	conn := x.open()
	a, b := x.mailbox(0), x.mailbox(1)
	for i, u := range []graphsim.User{a, a, b} {
		if _, err := x.ctl.CreateContact(u.Mail, map[string]any{"displayName": "Filter O'Neil", "givenName": fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	filter := "displayName eq 'Filter O''Neil'"
	for limit, want := range map[int]int{0: 3, 1: 1, 2: 2, 5: 3} {
		list, err := query(t, conn, sdk.QueryRequest{Object: "contact", Filter: filter, Limit: limit, Fields: []string{"givenName", "user"}})
		if err != nil || len(list) != want {
			t.Fatalf("limit %d: %d hits, %v", limit, len(list), err)
		}
		var m map[string]any
		if err := list[0].Decode(&m); err != nil || len(m) != 2 || m["givenName"] == nil || m["user"] == nil {
			t.Fatalf("fields: %s", list[0].Data)
		}
	}
	if _, err := query(t, conn, sdk.QueryRequest{Object: "contact", Filter: "this is no filter"}); sdk.KindOf(err) != sdk.Invalid {
		t.Errorf("a wrong filter: %v", err)
	}
}

func TestReadByChangeDateGoesOnFromItsCursor(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 32, Users: 4, ContactsPerUser: 1300})
	conn := x.open()
	user := x.mailbox(0)
	for _, object := range []string{"contact", "event", "task"} {
		var cursor []byte
		read := func(req sdk.ReadRequest) (keys map[string]bool, batches []sdk.Batch) {
			t.Helper()
			keys = map[string]bool{}
			req.Object, req.Partition = object, user.ID
			err := sdk.Read(t.Context(), conn, req, func(b sdk.Batch) error {
				for _, r := range b.Records {
					keys[r.Key] = true
				}
				batches = append(batches, b)
				if b.Cursor != nil {
					cursor = append([]byte(nil), b.Cursor...)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return keys, batches
		}
		all, batches := read(sdk.ReadRequest{})
		if !batches[0].Full || !batches[0].Start || !batches[len(batches)-1].Done || len(all) == 0 {
			t.Fatalf("%s: %+v", object, batches[0])
		}
		x.ctl.Advance(time.Hour)
		create, _ := sample(object, user.Mail)
		delete(create, "user")
		made := x.writeOne(conn, object, sdk.Record{Partition: user.ID, Data: data(create)})
		changed, batches := read(sdk.ReadRequest{Cursor: cursor})
		if !changed[made.Key] || len(changed) > 5 || batches[0].Full {
			t.Errorf("%s: after the cursor %d of %d records", object, len(changed), len(all))
		}
		since, _ := read(sdk.ReadRequest{Since: x.ctl.Now().Add(-time.Minute).UTC().Format(time.RFC3339)})
		if !since[made.Key] || len(since) != 1 {
			t.Errorf("%s: since a minute %d records", object, len(since))
		}
		if some, _ := read(sdk.ReadRequest{Limit: 2}); len(some) != 2 {
			t.Errorf("%s: limit 2 gives %d", object, len(some))
		}
	}
}

// TestQueryShowsCopiesById: a look-up by id finds what lies in a mailbox, a filter finds each meeting once.
func TestQueryShowsCopiesById(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 33, Small: true})
	conn := x.open()
	org, guest := x.mailbox(0), x.mailbox(1)
	series := weekly("Gemeinsam", "2026-11-23")
	series["attendees"] = []any{map[string]any{"type": "required", "emailAddress": map[string]any{"address": guest.Mail}}}
	if _, err := x.ctl.CreateEvent(org.Mail, series); err != nil {
		t.Fatal(err)
	}
	from, to := span(noon)
	st, err := x.ctl.State(guest.Mail, from, to)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, e := range append(st.Events, st.Masters...) {
		if e["subject"] != "Gemeinsam" || asked == 3 && e["type"] == "occurrence" {
			continue
		}
		asked++
		list, err := query(t, conn, sdk.QueryRequest{Object: "event", Notation: "id|:|" + e["id"].(string) + "|;|"})
		if err != nil || len(list) != 1 || list[0].Op != sdk.Upsert || list[0].Partition != guest.ID || !strings.Contains(string(list[0].Data), "Gemeinsam") {
			t.Fatalf("%v: %+v, %v", e["type"], list, err)
		}
	}
	list, err := query(t, conn, sdk.QueryRequest{Object: "event", Filter: "subject eq 'Gemeinsam'", Limit: 5})
	if err != nil || len(list) != 1 || list[0].Partition != org.ID || asked != 4 {
		t.Fatalf("by filter: %+v, %v (%d copies asked for)", list, err, asked)
	}
}

// TestQueryGoesOnWhereAMailboxDoesNotKnowTheId: Exchange has several ways to say that an id is not one of a mailbox's.
func TestQueryGoesOnWhereAMailboxDoesNotKnowTheId(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 34, Small: true})
	conn := x.open()
	user := x.mailbox(3)
	id, err := x.ctl.CreateEvent(user.Mail, once("gesucht", noon))
	if err != nil {
		t.Fatal(err)
	}
	task, err := x.ctl.CreateTask(user.Mail, map[string]any{"title": "gesucht"})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range x.ctl.Users() {
		if u.ID != user.ID {
			x.ctl.Fail(graphsim.Rule{Mailbox: u.UPN, Path: "/users/*/events/*", Times: -1, Status: 400, Code: "ErrorInvalidMailboxItemId"})
			x.ctl.Fail(graphsim.Rule{Mailbox: u.UPN, Path: "/users/*/todo/lists", Times: -1, Status: 200, Body: `{"value":[]}`})
		}
	}
	for _, c := range []struct {
		object, id string
		hits       int
	}{{"event", id, 1}, {"event", id + "x", 0}, {"task", task, 1}, {"task", "ABC", 0}} {
		list, err := query(t, conn, sdk.QueryRequest{Object: c.object, Notation: "id|:|" + c.id + "|;|"})
		if err != nil || len(list) != c.hits {
			t.Errorf("%s %s: %d hits, %v; want %d", c.object, c.id, len(list), err, c.hits)
		}
	}
	// Who has never opened To Do has no task that a filter could find.
	list, err := query(t, conn, sdk.QueryRequest{Object: "task", Filter: "title eq 'gesucht'"})
	if sdk.KindOf(errOr(err)) == sdk.NotFound {
		t.Errorf("by filter: %d hits, %v", len(list), err)
	}
}

func errOr(err error) error {
	if err == nil {
		return sdk.Internal
	}
	return err
}

func TestListingIsAskedForInSmallerPagesWhenTheServiceTakesTooLong(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 35, Users: 4, ContactsPerUser: 1200, Small: true})
	conn, user := x.open(), x.mailbox(0)
	x.ctl.Fail(graphsim.Rule{Path: "/users/*/contacts", Times: 5, Status: 504})
	sizes := map[int]int{}
	all := 0
	err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "contact", Partition: user.ID}, func(b sdk.Batch) error {
		sizes[len(b.Records)]++
		all += len(b.Records)
		return nil
	})
	if err != nil || sizes[250] != 4 || all < 1200 {
		t.Errorf("%d records in batches of %v, %v", all, sizes, err)
	}
}
