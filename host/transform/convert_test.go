package transform_test

import (
	"strings"
	"testing"

	"github.com/gleis-dev/gleis/host/transform"
	"github.com/gleis-dev/gleis/sdk"
)

func field(t sdk.Type) sdk.Field {
	f := sdk.Field{Name: "x", Type: t}
	switch t {
	case sdk.TypeList:
		f.Item = &sdk.Field{Type: sdk.TypeText}
	case sdk.TypeEnum:
		f.Choices = []sdk.Choice{{Value: "a"}, {Value: "b"}}
	}
	return f
}

// TestConversion walks the table of convert.go: value by value.
func TestConversion(t *testing.T) {
	t.Parallel()
	const refused = "does not compile"
	tests := []struct {
		from, to sdk.Type
		in, want string
	}{
		{sdk.TypeText, sdk.TypeText, `"x"`, `"x"`},
		{sdk.TypeInt, sdk.TypeText, `5`, `"5"`},
		{sdk.TypeDecimal, sdk.TypeText, `5.10`, `"5.10"`},
		{sdk.TypeBool, sdk.TypeText, `true`, `"true"`},
		{sdk.TypeInstant, sdk.TypeText, `"2026-01-02T03:04:05Z"`, `"2026-01-02T03:04:05Z"`},
		{sdk.TypeObject, sdk.TypeText, `{}`, refused},
		{sdk.TypeList, sdk.TypeText, `[]`, refused},
		{sdk.TypeBlob, sdk.TypeText, `"r"`, refused},
		{sdk.TypeJSON, sdk.TypeText, `5`, `"5"`},
		{sdk.TypeJSON, sdk.TypeText, `{}`, "is an object, not a text"},
		{"", sdk.TypeText, `[]`, "is a list, not a text"},

		{sdk.TypeInt, sdk.TypeBool, `1`, `true`},
		{sdk.TypeInt, sdk.TypeBool, `0`, `false`},
		{sdk.TypeInt, sdk.TypeBool, `2`, "neither true nor false"},
		{sdk.TypeText, sdk.TypeBool, `"false"`, `false`},
		{sdk.TypeText, sdk.TypeBool, `"no"`, `"no" is neither true nor false`},
		{sdk.TypeText, sdk.TypeBool, `""`, `null`},
		{sdk.TypeFloat, sdk.TypeBool, `1`, refused},

		{sdk.TypeBool, sdk.TypeInt, `true`, `1`},
		{sdk.TypeText, sdk.TypeInt, `"-12"`, `-12`},
		{sdk.TypeText, sdk.TypeInt, `"012"`, "is no number"},
		{sdk.TypeText, sdk.TypeInt, `" 12"`, "is no number"},
		{sdk.TypeText, sdk.TypeInt, `"NaN"`, "is no number"},
		{sdk.TypeText, sdk.TypeInt, `"1.5"`, "no whole number"},
		{sdk.TypeText, sdk.TypeInt, `""`, `null`},
		{sdk.TypeDecimal, sdk.TypeInt, `"5.00"`, `5`},
		{sdk.TypeDecimal, sdk.TypeInt, `5.01`, "no whole number"},
		{sdk.TypeFloat, sdk.TypeInt, `1e3`, `1000`},
		{sdk.TypeFloat, sdk.TypeInt, `1e300`, "no whole number"},
		{sdk.TypeFloat, sdk.TypeInt, `1e999999999`, "no whole number"},
		{sdk.TypeInt, sdk.TypeInt, `9223372036854775808`, "no whole number"},
		{sdk.TypeDate, sdk.TypeInt, `"2026-01-02"`, refused},

		{sdk.TypeInt, sdk.TypeDecimal, `5`, `5`},
		{sdk.TypeDecimal, sdk.TypeDecimal, `"1.10"`, `1.10`},
		{sdk.TypeText, sdk.TypeDecimal, `"1,5"`, "is no number"},
		{sdk.TypeDecimal, sdk.TypeFloat, `0.1`, `0.1`},
		{sdk.TypeDecimal, sdk.TypeFloat, `12345678901234567890.1`, "more digits than a float holds"},
		{sdk.TypeInt, sdk.TypeFloat, `9007199254740993`, "more digits"},
		{sdk.TypeInt, sdk.TypeFloat, `9007199254740992`, `9007199254740992`},

		{sdk.TypeText, sdk.TypeDate, `"2026-02-28"`, `"2026-02-28"`},
		{sdk.TypeText, sdk.TypeDate, `"2026-02-30"`, "is no date"},
		{sdk.TypeText, sdk.TypeDate, `""`, `null`},
		{sdk.TypeLocalTime, sdk.TypeDate, `"2026-02-28T00:00:00.0000000"`, `"2026-02-28"`},
		{sdk.TypeLocalTime, sdk.TypeDate, `"2026-02-28T00:00:01"`, "its time would be lost"},
		{sdk.TypeInstant, sdk.TypeDate, `"2026-02-28T00:00:00Z"`, refused},
		{sdk.TypeDate, sdk.TypeLocalTime, `"2026-02-28"`, `"2026-02-28T00:00:00"`},
		{sdk.TypeText, sdk.TypeLocalTime, `"2026-02-28T10:00:00.1234567"`, `"2026-02-28T10:00:00.1234567"`},
		{sdk.TypeText, sdk.TypeLocalTime, `"2026-02-28T10:00:00Z"`, "is no local time"},
		{sdk.TypeInstant, sdk.TypeLocalTime, `"2026-02-28T10:00:00Z"`, refused},
		{sdk.TypeDate, sdk.TypeInstant, `"2026-02-28"`, refused},
		{sdk.TypeLocalTime, sdk.TypeInstant, `"2026-02-28T10:00:00"`, refused},
		{sdk.TypeText, sdk.TypeInstant, `"2026-02-28T10:00:00+01:00"`, `"2026-02-28T10:00:00+01:00"`},
		{sdk.TypeText, sdk.TypeInstant, `"2026-02-28T10:00:00"`, "is no instant"},
		{sdk.TypeText, sdk.TypeInstant, `5`, "is a number, not instant"},
		{sdk.TypeText, sdk.TypeTime, `"23:59:59.5"`, `"23:59:59.5"`},
		{sdk.TypeText, sdk.TypeTime, `"24:00:00"`, "is no time"},
		{sdk.TypeText, sdk.TypeDuration, `"PT15M"`, `"PT15M"`},
		{sdk.TypeText, sdk.TypeDuration, `"PT"`, "is no duration"},
		{sdk.TypeText, sdk.TypeUUID, `"0b5c1f6e-0000-4000-8000-0123456789ab"`, `"0b5c1f6e-0000-4000-8000-0123456789ab"`},
		{sdk.TypeText, sdk.TypeUUID, `"0b5c"`, "is no uuid"},
		{sdk.TypeText, sdk.TypeBytes, `"aGk="`, `"aGk="`},
		{sdk.TypeText, sdk.TypeBytes, `"aGk"`, "is no bytes"},
		{sdk.TypeText, sdk.TypeEnum, `"a"`, `"a"`},
		{sdk.TypeText, sdk.TypeEnum, `"c"`, `"c" is none of a, b`},
		{sdk.TypeText, sdk.TypeEnum, `""`, `null`},
		{sdk.TypeInt, sdk.TypeEnum, `1`, refused},
		{sdk.TypeBlob, sdk.TypeBlob, `"r"`, `"r"`},
		{sdk.TypeText, sdk.TypeBlob, `"r"`, refused},
		{sdk.TypeBlob, sdk.TypeJSON, `"r"`, refused},
		{sdk.TypeList, sdk.TypeList, `["a"]`, `["a"]`},
		{sdk.TypeJSON, sdk.TypeList, `{}`, "is not a list, but an object"},
		{sdk.TypeText, sdk.TypeList, `"x"`, refused},
		{sdk.TypeObject, sdk.TypeJSON, `{"b":1,"a":2}`, `{"a":2,"b":1}`},
		{sdk.TypeJSON, sdk.TypeObject, `5`, "is not an object, but a number"},
	}
	for _, tc := range tests {
		t.Run(string(tc.from)+" to "+string(tc.to)+" "+tc.in, func(t *testing.T) {
			t.Parallel()
			src := &sdk.Object{Name: "event", Fields: []sdk.Field{field(tc.from)}}
			dst := &sdk.Object{Name: "meeting", Fields: []sdk.Field{field(tc.to)}}
			p, err := transform.Compile(parse(t, "fields: {x: x}"), src, dst)
			if (err != nil) != (tc.want == refused) {
				t.Fatalf("compile: %v", err)
			}
			if err != nil {
				if sdk.KindOf(err) != sdk.Invalid || !strings.Contains(err.Error(), "gleis.yaml:6:17: processes.p.fields.x: ") || !strings.Contains(err.Error(), " cannot become ") || !strings.Contains(err.Error(), "; ") {
					t.Errorf("error %v", err)
				}
				return
			}
			got := run(t, p, `{"x":`+tc.in+`}`, nil)
			if got != `{"x":`+tc.want+`}` && !(strings.HasPrefix(got, "error: ") && strings.Contains(got, tc.want)) {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestALongTextIsNotCut(t *testing.T) {
	t.Parallel()
	dst := &sdk.Object{Name: "meeting", Fields: []sdk.Field{{Name: "x", Type: sdk.TypeText, MaxLength: 3}}}
	p := compile(t, "fields: {x: x}", nil, dst)
	for in, want := range map[string]string{
		`"äöü"`:          `{"x":"äöü"}`,
		`"\u00e4bc"`:     `{"x":"äbc"}`,
		`"abcd"`:         "error: transform event m k: invalid (field_value): x from x: has 4 characters, at most 3 fit",
		`12345`:          "error: transform event m k: invalid (field_value): x from x: has 5 characters, at most 3 fit",
		`"\n\n\n"`:       `{"x":"\n\n\n"}`,
		`"\ud83d\ude00"`: `{"x":"😀"}`,
	} {
		if got := run(t, p, `{"x":`+in+`}`, nil); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// TestTimesWithTheirZone: an object of a local time and its zone, as Graph has it,
// becomes an instant, and an instant becomes one.
func TestTimesWithTheirZone(t *testing.T) {
	t.Parallel()
	instant := sdk.Field{Name: "at", Type: sdk.TypeInstant}
	flat := []sdk.Field{{Name: "clock", Type: sdk.TypeLocalTime, Zone: "zone"}, text("zone")}
	tests := map[string]struct {
		fields   string
		src, dst []sdk.Field
		in, want string
	}{
		"winter":              {"{at: start}", []sdk.Field{zoned("start")}, []sdk.Field{instant}, `{"start":{"dateTime":"2026-01-10T10:00:00.0000000","timeZone":"W. Europe Standard Time"}}`, `{"at":"2026-01-10T09:00:00Z"}`},
		"summer, IANA name":   {"{at: start}", []sdk.Field{zoned("start")}, []sdk.Field{instant}, `{"start":{"timeZone":"Europe/Berlin","dateTime":"2026-07-10T10:00:00.5"}}`, `{"at":"2026-07-10T08:00:00.5Z"}`},
		"all-day in UTC":      {"{at: start}", []sdk.Field{zoned("start")}, []sdk.Field{instant}, `{"start":{"dateTime":"2026-07-10T00:00:00.0000000","timeZone":"UTC"}}`, `{"at":"2026-07-10T00:00:00Z"}`},
		"skipped reading":     {"{at: start}", []sdk.Field{zoned("start")}, []sdk.Field{instant}, `{"start":{"dateTime":"2027-03-28T02:30:00","timeZone":"Europe/Berlin"}}`, `{"at":"2027-03-28T01:30:00Z"}`},
		"repeated reading":    {"{at: start}", []sdk.Field{zoned("start")}, []sdk.Field{instant}, `{"start":{"dateTime":"2027-10-31T02:30:00","timeZone":"Europe/Berlin"}}`, `{"at":"2027-10-31T00:30:00Z"}`},
		"into a text":         {"{at: start}", []sdk.Field{zoned("start")}, []sdk.Field{text("at")}, `{"start":{"dateTime":"2026-01-10T10:00:00.0000000","timeZone":"UTC"}}`, `{"at":"2026-01-10T10:00:00Z"}`},
		"null":                {"{at: start}", []sdk.Field{zoned("start")}, []sdk.Field{instant}, `{"start":null}`, `{"at":null}`},
		"without a time":      {"{at: start}", []sdk.Field{zoned("start")}, []sdk.Field{instant}, `{"start":{"timeZone":"UTC"}}`, `{"at":null}`},
		"without a zone":      {"{at: start}", []sdk.Field{zoned("start")}, []sdk.Field{instant}, `{"start":{"dateTime":"2026-01-10T10:00:00"}}`, "has no zone beside it"},
		"of an unknown zone":  {"{at: start}", []sdk.Field{zoned("start")}, []sdk.Field{instant}, `{"start":{"dateTime":"2026-01-10T10:00:00","timeZone":"Mars/Base"}}`, `unknown time zone "Mars/Base"`},
		"the time of a pair":  {"{at: start.dateTime}", []sdk.Field{zoned("start")}, []sdk.Field{instant}, `{"start":{"dateTime":"2026-01-10T10:00:00.0000000","timeZone":"Europe/Berlin"}}`, `{"at":"2026-01-10T09:00:00Z"}`},
		"zone beside a field": {"{at: clock}", flat, []sdk.Field{instant}, `{"clock":"2026-07-10T10:00:00","zone":"Europe/Berlin"}`, `{"at":"2026-07-10T08:00:00Z"}`},
		"no zone beside it":   {"{at: clock}", flat, []sdk.Field{instant}, `{"clock":"2026-07-10T10:00:00"}`, "has no zone beside it"},
		"back from an instant": {
			"{start: at}", []sdk.Field{instant}, []sdk.Field{zoned("start")}, `{"at":"2026-01-10T10:00:00.250+01:00"}`, `{"start":{"dateTime":"2026-01-10T09:00:00.25","timeZone":"UTC"}}`,
		},
		"back from a text":    {"{start: at}", []sdk.Field{text("at")}, []sdk.Field{zoned("start")}, `{"at":"2026-01-10T10:00:00Z"}`, `{"start":{"dateTime":"2026-01-10T10:00:00","timeZone":"UTC"}}`},
		"back from nothing":   {"{start: at}", []sdk.Field{text("at")}, []sdk.Field{zoned("start")}, `{"at":""}`, `{"start":null}`},
		"back without offset": {"{start: at}", []sdk.Field{text("at")}, []sdk.Field{zoned("start")}, `{"at":"2026-01-10T10:00:00"}`, "is no instant with an offset"},
		"as it is":            {"{start: start}", []sdk.Field{zoned("start")}, []sdk.Field{zoned("start")}, `{"start":{"timeZone":"UTC","dateTime":"2026-01-10T10:00:00.0000000"}}`, `{"start":{"dateTime":"2026-01-10T10:00:00.0000000","timeZone":"UTC"}}`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src, dst := &sdk.Object{Name: "event", Fields: tc.src}, &sdk.Object{Name: "meeting", Fields: tc.dst}
			for _, rules := range []string{"", "rules: [{constant: {to: unrelated, value: 1}}]\n"} {
				got := run(t, compile(t, rules+"fields: "+tc.fields, src, dst), tc.in, nil)
				if got != tc.want && !(strings.HasPrefix(got, "error: ") && strings.Contains(got, tc.want)) {
					t.Errorf("%sgot %s, want %s", rules, got, tc.want)
				}
			}
		})
	}
}
