package graphsim

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"
)

const injected = "x\r\nBcc: opfer@fabrikam.example\r\n\r\nneuer Text\x00"

// TestNothingInAMessageBreaksItsMIME puts line breaks and quotes where they could end a header, a part or the message.
func TestNothingInAMessageBreaksItsMIME(t *testing.T) {
	t.Parallel()
	r := empty(t)
	file := fileOf(injected+`"`, "Inhalt")
	file["contentType"], file["contentId"] = "text/plain; charset=utf-8; x=\r\nEvil: 1", injected
	m := mailTo(injected, r.users[1].Mail)
	m["internetMessageId"] = `<"; boundary="` + injected + `>`
	m["from"] = map[string]any{"emailAddress": map[string]any{"name": injected + `"`, "address": r.users[0].Mail}}
	m["internetMessageHeaders"] = []any{map[string]any{"name": "x-a", "value": injected}}
	m["attachments"] = []any{file, fileOf("b.txt", "B")}
	r.do("POST", r.box(0)+"/sendMail", map[string]any{"message": m}, 202)
	id := ids(r.all(r.box(1) + "/messages"))[0]
	_, raw := r.bytes("GET", r.box(1)+"/messages/"+id+"/$value", nil, r.bearer())
	got, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	if got.Header.Get("Bcc") != "" || got.Header.Get("Evil") != "" {
		t.Errorf("headers %v", got.Header)
	}
	_, params, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(got.Body, params["boundary"])
	var names []string
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, raw)
		}
		if part.Header.Get("Bcc")+part.Header.Get("Evil") != "" || part.Header.Get("Content-Type") == "" {
			t.Errorf("part %v", part.Header)
		}
		names = append(names, part.FileName())
	}
	if len(names) != 3 || names[2] != "b.txt" {
		t.Errorf("parts %q", names)
	}
}

func TestAFilesTypeKeepsItsParametersInMIME(t *testing.T) {
	t.Parallel()
	r := empty(t)
	file := fileOf("a.txt", "A")
	file["contentType"] = "text/plain; charset=utf-16"
	m := mailTo("x")
	m["attachments"] = []any{file}
	id := r.do("POST", r.box(0)+"/messages", m, 201)["id"].(string)
	_, raw := r.bytes("GET", r.box(0)+"/messages/"+id+"/$value", nil, r.bearer())
	if !strings.Contains(string(raw), "Content-Type: text/plain; charset=utf-16; name=a.txt") || strings.Contains(string(raw), "From: ") {
		t.Errorf("%s", raw) // a draft without sender has no header of one
	}
}

func TestRecipientsHaveAddresses(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for _, bad := range []string{"a@b.example\r\nBcc: c@d.example", "a b@c.example", "a@b.example,c@d.example", "<a@b.example>", "@b.example", "a@", "a"} {
		r.refused(r.send("POST", r.box(0)+"/sendMail", map[string]any{"message": mailTo("x", bad)}), 400, "ErrorInvalidRecipients")
	}
	m := mailTo("x", r.users[1].Mail)
	m["internetMessageHeaders"] = []any{map[string]any{"name": "x-ä", "value": "1"}}
	r.refused(r.send("POST", r.box(0)+"/sendMail", map[string]any{"message": m}), 400, "InvalidInternetMessageHeader")
}

// postMIME makes a draft of a text and gives it with its attachments.
func (r *rig) postMIME(text string) (*http.Response, map[string]any) {
	r.Helper()
	resp, answer := r.bytes("POST", r.box(0)+"/messages", []byte(base64.StdEncoding.EncodeToString([]byte(text))), "Content-Type: text/plain", r.bearer())
	return resp, r.decode(bytes.NewReader(answer))
}

