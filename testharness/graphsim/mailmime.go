package graphsim

import (
	"encoding/base64"
	"mime"
	"net/http"
	"net/mail"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// messageValue answers a message as MIME (RFC 5322).
func messageValue(c *call) (*reply, error) {
	g, err := c.messageOfPath()
	if err != nil {
		return nil, err
	}
	rep := &reply{status: http.StatusOK, body: c.s.mimeOf(g, c.box.attached[attachKey{g.num, noDate}])}
	rep.set("Content-Type", "text/plain")
	return rep, nil
}

// mimeOf writes a message with its files. Attached items and links are left out.
func (s *Server) mimeOf(g *message, attached []*attachment) []byte {
	var b []byte
	headers := g.headers
	if !hasHeader(headers, "Message-ID") {
		headers = append(s.ownHeaders(g), headers...)
	}
	for _, h := range headers {
		if !strings.EqualFold(h.Name, "Content-Type") {
			b = appendHeader(b, h.Name, h.Value)
		}
	}
	body := base64Lines([]byte(g.body.plain()))
	if len(attached) == 0 {
		b = append(b, "Content-Type: text/html; charset=\"utf-8\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"...)
		return append(b, body...)
	}
	boundary := "_004_" + strconv.FormatUint(keyOf(g.mid.plain()), 16) + "_"
	b = appendHeader(b, "Content-Type", `multipart/mixed; boundary="`+boundary+`"`)
	b = append(b, "\r\n--"+boundary+"\r\nContent-Type: text/html; charset=\"utf-8\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"...)
	b = append(b, body...)
	for _, a := range attached {
		if a.kind == fileAttachment {
			b = a.appendPart(append(b, "--"+boundary+"\r\n"...))
		}
	}
	return append(b, "--"+boundary+"--\r\n"...)
}

// appendPart writes a file as a part of a message.
func (a *attachment) appendPart(b []byte) []byte {
	kind, params, err := mime.ParseMediaType(a.contentType.plain())
	if err != nil || mime.FormatMediaType(kind, params) == "" {
		kind, params = "application/octet-stream", map[string]string{}
	}
	params["name"] = a.name.plain()
	disposition := "attachment"
	if a.inline {
		disposition = "inline"
	}
	b = appendHeader(b, "Content-Type", mime.FormatMediaType(kind, params))
	b = appendHeader(b, "Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": a.name.plain()}))
	if id := a.contentID.plain(); id != "" {
		b = appendHeader(b, "Content-ID", "<"+id+">")
	}
	return append(append(b, "Content-Transfer-Encoding: base64\r\n\r\n"...), base64Lines(a.content)...)
}

func hasHeader(list []mailHeader, name string) bool {
	for _, h := range list {
		if strings.EqualFold(h.Name, name) {
			return true
		}
	}
	return false
}

// ownHeaders are those that a message's properties make.
func (s *Server) ownHeaders(g *message) []mailHeader {
	var out []mailHeader
	for _, h := range []struct {
		name string
		list []person
	}{{"From", []person{g.from}}, {"To", g.to}, {"CC", g.cc}, {"BCC", g.bcc}, {"Reply-To", g.replyTo}} {
		if len(h.list) > 0 && h.list[0].address != "" {
			out = append(out, mailHeader{h.name, addressList(h.list)})
		}
	}
	return append(out,
		mailHeader{"Subject", mime.QEncoding.Encode("utf-8", g.subject.plain())},
		mailHeader{"Thread-Index", base64.StdEncoding.EncodeToString(g.thread)},
		mailHeader{"Date", timeOf(g.sent).Format("Mon, 2 Jan 2006 15:04:05 -0700")},
		mailHeader{"Message-ID", g.mid.plain()},
		mailHeader{"MIME-Version", "1.0"},
		mailHeader{"Content-Type", "text/html; charset=\"utf-8\""},
	)
}

// transportHeaders are the headers with which a message arrives.
func (s *Server) transportHeaders(g *message) []mailHeader {
	received := "from " + s.tenant.domain + " by " + s.tenant.domain + " with Microsoft SMTP Server; " + timeOf(g.received).Format("Mon, 2 Jan 2006 15:04:05 -0700")
	return append(append([]mailHeader{{"Received", received}}, s.ownHeaders(g)...), g.headers...)
}

func timeOf(stamp int64) time.Time {
	return time.Unix(floorDiv(stamp, ticksPerSecond), 0).UTC()
}

func addressList(list []person) string {
	var out []string
	for _, p := range list {
		name := p.name.plain()
		if name == p.address.plain() {
			name = ""
		}
		out = append(out, (&mail.Address{Name: name, Address: p.address.plain()}).String())
	}
	return strings.Join(out, ", ")
}

// appendHeader writes one header; line breaks in its value would begin another one, and other control characters are not allowed.
func appendHeader(b []byte, name, value string) []byte {
	b = append(append(b, name...), ": "...)
	for _, r := range value {
		if r < ' ' || r == 0x7f {
			r = ' '
		}
		b = utf8.AppendRune(b, r)
	}
	return append(b, "\r\n"...)
}

// base64Lines encodes in lines of 76 characters.
func base64Lines(raw []byte) string {
	s := base64.StdEncoding.EncodeToString(raw)
	var b strings.Builder
	for len(s) > 76 {
		b.WriteString(s[:76] + "\r\n")
		s = s[76:]
	}
	return b.String() + s + "\r\n"
}
