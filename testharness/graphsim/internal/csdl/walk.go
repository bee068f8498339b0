package csdl

import (
	"slices"
	"strings"
)

// Target is what a resource path leads to.
type Target struct {
	Type       *Type     // nil: a primitive value, a stream, or nothing
	Collection bool      // of Type
	Operation  Operation // the action or function at the end; its Name is empty otherwise
}

// Walk follows a resource path, cut into segments, from the container: an entry's name, then properties, keys and arguments of functions ("{user}"), casts, actions and
// functions; "$value", "$count" and "$ref" end it. missing is the first segment that leads nowhere; at success it is "".
func (m *Model) Walk(segments []string) (at Target, missing string) {
	for i, segment := range segments {
		next, ok := m.step(at, segment, i == 0)
		if !ok {
			return Target{}, segment
		}
		at = next
	}
	return at, ""
}

func (m *Model) step(at Target, segment string, first bool) (Target, bool) {
	name, _, _ := strings.Cut(segment, "(")
	switch {
	case first:
		for _, e := range m.Entries {
			if strings.EqualFold(e.Name, name) {
				return Target{Type: m.Type(e.Type), Collection: !e.Singleton}, true
			}
		}
		return Target{}, false
	case strings.HasPrefix(segment, "{") && at.Operation.Function:
		return at, true // an argument
	case strings.HasPrefix(segment, "{"):
		return Target{Type: at.Type}, at.Collection && at.Type != nil && at.Type.Kind == Entity
	case segment == "$value" || segment == "$count" || segment == "$ref":
		return Target{}, true
	case at.Type == nil:
		return Target{}, false
	}
	short := name[strings.LastIndexByte(name, '.')+1:]
	if cast := m.Type(name); cast != nil && short != name {
		return Target{Type: cast, Collection: at.Collection}, cast.Is(at.Type.Name)
	}
	if p := at.Type.Property(name); p != nil && !at.Collection {
		return Target{Type: m.Type(p.Type), Collection: p.Collection}, true
	}
	i := slices.IndexFunc(m.Operations, func(op Operation) bool {
		return strings.EqualFold(op.Name, short) && op.Binding.Collection == at.Collection && at.Type.Is(op.Binding.Type)
	})
	if i < 0 {
		return Target{}, false
	}
	next := Target{Operation: m.Operations[i]}
	if r := next.Operation.Result; r != nil {
		next.Type, next.Collection = m.Type(r.Type), r.Collection
	}
	return next, true
}
