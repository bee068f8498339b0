package graphsim

import (
	"encoding/base64"
	"regexp"
	"strings"
)

// mailShape is how messages are shown in an answer.
type mailShape struct {
	shape
	basic  bool // the token may not see bodies, attachments and extended properties
	unsafe bool // scripts stay in bodies
}

func (c *call) mailShape() mailShape {
	return mailShape{shape: c.shape(), basic: c.basic, unsafe: c.prefer.unsafeHTML}
}

// appendMessage writes a message with its selected members. lead goes before the first member and is a context or empty.
func (sh *mailShape) appendMessage(b []byte, g *message, lead string) []byte {
	w := writer{b: append(append(b, '{'), lead...), sel: sh.sel}
	if sh.typed {
		w.member("@odata.type")
		w.b = append(w.b, `"#microsoft.graph.message"`...)
	}
	w.member("@odata.etag")
	w.b = append(appendChangeKey(append(w.b, `"W/\"`...), g.version), `\""`...)
	w.member("id")
	w.b = append(sh.box.messageID(g).append(append(w.b, '"'), sh.immutable), '"')
	for _, d := range []struct {
		name string
		at   int64
	}{
		{"createdDateTime", g.created}, {"lastModifiedDateTime", g.modified}, {"receivedDateTime", g.received}, {"sentDateTime", g.sent},
	} {
		if w.key(d.name) {
			w.b = appendInstant(w.b, floorDiv(d.at, ticksPerSecond))
		}
	}
	sh.writeMessageHead(&w, g)
	sh.writeMessageBody(&w, g)
	for _, r := range []struct {
		name string
		who  person
	}{{"sender", g.sender}, {"from", g.from}} {
		if r.who.address == "" {
			w.null(r.name)
		} else if w.key(r.name) {
			w.b = appendRecipient(w.b, r.who)
		}
	}
	for _, r := range []struct {
		name string
		list []person
	}{{"toRecipients", g.to}, {"ccRecipients", g.cc}, {"bccRecipients", g.bcc}, {"replyTo", g.replyTo}} {
		if w.key(r.name) {
			w.b = appendRecipients(w.b, r.list)
		}
	}
	if w.key("flag") {
		w.b = sh.appendFlag(w.b, g.flag)
	}
	if w.sel["internetmessageheaders"] {
		w.member("internetMessageHeaders")
		w.b = appendHeaders(w.b, g.headers)
	}
	if !sh.basic {
		sh.writeMessageExpanded(&w, g)
	}
	return append(w.b, '}')
}

func (sh *mailShape) writeMessageHead(w *writer, g *message) {
	if w.key("changeKey") {
		w.b = append(appendChangeKey(append(w.b, '"'), g.version), '"')
	}
	if w.key("categories") {
		w.b = appendTexts(w.b, g.categories)
	}
	w.bool("hasAttachments", sh.box.hasAttachments(attachKey{g.num, noDate}))
	w.text("internetMessageId", g.mid)
	w.text("subject", orEmpty(g.subject))
	if !sh.basic {
		w.text("bodyPreview", orEmpty(g.preview))
	}
	w.word("importance", importanceNames[g.importance])
	if w.key("parentFolderId") {
		f := sh.box.post().folder(g.folder)
		w.b = append(sh.box.mailFolderID(f).append(append(w.b, '"'), sh.immutable), '"')
	}
	if w.key("conversationId") {
		w.b = sh.box.appendConversationID(w.b, g)
	}
	if w.key("conversationIndex") {
		w.b = append(base64.StdEncoding.AppendEncode(append(w.b, '"'), g.thread), '"')
	}
	if g.draft || g.receipt {
		w.bool("isDeliveryReceiptRequested", g.receipt)
	} else {
		w.null("isDeliveryReceiptRequested")
	}
	w.bool("isReadReceiptRequested", g.readReceipt)
	w.bool("isRead", g.read)
	w.bool("isDraft", g.draft)
	if w.key("webLink") {
		w.b = append(w.b, `"https://outlook.office365.com/owa/?ItemID=`...)
		w.b = sh.box.messageID(g).append(w.b, sh.immutable)
		w.b = append(w.b[:len(w.b)-1], `%3D&exvsurl=1&viewmodel=ReadMessageItem"`...)
	}
	w.word("inferenceClassification", inferenceNames[g.inference])
}

func (sh *mailShape) writeMessageBody(w *writer, g *message) {
	if sh.basic {
		return
	}
	if w.key("body") {
		w.b = appendBody(w.b, sh.safe(g.body), false, sh.asText)
	}
	if w.sel["uniquebody"] {
		w.member("uniqueBody")
		unique := g.unique
		if unique == "" {
			unique = g.body
		}
		w.b = appendBody(w.b, sh.safe(unique), false, sh.asText)
	}
}

// The parts of HTML that Graph takes out of bodies unless the client prefers otherwise: elements that run something, and the handlers in
// the tags of others.
var (
	scripts  = regexp.MustCompile(`(?is)<(script|iframe|object|embed)\b.*?(</(script|iframe|object|embed)\s*>|$)`)
	tags     = regexp.MustCompile(`<[A-Za-z][^>]*>`)
	handlers = regexp.MustCompile(`(?i)\son[a-z]+\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)`)
)

func (sh *mailShape) safe(body text) text {
	if sh.unsafe {
		return body
	}
	html := body.plain()
	clean := tags.ReplaceAllStringFunc(scripts.ReplaceAllString(html, ""), func(tag string) string { return handlers.ReplaceAllString(tag, "") })
	if clean == html {
		return body
	}
	return quote(clean)
}

func appendRecipient(b []byte, p person) []byte {
	b = append(b, `{"emailAddress":`...)
	return append(appendPerson(b, p), '}')
}

func appendRecipients(b []byte, list []person) []byte {
	b = append(b, '[')
	for i, p := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendRecipient(b, p)
	}
	return append(b, ']')
}

func (sh *mailShape) appendFlag(b []byte, f *followup) []byte {
	if f == nil {
		return append(b, `{"flagStatus":"notFlagged"}`...)
	}
	b = append(append(append(b, `{"flagStatus":"`...), flagNames[f.status]...), '"')
	for _, d := range []struct {
		name string
		at   int64
	}{{"startDateTime", f.start}, {"dueDateTime", f.due}, {"completedDateTime", f.completed}} {
		if d.at != noInstant {
			b = append(append(append(b, `,"`...), d.name...), `":`...)
			b = sh.appendMoment(b, d.at, false, nil)
		}
	}
	return append(b, '}')
}

func appendHeaders(b []byte, list []mailHeader) []byte {
	b = append(b, '[')
	for i, h := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(append(b, `{"name":`...), h.Name)
		b = append(appendQuoted(append(b, `,"value":`...), h.Value), '}')
	}
	return append(b, ']')
}

// writeMessageExpanded writes the navigation properties of $expand that messages have here.
func (sh *mailShape) writeMessageExpanded(w *writer, g *message) {
	for _, x := range sh.expand {
		if strings.EqualFold(x.Name, "attachments") {
			sh.writeAttachments(w, attachKey{g.num, noDate}, x)
		}
	}
	sh.writeExtras(w, "messages", sh.box.messageID(g), g.extras)
}
