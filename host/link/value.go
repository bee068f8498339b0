package link

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// values is one JSON object, its fields unread.
type values map[string]json.RawMessage

func parse(data []byte) (values, error) {
	if len(data) == 0 {
		return values{}, nil
	}
	var v values
	if err := sdk.Decode(data, &v); err != nil {
		return nil, fmt.Errorf("not one JSON object: %w", err)
	}
	if v == nil {
		return nil, fmt.Errorf("not a JSON object but null")
	}
	return v, nil
}

func (v values) encode() []byte {
	b, err := sdk.Encode(v)
	if err != nil {
		panic(fmt.Sprintf("link: %v", err)) // parsed JSON always encodes
	}
	return b
}

func (v values) names() []string { return slices.Sorted(maps.Keys(v)) }

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// covers reports whether have holds what want says. A missing value is null. An
// object may have more members than want names: missing means unchanged there. A
// list is complete. With a field, its type says which texts are equal: an instant
// in another offset, a decimal as text, a fraction of zeros.
func covers(f *sdk.Field, want, have json.RawMessage) bool {
	if bytes.Equal(want, have) || isNull(want) && isNull(have) {
		return true
	}
	if isNull(want) != isNull(have) && (len(want) == 0 || want[0] != '{') {
		return false
	}
	var w, h any
	if sdk.Decode(want, &w) != nil || len(have) > 0 && sdk.Decode(have, &h) != nil {
		return false
	}
	return same(f, w, h)
}

func same(f *sdk.Field, want, have any) bool {
	switch w := want.(type) {
	case nil:
		return have == nil
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok && have != nil {
			return false
		}
		for name, v := range w {
			if !same(member(f, name), v, h[name]) {
				return false
			}
		}
		return true
	case []any:
		h, ok := have.([]any)
		if !ok || len(h) != len(w) {
			return false
		}
		for i := range w {
			if !same(item(f), w[i], h[i]) {
				return false
			}
		}
		return true
	case bool:
		return want == have
	}
	return want == have || sameScalar(f, text(want), text(have))
}

// text is the text of a string or number, "" for anything else.
func text(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case json.Number:
		return string(x)
	}
	return ""
}

func member(f *sdk.Field, name string) *sdk.Field {
	if f == nil {
		return nil
	}
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			return &f.Fields[i]
		}
	}
	return nil
}

func item(f *sdk.Field) *sdk.Field {
	if f == nil {
		return nil
	}
	return f.Item
}

// sameScalar compares two texts, neither identical nor both empty, by the type.
func sameScalar(f *sdk.Field, a, b string) bool {
	if f == nil || a == "" || b == "" {
		return false
	}
	switch f.Type {
	case sdk.TypeInt, sdk.TypeDecimal, sdk.TypeFloat:
		return sameNumber(a, b)
	case sdk.TypeInstant:
		x, errX := time.Parse(time.RFC3339Nano, a)
		y, errY := time.Parse(time.RFC3339Nano, b)
		return errX == nil && errY == nil && x.Equal(y)
	case sdk.TypeLocalTime, sdk.TypeTime:
		return withoutZeros(a) == withoutZeros(b)
	case sdk.TypeUUID:
		return strings.EqualFold(a, b)
	}
	return false
}

// maxDigits bounds the texts that are compared as numbers: "1e999999999" would
// fill the memory.
const maxDigits = 400

func sameNumber(a, b string) bool {
	if len(a) > maxDigits || len(b) > maxDigits || farExponent(a) || farExponent(b) {
		return a == b
	}
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	return okX && okY && x.Cmp(y) == 0
}

func farExponent(s string) bool {
	i := strings.IndexAny(s, "eE")
	return i >= 0 && len(s)-i > 5
}

func withoutZeros(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
