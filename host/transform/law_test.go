package transform_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gleis-dev/gleis/host/transform"
	"github.com/gleis-dev/gleis/sdk"
)

// anyJSON draws a value; objects have the names a to d, so that paths meet them.
func anyJSON(r *rapid.T, depth int) any {
	kinds := 5
	if depth > 0 {
		kinds = 7
	}
	switch rapid.IntRange(0, kinds-1).Draw(r, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(r, "bool")
	case 2:
		return rapid.Int64().Draw(r, "int")
	case 3:
		return rapid.SampledFrom([]float64{0, 0.5, 1e21, -1e-9}).Draw(r, "float")
	case 4:
		return strings.ToValidUTF8(rapid.String().Draw(r, "text"), "?")
	case 5:
		var list []any
		for range rapid.IntRange(0, 3).Draw(r, "n") {
			list = append(list, anyJSON(r, depth-1))
		}
		return list
	}
	return anyObject(r, depth)
}

func anyObject(r *rapid.T, depth int) map[string]any {
	m := map[string]any{}
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 4, rapid.ID[string]).Draw(r, "names") {
		m[name] = anyJSON(r, depth-1)
	}
	return m
}

// lookUp is the plain meaning of a path: nil, false for missing.
func lookUp(v any, path []string) (any, bool, bool) {
	for _, name := range path {
		if v == nil {
			return nil, true, true
		}
		m, ok := v.(map[string]any)
		if !ok {
			return nil, false, false
		}
		if v, ok = m[name]; !ok {
			return nil, false, true
		}
	}
	return v, true, true
}

// TestMappingLaws: for any record and mapping, the result is what the plain
// meaning of paths says, in canonical form, whether the record is scanned or
// opened by a rule.
func TestMappingLaws(t *testing.T) {
	t.Parallel()
	names := rapid.SampledFrom([]string{"a", "b", "c", "d"})
	rapid.Check(t, func(r *rapid.T) {
		record := anyObject(r, 4)
		data, err := sdk.Encode(record)
		if err != nil {
			r.Fatal(err)
		}
		var decoded map[string]any
		if err := sdk.Decode(data, &decoded); err != nil {
			r.Fatal(err)
		}
		want, broken := map[string]any{}, false
		var fields []string
		for i := range rapid.IntRange(1, 4).Draw(r, "mappings") {
			path := rapid.SliceOfN(names, 1, 4).Draw(r, "path")
			fields = append(fields, fmt.Sprintf("t%d.x: %s", i, strings.Join(path, ".")))
			v, there, ok := lookUp(decoded, path)
			if broken = broken || !ok; there {
				want[fmt.Sprint("t", i)] = map[string]any{"x": v}
			}
		}
		slices.Reverse(fields)
		body := "fields: {" + strings.Join(fields, ", ") + "}"
		scanned := compile(t, body, nil, nil).Batch(t.Context(), []sdk.Record{{Key: "k", Data: data}}, nil)[0]
		opened := compile(t, "rules: [{constant: {to: other.x, value: 1}}]\n"+body, nil, nil).Batch(t.Context(), []sdk.Record{{Key: "k", Data: data}}, nil)[0]
		if (scanned.Err != nil) != broken || (opened.Err != nil) != broken {
			r.Fatalf("%s\n%s\nscanned: %v\nopened: %v", data, body, scanned.Err, opened.Err)
		}
		if broken {
			return
		}
		plain, err := sdk.Encode(want)
		if err != nil {
			r.Fatal(err)
		}
		// sdk.Encode escapes the line separators of JavaScript, which JSON does not ask for.
		plain = []byte(strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029").Replace(string(plain)))
		if !bytes.Equal(scanned.Data, opened.Data) || !bytes.Equal(scanned.Data, plain) {
			r.Fatalf("%s\n%s\nscanned: %s\nopened:  %s\nwant:    %s", data, body, scanned.Data, opened.Data, plain)
		}
	})
}

// TestCanonicalForm: what was mapped once is mapped to itself.
func TestCanonicalForm(t *testing.T) {
	t.Parallel()
	p := compile(t, "fields: {a: a}", nil, nil)
	rapid.Check(t, func(r *rapid.T) {
		data, err := sdk.Encode(map[string]any{"a": anyJSON(r, 4)})
		if err != nil {
			r.Fatal(err)
		}
		once := p.Batch(t.Context(), []sdk.Record{{Data: data}}, nil)[0]
		twice := p.Batch(t.Context(), []sdk.Record{{Data: once.Data}}, nil)[0]
		if once.Err != nil || twice.Err != nil || !bytes.Equal(once.Data, twice.Data) {
			r.Fatalf("%s, %v, then %s, %v", once.Data, once.Err, twice.Data, twice.Err)
		}
	})
}

// FuzzBatch: no record makes a program panic, and a result is valid JSON whose
// mapping is itself.
func FuzzBatch(f *testing.F) {
	f.Add([]byte(`{"start":{"dateTime":"2026-01-01T00:00:00","timeZone":"UTC"},"body":{"content":"<p>x"},"categories":["a"]}`))
	f.Add([]byte(`{"id":"\ud800","changed":5}`))
	f.Add([]byte(` {"id" : [ ] , "start" : null }x`))
	dst := &sdk.Object{Name: "meeting", Fields: []sdk.Field{text("id"), {Name: "start", Type: sdk.TypeInstant}, {Name: "tags", Type: sdk.TypeList}, {Name: "size", Type: sdk.TypeText, MaxLength: 5}}}
	const fields = "fields: {id: id, start: start, tags: categories, size: size}"
	var programs []*transform.Program
	for _, rules := range []string{"", "rules: [{html_to_text: {from: body.content}}, {time_zone: {from: start, to_zone: UTC}}]\nwhere: \"!record.isCancelled && record.attendees.size() < 3\"\n"} {
		programs = append(programs, compile(f, rules+fields, event(), dst))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, p := range programs {
			r := p.Batch(t.Context(), []sdk.Record{{Key: "k", Data: data}}, nil)[0]
			if r.Err != nil || r.Dropped {
				continue
			}
			var v map[string]any
			if err := sdk.Decode(r.Data, &v); err != nil {
				t.Fatalf("%s: %v", r.Data, err)
			}
		}
	})
}
