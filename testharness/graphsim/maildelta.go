package graphsim

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

const (
	mailDeltaMost  = 512  // rows of a page, whatever the client prefers (measured)
	mailDeltaFound = 5000 // messages that a filtered round tells of (microsoft-graph-docs, page "delta-query-messages")
)

// refuseMessageDelta answers for the mailbox as a whole: only folders track their messages (msgraph-metadata issue 607).
func refuseMessageDelta(*call) (*reply, error) {
	return nil, fail(http.StatusBadRequest, "BadRequest", "Unsupported request: Change tracking is not supported against 'microsoft.graph.message'.")
}

// mailRound is a round of a folder's messages with the options that its first request chose; they live in the token.
type mailRound struct {
	c       *call
	folder  *mailFolder
	page    *deltaPage
	shape   mailShape
	since   int64  // received at or after this stamp; noInstant: all
	newest  bool   // sorted by the time of receipt, newest first
	changes string // "created", "updated", "deleted" or "" for all
}

// messageDelta answers a round of a folder's messages.
func messageDelta(c *call) (*reply, error) {
	f, err := c.mailFolder()
	if err != nil {
		return nil, err
	}
	if err := c.refuse("Messages", "search", "skip", "count"); err != nil {
		return nil, err
	}
	pos, err := c.resumeWith(deltaMessages, f.num, &f.feed, "select", "expand", "filter", "orderby", "changetype")
	if err != nil {
		return nil, err
	}
	r := &mailRound{c: c, folder: f, shape: c.mailShape()}
	if err := r.decode(); err != nil {
		return nil, err
	}
	r.shape.typed = true
	r.page = c.newPage(pos, c.deltaSize(deltaDefaultPage, mailDeltaMost))
	if r.since != noInstant && pos.initial && r.page.pos.left < 0 {
		r.page.pos.left = mailDeltaFound
	}
	if pos.initial {
		r.listing()
	} else {
		r.changed()
	}
	return r.page.reply(c, "Collection(message)", &f.feed, false), nil
}

// decode reads the options that a round takes: a filter on the time of receipt alone, and one order.
func (r *mailRound) decode() *apiError {
	q := &r.c.query
	r.since = noInstant
	if err := r.c.checkQuery(); err != nil {
		return err
	}
	for leaf := range q.Filter.Leaves() {
		if leaf.Path != "receiveddatetime" || leaf.Op != "ge" && leaf.Op != "gt" || leaf.Values[0].Kind != odata.KindStamp || r.since != noInstant {
			return fail(http.StatusBadRequest, "ErrorInvalidUrlQueryFilter", "Only a filter receivedDateTime ge or receivedDateTime gt is supported with change tracking over the 'Messages' resource.")
		}
		r.since = leaf.Values[0].T
		if leaf.Op == "gt" {
			r.since += ticksPerSecond
		}
	}
	if len(q.OrderBy) > 0 {
		if k := q.OrderBy[0]; len(q.OrderBy) > 1 || !strings.EqualFold(k.Path, "receivedDateTime") || !k.Descending {
			return fail(http.StatusBadRequest, "ErrorInvalidUrlQuery", "Only $orderby=receivedDateTime desc is supported with change tracking over the 'Messages' resource.")
		}
		r.newest = true
	}
	r.changes = strings.ToLower(q.Get("changetype"))
	if r.changes != "" && r.changes != "created" && r.changes != "updated" && r.changes != "deleted" {
		return fail(http.StatusBadRequest, "ErrorInvalidParameter", "The value '%s' of parameter 'ChangeType' is invalid.", q.Get("changetype"))
	}
	return nil
}

func (r *mailRound) holds(g *message) bool {
	return g.folder == r.folder.num && (r.since == noInstant || g.received >= r.since)
}

func (r *mailRound) row(g *message) func([]byte) []byte {
	return func(b []byte) []byte { return r.shape.appendMessage(b, g, "") }
}

