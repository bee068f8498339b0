package graphsim

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func fileOf(name, content string) map[string]any {
	return map[string]any{"@odata.type": "#microsoft.graph.fileAttachment", "name": name, "contentType": "text/plain", "contentBytes": base64.StdEncoding.EncodeToString([]byte(content))}
}

// bytes gets the bytes of an answer.
func (r *rig) bytes(method, url string, body []byte, headers ...string) (*http.Response, []byte) {
	r.Helper()
	if !strings.HasPrefix(url, "http") {
		url = r.url + "/v1.0" + url
	}
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	return resp, out
}

func (r *rig) bearer() string { return "Authorization: Bearer " + r.token }

// bearers are an item of each kind that takes attachments, in the mailbox of user 0.
func (r *rig) bearers() map[string]string {
	r.Helper()
	list, err := r.ctl.DefaultList(r.users[0].UPN)
	if err != nil {
		r.Fatal(err)
	}
	tasks := r.box(0) + "/todo/lists/" + list + "/tasks"
	return map[string]string{
		"message": r.box(0) + "/messages/" + r.do("POST", r.box(0)+"/messages", mailTo("x", r.users[1].Mail), 201)["id"].(string),
		"event":   r.box(0) + "/events/" + r.do("POST", r.box(0)+"/events", eventAt("x", epoch, time.Hour, "UTC"), 201)["id"].(string),
		"task":    tasks + "/" + r.do("POST", tasks, map[string]any{"title": "x"}, 201)["id"].(string),
	}
}

func TestFilesHangOnMessagesEventsAndTasks(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for kind, at := range r.bearers() {
		file := fileOf("liste.txt", "Inhalt")
		if kind == "task" {
			file["@odata.type"] = "#microsoft.graph.taskFileAttachment"
		}
		before := r.get(at)
		got := r.do("POST", at+"/attachments", file, 201)
		if got["name"] != "liste.txt" || got["size"] != 6.0 || got["contentType"] != "text/plain" {
			t.Errorf("%s: %v", kind, got)
		}
		after := r.get(at)
		if before["hasAttachments"] != false || after["hasAttachments"] != true || before["@odata.etag"] == after["@odata.etag"] {
			t.Errorf("%s: hasAttachments %v %v", kind, before["hasAttachments"], after["hasAttachments"])
		}
		one := at + "/attachments/" + got["id"].(string)
		if got := r.get(one); got["contentBytes"] != file["contentBytes"] || got["@odata.type"] != file["@odata.type"] {
			t.Errorf("%s: %v", kind, got)
		}
		if list := r.all(at + "/attachments"); len(list) != 1 || (list[0]["contentBytes"] == nil) != (kind == "task") {
			t.Errorf("%s: list %v", kind, list)
		}
		if list := r.all(at + "/attachments?$select=name,size"); len(list) != 1 || list[0]["contentBytes"] != nil || list[0]["name"] == nil {
			t.Errorf("%s: selected %v", kind, list)
		}
		resp, content := r.bytes("GET", one+"/$value", nil, r.bearer())
		if string(content) != "Inhalt" || resp.Header.Get("Content-Type") != "text/plain" {
			t.Errorf("%s: $value %q %s", kind, content, resp.Header.Get("Content-Type"))
		}
		r.do("DELETE", one, nil, 204)
		r.refused(r.send("GET", one, nil), 404, "ErrorItemNotFound")
		if r.get(at)["hasAttachments"] != false {
			t.Errorf("%s: hasAttachments stays", kind)
		}
	}
}

func TestInlineFilesDoNotCount(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := r.bearers()["message"]
	file := fileOf("logo.png", "x")
	file["isInline"], file["contentId"] = true, "logo"
	got := r.do("POST", at+"/attachments", file, 201)
	if got["isInline"] != true || got["contentId"] != "logo" || r.get(at)["hasAttachments"] != false {
		t.Errorf("%v", got)
	}
	if list := r.get(at + "?$expand=attachments")["attachments"].([]any); len(list) != 1 {
		t.Errorf("expanded %v", list)
	}
}

