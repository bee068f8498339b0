package graphsim

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// extendedProperty is a single-value or multi-value extended property; the former has one value.
type extendedProperty struct {
	id     string
	values []string
}

// extendedTypes are the types of extended properties as ids name them.
var extendedTypes = strings.Fields("String Integer Boolean Double SystemTime Binary CLSID Long Short Float Currency ApplicationTime")

// extendedID is the form of an id: "String {guid} Name X", "String {guid} Id 0x8010" or "String 0x0E2B"; of a multi-value property the type
// is an array: "StringArray {guid} Name X" (microsoft-graph-docs, page "extended-properties-overview").
var extendedID = regexp.MustCompile(`(?i)^(` + strings.Join(extendedTypes, "|") + `)(Array)?` +
	`\s+(?:(\{[0-9a-f-]{36}\})\s+(?:Name\s+(.+)|Id\s+0x([0-9a-f]+))|0x([0-9a-f]+))$`)

// normalExtended gives an id in one spelling, the one of answers: type and GUID without case, the name as it is, numbers in lower case
// without leading zeros, as clients saw them come back.
func normalExtended(id string) (string, bool) {
	m := extendedID.FindStringSubmatch(strings.TrimSpace(id))
	if m == nil {
		return "", false
	}
	kind := extendedTypes[slices.IndexFunc(extendedTypes, func(name string) bool { return strings.EqualFold(name, m[1]) })]
	if m[2] != "" {
		kind += "Array"
	}
	number := func(digits string) string { return "0x" + cmp.Or(strings.TrimLeft(strings.ToLower(digits), "0"), "0") }
	switch {
	case m[6] != "":
		return kind + " " + number(m[6]), true
	case m[5] != "":
		return kind + " " + strings.ToLower(m[3]) + " Id " + number(m[5]), true
	default:
		return kind + " " + strings.ToLower(m[3]) + " Name " + m[4], true
	}
}

// isArray tells a normal id of a multi-value property.
func isArray(id string) bool {
	kind, _, _ := strings.Cut(id, " ")
	return strings.HasSuffix(kind, "Array")
}

// decodeExtended reads the properties of a request. A value of null stands for the removal of the property, which no page describes.
func decodeExtended(raw json.RawMessage, multi bool) ([]extendedProperty, *apiError) {
	var list []struct {
		ID    string          `json:"id"`
		Value json.RawMessage `json:"value"`
	}
	name := "singleValueExtendedProperties"
	if multi {
		name = "multiValueExtendedProperties"
	}
	if json.Unmarshal(raw, &list) != nil {
		return nil, errDeserialize("Cannot read the value of '%s'.", name)
	}
	var out []extendedProperty
	for _, p := range list {
		id, ok := normalExtended(p.ID)
		if !ok || isArray(id) != multi {
			return nil, fail(400, "ErrorInvalidProperty", "PropertyId values may only be in one of the following formats: 'MapiPropertyType namespaceGuid Name propertyName', 'MapiPropertyType namespaceGuid Id propertyId' or 'MapiPropertyType propertyTag'.")
		}
		one := extendedProperty{id: id}
		if len(p.Value) > 0 && !isNull(p.Value) {
			one.values = make([]string, 1)
			var into any = &one.values[0]
			if multi {
				into = &one.values
			}
			if json.Unmarshal(p.Value, into) != nil {
				return nil, errDeserialize("Cannot read the value of '%s'.", name)
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// mergeExtended sets properties by id and removes those without a value; the old slice stays as it is.
func mergeExtended(old, set []extendedProperty) []extendedProperty {
	out := slices.Clone(old)
	for _, p := range set {
		i := slices.IndexFunc(out, func(q extendedProperty) bool { return q.id == p.id })
		switch {
		case p.values == nil && i >= 0:
			out = slices.Delete(out, i, i+1)
		case p.values == nil:
		case i >= 0:
			out[i] = p
		default:
			out = append(out, p)
		}
	}
	return out
}

func (p extendedProperty) get(path string) value {
	switch {
	case path == "id":
		return value{Kind: odata.KindString, S: p.id, Exact: true} // names are told apart by case, values are not
	case path == "value" && isArray(p.id):
		return odata.Strings(p.values)
	case path == "value":
		return odata.String(p.values[0])
	default:
		return value{}
	}
}

func (p extendedProperty) appendSingle(b []byte) []byte {
	b = appendQuoted(append(b, `{"id":`...), p.id)
	return append(appendQuoted(append(b, `,"value":`...), p.values[0]), '}')
}

func (p extendedProperty) appendMulti(b []byte) []byte {
	b = appendQuoted(append(b, `{"id":`...), p.id)
	b = appendList(append(b, `,"value":`...), p.values, func(s string, b []byte) []byte { return appendQuoted(b, s) })
	return append(b, '}')
}
