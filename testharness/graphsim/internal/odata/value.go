package odata

import (
	"cmp"
	"slices"
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
	KindList
)

// Value is a property's value in a filter or sort. The zero Value is null.
type Value struct {
	Kind Kind
	S    string   // of a string; of a literal also its spelling
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

// ParseStamp reads a date-time literal into units of 100 ns since 1970. Without an offset it is UTC.
func ParseStamp(s string) (ticks int64, ok bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Unix()*10_000_000 + int64(t.Nanosecond()/100), true
		}
	}
	return 0, false
}

// compare applies an operator. Strings are compared without case, as the directory and Exchange do.
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
	}
	d := order(a, b)
	switch op {
	case "eq":
		return d == 0
	case "ne":
		return d != 0
	case "gt":
		return d > 0
	case "ge":
		return d >= 0
	case "lt":
		return d < 0
	default:
		return d <= 0
	}
}

// order compares two values of a kind; null comes first.
func order(a, b Value) int {
	switch {
	case a.Kind == KindStamp && b.Kind == KindStamp:
		return cmp.Compare(a.T, b.T)
	case a.Kind == KindNumber && b.Kind == KindNumber:
		return cmp.Compare(a.N, b.N)
	case a.Kind == KindBool && b.Kind == KindBool:
		return cmp.Compare(boolRank(a.B), boolRank(b.B))
	case a.Exact:
		return strings.Compare(a.S, b.S)
	case a.Kind == KindString && b.Kind == KindStamp:
		return strings.Compare(a.S, strings.TrimSuffix(b.S, "Z"))
	case a.Kind == KindNull || b.Kind == KindNull:
		return cmp.Compare(boolRank(a.Kind != KindNull), boolRank(b.Kind != KindNull))
	default:
		return strings.Compare(strings.ToLower(a.S), strings.ToLower(b.S))
	}
}

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
			d := order(ga(path), gb(path))
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
