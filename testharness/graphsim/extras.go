package graphsim

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// extras is what an item of a mailbox, or a folder, carries besides its own properties: extended properties, open extensions and a photo. They
// belong to one mailbox's copy. Most items have none and hold nil. A value is never changed in place, so that items and their snapshots
// may share it.
type extras struct {
	single, multi []extendedProperty
	open          []openExtension
	photo         *photo // of a contact
}

// extrasNames are the members of a body that decoded reads, lower-case.
var extrasNames = nameSet("singleValueExtendedProperties multiValueExtendedProperties extensions")

// copied is a value to build the next one from.
func (x *extras) copied() *extras {
	if x == nil {
		return &extras{}
	}
	next := *x
	return &next
}

// orNil is nil for a value that holds nothing.
func (x *extras) orNil() *extras {
	if x == nil || len(x.single)+len(x.multi)+len(x.open) == 0 && x.photo == nil {
		return nil
	}
	return x
}

// decoded is the patch x with one of extrasNames of a request in it, to be merged into an item's extras.
func (x *extras) decoded(name string, raw json.RawMessage) (*extras, *apiError) {
	next, err := x.copied(), (*apiError)(nil)
	switch name {
	case "singlevalueextendedproperties":
		next.single, err = decodeExtended(raw, false)
	case "multivalueextendedproperties":
		next.multi, err = decodeExtended(raw, true)
	default:
		next.open, err = decodeExtensions(raw, exchangeExtension)
	}
	if err != nil {
		return x, err
	}
	return next, nil
}

// merged is x with all of another value set, as a PATCH does.
func (x *extras) merged(set *extras) *extras {
	if set == nil {
		return x
	}
	next := x.copied()
	next.single = mergeExtended(next.single, set.single)
	next.multi = mergeExtended(next.multi, set.multi)
	for _, o := range set.open {
		next.open = setExtension(next.open, o)
	}
	return next.orNil()
}

// get answers filters.
func (x *extras) get(path string) value {
	if x == nil {
		return value{}
	}
	switch path {
	case "singlevalueextendedproperties":
		return getters(x.single)
	case "multivalueextendedproperties":
		return getters(x.multi)
	case "extensions":
		return getters(x.open)
	default:
		return value{}
	}
}

// getters is a list of things that answer paths, as a value.
func getters[T interface{ get(string) value }](list []T) value {
	v := value{Kind: odata.KindList}
	for _, item := range list {
		v.List = append(v.List, item.get)
	}
	return v
}

// writeExtras writes what $expand asks for of an item's extras: with its context, and not at all when nothing matches.
func (sh *shape) writeExtras(w *writer, collection string, id itemID, x *extras) {
	if x == nil {
		return
	}
	for _, e := range sh.expand {
		begin := func(name string) {
			context := sh.base + collection + "('" + id.text(sh.immutable) + "')/" + name
			w.member(name + "@odata.context")
			w.b = appendQuoted(w.b, context)
			w.member(name)
		}
		switch strings.ToLower(e.Name) {
		case "singlevalueextendedproperties":
			if hits := matching(x.single, e.Filter); len(hits) > 0 {
				begin("singleValueExtendedProperties")
				w.b = appendList(w.b, hits, extendedProperty.appendSingle)
			}
		case "multivalueextendedproperties":
			if hits := matching(x.multi, e.Filter); len(hits) > 0 {
				begin("multiValueExtendedProperties")
				w.b = appendList(w.b, hits, extendedProperty.appendMulti)
			}
		case "extensions":
			if hits := matching(x.open, e.Filter); len(hits) > 0 {
				begin("extensions")
				w.b = appendList(w.b, hits, func(o openExtension, b []byte) []byte { return o.append(b, sh.extension, "") })
			}
		}
	}
}

// matching are the items that a filter selects.
func matching[T interface{ get(string) value }](list []T, filter *odata.Expr) []T {
	var out []T
	for _, item := range list {
		if filter.Holds(item.get) {
			out = append(out, item)
		}
	}
	return out
}

func appendList[T any](b []byte, list []T, one func(T, []byte) []byte) []byte {
	b = append(b, '[')
	for i, item := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(item, b)
	}
	return append(b, ']')
}

// checkExpansions brings the ids in the filters of $expand, and in $filter itself, to their stored spelling, and refuses for Exchange an
// expansion of extras without a filter: Graph lists neither extended properties nor extensions (public issue 617 of msgraph-metadata).
func (c *call) checkExpansions() *apiError {
	if err := normalizeIDs(c.query.Filter, exchangeExtension); err != nil {
		return err
	}
	for _, x := range c.query.Expand {
		if err := normalizeIDs(x.Filter, exchangeExtension); err != nil {
			return err
		}
		switch name := strings.ToLower(x.Name); {
		case x.Filter != nil || !extrasNames[name]:
		case name == "extensions":
			return fail(http.StatusBadRequest, "ErrorGraphExtensionExpandRequiresFilter", "Expanding extensions requires a filter on the id of the extension.")
		default:
			return fail(http.StatusBadRequest, "ErrorInvalidUrlQuery", "The query option $expand of '%s' requires a $filter with the id of the property.", x.Name)
		}
	}
	return nil
}

// normalizeIDs rewrites the ids in conditions on extended properties and extensions to their stored spelling.
func normalizeIDs(filter *odata.Expr, prefix string) (failure *apiError) {
	filter.MapStrings(func(path, literal string) string {
		if lower := strings.ToLower(path); lower != "id" && !strings.HasSuffix(lower, "/id") {
			return literal
		}
		if id, ok := normalExtended(literal); ok {
			return id
		}
		name, err := extensionNamed(literal, prefix)
		if err != nil {
			failure = err
		}
		return name
	})
	return failure
}
