package sdk

import (
	"fmt"
	"slices"
	"strings"
)

// Type is the type of a field. The JSON form of each is given with it.
type Type string

const (
	TypeText      Type = "text"       // string
	TypeBool      Type = "bool"       // true, false
	TypeInt       Type = "int"        // number without fraction, 64 bits
	TypeDecimal   Type = "decimal"    // number, or string where digits would be lost; digits are kept
	TypeFloat     Type = "float"      // number, 64 bits binary
	TypeDate      Type = "date"       // "2006-01-02"
	TypeTime      Type = "time"       // "15:04:05", fractions allowed
	TypeInstant   Type = "instant"    // RFC 3339 with offset
	TypeLocalTime Type = "local_time" // "2006-01-02T15:04:05", fractions allowed; the zone stands in the sibling Field.Zone
	TypeDuration  Type = "duration"   // ISO 8601, "PT15M"
	TypeUUID      Type = "uuid"       // string
	TypeBytes     Type = "bytes"      // base64 (RFC 4648, padded)
	TypeBlob      Type = "blob"       // reference for OpenBlob
	TypeEnum      Type = "enum"       // string, one of Field.Choices
	TypeObject    Type = "object"     // object with Field.Fields
	TypeList      Type = "list"       // array of Field.Item; always complete
	TypeJSON      Type = "json"       // any JSON
)

// Schema describes the objects of a system.
type Schema struct {
	Objects []Object
}

// Object returns the object of that name, or nil.
func (s *Schema) Object(name string) *Object {
	for i := range s.Objects {
		if s.Objects[i].Name == name {
			return &s.Objects[i]
		}
	}
	return nil
}

// Allow says what can be done with the records of an object.
type Allow struct {
	Read        bool
	Create      bool
	Update      bool
	Delete      bool
	ByKey       bool // ReadRequest.Keys
	ByChange    bool // ReadRequest.Since, and a cursor that goes on from changes
	Partitioned bool // is read partition by partition
}

// Idempotency says how a create whose answer was lost is found again.
type Idempotency string

const (
	// ByNothing: one match by content made after the intent is adopted, else the create is parked.
	ByNothing Idempotency = ""
	// ByKey: the record brings its key, a second create of it is a Conflict.
	ByKey Idempotency = "key"
	// ByIntent: Record.Intent is stored with the record, and Find finds it.
	ByIntent Idempotency = "intent"
)

// Object is a record type.
type Object struct {
	Name        string
	Title, Help Text
	Fields      []Field
	Key         []string // fields that make the key; none: records cannot be linked
	Changed     string   // field that carries the change mark; "": none
	Allow       Allow
	Idempotency Idempotency
	Positions   string // the list field that holds positions, whose results keep the request's order; "": none
}

// Field is a part of an object.
type Field struct {
	Name        string
	Title, Help Text
	Type        Type
	Required    bool     // must be given on create
	ReadOnly    bool     // is never written
	CreateOnly  bool     // is written on create only
	MaxLength   int      // characters; 0: no limit known
	Zone        string   // sibling field with the zone of a TypeLocalTime
	Choices     []Choice // of a TypeEnum
	Fields      []Field  // of a TypeObject
	Item        *Field   // of a TypeList
}

// Field returns the field that path leads to: names joined by dots, a list's
// items by the list's own name ("attendees.emailAddress.address"). It returns
// nil if there is none.
func (o *Object) Field(path string) *Field {
	fields := o.Fields
	var f *Field
	for name := range strings.SplitSeq(path, ".") {
		if f = fieldNamed(fields, name); f == nil {
			return nil
		}
		in := f
		if in.Type == TypeList && in.Item != nil {
			in = in.Item
		}
		fields = in.Fields
	}
	return f
}

func fieldNamed(fields []Field, name string) *Field {
	for i := range fields {
		if fields[i].Name == name {
			return &fields[i]
		}
	}
	return nil
}

// maxDepth bounds the nesting of fields, so that a schema from outside cannot
// exhaust the stack.
const maxDepth = 32

// Validate checks that a schema is consistent: names unique and not empty, key,
// change, zone and position fields present, list items and object fields given.
func (s *Schema) Validate() error {
	seen := map[string]bool{}
	for i := range s.Objects {
		o := &s.Objects[i]
		if o.Name == "" || seen[o.Name] {
			return Errorf(Invalid, "schema", "object %q: the name is empty or given twice", o.Name)
		}
		seen[o.Name] = true
		if err := o.validate(); err != nil {
			return &Error{Op: "schema", Object: o.Name, Kind: Invalid, Code: "schema", Err: err}
		}
	}
	return nil
}

func (o *Object) validate() error {
	if err := validateFields(o.Fields, o.Name, 0); err != nil {
		return err
	}
	for _, f := range append(slices.Clone(o.Key), o.Changed, o.Positions) {
		if f != "" && o.Field(f) == nil {
			return fmt.Errorf("names the field %q, which it does not have", f)
		}
	}
	if p := o.Positions; p != "" && o.Field(p).Type != TypeList {
		return fmt.Errorf("the position list %q is not a list", p)
	}
	return nil
}

func validateFields(fields []Field, path string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s: nested deeper than %d", path, maxDepth)
	}
	seen := map[string]bool{}
	for i := range fields {
		f := &fields[i]
		at := path + "." + f.Name
		switch {
		case f.Name == "" || seen[f.Name]:
			return fmt.Errorf("%s: the field name is empty or given twice", at)
		case f.Type == TypeList && f.Item == nil:
			return fmt.Errorf("%s: a list says what its items are", at)
		case f.Zone != "" && fieldNamed(fields, f.Zone) == nil:
			return fmt.Errorf("%s: its zone field %q does not exist beside it", at, f.Zone)
		}
		seen[f.Name] = true
		inner := f.Fields
		if f.Item != nil {
			inner = f.Item.Fields
		}
		if err := validateFields(inner, at, depth+1); err != nil {
			return err
		}
	}
	return nil
}
