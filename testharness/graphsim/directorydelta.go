package graphsim

import (
	"bytes"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// Rounds of users/delta, groups/delta and contacts/delta (microsoft-graph-docs, pages "delta-query-users", "delta-query-groups" and "user-delta"). As in all
// deltas a token is a position; here it also carries what the first request asked for.

// directoryTokenLife is how long a link of the directory's delta stays valid.
const directoryTokenLife = 7 * 24 * time.Hour

const (
	maxTracked   = 50 // objects that $filter may name
	directoryRow = 100
)

// directoryPosition is the content of a token.
type directoryPosition struct {
	Set     string
	Issued  int64 // seconds since 1970
	Gen     uint64
	Initial bool   `json:",omitempty"` // a full listing
	Next    bool   `json:",omitempty"` // a next link's
	Since   uint64 // changes after this
	Until   uint64 // the end of the log when the round began
	After   uint64 `json:",omitempty"` // the last row delivered, by number of the object or first change
	Part    uint64 `json:",omitempty"` // the row of which only some members were delivered
	Members int    `json:",omitempty"` // and how many
	Select  []string
	IDs     []string `json:",omitempty"`
}

func (s *Server) directoryToken(p directoryPosition) string {
	raw, _ := json.Marshal(p) // strings and numbers only: cannot fail
	return base64.RawURLEncoding.EncodeToString(append(s.sign(raw)[:12:12], raw...))
}

func (s *Server) parseDirectoryToken(token string) (p directoryPosition, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < 12 || !hmac.Equal(raw[:12], s.sign(raw[12:])[:12]) {
		return p, false
	}
	return p, json.NewDecoder(bytes.NewReader(raw[12:])).Decode(&p) == nil
}

// directoryRound is a page of a round being made.
type directoryRound struct {
	c    *call
	t    *directoryType
	log  *directoryLog
	pos  directoryPosition
	size int
	rows [][]byte
	more bool
}

func usersDelta(c *call) (*reply, error) {
	return c.directoryDelta(userType, &c.s.tenant.userLog)
}

func groupsDelta(c *call) (*reply, error) {
	return c.directoryDelta(groupType, &c.s.tenant.groupLog)
}

func contactsDelta(c *call) (*reply, error) {
	return c.directoryDelta(contactType, &c.s.tenant.contactLog)
}

func (c *call) directoryDelta(t *directoryType, log *directoryLog) (*reply, error) {
	pos, err := c.directoryResume(t, log)
	if err != nil {
		return nil, err
	}
	r := &directoryRound{c: c, t: t, log: log, pos: pos, size: c.deltaSize(directoryRow, 999)}
	switch {
	case c.query.Get("deltatoken") == "latest":
	case pos.Initial:
		r.listing()
	default:
		r.changes()
	}
	return r.reply(), nil
}

// directoryResume reads the call's token, or begins a round with what its options say.
func (c *call) directoryResume(t *directoryType, log *directoryLog) (p directoryPosition, err *apiError) {
	skip, delta := c.query.Get("skiptoken"), c.query.Get("deltatoken")
	if skip == "" && (delta == "" || delta == "latest") {
		p = directoryPosition{Set: t.set, Initial: true, Until: log.seq, Select: c.query.Select}
		p.IDs, err = c.trackedIDs(t)
		if err != nil {
			return p, err
		}
		return p, c.checkDirectoryDelta(t)
	}
	p, ok := c.s.parseDirectoryToken(skip + delta)
	if !ok || p.Set != t.set || p.Next != (skip != "") {
		return p, fail(http.StatusBadRequest, "Request_BadRequest", "Badly formed token.")
	}
	age := c.s.now().Sub(time.Unix(p.Issued, 0))
	if age > directoryTokenLife || p.Gen < log.lowest.Load() {
		gone := errSyncState("", "The delta token is no longer valid, and the app must reset the sync state.")
		gone.location = c.origin + "/v1.0/" + t.set + "/delta?$deltatoken="
		return p, gone
	}
	if !p.Next {
		p.Initial, p.Since, p.Until, p.After, p.Part, p.Members = false, p.Until, log.seq, 0, 0, 0
	}
	return p, nil
}

// trackedIDs reads $filter=id eq 'a' or id eq 'b', the only filter of a directory delta.
func (c *call) trackedIDs(t *directoryType) ([]string, *apiError) {
	var ids []string
	for leaf := range c.query.Filter.Leaves() {
		if leaf.Op != "eq" || leaf.Path != "id" || len(leaf.Values) == 0 || leaf.Values[0].Kind != odata.KindString {
			return nil, errUnsupportedQuery("Unsupported Query.")
		}
		ids = append(ids, strings.ToLower(leaf.Values[0].S))
	}
	if len(ids) > 1 && strings.Contains(strings.ToLower(c.query.Get("filter")), " and ") {
		return nil, errUnsupportedQuery("Unsupported Query.")
	}
	if len(ids) > maxTracked {
		return nil, errUnsupportedQuery("Too many objects are specified in the filter: at most %d can be tracked.", maxTracked)
	}
	return ids, nil
}

// checkDirectoryDelta refuses what delta does not offer; members may be selected as if it were a property.
func (c *call) checkDirectoryDelta(t *directoryType) *apiError {
	for _, option := range []string{"orderby", "search", "expand", "skip", "top"} {
		if c.query.Has(option) {
			return errUnsupportedQuery("Unsupported Query.")
		}
	}
	for _, name := range c.query.Select {
		if t.listed(name) == "" && (t != groupType || !strings.EqualFold(name, "members")) {
			return t.errUnknown(name)
		}
	}
	return nil
}

// withMembers tells that the round tracks members: of groups, unless properties without them were selected.
func (r *directoryRound) withMembers() bool {
	return r.t == groupType && (len(r.pos.Select) == 0 || slices.ContainsFunc(r.pos.Select, func(s string) bool { return strings.EqualFold(s, "members") }))
}

func (r *directoryRound) tracks(id string) bool {
	return len(r.pos.IDs) == 0 || slices.Contains(r.pos.IDs, id)
}

// names are the properties that the round tracks.
func (r *directoryRound) names() []string {
	if len(r.pos.Select) == 0 {
		return r.t.byDefault
	}
	var out []string
	for _, s := range r.pos.Select {
		if n := r.t.listed(s); n != "" {
			out = append(out, n)
		}
	}
	return out
}

// all are the objects of the round's kind, by number.
func (r *directoryRound) all() []*entry {
	find := lister(users)
	switch r.t {
	case groupType:
		find = groups
	case contactType:
		find = contacts
	}
	_, list, _ := find(r.c) // whole collections: cannot fail
	return list
}

// listing writes rows of the objects as they are.
func (r *directoryRound) listing() {
	list := r.all()
	for _, e := range list[sort.Search(len(list), func(i int) bool { return list[i].num > r.pos.After }):] {
		if !r.tracks(e.id) {
			continue
		}
		var members []memberChange
		if r.t == groupType {
			for _, m := range r.c.s.tenant.groupByID(e.id).members {
				members = append(members, memberChange{ID: m.id, Type: m.odata})
			}
		}
		if !r.add(e.num, members, func(part []memberChange) []byte { return r.object(e, nil, part) }) {
			return
		}
	}
}

// changes writes rows of what changed.
func (r *directoryRound) changes() {
	for _, sum := range r.log.between(r.pos.Since, r.pos.Until) {
		if sum.first <= r.pos.After || !r.tracks(sum.id) {
			continue
		}
		if sum.removed != "" {
			if !r.add(sum.first, nil, func([]memberChange) []byte { return removedObject(sum.id, sum.removed) }) {
				return
			}
			continue
		}
		e := r.c.s.tenant.object(sum.id)
		touched := slices.ContainsFunc(r.names(), func(n string) bool { return sum.props[n] }) || r.withMembers() && len(sum.members) > 0
		if e == nil || !sum.created && !touched {
			continue // it is gone meanwhile, as the next round will say, or nothing changed that is tracked
		}
		only := sum.props
		if sum.created || !r.c.prefer.minimal {
			only = nil
		}
		if !r.add(sum.first, sum.members, func(part []memberChange) []byte { return r.object(e, only, part) }) {
			return
		}
	}
}

// add takes a row, or several for the members of a large group: a page holds about as many members as rows. It is false when the page is
// full.
func (r *directoryRound) add(num uint64, members []memberChange, write func([]memberChange) []byte) bool {
	if !r.withMembers() {
		members = nil
	}
	if r.pos.Part != num { // the row that was cut is gone
		r.pos.Members = 0
	}
	rest := members[min(r.pos.Members, len(members)):]
	room := r.size - len(r.rows)
	if room <= 0 {
		r.more = true
		return false
	}
	if len(rest) > r.size {
		r.rows = append(r.rows, write(rest[:r.size]))
		r.pos.Part, r.pos.Members = num, r.pos.Members+r.size
		r.more = true
		return false
	}
	r.rows = append(r.rows, write(rest))
	r.pos.After, r.pos.Part, r.pos.Members = num, 0, 0
	return true
}

func removedObject(id, reason string) []byte {
	return []byte(rawJSON(map[string]any{"id": id, "@removed": map[string]string{"reason": reason}}))
}

// object writes a row: the tracked properties that have a value, or, with only, those that changed, emptied ones as null.
func (r *directoryRound) object(e *entry, only map[string]bool, members []memberChange) []byte {
	w := writer{b: []byte{'{'}}
	for _, n := range r.names() {
		v, ok := e.props[n]
		if n == "id" || only != nil && !only[n] || only == nil && !ok || !r.c.sees(r.t, e.id, n) {
			continue
		}
		w.member(n)
		w.b = append(w.b, rawJSON(v)...)
	}
	w.word("id", e.id)
	if len(members) == 0 {
		return append(w.b, '}')
	}
	w.member("members@delta")
	w.b = append(w.b, '[')
	for i, m := range members {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(append(append(append(w.b, `{"@odata.type":"`...), m.Type...), `","id":"`...), m.ID...)
		w.b = append(w.b, '"')
		if m.Left {
			w.b = append(w.b, `,"@removed":{"reason":"deleted"}`...)
		}
		w.b = append(w.b, '}')
	}
	return append(w.b, "]}"...)
}

func (r *directoryRound) reply() *reply {
	context := r.c.origin + "/v1.0/$metadata#" + r.t.set
	if len(r.pos.Select) > 0 {
		context += "(" + strings.Join(r.pos.Select, ",") + ")"
	}
	b := appendQuoted([]byte(`{"@odata.context":`), context)
	p := r.pos
	p.Issued, p.Gen, p.Next = r.c.s.now().Unix(), r.log.generation(r.c.s.cfg.KeepGenerations), r.more
	name, option := "@odata.deltaLink", "$deltatoken"
	if r.more {
		name, option = "@odata.nextLink", "$skiptoken"
	}
	b = append(append(append(b, `,"`...), name...), `":`...)
	b = appendQuoted(b, r.c.origin+"/v1.0/"+r.t.set+"/delta?"+option+"="+url.QueryEscape(r.c.s.directoryToken(p)))
	b = append(b, `,"value":[`...)
	b = append(append(b, bytes.Join(r.rows, []byte{','})...), "]}"...)
	rep := &reply{status: http.StatusOK, body: b}
	if r.c.prefer.minimal && !r.pos.Initial {
		r.c.answerPrefer(rep, "return=minimal")
	} else {
		r.c.answerPrefer(rep)
	}
	return rep
}
