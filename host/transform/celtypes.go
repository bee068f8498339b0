package transform

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/gleis-dev/gleis/sdk"
)

// recordType is the name of the type of the variable record. The types of objects
// within it are named by their paths. The blank keeps them apart from what a
// condition can say: record.organizer is a field there, never the type.
const recordType = kindName + "record"

const kindName = "object "

// celTypes tells CEL the types of a record's fields and reads their values from
// its nodes, without decoding what a condition does not read. It is not changed
// after the compilation.
type celTypes struct {
	*types.Registry
	structs map[string]*celStruct
	missed  map[string][]string // unknown field: the fields of the type it was sought in
}

type celStruct struct {
	fields []sdk.Field
	open   func(name string) bool // more fields than these are possible
}

func newCELTypes(fields []sdk.Field, open func(string) bool) (*celTypes, error) {
	r, err := types.NewRegistry()
	if err != nil {
		return nil, fmt.Errorf("condition: %w", err)
	}
	t := &celTypes{Registry: r, structs: map[string]*celStruct{}, missed: map[string][]string{}}
	t.add(recordType, fields)
	t.structs[recordType].open = open
	return t, nil
}

func (t *celTypes) add(name string, fields []sdk.Field) {
	t.structs[name] = &celStruct{fields: fields, open: func(string) bool { return false }}
	for i := range fields {
		in := &fields[i]
		if in.Type == sdk.TypeList && in.Item != nil {
			in = in.Item
		}
		if in.Type == sdk.TypeObject && len(in.Fields) > 0 {
			t.add(name+"."+fields[i].Name, in.Fields)
		}
	}
}

// FindStructType implements types.Provider.
func (t *celTypes) FindStructType(name string) (*types.Type, bool) {
	if _, ok := t.structs[name]; ok {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return t.Registry.FindStructType(name)
}

// FindStructFieldNames implements types.Provider.
func (t *celTypes) FindStructFieldNames(name string) ([]string, bool) {
	s, ok := t.structs[name]
	if !ok {
		return t.Registry.FindStructFieldNames(name)
	}
	names := make([]string, len(s.fields))
	for i := range s.fields {
		names[i] = s.fields[i].Name
	}
	return names, true
}

// FindStructFieldType implements types.Provider.
func (t *celTypes) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	s, ok := t.structs[name]
	if !ok {
		return t.Registry.FindStructFieldType(name, field)
	}
	i := slices.IndexFunc(s.fields, func(f sdk.Field) bool { return f.Name == field })
	if i < 0 && !s.open(field) {
		t.missed[field], _ = t.FindStructFieldNames(name)
		return nil, false
	}
	f := &sdk.Field{Name: field, Type: sdk.TypeJSON}
	if i >= 0 {
		f = &s.fields[i]
	}
	typ := name + "." + field
	return &types.FieldType{
		Type:    t.typeOf(f, typ),
		IsSet:   func(target any) bool { return isSet(target, field) },
		GetFrom: func(target any) (any, error) { return t.get(target, f, typ) },
	}, true
}

// typeOf returns the CEL type of a field; typ is its type's name if it is an
// object.
func (t *celTypes) typeOf(f *sdk.Field, typ string) *types.Type {
	switch f.Type {
	case sdk.TypeBool:
		return types.BoolType
	case sdk.TypeInt:
		return types.IntType
	case sdk.TypeDecimal, sdk.TypeFloat:
		return types.DoubleType
	case sdk.TypeInstant:
		return types.TimestampType
	case sdk.TypeObject:
		if _, ok := t.structs[typ]; ok {
			return types.NewObjectType(typ)
		}
		return types.DynType
	case sdk.TypeList:
		if f.Item == nil {
			return types.NewListType(types.DynType)
		}
		return types.NewListType(t.typeOf(f.Item, typ))
	case sdk.TypeJSON, "":
		return types.DynType
	}
	return types.StringType
}

// isSet tells whether a field has a value that is not null.
func isSet(target any, field string) bool {
	o, ok := target.(*celObject)
	if !ok {
		return false
	}
	n, err := o.member(field)
	return err == nil && n != nil && (n.open || n.raw[0] != 'n')
}

// get reads a field.
func (t *celTypes) get(target any, f *sdk.Field, typ string) (any, error) {
	o, ok := target.(*celObject)
	if !ok {
		return nil, fmt.Errorf("no such field %q", f.Name)
	}
	n, err := o.member(f.Name)
	if err != nil {
		return nil, err
	}
	v, err := t.value(o.scanner, n, f, typ)
	if err != nil {
		return nil, fmt.Errorf("%s %w", strings.TrimPrefix(typ, kindName), err)
	}
	return v, nil
}

// value turns a node into what CEL computes with; a missing or null one into the
// empty value of its type.
func (t *celTypes) value(s *scanner, n *node, f *sdk.Field, typ string) (any, error) {
	empty := n == nil || !n.open && n.raw[0] == 'n'
	if f.Type == sdk.TypeObject && t.structs[typ] != nil {
		if empty {
			n = nil
		} else if !n.open && n.raw[0] != '{' {
			return nil, fmt.Errorf("is %s, not an object", shapeOf(n.raw))
		}
		return &celObject{node: n, scanner: s, types: t, typ: typ}, nil
	}
	if empty {
		return t.empty(f)
	}
	raw := n.value()
	switch f.Type {
	case sdk.TypeList:
		return t.list(s, raw, f, typ)
	case sdk.TypeObject, sdk.TypeJSON, "":
		return dynamic(raw)
	}
	return scalarValue(raw, f.Type)
}

