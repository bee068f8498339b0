package graphsim

import (
	"net/url"
	"slices"
	"strings"
)

// context is the member @odata.context of a single item of a collection below the call's user.
func (c *call) context(collection string) string {
	return `"@odata.context":` + string(quote(c.contextURL(collection)+"/$entity"))
}

// contextBase is what all contexts below the call's user begin with.
func (c *call) contextBase() string {
	u := c.origin + "/v1.0/$metadata#"
	if c.user != nil {
		u += "users('" + url.PathEscape(c.vars["user"]) + "')/"
	}
	return u
}

func (c *call) contextURL(collection string) string {
	u := c.contextBase() + collection
	if len(c.query.Select) > 0 {
		u += "(" + strings.Join(c.query.Select, ",") + ")"
	}
	return u
}

func (c *call) entity(status int, body []byte) *reply {
	rep := &reply{status: status, body: body}
	c.answerPrefer(rep)
	return rep
}

// pageOf cuts the page of a list that $skip and the page size name; next is the link to the following one, or "".
func pageOf[T any](c *call, items []T) (page []T, next string) {
	size := c.pageSize(c.route.list.page, c.route.list.most)
	from := min(c.query.Skip, len(items))
	to := min(from+size, len(items))
	if c.query.Top == 0 {
		return nil, ""
	}
	if to < len(items) {
		next = c.link("skip", itoa(to))
	}
	return items[from:to], next
}

// listPage answers a collection with one page of items, of the size that its row of the table of collections gives.
func listPage[T any](c *call, collection string, items []T, encode func([]byte, T) []byte) *reply {
	if c.route.list.generic {
		items = queried(c, items, encode)
	}
	page, next := pageOf(c, items)
	total := -1
	if c.query.Count {
		total = len(items)
	}
	return writePage(c, collection, page, total, next, encode)
}

// writePage answers with rows, the total when it is not negative, and the next link when there is one.
func writePage[T any](c *call, collection string, rows []T, total int, next string, encode func([]byte, T) []byte) *reply {
	b := make([]byte, 0, 4096)
	b = append(b, `{"@odata.context":`...)
	b = appendQuoted(b, c.contextURL(collection))
	if total >= 0 {
		b = append(append(b, `,"@odata.count":`...), itoa(total)...)
	}
	b = append(b, `,"value":[`...)
	for i, row := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = encode(b, row)
		if i == 0 {
			b = roomFor(b, len(rows))
		}
	}
	b = append(b, ']')
	if next != "" {
		b = append(b, `,"@odata.nextLink":`...)
		b = appendQuoted(b, next)
	}
	rep := &reply{status: 200, body: append(b, '}')}
	c.answerPrefer(rep)
	return rep
}

// roomFor grows a buffer that holds one row so that it takes all rows of about that size without growing again.
func roomFor(b []byte, rows int) []byte { return slices.Grow(b, (rows-1)*(len(b)+len(b)/8)+1024) }
