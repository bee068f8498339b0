package graphsim

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestControlEditsMail(t *testing.T) {
	t.Parallel()
	r := empty(t)
	who := r.users[0].UPN
	_, link := r.round(r.box(0) + inboxDelta)
	id, err := r.ctl.DeliverMail(who, map[string]any{
		"subject": "Anfrage", "from": people("kunde@fabrikam.example")[0], "body": map[string]any{"contentType": "text", "content": "Hallo"},
		"internetMessageHeaders": []any{map[string]any{"name": "X-Quelle", "value": "Messe"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.ctl.Message(who, id)
	if err != nil || got["isRead"] != false || addresses([]any{got["from"]})[0] != "kunde@fabrikam.example" || addresses(got["toRecipients"])[0] != r.users[0].Mail {
		t.Errorf("message %v %v", got, err)
	}
	if err := r.ctl.MarkRead(who, id, true); err != nil {
		t.Fatal(err)
	}
	if got, _ = r.ctl.Message(who, id); got["isRead"] != true {
		t.Errorf("read %v", got["isRead"])
	}
	moved, err := r.ctl.MoveMessage(who, id, "archive")
	if err != nil || moved == id {
		t.Fatalf("moved %q %v", moved, err)
	}
	if rows, _ := r.round(link); len(rows) != 1 || rows[0]["@removed"] == nil {
		t.Errorf("delta %v", rows)
	}
	if err := r.ctl.DeleteMessage(who, moved); err != nil {
		t.Fatal(err)
	}
	if list := r.subjects(0, "deleteditems"); !slices.Equal(list, []string{"Anfrage"}) {
		t.Errorf("Deleted Items %v", list)
	}
	if err := r.ctl.SendMail(who, mailTo("Antwort", r.users[1].Mail)); err != nil {
		t.Fatal(err)
	}
	st, err := r.ctl.State(r.users[1].UPN, epoch, epoch)
	if err != nil || len(st.Messages) != 1 || st.Messages[0]["subject"] != "Antwort" {
		t.Errorf("state %v %v", st.Messages, err)
	}
	if _, err := r.ctl.DeliverMail("niemand", map[string]any{}); err == nil {
		t.Error("delivered to nobody")
	}
	if _, err := r.ctl.DeliverMail(who, map[string]any{"betreff": "x"}); err == nil {
		t.Error("delivered a message with an unknown property")
	}
}

func TestSeededMailIsTheSameForTheSameSeedAndChangesNothingElse(t *testing.T) {
	t.Parallel()
	full := func(cfg Config) State {
		r := newRig(t, cfg)
		st, err := r.ctl.State(r.users[1].UPN, epoch.AddDate(0, -1, 0), epoch.AddDate(0, 1, 0))
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	a, b := full(Config{Users: 6, MessagesPerUser: 20}), full(Config{Users: 6, MessagesPerUser: 20})
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("two tenants of one seed differ:\n%s", diff)
	}
	if len(a.Messages) != 20 {
		t.Errorf("%d messages", len(a.Messages))
	}
	without := full(Config{Users: 6})
	if len(without.Messages) != 0 {
		t.Errorf("%d messages by default", len(without.Messages))
	}
	subjects := func(st State) []any { return append(pluck(st.Events, "subject"), pluck(st.Contacts, "displayName")...) }
	if diff := cmp.Diff(subjects(a), subjects(without)); diff != "" {
		t.Errorf("mail changes other content:\n%s", diff)
	}
}

func TestSeededMailIsOldAndOfEveryKind(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true, MessagesPerUser: 30})
	kinds := map[string]int{}
	for _, g := range r.all(r.box(0) + "/messages?$top=50") {
		at, err := time.Parse(time.RFC3339, g["receivedDateTime"].(string))
		if err != nil || !at.Before(epoch) {
			t.Errorf("received %v", g["receivedDateTime"])
		}
		for kind, is := range map[string]bool{
			"draft": g["isDraft"] == true, "unread": g["isRead"] == false, "answer": strings.HasPrefix(g["subject"].(string), "AW: "),
			"file": g["hasAttachments"] == true, "flagged": g["flag"].(map[string]any)["flagStatus"] == "flagged",
		} {
			if is {
				kinds[kind]++
			}
		}
	}
	for _, kind := range []string{"draft", "unread", "answer", "file", "flagged"} {
		if kinds[kind] == 0 {
			t.Errorf("no message is %s", kind)
		}
	}
	rows, link := r.round(r.box(0) + inboxDelta)
	if len(rows) == 0 {
		t.Error("an empty inbox")
	}
	if rows, _ = r.round(link); len(rows) != 0 {
		t.Errorf("changes from the start: %v", rows)
	}
}

func TestAttendeesGetAttachmentsWithTheNextUpdate(t *testing.T) {
	t.Parallel()
	r := empty(t)
	e := eventAt("Sitzung", epoch, time.Hour, "UTC")
	e["attendees"] = []any{map[string]any{"type": "required", "emailAddress": map[string]any{"address": r.users[1].Mail}}}
	id := r.do("POST", r.box(0)+"/events", e, 201)["id"].(string)
	r.do("POST", r.box(0)+"/events/"+id+"/attachments", fileOf("agenda.txt", "A"), 201)
	twin := func() map[string]any { return values(r.get(r.box(1) + "/events?$expand=attachments"))[0] }
	if twin()["hasAttachments"] != false {
		t.Error("an attachment arrived without mail")
	}
	r.do("PATCH", r.box(0)+"/events/"+id, map[string]any{"subject": "Sitzung neu"}, 200)
	if got := twin(); got["hasAttachments"] != true || len(got["attachments"].([]any)) != 1 {
		t.Errorf("copy %v", got)
	}
}
