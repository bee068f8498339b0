package graphsim

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// extendedProperty is a single-value extended property of an event or contact. It belongs to one mailbox's copy.
type extendedProperty struct{ id, value string }

// extendedID is the form of an id: "String {guid} Name X", "String {guid} Id 0x8010" or "String 0x0E2B".
var extendedID = regexp.MustCompile(`^(?i)(String|Integer|Boolean|Double|SystemTime|Binary|CLSID|Long|Short|Float|Currency|ApplicationTime)\s+(?:(\{[0-9a-f-]{36}\})\s+(?:Name\s+(.+)|Id\s+(0x[0-9a-f]+))|(0x[0-9a-f]+))$`)

// normalExtended gives an id in one spelling: type and GUID without case, the name as it is.
func normalExtended(id string) (string, bool) {
	m := extendedID.FindStringSubmatch(strings.TrimSpace(id))
	if m == nil {
		return "", false
	}
	kind := strings.ToUpper(m[1][:1]) + strings.ToLower(m[1][1:])
	switch {
	case m[5] != "":
		return kind + " " + strings.ToLower(m[5]), true
	case m[4] != "":
		return kind + " " + strings.ToLower(m[2]) + " Id " + strings.ToLower(m[4]), true
	default:
		return kind + " " + strings.ToLower(m[2]) + " Name " + m[3], true
	}
}

func decodeExtended(raw json.RawMessage) ([]extendedProperty, *apiError) {
	var list []struct {
		ID    string `json:"id"`
		Value string `json:"value"`
	}
	if json.Unmarshal(raw, &list) != nil {
		return nil, errDeserialize("Cannot read the value of 'singleValueExtendedProperties'.")
	}
	var out []extendedProperty
	for _, p := range list {
		id, ok := normalExtended(p.ID)
		if !ok {
			return nil, fail(400, "ErrorInvalidProperty", "PropertyId values may only be in one of the following formats: 'MapiPropertyType namespaceGuid Name propertyName', 'MapiPropertyType namespaceGuid Id propertyId' or 'MapiPropertyType propertyTag'.")
		}
		out = append(out, extendedProperty{id, p.Value})
	}
	return out, nil
}

// mergeExtended sets properties by id; the old slice stays as it is.
func mergeExtended(old, set []extendedProperty) []extendedProperty {
	out := slices.Clone(old)
	for _, p := range set {
		if i := slices.IndexFunc(out, func(q extendedProperty) bool { return q.id == p.id }); i >= 0 {
			out[i] = p
		} else {
			out = append(out, p)
		}
	}
	return out
}

func (p extendedProperty) get(path string) value {
	switch path {
	case "id":
		return stringValue(p.id)
	case "value":
		return stringValue(p.value)
	default:
		return value{}
	}
}

// extendedValue is the list for filters.
func extendedValue(list []extendedProperty) value {
	v := value{Kind: odata.KindList}
	for _, p := range list {
		v.List = append(v.List, p.get)
	}
	return v
}

// normalizeExtendedFilter rewrites the ids in a condition on extended properties to their stored spelling.
func normalizeExtendedFilter(filter *odata.Expr) {
	filter.MapStrings(func(path, literal string) string {
		if lower := strings.ToLower(path); lower == "id" || strings.HasSuffix(lower, "/id") {
			if id, ok := normalExtended(literal); ok {
				return id
			}
		}
		return literal
	})
}

// writeExtended writes the expanded properties that the expansion's filter selects; none match: the member is absent.
func writeExtended(w *writer, list []extendedProperty, filter *odata.Expr) {
	var hits []extendedProperty
	for _, p := range list {
		if filter.Holds(p.get) {
			hits = append(hits, p)
		}
	}
	if len(hits) == 0 {
		return
	}
	w.member("singleValueExtendedProperties")
	w.b = append(w.b, '[')
	for i, p := range hits {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(w.b, `{"id":`...)
		w.b = append(appendQuoted(w.b, p.id), `,"value":`...)
		w.b = append(appendQuoted(w.b, p.value), '}')
	}
	w.b = append(w.b, ']')
}
