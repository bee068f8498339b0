package graphsim

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// queried are the items that meet the call's $filter, in the order it asks for, by the JSON that encode makes of them. It is for small
// collections; large ones have getters of their own.
func queried[T any](c *call, items []T, encode func([]byte, T) []byte) []T {
	if c.query.Filter == nil && len(c.query.OrderBy) == 0 {
		return items
	}
	selected := c.query.Select
	c.query.Select = nil // a condition may name what the answer leaves out
	type row struct {
		item T
		get  getter
	}
	var rows []row
	for _, item := range items {
		var decoded any
		_ = json.Unmarshal(encode(nil, item), &decoded) // what encode wrote is JSON
		if get := jsonGetter(decoded); c.query.Filter.Holds(get) {
			rows = append(rows, row{item, get})
		}
	}
	c.query.Select = selected
	odata.Sort(rows, c.query.OrderBy, func(r row) getter { return r.get })
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = r.item
	}
	return slices.Clip(out)
}

// jsonGetter answers paths from decoded JSON. Texts that are date-times in UTC are stamps.
func jsonGetter(v any) getter {
	return func(path string) value { return jsonValue(jsonAt(v, path)) }
}

func jsonAt(v any, path string) any {
	if path == "" {
		return v
	}
	first, rest, _ := strings.Cut(path, "/")
	members, _ := v.(map[string]any)
	for name, member := range members {
		if strings.EqualFold(name, first) {
			return jsonAt(member, rest)
		}
	}
	return nil
}

func jsonValue(v any) value {
	switch v := v.(type) {
	case string:
		if ticks, ok := odata.ParseStamp(v); ok && strings.HasSuffix(v, "Z") {
			return odata.Stamp(ticks)
		}
		return odata.String(v)
	case bool:
		return odata.Bool(v)
	case float64:
		return odata.Number(v)
	case []string:
		return odata.Strings(v)
	case []any:
		var list []getter
		for _, item := range v {
			list = append(list, jsonGetter(item))
		}
		return odata.List(list)
	default:
		return value{}
	}
}