// listing is the first round: all that the folder holds.
func (r *mailRound) listing() {
	post := r.c.box.post()
	if !r.newest {
		for _, g := range post.messages.from(r.page.pos.num) {
			if r.holds(g) && !r.page.add(g.num, noDate, r.row(g)) {
				return
			}
		}
		return
	}
	var list []*message
	for _, g := range post.messages.items {
		if r.holds(g) {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, newestFirst)
	// The token of a sorted round names the last message and when it was received.
	last := &message{num: r.page.pos.num, received: r.page.pos.window.from}
	at := &r.page.pos
	for _, g := range list {
		if last.num != 0 && newestFirst(g, last) <= 0 {
			continue
		}
		at.num, at.date = 0, noDate // each row is new here; reply takes the place from the last row
		if !r.page.add(g.num, noDate, r.row(g)) {
			return
		}
		at.window.from = g.received
	}
}

// mailChange is what a folder's feed says about one message since the token.
type mailChange struct {
	num      uint64
	moves    []uint32 // ids it had
	created  bool
	readOnly bool // nothing changed but the read flag
}

// changed is a later round.
func (r *mailRound) changed() {
	seen := map[uint64]*mailChange{}
	var list []*mailChange
	for _, ch := range r.folder.feed.since(r.page.pos.since) {
		m := seen[ch.num]
		if m == nil {
			m = &mailChange{num: ch.num, readOnly: true}
			seen[ch.num] = m
			list = append(list, m)
		}
		if !slices.Contains(m.moves, ch.moves) {
			m.moves = append(m.moves, ch.moves)
		}
		m.created = m.created || ch.what == mailCreated
		m.readOnly = m.readOnly && ch.what == mailRead
	}
	slices.SortFunc(list, func(a, b *mailChange) int { return cmp.Compare(a.num, b.num) })
	for _, m := range list {
		slices.Sort(m.moves)
		if m.num >= r.page.pos.num && !r.one(m) {
			return
		}
	}
}

// one adds the rows of a message: itself under its id, and a removal for each id it has no more. With immutable ids a message that left
// and came back has no removal.
func (r *mailRound) one(m *mailChange) bool {
	g, ok := r.c.box.post().messages.get(m.num)
	ok = ok && g.folder == r.folder.num
	if ok && r.since != noInstant && g.received < r.since {
		return true
	}
	if ok && r.wants(m) && !r.page.add(m.num, noDate, r.changedRow(m, g)) {
		return false
	}
	if r.changes != "" && r.changes != "deleted" {
		return true
	}
	now := uint32(0)
	if ok {
		now = g.moves
	}
	return r.page.addGone(m.num, m.moves, ok, now, r.shape.immutable, func(moves uint32) func([]byte) []byte { return r.removedRow(m.num, moves) })
}

func (r *mailRound) wants(m *mailChange) bool {
	switch r.changes {
	case "":
		return true
	case "created":
		return m.created
	case "updated":
		return !m.created
	default:
		return false
	}
}

// changedRow is the whole message or, when it was only read, its id and the flag.
func (r *mailRound) changedRow(m *mailChange, g *message) func([]byte) []byte {
	if !m.readOnly {
		return r.row(g)
	}
	short := r.shape
	short.sel, short.expand = map[string]bool{"isread": true}, nil
	return func(b []byte) []byte { return short.appendMessage(b, g, "") }
}

func (r *mailRound) removedRow(num uint64, moves uint32) func([]byte) []byte {
	return func(b []byte) []byte {
		b = append(b, `{"@odata.type":"#microsoft.graph.message","id":"`...)
		b = itemID{class: classMessage, box: r.c.box.key, num: num, moves: moves, date: noDate}.append(b, r.shape.immutable)
		return append(b, `","@removed":{"reason":"deleted"}}`...)
	}
}

// mailFolderDelta answers a round of the mail folders; what happens to their messages is not in it (microsoft-graph-docs issue 6576).
func mailFolderDelta(c *call) (*reply, error) {
	if err := c.refuse("MailFolders", "orderby", "filter", "search", "top"); err != nil {
		return nil, err
	}
	post := c.box.post()
	pos, err := c.resumeWith(deltaMailFolders, 0, &post.feed, "select", "includehiddenfolders")
	if err != nil {
		return nil, err
	}
	if err := c.checkQuery(); err != nil {
		return nil, err
	}
	sh := c.folderShape()
	sh.typed, sh.expand = true, nil
	r := &folderRound{c: c, page: c.newPage(pos, c.deltaSize(deltaDefaultPage, mostPage)), shape: sh}
	if pos.initial {
		r.listing()
	} else {
		r.changed()
	}
	return r.page.reply(c, "Collection(mailFolder)", &post.feed, false), nil
}

// folderRound makes the rows of a page of folders.
type folderRound struct {
	c     *call
	page  *deltaPage
	shape folderShape
}

// shows tells whether a folder is in the round: below the root, and hidden ones only on request.
func (r *folderRound) shows(f *mailFolder) bool {
	return f != nil && f.num != folderRoot && (r.shape.hidden || !f.hidden) && r.c.box.post().below(f, folderRoot)
}

// listing is the first round.
func (r *folderRound) listing() {
	for _, f := range r.c.box.post().folders {
		if f.num >= r.page.pos.num && r.shows(f) && !r.row(f) {
			return
		}
	}
}

// changed is a later round. A folder that moved keeps its id; one that is gone, or not in the round, is removed.
func (r *folderRound) changed() {
	post := r.c.box.post()
	for _, ch := range touched(post.feed.since(r.page.pos.since)) {
		f := post.folder(ch.num)
		if r.shows(f) {
			if !r.row(f) {
				return
			}
			continue
		}
		removed := func(b []byte) []byte {
			b = append(b, `{"@odata.type":"#microsoft.graph.mailFolder","id":"`...)
			b = r.c.box.mailFolderID(&mailFolder{num: ch.num}).append(b, false)
			return append(b, `","@removed":{"reason":"deleted"}}`...)
		}
		if (f == nil || !f.hidden) && !r.page.add(ch.num, noDate, removed) {
			return
		}
	}
}

func (r *folderRound) row(f *mailFolder) bool {
	return r.page.add(f.num, noDate, func(b []byte) []byte { return r.shape.appendMailFolder(b, f, "") })
}
