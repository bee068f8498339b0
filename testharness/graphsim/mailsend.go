package graphsim

import (
	"encoding/json"
	"html"
	"net/http"
	"slices"
	"strings"
)

// maxSend is how large a message with its attachments may be to be sent: the tenant's limit, 35 MB unless an administrator changed it.
const maxSend = 35 << 20

// sendMail sends a message that is no draft and, unless told not to, keeps it in Sent Items. 202 says that the service took it, not that
// it arrived.
func sendMail(c *call) (*reply, error) {
	p, save, err := c.decodeSendMail()
	if err != nil {
		return nil, err
	}
	g := c.draft(p)
	if err := c.prepare(g, p.attached); err != nil {
		return nil, err
	}
	c.s.send(c.box, g, p.attached, save)
	return &reply{status: http.StatusAccepted}, nil
}

func (c *call) decodeSendMail() (p *messagePatch, save bool, err *apiError) {
	if c.sentText() {
		p, err = c.s.parseMIME(c.body)
		return p, true, err
	}
	members, err := decodeObject(c.body)
	if err != nil {
		return nil, false, err
	}
	save = true
	if raw, ok := members["savetosentitems"]; ok {
		// The documentation's examples send it as a string too.
		if raw = json.RawMessage(strings.ToLower(strings.Trim(string(raw), `"`))); decodeBool("saveToSentItems", raw, &save) != nil {
			return nil, false, errDeserialize("Cannot convert the value of 'SaveToSentItems' to the expected type 'Edm.Boolean'.")
		}
	}
	raw, ok := members["message"]
	if !ok || isNull(raw) {
		return nil, false, fail(http.StatusBadRequest, "ErrorInvalidParameter", "The value of the parameter 'Message' is invalid: it is required.")
	}
	p, err = c.s.decodeMessage(raw, false)
	return p, save, err
}

// sentText tells that the body is MIME in base64.
func (c *call) sentText() bool {
	return strings.HasPrefix(strings.ToLower(c.header.Get("Content-Type")), "text/plain")
}

// prepare makes a message ready to go: its sender is set and its recipients are checked.
func (c *call) prepare(g *message, attached []*attachment) *apiError {
	owner := person{quote(c.user.name), quote(c.user.smtp())}
	if g.from.address == "" {
		g.from = owner
	}
	if err := c.checkSender(g); err != nil {
		return err
	}
	g.sender = owner
	if c.token != nil && c.token.delegated() && c.token.user != c.user.id {
		if u := c.s.tenant.byID[c.token.user]; u != nil {
			g.sender = person{quote(u.name), quote(u.smtp())}
		}
	}
	everybody := slices.Concat(g.to, g.cc, g.bcc)
	if len(everybody) == 0 {
		return fail(http.StatusBadRequest, "ErrorInvalidRecipients", "At least one recipient isn't valid., A message can't be sent because it contains no recipients.")
	}
	for _, p := range everybody {
		if !isAddress(p.address.plain()) {
			return fail(http.StatusBadRequest, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
		}
	}
	if g.size(attached) > maxSend {
		return fail(http.StatusRequestEntityTooLarge, "ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.")
	}
	g.draft, g.read = false, true
	g.sent = c.s.stamp()
	g.received = g.sent
	return nil
}

// isAddress tells whether a text may be a mail address. Control characters in it would end up in the headers of the message.
func isAddress(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune("<>,;", r) })
}

// checkSender refuses a sender whose owner did not give the mailbox's owner the right to send for him.
func (c *call) checkSender(g *message) *apiError {
	for _, p := range []person{g.from, g.sender} {
		address := strings.ToLower(p.address.plain())
		if address == "" || slices.Contains(c.user.addresses(), address) {
			continue
		}
		me, scoped := c.user.id, true
		if c.token != nil && c.token.delegated() {
			me, scoped = c.token.user, c.token.holds("Mail.Send"+shared)
		}
		if u := c.s.tenant.findByAddress(address); u == nil || u.id != me && (!scoped || u.box == nil || u.box.grants[me].Send < rightWrite) {
			return fail(http.StatusForbidden, "ErrorSendAsDenied", "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account.")
		}
	}
	return nil
}

