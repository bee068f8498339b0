package graphsim

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A delta token is a position: which collection, which window, since and until which change of its feed, and the last row that was
// delivered. Nothing is kept on the server but the log of changes, so a token can be replayed any number of times. A round reports the
// changes up to its beginning for sure; what changes while it runs comes at the latest with the next round, maybe twice.

// deltaKind says what a token pages over.
type deltaKind byte

const (
	deltaView deltaKind = iota + 1 // calendarView/delta
	deltaTasks
	deltaLists
	deltaContacts
	deltaFolders
	deltaEvents // events/delta
	deltaMessages
	deltaMailFolders
)

// position is the content of a token.
type position struct {
	kind       deltaKind
	box        uint64
	collection uint64
	window     window
	generation uint64
	initial    bool   // a full listing, not changes
	next       bool   // a next link's token; else a delta link's
	since      uint64 // changes after this
	until      uint64 // the feed's end when the round began
	num        uint64 // the last row delivered
	date       int32
	left       int64  // rows that $top still allows; -1: no limit
	options    string // the options of the first request that hold for the whole round and the later ones, as a raw query
}

// positionBytes is the length of a position's fields before its options.
const positionBytes = 79

func (p *position) fields() []any {
	return []any{p.kind, p.box, p.collection, p.window.from, p.window.to, p.generation, p.initial, p.next, p.since, p.until, p.num, p.date, p.left}
}

// token writes a position, signed.
func (s *Server) deltaToken(p position) string {
	var b []byte
	for _, f := range p.fields() {
		b, _ = binary.Append(b, binary.BigEndian, f) // fixed-size values: cannot fail
	}
	b = append(b, p.options...)
	return base64.RawURLEncoding.EncodeToString(append(b, s.sign(b)[:8]...))
}

// parseDeltaToken reads a token; a damaged one is not ok.
func (s *Server) parseDeltaToken(token string) (p position, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < positionBytes+8 {
		return p, false
	}
	body, sum := raw[:len(raw)-8], raw[len(raw)-8:]
	if !hmac.Equal(sum, s.sign(body)[:8]) {
		return p, false
	}
	for _, f := range []any{
		&p.kind, &p.box, &p.collection, &p.window.from, &p.window.to, &p.generation, &p.initial, &p.next, &p.since, &p.until, &p.num, &p.date, &p.left,
	} {
		n, err := binary.Decode(body, binary.BigEndian, f)
		if err != nil {
			return p, false
		}
		body = body[n:]
	}
	p.options = string(body)
	return p, true
}

// deltaOptions are the options of a first request that go into the token.
func (c *call) deltaOptions(names ...string) string {
	kept := url.Values{}
	for _, name := range names {
		if c.query.Has(name) {
			kept.Set(name, c.query.Get(name))
		}
	}
	return kept.Encode()
}

// restoreOptions makes the options of a token those of the call.
func (c *call) restoreOptions(options string) (err *apiError) {
	top := c.query.Top
	c.query, err = parseQuery(options)
	c.query.Top = top
	return err
}

// resumeWith is resume for rounds whose options come from their first request: those of the names that it gives.
func (c *call) resumeWith(kind deltaKind, collection uint64, f *feed, names ...string) (p position, err *apiError) {
	p, resumed, err := c.resume(kind, collection, f)
	if err != nil {
		return p, err
	}
	if !resumed {
		p.options = c.deltaOptions(names...)
	}
	return p, c.restoreOptions(p.options)
}

func errSyncState(inner, format string, args ...any) *apiError {
	e := fail(http.StatusGone, "SyncStateNotFound", format, args...)
	e.inner = inner
	return e
}

// resume reads the token of a call, if it has one, and checks that it belongs here. A call without a token begins a round.
func (c *call) resume(kind deltaKind, collection uint64, f *feed) (p position, resumed bool, err *apiError) {
	skip, delta := c.query.Get("skiptoken"), c.query.Get("deltatoken")
	if skip == "" && delta == "" {
		return position{
			kind: kind, box: c.box.key, collection: collection, initial: true, until: f.seq, left: -1, date: noDate,
		}, false, nil
	}
	p, ok := c.s.parseDeltaToken(skip + delta)
	switch {
	case !ok && (kind == deltaTasks || kind == deltaLists):
		return p, false, fail(http.StatusBadRequest, "BadRequest", "Badly formed token.")
	case !ok:
		return p, false, errSyncState("SyncStateInvalid", "The delta token is no longer valid, and the app must reset the sync state.")
	case p.kind != kind || p.box != c.box.key || p.collection != collection || p.next != (skip != ""):
		return p, false, errSyncState("SyncStateInvalid", "The delta token is no longer valid, and the app must reset the sync state.")
	case p.generation < f.lowest.Load() || p.since > f.seq || p.until > f.seq:
		return p, false, errSyncState("SyncStateNotFound", "The sync state generation is not found; generation=%d;[highest=%d][lowest=%d]", p.generation, f.issued.Load(), f.lowest.Load())
	}
	if !p.next {
		p.initial, p.since, p.until, p.num, p.date = false, p.until, f.seq, 0, noDate
	}
	return p, true, nil
}

