package graphsim

import (
	"slices"
	"strings"
	"testing"
)

// mailTo is a message of the documentation's shape.
func mailTo(subject string, to ...string) map[string]any {
	return map[string]any{"subject": subject, "body": map[string]any{"contentType": "Text", "content": "Guten Tag,\nbis bald."}, "toRecipients": people(to...)}
}

func people(addresses ...string) []any {
	out := []any{}
	for _, a := range addresses {
		out = append(out, map[string]any{"emailAddress": map[string]any{"address": a}})
	}
	return out
}

// inbox are the subjects in a folder of a user, newest first.
func (r *rig) subjects(user int, folder string) []string {
	r.Helper()
	var out []string
	for _, g := range r.all(r.box(user) + "/mailFolders/" + folder + "/messages") {
		out = append(out, g["subject"].(string))
	}
	return out
}

func TestASentMessageArrivesAsAnOwnCopyOfEachRecipient(t *testing.T) {
	t.Parallel()
	r := empty(t)
	msg := mailTo("Angebot", r.users[1].Mail, "fremd@fabrikam.example")
	msg["bccRecipients"] = people(r.users[2].Mail)
	msg["internetMessageHeaders"] = []any{map[string]any{"name": "x-app", "value": "1"}}
	r.do("POST", r.box(0)+"/sendMail", map[string]any{"message": msg}, 202)

	sent := values(r.get(r.box(0) + "/mailFolders/sentitems/messages"))[0]
	to := values(r.get(r.box(1) + "/mailFolders/inbox/messages?$select=subject,isRead,isDraft,internetMessageId,bccRecipients,toRecipients,from,conversationId,internetMessageHeaders,receivedDateTime,id,parentFolderId"))[0]
	bcc := values(r.get(r.box(2) + "/messages"))[0]
	if sent["internetMessageId"] != to["internetMessageId"] || bcc["internetMessageId"] != to["internetMessageId"] {
		t.Errorf("the copies of one message have one Internet message id: %v %v %v", sent["internetMessageId"], to["internetMessageId"], bcc["internetMessageId"])
	}
	if sent["id"] == to["id"] || to["id"] == bcc["id"] || sent["conversationId"] == to["conversationId"] {
		t.Errorf("copies share ids: %v %v %v", sent["id"], to["id"], bcc["id"])
	}
	if n := len(sent["bccRecipients"].([]any)); n != 1 {
		t.Errorf("%d bcc recipients in Sent Items", n)
	}
	if len(to["bccRecipients"].([]any)) != 0 || len(bcc["bccRecipients"].([]any)) != 0 {
		t.Errorf("a recipient sees bcc: %v %v", to["bccRecipients"], bcc["bccRecipients"])
	}
	if sent["isRead"] != true || to["isRead"] != false || to["isDraft"] != false {
		t.Errorf("isRead %v %v isDraft %v", sent["isRead"], to["isRead"], to["isDraft"])
	}
	if from := to["from"].(map[string]any)["emailAddress"].(map[string]any); from["address"] != r.users[0].Mail || from["name"] != r.users[0].Name {
		t.Errorf("from %v", from)
	}
	headers := to["internetMessageHeaders"].([]any)
	if !slices.ContainsFunc(headers, func(h any) bool { return h.(map[string]any)["name"] == "x-app" }) ||
		!slices.ContainsFunc(headers, func(h any) bool { return h.(map[string]any)["name"] == "Received" }) {
		t.Errorf("headers %v", headers)
	}
	if out := r.ctl.Outbox(); len(out) != 1 || out[0].Kind != "message" || len(out[0].To) != 3 || out[0].MessageID != to["internetMessageId"] {
		t.Errorf("outbox %+v", out)
	}
}

func TestSendMailKeepsNoCopyWhenToldNotTo(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for _, keep := range []any{false, "false"} {
		r.do("POST", r.box(0)+"/sendMail", map[string]any{"message": mailTo("ohne", r.users[1].Mail), "saveToSentItems": keep}, 202)
	}
	if list := r.subjects(0, "sentitems"); len(list) != 0 {
		t.Errorf("Sent Items: %v", list)
	}
	if list := r.subjects(1, "inbox"); len(list) != 2 {
		t.Errorf("inbox: %v", list)
	}
}

