package sql_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gleis-dev/gleis/sdk"
)

// kind is a column type with its values in JSON form, as they come back.
type kind struct {
	decl   [2]string // SQLite, PostgreSQL; "": there is none
	values *rapid.Generator[string]
}

func quoted(s string) string {
	b, err := jsontext.AppendQuote(nil, strings.ToValidUTF8(s, "?"))
	if err != nil {
		panic(err)
	}
	return string(b)
}

func mapped[T any](g *rapid.Generator[T], f func(T) string) *rapid.Generator[string] {
	return rapid.Map(g, f)
}

func moments(layout string) *rapid.Generator[string] {
	// From the year 1 to 9999, in microseconds, the finest of both databases.
	return mapped(rapid.Int64Range(-62135596800_000000, 253402300799_999999), func(n int64) string {
		return quoted(time.UnixMicro(n).UTC().Format(layout))
	})
}

func kinds() map[string]kind {
	text := rapid.Map(rapid.String(), func(s string) string { return quoted(strings.ReplaceAll(s, "\x00", "")) })
	decimal := func(scale int) *rapid.Generator[string] {
		return mapped(rapid.Int64Range(-999_999_999_999_999, 999_999_999_999_999), func(n int64) string {
			s := fmt.Sprintf("%d", n)
			if scale == 0 || n == 0 {
				return s
			}
			neg := strings.HasPrefix(s, "-")
			s = strings.TrimPrefix(s, "-")
			s = strings.Repeat("0", max(0, scale+1-len(s))) + s
			s = strings.TrimRight(s[:len(s)-scale]+"."+s[len(s)-scale:], "0")
			s = strings.TrimSuffix(s, ".")
			if neg {
				s = "-" + s
			}
			return s
		})
	}
	long := mapped(rapid.StringMatching(`-?[1-9][0-9]{15,20}\.[0-9]{1,9}[1-9]`), quoted)
	return map[string]kind{
		"text":       {[2]string{"TEXT", "text"}, text},
		"odd text":   {[2]string{"TEXT", "text"}, rapid.SampledFrom([]string{quoted(`'"\;--`), quoted("|;|"), quoted("äöü€😀\u2028"), quoted("%s ?1 $1 :a"), `""`, quoted("NULL"), quoted(strings.Repeat("x", 5000))})},
		"varchar":    {[2]string{"VARCHAR(20)", "varchar(20)"}, mapped(rapid.StringMatching(`[a-zä ]{0,20}`), quoted)},
		"bool":       {[2]string{"BOOLEAN", "boolean"}, mapped(rapid.Bool(), func(b bool) string { return fmt.Sprint(b) })},
		"int":        {[2]string{"BIGINT", "bigint"}, mapped(rapid.Int64(), func(n int64) string { return fmt.Sprint(n) })},
		"int4":       {[2]string{"INTEGER", "integer"}, mapped(rapid.Int32(), func(n int32) string { return fmt.Sprint(n) })},
		"float":      {[2]string{"DOUBLE", "double precision"}, mapped(rapid.Float64Range(-1e300, 1e300), func(f float64) string { return string(jsontext.AppendFloat(nil, f, 64)) })},
		"decimal":    {[2]string{"DECIMAL(20,4)", "numeric"}, decimal(4)},
		"long":       {[2]string{"DECIMAL_TEXT", "numeric"}, long},
		"date":       {[2]string{"DATE", "date"}, moments(time.DateOnly)},
		"time":       {[2]string{"TIME", "time"}, moments("15:04:05.999999")},
		"instant":    {[2]string{"TIMESTAMP", "timestamptz"}, moments("2006-01-02T15:04:05.999999Z")},
		"local time": {[2]string{"LOCAL_TIME", "timestamp"}, moments("2006-01-02T15:04:05.999999")},
		"uuid":       {[2]string{"UUID", "uuid"}, mapped(rapid.StringMatching(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), quoted)},
		"bytes":      {[2]string{"BLOB", "bytea"}, mapped(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return quoted(base64.StdEncoding.EncodeToString(b)) })},
		"json":       {[2]string{"JSON", "json"}, rapid.SampledFrom([]string{`{"a":[1,2.50,"x",null,{"b":true}]}`, `[]`, `{}`, `"text"`, `"5"`, `{"z":1,"a":2}`, `["ä"]`})},
		"jsonb":      {[2]string{"", "jsonb"}, rapid.SampledFrom([]string{`{"a":[1,2.50,"x",null,{"b":true}]}`, `[]`, `{}`, `"text"`, `true`, `12345678901234567890.123`})},
		"untyped":    {[2]string{"", ""}, nil},
		"duration":   {[2]string{"DURATION", "interval"}, rapid.SampledFrom([]string{`"PT15M"`, `"P1DT2H"`, `"PT0S"`, `"P1Y2M3DT4H5M6S"`})},
		"texts":      {[2]string{"", "text[]"}, lists(text)},
		"ints":       {[2]string{"", "int[]"}, lists(mapped(rapid.Int32(), func(n int32) string { return fmt.Sprint(n) }))},
		"instants":   {[2]string{"", "timestamptz[]"}, lists(moments("2006-01-02T15:04:05.999999Z"))},
		"bytes list": {[2]string{"", "bytea[]"}, lists(mapped(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return quoted(base64.StdEncoding.EncodeToString(b)) }))},
	}
}

