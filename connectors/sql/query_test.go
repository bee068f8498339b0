package sql_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/sdk"
)

func sinceYear(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }

func TestQuery(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.exec(t, people)
		for _, row := range []string{"('1', 'A', 'a@x', 10", "('2', 'B', 'b@x', NULL", "('3', '', NULL, 30"} {
			d.exec(t, `INSERT INTO people (id, name, email, age, updated_at) VALUES `+row+`, '2026-01-02 03:04:05.5')`)
		}
		c := d.open(t, "batch", "1")
		sel := func(text string, args map[string]string) sdk.QueryRequest {
			return sdk.QueryRequest{Language: "sql", Text: text, Args: args}
		}
		name := []string{"name"}
		tests := map[string]struct {
			req  sdk.QueryRequest
			want string
		}{
			"notation":          {sdk.QueryRequest{Object: "people", Notation: "id|:|2|;|", Fields: name}, `{"name":"B"}`},
			"two names":         {sdk.QueryRequest{Object: "people", Notation: "age|:|10|;|email|:|a@x|;|", Fields: name}, `{"name":"A"}`},
			"empty text":        {sdk.QueryRequest{Object: "people", Notation: "name|:||;|", Fields: []string{"id"}}, `{"id":"3"}`},
			"empty number":      {sdk.QueryRequest{Object: "people", Notation: "age|:||;|", Fields: name}, `{"name":"B"}`},
			"instant":           {sdk.QueryRequest{Object: "people", Notation: "updated_at|:|2026-01-02T04:04:05.5+01:00|;|", Fields: []string{"updated_at"}, Limit: 1}, `{"updated_at":"2026-01-02T03:04:05.5Z"}`},
			"filter and order":  {sdk.QueryRequest{Object: "people", Filter: "age IS NOT NULL", Order: "age DESC", Fields: name}, `{"name":""} {"name":"A"}`},
			"limit":             {sdk.QueryRequest{Object: "people", Order: "id", Limit: 2, Fields: name}, `{"name":"A"} {"name":"B"}`},
			"no hit":            {sdk.QueryRequest{Object: "people", Notation: "id|:|9|;|"}, ``},
			"schema":            {sdk.QueryRequest{Object: "people", SchemaOnly: true}, `{"id":null,"name":null,"email":null,"age":null,"updated_at":null}`},
			"unknown name":      {sdk.QueryRequest{Object: "people", Notation: "nope|:|9|;|"}, "field_unknown"},
			"wrong value":       {sdk.QueryRequest{Object: "people", Notation: "age|:|old|;|"}, "field_type"},
			"no notation":       {sdk.QueryRequest{Object: "people", Notation: "id"}, "notation"},
			"text":              {sel("SELECT name, age FROM people WHERE id = :id -- :no\n", map[string]string{"id": "1"}), `{"name":"A","age":10}`},
			"parameter twice":   {sel("SELECT name FROM people WHERE id = :x OR name = :x OR age = :age ORDER BY id;", map[string]string{"x": "B", "age": "10"}), `{"name":"A"} {"name":"B"}`},
			"value of SQL":      {sel("SELECT name FROM people WHERE name = :x", map[string]string{"x": "' OR '1'='1"}), ``},
			"order of the text": {sel("SELECT id FROM people ORDER BY id DESC", nil), `{"id":"3"} {"id":"2"} {"id":"1"}`},
			"limit of the text": {sel("SELECT id FROM people ORDER BY id LIMIT 2", nil), `{"id":"1"} {"id":"2"}`},
			"limits":            {sdk.QueryRequest{Language: "sql", Text: "SELECT id FROM people ORDER BY id", Limit: 1}, `{"id":"1"}`},
			"fields":            {sdk.QueryRequest{Language: "sql", Text: "SELECT id, name FROM people ORDER BY id", Limit: 1, Fields: name}, `{"name":"A"}`},
			"values":            {sel("SELECT 1 AS i, 1.5 AS f, 'x:y' AS t, ':z' AS q, NULL AS n", nil), `{"i":1,"f":1.5,"t":"x:y","q":":z","n":null}`},
			"with":              {sel("WITH a AS (SELECT id FROM people) SELECT count(*) AS n FROM a", nil), `{"n":3}`},
			"schema of a text":  {sdk.QueryRequest{Language: "sql", Text: "SELECT id, age AS years FROM people WHERE id = :id", SchemaOnly: true}, `{"id":null,"years":null}`},
			"missing value":     {sel("SELECT 1 AS x WHERE 1 = :a", nil), "query"},
			"spare value":       {sel("SELECT 1 AS x", map[string]string{"a": "1"}), "query"},
			"no select":         {sel("DELETE FROM people", nil), "query"},
			"second statement":  {sel("SELECT 1 AS x; DELETE FROM people", nil), "query"},
			"name twice":        {sel("SELECT id, id FROM people", nil), "query"},
			"wrong SQL":         {sel("SELECT nope( FROM", nil), "statement"},
			"other language":    {sdk.QueryRequest{Language: "cypher", Text: "x"}, "language"},
		}
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				got, err := query(t, c, tt.req)
				text := strings.Join(got, " ")
				if err != nil {
					text = sdk.AsError(err).Code
				}
				if text != tt.want {
					t.Fatalf("%s\nwant %s (%v)", text, tt.want, err)
				}
			})
		}
		for _, text := range []string{
			d.only("PRAGMA query_only = 0", "WITH x AS (DELETE FROM people RETURNING id) SELECT id FROM x"),
			d.only("SELECT 1 AS x; PRAGMA query_only = 0", "SELECT set_config('transaction_read_only', 'off', true) AS x, nextval('nope') AS y"),
			"VALUES (1); DROP TABLE people",
		} {
			if _, err := query(t, c, sel(text, nil)); err == nil {
				t.Errorf("%s went through", text)
			}
		}
		if got := texts(read(t, c, sdk.ReadRequest{Object: "people"})); len(got) != 3 {
			t.Fatal(got)
		}
	})
}