func TestAttachedItemsAreShownOnRequest(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := r.bearers()["message"]
	item := map[string]any{"@odata.type": "microsoft.graph.event", "subject": "Feier", "start": moment(epoch, "UTC"), "end": moment(epoch, "UTC")}
	got := r.do("POST", at+"/attachments", map[string]any{"@odata.type": "#microsoft.graph.itemAttachment", "name": "Feier", "item": item}, 201)
	one := at + "/attachments/" + got["id"].(string)
	if plain := r.get(one); plain["item"] != nil || plain["contentBytes"] != nil {
		t.Errorf("%v", plain)
	}
	if full := r.get(one + "?$expand=microsoft.graph.itemattachment/item"); full["item"].(map[string]any)["subject"] != "Feier" {
		t.Errorf("%v", full)
	}
	r.do("POST", at+"/attachments", map[string]any{"@odata.type": "#microsoft.graph.referenceAttachment", "name": "Ablage"}, 201)
	if list := r.all(at + "/attachments"); len(list) != 2 || list[1]["@odata.type"] != "#microsoft.graph.referenceAttachment" {
		t.Errorf("list %v", list)
	}
}

func TestAnAttachedMessageIsReadAsMIME(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := r.bearers()["message"] + "/attachments"
	inner := mailTo("Anlage", r.users[1].Mail)
	inner["@odata.type"] = "#microsoft.graph.message"
	attach := func(item map[string]any) string {
		return at + "/" + r.do("POST", at, map[string]any{"@odata.type": "#microsoft.graph.itemAttachment", "name": "x", "item": item}, 201)["id"].(string)
	}
	resp, raw := r.bytes("GET", attach(inner)+"/$value", nil, r.bearer())
	if resp.StatusCode != 200 || !strings.Contains(string(raw), "Subject: Anlage\r\n") || !strings.Contains(string(raw), r.users[1].Mail) {
		t.Errorf("%d %s", resp.StatusCode, raw)
	}
	if resp, _ = r.bytes("GET", attach(map[string]any{"@odata.type": "microsoft.graph.contact"})+"/$value", nil, r.bearer()); resp.StatusCode != 405 {
		t.Errorf("a contact: %d", resp.StatusCode)
	}
}

func TestAttachmentsRefuseWhatExchangeRefuses(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := r.bearers()
	message := at["message"] + "/attachments"
	for name, body := range map[string]map[string]any{
		"no type":           {"name": "x", "contentBytes": "YQ=="},
		"unknown type":      {"@odata.type": "#microsoft.graph.user", "name": "x"},
		"a task's type":     {"@odata.type": "#microsoft.graph.taskFileAttachment", "name": "x", "contentBytes": "YQ=="},
		"no base64":         {"@odata.type": "#microsoft.graph.fileAttachment", "name": "x", "contentBytes": "ä"},
		"unknown member":    {"@odata.type": "#microsoft.graph.fileAttachment", "name": "x", "contentBytes": "YQ==", "sourceUrl": "x"},
		"item without type": {"@odata.type": "#microsoft.graph.itemAttachment", "name": "x", "item": map[string]any{"subject": "x"}},
	} {
		if a := r.send("POST", message, body); a.status != 400 || a.code() != "UnableToDeserializePostBody" {
			t.Errorf("%s: %d %v", name, a.status, a.body)
		}
	}
	r.refused(r.send("POST", message, map[string]any{"@odata.type": "#microsoft.graph.fileAttachment", "contentBytes": "YQ=="}), 400, "ErrorPropertyValidationFailure")
	r.refused(r.send("POST", message, map[string]any{"@odata.type": "#microsoft.graph.fileAttachment", "name": "x"}), 400, "ErrorPropertyValidationFailure")
	r.refused(r.send("POST", at["task"]+"/attachments", fileOf("x", "y")), 400, "UnableToDeserializePostBody")
	r.refused(r.send("GET", message+"?$select=contentBytes", nil), 400, "RequestBroker--ParseUri")
	r.refused(r.send("GET", message+"/unsinn", nil), 400, "ErrorInvalidIdMalformed")
	r.refused(r.send("POST", message, fileOf("groß", strings.Repeat("x", 3<<20))), 413, "RequestEntityTooLarge")
	file := r.do("POST", message, fileOf("klein", "y"), 201)["id"].(string)
	r.refused(r.send("GET", at["event"]+"/attachments/"+file, nil), 404, "ErrorItemNotFound")
	if a := r.send("PATCH", message+"/"+file, map[string]any{"name": "z"}); a.status != 405 {
		t.Errorf("PATCH: %d %v", a.status, a.body)
	}
}

