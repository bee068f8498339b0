package process

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// Shape is what is known of the fields of a record on its way: those of its
// object, changed by the rules it has passed. The zero Shape, and nil, know
// nothing and find every path possible.
type Shape struct {
	fields []sdk.Field
	known  bool
	open   []string // prefixes of names that a query adds
}

// ShapeOf returns the shape of the records of o; nil is unknown.
func ShapeOf(o *sdk.Object) *Shape {
	if o == nil {
		return &Shape{}
	}
	return &Shape{fields: o.Fields, known: true}
}

// Fields returns the fields; they are not changed by the caller. known is false
// if there may be any.
func (s *Shape) Fields() (fields []sdk.Field, known bool) {
	if s == nil {
		return nil, false
	}
	return s.fields, s.known
}

// Open reports whether a query may add a field of that name.
func (s *Shape) Open(name string) bool {
	return s != nil && slices.ContainsFunc(s.open, func(p string) bool { return strings.HasPrefix(name, p) })
}

// Find returns the field that path leads to, through objects only. It returns nil
// and no error if there may be such a field but nothing is known of it: inside
// JSON, or added by a query.
func (s *Shape) Find(path string) (*sdk.Field, error) {
	if s == nil || !s.known {
		return nil, nil
	}
	fields, names := s.fields, strings.Split(path, ".")
	for i, name := range names {
		f := named(fields, name)
		if f == nil {
			if i == 0 && s.Open(name) {
				return nil, nil
			}
			return nil, unknownField(strings.Join(names[:i], "."), name, fields)
		}
		if i == len(names)-1 {
			return f, nil
		}
		switch {
		case f.Type == sdk.TypeList:
			return nil, fmt.Errorf("%s is a list: take it as a whole", strings.Join(names[:i+1], "."))
		case f.Type == sdk.TypeJSON || f.Type == "" || f.Type == sdk.TypeObject && len(f.Fields) == 0:
			return nil, nil
		case f.Type != sdk.TypeObject:
			return nil, fmt.Errorf("%s is %s and has no fields", strings.Join(names[:i+1], "."), f.Type)
		}
		fields = f.Fields
	}
	return nil, nil
}

// A fieldError is an unknown field with what was probably meant.
type fieldError struct{ text, hint string }

func (e *fieldError) Error() string { return e.text }

func unknownField(in, name string, fields []sdk.Field) error {
	known := make([]string, len(fields))
	for i := range fields {
		known[i] = fields[i].Name
	}
	text := fmt.Sprintf("unknown field %q", name)
	if in != "" {
		text += " of " + in
	}
	return &fieldError{text, Suggest(name, known)}
}

func named(fields []sdk.Field, name string) *sdk.Field {
	for i := range fields {
		if fields[i].Name == name {
			return &fields[i]
		}
	}
	return nil
}

// After returns the shape after a rule. s stays as it is. What a rule reads but
// is not there is no error here.
func (s *Shape) After(r Rule) *Shape {
	if s == nil || !s.known {
		return s
	}
	out := &Shape{fields: s.fields, known: true, open: s.open}
	from, _ := s.Find(r.Args["from"])
	if from == nil {
		from = &sdk.Field{}
	}
	to := r.Args["to"]
	if to == "" {
		to = r.Args["from"]
	}
	switch r.Kind {
	case "constant":
		out.set(to, sdk.Field{Type: typeOf(r.Args["value"])})
	case "rename":
		out.drop(r.Args["from"])
		out.set(to, *from)
	case "html_to_text":
		out.set(to, sdk.Field{Type: sdk.TypeText})
	case "time_zone":
		f := *from
		if to != r.Args["from"] {
			f.Zone = ""
		}
		if form := r.Args["form"]; form != "" {
			f = sdk.Field{Type: sdk.Type(form)}
		}
		out.set(to, f)
	case "query":
		out.open = append(slices.Clone(s.open), r.Args["prefix"])
	}
	return out
}

// set puts a field at path, making objects on the way.
func (s *Shape) set(path string, f sdk.Field) {
	s.fields = setField(s.fields, strings.Split(path, "."), f)
}

func setField(fields []sdk.Field, path []string, f sdk.Field) []sdk.Field {
	fields = slices.Clone(fields)
	i := slices.IndexFunc(fields, func(x sdk.Field) bool { return x.Name == path[0] })
	if len(path) == 1 {
		f.Name = path[0]
	} else {
		in := sdk.Field{Name: path[0], Type: sdk.TypeObject}
		if i >= 0 && (fields[i].Type == sdk.TypeJSON || fields[i].Type == sdk.TypeObject && len(fields[i].Fields) == 0) {
			return fields // anything is possible in there already
		}
		if i >= 0 && fields[i].Type == sdk.TypeObject {
			in = fields[i]
		}
		in.Fields = setField(in.Fields, path[1:], f)
		f = in
	}
	if i < 0 {
		return append(fields, f)
	}
	fields[i] = f
	return fields
}

func (s *Shape) drop(path string) { s.fields = dropField(s.fields, strings.Split(path, ".")) }

func dropField(fields []sdk.Field, path []string) []sdk.Field {
	i := slices.IndexFunc(fields, func(x sdk.Field) bool { return x.Name == path[0] })
	if i < 0 {
		return fields
	}
	fields = slices.Clone(fields)
	if len(path) == 1 {
		return slices.Delete(fields, i, i+1)
	}
	fields[i].Fields = dropField(fields[i].Fields, path[1:])
	return fields
}

// typeOf returns the type of a JSON value.
func typeOf(value string) sdk.Type {
	switch {
	case value == "true" || value == "false":
		return sdk.TypeBool
	case strings.HasPrefix(value, `"`):
		return sdk.TypeText
	case value == "" || value == "null" || value[0] == '{' || value[0] == '[':
		return sdk.TypeJSON
	case strings.ContainsAny(value, ".eE"):
		return sdk.TypeDecimal
	}
	return sdk.TypeInt
}
