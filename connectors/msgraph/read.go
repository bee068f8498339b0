package msgraph

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// listPage is the page size of plain listings: the most that events, contacts and tasks take.
const listPage = 1000

// Read implements sdk.Reader: the records of a mailbox by OData filter or by change date. Events come without occurrences and without deletions; the
// step "event" brings both.
func (c *Conn) Read(ctx context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	if err := known(req.Object); err != nil {
		return err
	}
	if req.Keys != nil {
		return c.readStep(ctx, stepFor(req.Object), req, emit)
	}
	s, err := c.scope(ctx, req.Scope)
	if err != nil {
		return located(err, "read", req.Object, req.Partition)
	}
	box, err := s.mailbox(req.Partition)
	if err != nil {
		return located(err, "read", req.Object, req.Partition)
	}
	l := &listing{r: c.newRound(stepFor(req.Object), req, box, s, emit)}
	if err := l.run(ctx); err != nil && l.r.emitErr == nil {
		return located(err, "read", req.Object, req.Partition)
	}
	return l.r.emitErr
}

// listing reads a plain list of one mailbox.
type listing struct {
	r     *round
	cur   listCursor
	count int
}

// listCursor is the position of a plain read: the next page of a listing under way, or the change date to go on from.
type listCursor struct {
	Version int    `json:"v"`
	Box     string `json:"box"`
	Link    string `json:"link,omitempty"`
	Full    bool   `json:"full,omitempty"`
	Latest  string `json:"latest,omitempty"` // greatest lastModifiedDateTime so far
	List    string `json:"list,omitempty"`
}

func (l *listing) run(ctx context.Context) error {
	r := l.r
	if len(r.req.Cursor) > 0 && (sdk.Decode(r.req.Cursor, &l.cur) != nil || l.cur.Version != 1 || l.cur.Box != r.box.id) {
		l.cur = listCursor{} // a cursor that cannot be read, or is another mailbox's, counts as none
	}
	l.cur.Version, l.cur.Box = 1, r.box.id
	r.cur.List = l.cur.List
	if err := r.locate(ctx); err != nil {
		return err
	}
	l.cur.List = r.cur.List
	r.start = l.cur.Link == ""
	if r.start {
		since := r.req.Since
		if l.cur.Latest != "" {
			since = l.cur.Latest
		}
		if _, err := time.Parse(time.RFC3339, since); since != "" && err != nil {
			return sdk.Errorf(sdk.Invalid, "since", "%.40q is no change date; write 2006-01-02T15:04:05Z", since)
		}
		l.cur.Full = since == "" && r.req.Filter == "" && r.req.Limit == 0
		l.cur.Link = l.first(since)
	}
	r.cur.Full = l.cur.Full
	seen := map[string]bool{}
	for {
		if seen[l.cur.Link] || len(seen) > 100_000 {
			return &sdk.Error{Kind: sdk.Unavailable, Code: "endless_round", Err: errEndless}
		}
		if seen[l.cur.Link] = true; len(seen) > 4096 {
			clear(seen) // a circle is found in its next turn
		}
		done, err := l.page(ctx)
		if done || err != nil {
			return err
		}
	}
}

// first is the link of a new listing.
func (l *listing) first(since string) string {
	r := l.r
	var filters []string
	if r.req.Filter != "" {
		filters = append(filters, r.req.Filter)
	}
	if since != "" {
		filters = append(filters, "lastModifiedDateTime ge "+since)
	}
	if len(filters) == 2 {
		filters[0] = "(" + filters[0] + ")"
	}
	// The size of the pages is a preference, not $top: that would stay in the links, and a page that is too much could not be made smaller.
	r.size = listPage
	if r.req.Limit > 0 {
		r.size = min(r.size, r.req.Limit)
	}
	return query(r.listPath(), "$filter", strings.Join(filters, " and "), "$orderby", r.req.Order, "$select", r.selection())
}

func (r *round) listPath() string {
	switch r.req.Object {
	case objectTask:
		return r.path("/todo/lists/" + escape(r.cur.List) + "/tasks")
	case objectContact:
		return r.path("/contacts")
	}
	return r.path("/events")
}

// selection is the $select for the fields that are asked for, with those that the rules need. To Do takes none.
func (r *round) selection() string {
	if r.req.Fields == nil || r.req.Object == objectTask {
		return ""
	}
	list := []string{"id", "lastModifiedDateTime"}
	if r.req.Object == objectEvent {
		list = append(list, "type", "seriesMasterId", "start", "end", "isAllDay", "organizer", "isOrganizer", "subject")
	}
	v := vettedOf(r.req.Object)
	for _, f := range r.req.Fields {
		if name, _, _ := strings.Cut(f, "."); slices.Contains(v.fields, name) && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return strings.Join(list, ",")
}

// page reads one page and emits it.
func (l *listing) page(ctx context.Context) (done bool, err error) {
	r := l.r
	resp, err := r.fetch(ctx, l.cur.Link)
	if err != nil {
		return false, err
	}
	defer resp.Free()
	b := sdk.Batch{Start: r.start, Full: l.cur.Full, Records: make([]sdk.Record, 0, len(r.page.rows))}
	r.reserve(len(resp.Body))
	for i := range r.page.rows {
		w := &r.page.rows[i]
		if len(w.id) == 0 {
			return false, sdk.Errorf(sdk.Unavailable, codeMalformed, "row %d of the page has no id", i)
		}
		if r.req.Limit > 0 && l.count == r.req.Limit {
			break
		}
		if string(w.modified) > l.cur.Latest {
			l.cur.Latest = string(w.modified)
		}
		if err := r.addOne(ctx, w, &b); err != nil {
			return false, err
		}
		if n := len(b.Records); n > 0 && b.Records[n-1].Op == sdk.Upsert {
			l.count++
		}
	}
	if err := r.project(b.Records); err != nil {
		return false, err
	}
	done = r.page.next == "" || r.req.Limit > 0 && l.count >= r.req.Limit
	l.cur.Link = ""
	if !done {
		if l.cur.Link, err = r.c.graph.http.Path(r.page.next); err != nil {
			return false, err
		}
	}
	b.Done = done
	if r.req.Limit == 0 {
		if b.Cursor, err = json.Marshal(l.cur); err != nil {
			return false, err
		}
		if len(b.Cursor) > sdk.MaxCursor {
			b.Cursor = nil // not resumable here
		}
	}
	return done, emitParts(b, r.hand)
}

// project leaves of the records' data the fields that were asked for.
func (r *round) project(records []sdk.Record) error {
	if r.req.Fields == nil {
		return nil
	}
	want := map[string]bool{}
	for _, f := range r.req.Fields {
		name, _, _ := strings.Cut(f, ".")
		want[name] = true
	}
	for i := range records {
		if records[i].Data == nil {
			continue
		}
		all, err := members(records[i].Data)
		if err != nil {
			return err
		}
		records[i].Data = bytes.Clone(object(slices.DeleteFunc(all, func(m member) bool { return !want[m.name] })))
	}
	return nil
}
