package sql_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gleis-dev/gleis/sdk"
)

func TestFullRoundThenChanges(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.exec(t, people)
		for i := range 5 {
			d.exec(t, fmt.Sprintf(`INSERT INTO people (id, name, updated_at) VALUES ('%d', 'n', '2020-01-01 00:00:00')`, i))
		}
		c := d.open(t, "batch", "2")
		full := read(t, c, sdk.ReadRequest{Object: "people"})
		if diff := cmp.Diff([]string{"0", "1", "2", "3", "4"}, texts(full)); diff != "" {
			t.Fatal(diff)
		}
		for i, b := range full {
			if !b.Full || b.Cursor == nil || b.Start != (i == 0) || b.Done != (i == len(full)-1) {
				t.Fatalf("batch %d: %+v", i, b)
			}
		}
		if diff := cmp.Diff([]string{"2", "3", "4"}, texts(resumed(t, c, full[0].Cursor))); diff != "" {
			t.Fatal(diff)
		}
		// The rows of the greatest mark are read once more, and then no longer.
		ties := resumed(t, c, cursorOf(full))
		if diff := cmp.Diff([]string{"0", "1", "2", "3", "4"}, texts(ties)); diff != "" {
			t.Fatal(diff)
		}
		quiet := resumed(t, c, cursorOf(ties))
		if len(quiet) != 1 || len(texts(quiet)) != 0 || !quiet[0].Start || !quiet[0].Done || quiet[0].Full {
			t.Fatalf("a quiet round is one empty batch, not %+v", quiet)
		}
		now := d.only(`strftime('%Y-%m-%d %H:%M:%f', 'now')`, "now()")
		d.exec(t, `UPDATE people SET name = 'changed', updated_at = `+now+` WHERE id = '3'`, `DELETE FROM people WHERE id = '1'`)
		changes := resumed(t, c, cursorOf(quiet))
		if diff := cmp.Diff([]string{"3"}, texts(changes)); diff != "" {
			t.Fatal(diff)
		}
		if got := read(t, c, sdk.ReadRequest{Object: "people"}); len(texts(got)) != 4 {
			t.Fatalf("a read without a cursor is full: %v", texts(got))
		}
	})
}

