package transform_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/host/transform"
	"github.com/gleis-dev/gleis/sdk"
)

// parse returns the process that body describes: what stands below the name.
func parse(t testing.TB, body string) *process.Process {
	t.Helper()
	text := "connections: {a: {connector: x}}\nprocesses:\n  p:\n    source: {connection: a, object: event}\n    target: {connection: a, object: meeting}\n"
	for line := range strings.SplitSeq(strings.Trim(body, "\n"), "\n") {
		text += "    " + line + "\n"
	}
	f, err := process.Parse("gleis.yaml", []byte(text), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return f.Processes[0]
}

func compile(t testing.TB, body string, src, dst *sdk.Object) *transform.Program {
	t.Helper()
	p, err := transform.Compile(parse(t, body), src, dst)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// run transforms one record and returns its data, "dropped", or the error.
func run(t testing.TB, p *transform.Program, data string, ask transform.Ask) string {
	t.Helper()
	res := p.Batch(t.Context(), []sdk.Record{{Key: "k", Partition: "m", Data: []byte(data)}}, ask)
	if len(res) != 1 {
		t.Fatalf("%d results", len(res))
	}
	return show(t, res[0])
}

func show(t testing.TB, r transform.Result) string {
	t.Helper()
	switch {
	case r.Err != nil:
		if e := sdk.AsError(r.Err); e.Op != "transform" || e.Object != "event" || e.Key == "" || r.Data != nil {
			t.Errorf("the error does not name its record: %v", r.Err)
		}
		return "error: " + r.Err.Error()
	case r.Dropped:
		return "dropped: " + r.Reason
	}
	return string(r.Data)
}

func text(name string) sdk.Field { return sdk.Field{Name: name, Type: sdk.TypeText} }

func object(name string, fields ...sdk.Field) sdk.Field {
	return sdk.Field{Name: name, Type: sdk.TypeObject, Fields: fields}
}

func zoned(name string) sdk.Field {
	return object(name, sdk.Field{Name: "dateTime", Type: sdk.TypeLocalTime, Zone: "timeZone"}, text("timeZone"))
}

// event is shaped as Microsoft Graph's event.
func event() *sdk.Object {
	return &sdk.Object{Name: "event", Fields: []sdk.Field{
		text("id"), text("subject"), {Name: "isCancelled", Type: sdk.TypeBool}, {Name: "isAllDay", Type: sdk.TypeBool},
		{Name: "size", Type: sdk.TypeInt}, {Name: "price", Type: sdk.TypeDecimal}, {Name: "changed", Type: sdk.TypeInstant}, {Name: "day", Type: sdk.TypeDate},
		zoned("start"), object("body", text("contentType"), text("content")),
		object("organizer", object("emailAddress", text("address"), text("name"))),
		{Name: "attendees", Type: sdk.TypeList, Item: &sdk.Field{Type: sdk.TypeObject, Fields: []sdk.Field{text("type"), object("emailAddress", text("address"))}}},
		{Name: "categories", Type: sdk.TypeList, Item: &sdk.Field{Type: sdk.TypeText}},
		{Name: "extra", Type: sdk.TypeJSON},
	}}
}

// TestMapping: the same mapping gives the same result whether a record is scanned
// (no rules) or opened (a rule that changes nothing).
func TestMapping(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ fields, data, want string }{
		"fields are sorted":          {"{b: x, a: y}", `{"x":1,"y":2}`, `{"a":2,"b":1}`},
		"missing stays missing":      {"{a: x, b: y}", `{"y":2}`, `{"b":2}`},
		"nothing at all":             {"{a: x}", `{}`, `{}`},
		"null stays null":            {"{a: x}", `{"x":null}`, `{"a":null}`},
		"the empty text stays":       {"{a: x}", `{"x":""}`, `{"a":""}`},
		"digits are kept":            {"{a: x, b: y}", `{"x":12345678901234567890.10, "y":1.0}`, `{"a":12345678901234567890.10,"b":1.0}`},
		"from inside an object":      {"{a: o.p.q}", `{"o":{"z":[{}],"p":{"q":"v"}}}`, `{"a":"v"}`},
		"into an object":             {"{o.p: x, o.a: y, z: x}", `{"x":1,"y":2}`, `{"o":{"a":2,"p":1},"z":1}`},
		"an object without members":  {"{o.p: x, z: y}", `{"y":2}`, `{"z":2}`},
		"a whole and its part":       {"{a: o, b: o.p}", `{"o":{"q":1,"p":2}}`, `{"a":{"p":2,"q":1},"b":2}`},
		"inside null is null":        {"{a: o.p}", `{"o":null}`, `{"a":null}`},
		"inside missing is missing":  {"{a: o.p.q}", `{"o":{}}`, `{}`},
		"members are sorted, deeply": {"{a: x}", `{"x":[{"b":1, "a":{"d":1,"c":2}}]}`, `{"a":[{"a":{"c":2,"d":1},"b":1}]}`},
		"escapes have one form":      {"{a: x}", `{"x":"\u0041\/\u00fc\u000a"}`, `{"a":"A/ü\n"}`},
		"an escaped name is found":   {"{a: x.ü}", `{"\u0078":{"\u00fc":1}}`, `{"a":1}`},
		"blanks are dropped":         {"{a: x}", " { \"x\" : { \"y\" : 1 } } ", `{"a":{"y":1}}`},
		"one source for two targets": {"{a: x, b: x}", `{"x":1}`, `{"a":1,"b":1}`},
		"through a list":             {"{a: l.x}", `{"l":[{"x":1}]}`, `error: transform event m k: invalid (field_value): a from l.x: l.x leads through a list`},
		"through a text":             {"{a: l.x}", `{"l":"x"}`, `error: transform event m k: invalid (field_value): a from l.x: l.x leads through a text`},
		"not an object":              {"{a: x}", `[1]`, `error: transform event m k: invalid (transform): the record is not a JSON object`},
		"something after the object": {"{a: x}", `{"x":1}{}`, `error: transform event m k: invalid (transform): something stands after the JSON object`},
		"a name with a quote":        {`{"a\"b": x}`, `{"x":1}`, `{"a\"b":1}`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plain := compile(t, "fields: "+tc.fields, nil, nil)
			if got := run(t, plain, tc.data, nil); got != tc.want {
				t.Errorf("scanned:\n got %s\nwant %s", got, tc.want)
			}
			ruled := compile(t, "rules: [{rename: {from: never, to: ever}}]\nfields: "+tc.fields, nil, nil)
			if got := run(t, ruled, tc.data, nil); got != tc.want {
				t.Errorf("opened:\n got %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ rules, fields, data, want string }{
		"constant":                     {`[{constant: {to: o.a, value: [1, {b: "x"}]}}]`, "{a: o}", `{}`, `{"a":{"a":[1,{"b":"x"}]}}`},
		"constant null":                {`[{constant: {to: x, value: null}}]`, "{a: x}", `{"x":5}`, `{"a":null}`},
		"constant over a part":         {`[{constant: {to: o.p, value: 1}}]`, "{a: o}", `{"o":{"z":1,"p":2}}`, `{"a":{"p":1,"z":1}}`},
		"constant into a text":         {`[{constant: {to: o.p, value: 1}}]`, "{a: o}", `{"o":"x"}`, `error: transform event m k: invalid (rule): rule 1 (constant): o is a text, not an object`},
		"rename":                       {`[{rename: {from: x, to: y}}]`, "{a: x, b: y}", `{"x":1,"y":2}`, `{"b":1}`},
		"rename into a part of itself": {`[{rename: {from: x, to: x.y}}]`, "{a: x}", `{"x":1}`, `{"a":{"y":1}}`},
		"rename out of an object":      {`[{rename: {from: o.x, to: y}}]`, "{a: o, b: y}", `{"o":{"x":1,"z":2}}`, `{"a":{"z":2},"b":1}`},
		"rename what is missing":       {`[{rename: {from: x, to: y}}]`, "{b: y}", `{"y":2}`, `{}`},
		"each sees the former":         {`[{constant: {to: x, value: 1}}, {rename: {from: x, to: y}}, {rename: {from: y, to: z}}]`, "{a: z}", `{}`, `{"a":1}`},
		"html":                         {`[{html_to_text: {from: b.c}}]`, "{a: b.c}", `{"b":{"c":"<p>a &amp; b</p>"}}`, `{"a":"a & b"}`},
		"html to another field":        {`[{html_to_text: {from: b, to: n}}]`, "{a: b, n: n}", `{"b":"<b>x</b>"}`, `{"a":"<b>x</b>","n":"x"}`},
		"html null":                    {`[{html_to_text: {from: b, to: n}}]`, "{n: n}", `{"b":null}`, `{"n":null}`},
		"html missing":                 {`[{html_to_text: {from: b, to: n}}]`, "{n: n}", `{}`, `{}`},
		"html of a number":             {`[{html_to_text: {from: b}}]`, "{n: b}", `{"b":1}`, `error: transform event m k: invalid (rule): rule 1 (html_to_text): b is a number, not a text`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := compile(t, "rules: "+tc.rules+"\nfields: "+tc.fields, nil, nil)
			if got := run(t, p, tc.data, nil); got != tc.want {
				t.Errorf("\n got %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestWhatIsNotAnUpsertPasses(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"fields: {a: x}", "where: \"false\"\nfields: {a: x}"} {
		p := compile(t, body, nil, nil)
		for _, op := range []sdk.Op{sdk.Delete, sdk.Missing, sdk.Release} {
			got := p.Batch(t.Context(), []sdk.Record{{Key: "k", Op: op}}, nil)
			if d := cmp.Diff([]transform.Result{{}}, got); d != "" {
				t.Errorf("%v: %s", op, d)
			}
		}
	}
}

// TestOneBadRecordStopsOnlyItself upholds Invariant 8.
func TestOneBadRecordStopsOnlyItself(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"fields: {a: x.y}", "rules: [{html_to_text: {from: x.y}}]\nwhere: \"record.x.y == '1'\"\nfields: {a: x.y}"} {
		p := compile(t, body, nil, nil)
		var recs []sdk.Record
		for i, data := range []string{`{"x":{"y":"1"}}`, `{"x":[]}`, `{"x":`, ``, `{"x":{"y":"1"}}`} {
			recs = append(recs, sdk.Record{Key: fmt.Sprint(i), Data: []byte(data)})
		}
		res := p.Batch(t.Context(), recs, nil)
		for i, r := range res {
			good := i == 0 || i == 4
			if (r.Err == nil) != good || good && string(r.Data) != `{"a":"1"}` {
				t.Errorf("%s: record %d: %s %v", body, i, r.Data, r.Err)
			}
			if r.Err != nil && sdk.AsError(r.Err).Key != recs[i].Key {
				t.Errorf("record %d: error of %q", i, sdk.AsError(r.Err).Key)
			}
		}
	}
}

// TestTheRecordIsNotChanged: neither the bytes handed in nor results of a former
// batch change.
func TestTheRecordIsNotChanged(t *testing.T) {
	t.Parallel()
	p := compile(t, "rules: [{constant: {to: o.a, value: 1}}, {rename: {from: o.b, to: c}}]\nfields: {a: o, c: c}", nil, nil)
	data := []byte(`{"o":{"a":"xxxxxxxxxx","b":"yyyyyyyyyy"}}`)
	keep := string(data)
	first := p.Batch(t.Context(), []sdk.Record{{Data: data}}, nil)[0].Data
	was := string(first)
	p.Batch(t.Context(), []sdk.Record{{Data: []byte(`{"o":{"b":"zzzzzzzzzzzzzzzzzzzzzz"}}`)}}, nil)
	if string(data) != keep || string(first) != was {
		t.Errorf("%s, %s", data, first)
	}
}

func TestTraceSaysWhatEachRuleMakes(t *testing.T) {
	t.Parallel()
	p := compile(t, `
rules:
  - html_to_text: {from: body, to: note}
  - constant: {to: x, value: 1}
where: "record.note != 'no'"
fields: {n: note}`, nil, nil)
	line := func(stages []transform.Stage) string {
		var b strings.Builder
		for _, s := range stages {
			fmt.Fprintf(&b, "%s %s", s.Name, s.Data)
			if s.Dropped {
				b.WriteString(" dropped")
			}
			if s.Err != nil {
				fmt.Fprintf(&b, " %v", s.Err)
			}
			b.WriteByte('\n')
		}
		return b.String()
	}
	tests := map[string]struct{ data, want string }{
		"through": {`{ "body":"<p>hi</p>" }`, `source {"body":"<p>hi</p>"}
rule 1 (html_to_text) {"body":"<p>hi</p>","note":"hi"}
rule 2 (constant) {"body":"<p>hi</p>","note":"hi","x":1}
where {"body":"<p>hi</p>","note":"hi","x":1}
fields {"n":"hi"}
`},
		"dropped": {`{"body":"no"}`, `source {"body":"no"}
rule 1 (html_to_text) {"body":"no","note":"no"}
rule 2 (constant) {"body":"no","note":"no","x":1}
where {"body":"no","note":"no","x":1} dropped
`},
		"failed": {`{"body":1}`, `source {"body":1}
rule 1 (html_to_text)  transform event k: invalid (rule): rule 1 (html_to_text): body is a number, not a text
`},
		"broken": {`{"body":`, `source  transform event k: invalid (transform): the record is not valid JSON: jsontext: unexpected EOF within "/body" after offset 8
`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(tc.want, line(p.Trace(t.Context(), sdk.Record{Key: "k", Data: []byte(tc.data)}, nil))); d != "" {
				t.Error(d)
			}
		})
	}
}
