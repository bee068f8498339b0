package sql_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/sdk"
)

// keylessRows makes an object whose key may be NULL: a table in SQLite, which
// allows that, and a view in PostgreSQL.
func keylessRows(t *testing.T, d *database) sdk.Conn {
	t.Helper()
	d.exec(t, `CREATE TABLE raw (a INTEGER, b TEXT, v TEXT, updated_at TIMESTAMPTZ`+d.only(", PRIMARY KEY (a, b))", ")"),
		`INSERT INTO raw VALUES (1, 'x', 'p', '2020-01-01 00:00:00'), (2, NULL, 'q', '2020-01-01 00:00:00'), (2, NULL, 'r', '2020-01-01 00:00:00'),
			(3, 'y', 's', '2020-01-01 00:00:00'), (NULL, NULL, 'who', '2020-01-01 00:00:00')`,
		`CREATE VIEW kk AS SELECT * FROM raw`)
	return d.open(t, "batch", "2", "keys", "kk=a,b")
}

func failures(batches []sdk.Batch) []sdk.Failure {
	var out []sdk.Failure
	for _, b := range batches {
		out = append(out, b.Failed...)
	}
	return out
}

func TestRowsWithoutAKeyFailOnceInARound(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		c := keylessRows(t, d)
		for _, object := range []string{d.only("raw", "kk"), "kk"} {
			got := read(t, c, sdk.ReadRequest{Object: object})
			records, failed := []string{}, failures(got)
			for i, b := range got {
				for _, r := range b.Records {
					records = append(records, r.Key)
				}
				if b.Start != (i == 0) || b.Done != (i == len(got)-1) || b.Done && b.Cursor == nil {
					t.Errorf("batch %d of %d: %+v", i, len(got), b)
				}
			}
			if diff := cmp.Diff([]string{"a|:|1|;|b|:|x|;|", "a|:|3|;|b|:|y|;|"}, records); diff != "" {
				t.Fatal(diff)
			}
			keys := map[string]bool{}
			var texts []string
			for _, f := range failed {
				keys[f.Key] = true
				texts = append(texts, f.Key[:strings.Index(f.Key, " #")])
				if e := sdk.AsError(f.Err); e.Kind != sdk.Invalid || e.Code != "null_key" || f.Partition != "" || !strings.Contains(e.Hint.EN, "IS NOT NULL") {
					t.Errorf("%v", f.Err)
				}
				if strings.Contains(f.Key, "(a = NULL") && !strings.Contains(f.Err.Error(), `v = "who"`) {
					t.Errorf("the row is not to be found: %v", f.Err)
				}
			}
			slices.Sort(texts)
			if diff := cmp.Diff([]string{"(a = 2, b = NULL)", "(a = 2, b = NULL)", "(a = NULL, b = NULL)"}, texts); diff != "" || len(keys) != 3 {
				t.Fatal(diff, keys)
			}
			if got := failures(read(t, c, sdk.ReadRequest{Object: object, Filter: "b IS NOT NULL"})); len(got) != 0 {
				t.Fatalf("they are left out by a filter: %v", got)
			}
			if got := failures(read(t, c, sdk.ReadRequest{Object: object, Order: "v"})); len(got) != 3 {
				t.Fatalf("in an order of the designer's: %v", got)
			}
		}
	})
}

func TestRowsWithoutAKeyFailWhenAskedForAsLongAsTheyStay(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		c := keylessRows(t, d)
		object := d.only("raw", "kk")
		first := failures(read(t, c, sdk.ReadRequest{Object: object}))
		var keys []string
		for _, f := range first {
			keys = append(keys, f.Key)
		}
		keys = append(keys, "a|:|1|;|b|:|x|;|")
		again := read(t, c, sdk.ReadRequest{Object: object, Keys: keys})
		for _, f := range failures(again) {
			if sdk.AsError(f.Err).Code != "null_key" {
				t.Error(f.Err)
			}
		}
		got := texts(again)
		slices.Sort(got)
		want := []string{"a|:|1|;|b|:|x|;|", "failed " + keys[0], "failed " + keys[1], "failed " + keys[2]}
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		d.exec(t, `UPDATE raw SET a = 9, b = 'z' WHERE a IS NULL`, `UPDATE raw SET b = 'z' WHERE v = 'r'`)
		gone := 0
		for _, b := range read(t, c, sdk.ReadRequest{Object: object, Keys: keys[:3]}) {
			for _, r := range b.Records {
				if r.Op != sdk.Delete {
					t.Errorf("%+v", r)
				}
				gone++
			}
		}
		if gone != 2 {
			t.Fatalf("%d names are free of their rows", gone)
		}
	})
}

