package sdk_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/sdk"
)

func TestDecodeKeepsDigitsAndRefusesTrailingData(t *testing.T) {
	t.Parallel()
	var m map[string]any
	if err := (sdk.Record{Data: []byte(`{"n":12345678901234567890.10}`)}).Decode(&m); err != nil || m["n"] != json.Number("12345678901234567890.10") {
		t.Errorf("%v, %v", m, err)
	}
	for _, bad := range []string{``, `{`, `{} {}`, `{}x`, `{"a":1}]`} {
		if err := sdk.Decode([]byte(bad), &m); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestEncodeIsCanonical(t *testing.T) {
	t.Parallel()
	a, err := sdk.Encode(map[string]any{"b": "<&>", "a": json.Number("1.50")})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(`{"a":1.50,"b":"<&>"}`, string(a)); d != "" {
		t.Error(d)
	}
}

func TestSchemaValidate(t *testing.T) {
	t.Parallel()
	text := func(name string) sdk.Field { return sdk.Field{Name: name, Type: sdk.TypeText} }
	deep := text("x")
	for range 40 {
		deep = sdk.Field{Name: "x", Type: sdk.TypeObject, Fields: []sdk.Field{deep}}
	}
	tests := map[string]struct {
		o  sdk.Object
		ok bool
	}{
		"plain":               {sdk.Object{Name: "o", Fields: []sdk.Field{text("id")}, Key: []string{"id"}}, true},
		"position list":       {sdk.Object{Name: "o", Fields: []sdk.Field{{Name: "l", Type: sdk.TypeList, Item: &sdk.Field{Type: sdk.TypeText}}}, Positions: "l"}, true},
		"no name":             {sdk.Object{}, false},
		"unknown key":         {sdk.Object{Name: "o", Key: []string{"id"}}, false},
		"unknown change":      {sdk.Object{Name: "o", Changed: "id"}, false},
		"field twice":         {sdk.Object{Name: "o", Fields: []sdk.Field{text("a"), text("a")}}, false},
		"list of nothing":     {sdk.Object{Name: "o", Fields: []sdk.Field{{Name: "l", Type: sdk.TypeList}}}, false},
		"positions no list":   {sdk.Object{Name: "o", Fields: []sdk.Field{text("a")}, Positions: "a"}, false},
		"zone does not exist": {sdk.Object{Name: "o", Fields: []sdk.Field{{Name: "t", Type: sdk.TypeLocalTime, Zone: "z"}}}, false},
		"nested too deep":     {sdk.Object{Name: "o", Fields: []sdk.Field{deep}}, false},
	}
	for name, tc := range tests {
		s := &sdk.Schema{Objects: []sdk.Object{tc.o}}
		if err := s.Validate(); (err == nil) != tc.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	twice := &sdk.Schema{Objects: []sdk.Object{{Name: "o"}, {Name: "o"}}}
	if twice.Validate() == nil {
		t.Error("an object given twice is taken")
	}
}

func TestFieldPathsGoThroughObjectsAndLists(t *testing.T) {
	t.Parallel()
	o := sdk.Object{Name: "event", Fields: []sdk.Field{{
		Name: "attendees", Type: sdk.TypeList, Item: &sdk.Field{Type: sdk.TypeObject, Fields: []sdk.Field{{
			Name: "emailAddress", Type: sdk.TypeObject, Fields: []sdk.Field{{Name: "address", Type: sdk.TypeText}},
		}}},
	}}}
	if f := o.Field("attendees.emailAddress.address"); f == nil || f.Name != "address" {
		t.Error(f)
	}
	if f := o.Field("attendees.address"); f != nil {
		t.Error(f)
	}
}
