package graphsim

import (
	"bytes"
	"encoding/base64"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"unicode/utf8"
)

// parseMIME reads a message that was sent as MIME in base64 (microsoft-graph-docs, page "outlook-send-mime-message").
func (s *Server) parseMIME(body []byte) (*messagePatch, *apiError) {
	raw, err := base64.StdEncoding.DecodeString(string(bytes.Map(func(r rune) rune {
		if r == ' ' || r == '\r' || r == '\n' || r == '\t' {
			return -1
		}
		return r
	}, body)))
	if err != nil {
		return nil, fail(http.StatusBadRequest, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.")
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, fail(http.StatusBadRequest, "ErrorMimeContentInvalid", "The MIME content is invalid.")
	}
	p := &messagePatch{set: mSubject | mTo | mCC | mBCC | mReplyTo | mBody}
	words := mimeWords()
	subject, err := words.DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		subject = m.Header.Get("Subject")
	}
	g := &p.msg
	g.subject = quote(subject)
	for _, h := range []struct {
		name string
		into *[]person
	}{{"To", &g.to}, {"Cc", &g.cc}, {"Bcc", &g.bcc}, {"Reply-To", &g.replyTo}} {
		if *h.into, err = mimePeople(m.Header, h.name); err != nil {
			return nil, fail(http.StatusBadRequest, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
		}
	}
	if from, err := mimePeople(m.Header, "From"); err == nil && len(from) > 0 {
		g.from, p.set = from[0], p.set|mFrom
	}
	if id := strings.TrimSpace(m.Header.Get("Message-ID")); id != "" {
		g.mid, p.set = quote(id), p.set|mMessageID
	}
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		if strings.HasPrefix(name, "X-") && !strings.HasPrefix(name, "X-Ms-") {
			g.headers, p.set = append(g.headers, mailHeader{name, m.Header.Get(name)}), p.set|mHeaders
		}
	}
	part := &mimeBody{s: s, patch: p}
	if err := part.read(mimeHeader(m.Header), m.Body, 0); err != nil {
		return nil, err
	}
	g.body, g.preview = quote(part.html), previewOf(part.html)
	if len(p.attached) > 0 {
		p.set |= mAttachments
	}
	return p, nil
}

// mimeWords decodes the words of headers in all character sets that bodies may have.
func mimeWords() *mime.WordDecoder {
	return &mime.WordDecoder{CharsetReader: func(charset string, in io.Reader) (io.Reader, error) {
		raw, err := io.ReadAll(in)
		return strings.NewReader(decodeCharset(raw, charset)), err
	}}
}

func mimePeople(h mail.Header, name string) ([]person, error) {
	if h.Get(name) == "" {
		return nil, nil
	}
	parser := mail.AddressParser{WordDecoder: mimeWords()}
	list, err := parser.ParseList(h.Get(name))
	if err != nil {
		return nil, err
	}
	var out []person
	for _, a := range list {
		who := a.Name
		if who == "" {
			who = a.Address
		}
		out = append(out, person{quote(who), quote(a.Address)})
	}
	return out, nil
}

// mimeHeader is a header of a message or a part.
type mimeHeader map[string][]string

func (h mimeHeader) get(name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// mimeBody collects the body, HTML rather than text, and the attachments of a message.
type mimeBody struct {
	s      *Server
	patch  *messagePatch
	html   string
	isHTML bool
}

// maxParts bounds the nesting of parts.
const maxParts = 10

func (p *mimeBody) read(h mimeHeader, body io.Reader, depth int) *apiError {
	invalid := fail(http.StatusBadRequest, "ErrorMimeContentInvalid", "The MIME content is invalid.")
	kind, params, err := mime.ParseMediaType(h.get("Content-Type"))
	if err != nil {
		kind, params = "text/plain", nil
	}
	if strings.HasPrefix(kind, "multipart/") {
		if depth >= maxParts {
			return invalid
		}
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return invalid
			}
			if err := p.read(mimeHeader(part.Header), part, depth+1); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(h.get("Content-Transfer-Encoding")) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return invalid
	}
	p.leaf(h, kind, params, content)
	return nil
}

// leaf takes a part that has no parts: a body or a file.
func (p *mimeBody) leaf(h mimeHeader, kind string, params map[string]string, content []byte) {
	disposition, dispo, _ := mime.ParseMediaType(h.get("Content-Disposition")) //nolint:errcheck // absent is "", which is a body
	name := dispo["filename"]
	if name == "" {
		name = params["name"]
	}
	switch isText := kind == "text/html" || kind == "text/plain"; {
	case isText && disposition != "attachment" && name == "":
		if kind == "text/html" && !p.isHTML {
			p.html, p.isHTML = decodeCharset(content, params["charset"]), true
		} else if kind == "text/plain" && p.html == "" {
			p.html = textToHTML(decodeCharset(content, params["charset"]))
		}
	default:
		if name == "" {
			name = "attachment"
		}
		a := &attachment{name: quote(name), contentType: quote(kind), inline: disposition == "inline", modified: p.s.stamp(), content: content}
		if id := strings.Trim(h.get("Content-Id"), "<>"); id != "" {
			a.contentID = quote(id)
		}
		p.patch.attached = append(p.patch.attached, a)
	}
}

// windows1252 are the characters 0x80 to 0x9f of the character set that Outlook writes where Latin 1 does not suffice.
var windows1252 = [...]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8d, 'Ž', 0x8f,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9d, 'ž', 'Ÿ',
}

// decodeCharset makes UTF-8 of the character sets that mail mostly has; others are read as Windows 1252, which holds Latin 1.
func decodeCharset(b []byte, charset string) string {
	if c := strings.ToLower(charset); (c == "" || c == "utf-8" || c == "us-ascii") && utf8.Valid(b) {
		return string(b)
	}
	out := make([]rune, 0, len(b))
	for _, ch := range b {
		if r := rune(ch); ch < 0x80 || ch > 0x9f {
			out = append(out, r)
		} else {
			out = append(out, windows1252[r-0x80])
		}
	}
	return string(out)
}