func TestMailToAnUnknownAddressOfTheTenantComesBack(t *testing.T) {
	t.Parallel()
	r := empty(t)
	_, domain, _ := strings.Cut(r.users[0].Mail, "@")
	r.do("POST", r.box(0)+"/sendMail", map[string]any{"message": mailTo("Frage", "niemand@"+domain)}, 202)
	if list := r.subjects(0, "inbox"); !slices.Equal(list, []string{"Unzustellbar: Frage"}) {
		t.Errorf("inbox %v", list)
	}
}

func TestADraftIsChangedAndSent(t *testing.T) {
	t.Parallel()
	r := empty(t)
	draft := r.do("POST", r.box(0)+"/messages", mailTo("Entwurf"), 201)
	if draft["isDraft"] != true || draft["isRead"] != true || draft["sender"] != nil {
		t.Errorf("draft %v", draft)
	}
	at := r.box(0) + "/messages/" + draft["id"].(string)
	r.refused(r.send("POST", at+"/send", nil), 400, "ErrorInvalidRecipients")
	r.do("PATCH", at, map[string]any{"subject": "fertig", "toRecipients": people(r.users[1].Mail)}, 200)
	immutable := r.get(at, `Prefer: IdType="ImmutableId"`)["id"].(string)
	r.do("POST", at+"/send", nil, 202)
	r.refused(r.send("GET", at, nil), 404, "ErrorItemNotFound")
	sent := r.get(r.box(0)+"/messages/"+immutable, `Prefer: IdType="ImmutableId"`)
	if sent["isDraft"] != false || sent["subject"] != "fertig" {
		t.Errorf("sent %v", sent)
	}
	if list := r.subjects(1, "inbox"); !slices.Equal(list, []string{"fertig"}) {
		t.Errorf("inbox %v", list)
	}
	r.refused(r.send("POST", r.box(0)+"/messages/"+immutable+"/send", nil), 400, "ErrorInvalidRequest")
}

func TestASentMessageChangesOnlyInWhatIsTheReaders(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.do("POST", r.box(0)+"/sendMail", map[string]any{"message": mailTo("fest", r.users[1].Mail)}, 202)
	at := r.box(1) + "/messages/" + ids(r.all(r.box(1) + "/messages"))[0]
	for _, change := range []map[string]any{
		{"subject": "anders"}, {"toRecipients": people("a@b.example")}, {"body": map[string]any{"contentType": "text", "content": "x"}}, {"importance": "high"},
		{"from": people("a@b.example")[0]}, {"isDeliveryReceiptRequested": true}, {"receivedDateTime": "2026-01-01T00:00:00Z"}, {"isDraft": true},
	} {
		r.refused(r.send("PATCH", at, change), 400, "ErrorInvalidPropertySet")
	}
	got := r.do("PATCH", at, map[string]any{
		"isRead": true, "categories": []string{"Kunde"}, "inferenceClassification": "other",
		"flag": map[string]any{"flagStatus": "flagged", "startDateTime": moment(epoch, "UTC"), "dueDateTime": moment(epoch, "UTC")},
	}, 200)
	if got["isRead"] != true || got["inferenceClassification"] != "other" || got["flag"].(map[string]any)["flagStatus"] != "flagged" || got["categories"].([]any)[0] != "Kunde" {
		t.Errorf("message %v", got)
	}
	r.refused(r.send("PATCH", at, map[string]any{"flag": map[string]any{"flagStatus": "flagged", "dueDateTime": moment(epoch, "UTC")}}), 400, "ErrorInvalidArgument")
	r.refused(r.send("PATCH", at, map[string]any{"isRead": true}, `If-Match: W/"alt"`), 412, "ErrorIrresolvableConflict")
}

