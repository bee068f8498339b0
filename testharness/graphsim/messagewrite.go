package graphsim

import (
	"net/http"
	"strconv"
)

// What happened to a message, for its folder's feed: only a change of the read flag makes a short row in delta.
const (
	mailUpdated byte = iota
	mailCreated
	mailRead
)

// addMessage stores a message with its attachments in a folder.
func (s *Server) addMessage(m *mailbox, f *mailFolder, g *message, attached []*attachment) *message {
	g.num, g.folder, g.moves = m.nextNum(), f.num, 0
	g.created = s.stamp()
	if g.received == 0 {
		g.received = g.created
	}
	if g.sent == 0 {
		g.sent = g.received
	}
	s.identify(m, g, g.num)
	m.post().messages.add(g)
	m.attach(attachKey{g.num, noDate}, attached...)
	s.touchMessage(m, g, mailCreated)
	return g
}

// identify gives a message that has none its Internet message id and a conversation, made of a number.
func (s *Server) identify(m *mailbox, g *message, num uint64) {
	if g.mid == "" {
		g.mid = s.newMessageID(m, num)
	}
	if g.conversation == [16]byte{} {
		g.conversation = uidBytes(m.key, num)
		g.thread = newThread(ticksOf(s.now()), g.conversation)
	}
}

// touchMessage gives a message a new version and logs the change.
func (s *Server) touchMessage(m *mailbox, g *message, what byte) {
	g.version, g.modified = s.tenant.nextVersion(), s.stamp()
	m.post().folder(g.folder).feed.add(change{num: g.num, moves: g.moves, date: noDate, what: what})
}

// moveMessage puts a message into another folder, where it gets a new id; immutable ids stay.
func (s *Server) moveMessage(m *mailbox, g *message, to *mailFolder) {
	m.post().folder(g.folder).feed.add(change{num: g.num, moves: g.moves, date: noDate})
	g.folder = to.num
	g.moves++
	s.touchMessage(m, g, mailCreated)
}

// copyMessage puts a copy into a folder.
func (s *Server) copyMessage(m *mailbox, g *message, to *mailFolder) *message {
	twin := *g
	return s.addMessage(m, to, &twin, m.attached[attachKey{g.num, noDate}])
}

// deleteMessage puts a message into Deleted Items, from there where only recovery sees it, and from there away.
func (s *Server) deleteMessage(m *mailbox, g *message) {
	post := m.post()
	switch {
	case g.folder == folderRecoverable:
		s.dropMessage(m, g)
	case post.below(post.folder(g.folder), folderDeleted):
		s.moveMessage(m, g, post.folder(folderRecoverable))
	default:
		s.moveMessage(m, g, post.folder(folderDeleted))
	}
}

// dropMessage removes a message for good.
func (s *Server) dropMessage(m *mailbox, g *message) {
	post := m.post()
	post.messages.remove(g.num)
	m.detach(g.num)
	post.folder(g.folder).feed.add(change{num: g.num, moves: g.moves, date: noDate})
}

// draft makes an unsent message of the mailbox's owner.
func (c *call) draft(p *messagePatch) *message {
	g := &message{importance: 1, draft: true, read: true}
	g.take(&p.msg, p.set)
	return g
}

// messageFlags is the property that tells an unsent message; who sets it can make messages that are no drafts, as tools that copy mailboxes
// do (MS-OXCMSG, PidTagMessageFlags).
const messageFlags, flagUnsent = "Integer 0xe07", 8

// asFlagged makes a new message a received one if its message flags say so.
func (g *message) asFlagged() {
	if g.extras == nil {
		return
	}
	for _, p := range g.extras.single {
		if n, err := strconv.Atoi(p.values[0]); p.id == messageFlags && err == nil && n&flagUnsent == 0 {
			g.draft, g.read = false, n&1 != 0
		}
	}
}

// createMessage makes a draft in Drafts, or in the folder of the path. MIME is taken for the mailbox only (microsoft-graph-docs issue
// 16368).
func createMessage(c *call) (*reply, error) {
	f := c.box.post().folder(folderDrafts)
	if c.vars["mailfolder"] != "" {
		var err *apiError
		if f, err = c.mailFolder(); err != nil {
			return nil, err
		}
		if c.sentText() {
			return nil, errDeserialize("Unable to deserialize the request body.")
		}
	}
	p, err := c.messageBody()
	if err != nil {
		return nil, err
	}
	g := c.draft(p)
	g.asFlagged()
	g = c.s.addMessage(c.box, f, g, p.attached)
	c.showExtensions(g.extras)
	return c.messageReply(http.StatusCreated, g), nil
}

// messageBody reads a message that was sent as JSON or, as text/plain, as MIME in base64.
func (c *call) messageBody() (*messagePatch, *apiError) {
	if c.sentText() {
		return c.s.parseMIME(c.body)
	}
	return c.s.decodeMessage(c.body, false)
}

func updateMessage(c *call) (*reply, error) {
	g, err := c.messageOfPath()
	if err != nil {
		return nil, err
	}
	if err := c.ifMatch(g.version); err != nil {
		return nil, err
	}
	p, err := c.s.decodeMessage(c.body, true)
	if err != nil {
		return nil, err
	}
	if len(p.msg.extras.openList()) > 0 {
		return nil, errInternal() // extensions are written below the message
	}
	if !g.draft && p.set&^mAlways != 0 {
		return nil, errDraftOnly()
	}
	if p.set&mAttachments != 0 {
		return nil, fail(http.StatusBadRequest, "ErrorInvalidPropertySet", "Set action is invalid for property.")
	}
	g.take(&p.msg, p.set)
	c.s.identify(c.box, g, g.num)
	what := mailUpdated
	if p.set == mRead {
		what = mailRead
	}
	c.s.touchMessage(c.box, g, what)
	return c.messageReply(http.StatusOK, g), nil
}

func moveMessage(c *call) (*reply, error) {
	g, to, err := c.messageAndDestination()
	if err != nil {
		return nil, err
	}
	c.s.moveMessage(c.box, g, to)
	return c.messageReply(http.StatusCreated, g), nil
}

func (c *call) messageAndDestination() (*message, *mailFolder, *apiError) {
	g, err := c.messageOfPath()
	if err != nil {
		return nil, nil, err
	}
	to, err := c.destination()
	return g, to, err
}

func copyMessage(c *call) (*reply, error) {
	g, to, err := c.messageAndDestination()
	if err != nil {
		return nil, err
	}
	return c.messageReply(http.StatusCreated, c.s.copyMessage(c.box, g, to)), nil
}

func deleteMessage(c *call) (*reply, error) {
	g, err := c.messageOfPath()
	if err != nil {
		return nil, err
	}
	if err := c.ifMatch(g.version); err != nil {
		return nil, err
	}
	c.s.deleteMessage(c.box, g)
	return &reply{status: http.StatusNoContent}, nil
}

func permanentDeleteMessage(c *call) (*reply, error) {
	g, err := c.messageOfPath()
	if err != nil {
		return nil, err
	}
	c.s.dropMessage(c.box, g)
	return &reply{status: http.StatusNoContent}, nil
}
