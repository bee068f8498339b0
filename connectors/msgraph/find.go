package msgraph

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// sinceMargin is how much earlier than FindRequest.Since is looked: clocks differ.
const sinceMargin = 5 * time.Minute

// Find implements sdk.Finder. A record with an Intent is looked for by it: an event's transactionId and a task's linked resource are compared here, as Graph filters by
// neither; a contact's extended property by Graph. Without an Intent all fields of the record must be equal.
func (c *Conn) Find(ctx context.Context, req sdk.FindRequest) ([]sdk.Match, error) {
	if err := known(req.Object); err != nil {
		return nil, err
	}
	s, err := c.scope(ctx, req.Scope)
	if err != nil {
		return nil, located(err, "find", req.Object, "")
	}
	if req.Limit <= 0 {
		req.Limit = 2
	}
	var matches []sdk.Match
	for i, rec := range req.Records {
		boxes, err := c.searched(s, req.Object, rec)
		if err != nil {
			return nil, located(err, "find", req.Object, rec.Partition)
		}
		n := 0
		for _, box := range boxes {
			r := c.newRound(stepFor(req.Object), sdk.ReadRequest{Object: req.Object, Partition: box.id, Filter: req.Filter}, box, s, nil)
			some := req
			some.Limit = req.Limit - n
			found, err := c.findIn(ctx, r, rec, some)
			if err != nil {
				return nil, located(err, "find", req.Object, box.id)
			}
			for _, m := range found {
				m.Index = i
				matches = append(matches, m)
			}
			if n += len(found); n >= req.Limit {
				break
			}
		}
	}
	return matches, nil
}

// searched are the mailboxes in which a record may lie: that of its partition, that it would be written to, or all.
func (c *Conn) searched(s *scope, object string, rec sdk.Record) ([]*user, error) {
	if rec.Partition != "" {
		u, err := s.mailbox(rec.Partition)
		return []*user{u}, err
	}
	if len(rec.Data) > 0 {
		rec.Op, rec.Key = sdk.Upsert, ""
		if o, err := c.understand(s, object, rec); err == nil {
			return []*user{o.box}, nil
		}
	}
	all := make([]*user, len(s.users))
	for i := range s.users {
		all[i] = &s.users[i]
	}
	return all, nil
}

// findIn looks in one mailbox.
func (c *Conn) findIn(ctx context.Context, r *round, rec sdk.Record, req sdk.FindRequest) ([]sdk.Match, error) {
	if err := r.locate(ctx); err != nil {
		return nil, err
	}
	want, err := wanted(rec)
	if err != nil {
		return nil, err
	}
	var filters []string
	if req.Filter != "" {
		filters = append(filters, "("+req.Filter+")")
	}
	if !req.Since.IsZero() {
		filters = append(filters, "lastModifiedDateTime ge "+instant(req.Since.Add(-sinceMargin)))
	}
	if rec.Intent != "" && r.req.Object == objectContact {
		filters = []string{"singleValueExtendedProperties/Any(ep: ep/id eq " + quote(intentProperty) + " and ep/value eq " + quote(rec.Intent) + ")"}
	}
	if f := r.narrow(want); rec.Intent == "" && f != "" {
		filters = append(filters, f)
	}
	var found []sdk.Match
	link := query(r.listPath(), "$filter", strings.Join(filters, " and "), "$top", "500")
	err = r.list(ctx, link, func(w *row) error {
		if len(found) >= req.Limit || !matches(r.req.Object, w, rec, want) {
			return nil
		}
		var b sdk.Batch
		r.arena = nil
		if err := r.addOne(ctx, w, &b); err != nil {
			return err
		}
		m := sdk.Match{Key: string(w.id), Stamp: string(w.etag), Partition: r.box.id}
		if len(b.Records) == 1 && b.Records[0].Data != nil {
			m.Stamp, m.Data = b.Records[0].Stamp, b.Records[0].Data
		}
		found = append(found, m)
		return nil
	})
	return found, err
}

// wanted are the fields that must be equal.
func wanted(rec sdk.Record) ([]member, error) {
	if rec.Intent != "" {
		return nil, nil
	}
	all, err := members(rec.Data)
	if err != nil {
		return nil, sdk.Errorf(sdk.Invalid, "data", "the data is no JSON object: %w", err)
	}
	var list []member
	for _, m := range all {
		switch m.name {
		case "user", "isDeleted", "isExternalOrganizer", "organizer":
		default:
			list = append(list, m)
		}
	}
	if len(list) == 0 {
		return nil, sdk.Errorf(sdk.Invalid, "find", "there is nothing to find the record by: neither an intent nor a field")
	}
	return list, nil
}

// narrow makes a filter that Graph understands of one text field, so that not the whole mailbox is read.
func (r *round) narrow(want []member) string {
	able := map[string][]string{objectEvent: {"subject"}, objectContact: {"displayName"}, objectTask: nil}[r.req.Object]
	for _, name := range able {
		var s string
		if v := fieldOf(want, name); len(v) > 0 && v[0] == '"' && json.Unmarshal(v, &s) == nil && s != "" {
			return name + " eq " + quote(s)
		}
	}
	return ""
}

// matches compares a row with what is looked for.
func matches(object string, w *row, rec sdk.Record, want []member) bool {
	raw := w.raw
	if object == objectTask {
		raw = w.appendRow(nil, nil, w.taskEdits())
	}
	have, err := members(raw)
	if err != nil {
		return false
	}
	if rec.Intent == "" {
		for _, m := range want {
			if !sameValue(fieldOf(have, m.name), m.value) {
				return false
			}
		}
		return true
	}
	switch object {
	case objectEvent:
		var id string
		return json.Unmarshal(fieldOf(have, "transactionId"), &id) == nil && id == rec.Intent
	case objectTask:
		var list []struct {
			Application string `json:"applicationName"`
			External    string `json:"externalId"`
		}
		if json.Unmarshal(fieldOf(have, "linkedResources"), &list) != nil {
			return false
		}
		for _, l := range list {
			if l.Application == intentApplication && l.External == rec.Intent {
				return true
			}
		}
		return false
	}
	return true // the filter was the intent itself
}

// sameValue compares JSON values: what is wanted of an object must be there, whatever else is; null, "" and nothing are the same; a local time has as many zeros
// behind its seconds as it likes.
func sameValue(have, want []byte) bool {
	var a, b any
	if len(have) == 0 {
		have = []byte("null")
	}
	if sdk.Decode(have, &a) != nil || sdk.Decode(want, &b) != nil {
		return bytes.Equal(have, want)
	}
	return same(a, b)
}

func same(have, want any) bool {
	if empty(have) && empty(want) {
		return true
	}
	switch w := want.(type) {
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok {
			return false
		}
		for k, v := range w {
			if !same(h[k], v) {
				return false
			}
		}
		return true
	case []any:
		h, ok := have.([]any)
		if !ok || len(h) != len(w) {
			return false
		}
		for i := range w {
			if !same(h[i], w[i]) {
				return false
			}
		}
		return true
	case string:
		h, ok := have.(string)
		return ok && (h == w || wallClock(h) == wallClock(w))
	}
	return have == want
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// wallClock drops a fraction of zeros from what has the form of a date and time.
func wallClock(s string) string {
	if head, frac, ok := strings.Cut(s, "."); ok && len(head) == len("2006-01-02T15:04:05") && head[10] == 'T' && strings.Trim(frac, "0") == "" {
		return head
	}
	return s
}
