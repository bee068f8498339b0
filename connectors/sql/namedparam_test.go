package sql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParametersAreFoundOutsideTextsAndComments(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in     string
		out    string
		params []string
	}{
		"none":              {"SELECT 1", "SELECT 1", nil},
		"twice":             {"SELECT :a, :b, :a", "SELECT $1, $2, $1", []string{"a", "b"}},
		"cast":              {"SELECT :a::int, x::text", "SELECT $1::int, x::text", []string{"a"}},
		"text":              {"SELECT ':a', 'it''s :b', :c", "SELECT ':a', 'it''s :b', $1", []string{"c"}},
		"quoted name":       {`SELECT ":a" FROM "x"":b"`, `SELECT ":a" FROM "x"":b"`, nil},
		"escaped text":      {`SELECT E'\':a', :b`, `SELECT E'\':a', $1`, []string{"b"}},
		"dollar text":       {"SELECT $$:a$$, $t$ :b $$ $t$, :c", "SELECT $$:a$$, $t$ :b $$ $t$, $1", []string{"c"}},
		"line comment":      {"SELECT 1 -- :a ; x\n, :b", "SELECT 1 -- :a ; x\n, $1", []string{"b"}},
		"block comment":     {"/* :a /* ; */ */ SELECT :b", "/* :a /* ; */ */ SELECT $1", []string{"b"}},
		"end":               {"SELECT :a; -- done", "SELECT $1 -- done", []string{"a"}},
		"semicolon in text": {"SELECT ';'", "SELECT ';'", nil},
		"slice":             {"SELECT x[1 : 2]", "SELECT x[1 : 2]", nil},
		"umlaut":            {"SELECT :größe", "SELECT $1", []string{"größe"}},
		"parentheses":       {"(SELECT 1) UNION (SELECT :a)", "(SELECT 1) UNION (SELECT $1)", []string{"a"}},
		"name ending in e":  {"SELECT made'x'", "SELECT made'x'", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parseQuery(tt.in, postgresDialect())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.out, got.text); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.params, got.params); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, bad := range []string{
		"", ";", "-- only", "DELETE FROM x", "SELECT 1; SELECT 2", "SELECT 1;;x", "SELECT 1; 'x'", "SELECT $1", "EXPLAIN ANALYZE DELETE FROM x", "/* */ insert into x",
	} {
		if got, err := parseQuery(bad, postgresDialect()); err == nil {
			t.Errorf("%q went through: %+v", bad, got)
		}
	}
	if _, err := parseQuery("SELECT ?", sqliteDialect()); err == nil {
		t.Error("SQLite's own ? went through")
	}
}

// FuzzParseQuery looks for texts that make the parser fail, or lose or invent
// anything but parameters.
func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"SELECT :a, ':b', $$c$$", "WITH x AS (SELECT 1) SELECT /* ; */ * FROM x;", "SELECT E'\\", "$", "SELECT $a$ $a", "select :"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parseQuery(s, postgresDialect())
		if err != nil {
			return
		}
		back := p.text
		for i := len(p.params); i > 0; i-- {
			back = strings.ReplaceAll(back, fmt.Sprintf("$%d", i), ":"+p.params[i-1])
		}
		if len(p.params) == 0 && back != strings.ReplaceAll(s, ";", "") && !strings.Contains(s, ";") {
			t.Fatalf("%q became %q", s, back)
		}
	})
}