func TestDeletingAMessageGoesByDeletedItems(t *testing.T) {
	t.Parallel()
	r := empty(t)
	id := r.do("POST", r.box(0)+"/messages", mailTo("weg"), 201)["id"].(string)
	r.do("DELETE", r.box(0)+"/messages/"+id, nil, 204)
	r.refused(r.send("GET", r.box(0)+"/messages/"+id, nil), 404, "ErrorItemNotFound")
	if list := r.subjects(0, "deleteditems"); !slices.Equal(list, []string{"weg"}) {
		t.Fatalf("Deleted Items %v", list)
	}
	r.do("DELETE", r.box(0)+"/messages/"+ids(r.all(r.box(0) + "/mailFolders/deleteditems/messages"))[0], nil, 204)
	if all := r.all(r.box(0) + "/messages"); len(all) != 0 {
		t.Errorf("messages %v", all)
	}
	if list := r.subjects(0, "recoverableitemsdeletions"); !slices.Equal(list, []string{"weg"}) {
		t.Errorf("recoverable %v", list)
	}
	id = r.do("POST", r.box(0)+"/messages", mailTo("ganz weg"), 201)["id"].(string)
	r.do("POST", r.box(0)+"/messages/"+id+"/permanentDelete", nil, 204)
	if list := r.subjects(0, "deleteditems"); len(list) != 0 {
		t.Errorf("Deleted Items %v", list)
	}
}

func TestMoveAndCopyOfAMessage(t *testing.T) {
	t.Parallel()
	r := empty(t)
	draft := r.do("POST", r.box(0)+"/messages", mailTo("Ablage"), 201)
	at := r.box(0) + "/messages/" + draft["id"].(string)
	twin := r.do("POST", at+"/copy", map[string]any{"destinationId": "archive"}, 201)
	moved := r.do("POST", at+"/move", map[string]any{"DestinationId": "Archive"}, 201)
	if moved["id"] == draft["id"] || twin["id"] == moved["id"] || twin["parentFolderId"] != moved["parentFolderId"] {
		t.Errorf("ids %v %v %v", draft["id"], twin["id"], moved["id"])
	}
	if list := r.subjects(0, "archive"); len(list) != 2 {
		t.Errorf("archive %v", list)
	}
	at = r.box(0) + "/messages/" + moved["id"].(string)
	r.refused(r.send("POST", at+"/move", map[string]any{"destinationId": "unsinn"}), 400, "ErrorInvalidIdMalformed")
	r.refused(r.send("POST", at+"/move", map[string]any{}), 400, "ErrorInvalidParameter")
}

func TestSendingRefusesWhatExchangeRefuses(t *testing.T) {
	t.Parallel()
	r := empty(t)
	send := func(change func(m map[string]any)) answer {
		m := mailTo("x", r.users[1].Mail)
		change(m)
		return r.send("POST", r.box(0)+"/sendMail", map[string]any{"message": m})
	}
	header := func(name string) map[string]any { return map[string]any{"name": name, "value": "v"} }
	r.refused(send(func(m map[string]any) { m["toRecipients"] = []any{} }), 400, "ErrorInvalidRecipients")
	r.refused(send(func(m map[string]any) { m["toRecipients"] = people("kein-at-zeichen") }), 400, "ErrorInvalidRecipients")
	r.refused(send(func(m map[string]any) { m["from"] = people(r.users[2].Mail)[0] }), 403, "ErrorSendAsDenied")
	r.refused(send(func(m map[string]any) { m["internetMessageHeaders"] = []any{header("Subject")} }), 400, "InvalidInternetMessageHeader")
	r.refused(send(func(m map[string]any) { m["internetMessageHeaders"] = []any{header("x-a\r\nTo: b")} }), 400, "InvalidInternetMessageHeader")
	r.refused(send(func(m map[string]any) { m["internetMessageHeaders"] = []any{} }), 400, "InvalidInternetMessageHeaderCollection")
	r.refused(send(func(m map[string]any) { m["betreff"] = "x" }), 400, "UnableToDeserializePostBody")
	r.refused(send(func(m map[string]any) { m["toRecipients"] = nil }), 400, "UnableToDeserializePostBody")
	r.refused(send(func(m map[string]any) {
		m["attachments"] = []any{map[string]any{"@odata.type": "#microsoft.graph.fileAttachment", "name": "x", "contentBytes": "%%"}}
	}), 400, "UnableToDeserializePostBody")
	r.refused(r.send("POST", r.box(0)+"/sendMail", map[string]any{}), 400, "ErrorInvalidParameter")
	r.refused(r.send("POST", r.box(0)+"/sendMail", []any{}), 400, "UnableToDeserializePostBody")
	if out := r.ctl.Outbox(); len(out) != 0 {
		t.Errorf("outbox %v", out)
	}
}