func resumed(t fataler, c sdk.Conn, cursor []byte) []sdk.Batch {
	t.Helper()
	var got []sdk.Batch
	err := sdk.Read(context.Background(), c, sdk.ReadRequest{Object: "people", Cursor: cursor}, func(b sdk.Batch) error {
		got = append(got, b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestLateCommitsAndClocksAheadAreCovered(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		at := func(seconds int) string {
			return d.only(fmt.Sprintf(`strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '%d seconds')`, seconds), fmt.Sprintf(`now() + interval '%d seconds'`, seconds))
		}
		insert := func(id string, seconds int) string {
			return fmt.Sprintf(`INSERT INTO people (id, name, updated_at) VALUES ('%s', 'n', %s)`, id, at(seconds))
		}
		d.exec(t, people, insert("a", -1), insert("ahead", 86400*365))
		c := d.open(t, "overlap_seconds", "60")
		cursor := cursorOf(read(t, c, sdk.ReadRequest{Object: "people"}))
		// Its mark is older than that of "a", and much older than that of "ahead".
		d.exec(t, insert("late", -30))
		got := resumed(t, c, cursor)
		if !strings.Contains(fmt.Sprint(texts(got)), "late") {
			t.Fatalf("the late commit was missed: %v", texts(got))
		}
		d.exec(t, insert("next", 0))
		if got := resumed(t, c, cursorOf(got)); !strings.Contains(fmt.Sprint(texts(got)), "next") {
			t.Fatalf("the row after one from the future was missed: %v", texts(got))
		}
	})
}

func TestRowsWithoutAChangeMarkAreInEveryRound(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.exec(t, `CREATE TABLE people (id TEXT PRIMARY KEY, updated_at TIMESTAMPTZ)`,
			`INSERT INTO people VALUES ('a', NULL), ('b', '2020-01-01 00:00:00'), ('c', NULL), ('d', NULL)`)
		c := d.open(t, "batch", "2")
		first := cursorOf(read(t, c, sdk.ReadRequest{Object: "people"}))
		d.exec(t, `INSERT INTO people VALUES ('0', NULL)`)
		got := resumed(t, c, first)
		if diff := cmp.Diff([]string{"0", "a", "c", "d", "b"}, texts(got)); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff([]string{"c", "d", "b"}, texts(resumed(t, c, got[0].Cursor))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestTableWithoutAChangeColumnIsReadInFull(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.exec(t, `CREATE TABLE people (a TEXT NOT NULL, b INTEGER NOT NULL, v TEXT, PRIMARY KEY (a, b))`,
			`INSERT INTO people VALUES ('x', 10, 'v'), ('x', 9, 'v'), ('w;|', 1, NULL)`)
		c := d.open(t, "batch", "1")
		first := read(t, c, sdk.ReadRequest{Object: "people"})
		want := []string{"a|:|w;||;|b|:|1|;|", "a|:|x|;|b|:|9|;|", "a|:|x|;|b|:|10|;|"}
		if diff := cmp.Diff(want, texts(first)); diff != "" {
			t.Fatal(diff)
		}
		again := resumed(t, c, cursorOf(first))
		if !again[0].Full || !again[0].Start || len(texts(again)) != 3 {
			t.Fatalf("%+v", again)
		}
		for i, b := range again {
			if i < 3 && len(b.Records) == 1 && b.Records[0].Stamp != first[i].Records[0].Stamp {
				t.Fatal("the stamp of an unchanged row has changed")
			}
		}
		if first[1].Records[0].Stamp == first[2].Records[0].Stamp {
			t.Fatal("different rows have one stamp")
		}
		if got := read(t, c, sdk.ReadRequest{Object: "people", Keys: want[1:]}); len(texts(got)) != 2 {
			t.Fatalf("by key: %v", texts(got))
		}
		err := sdk.Read(t.Context(), c, sdk.ReadRequest{Object: "people", Since: "2020-01-01"}, func(sdk.Batch) error { return nil })
		if sdk.AsError(err) == nil || sdk.AsError(err).Code != "no_change_column" {
			t.Fatal(err)
		}
	})
}

func TestKeysAreAnsweredOnce(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.exec(t, people, `CREATE TABLE numbered (id INTEGER PRIMARY KEY, name TEXT)`, `CREATE VIEW seen AS SELECT * FROM people WHERE age = 1`,
			`CREATE TABLE priced (p NUMERIC PRIMARY KEY)`, `INSERT INTO priced VALUES (1.5)`,
			`INSERT INTO people (id, name) VALUES ('a', 'A'), ('b', 'B')`, `INSERT INTO numbered VALUES (7, 'x')`)
		c := d.open(t, "keys", "seen=id", "batch", "2")
		tests := []struct {
			object string
			keys   []string
			want   []string
		}{
			{"people", []string{"b", "x"}, []string{"b", "delete x"}},
			{"people", []string{"a", "'; DROP TABLE people; --"}, []string{"a", "delete '; DROP TABLE people; --"}},
			{"numbered", []string{"7", "8"}, []string{"7", "delete 8"}},
			// What is no number can be no key, and no row is said to be deleted.
			{"numbered", []string{"seven", "007"}, []string{"failed seven", "failed 007"}},
			// The row has a key that is equal, but not the same bytes.
			{"priced", []string{"1.5", "1.50"}, []string{"1.5", "missing 1.50"}},
			{"priced", []string{"1.50", "2.5"}, []string{"missing 1.50", "missing 2.5"}},
			// A view does not say whether a row was deleted.
			{"seen", []string{"a"}, []string{"missing a"}},
			{"people", []string{}, []string{}},
		}
		for _, tt := range tests {
			got := read(t, c, sdk.ReadRequest{Object: tt.object, Keys: tt.keys, Cursor: []byte("ignored")})
			if diff := cmp.Diff(tt.want, texts(got)); diff != "" {
				t.Error(diff)
			}
			for _, b := range got {
				if b.Cursor != nil || b.Full {
					t.Errorf("an answer by key has a cursor or is full: %+v", b)
				}
			}
		}
	})
}

