package sql

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/gleis-dev/gleis/sdk"
)

// sqliteTime is the layout in which SQLite's own functions write an instant.
const sqliteTime = "2006-01-02 15:04:05.999999999"

// sqliteColumn returns a column of a declared type, without its name.
func sqliteColumn(decl string) *column {
	// An expression has no declared type, so the driver hands over the value as it
	// is stored.
	c := &column{native: decl, typ: sqliteType(decl), shown: "+" + shownPlace}
	loose := decl == "" || strings.EqualFold(decl, "ANY")
	if c.typ == sdk.TypeText {
		if _, args, ok := strings.Cut(decl, "("); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(args), ")")))
			if err == nil && n > 0 {
				c.maxLength = n
			}
		}
	}
	// A decimal in a column that keeps texts keeps all digits.
	exact := strings.Contains(strings.ToUpper(decl), "TEXT")
	c.show = func(dst []byte, v any) ([]byte, error) {
		if s, ok := v.(string); ok && loose {
			return appendForm(dst, sdk.TypeText, s)
		}
		text, err := sqliteText(c.typ, v)
		if err != nil {
			return dst, err
		}
		return appendForm(dst, c.typ, text)
	}
	c.bind = func(text string, v jsontext.Value) (any, error) {
		if loose {
			return sqliteBindLoose(v)
		}
		return sqliteBind(c.typ, text, exact)
	}
	return c
}

// sqliteBind turns a checked text into what is stored.
func sqliteBind(typ sdk.Type, text string, exact bool) (any, error) {
	switch typ {
	case sdk.TypeBool:
		if text == "true" {
			return int64(1), nil
		}
		return int64(0), nil
	case sdk.TypeInt:
		return strconv.ParseInt(text, 10, 64)
	case sdk.TypeFloat:
		return strconv.ParseFloat(text, 64)
	case sdk.TypeDecimal:
		if !exact && digits(text) > exactDigits {
			return nil, fmt.Errorf("has more than %d digits, of which SQLite keeps no more in a column of this type; declare it DECIMAL_TEXT", exactDigits)
		}
	case sdk.TypeBytes:
		return base64.StdEncoding.DecodeString(text)
	case sdk.TypeInstant:
		t, err := time.Parse(time.RFC3339Nano, text)
		return t.UTC().Format(sqliteTime), err
	case sdk.TypeLocalTime:
		t, err := time.Parse(localTime, text)
		return t.Format(sqliteTime), err
	case sdk.TypeUUID:
		return strings.ToLower(text), nil
	}
	return text, nil
}

// sqliteBindLoose returns what is stored in a column without a type, which keeps
// every value as what it is.
func sqliteBindLoose(v jsontext.Value) (any, error) {
	switch v.Kind() {
	case '"':
		text, err := plain(v)
		return text, err
	case '0':
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return n, nil
		}
		return strconv.ParseFloat(string(v), 64)
	}
	return nil, fmt.Errorf("is a text or a number, as the column has no type, not %s", kindOf(v))
}

// sqliteText returns the text of what is stored. SQLite stores any kind of value
// in any column, so a value that is none of the column's type is an error.
func sqliteText(typ sdk.Type, v any) (string, error) {
	switch v := v.(type) {
	case int64:
		return sqliteNumber(typ, v)
	case float64:
		return sqliteFloat(typ, v)
	case bool: // the driver's idea of a BOOLEAN
		return strconv.FormatBool(v), nil
	case time.Time: // the driver's idea of a DATE, DATETIME or TIMESTAMP
		return timeText(typ, v)
	case []byte:
		if typ == sdk.TypeBytes {
			return base64.StdEncoding.EncodeToString(v), nil
		}
		return "", fmt.Errorf("holds a blob of %d bytes", len(v))
	case string:
		return sqliteString(typ, v)
	}
	return "", fmt.Errorf("holds a value of type %T", v)
}

func sqliteNumber(typ sdk.Type, n int64) (string, error) {
	switch typ {
	case sdk.TypeBool:
		if n != 0 && n != 1 {
			return "", fmt.Errorf("holds %d, which is neither 0 nor 1", n)
		}
		return strconv.FormatBool(n == 1), nil
	case sdk.TypeInstant, sdk.TypeLocalTime, sdk.TypeDate:
		// sqlite.org, "Date And Time Functions": an integer is Unix time in seconds.
		if n < -62135596800 || n > 253402300799 {
			return "", fmt.Errorf("holds %d, which is no time in seconds within the years 1 to 9999", n)
		}
		return timeText(typ, time.Unix(n, 0).UTC())
	case sdk.TypeInt, sdk.TypeFloat, sdk.TypeDecimal, sdk.TypeJSON, sdk.TypeText:
		return strconv.FormatInt(n, 10), nil
	}
	return "", fmt.Errorf("holds the number %d", n)
}

func sqliteFloat(typ sdk.Type, f float64) (string, error) {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return "", fmt.Errorf("holds %v", f)
	}
	switch typ {
	case sdk.TypeDecimal:
		return strconv.FormatFloat(f, 'f', -1, 64), nil
	case sdk.TypeFloat, sdk.TypeJSON, sdk.TypeText:
		return string(jsontext.AppendFloat(nil, f, 64)), nil
	case sdk.TypeInt:
		if n := int64(f); float64(n) == f {
			return strconv.FormatInt(n, 10), nil
		}
	}
	return "", fmt.Errorf("holds the number %v", f)
}

func sqliteString(typ sdk.Type, s string) (string, error) {
	switch typ {
	case sdk.TypeInstant, sdk.TypeLocalTime, sdk.TypeDate, sdk.TypeTime:
		t, offset, ok := parseTime(s)
		if !ok {
			return "", fmt.Errorf("holds %q, which is no %s", s, typ)
		}
		if offset && typ != sdk.TypeInstant {
			return "", fmt.Errorf("holds %q, a time with offset", s)
		}
		return timeText(typ, t)
	case sdk.TypeJSON:
		return s, nil // checked by appendForm
	case sdk.TypeBytes:
		return base64.StdEncoding.EncodeToString([]byte(s)), nil
	case sdk.TypeBool:
		if l := strings.ToLower(s); l == "true" || l == "false" {
			return l, nil
		}
	}
	return s, nil
}

// parseTime reads the forms of time that SQLite's functions take: date, time, or
// both parted by a blank or a T, seconds optional, with an offset or without one.
func parseTime(s string) (t time.Time, offset, ok bool) {
	for _, layout := range []string{
		sqliteTime, "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly, "15:04:05", "15:04",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, false, true
		}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true, true
		}
	}
	return time.Time{}, false, false
}

// timeText returns a time in the form of typ, and fails where that would drop a
// part of it.
func timeText(typ sdk.Type, t time.Time) (string, error) {
	switch typ {
	case sdk.TypeInstant:
		return t.UTC().Format(time.RFC3339Nano), nil
	case sdk.TypeLocalTime:
		return t.Format(localTime), nil
	case sdk.TypeTime:
		return t.Format("15:04:05.999999999"), nil
	}
	if h, m, s := t.Clock(); h != 0 || m != 0 || s != 0 || t.Nanosecond() != 0 {
		return "", fmt.Errorf("holds a time of day beside the date: %s", t.Format(sqliteTime))
	}
	return t.Format(time.DateOnly), nil
}