func TestPostgresQueryTypes(t *testing.T) {
	t.Parallel()
	c := newPostgres(t).open(t)
	got, err := query(t, c, sdk.QueryRequest{Language: "sql", Text: `SELECT ARRAY[1,2] AS l, '{"a": 1}'::jsonb AS j, '\x00ff'::bytea AS b, interval '90 minutes' AS d,
		timestamptz '2026-01-02 03:04:05+01' AS t, 12345678901234567890.5::numeric AS n, true AS ok, $$a :b$$ AS s, 'a'::text || :p AS e`, Args: map[string]string{"p": "z"}})
	want := []string{`{"l":[1,2],"j":{"a":1},"b":"AP8=","d":"PT1H30M","t":"2026-01-02T02:04:05Z","n":"12345678901234567890.5","ok":true,"s":"a :b","e":"az"}`}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.exec(t, people, `CREATE TABLE keyless (a TEXT)`, `CREATE VIEW seen AS SELECT email, name FROM people`, `INSERT INTO people (id, name) VALUES ('1', 'x')`)
		check := func(settings ...string) []string {
			found, err := sdk.Check(t.Context(), d.open(t, settings...))
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, f := range found {
				out = append(out, f.Name)
				if f.Text.EN == "" || f.Text.DE == "" || f.Level != sdk.OK && f.Hint.DE == "" {
					t.Errorf("%+v", f)
				}
			}
			return out
		}
		if diff := cmp.Diff([]string{"connection"}, check("tables", "people")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"connection", "table_missing", "no_key", "null_key"}, check("tables", "keyless;gone;seen", "keys", "seen=email")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestChoices(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.exec(t, people, `CREATE TABLE other (id TEXT PRIMARY KEY)`, `INSERT INTO people (id, name) VALUES ('1', 'Ada%'), ('2', 'Bob'), ('3', 'Ada%'), ('4', 'x_y')`)
		c := d.open(t, "tables", "people")
		choices := func(req sdk.ChoiceRequest) []string {
			got, err := sdk.Choices(t.Context(), c, req)
			if err != nil {
				t.Fatal(err)
			}
			out := []string{}
			for _, g := range got {
				out = append(out, g.Value)
			}
			return out
		}
		for _, tt := range []struct {
			req  sdk.ChoiceRequest
			want []string
		}{
			{sdk.ChoiceRequest{Setting: "tables"}, []string{"other", "people"}},
			{sdk.ChoiceRequest{Setting: "tables", Search: "PEO"}, []string{"people"}},
			{sdk.ChoiceRequest{Object: "people", Field: "name"}, []string{"Ada%", "Bob", "x_y"}},
			{sdk.ChoiceRequest{Object: "people", Field: "name", Search: "a%"}, []string{"Ada%"}},
			{sdk.ChoiceRequest{Object: "people", Field: "name", Limit: 1}, []string{"Ada%"}},
		} {
			if diff := cmp.Diff(tt.want, choices(tt.req)); diff != "" {
				t.Error(diff)
			}
		}
		if _, err := sdk.Choices(t.Context(), c, sdk.ChoiceRequest{Setting: "dsn"}); !errors.Is(err, sdk.NotFound) {
			t.Error(err)
		}
	})
}