func TestSelectionOfRowsAndFields(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.exec(t, people, `CREATE TABLE keyless (a TEXT, b INTEGER)`, `INSERT INTO keyless VALUES ('x', 1), ('y', 2), (NULL, NULL)`)
		for i, name := range []string{"C", "A", "B"} {
			d.exec(t, fmt.Sprintf(`INSERT INTO people (id, name, age, updated_at) VALUES ('%d', '%s', %d, '2020-01-0%d 00:00:00')`, i, name, 10*i, i+1))
		}
		c := d.open(t, "batch", "2")
		tests := map[string]struct {
			req  sdk.ReadRequest
			want string
		}{
			"filter":           {sdk.ReadRequest{Object: "people", Filter: "age > 5 -- comment"}, "1 2 done"},
			"filter with OR":   {sdk.ReadRequest{Object: "people", Filter: "age = 0 OR age = 20"}, "0 2 done"},
			"order":            {sdk.ReadRequest{Object: "people", Order: "name DESC"}, "0 2 1 done"},
			"limit":            {sdk.ReadRequest{Object: "people", Limit: 2}, "0 1"},
			"limit and order":  {sdk.ReadRequest{Object: "people", Limit: 1, Order: "name"}, "1"},
			"since":            {sdk.ReadRequest{Object: "people", Since: "2020-01-02T00:00:00Z"}, "1 2 done"},
			"since a stamp":    {sdk.ReadRequest{Object: "people", Since: "2020-01-03T00:00:00Z#abc"}, "2 done"},
			"keyless":          {sdk.ReadRequest{Object: "keyless"}, "   done"},
			"fields":           {sdk.ReadRequest{Object: "people", Limit: 1, Fields: []string{"name", "age"}}, `0{"name":"C","age":0}`},
			"no fields":        {sdk.ReadRequest{Object: "people", Limit: 1, Fields: []string{}}, `0{}`},
			"unknown field":    {sdk.ReadRequest{Object: "people", Fields: []string{"nope"}}, "field_unknown"},
			"unknown object":   {sdk.ReadRequest{Object: "nope"}, "object_unknown"},
			"bad filter":       {sdk.ReadRequest{Object: "people", Filter: "nope ="}, "statement"},
			"partition":        {sdk.ReadRequest{Object: "people", Partition: "p"}, "partition_unknown"},
			"damaged cursor":   {sdk.ReadRequest{Object: "people", Cursor: []byte("{")}, "cursor"},
			"cursor of others": {sdk.ReadRequest{Object: "people", Cursor: []byte(`{"t":"other","p":"rest"}`), Limit: 1}, "0"},
		}
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				var got []string
				err := sdk.Read(t.Context(), c, tt.req, func(b sdk.Batch) error {
					for _, r := range b.Records {
						s := r.Key
						if tt.req.Fields != nil {
							s += string(r.Data)
						}
						got = append(got, s)
					}
					if b.Done {
						got = append(got, "done")
					}
					return nil
				})
				text := strings.Join(got, " ")
				if err != nil {
					text = sdk.AsError(err).Code
				}
				if text != tt.want {
					t.Fatalf("%q, want %q (%v)", text, tt.want, err)
				}
			})
		}
	})
}

func TestEmitErrorComesBackUnchanged(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.exec(t, people)
		want := fmt.Errorf("commit: %w", sdk.Errorf(sdk.Unavailable, "disk", "full"))
		for _, order := range []string{"", "id"} {
			err := sdk.Read(t.Context(), d.open(t), sdk.ReadRequest{Object: "people", Order: order}, func(sdk.Batch) error { return want })
			if err != want {
				t.Fatal(err)
			}
		}
	})
}

func TestWritingWhileAReadIsUnderWay(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.exec(t, people)
		for i := range 9 {
			d.exec(t, fmt.Sprintf(`INSERT INTO people (id, name) VALUES ('%d', 'n')`, i))
		}
		c := d.open(t, "batch", "2")
		for _, order := range []string{"", "id"} {
			n := 0
			err := sdk.Read(t.Context(), c, sdk.ReadRequest{Object: "people", Order: order}, func(b sdk.Batch) error {
				for _, r := range b.Records {
					res := write(t, c, "people", sdk.Record{Key: r.Key, IfStamp: r.Stamp, Data: []byte(`{"name":"` + order + `x"}`)})
					if res[0].Err != nil {
						return res[0].Err
					}
					n++
				}
				return nil
			})
			if err != nil || n != 9 {
				t.Fatal(n, err)
			}
		}
	})
}