func lists(g *rapid.Generator[string]) *rapid.Generator[string] {
	item := rapid.OneOf(g, rapid.Just("null"))
	return mapped(rapid.SliceOf(item), func(items []string) string { return "[" + strings.Join(items, ",") + "]" })
}

// What is written is read back, byte for byte of its JSON form, by a write's
// result, a read, a key, a query in field notation and a search by content.
func TestValuesOfEveryTypeComeBack(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		for name, k := range kinds() {
			decl := d.only(k.decl[0], k.decl[1])
			if decl == "" {
				continue
			}
			table := "t_" + strings.ReplaceAll(name, " ", "_")
			d.exec(t, `CREATE TABLE `+table+` (id INTEGER PRIMARY KEY, v `+decl+`)`)
		}
		c := d.open(t)
		for name, k := range kinds() {
			if d.only(k.decl[0], k.decl[1]) == "" {
				continue
			}
			table := "t_" + strings.ReplaceAll(name, " ", "_")
			t.Run(name, func(t *testing.T) {
				n := 0
				rapid.Check(t, func(rt *rapid.T) {
					n++
					v := rapid.OneOf(k.values, rapid.Just("null")).Draw(rt, "value")
					comesBack(rt, c, table, n, v)
				})
			})
		}
	})
}

func comesBack(rt *rapid.T, c sdk.Conn, table string, n int, v string) {
	id := fmt.Sprint(n)
	res := write(rt, c, table, data(fmt.Sprintf(`{"id":%d,"v":%s}`, n, v)))[0]
	want := fmt.Sprintf(`{"id":%d,"v":%s}`, n, v)
	if res.Err != nil || string(res.Data) != want {
		rt.Fatalf("stored %s, want %s: %v", res.Data, want, res.Err)
	}
	got := read(rt, c, sdk.ReadRequest{Object: table, Keys: []string{id}})[0].Records
	if len(got) != 1 || string(got[0].Data) != want || got[0].Stamp != res.Stamp {
		rt.Fatalf("read %+v, want %s", got, want)
	}
	found, err := sdk.Find(rt.Context(), c, sdk.FindRequest{Object: table, Records: []sdk.Record{data(want)}})
	if err != nil || len(found) != 1 || found[0].Key != id {
		rt.Fatalf("found %+v for %s: %v", found, want, err)
	}
	upd := write(rt, c, table, sdk.Record{Key: id, IfStamp: res.Stamp, Data: []byte(`{"v":` + v + `}`)})[0]
	if upd.Err != nil || upd.Stamp != res.Stamp {
		rt.Fatalf("an update without a change: %+v", upd)
	}
}

// Keys of every type that can be one are found again by their text.
func TestKeysOfEveryTypeAreFound(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		tables := map[string]kind{}
		for name, k := range kinds() {
			decl := d.only(k.decl[0], k.decl[1])
			if decl == "" || strings.HasSuffix(decl, "[]") || strings.HasPrefix(strings.ToLower(decl), "json") || name == "duration" {
				continue
			}
			table := "k_" + strings.ReplaceAll(name, " ", "_")
			tables[table] = k
			d.exec(t, `CREATE TABLE `+table+` (k `+decl+` NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (k, n))`, `CREATE TABLE `+table+`_one (k `+decl+` PRIMARY KEY NOT NULL)`)
		}
		c := d.open(t, "batch", "1")
		for table, k := range tables {
			t.Run(table, func(t *testing.T) {
				rapid.Check(t, func(rt *rapid.T) {
					v := rapid.Map(k.values, func(s string) string { return s }).Draw(rt, "key")
					for object, row := range map[string]string{table: `{"k":` + v + `,"n":1}`, table + "_one": `{"k":` + v + `}`} {
						res := write(rt, c, object, data(row))[0]
						if res.Err != nil && errors.Is(res.Err, sdk.Conflict) {
							continue
						}
						if res.Err != nil && sdk.AsError(res.Err).Code == "notation" {
							continue // a value that field notation cannot hold
						}
						if res.Err != nil {
							rt.Fatal(res.Err)
						}
						got := read(rt, c, sdk.ReadRequest{Object: object, Keys: []string{res.Key}})[0].Records
						if len(got) != 1 || got[0].Op != sdk.Upsert || string(got[0].Data) != row {
							rt.Fatalf("key %q: %+v", res.Key, got)
						}
					}
				})
				full := texts(read(t, c, sdk.ReadRequest{Object: table + "_one"}))
				seen := map[string]bool{}
				for _, key := range full {
					if seen[key] {
						t.Errorf("%q twice", key)
					}
					seen[key] = true
				}
				count, err := query(t, c, sdk.QueryRequest{Language: "sql", Text: "SELECT count(*) AS n FROM " + table + "_one"})
				if want := fmt.Sprintf(`{"n":%d}`, len(full)); err != nil || count[0] != want {
					t.Errorf("%d rows were listed of %s: %v", len(full), count, err)
				}
			})
		}
	})
}

