package transform

import (
	"encoding/base64"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gleis-dev/gleis/sdk"
)

// maxShown bounds how much of a value an error shows, in bytes.
const maxShown = 40

// quote shows a value in an error.
func quote(b []byte) string {
	if len(b) > maxShown {
		b = append(b[:maxShown:maxShown], "…"...)
	}
	return strconv.Quote(string(b))
}

func textValue(dst, raw, _ []byte) ([]byte, error) {
	switch raw[0] {
	case '"':
		return appendCanonical(dst, raw)
	case '{', '[':
		return dst, fmt.Errorf("is %s, not a text", shapeOf(raw))
	}
	dst = append(dst, '"')
	dst = append(dst, raw...) // digits, true or false need no escape
	return append(dst, '"'), nil
}

// limitText refuses a text of more than limit characters: cutting it would lose
// what the source holds.
func limitText(limit int, then converter) converter {
	if limit <= 0 {
		return then
	}
	return func(dst, raw, zone []byte) ([]byte, error) {
		if len(raw) > limit {
			b, err := text(raw)
			if err != nil {
				return dst, err
			}
			if n := utf8.RuneCount(b); n > limit {
				return dst, fmt.Errorf("has %d characters, at most %d fit", n, limit)
			}
		}
		return then(dst, raw, zone)
	}
}

func boolValue(dst, raw, _ []byte) ([]byte, error) {
	if isEmpty(raw) {
		return append(dst, null...), nil
	}
	b, err := text(raw)
	if err != nil {
		return dst, err
	}
	switch string(b) {
	case "true", "1":
		return append(dst, "true"...), nil
	case "false", "0":
		return append(dst, "false"...), nil
	}
	return dst, fmt.Errorf("%s is neither true nor false", quote(b))
}

// numberRE is a number as JSON has it.
var numberRE = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// number returns the digits of a number, of a text with a number, or of a bool.
// The second value is false for an empty text.
func number(raw []byte) ([]byte, bool, error) {
	switch raw[0] {
	case 't':
		return []byte("1"), true, nil
	case 'f':
		return []byte("0"), true, nil
	}
	if isEmpty(raw) {
		return nil, false, nil
	}
	b, err := text(raw)
	if err != nil {
		return nil, false, err
	}
	if raw[0] == '"' && !numberRE.Match(b) {
		return nil, false, fmt.Errorf("%s is no number", quote(b))
	}
	return b, true, nil
}

func intValue(dst, raw, _ []byte) ([]byte, error) {
	b, some, err := number(raw)
	switch {
	case err != nil:
		return dst, err
	case !some:
		return append(dst, null...), nil
	}
	if n, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		return strconv.AppendInt(dst, n, 10), nil
	}
	r, ok := rational(b)
	if !ok || !r.IsInt() || !r.Num().IsInt64() {
		return dst, fmt.Errorf("%s is no whole number of 64 bits", quote(b))
	}
	return strconv.AppendInt(dst, r.Num().Int64(), 10), nil
}

func decimalValue(dst, raw, _ []byte) ([]byte, error) {
	b, some, err := number(raw)
	switch {
	case err != nil:
		return dst, err
	case !some:
		return append(dst, null...), nil
	}
	return append(dst, b...), nil
}

func floatValue(dst, raw, _ []byte) ([]byte, error) {
	b, some, err := number(raw)
	switch {
	case err != nil:
		return dst, err
	case !some:
		return append(dst, null...), nil
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err == nil {
		want, ok1 := rational(b)
		have, ok2 := rational(strconv.AppendFloat(nil, f, 'g', -1, 64))
		if ok1 && ok2 && want.Cmp(have) == 0 {
			return append(dst, b...), nil
		}
	}
	return dst, fmt.Errorf("%s has more digits than a float holds", quote(b))
}

// rational reads a number exactly. An exponent that would need much memory is
// refused.
func rational(b []byte) (*big.Rat, bool) {
	s := string(b)
	if len(s) > 1000 {
		return nil, false
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		if e, err := strconv.Atoi(s[i+1:]); err != nil || e > 400 || e < -400 {
			return nil, false
		}
	}
	return new(big.Rat).SetString(s)
}

// formed takes a text of a form.
func formed(name string, is func([]byte) bool) converter {
	return func(dst, raw, _ []byte) ([]byte, error) {
		if isEmpty(raw) {
			return append(dst, null...), nil
		}
		if raw[0] != '"' {
			return dst, fmt.Errorf("is %s, not %s", shapeOf(raw), name)
		}
		b, err := text(raw)
		if err != nil {
			return dst, err
		}
		if !is(b) {
			return dst, fmt.Errorf("%s is no %s", quote(b), name)
		}
		return appendCanonical(dst, raw)
	}
}

// The forms of the types that are texts, as sdk.Type gives them.
var (
	dateRE     = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	timeRE     = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?$`)
	durationRE = regexp.MustCompile(`^-?P([0-9]+Y)?([0-9]+M)?([0-9]+W)?([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?$`)
	uuidRE     = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

	forms = map[sdk.Type]func([]byte) bool{
		sdk.TypeTime:     timeRE.Match,
		sdk.TypeDuration: func(b []byte) bool { return durationRE.Match(b) && b[len(b)-1] != 'P' && b[len(b)-1] != 'T' },
		sdk.TypeUUID:     uuidRE.Match,
		sdk.TypeBytes: func(b []byte) bool {
			_, err := base64.StdEncoding.DecodeString(string(b))
			return err == nil
		},
	}
)

func isDate(b []byte) bool {
	_, err := time.Parse(time.DateOnly, string(b))
	return err == nil && dateRE.Match(b)
}

func isInstant(b []byte) bool {
	_, err := time.Parse(time.RFC3339Nano, string(b))
	return err == nil
}

func isLocal(b []byte) bool {
	_, err := parseLocal(string(b))
	return err == nil
}

// dateValue takes a date, and a local time at midnight, whose date it is.
func dateValue(dst, raw, _ []byte) ([]byte, error) {
	if raw[0] == '"' && len(raw) > len(`"2006-01-02"`) {
		b, err := text(raw)
		if err == nil && isLocal(b) {
			day, clock, _ := strings.Cut(string(b), "T")
			if strings.Trim(clock, "0:.") != "" {
				return dst, fmt.Errorf("%s is not at midnight, its time would be lost", quote(b))
			}
			return append(append(append(dst, '"'), day...), '"'), nil
		}
	}
	return formed("date", isDate)(dst, raw, nil)
}

// localValue takes a local time, and a date as its midnight.
func localValue(dst, raw, _ []byte) ([]byte, error) {
	if len(raw) == len(`"2006-01-02"`) {
		if b, err := text(raw); err == nil && isDate(b) {
			return append(append(append(dst, '"'), b...), `T00:00:00"`...), nil
		}
	}
	return formed("local time", isLocal)(dst, raw, nil)
}

func enumValue(choices []sdk.Choice) converter {
	return func(dst, raw, _ []byte) ([]byte, error) {
		if isEmpty(raw) && !slices.ContainsFunc(choices, func(c sdk.Choice) bool { return c.Value == "" }) {
			return append(dst, null...), nil
		}
		b, err := text(raw)
		if err != nil {
			return dst, err
		}
		if len(choices) > 0 && !slices.ContainsFunc(choices, func(c sdk.Choice) bool { return c.Value == string(b) }) {
			var known []string
			for _, c := range choices[:min(len(choices), 12)] {
				known = append(known, c.Value)
			}
			return dst, fmt.Errorf("%s is none of %s", quote(b), strings.Join(known, ", "))
		}
		return textValue(dst, raw, nil)
	}
}