// refuse answers 400 for options that change tracking does not support.
func (c *call) refuse(resource string, options ...string) *apiError {
	var all []string
	hit := false
	for _, o := range options {
		all = append(all, "$"+o)
		hit = hit || c.query.Has(o)
	}
	if !hit {
		return nil
	}
	return fail(http.StatusBadRequest, "ErrorInvalidUrlQuery",
		"The following parameters are not supported with change tracking over the '%s' resource: '%s'.", resource, strings.Join(all, ", "))
}

// deltaRow is a row of a round: its place in the order and how to write it.
type deltaRow struct {
	num   uint64
	date  int32
	write func(b []byte) []byte
}

// deltaPage collects the rows of one page.
type deltaPage struct {
	pos   position
	size  int
	rows  []deltaRow
	more  bool                    // rows are left over for another page
	extra []func(b []byte) []byte // written after the rows, without a place in the order
}

// skips tells that a row was delivered on an earlier page.
func (d *deltaPage) skips(num uint64, date int32) bool {
	return num < d.pos.num || num == d.pos.num && date <= d.pos.date && d.pos.num > 0
}

// add takes a row that skips does not hold back; false: the page is full.
func (d *deltaPage) add(num uint64, date int32, write func(b []byte) []byte) bool {
	if d.skips(num, date) {
		return true
	}
	if len(d.rows) >= d.size || d.pos.left == 0 {
		d.more = d.pos.left != 0
		return false
	}
	d.rows = append(d.rows, deltaRow{num, date, write})
	if d.pos.left > 0 {
		d.pos.left--
	}
	return true
}

// addGone adds a removal for each id that an item had, by the number of its moves, and has no more. here tells that it is still in the
// collection, as moved now times. With immutable ids an item that left and came back has no removal. The place of a removal is that of its
// id, so that pages agree whatever happens to the item between them.
func (d *deltaPage) addGone(num uint64, had []uint32, here bool, now uint32, immutable bool, removed func(moves uint32) func([]byte) []byte) bool {
	for _, moves := range had {
		if here && (moves == now || immutable) {
			continue
		}
		if !d.add(num, noDate+1+int32(moves), removed(moves)) {
			return false
		}
		if immutable {
			return true
		}
	}
	return true
}

// reply writes the page with its next link or delta link. late puts the delta link on an extra empty page after any rows, as To Do does.
func (d *deltaPage) reply(c *call, context string, f *feed, late bool) *reply {
	b := append(make([]byte, 0, 4096), `{"@odata.context":`...)
	b = appendQuoted(b, c.origin+"/v1.0/$metadata#"+context)
	b = append(b, `,"value":[`...)
	for i, row := range d.rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = row.write(b)
		if i == 0 {
			b = roomFor(b, len(d.rows))
		}
	}
	for _, write := range d.extra {
		b = write(append(b, ','))
	}
	b = append(b, ']')
	p := d.pos
	p.generation = f.generation(c.s.cfg.KeepGenerations)
	name, option := "@odata.deltaLink", "$deltatoken"
	p.next = d.more || late && len(d.rows) > 0
	if p.next {
		name, option = "@odata.nextLink", "$skiptoken"
		if n := len(d.rows); n > 0 {
			p.num, p.date = d.rows[n-1].num, d.rows[n-1].date
		}
	} else {
		p.left = -1
	}
	b = append(append(append(b, `,"`...), name...), `":`...)
	b = appendQuoted(b, c.origin+"/v1.0"+c.path+"?"+option+"="+url.QueryEscape(c.s.deltaToken(p)))
	rep := &reply{status: http.StatusOK, body: append(b, '}')}
	applied := []string{"odata.track-changes"}
	if c.prefer.pageSize > 0 {
		applied = append(applied, "odata.maxpagesize="+itoa(c.prefer.pageSize))
	}
	c.answerPrefer(rep, applied...)
	return rep
}

// deltaSize is the page size of a delta call: only the preferred size counts, and it is not kept in the token.
func (c *call) deltaSize(byDefault, most int) int {
	if c.prefer.pageSize > 0 {
		return min(c.prefer.pageSize, most)
	}
	return byDefault
}

// newPage begins a page, taking over $top, which was seen to cap a whole round.
func (c *call) newPage(p position, size int) *deltaPage {
	if c.query.Top >= 0 && p.left < 0 {
		p.left = int64(c.query.Top)
	}
	return &deltaPage{pos: p, size: size}
}

// touched are the items of a feed's changes after since, each once and in the order of their numbers.
func touched(log []change) []change {
	seen := map[uint64]int{}
	var out []change
	for _, ch := range log {
		if i, ok := seen[ch.num]; ok {
			out[i] = ch
			continue
		}
		seen[ch.num] = len(out)
		out = append(out, ch)
	}
	sortChanges(out)
	return out
}

// movesOf are, by item, the numbers of moves with which a feed's changes know it: each stands for an id that it had.
func movesOf(log []change) map[uint64][]uint32 {
	out := map[uint64][]uint32{}
	for _, ch := range log {
		if !slices.Contains(out[ch.num], ch.moves) {
			out[ch.num] = append(out[ch.num], ch.moves)
		}
	}
	return out
}
