package sql

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/gleis-dev/gleis/sdk"
)

// The JSON forms of values, the same for all databases. A value has two other
// forms: its text, which is what stands between the quotes of its JSON form, and
// what the driver of a database takes and gives.

// localTime is the layout of a TypeLocalTime.
const localTime = "2006-01-02T15:04:05.999999999"

// exactDigits is how many significant decimal digits survive in a binary number
// of 64 bits: a decimal with more is sent as a string.
const exactDigits = 15

var (
	decimalRE  = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?$`)
	uuidRE     = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	durationRE = regexp.MustCompile(`^-?P(-?[0-9.]+[YMWD])*(T(-?[0-9.]+[HMS])+)?$`)
)

// textOf checks that v is of the JSON form of typ and returns its text. v is not
// null. The error says what was expected.
func textOf(typ sdk.Type, v jsontext.Value) (string, error) {
	switch typ {
	case sdk.TypeJSON:
		c, err := compact(v)
		return string(c), err
	case sdk.TypeBool:
		if v.Kind() != 't' && v.Kind() != 'f' {
			return "", fmt.Errorf("is true or false, not %s", kindOf(v))
		}
		return string(v), nil
	case sdk.TypeInt, sdk.TypeFloat:
		if v.Kind() != '0' {
			return "", fmt.Errorf("is a number, not %s", kindOf(v))
		}
		return string(v), checkText(typ, string(v))
	case sdk.TypeDecimal:
		if v.Kind() == '0' {
			return string(v), checkText(typ, string(v))
		}
	}
	if v.Kind() != '"' {
		return "", fmt.Errorf("is a text, not %s", kindOf(v))
	}
	t, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return "", err
	}
	return string(t), checkText(typ, string(t))
}

// checkText checks the text of a value.
func checkText(typ sdk.Type, t string) error {
	var err error
	switch typ {
	case sdk.TypeBool:
		if t != "true" && t != "false" {
			return fmt.Errorf("is true or false, not %q", t)
		}
	case sdk.TypeInt:
		if _, err = strconv.ParseInt(t, 10, 64); err != nil {
			return fmt.Errorf("is a whole number of 64 bits, not %q", t)
		}
	case sdk.TypeFloat:
		if f, err := strconv.ParseFloat(t, 64); err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return fmt.Errorf("is a number of 64 bits, not %q", t)
		}
	case sdk.TypeDecimal:
		if !decimalRE.MatchString(t) {
			return fmt.Errorf("is a decimal number, not %q", t)
		}
	case sdk.TypeDate:
		if _, err = time.Parse(time.DateOnly, t); err != nil {
			return fmt.Errorf("is a date (2006-01-02), not %q", t)
		}
	case sdk.TypeTime:
		if _, err = time.Parse("15:04:05", t); err != nil {
			return fmt.Errorf("is a time (15:04:05), not %q", t)
		}
	case sdk.TypeInstant:
		if _, err = time.Parse(time.RFC3339, t); err != nil {
			return fmt.Errorf("is a time with offset (2006-01-02T15:04:05Z), not %q", t)
		}
	case sdk.TypeLocalTime:
		if _, err = time.Parse(localTime, t); err != nil {
			return fmt.Errorf("is a time without offset (2006-01-02T15:04:05), not %q", t)
		}
	case sdk.TypeDuration:
		if !durationRE.MatchString(t) || strings.HasSuffix(t, "P") {
			return fmt.Errorf("is a duration (PT15M), not %q", t)
		}
	case sdk.TypeUUID:
		if !uuidRE.MatchString(t) {
			return fmt.Errorf("is a UUID, not %q", t)
		}
	case sdk.TypeBytes:
		if _, err = base64.StdEncoding.DecodeString(t); err != nil {
			return fmt.Errorf("is base64: %w", err)
		}
	}
	return nil
}

// appendForm appends the JSON form of a text of typ. It fails if the text is not
// one, so that nothing is coerced in silence.
func appendForm(dst []byte, typ sdk.Type, t string) ([]byte, error) {
	if err := checkText(typ, t); err != nil {
		return dst, err
	}
	switch typ {
	case sdk.TypeBool, sdk.TypeInt:
		return append(dst, t...), nil
	case sdk.TypeFloat:
		f, err := strconv.ParseFloat(t, 64)
		return jsontext.AppendFloat(dst, f, 64), err
	case sdk.TypeDecimal:
		if digits(t) <= exactDigits && !strings.ContainsAny(t, "eE") && jsontext.Value(t).IsValid() {
			return append(dst, t...), nil
		}
	case sdk.TypeJSON, sdk.TypeList, sdk.TypeObject:
		v, err := compact(jsontext.Value(t))
		if err != nil {
			return dst, fmt.Errorf("holds no valid JSON: %w", err)
		}
		return append(dst, v...), nil
	case sdk.TypeUUID:
		t = strings.ToLower(t)
	}
	out, err := jsontext.AppendQuote(dst, t)
	if err != nil {
		return dst, fmt.Errorf("holds no valid text: %w", err)
	}
	return out, nil
}

// compact returns a value without blanks. It refuses what a strict reader would: a
// name that is given twice, text that is not UTF-8.
func compact(v jsontext.Value) (jsontext.Value, error) {
	if !v.IsValid() {
		return nil, fmt.Errorf("malformed, or a name is given twice, in %d bytes of JSON", len(v))
	}
	c := v.Clone()
	return c, c.Compact()
}

// formOf returns the JSON form of a text that was typed in: a key or a value of
// field notation.
func formOf(typ sdk.Type, t string) (jsontext.Value, error) {
	switch typ {
	case sdk.TypeBool, sdk.TypeInt, sdk.TypeFloat, sdk.TypeJSON, sdk.TypeList:
		v := jsontext.Value(t)
		if !v.IsValid() && typ == sdk.TypeJSON {
			break
		}
		if !v.IsValid() {
			return nil, fmt.Errorf("is of type %s, not %q", typ, t)
		}
		return v, nil
	}
	return jsontext.AppendQuote(nil, t)
}

// plain returns the text of a JSON form: what formOf turns back.
func plain(form []byte) (string, error) {
	v := jsontext.Value(form)
	if v.Kind() != '"' {
		return string(v), nil
	}
	t, err := jsontext.AppendUnquote(nil, v)
	return string(t), err
}

// digits counts the significant digits of a decimal.
func digits(t string) int {
	if i := strings.IndexAny(t, "eE"); i >= 0 {
		t = t[:i]
	}
	t = strings.TrimLeft(strings.ReplaceAll(strings.TrimPrefix(t, "-"), ".", ""), "0")
	return len(t)
}

func kindOf(v jsontext.Value) string {
	switch v.Kind() {
	case 'n':
		return "null"
	case 't', 'f':
		return "true or false"
	case '0':
		return "a number"
	case '"':
		return "a text"
	case '[':
		return "a list"
	}
	return "an object"
}

// member is a field of a record's data.
type member struct {
	name  string
	value jsontext.Value
}

// members reads one JSON object, strictly: no name twice, valid UTF-8, nothing
// after it.
func members(data []byte) ([]member, error) {
	bad := func(err error) ([]member, error) {
		return nil, &sdk.Error{Kind: sdk.Invalid, Code: "data", Err: fmt.Errorf("data is not one JSON object: %w", err)}
	}
	d := jsontext.NewDecoder(bytes.NewReader(data))
	tok, err := d.ReadToken()
	if err != nil {
		return bad(err)
	}
	if tok.Kind() != '{' {
		return bad(fmt.Errorf("it begins with %q", tok.Kind()))
	}
	var out []member
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return bad(err)
		}
		m := member{name: name.String()}
		v, err := d.ReadValue()
		if err != nil {
			return bad(err)
		}
		m.value = v.Clone()
		out = append(out, m)
	}
	if _, err := d.ReadToken(); err != nil {
		return bad(err)
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return bad(fmt.Errorf("something follows it at byte %d", d.InputOffset()))
	}
	return out, nil
}