func TestChangesNameNewRowsWithoutAKey(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		c := keylessRows(t, d)
		object := d.only("raw", "kk")
		cursor := cursorOf(read(t, c, sdk.ReadRequest{Object: object}))
		d.exec(t, `INSERT INTO raw VALUES (5, NULL, 'new', '2020-06-01 00:00:00'), (6, NULL, 'old', '2019-06-01 00:00:00')`)
		got := failures(read(t, c, sdk.ReadRequest{Object: object, Cursor: cursor}))
		named := ""
		for _, f := range got {
			named += f.Key
		}
		if !strings.Contains(named, "(a = 5") || strings.Contains(named, "(a = 6") {
			t.Fatal(named)
		}
	})
}

func TestANameOfARowWithoutAKeyMayBeAKey(t *testing.T) {
	t.Parallel()
	d := newSQLite(t)
	d.exec(t, `CREATE TABLE odd (id TEXT PRIMARY KEY, v TEXT)`, `INSERT INTO odd VALUES (NULL, 'v')`)
	c := d.open(t)
	key := failures(read(t, c, sdk.ReadRequest{Object: "odd"}))[0].Key
	d.exec(t, `INSERT INTO odd VALUES ('`+key+`', 'w')`)
	if diff := cmp.Diff([]string{key}, texts(read(t, c, sdk.ReadRequest{Object: "odd", Keys: []string{key}}))); diff != "" {
		t.Fatal(diff)
	}
	d.exec(t, `DELETE FROM odd`)
	if diff := cmp.Diff([]string{"delete " + key}, texts(read(t, c, sdk.ReadRequest{Object: "odd", Keys: []string{key}}))); diff != "" {
		t.Fatal(diff)
	}
}

func TestLookUpsSeeRowsWithoutAKeyAndFindDoesNot(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		c := keylessRows(t, d)
		object := d.only("raw", "kk")
		got, err := query(t, c, sdk.QueryRequest{Object: object, Notation: "v|:|who|;|", Fields: []string{"v"}})
		if diff := cmp.Diff([]string{`{"v":"who"}`}, got); diff != "" || err != nil {
			t.Fatal(diff, err)
		}
		found, err := sdk.Find(t.Context(), c, sdk.FindRequest{Object: object, Records: []sdk.Record{data(`{"a":2}`), data(`{"a":3}`)}})
		if err != nil || len(found) != 1 || found[0].Index != 1 || found[0].Key != "a|:|3|;|b|:|y|;|" {
			t.Fatal(found, err)
		}
	})
}

func TestWithoutAKeyThereIsNeitherCursorNorReadingByKey(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.exec(t, `CREATE TABLE log (line TEXT)`, `INSERT INTO log VALUES ('a'), ('b')`)
		c := d.open(t)
		for _, req := range []sdk.ReadRequest{{Object: "log", Keys: []string{"a"}}, {Object: "log", Cursor: []byte(`{"t":"line","p":"rest"}`)}} {
			err := sdk.Read(t.Context(), c, req, func(sdk.Batch) error { return nil })
			if e := sdk.AsError(err); !errors.Is(err, sdk.Unsupported) || e.Code != "no_key" || !strings.Contains(e.Hint.EN, `"keys"`) {
				t.Error(err)
			}
		}
		if got := read(t, c, sdk.ReadRequest{Object: "log"}); len(got) != 1 || len(got[0].Records) != 2 || got[0].Cursor != nil {
			t.Fatalf("%+v", got)
		}
	})
}
