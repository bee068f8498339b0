package sql

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/gleis-dev/gleis/sdk"
)

// table is a table or view as the catalogue of the database describes it.
type table struct {
	name    string // of the object
	from    string // quoted, as it stands after FROM
	comment string
	columns []*column
	key     []*column // none: records cannot be addressed
	changed *column   // carries the change mark; nil: none
	created *column   // says when a row was made; nil: none
	intent  *column   // holds Record.Intent; not among columns; nil: none

	view     bool // rows come and go without being deleted
	guarded  bool // row security may hide rows: absence confirms nothing
	reselect bool // triggers change rows after they were written
	insert   bool
	update   bool
	delete   bool
}

// shownPlace stands for the column's name in column.shown until it is known.
const shownPlace = "%"

// named gives the column its name.
func (c *column) named(name string) *column {
	c.name, c.quoted = name, quote(name)
	c.shown = strings.ReplaceAll(c.shown, shownPlace, c.quoted)
	return c
}

// column is a column of a table.
type column struct {
	name      string
	quoted    string
	typ       sdk.Type
	item      sdk.Type // of a list
	comment   string
	native    string // the type as the database names it
	shown     string // expression that yields the value for show
	compared  string // type to compare in; "": its own
	nullable  bool
	holes     bool // of a key: may be NULL all the same, as SQLite allows
	generated bool // has a value without being given one
	readOnly  bool
	maxLength int
	choices   []string
	lo, hi    int64  // bounds of a whole number; both 0: 64 bits
	prefix    []byte // "name":
	at        int    // place in table.columns
	show      func(dst []byte, v any) ([]byte, error)
	bind      func(text string, v jsontext.Value) (any, error)
}

// settle fills what follows from the columns.
func (t *table) settle() {
	for i, c := range t.columns {
		c.at = i
		c.prefix, _ = jsontext.AppendQuote(nil, strings.ToValidUTF8(c.name, "\uFFFD")) // valid by construction
		c.prefix = append(c.prefix, ':')
	}
	for _, k := range t.key {
		if k.typ == sdk.TypeList || k == t.intent {
			t.key = nil // such a key cannot be compared
			break
		}
	}
	if len(t.key) == 0 || t.view {
		t.insert, t.update, t.delete = false, false, false
	}
}

func (t *table) column(name string) *column {
	for _, c := range t.columns {
		if c.name == name {
			return c
		}
	}
	return nil
}

// need returns a column, or the error that it does not exist.
func (t *table) need(name string) (*column, error) {
	if c := t.column(name); c != nil {
		return c, nil
	}
	var known []string
	for _, c := range t.columns {
		known = append(known, c.name)
	}
	return nil, fieldError("field_unknown", name, "does not exist; there are %s", strings.Join(known, ", "))
}

func (t *table) isKey(c *column) bool { return slices.Contains(t.key, c) }

// brought reports whether the key of a new row is part of its data.
func (t *table) brought() bool {
	return len(t.key) > 0 && !slices.ContainsFunc(t.key, func(c *column) bool { return c.generated })
}

// object describes the table.
func (t *table) object() sdk.Object {
	o := sdk.Object{
		Name: t.name, Title: sdk.Text{EN: t.name}, Help: sdk.Text{EN: t.comment},
		Allow: sdk.Allow{
			Read: true, Create: t.insert, Update: t.update, Delete: t.delete,
			ByKey: len(t.key) > 0, ByChange: len(t.key) > 0 && t.changed != nil,
		},
	}
	for _, k := range t.key {
		o.Key = append(o.Key, k.name)
	}
	if o.Allow.ByChange {
		o.Changed = t.changed.name
	}
	switch {
	case t.brought():
		o.Idempotency = sdk.ByKey
	case t.intent != nil:
		o.Idempotency = sdk.ByIntent
	}
	for _, c := range t.columns {
		o.Fields = append(o.Fields, c.field(t))
	}
	return o
}

func (c *column) field(t *table) sdk.Field {
	f := sdk.Field{
		Name: c.name, Title: sdk.Text{EN: c.name}, Help: sdk.Text{EN: c.comment}, Type: c.typ,
		ReadOnly: c.readOnly || t.view, MaxLength: c.maxLength,
	}
	f.Required = !c.nullable && !c.generated && !f.ReadOnly
	f.CreateOnly = t.isKey(c) && !f.ReadOnly
	if c.typ == sdk.TypeList {
		f.Item = &sdk.Field{Type: c.item}
	}
	for _, v := range c.choices {
		f.Choices = append(f.Choices, sdk.Choice{Value: v, Title: sdk.Text{EN: v}})
	}
	return f
}

// value turns the JSON form of a field into what the driver takes.
func (c *column) value(v jsontext.Value) (any, error) {
	if v.Kind() == 'n' {
		return nil, nil
	}
	var text string
	if c.typ != sdk.TypeList {
		var err error
		if text, err = textOf(c.typ, v); err != nil {
			return nil, fieldError("field_type", c.name, "%v", err)
		}
	}
	return c.bindText(text, v)
}

