package odata

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is the kind of a value.
type Kind byte

// The kinds of values. A list has items; a stamp is a date-time with offset.
const (
	KindNull Kind = iota
	KindString
	KindBool
	KindNumber
	KindStamp
	KindGUID
	KindList
)

// Value is a property's value in a filter or sort. The zero Value is null.
type Value struct {
	Kind Kind
	S    string   // of a string or GUID; of a literal its spelling
	B    bool     // of a boolean
	N    float64  // of a number
	T    int64    // of a stamp: units of 100 ns since 1970
	List []Getter // of a list; plain items answer the path "" with themselves

	Exact bool // of a string: compare with case
}

// Getter yields the value at a path of an item, in lower case with slashes ("start/datetime"); unknown paths are null.
type Getter func(path string) Value

// String makes a string.
func String(s string) Value { return Value{Kind: KindString, S: s} }

// Bool makes a boolean.
func Bool(b bool) Value { return Value{Kind: KindBool, B: b} }

// Number makes a number.
func Number(n float64) Value { return Value{Kind: KindNumber, N: n} }

// Stamp makes a date-time from units of 100 ns since 1970.
func Stamp(ticks int64) Value { return Value{Kind: KindStamp, T: ticks} }

// List makes a list of items.
func List(items []Getter) Value { return Value{Kind: KindList, List: items} }

// Strings makes a list of plain strings.
func Strings(items []string) Value {
	v := Value{Kind: KindList}
	for _, item := range items {
		v.List = append(v.List, func(string) Value { return String(item) })
	}
	return v
}

// TypeName is the value's type as messages name it.
func (v Value) TypeName() string {
	switch v.Kind {
	case KindString:
		return "Edm.String"
	case KindBool:
		return "Edm.Boolean"
	case KindNumber:
		if v.N == float64(int32(v.N)) {
			return "Edm.Int32"
		}
		return "Edm.Double"
	case KindStamp:
		return "Edm.DateTimeOffset"
	case KindGUID:
		return "Edm.Guid"
	default:
		return "null"
	}
}

// ParseStamp reads a date-time into units of 100 ns since 1970. Without an offset it is UTC.
func ParseStamp(s string) (ticks int64, ok bool) {
	t, err := parseOffset(s)
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04", time.DateOnly} {
		if err == nil {
			break
		}
		t, err = time.Parse(layout, s)
	}
	return ticksOf(t), err == nil
}

// as is what cast makes of a string: a value of a simple type, by its name in lower case, or null where the string is none. Without a name it
// is the value itself.
func (v Value) as(name string) Value {
	if v.Kind != KindString {
		return v
	}
	switch name {
	case "", "edm.string":
		return v
	case "edm.guid":
		if looksLikeGUID(v.S) {
			return Value{Kind: KindGUID, S: v.S}
		}
	case "edm.boolean":
		if b, err := strconv.ParseBool(strings.ToLower(v.S)); err == nil {
			return Bool(b)
		}
	case "edm.datetimeoffset":
		if t, ok := ParseStamp(v.S); ok {
			return Stamp(t)
		}
	case "edm.byte", "edm.int16", "edm.int32", "edm.int64", "edm.single", "edm.double", "edm.decimal":
		if n, err := strconv.ParseFloat(v.S, 64); err == nil {
			return Number(n)
		}
	}
	return Value{}
}

// compare applies an operator. Strings are compared without case, as the directory and Exchange do; a null is only equal or not.
func compare(op string, a, b Value) bool {
	if a.Kind == KindNull || b.Kind == KindNull {
		same := a.Kind == b.Kind
		return op == "eq" && same || op == "ne" && !same
	}
	switch op {
	case "startswith":
		return strings.HasPrefix(strings.ToLower(a.S), strings.ToLower(b.S))
	case "endswith":
		return strings.HasSuffix(strings.ToLower(a.S), strings.ToLower(b.S))
	case "contains":
		return strings.Contains(strings.ToLower(a.S), strings.ToLower(b.S))
	case "has":
		return hasFlags(a.S, b.S)
	}
	d, ok := order(a, b)
	switch op {
	case "eq":
		return ok && d == 0
	case "ne":
		return !ok || d != 0
	case "gt":
		return ok && d > 0
	case "ge":
		return ok && d >= 0
	case "lt":
		return ok && d < 0
	default:
		return ok && d <= 0
	}
}

// hasFlags tells whether a list of flags, joined by commas, has all of another.
func hasFlags(flags, wanted string) bool {
	have := strings.Split(strings.ToLower(flags), ",")
	for w := range strings.SplitSeq(strings.ToLower(wanted), ",") {
		if !slices.Contains(have, strings.TrimSpace(w)) {
			return false
		}
	}
	return true
}

// order compares two values; null comes first. Values of kinds that cannot be compared are not ok. A string meets a date-time as a reading
// in UTC.
func order(a, b Value) (d int, ok bool) {
	switch {
	case a.Kind == KindNull || b.Kind == KindNull:
		return cmp.Compare(boolRank(a.Kind != KindNull), boolRank(b.Kind != KindNull)), true
	case a.Kind == KindStamp && b.Kind == KindStamp:
		return cmp.Compare(a.T, b.T), true
	case a.Kind == KindNumber && b.Kind == KindNumber:
		return cmp.Compare(a.N, b.N), true
	case a.Kind == KindBool && b.Kind == KindBool:
		return cmp.Compare(boolRank(a.B), boolRank(b.B)), true
	case a.Exact && b.isText():
		return strings.Compare(a.S, b.S), true
	case a.isText() && b.isText():
		return strings.Compare(strings.ToLower(a.S), strings.ToLower(b.S)), true
	case a.Kind == KindString && b.Kind == KindStamp:
		t, ok := ParseStamp(a.S)
		return cmp.Compare(t, b.T), ok
	default:
		return 0, false
	}
}

func (v Value) isText() bool { return v.Kind == KindString || v.Kind == KindGUID }

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Sort orders items by keys, keeping their order where the keys are equal.
func Sort[T any](items []T, keys []Key, get func(T) Getter) {
	if len(keys) == 0 {
		return
	}
	slices.SortStableFunc(items, func(a, b T) int {
		ga, gb := get(a), get(b)
		for _, k := range keys {
			path := strings.ToLower(k.Path)
			d, _ := order(ga(path), gb(path))
			if k.Descending {
				d = -d
			}
			if d != 0 {
				return d
			}
		}
		return 0
	})
}
