package transform_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/host/transform"
	"github.com/gleis-dev/gleis/sdk"
)

func TestWhere(t *testing.T) {
	t.Parallel()
	const keep, drop = `{}`, "dropped: where"
	tests := map[string]struct{ where, data, want string }{
		"true":                        {`!record.isCancelled`, `{"isCancelled":false}`, keep},
		"false":                       {`!record.isCancelled`, `{"isCancelled":true}`, drop},
		"a missing bool is false":     {`!record.isCancelled`, `{}`, keep},
		"a null bool is false":        {`!record.isCancelled`, `{"isCancelled":null}`, keep},
		"a missing text is empty":     {`record.subject == ''`, `{}`, keep},
		"a missing number is 0":       {`record.size == 0 && record.price == 0.0`, `{"price":null}`, keep},
		"a missing list is empty":     {`record.categories.size() == 0`, `{}`, keep},
		"inside a missing object":     {`record.organizer.emailAddress.address == ''`, `{}`, keep},
		"inside null":                 {`record.organizer.emailAddress.address == ''`, `{"organizer":null}`, keep},
		"has":                         {`has(record.subject) && !has(record.size) && !has(record.organizer.emailAddress) && !has(record.day)`, `{"subject":"","size":null}`, keep},
		"a text":                      {`record.organizer.emailAddress.address.endsWith('@x.example')`, `{"organizer":{"emailAddress":{"address":"a@x.example"}}}`, keep},
		"escapes are resolved":        {`record.subject == "ä\n"`, `{"subject":"\u00e4\n"}`, keep},
		"a number":                    {`record.size > 5`, `{"size":6}`, keep},
		"a decimal given as text":     {`record.price > 5.5`, `{"price":"6"}`, keep},
		"an instant":                  {`record.changed > timestamp('2026-01-01T00:00:00Z')`, `{"changed":"2026-01-01T01:00:00+00:30"}`, keep},
		"a date is a text":            {`record.day >= '2026-01-01'`, `{"day":"2026-02-01"}`, keep},
		"any of a list of objects":    {`record.attendees.exists(a, a.type == 'required' && a.emailAddress.address.startsWith('b'))`, `{"attendees":[{"type":"optional"},null,{"type":"required","emailAddress":{"address":"b@x"}}]}`, keep},
		"an item of a list":           {`record.attendees[1].type == 'x'`, `{"attendees":[{},{"type":"x"}]}`, keep},
		"in a list":                   {`'red' in record.categories`, `{"categories":["blue","red"]}`, keep},
		"in a list of literals":       {`record.subject in ['a', 'b']`, `{"subject":"c"}`, drop},
		"JSON":                        {`record.extra.a[1].b == 2`, `{"extra":{"a":[0,{"b":2}]}}`, keep},
		"null JSON":                   {`record.extra == null`, `{}`, keep},
		"string functions":            {`record.subject.lowerAscii() == 'abc'`, `{"subject":"ABC"}`, keep},
		"objects are compared":        {`record.organizer.emailAddress == record.organizer.emailAddress`, `{"organizer":{"emailAddress":{"b":1}}}`, keep},
		"a missing instant":           {`record.changed > timestamp('2026-01-01T00:00:00Z')`, `{}`, "record.changed has no value: ask has(…) first"},
		"a missing instant, asked":    {`has(record.changed) && record.changed > timestamp('2026-01-01T00:00:00Z')`, `{}`, drop},
		"a text where a bool belongs": {`!record.isCancelled`, `{"isCancelled":"no"}`, "record.isCancelled is a text, not bool"},
		"a text where an object is":   {`record.organizer.emailAddress.address == ''`, `{"organizer":"x"}`, "record.organizer is a text, not an object"},
		"an index out of range":       {`record.categories[3] == 'x'`, `{}`, "index out of bounds"},
		"missing JSON":                {`record.extra.a == 1`, `{"extra":{}}`, "no such key: a"},
		"not a bool after all":        {`record.extra`, `{"extra":5}`, "yields int, not true or false"},
		"without end": {`record.categories.all(a, record.categories.all(b, record.categories.all(c, a + b + c != 'no')))`,
			`{"categories":[` + strings.Repeat(`"abc",`, 999) + `"abc"]}`, "cost limit exceeded"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := compile(t, fmt.Sprintf("where: %q\nfields: {x: never}\nrules: [{constant: {to: never2, value: 1}}]", tc.where), withNever(), nil)
			got := run(t, p, tc.data, nil)
			if got != tc.want && !(strings.HasPrefix(got, "error: ") && strings.Contains(got, tc.want)) {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func withNever() *sdk.Object {
	o := event()
	o.Fields = append(o.Fields, text("never"))
	return o
}

func TestWhereSeesWhatTheRulesMade(t *testing.T) {
	t.Parallel()
	ask := func(_ context.Context, asked []transform.Lookup) []transform.Answer {
		return []transform.Answer{{Data: []byte(`{"rank":3}`)}}
	}
	p := compile(t, `
rules:
  - html_to_text: {from: body.content, to: note}
  - constant: {to: level, value: 2}
  - rename: {from: subject, to: title}
  - query: {connection: c, object: o, filter: "id|:|#id#|;|", prefix: q_}
where: "record.note == 'x' && record.level + 1 == 3 && record.title == 's' && record.q_rank == 3"
fields: {a: id}`, event(), nil)
	if got := run(t, p, `{"id":"1","body":{"content":"<p>x</p>"},"subject":"s"}`, ask); got != `{"a":"1"}` {
		t.Error(got)
	}
}

func TestWhereWithoutASchemaReadsAMap(t *testing.T) {
	t.Parallel()
	p := compile(t, "where: \"record.a.b > 1\"\nfields: {x: x}", nil, nil)
	for data, want := range map[string]string{`{"a":{"b":2}}`: `{}`, `{"a":{"b":1}}`: "dropped: where", `{}`: "no such key: a"} {
		if got := run(t, p, data, nil); !strings.Contains(got, want) {
			t.Errorf("%s: %s", data, got)
		}
	}
}

func TestWhereEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := compile(t, "where: \"record.categories.all(a, a != 'no')\"\nfields: {x: subject}", event(), nil)
	r := p.Batch(ctx, records(`{"categories":[`+strings.Repeat(`"a",`, 999)+`"a"]}`), nil)[0]
	if sdk.KindOf(r.Err) != sdk.Cancelled || !errors.Is(r.Err, context.Canceled) {
		t.Errorf("%v", r.Err)
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

// TestCompileProblems compares what is refused before a run with golden messages.
func TestCompileProblems(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			f, err := process.Parse("gleis.yaml", a.Files[0].Data, nil)
			if err != nil {
				t.Fatal(err)
			}
			dst := &sdk.Object{Name: "meeting", Fields: []sdk.Field{text("title"), {Name: "starts_at", Type: sdk.TypeInstant}, {Name: "cost", Type: sdk.TypeInt}, {Name: "tags", Type: sdk.TypeText}}}
			for _, p := range f.Processes {
				if _, err := transform.Compile(p, event(), dst); err != nil {
					if sdk.KindOf(err) != sdk.Invalid {
						t.Errorf("kind %v", sdk.KindOf(err))
					}
					got.WriteString(err.Error() + "\n")
				}
			}
			if *update {
				a.Files = []txtar.File{a.Files[0], {Name: "problems", Data: []byte(got.String())}}
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(a.Files) != 2 {
				t.Fatal("no golden messages: run go test -update")
			}
			if d := cmp.Diff(string(a.Files[1].Data), got.String()); d != "" {
				t.Errorf("messages (-want +got):\n%s", d)
			}
		})
	}
}
