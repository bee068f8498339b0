package odata

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOptionsAreRead(t *testing.T) {
	t.Parallel()
	q, err := Parse("%24Top=5&skip=2&$COUNT=true&$select=id,%20body/content&orderby=start/dateTime+desc,subject&startDateTime=2026-11-22T10:00:00%2B01:00&" +
		"$expand=extensions($filter=id%20eq%20'a;b,c';$select=id,x;$top=3;$orderby=id desc;$expand=y($select=z)),attachments&$search=%22a:b%22&$format=json&x=1&x=2")
	if err != nil {
		t.Fatal(err)
	}
	if q.Top != 5 || q.Skip != 2 || !q.Count || q.Search != `"a:b"` || q.Get("startdatetime") != "2026-11-22T10:00:00+01:00" || q.Get("x") != "1" {
		t.Errorf("%+v", q)
	}
	if d := cmp.Diff([]string{"id", "body/content"}, q.Select); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Key{{"start/dateTime", true}, {"subject", false}}, q.OrderBy); d != "" {
		t.Error(d)
	}
	x := q.Expand[0]
	if len(q.Expand) != 2 || q.Expand[1].Name != "attachments" || x.Name != "extensions" || x.Top != 3 || !x.OrderBy[0].Descending || x.Expand[0].Select[0] != "z" {
		t.Fatalf("%+v", q.Expand)
	}
	if !x.Filter.Holds(func(string) Value { return String("a;b,c") }) {
		t.Error("the filter of an expansion")
	}
	if q, err := Parse("$count=false"); err != nil || q.Count || q.Top != -1 || !q.Filter.Holds(nil) {
		t.Errorf("%+v %v", q, err)
	}
}

func TestOptionsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"$top=-1":                   "Invalid value '-1' for $top query option found. The $top query option requires a non-negative integer value.",
		"$top=99999999999":          "Invalid value '99999999999' for $top query option found. The $top query option requires a non-negative integer value.",
		"$skip=x":                   "Invalid value 'x' for $skip query option found. The $skip query option requires a non-negative integer value.",
		"$count=1":                  "Invalid value '1' for $count query option found. Valid values are 'true' or 'false'.",
		"$top=1&TOP=2":              "Query option '$top' was specified more than once, but it must be specified at most once.",
		"$nonsense=1":               "The query parameter '$nonsense' is not supported.",
		"$filter=%zz":               "Invalid query string.",
		"$filter=":                  "Invalid filter clause: Expression expected at position 0 in ''.",
		"$select=a,,b":              "Parsing OData Select and Expand failed: Term '' is not valid in a $select or $expand expression.",
		"$select=a b":               "Parsing OData Select and Expand failed: Term 'a b' is not valid in a $select or $expand expression.",
		"$expand=a(":                "Parsing OData Select and Expand failed: Found an unbalanced bracket expression.",
		"$expand=a)":                "Parsing OData Select and Expand failed: Found an unbalanced bracket expression.",
		"$expand=a($select=x)b":     "Parsing OData Select and Expand failed: Found an unbalanced bracket expression.",
		"$expand=a($levels=2)":      "Parsing OData Select and Expand failed: Term '$levels' is not valid in a $select or $expand expression.",
		"$expand=a($top=1;top=2)":   "Parsing OData Select and Expand failed: Query option '$top' was specified more than once, but it must be specified at most once.",
		"$expand=a($filter=b eq)":   "Parsing OData Select and Expand failed: Invalid filter clause: Expression expected at position 4 in 'b eq'.",
		"$orderby=a up":             "Syntax error at position 4 in 'a up'.",
		"$orderby=a,":               "Expression expected at position 2 in 'a,'.",
		"$orderby=toupper(a)":       "Syntax error at position 10 in 'toupper(a)'.",
		"$format=application/xml":   "The value 'application/xml' of the query option '$format' is not supported.",
		"$expand=" + deepExpand(12): "",
	} {
		_, err := Parse(raw)
		if err == nil || want != "" && err.Error() != want {
			t.Errorf("%.60s: %v, want %s", raw, err, want)
		}
	}
}

func deepExpand(n int) string { return strings.Repeat("a($expand=", n) + "b" + strings.Repeat(")", n) }

func FuzzQuery(f *testing.F) {
	for _, s := range []string{
		"$filter=a eq 'x'&$orderby=b desc&$top=3", "$expand=a($filter=b/any(c:c eq 1);$expand=d)", "$search=\"a:b\" AND \"c\"", "%24select=%2a", "$top=\x00", "a=b;c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := Parse(raw)
		if err != nil {
			return
		}
		q.Filter.Holds(sampleGetter)
		Sort([]int{1, 2}, q.OrderBy, func(int) Getter { return sampleGetter })
		for _, parse := range []func(string) (*Search, error){ParseSearch, ParseKQL} {
			if s, err := parse(q.Search); err == nil {
				s.Matches(func(term Term) bool { return term.In("some text") })
			}
		}
	})
}

func FuzzStamp(f *testing.F) {
	for _, s := range []string{"2026-11-22", "2026-11-22T10:00Z", "2026-11-22T10:00:00.1234567+01:00", "9999-12-31T23:59:59Z", "-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := ParseFilter("a ge " + s); err == nil && strings.HasPrefix(s, "20") && strings.HasSuffix(s, "Z") && !strings.ContainsAny(s, " ()") {
			if _, ok := ParseStamp(s); !ok {
				t.Errorf("%q is a literal but no stamp", s)
			}
		}
	})
}