// Whatever is written between the pages, and wherever a read is broken off, a
// reader that keeps the last cursor ends with what the table holds.
func TestReaderThatKeepsItsCursorFollowsTheTable(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		key := d.only("INTEGER NOT NULL", "INTEGER NOT NULL")
		d.exec(t, `CREATE TABLE people (k TEXT NOT NULL, n `+key+`, v INTEGER, updated_at TIMESTAMPTZ, PRIMARY KEY (k, n))`)
		conns := map[int]sdk.Conn{}
		for size := 1; size <= 3; size++ {
			conns[size] = d.open(t, "batch", fmt.Sprint(size), "overlap_seconds", "120")
		}
		rapid.Check(t, func(rt *rapid.T) {
			d.exec(t, `DELETE FROM people`)
			f := follower{t: rt, d: d, c: conns[rapid.IntRange(1, 3).Draw(rt, "batch")], mirror: map[string]string{}, seen: map[string]bool{}}
			for range rapid.IntRange(1, 6).Draw(rt, "rounds") {
				f.change()
				f.round(false)
			}
			for !f.round(true) {
			}
			f.cursor = nil // deletions show in a full round
			for !f.round(true) {
			}
			want := map[string]string{}
			for _, b := range read(rt, f.c, sdk.ReadRequest{Object: "people", Order: "k, n"}) {
				for _, r := range b.Records {
					want[r.Key] = r.Stamp
				}
			}
			if diff := cmp.Diff(want, f.mirror); diff != "" {
				rt.Fatal(diff)
			}
		})
	})
}

type follower struct {
	t      *rapid.T
	d      *database
	c      sdk.Conn
	mirror map[string]string // stamp by key
	seen   map[string]bool
	cursor []byte
}

// change writes a row as another program would: with a mark of now, an older one
// within the overlap, of the same second for many rows, or none.
func (f *follower) change() {
	k := rapid.SampledFrom([]string{"a", "B", "ä", ""}).Draw(f.t, "k")
	n := rapid.IntRange(-1, 2).Draw(f.t, "n")
	back := rapid.IntRange(0, 3).Draw(f.t, "back")
	mark := f.d.only(fmt.Sprintf(`strftime('%%Y-%%m-%%d %%H:%%M:00', 'now', '-%d seconds')`, 10*back), fmt.Sprintf(`date_trunc('minute', now() - interval '%d seconds')`, 10*back))
	if rapid.IntRange(0, 4).Draw(f.t, "none") == 0 {
		mark = "NULL"
	}
	var err error
	if rapid.IntRange(0, 4).Draw(f.t, "delete") == 0 {
		_, err = f.d.db.Exec(fmt.Sprintf(`DELETE FROM people WHERE k = '%s' AND n = %d`, k, n))
	} else {
		_, err = f.d.db.Exec(fmt.Sprintf(`INSERT INTO people VALUES ('%s', %d, %d, %s) ON CONFLICT (k, n) DO UPDATE SET v = excluded.v, updated_at = excluded.updated_at`,
			k, n, rapid.IntRange(0, 9).Draw(f.t, "v"), mark))
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// round reads a round or, unless quiet, a part of it, with changes between the
// pages, and reports whether it ended.
func (f *follower) round(quiet bool) bool {
	stop := errors.New("stop")
	done := false
	err := sdk.Read(context.Background(), f.c, sdk.ReadRequest{Object: "people", Cursor: f.cursor}, func(b sdk.Batch) error {
		if !quiet && rapid.IntRange(0, 4).Draw(f.t, "stop") == 0 {
			return stop
		}
		if b.Start {
			clear(f.seen)
		}
		for _, r := range b.Records {
			f.seen[r.Key] = true
			f.mirror[r.Key] = r.Stamp
		}
		f.cursor, done = b.Cursor, b.Done
		if b.Full && b.Done {
			maps.DeleteFunc(f.mirror, func(k, _ string) bool { return !f.seen[k] })
		}
		if !quiet {
			f.change()
		}
		return nil
	})
	if err != nil && err != stop {
		f.t.Fatal(err)
	}
	return done
}
