package csdl

import "strings"

// Kind is the kind of a type.
type Kind byte

// The kinds of types.
const (
	Entity Kind = iota + 1
	Complex
	Enum
)

// Model is a schema: types, operations, the container's entry points and annotations, each in the order of the document.
type Model struct {
	Types       []*Type
	Operations  []Operation
	Entries     []Entry
	Annotations []Annotation

	byName map[string]*Type // by lower-case name
}

// Type is an entity, complex or enumeration type.
type Type struct {
	Kind                   Kind
	Name                   string
	Abstract, Open, Stream bool
	Flags                  bool   // of an enumeration: values can be combined
	Base                   *Type  // nil: none
	Key                    string // of the entity that declares one
	Properties             []Property
	Members                []Member // of an enumeration
}

// Property is a structural or navigation property.
type Property struct {
	Name       string
	Type       string // "String" of Edm or the name of one of the schema's types
	Collection bool
	Required   bool // not null
	Navigation bool
	Contained  bool // of a navigation property: its items live below the parent
}

// Member is a value of an enumeration.
type Member struct {
	Name  string
	Value string
}

// Operation is an action or function, bound to a type or a collection of it.
type Operation struct {
	Name       string
	Function   bool
	Binding    Property // its Name is empty
	Parameters []Property
	Result     *Property // nil: none; its Name is empty
}

// Entry is an entity set or a singleton of the container.
type Entry struct {
	Name, Type string
	Singleton  bool
}

// Annotation says what a navigation property ("user/events") can and cannot do, by the words of the notation.
type Annotation struct {
	Target string
	Can    []Capability
}

// Capability is a word of the notation ("tracking") with its truth.
type Capability struct {
	Word string
	Yes  bool
}

// Type is the type of a name, without regard to case and with or without the namespace; nil when the model has none.
func (m *Model) Type(name string) *Type {
	lower := strings.ToLower(name)
	return m.byName[strings.TrimPrefix(strings.TrimPrefix(lower, "microsoft."), "graph.")]
}

// Property finds a property of the type or its bases, without regard to case; nil when there is none.
func (t *Type) Property(name string) *Property {
	for ; t != nil; t = t.Base {
		for i := range t.Properties {
			if strings.EqualFold(t.Properties[i].Name, name) {
				return &t.Properties[i]
			}
		}
	}
	return nil
}

// All lists the properties of the type and of its bases, those of the bases first.
func (t *Type) All() []Property {
	if t == nil {
		return nil
	}
	all := t.Base.All()
	return append(all[:len(all):len(all)], t.Properties...)
}

// Is tells whether the type is base or derives from it.
func (t *Type) Is(base string) bool {
	for ; t != nil; t = t.Base {
		if t.Name == base {
			return true
		}
	}
	return false
}

// Find follows a path of properties from a type: "start/dateTime", "attendees/*/emailAddress" where the star stands for the items of a
// collection, "microsoft.graph.user/mail" with a cast, "members/$count". missing is the first segment that the model does not know, and the
// type that lacks it; at success it is "". A star and $count are only known after a collection. $count is an Int64.
func (m *Model) Find(t *Type, path string) (p Property, missing string, lacking *Type) {
	for segment := range strings.SplitSeq(path, "/") {
		switch {
		case segment == "*" && p.Collection:
			p.Collection = false
			continue
		case segment == "$count" && p.Collection:
			p, t = Property{Name: segment, Type: "Int64"}, nil
			continue
		case p.Name != "" && simpleType(segment) != "":
			p, t = Property{Name: segment, Type: simpleType(segment)}, nil
			continue
		case strings.Contains(segment, "."):
			if t = m.Type(segment); t != nil {
				continue
			}
		case t != nil && !p.Collection:
			if found := t.Property(segment); found != nil {
				p, t = *found, m.Type(found.Type)
				continue
			}
		}
		return Property{}, segment, t
	}
	return p, "", nil
}
