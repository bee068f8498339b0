package graphsim

import (
	"encoding/base64"
	"io"
	"mime"
	"net/mail"
	"strings"
	"testing"
)

const mimeMail = "From: Anna <ANNA>\r\nTo: =?utf-8?q?Bj=C3=B6rn?= <BERT>\r\nCc: x@fabrikam.example\r\nSubject: =?iso-8859-1?q?Gr=FC=DFe?=\r\nMessage-ID: <1@fabrikam.example>\r\n" +
	"X-App: 7\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: multipart/alternative; boundary=C\r\n\r\n" +
	"--C\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nnur Text\r\n--C\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
	"<p>Gr=FC=DFe</p>\r\n--C--\r\n--B\r\nContent-Type: text/csv; name=\"liste.csv\"\r\nContent-Disposition: attachment; filename=\"liste.csv\"\r\n" +
	"Content-Transfer-Encoding: base64\r\n\r\nYTti\r\n--B--\r\n"

func (r *rig) mime() []byte {
	text := strings.NewReplacer("ANNA", r.users[0].Mail, "BERT", r.users[1].Mail).Replace(mimeMail)
	return []byte(base64.StdEncoding.EncodeToString([]byte(text)))
}

func TestMIMEIsSentAndMadeADraft(t *testing.T) {
	t.Parallel()
	r := empty(t)
	plain := "Content-Type: text/plain"
	if resp, answer := r.bytes("POST", r.box(0)+"/sendMail", r.mime(), plain, r.bearer()); resp.StatusCode != 202 {
		t.Fatalf("sendMail %d %s", resp.StatusCode, answer)
	}
	got := values(r.get(r.box(1) + "/messages?$expand=attachments"))[0]
	if got["subject"] != "Grüße" || got["internetMessageId"] != "<1@fabrikam.example>" || !strings.Contains(got["body"].(map[string]any)["content"].(string), "<p>Grüße</p>") {
		t.Errorf("message %v", got)
	}
	file := got["attachments"].([]any)[0].(map[string]any)
	if file["name"] != "liste.csv" || file["contentBytes"] != "YTti" || file["contentType"] != "text/csv" {
		t.Errorf("attachment %v", file)
	}
	if to := addresses(got["toRecipients"]); to[0] != r.users[1].Mail {
		t.Errorf("to %v", to)
	}
	resp, answer := r.bytes("POST", r.box(0)+"/messages", r.mime(), plain, r.bearer())
	if resp.StatusCode != 201 || !strings.Contains(string(answer), `"isDraft":true`) {
		t.Errorf("draft %d %s", resp.StatusCode, answer)
	}
	for body, code := range map[string]string{
		"kein base64!": "ErrorMimeContentInvalidBase64String", "": "ErrorMimeContentInvalid",
		base64.StdEncoding.EncodeToString([]byte("To: nix\r\n\r\nx")):                                               "ErrorInvalidRecipients",
		base64.StdEncoding.EncodeToString([]byte("Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nkaputt")): "ErrorMimeContentInvalid",
	} {
		resp, answer := r.bytes("POST", r.box(0)+"/sendMail", []byte(body), plain, r.bearer())
		if resp.StatusCode != 400 || codeOf(answer) != code {
			t.Errorf("%q: %d %s", body, resp.StatusCode, answer)
		}
	}
	if resp, answer = r.bytes("POST", r.box(0)+"/mailFolders/drafts/messages", r.mime(), plain, r.bearer()); resp.StatusCode != 400 || codeOf(answer) != "UnableToDeserializePostBody" {
		t.Errorf("MIME in a folder: %d %s", resp.StatusCode, answer)
	}
	if resp, answer = r.bytes("POST", r.box(0)+"/mailFolders", r.mime(), plain, r.bearer()); resp.StatusCode != 415 {
		t.Errorf("MIME for a folder: %d %s", resp.StatusCode, answer)
	}
}

func TestAMessageIsReadAsMIME(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at, got := r.received("Grüße <1>")
	resp, raw := r.bytes("GET", at+"/$value", nil, r.bearer())
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/plain" {
		t.Fatalf("$value %d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	m, err := mail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != "Grüße <1>" || m.Header.Get("Message-ID") != got["internetMessageId"] {
		t.Errorf("subject %q id %q", subject, m.Header.Get("Message-ID"))
	}
	if to, err := m.Header.AddressList("To"); err != nil || len(to) != 2 || to[0].Address != r.users[1].Mail {
		t.Errorf("to %v %v", to, err)
	}
	body, err := io.ReadAll(m.Body)
	if err != nil || !strings.Contains(string(body), "liste.txt") || !strings.Contains(string(body), "YWJj") {
		t.Errorf("body %v\n%s", err, body)
	}
}

func FuzzMIME(f *testing.F) {
	f.Add([]byte(mimeMail))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\nx\r\n--B--\r\n"))
	f.Add([]byte("Subject: =?x?q?=\r\nFrom: <\r\n\r\n"))
	s, err := New(Config{Users: 1, Small: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, failure := s.parseMIME([]byte(base64.StdEncoding.EncodeToString(raw)))
		if failure == nil && p.msg.body == "" {
			t.Error("a message without a body")
		}
	})
}
