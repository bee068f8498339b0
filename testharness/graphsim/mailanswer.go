package graphsim

import (
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// answerKind is what an answer is to: the sender, everybody, or people outside of the conversation.
type answerKind byte

const (
	answerSender answerKind = iota
	answerAll
	answerForward
)

// Prefixes of answers in the mailbox's language, German, as Exchange writes them (unconfirmed for Graph; the documentation's examples are
// English).
var answerPrefixes = [...]string{"AW: ", "AW: ", "WG: "}

// createAnswer makes the handlers of createReply, createReplyAll and createForward: a draft to change and send.
func createAnswer(kind answerKind) func(*call) (*reply, error) {
	return func(c *call) (*reply, error) {
		g, attached, err := c.answer(kind, false)
		if err != nil {
			return nil, err
		}
		g = c.s.addMessage(c.box, c.box.post().folder(folderDrafts), g, attached)
		return c.messageReply(http.StatusCreated, g), nil
	}
}

// sendAnswer makes the handlers of reply, replyAll and forward.
func sendAnswer(kind answerKind) func(*call) (*reply, error) {
	return func(c *call) (*reply, error) {
		g, attached, err := c.answer(kind, true)
		if err != nil {
			return nil, err
		}
		if err := c.prepare(g, attached); err != nil {
			return nil, err
		}
		c.s.send(c.box, g, attached, true)
		return &reply{status: http.StatusAccepted}, nil
	}
}

// answer makes an answer to the message of the path from the parameters of the action.
func (c *call) answer(kind answerKind, send bool) (*message, []*attachment, *apiError) {
	of, err := c.messageOfPath()
	if err != nil {
		return nil, nil, err
	}
	if of.draft {
		return nil, nil, fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. A draft can't be answered or forwarded.")
	}
	p, comment, err := c.decodeAnswer(kind, send)
	if err != nil {
		return nil, nil, err
	}
	g := &message{
		importance: of.importance, draft: true, read: true, conversation: of.conversation, thread: answerThread(of.thread, c.s.stamp()),
		subject: quote(answerPrefixes[kind] + bareSubject(of.subject.plain())),
	}
	c.address(g, of, kind)
	g.quoteOf(of, comment)
	own := p.msg.body
	if p.set&mBody != 0 {
		g.quoteOf(of, "")
		g.body, g.unique = quote(own.plain()+g.body.plain()), own
		g.preview = p.msg.preview
		p.set &^= mBody
	}
	g.take(&p.msg, p.set)
	attached := slices.DeleteFunc(slices.Clone(c.box.attached[attachKey{of.num, noDate}]), func(a *attachment) bool {
		return kind != answerForward && !a.inline
	})
	return g, append(attached, p.attached...), nil
}

// address sets the recipients: of a reply the sender or whom he named for replies, of a reply to all the others too, never oneself.
func (c *call) address(g, of *message, kind answerKind) {
	if kind == answerForward {
		return
	}
	mine := c.user.addresses()
	others := func(list []person) []person {
		return slices.DeleteFunc(slices.Clone(list), func(p person) bool { return slices.Contains(mine, strings.ToLower(p.address.plain())) })
	}
	g.to = of.replyTo
	if len(g.to) == 0 && of.from.address != "" {
		g.to = []person{of.from}
	}
	if kind != answerAll {
		return
	}
	g.to = others(g.to)
	for _, p := range others(of.to) {
		if !slices.Contains(g.to, p) {
			g.to = append(slices.Clip(g.to), p)
		}
	}
	g.cc = others(of.cc)
}

// quoteOf fills the body with a comment and, below it, the message that is answered.
func (g *message) quoteOf(of *message, comment string) {
	top := "<p>" + strings.ReplaceAll(html.EscapeString(comment), "\n", "<br>") + "</p>"
	head := "<hr><div><b>Von:</b> " + html.EscapeString(of.from.name.plain()) + "<br><b>Betreff:</b> " + html.EscapeString(of.subject.plain()) + "</div><br>"
	whole := "<html><body>" + top + head + innerHTML(of.body.plain()) + "</body></html>"
	g.body, g.preview = quote(whole), previewOf(whole)
	g.unique = quote("<html><body>" + top + "</body></html>")
}

// outsideBody is what stands before and after the content of a document's body.
var outsideBody = regexp.MustCompile(`(?is)^.*?<body\b[^>]*>|</body\s*>.*$`)

// innerHTML is what stands inside the body of a document.
func innerHTML(s string) string { return outsideBody.ReplaceAllString(s, "") }

// decodeAnswer reads the parameters: a comment or a message with a body, and of a forward its recipients in one of two places.
func (c *call) decodeAnswer(kind answerKind, send bool) (*messagePatch, string, *apiError) {
	p := &messagePatch{}
	if len(c.body) == 0 {
		return p, "", checkForward(kind, send, false, false)
	}
	if c.sentText() {
		p, err := c.s.parseMIME(c.body)
		return p, "", err
	}
	members, err := decodeObject(c.body)
	if err != nil {
		return nil, "", err
	}
	var comment text
	if raw, ok := members["comment"]; ok {
		if err := decodeText(raw, &comment); err != nil {
			return nil, "", err
		}
	}
	if raw, ok := members["message"]; ok && !isNull(raw) {
		if p, err = c.s.decodeMessage(raw, false); err != nil {
			return nil, "", err
		}
	}
	if comment.plain() != "" && p.set&mBody != 0 {
		return nil, "", fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. Specify either the comment or the body of the message, not both.")
	}
	direct, err := forwardTo(members["torecipients"], p, kind)
	if err != nil {
		return nil, "", err
	}
	return p, comment.plain(), checkForward(kind, send, direct, !direct && p.set&mTo != 0)
}

// forwardTo takes the recipients that stand beside the message. It tells whether there are any.
func forwardTo(raw json.RawMessage, p *messagePatch, kind answerKind) (bool, *apiError) {
	if kind != answerForward || len(raw) == 0 {
		return false, nil
	}
	if p.set&mTo != 0 {
		return true, fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. Specify toRecipients either as a parameter or in the message, not both.")
	}
	p.set |= mTo
	return true, decodeRecipients("toRecipients", raw, &p.msg.to)
}

// checkForward wants recipients of a message that is forwarded at once.
func checkForward(kind answerKind, send, direct, inside bool) *apiError {
	if kind == answerForward && send && !direct && !inside {
		return fail(http.StatusBadRequest, "ErrorInvalidRecipients", "At least one recipient isn't valid., A message can't be sent because it contains no recipients.")
	}
	return nil
}