func TestAttachmentsGoWithACopyOfTheMessage(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := r.bearers()["message"]
	r.do("POST", at+"/attachments", fileOf("a.txt", "A"), 201)
	r.do("POST", at+"/send", nil, 202)
	arrived := values(r.get(r.box(1) + "/messages?$expand=attachments($select=name)"))[0]
	if list := arrived["attachments"].([]any); len(list) != 1 || list[0].(map[string]any)["name"] != "a.txt" || list[0].(map[string]any)["contentBytes"] != nil {
		t.Errorf("attachments %v", arrived["attachments"])
	}
	r.do("DELETE", r.box(1)+"/messages/"+arrived["id"].(string)+"/attachments/"+arrived["attachments"].([]any)[0].(map[string]any)["id"].(string), nil, 204)
	if sent := values(r.get(r.box(0) + "/mailFolders/sentitems/messages"))[0]; sent["hasAttachments"] != true {
		t.Error("the sender's copy lost its attachment")
	}
}

func TestAnOccurrenceGetsAttachmentsOfItsOwn(t *testing.T) {
	t.Parallel()
	r := empty(t)
	e := eventAt("Runde", epoch, time.Hour, "UTC")
	e["recurrence"] = weeklyRule(epoch, "UTC", 3, "sunday")
	master := r.do("POST", r.box(0)+"/events", e, 201)["id"].(string)
	r.do("POST", r.box(0)+"/events/"+master+"/attachments", fileOf("alle.txt", "A"), 201)
	occ := ids(values(r.get(r.box(0) + "/events/" + master + "/instances?" + month())))
	at := r.box(0) + "/events/" + occ[1]
	if list := r.all(at + "/attachments"); len(list) != 1 {
		t.Errorf("of an occurrence: %v", list)
	}
	r.do("POST", at+"/attachments", fileOf("eine.txt", "B"), 201)
	if list := r.all(at + "/attachments"); len(list) != 2 {
		t.Errorf("of the exception: %v", list)
	}
	if got := r.get(at); got["type"] != "exception" || got["hasAttachments"] != true {
		t.Errorf("exception %v", got)
	}
	if list := r.all(r.box(0) + "/events/" + occ[0] + "/attachments"); len(list) != 1 {
		t.Errorf("of the neighbour: %v", list)
	}
}

func TestATaskThatMovesKeepsItsAttachments(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := r.bearers()["task"]
	file := fileOf("a.txt", "A")
	file["@odata.type"] = "#microsoft.graph.taskFileAttachment"
	r.do("POST", at+"/attachments", file, 201)
	list := r.do("POST", r.box(0)+"/todo/lists", map[string]any{"displayName": "Neu"}, 201)["id"].(string)
	id, err := r.ctl.MoveTask(r.users[0].UPN, at[strings.LastIndexByte(at, '/')+1:], list)
	if err != nil {
		t.Fatal(err)
	}
	if files := r.all(r.box(0) + "/todo/lists/" + list + "/tasks/" + id + "/attachments"); len(files) != 1 {
		t.Errorf("attachments %v", files)
	}
}
