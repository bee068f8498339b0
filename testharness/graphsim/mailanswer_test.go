package graphsim

import (
	"slices"
	"strings"
	"testing"
)

// received is a message from user 0 to users 1 and 2, with user 3 in copy, as user 1 has it.
func (r *rig) received(subject string) (path string, msg map[string]any) {
	r.Helper()
	m := mailTo(subject, r.users[1].Mail, r.users[2].Mail)
	m["ccRecipients"] = people(r.users[3].Mail)
	m["attachments"] = []any{
		map[string]any{"@odata.type": "#microsoft.graph.fileAttachment", "name": "liste.txt", "contentType": "text/plain", "contentBytes": "YWJj"},
		map[string]any{"@odata.type": "#microsoft.graph.fileAttachment", "name": "logo.png", "contentType": "image/png", "isInline": true, "contentId": "logo", "contentBytes": "iVBO"},
	}
	r.do("POST", r.box(0)+"/sendMail", map[string]any{"message": m}, 202)
	msg = values(r.get(r.box(1) + "/mailFolders/inbox/messages"))[0]
	return r.box(1) + "/messages/" + msg["id"].(string), msg
}

func addresses(list any) []string {
	var out []string
	for _, p := range list.([]any) {
		out = append(out, p.(map[string]any)["emailAddress"].(map[string]any)["address"].(string))
	}
	return out
}

func TestAnswersGoToWhomTheyShould(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at, msg := r.received("AW: Plan")
	for _, tt := range []struct {
		action  string
		body    any
		subject string
		to, cc  []string
		files   int
	}{
		{"createReply", map[string]any{"comment": "ja"}, "AW: Plan", []string{r.users[0].Mail}, nil, 1},
		{"createReplyAll", map[string]any{"comment": "ja"}, "AW: Plan", []string{r.users[0].Mail, r.users[2].Mail}, []string{r.users[3].Mail}, 1},
		{"createForward", map[string]any{"comment": "ja", "toRecipients": people("x@fabrikam.example")}, "WG: Plan", []string{"x@fabrikam.example"}, nil, 2},
		{"createForward", nil, "WG: Plan", nil, nil, 2},
		{"createReply", map[string]any{"message": map[string]any{"subject": "anders", "toRecipients": people("y@fabrikam.example")}}, "anders", []string{"y@fabrikam.example"}, nil, 1},
	} {
		got := r.do("POST", at+"/"+tt.action, tt.body, 201)
		if got["isDraft"] != true || got["subject"] != tt.subject || !slices.Equal(addresses(got["toRecipients"]), tt.to) || !slices.Equal(addresses(got["ccRecipients"]), tt.cc) {
			t.Errorf("%s: %v to %v cc %v", tt.action, got["subject"], got["toRecipients"], got["ccRecipients"])
		}
		if got["conversationId"] != msg["conversationId"] || !(len(got["conversationIndex"].(string)) > len(msg["conversationIndex"].(string))) {
			t.Errorf("%s: conversation %v %v", tt.action, got["conversationId"], got["conversationIndex"])
		}
		if n := len(r.all(r.box(1) + "/messages/" + got["id"].(string) + "/attachments")); n != tt.files {
			t.Errorf("%s: %d attachments, want %d", tt.action, n, tt.files)
		}
	}
}

func TestAReplyQuotesAndItsUniqueBodyDoesNot(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at, _ := r.received("Plan")
	r.do("POST", at+"/reply", map[string]any{"comment": "einverstanden <so>"}, 202)
	got := values(r.get(r.box(0)+"/mailFolders/inbox/messages?$select=body,uniqueBody,subject,isRead", `Prefer: outlook.body-content-type="text"`))[0]
	body, unique := got["body"].(map[string]any)["content"].(string), got["uniqueBody"].(map[string]any)["content"].(string)
	if !strings.HasPrefix(body, "einverstanden <so>") || !strings.Contains(body, "Guten Tag") || unique != "einverstanden <so>" {
		t.Errorf("body %q unique %q", body, unique)
	}
	if list := r.subjects(1, "sentitems"); !slices.Equal(list, []string{"AW: Plan"}) {
		t.Errorf("Sent Items %v", list)
	}
	r.do("POST", at+"/replyAll", map[string]any{"message": map[string]any{"body": map[string]any{"contentType": "html", "content": "<p>alle</p>"}}}, 202)
	if list := r.subjects(3, "inbox"); len(list) != 2 {
		t.Errorf("inbox of the one in copy %v", list)
	}
	r.do("POST", at+"/forward", map[string]any{"toRecipients": people(r.users[2].Mail)}, 202)
	if list := r.subjects(2, "inbox"); !slices.Contains(list, "WG: Plan") {
		t.Errorf("inbox after forward %v", list)
	}
}

func TestAnswersRefuseContradictions(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at, _ := r.received("Plan")
	body := map[string]any{"body": map[string]any{"contentType": "text", "content": "x"}}
	r.refused(r.send("POST", at+"/reply", map[string]any{"comment": "y", "message": body}), 400, "ErrorInvalidRequest")
	r.refused(r.send("POST", at+"/forward", map[string]any{"comment": "y"}), 400, "ErrorInvalidRecipients")
	r.refused(r.send("POST", at+"/forward", map[string]any{"toRecipients": people("a@b.example"), "message": map[string]any{"toRecipients": people("a@b.example")}}), 400, "ErrorInvalidRequest")
	draft := r.do("POST", r.box(1)+"/messages", mailTo("Entwurf"), 201)["id"].(string)
	r.refused(r.send("POST", r.box(1)+"/messages/"+draft+"/reply", map[string]any{"comment": "y"}), 400, "ErrorInvalidRequest")
	r.refused(r.send("POST", at+"/reply", "kein Objekt"), 400, "UnableToDeserializePostBody")
}

func TestReplyToTakesTheReplies(t *testing.T) {
	t.Parallel()
	r := empty(t)
	m := mailTo("Umfrage", r.users[1].Mail)
	m["replyTo"] = people("umfrage@fabrikam.example")
	r.do("POST", r.box(0)+"/sendMail", map[string]any{"message": m}, 202)
	at := r.box(1) + "/messages/" + ids(r.all(r.box(1) + "/messages"))[0]
	if to := addresses(r.do("POST", at+"/createReply", nil, 201)["toRecipients"]); !slices.Equal(to, []string{"umfrage@fabrikam.example"}) {
		t.Errorf("reply to %v", to)
	}
}
