package sql

import (
	"fmt"
	"strings"
)

// statement is an SQL text that grows together with the values bound to it.
// Values never become text; identifiers are quoted.
type statement struct {
	d    *dialect
	text strings.Builder
	args []any
}

func (d *dialect) statement(format string, args ...any) *statement {
	s := &statement{d: d}
	s.add(format, args...)
	return s
}

// add appends SQL; args are identifiers already quoted, and SQL.
func (s *statement) add(format string, args ...any) { fmt.Fprintf(&s.text, format, args...) }

// raw appends SQL as it is: what a designer wrote, or what is made elsewhere.
func (s *statement) raw(sql string) { s.text.WriteString(sql) }

// bind appends the place of a value.
func (s *statement) bind(v any) {
	s.args = append(s.args, v)
	s.text.WriteString(s.d.place(len(s.args)))
}

// list appends the places of values, parted by commas.
func (s *statement) list(values []any) {
	for i, v := range values {
		if i > 0 {
			s.add(", ")
		}
		s.bind(v)
	}
}

// equals appends the condition that all columns have these values, none of them
// NULL.
func (s *statement) equals(columns []*column, values []any) {
	for i, c := range columns {
		if i > 0 {
			s.add(" AND ")
		}
		s.add("%s = ", c.quoted)
		s.bind(values[i])
	}
}

// after appends the condition that the row of columns comes after values.
func (s *statement) after(columns []*column, values []any) {
	s.add("(%s) > (", quotedNames(columns))
	s.list(values)
	s.add(")")
}

// filter appends a condition that a designer wrote, on lines of its own so that a
// comment in it ends.
func (s *statement) filter(condition string) {
	if strings.TrimSpace(condition) != "" {
		s.add(" AND (\n")
		s.raw(condition)
		s.add("\n)")
	}
}

func (s *statement) String() string { return s.text.String() }

// selection returns the select list of all columns. Their names in the result are
// unlike those of columns, because ORDER BY takes a name for one of the result
// first, and there it would be the text of a value.
func (t *table) selection() string {
	var out []string
	for i, c := range t.columns {
		out = append(out, fmt.Sprintf("%s AS \"gleis:%d\"", c.shown, i))
	}
	if len(out) == 0 {
		return "NULL"
	}
	return strings.Join(out, ", ")
}

func quotedNames(columns []*column) string {
	var out []string
	for _, c := range columns {
		out = append(out, c.quoted)
	}
	return strings.Join(out, ", ")
}

// quote quotes an identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