func TestMIMEOfHostileShapeIsReadOrRefused(t *testing.T) {
	t.Parallel()
	r := empty(t)
	deep := ""
	for i := range 50 {
		deep += fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	for name, tt := range map[string]struct {
		text   string
		status int
	}{
		"nested too deep":          {deep, 400},
		"no boundary":              {"Content-Type: multipart/mixed\r\n\r\n--\r\n\r\nx\r\n----\r\n", 400},
		"a boundary of its parent": {"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a--\r\n", 400},
		"base64 that is none":      {"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!", 400},
		"many parts":               {"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + strings.Repeat("--a\r\nContent-Type: x/y\r\n\r\n\r\n", 5000) + "--a--\r\n", 201},
		"a long header":            {"Subject: " + strings.Repeat("x", 1<<20) + "\r\n\r\nx", 201},
		"unknown character set":    {"Subject: =?koi8-r?q?x=C0?=\r\nTo: =?koi8-r?q?x=C0?= <a@b.example>\r\n\r\nx", 201},
		"nothing but a body":       {"\r\nx", 201},
		"folded header":            {"Subject: a\r\n b\r\nMessage-ID:\r\n\t<1@b.example>\r\n\r\nx", 201},
	} {
		if resp, got := r.postMIME(tt.text); resp.StatusCode != tt.status {
			t.Errorf("%s: %d %.300v", name, resp.StatusCode, got)
		}
	}
}

func TestMIMEInWindows1252(t *testing.T) {
	t.Parallel()
	r := empty(t)
	_, got := r.postMIME("Subject: =?windows-1252?Q?50_=80_=96_=84gut=93?=\r\nX-B: 2\r\nX-A: 1\r\nContent-Type: text/plain; charset=Windows-1252\r\n\r\n\x80 \x96 \x84gut\x93 \xfc")
	if got["subject"] != "50 € – „gut“" || !strings.Contains(got["body"].(map[string]any)["content"].(string), "€ – „gut“ ü") {
		t.Errorf("%v %v", got["subject"], got["body"])
	}
	headers := r.get(r.box(0) + "/messages/" + got["id"].(string) + "?$select=internetMessageHeaders")["internetMessageHeaders"].([]any)
	if headers[0].(map[string]any)["name"] != "X-A" || headers[1].(map[string]any)["name"] != "X-B" {
		t.Errorf("headers in an order of chance: %v", headers)
	}
}

// TestAnAnswerQuotesTextThatGrowsInLowerCase: Ⱥ has three bytes in lower case and two in upper case, which made indexes wrong.
func TestAnAnswerQuotesTextThatGrowsInLowerCase(t *testing.T) {
	t.Parallel()
	r := empty(t)
	m := mailTo("x", r.users[1].Mail)
	m["body"] = map[string]any{"contentType": "html", "content": strings.Repeat("Ⱥ", 100) + "<BODY class=a>innen</Body></html>"}
	r.do("POST", r.box(0)+"/sendMail", map[string]any{"message": m}, 202)
	at := r.box(1) + "/messages/" + ids(r.all(r.box(1) + "/messages"))[0]
	content := r.do("POST", at+"/createReply", nil, 201)["body"].(map[string]any)["content"].(string)
	if strings.Contains(content, "Ⱥ") || !strings.Contains(content, "innen</body>") {
		t.Errorf("quoted %s", content)
	}
}

func TestMailToAGroupReachesItsMembersOnce(t *testing.T) {
	t.Parallel()
	r := empty(t)
	u := r.users
	group := func(name string, members ...string) (id, mail string) {
		g := r.do("POST", "/groups", map[string]any{
			"displayName": name, "mailNickname": name, "mailEnabled": true, "securityEnabled": false, "groupTypes": []string{"Unified"},
		}, 201)
		for _, m := range members {
			r.do("POST", "/groups/"+g["id"].(string)+"/members/$ref", map[string]any{"@odata.id": r.url + "/v1.0/directoryObjects/" + m}, 204)
		}
		return g["id"].(string), g["mail"].(string)
	}
	inner, _ := group("innen", u[2].ID)
	_, outer := group("verteiler", u[1].ID, inner)
	_, nobody := group("leer")
	r.do("POST", r.box(0)+"/sendMail", map[string]any{"message": mailTo("alle", outer, u[1].Mail, nobody)}, 202)
	for i, want := range [][]string{nil, {"alle"}, {"alle"}, nil} {
		if got := r.subjects(i, "inbox"); !slices.Equal(got, want) {
			t.Errorf("inbox of user %d: %v, want %v", i, got, want)
		}
	}
	if to := addresses(r.all(r.box(2) + "/messages")[0]["toRecipients"]); !slices.Equal(to, []string{outer, u[1].Mail, nobody}) {
		t.Errorf("recipients are shown as they were written, not %v", to)
	}
}

func TestAFilterTellsNothingThatReadBasicMayNotSee(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.received("geheim")
	r.ctl.SetRoles("Mail.ReadBasic.All", "Calendars.ReadBasic.All")
	r.signIn()
	property := "singleValueExtendedProperties/any(p:p/id eq 'String 0x1000' and p/value eq 'x')"
	for _, path := range []string{
		"/messages?$filter=contains(bodyPreview,'Guten')", "/messages?$filter=" + property, "/mailFolders?$filter=" + property, "/events?$filter=" + property,
	} {
		r.refused(r.send("GET", r.box(1)+path, nil), 403, "ErrorAccessDenied")
	}
	if list := r.all(r.box(1) + "/messages?$filter=subject eq 'geheim'"); len(list) != 1 {
		t.Errorf("by subject: %v", list)
	}
}

func TestADraftAlwaysHasAnInternetMessageID(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := r.box(0) + "/messages/" + r.do("POST", r.box(0)+"/messages", mailTo("x", r.users[1].Mail), 201)["id"].(string)
	if got := r.do("PATCH", at, map[string]any{"internetMessageId": nil}, 200); got["internetMessageId"] == nil {
		t.Errorf("%v", got)
	}
	if got := r.do("PATCH", at, map[string]any{"internetMessageId": "<eigene@fabrikam.example>"}, 200); got["internetMessageId"] != "<eigene@fabrikam.example>" {
		t.Errorf("%v", got)
	}
	r.ctl.Advance(time.Second)
	r.do("POST", at+"/send", nil, 202)
	if got := r.all(r.box(1) + "/messages")[0]["internetMessageId"]; got != "<eigene@fabrikam.example>" {
		t.Errorf("arrived %v", got)
	}
}
