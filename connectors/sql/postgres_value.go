package sql

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/gleis-dev/gleis/sdk"
)

// postgresTypes maps the server's types, by their names in pg_type. All others
// are texts.
var postgresTypes = map[string]sdk.Type{
	"bool": sdk.TypeBool, "int2": sdk.TypeInt, "int4": sdk.TypeInt, "int8": sdk.TypeInt, "oid": sdk.TypeInt,
	"float4": sdk.TypeFloat, "float8": sdk.TypeFloat, "numeric": sdk.TypeDecimal,
	"date": sdk.TypeDate, "time": sdk.TypeTime, "timestamptz": sdk.TypeInstant, "timestamp": sdk.TypeLocalTime, "interval": sdk.TypeDuration,
	"uuid": sdk.TypeUUID, "bytea": sdk.TypeBytes, "json": sdk.TypeJSON, "jsonb": sdk.TypeJSON,
}

// postgresColumn returns a column of a type, without its name. An array has an
// underscore before the name of its items' type.
func postgresColumn(native string) *column {
	c := &column{native: native, typ: sdk.TypeText, shown: shownPlace + "::text"}
	if item, ok := strings.CutPrefix(native, "_"); ok {
		c.typ, c.item = sdk.TypeList, sdk.TypeText
		if t, known := postgresTypes[item]; known {
			c.item = t
		}
		c.shown = "to_json(" + shownPlace + ")::text"
		c.show = func(dst []byte, v any) ([]byte, error) { return postgresList(dst, c.item, v) }
		c.bind = func(_ string, v jsontext.Value) (any, error) { return arrayText(c.item, v) }
		return c
	}
	if t, ok := postgresTypes[native]; ok {
		c.typ = t
	}
	switch native {
	case "int2":
		c.lo, c.hi = -1<<15, 1<<15-1
	case "int4":
		c.lo, c.hi = -1<<31, 1<<31-1
	case "oid":
		c.lo, c.hi = 0, 1<<32-1
	case "json":
		c.compared = "jsonb" // json has no equality
	case "xml", "point", "polygon", "path", "box", "line", "lseg", "circle":
		c.compared = "text"
	}
	c.show = func(dst []byte, v any) ([]byte, error) {
		text, err := postgresShown(c.typ, v)
		if err != nil {
			return dst, err
		}
		return appendForm(dst, c.typ, text)
	}
	c.bind = func(text string, _ jsontext.Value) (any, error) { return postgresBind(c.typ, text) }
	return c
}

// postgresBind turns a checked text into what the server reads.
func postgresBind(typ sdk.Type, text string) (any, error) {
	switch typ {
	case sdk.TypeBytes:
		b, err := base64.StdEncoding.DecodeString(text)
		return `\x` + hex.EncodeToString(b), err
	case sdk.TypeUUID:
		return strings.ToLower(text), nil
	case sdk.TypeText, sdk.TypeJSON:
		if strings.Contains(text, "\x00") || typ == sdk.TypeJSON && strings.Contains(text, `\u0000`) {
			return nil, errors.New("holds a zero character, which PostgreSQL does not store")
		}
	}
	return text, nil
}

// postgresShown returns the text of what the server wrote.
func postgresShown(typ sdk.Type, v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", fmt.Errorf("holds a value of type %T", v)
	}
	switch typ {
	case sdk.TypeBytes:
		b, err := hex.DecodeString(strings.TrimPrefix(s, `\x`))
		return base64.StdEncoding.EncodeToString(b), err
	case sdk.TypeInstant, sdk.TypeLocalTime:
		// "2026-01-05 10:00:00.5+00", "infinity", "0044-03-15 00:00:00 BC"
		t, _, ok := markTime(s)
		if !ok || strings.HasSuffix(s, "BC") {
			return "", fmt.Errorf("holds %q, which is no time within the years 1 to 9999", s)
		}
		return timeText(typ, t)
	}
	return s, nil
}

// postgresList appends a list as the server wrote it in JSON, with its items in
// their own forms.
func postgresList(dst []byte, item sdk.Type, v any) ([]byte, error) {
	s, ok := v.(string)
	if !ok {
		return dst, fmt.Errorf("holds a value of type %T", v)
	}
	list, err := items(jsontext.Value(s))
	if err != nil {
		return dst, err
	}
	dst = append(dst, '[')
	for i, x := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		switch {
		case x.Kind() == 'n':
			dst = append(dst, "null"...)
		case x.Kind() == '[' && item != sdk.TypeJSON:
			dst, err = postgresList(dst, item, string(x))
		default:
			dst, err = postgresItem(dst, item, x)
		}
		if err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func postgresItem(dst []byte, item sdk.Type, x jsontext.Value) ([]byte, error) {
	if item == sdk.TypeJSON {
		return appendForm(dst, item, string(x))
	}
	text, err := plain(x)
	if err != nil {
		return dst, err
	}
	switch item {
	case sdk.TypeInstant: // to_json writes "2026-01-05T10:00:00.5+00:00"
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return dst, fmt.Errorf("holds %q, which is no time within the years 1 to 9999", text)
		}
		text = t.UTC().Format(time.RFC3339Nano)
	case sdk.TypeBytes:
		b, err := hex.DecodeString(strings.TrimPrefix(text, `\x`))
		if err != nil {
			return dst, err
		}
		text = base64.StdEncoding.EncodeToString(b)
	}
	return appendForm(dst, item, text)
}

// arrayText writes a list as the server reads it: {1,"two",NULL,{3,4}}.
func arrayText(item sdk.Type, v jsontext.Value) (string, error) {
	if v.Kind() != '[' {
		return "", fmt.Errorf("is a list, not %s", kindOf(v))
	}
	list, err := items(v)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteByte('{')
	for i, x := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		switch {
		case x.Kind() == 'n':
			b.WriteString("NULL")
			continue
		case x.Kind() == '[' && item != sdk.TypeJSON:
			inner, err := arrayText(item, x)
			if err != nil {
				return "", err
			}
			b.WriteString(inner)
			continue
		}
		text, err := textOf(item, x)
		if err != nil {
			return "", fmt.Errorf("has an item that %w", err)
		}
		bound, err := postgresBind(item, text)
		if err != nil {
			return "", err
		}
		b.WriteByte('"')
		b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(fmt.Sprint(bound)))
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String(), nil
}

// items parts a JSON array.
func items(v jsontext.Value) ([]jsontext.Value, error) {
	d := jsontext.NewDecoder(strings.NewReader(string(v)))
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	var out []jsontext.Value
	for d.PeekKind() != ']' {
		x, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		out = append(out, x.Clone())
	}
	return out, nil
}
