package graphsim

import "testing"

func TestOneMaySendForAnotherWhoAllowsIt(t *testing.T) {
	t.Parallel()
	r := empty(t)
	owner, other := r.users[1], r.users[0]
	m := mailTo("Vertretung", r.users[2].Mail)
	m["from"] = people(owner.Mail)[0]
	send := func(scopes ...string) answer {
		r.signInAs(other, scopes...)
		return r.send("POST", "/me/sendMail", map[string]any{"message": m})
	}
	r.refused(send("Mail.Send.Shared"), 403, "ErrorSendAsDenied")
	if err := r.ctl.ShareFolders(owner.UPN, other.UPN, "send", "write"); err != nil {
		t.Fatal(err)
	}
	r.refused(send("Mail.Send"), 403, "ErrorSendAsDenied")
	if a := send("Mail.Send.Shared"); a.status != 202 {
		t.Fatalf("%d %v", a.status, a.body)
	}
	r.signIn()
	got := values(r.get(r.box(2) + "/messages"))[0]
	if from, sender := addresses([]any{got["from"]})[0], addresses([]any{got["sender"]})[0]; from != owner.Mail || sender != other.Mail {
		t.Errorf("from %s, sender %s", from, sender)
	}
}

func TestPeopleUploadOnlyIntoTheirOwnMailbox(t *testing.T) {
	t.Parallel()
	r := empty(t)
	draft := r.bearers()["message"]
	if err := r.ctl.ShareFolders(r.users[0].UPN, r.users[1].UPN, "mail", "write"); err != nil {
		t.Fatal(err)
	}
	r.signInAs(r.users[1], "Mail.ReadWrite.Shared")
	r.do("POST", draft+"/attachments", fileOf("klein", "x"), 201)
	r.refused(r.send("POST", draft+"/attachments/createUploadSession", sessionFor("x", 3_000_000)), 403, "ErrorAccessDenied")
	r.signInAs(r.users[0], "Mail.ReadWrite")
	r.do("POST", draft+"/attachments/createUploadSession", sessionFor("x", 3_000_000), 201)
	if list := r.all("/me/mailFolders/drafts/messages"); len(list) != 1 {
		t.Errorf("own drafts %v", list)
	}
}

func TestMessageFlagsMakeAMessageThatIsNoDraft(t *testing.T) {
	t.Parallel()
	r := empty(t)
	m := mailTo("kopiert")
	for value, draft := range map[string]bool{"1": false, "9": true, "x": true} {
		m["singleValueExtendedProperties"] = []any{map[string]any{"id": "Integer 0x0E07", "value": value}}
		if got := r.do("POST", r.box(0)+"/mailFolders/inbox/messages", m, 201); got["isDraft"] != draft {
			t.Errorf("flags %s: isDraft %v", value, got["isDraft"])
		}
	}
}