func (t *celTypes) empty(f *sdk.Field) (any, error) {
	switch f.Type {
	case sdk.TypeBool:
		return false, nil
	case sdk.TypeInt:
		return int64(0), nil
	case sdk.TypeDecimal, sdk.TypeFloat:
		return float64(0), nil
	case sdk.TypeInstant:
		return nil, errNoInstant
	case sdk.TypeList:
		return types.NewRefValList(t, nil), nil
	case sdk.TypeObject, sdk.TypeJSON, "":
		return types.NullValue, nil
	}
	return "", nil
}

func (t *celTypes) list(s *scanner, raw []byte, f *sdk.Field, typ string) (any, error) {
	if raw[0] != '[' {
		return nil, fmt.Errorf("is %s, not a list", shapeOf(raw))
	}
	var items []jsontext.Value
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, err
	}
	item := f.Item
	if item == nil {
		item = &sdk.Field{Type: sdk.TypeJSON}
	}
	out := make([]ref.Val, len(items))
	for i, raw := range items {
		if raw[0] == 'n' {
			out[i] = types.NullValue
			continue
		}
		v, err := t.value(s, &node{raw: raw}, item, typ)
		if err != nil {
			return nil, fmt.Errorf("[%d] %w", i, err)
		}
		out[i] = t.NativeToValue(v)
	}
	return types.NewRefValList(t, out), nil
}

// scalarValue reads a text, number, bool or instant.
func scalarValue(raw []byte, typ sdk.Type) (any, error) {
	mismatch := fmt.Errorf("is %s, not %s", shapeOf(raw), typ)
	switch typ {
	case sdk.TypeBool:
		if raw[0] == 't' || raw[0] == 'f' {
			return raw[0] == 't', nil
		}
		return nil, mismatch
	case sdk.TypeInt, sdk.TypeDecimal, sdk.TypeFloat:
		b, err := text(raw)
		if err != nil || raw[0] == 't' || raw[0] == 'f' {
			return nil, mismatch
		}
		if typ == sdk.TypeInt {
			n, err := strconv.ParseInt(string(b), 10, 64)
			if err != nil {
				return nil, fmt.Errorf("is %s, no whole number of 64 bits", quote(b))
			}
			return n, nil
		}
		n, err := strconv.ParseFloat(string(b), 64)
		if err != nil {
			return nil, fmt.Errorf("is %s, no number", quote(b))
		}
		return n, nil
	}
	if raw[0] != '"' {
		return nil, mismatch
	}
	v, err := textOf(raw)
	if err != nil || typ != sdk.TypeInstant {
		return v, err
	}
	at, err := time.Parse(time.RFC3339Nano, v)
	if err != nil {
		return nil, fmt.Errorf("is %s, no instant", quote([]byte(v)))
	}
	return at, nil
}

// dynamic decodes a value of which no type is known. A number without fraction is
// an int, another a double.
func dynamic(raw []byte) (any, error) {
	switch raw[0] {
	case 'n':
		return types.NullValue, nil
	case '"':
		return textOf(raw)
	case 't', 'f':
		return raw[0] == 't', nil
	case '[':
		var items []jsontext.Value
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, err
		}
		out := make([]any, len(items))
		for i, raw := range items {
			v, err := dynamic(raw)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	case '{':
		var members map[string]jsontext.Value
		if err := json.Unmarshal(raw, &members); err != nil {
			return nil, err
		}
		out := make(map[string]any, len(members))
		for name, raw := range members {
			v, err := dynamic(raw)
			if err != nil {
				return nil, err
			}
			out[name] = v
		}
		return out, nil
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return n, nil
	}
	return strconv.ParseFloat(string(raw), 64)
}

// NativeToValue implements types.Adapter.
func (t *celTypes) NativeToValue(v any) ref.Val {
	if o, ok := v.(*celObject); ok {
		return o
	}
	return t.Registry.NativeToValue(v)
}

// celObject is an object of a record as CEL sees it. A nil node is one whose
// fields are all missing.
type celObject struct {
	node    *node
	scanner *scanner
	types   *celTypes
	typ     string
}

func (o *celObject) member(name string) (*node, error) {
	if o.node == nil {
		return nil, nil
	}
	if err := o.node.enter(o.scanner); err != nil {
		return nil, err
	}
	return o.node.kid(name), nil
}

// ConvertToNative implements ref.Val.
func (o *celObject) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("%s cannot become %s", o.typ, t)
}

// ConvertToType implements ref.Val.
func (o *celObject) ConvertToType(t ref.Type) ref.Val {
	switch t {
	case types.TypeType:
		return types.NewObjectType(o.typ)
	case o.Type():
		return o
	}
	return types.NewErr("%s cannot become %s", o.typ, t.TypeName())
}

// Equal implements ref.Val: two objects are equal if their JSON is, in whichever
// order.
func (o *celObject) Equal(other ref.Val) ref.Val {
	p, ok := other.(*celObject)
	if !ok {
		return types.False
	}
	return types.Bool(o.canonical() == p.canonical())
}

func (o *celObject) canonical() string {
	if o.node == nil {
		return "{}"
	}
	b, err := appendCanonical(nil, o.node.value())
	if err != nil {
		return "" // cannot be: the record was valid
	}
	return string(b)
}

// Type implements ref.Val.
func (o *celObject) Type() ref.Type { return types.NewObjectType(o.typ) }

// Value implements ref.Val.
func (o *celObject) Value() any { return o }
