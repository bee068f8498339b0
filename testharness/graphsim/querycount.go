package graphsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// withCounts adds to the lists of a mailbox the path that answers with the number of their items alone. The filter of the list holds, its
// page does not matter.
func withCounts(rows []route) []route {
	counted := []string{"calendars", "calendarGroups", "contactFolders", "contacts", "childFolders", "events", "mailFolders", "messages"}
	out := slices.Clip(rows)
	for _, row := range rows {
		name := row.pattern[strings.LastIndexByte(row.pattern, '/')+1:]
		if row.method == http.MethodGet && row.area == areaExchange && slices.Contains(counted, name) {
			list := row.handle
			row.pattern += "/$count"
			row.handle = func(c *call) (*reply, error) { return countOf(c, list) }
			out = append(out, row)
		}
	}
	return out
}

// countOf answers with the @odata.count of a list as plain text.
func countOf(c *call, list func(*call) (*reply, error)) (*reply, error) {
	c.query.Count, c.query.Top, c.query.Skip = true, 1, 0
	rep, err := list(c)
	if err != nil {
		return nil, err
	}
	var page struct {
		Count json.RawMessage `json:"@odata.count"`
	}
	if err := json.Unmarshal(rep.body, &page); err != nil {
		return nil, err
	}
	return plainCount(page.Count), nil
}

func plainCount(n []byte) *reply {
	rep := &reply{status: http.StatusOK, body: n}
	rep.set("Content-Type", "text/plain")
	return rep
}
