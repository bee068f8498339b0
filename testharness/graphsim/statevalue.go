package graphsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// exact is the largest integer that every reader of JSON takes as it is: many hold numbers as 64-bit floats. Larger ones, and those below
// its negative, are written as strings, so that a state survives a program that parses and writes it. Both forms are read everywhere.
const exact = 1 << 53

// appendInt appends a number, as a string where it is large.
func appendInt(b []byte, n int64) []byte {
	if n > exact || n < -exact {
		return append(strconv.AppendInt(append(b, '"'), n, 10), '"')
	}
	return strconv.AppendInt(b, n, 10)
}

// appendUint is appendInt for numbers without a sign.
func appendUint(b []byte, n uint64) []byte {
	if n > exact {
		return append(strconv.AppendUint(append(b, '"'), n, 10), '"')
	}
	return strconv.AppendUint(b, n, 10)
}

// digits are those of a number, which may be a string.
func digits(raw json.RawMessage) json.RawMessage {
	if n := len(raw); n > 2 && raw[0] == '"' && raw[n-1] == '"' {
		return raw[1 : n-1]
	}
	return raw
}

// instant carries an instant that may not be set; then it is left out.
func (a *archive) instant(name string, at *int64) {
	if a.loading {
		*at = noInstant
	}
	raw, ok := a.start(name, at, *at == noInstant)
	switch {
	case !ok:
	case a.loading:
		a.failed(name, json.Unmarshal(digits(raw), at))
	default:
		a.out = appendInt(a.out, *at)
	}
}

// choice carries one of some names, by its place among them. It reads the place too.
func choice[T ~uint8 | ~int](a *archive, name string, at *T, names []string) {
	raw, ok := a.begin(name, at)
	if !ok {
		return
	}
	if !a.loading {
		a.out = appendQuoted(a.out, names[*at])
		return
	}
	i := -1
	var word string
	if bytes.HasPrefix(raw, []byte{'"'}) {
		a.failed(name, json.Unmarshal(raw, &word))
		i = nameIndex(names, word)
	} else {
		a.failed(name, json.Unmarshal(raw, &i))
	}
	if i < 0 || i >= len(names) {
		a.failed(name, fmt.Errorf("%s is none of %q", raw, names))
		return
	}
	*at = T(i)
}