// bindText turns a checked text into what the driver takes.
func (c *column) bindText(text string, v jsontext.Value) (any, error) {
	if c.lo != 0 || c.hi != 0 {
		var n int64
		if _, err := fmt.Sscan(text, &n); err != nil || n < c.lo || n > c.hi {
			return nil, fieldError("field_range", c.name, "is a whole number from %d to %d, not %s", c.lo, c.hi, text)
		}
	}
	if len(c.choices) > 0 && !slices.Contains(c.choices, text) {
		return nil, fieldError("field_choice", c.name, "is one of %s, not %q", strings.Join(c.choices, ", "), text)
	}
	bound, err := c.bind(text, v)
	if err != nil {
		return nil, fieldError("field_type", c.name, "%v", err)
	}
	return bound, nil
}

// typed turns a text that was typed in (a key, a value of field notation) into
// what the driver takes.
func (c *column) typed(text string) (any, error) {
	v, err := formOf(c.typ, text)
	if err != nil {
		return nil, fieldError("field_type", c.name, "%v", err)
	}
	return c.value(v)
}

// row is one row as it was read: what the driver gave for each column.
type row []any

// json returns the row as a JSON object with the given columns.
func (r row) json(columns []*column) ([]byte, error) {
	dst := append(make([]byte, 0, 48*(len(columns)+1)), '{') // seldom grown
	for i, c := range columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, c.prefix...)
		var err error
		if dst, err = c.form(dst, r[c.at]); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

func (c *column) form(dst []byte, v any) ([]byte, error) {
	if v == nil {
		return append(dst, "null"...), nil
	}
	out, err := c.show(dst, v)
	if err != nil {
		return dst, fieldError("field_value", c.name, "(%s) %v", c.native, err)
	}
	return out, nil
}

// key returns the record's key: the value of a single key column as text, several
// in field notation.
func (t *table) keyOf(r row) (string, error) {
	var n sdk.Notation
	for _, k := range t.key {
		form, err := k.form(make([]byte, 0, 48), r[k.at])
		if err != nil {
			return "", err
		}
		text := string(form)
		if k.typ != sdk.TypeJSON { // whose form tells 5 from "5"
			if text, err = plain(form); err != nil {
				return "", err
			}
		}
		if len(t.key) == 1 {
			return text, nil
		}
		n = append(n, sdk.Pair{Name: k.name, Value: text})
	}
	return n.Format()
}

// keyValues is the inverse of keyOf.
func (t *table) keyValues(key string) ([]any, error) {
	texts := []string{key}
	if len(t.key) > 1 {
		n, err := sdk.ParseNotation(key)
		if err != nil {
			return nil, err
		}
		texts = texts[:0]
		for i, p := range n {
			if i >= len(t.key) || p.Name != t.key[i].name {
				return nil, sdk.Errorf(sdk.Invalid, "key", "the key %q does not name the columns %s in their order", key, names(t.key))
			}
			texts = append(texts, p.Value)
		}
	}
	if len(texts) != len(t.key) {
		return nil, sdk.Errorf(sdk.Invalid, "key", "the key %q does not name all of %s", key, names(t.key))
	}
	var out []any
	for i, k := range t.key {
		v, err := k.typed(texts[i])
		if err != nil {
			return nil, &sdk.Error{Kind: sdk.Invalid, Code: "key", Err: fmt.Errorf("the key %q: %w", key, err)}
		}
		out = append(out, v)
	}
	return out, nil
}

func names(columns []*column) string {
	var out []string
	for _, c := range columns {
		out = append(out, c.name)
	}
	return strings.Join(out, ", ")
}

// stampOf returns the stamp of a row with this content: the change mark, if there
// is one, and a hash. The hash is there because a change mark may stay the same
// over two changes within its resolution, and equal stamps promise equal content.
func (t *table) stampOf(r row, content []byte) (string, error) {
	sum := sha256.Sum256(content)
	hash := base64.RawURLEncoding.EncodeToString(sum[:15])
	if t.changed == nil || r[t.changed.at] == nil {
		return hash, nil
	}
	form, err := t.changed.form(make([]byte, 0, 48), r[t.changed.at])
	if err != nil {
		return "", err
	}
	mark, err := plain(form)
	return mark + stampMark + hash, err
}

// stampMark parts the change mark from the hash in a stamp.
const stampMark = "#"

// record returns a row as a record; fields nil is all. A row with NULL in its key
// has neither key nor stamp.
func (t *table) record(r row, fields []*column) (sdk.Record, error) {
	out := sdk.Record{Object: t.name}
	content, err := r.json(t.columns)
	if err != nil {
		return out, err
	}
	if len(t.key) > 0 && !t.keyless(r) {
		if out.Key, err = t.keyOf(r); err != nil {
			return out, err
		}
		if out.Stamp, err = t.stampOf(r, content); err != nil {
			return out, err
		}
	}
	out.Data = content
	if fields != nil {
		out.Data, err = r.json(fields)
	}
	return out, err
}

// chosen returns the columns that a request names; nil for all.
func (t *table) chosen(fields []string) ([]*column, error) {
	if fields == nil {
		return nil, nil
	}
	out := []*column{}
	for _, f := range fields {
		c, err := t.need(f)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func fieldError(code, field, format string, args ...any) *sdk.Error {
	return &sdk.Error{
		Kind: sdk.Invalid, Code: code, Args: map[string]string{"field": field},
		Err: fmt.Errorf("field %q %s", field, fmt.Sprintf(format, args...)),
	}
}
