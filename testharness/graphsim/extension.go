package graphsim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// openExtension is a named bag of members that an application puts on an item (microsoft-graph-docs, page "opentypeextension").
type openExtension struct {
	name    string
	members []extensionMember
}

// extensionMember is a custom property: JSON as it was sent, a primitive value or an array of them.
type extensionMember struct{ name, raw string }

// Prefixes of the ids of extensions, by the kind of the item.
const (
	exchangeExtension = "Microsoft.OutlookServices.OpenTypeExtension."
	todoExtension     = "microsoft.graph.openTypeExtension."
)

// extensionType is @odata.type of an extension in requests, with or without a leading #.
const extensionType = "microsoft.graph.openTypeExtension"

func (o openExtension) get(path string) value {
	if path == "id" || path == "extensionname" {
		return value{Kind: odata.KindString, S: o.name, Exact: true}
	}
	return value{}
}

// extensionNamed gives the plain name of an extension's name or id. The id of the other kind of items makes Graph fail, as clients measured.
func extensionNamed(id, prefix string) (string, *apiError) {
	for _, p := range []string{exchangeExtension, todoExtension} {
		if len(id) <= len(p) || !strings.EqualFold(id[:len(p)], p) {
			continue
		}
		if p != prefix && prefix == todoExtension {
			return "", errInternalTodo()
		}
		if p != prefix {
			return "", errInternal()
		}
		return id[len(p):], nil
	}
	return id, nil
}

func errInternal() *apiError {
	return fail(http.StatusInternalServerError, "ErrorInternalServerError", "An internal server error occurred. The operation failed.")
}

// errInternalTodo is errInternal with the two codes of To Do.
func errInternalTodo() *apiError {
	e := errInternal()
	e.code, e.inner = "generalException", e.code
	return e
}

// setExtension puts an extension into a list in place of its namesake; the old slice stays as it is.
func setExtension(list []openExtension, o openExtension) []openExtension {
	out := slices.Clone(list)
	if i := slices.IndexFunc(out, func(p openExtension) bool { return p.name == o.name }); i >= 0 {
		out[i] = o
		return out
	}
	return append(out, o)
}

// merge sets the members of another extension on top of its own.
func (o openExtension) merge(set openExtension) openExtension {
	next := openExtension{name: o.name, members: slices.Clone(o.members)}
	for _, m := range set.members {
		next.members = setMember(next.members, m)
	}
	return next
}

// setMember puts a member in the place of its namesake, or at the end.
func setMember(list []extensionMember, m extensionMember) []extensionMember {
	if i := slices.IndexFunc(list, func(n extensionMember) bool { return n.name == m.name }); i >= 0 {
		list[i] = m
		return list
	}
	return append(list, m)
}

// decodeExtensions reads the extensions in the body of a new item.
func decodeExtensions(raw json.RawMessage, prefix string) ([]openExtension, *apiError) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil, errDeserialize("Cannot read the value of 'extensions'.")
	}
	var out []openExtension
	for _, item := range list {
		o, err := decodeExtension(item, "", prefix)
		if err != nil {
			return nil, err
		}
		out = setExtension(out, o)
	}
	return out, nil
}

// decodeExtension reads an extension. name is that of the extension to change; a new one names itself and its type. To Do wants arrays with
// their type ("x@odata.type": "#Collection(String)"), as clients measured.
func decodeExtension(raw []byte, name, prefix string) (openExtension, *apiError) {
	o := openExtension{name: name}
	members, err := orderedMembers(raw)
	if err != nil {
		return o, err
	}
	typed := name != ""
	arrays := map[string]bool{} // arrays whose type the request names
	for _, m := range members {
		if of, ok := strings.CutSuffix(m.name, "@odata.type"); ok && of != "" {
			arrays[of] = true
		}
	}
	for _, m := range members {
		switch {
		case m.name == "@odata.type":
			typed = strings.EqualFold(strings.TrimPrefix(text(m.raw).plain(), "#"), extensionType)
		case m.name == "extensionName" && name == "":
			o.name = text(m.raw).plain()
		case m.name == "extensionName" || m.name == "id" || strings.Contains(m.name, "@odata."):
		case prefix == todoExtension && strings.HasPrefix(m.raw, "[") && !arrays[m.name]:
			return o, fail(http.StatusBadRequest, "invalidRequest", "Invalid request")
		case !primitive(m.raw):
			return o, errDeserialize("The property '%s' of an open extension must be a primitive value or an array of primitive values.", m.name)
		default:
			o.members = append(o.members, m)
		}
	}
	if !typed {
		return o, fail(http.StatusBadRequest, "BadRequest", "An extension must have '@odata.type' with the value '%s'.", extensionType)
	}
	if strings.TrimSpace(o.name) == "" {
		return o, fail(http.StatusBadRequest, "BadRequest", "An open extension must have the property 'extensionName'.")
	}
	o.name, err = extensionNamed(o.name, prefix)
	return o, err
}

// orderedMembers reads an object's members in their order; of two with one name the last counts.
func orderedMembers(raw []byte) ([]extensionMember, *apiError) {
	bad := errDeserialize("Unable to deserialize the request body: a JSON object is expected.")
	if !json.Valid(raw) || !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return nil, bad
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return nil, bad
	}
	var out []extensionMember
	for dec.More() {
		key, err := dec.Token()
		name, ok := key.(string)
		var v json.RawMessage
		if err != nil || !ok || dec.Decode(&v) != nil {
			return nil, bad
		}
		out = setMember(out, extensionMember{name, string(v)})
	}
	return out, nil
}

// primitive tells a value that an extension may hold: no object, nor an array that holds an object or an array.
func primitive(raw string) bool {
	var v any
	if json.Unmarshal([]byte(raw), &v) != nil {
		return false
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	return !slices.ContainsFunc(list, func(item any) bool {
		switch item.(type) {
		case map[string]any, []any:
			return true
		default:
			return false
		}
	})
}

// odataType is the type that To Do tells of a member: of whole numbers and of arrays.
func (m extensionMember) odataType() string {
	whole := func(s string) bool { return s != "" && !strings.ContainsAny(s, ".eE\"tfn") }
	if !strings.HasPrefix(m.raw, "[") {
		if whole(m.raw) {
			return "#Int64"
		}
		return ""
	}
	var list []json.RawMessage
	if json.Unmarshal([]byte(m.raw), &list) == nil && len(list) > 0 && whole(string(list[0])) {
		return "#Collection(Int64)"
	}
	return "#Collection(String)"
}

// append writes an extension as items with ids of a prefix show it.
func (o openExtension) append(b []byte, prefix, lead string) []byte {
	w := writer{b: append(append(b, '{'), lead...)}
	w.member("@odata.type")
	w.b = append(w.b, `"#`+extensionType+`"`...)
	w.str("id", prefix+o.name)
	w.str("extensionName", o.name)
	for _, m := range o.members {
		name := string(quote(m.name))
		name = name[1 : len(name)-1]
		if t := m.odataType(); t != "" && prefix == todoExtension {
			w.member(name + "@odata.type")
			w.b = append(w.b, `"`+t+`"`...)
		}
		w.member(name)
		w.b = append(w.b, m.raw...)
	}
	return append(w.b, '}')
}