func TestValuesThatAreNoneOfTheirTypeFailAlone(t *testing.T) {
	t.Parallel()
	lite := newSQLite(t)
	lite.exec(t, `CREATE TABLE v (id INTEGER PRIMARY KEY, b BOOLEAN, i INTEGER, d DATE, t TIMESTAMP, x TEXT, j JSON, f REAL)`,
		`INSERT INTO v (id, b) VALUES (1, 2)`, `INSERT INTO v (id, i) VALUES (2, 'many')`, `INSERT INTO v (id, d) VALUES (3, 'soon')`,
		`INSERT INTO v (id, t) VALUES (4, '2026-13-01')`, `INSERT INTO v (id, x) VALUES (5, x'ff00')`, `INSERT INTO v (id, j) VALUES (6, '{"a":')`,
		`INSERT INTO v (id, f) VALUES (7, 9e999)`, `INSERT INTO v (id, x) VALUES (8, CAST(x'ff' AS TEXT))`, `INSERT INTO v (id, x) VALUES (9, 'good')`)
	bad := readFailures(t, lite.open(t), "v")
	if diff := cmp.Diff([]string{"b", "d", "f", "i", "j", "t", "x", "x"}, bad); diff != "" {
		t.Error(diff)
	}
}

func TestPostgresValuesWithoutAForm(t *testing.T) {
	t.Parallel()
	d := newPostgres(t)
	d.exec(t, `CREATE TABLE v (id int PRIMARY KEY, t timestamptz, d date, n numeric, f float8, j json)`,
		`INSERT INTO v (id, t) VALUES (1, 'infinity'), (2, '0044-03-15 BC')`, `INSERT INTO v (id, d) VALUES (3, '-infinity'), (4, '20000-01-01')`,
		`INSERT INTO v (id, n) VALUES (5, 'NaN')`, `INSERT INTO v (id, f) VALUES (6, 'Infinity')`, `INSERT INTO v (id, j) VALUES (7, '{"a":1,"a":2}')`, `INSERT INTO v (id) VALUES (8)`)
	if diff := cmp.Diff([]string{"d", "d", "f", "j", "n", "t", "t"}, readFailures(t, d.open(t), "v")); diff != "" {
		t.Error(diff)
	}
}

// readFailures returns the fields whose values could not be read, sorted, and
// checks that one record was.
func readFailures(t *testing.T, c sdk.Conn, object string) []string {
	t.Helper()
	var bad []string
	good := 0
	for _, b := range read(t, c, sdk.ReadRequest{Object: object}) {
		good += len(b.Records)
		for _, f := range b.Failed {
			e := sdk.AsError(f.Err)
			if f.Key == "" || e.Kind != sdk.Invalid || e.Code != "field_value" {
				t.Errorf("%+v", f)
			}
			bad = append(bad, e.Args["field"])
		}
	}
	if good != 1 {
		t.Errorf("%d good records", good)
	}
	slices.Sort(bad)
	return bad
}

func TestFormsThatSQLiteStoresOtherwise(t *testing.T) {
	t.Parallel()
	d := newSQLite(t)
	d.exec(t, `CREATE TABLE v (id INTEGER PRIMARY KEY, t TIMESTAMP, d DATE, m TIME, b BOOLEAN, n DECIMAL, any)`,
		`INSERT INTO v VALUES (1, '2026-01-02T03:04:05+02:00', '2026-01-02 00:00:00', '03:04', 'TRUE', '7.50', 'text')`,
		`INSERT INTO v VALUES (2, 1767323045, 1767312000, '03:04:05.250', 1, 3, 5)`,
		`INSERT INTO v VALUES (3, '2026-01-02', NULL, NULL, 0, 1e3, '5')`)
	c := d.open(t)
	var got []string
	for _, b := range read(t, c, sdk.ReadRequest{Object: "v"}) {
		for _, r := range b.Records {
			got = append(got, string(r.Data))
		}
	}
	want := []string{
		`{"id":1,"t":"2026-01-02T01:04:05Z","d":"2026-01-02","m":"03:04:00","b":true,"n":7.5,"any":"text"}`,
		`{"id":2,"t":"2026-01-02T03:04:05Z","d":"2026-01-02","m":"03:04:05.25","b":true,"n":3,"any":5}`,
		`{"id":3,"t":"2026-01-02T00:00:00Z","d":null,"m":null,"b":false,"n":1000,"any":"5"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for field, v := range map[string]string{"n": `"1234567890.1234567"`, "t": `"2026-01-02T03:04:05"`, "any": `{"a":1}`, "b": `1`, "id": fmt.Sprint(uint64(math.MaxUint64))} {
		res := write(t, c, "v", data(`{"`+field+`":`+v+`}`))[0]
		if e := sdk.AsError(res.Err); e == nil || e.Code != "field_type" || e.Args["field"] != field {
			t.Errorf("%s: %v", field, res.Err)
		}
	}
}
