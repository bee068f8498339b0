package memory

import (
	"encoding/json"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gleis-dev/gleis/sdk"
)

func number(text string) json.Number { return json.Number(text) }

// checkValue reports whether v, decoded from JSON, is of the field's type. Only
// the form is checked, not the meaning of a text in enum, uuid or duration.
func checkValue(f *sdk.Field, v any) error {
	bad := func(want string) error {
		return invalidField("field_type", f.Name, "is %s, not %s", want, kindOf(v))
	}
	switch f.Type {
	case sdk.TypeBool:
		if _, ok := v.(bool); !ok {
			return bad("true or false")
		}
	case sdk.TypeInt:
		n, ok := v.(json.Number)
		if _, err := strconv.ParseInt(string(n), 10, 64); !ok || err != nil {
			return bad("a whole number of 64 bits")
		}
	case sdk.TypeFloat:
		if _, ok := v.(json.Number); !ok {
			return bad("a number")
		}
	case sdk.TypeDecimal:
		n, ok := v.(json.Number)
		t, isText := v.(string)
		if _, err := strconv.ParseFloat(string(n)+t, 64); !ok && !isText || err != nil {
			return bad("a number")
		}
	case sdk.TypeInstant:
		t, ok := v.(string)
		if _, err := time.Parse(time.RFC3339, t); !ok || err != nil {
			return bad("a time with offset (2006-01-02T15:04:05Z)")
		}
	case sdk.TypeDate:
		t, ok := v.(string)
		if _, err := time.Parse(time.DateOnly, t); !ok || err != nil {
			return bad("a date (2006-01-02)")
		}
	case sdk.TypeObject:
		m, ok := v.(map[string]any)
		if !ok {
			return bad("an object")
		}
		return checkFields(f.Fields, m)
	case sdk.TypeList:
		return checkList(f, v, bad)
	case sdk.TypeJSON:
	default:
		t, ok := v.(string)
		if !ok {
			return bad("a text")
		}
		if f.MaxLength > 0 && utf8.RuneCountInString(t) > f.MaxLength {
			return invalidField("field_length", f.Name, "has more than %d characters", f.MaxLength)
		}
	}
	return nil
}

func checkList(f *sdk.Field, v any, bad func(string) error) error {
	items, ok := v.([]any)
	if !ok {
		return bad("a list")
	}
	item := *f.Item
	item.Name = f.Name
	for _, x := range items {
		if err := checkValue(&item, x); err != nil {
			return err
		}
	}
	return nil
}

func checkFields(fields []sdk.Field, m map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		i := slices.IndexFunc(fields, func(f sdk.Field) bool { return f.Name == name })
		if i < 0 {
			return invalidField("field_unknown", name, "does not exist")
		}
		if m[name] == nil {
			continue
		}
		if err := checkValue(&fields[i], m[name]); err != nil {
			return err
		}
	}
	return nil
}

func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "true or false"
	case json.Number:
		return "the number " + string(v)
	case string:
		return "a text"
	case []any:
		return "a list"
	}
	return "an object"
}

// equal compares decoded values: numbers by value, a missing one as null.
func equal(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && (a == b || sameNumber(string(a), string(b)))
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok {
			return false
		}
		for k, v := range a {
			if !equal(v, b[k]) {
				return false
			}
		}
		for k, v := range b {
			if _, ok := a[k]; !ok && v != nil {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	}
	return reflect.DeepEqual(a, b)
}

func sameNumber(a, b string) bool {
	if len(a) > 64 || len(b) > 64 || strings.ContainsAny(a+b, "eE") {
		x, errX := strconv.ParseFloat(a, 64)
		y, errY := strconv.ParseFloat(b, 64)
		return errX == nil && errY == nil && x == y
	}
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	return okX && okY && x.Cmp(y) == 0
}

// merged returns old with the given fields set; null clears one.
func merged(old, set map[string]any) map[string]any {
	m := maps.Clone(old)
	for k, v := range set {
		m[k] = v
	}
	return m
}

// text returns a value as the text that field notation compares with.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return string(v)
	}
	b, err := sdk.Encode(v)
	if err != nil {
		return "" // decoded JSON always encodes
	}
	return string(b)
}

// instant returns a time in the form of Record.At, any other text as it is.
func instant(v any) string {
	t, err := time.Parse(time.RFC3339Nano, text(v))
	if err != nil {
		return text(v)
	}
	return t.UTC().Format(time.RFC3339Nano)
}