func TestOpeningSQLite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk.db")
	if err := os.WriteFile(junk, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		dsn, create, readOnly string
		kind                  sdk.Kind
		code                  string
	}{
		"missing file":   {"sqlite:" + dir + "/none.db", "false", "false", sdk.Invalid, "file_missing"},
		"missing folder": {"sqlite:" + dir + "/none/none.db", "true", "false", sdk.Invalid, "folder_missing"},
		"folder":         {"sqlite:" + dir, "true", "false", sdk.Invalid, "setting"},
		"read only":      {"sqlite:" + dir + "/none.db", "true", "true", sdk.Invalid, "file_missing"},
		"no database":    {"sqlite:" + junk, "false", "false", sdk.Invalid, "not_a_database"},
		"memory":         {"sqlite::memory:", "false", "false", sdk.Invalid, "setting"},
		"empty":          {"sqlite:", "false", "false", sdk.Invalid, "setting"},
		"no scheme":      {"crm.db", "false", "false", sdk.Invalid, "setting"},
		"other":          {"oracle:x", "false", "false", sdk.Invalid, "setting"},
	} {
		d := &database{dsn: tt.dsn}
		_, err := d.tryOpen(t, "create", tt.create, "read_only", tt.readOnly)
		if e := sdk.AsError(err); e == nil || e.Kind != tt.kind || e.Code != tt.code || e.Op != "open" {
			t.Errorf("%s: %v", name, err)
		} else if e.Args["setting"] != "dsn" {
			t.Errorf("%s does not name the setting: %v", name, e.Args)
		}
	}
	d := &database{dsn: "sqlite:" + dir + "/made.db"}
	d.open(t, "create", "true")
	d.open(t, "create", "false")
	d.open(t, "read_only", "true")
}

func TestOpeningPostgres(t *testing.T) {
	t.Parallel()
	d := newPostgres(t)
	bad := *d
	bad.dsn = strings.Replace(d.dsn, "/postgres?", "/nosuch?", 1)
	if _, err := bad.tryOpen(t); sdk.AsError(err) == nil || sdk.AsError(err).Code != "database_unknown" || sdk.AsError(err).Args["setting"] != "dsn" {
		t.Error(err)
	}
	bad.dsn = "postgres://gleis@127.0.0.1:1/postgres?sslmode=disable"
	if _, err := bad.tryOpen(t); !errors.Is(err, sdk.Unavailable) {
		t.Error(err)
	}
}

func TestClosedConnectionIsUnavailable(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.exec(t, people)
		c := d.open(t)
		c.Close()
		err := sdk.Read(t.Context(), c, sdk.ReadRequest{Object: "people"}, func(sdk.Batch) error { return nil })
		if !errors.Is(err, sdk.Unavailable) {
			t.Error(err)
		}
		res, err := sdk.Write(t.Context(), c, sdk.WriteRequest{Object: "people", Records: []sdk.Record{data(`{"id":"1","name":"x"}`)}})
		if err == nil && !errors.Is(res[0].Err, sdk.Unavailable) {
			t.Error(res)
		}
	})
}