// send delivers a message that is not stored yet.
func (s *Server) send(m *mailbox, g *message, attached []*attachment, save bool) {
	if save {
		s.addMessage(m, m.post().folder(folderSent), g, attached)
	} else {
		s.identify(m, g, m.nextNum())
	}
	s.deliverMail(m, g, attached)
}

// sendDraft sends a draft. It leaves its folder for Sent Items under a new id; the immutable id stays.
func sendDraft(c *call) (*reply, error) {
	g, err := c.messageOfPath()
	if err != nil {
		return nil, err
	}
	if !g.draft {
		return nil, fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. Only a draft can be sent.")
	}
	attached := c.box.attached[attachKey{g.num, noDate}]
	ready := *g
	if err := c.prepare(&ready, attached); err != nil {
		return nil, err
	}
	*g = ready
	c.s.moveMessage(c.box, g, c.box.post().folder(folderSent))
	c.s.deliverMail(c.box, g, attached)
	return &reply{status: http.StatusAccepted}, nil
}

// deliverMail puts a copy into the inbox of every recipient with a mailbox here and writes the message into the outbox of the simulator.
func (s *Server) deliverMail(m *mailbox, g *message, attached []*attachment) {
	record := Mail{At: s.now(), From: g.from.address.plain(), Kind: "message", Subject: g.subject.plain(), MessageID: g.mid.plain()}
	var boxes []*mailbox
	var lost []string
	for _, p := range slices.Concat(g.to, g.cc, g.bcc) {
		address := p.address.plain()
		record.To = append(record.To, address)
		found, known := s.recipientBoxes(address)
		if !known && strings.HasSuffix(strings.ToLower(address), "@"+s.tenant.domain) {
			lost = append(lost, address)
		}
		for _, box := range found {
			if !slices.Contains(boxes, box) {
				boxes = append(boxes, box)
			}
		}
	}
	s.tenant.outbox = append(s.tenant.outbox, record)
	for _, box := range boxes {
		s.deliverTo(box, g, attached)
	}
	if len(lost) > 0 {
		s.bounce(m, g, lost)
	}
}

// deliverTo puts a message into an inbox: unread, with the headers of its way, without what is the sender's own.
func (s *Server) deliverTo(m *mailbox, g *message, attached []*attachment) *message {
	copied := *g
	copied.bcc, copied.categories, copied.flag, copied.extras = nil, nil, nil, nil
	copied.draft, copied.read, copied.inference = false, false, 0
	copied.received = s.stamp()
	copied.headers = s.transportHeaders(&copied)
	return s.addMessage(m, m.post().folder(folderInbox), &copied, attached)
}

// recipientBoxes are the mailboxes behind an address: a user's, or those of the members of a group that has mail. known tells that the
// address is somebody's.
func (s *Server) recipientBoxes(address string) (boxes []*mailbox, known bool) {
	if u := s.tenant.findByAddress(address); u != nil {
		if u.box == nil {
			return nil, true
		}
		return []*mailbox{u.box}, true
	}
	members, known := s.tenant.membersByAddress(address)
	for _, id := range members {
		if u := s.tenant.byID[id]; u != nil && u.box != nil {
			boxes = append(boxes, u.box)
		}
	}
	return boxes, known
}

// bounce reports to the sender that addresses of the tenant do not exist.
func (s *Server) bounce(m *mailbox, g *message, lost []string) {
	system := person{quote("Microsoft Outlook"), quote("MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@" + s.tenant.domain)}
	body := "<html><body><p>Ihre Nachricht konnte nicht zugestellt werden an:</p><ul>"
	for _, a := range lost {
		body += "<li>" + html.EscapeString(a) + "</li>"
	}
	body += "</ul><p>550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup</p></body></html>"
	report := &message{
		subject: quote("Unzustellbar: " + g.subject.plain()), body: quote(body), preview: previewOf(body), from: system, sender: system,
		to: []person{g.from}, importance: 1, conversation: g.conversation, thread: answerThread(g.thread, s.stamp()),
	}
	s.identify(m, report, m.nextNum())
	report.sent = s.stamp()
	s.deliverTo(m, report, nil)
}
