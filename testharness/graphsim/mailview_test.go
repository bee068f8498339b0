package graphsim

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMessagesAreFilteredAndSortedByTheRules(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.arrive("Angebot", "Rechnung", "Angebot neu")
	list := r.box(1) + "/mailFolders/inbox/messages"
	first := r.all(list + "?$orderby=receivedDateTime")[0]
	r.do("PATCH", r.box(1)+"/messages/"+first["id"].(string), map[string]any{"isRead": true, "categories": []string{"Kunde"}}, 200)
	from := r.users[0].Mail
	minute := epoch.Add(time.Minute).Format(time.RFC3339)
	for query, want := range map[string][]any{
		"":                                    {"Angebot neu", "Rechnung", "Angebot"},
		"$orderby=receivedDateTime":           {"Angebot", "Rechnung", "Angebot neu"},
		"$filter=isRead eq true":              {"Angebot"},
		"$filter=subject eq 'angebot'":        {"Angebot"},
		"$filter=contains(subject,'angebot')": {"Angebot neu", "Angebot"},
		"$filter=from/emailAddress/address eq '" + from + "'":                                                        {"Angebot neu", "Rechnung", "Angebot"},
		"$filter=receivedDateTime ge " + minute:                                                                      {"Angebot neu", "Rechnung"},
		"$filter=categories/any(c:c eq 'Kunde')":                                                                     {"Angebot"},
		"$filter=hasAttachments eq true":                                                                             nil,
		"$filter=internetMessageId eq '" + first["internetMessageId"].(string) + "'":                                 {"Angebot"},
		"$filter=conversationId eq '" + first["conversationId"].(string) + "'":                                       {"Angebot"},
		"$filter=receivedDateTime ge 2026-01-01T00:00:00Z and isRead eq false&$orderby=receivedDateTime":             {"Rechnung", "Angebot neu"},
		"$filter=isRead eq false and receivedDateTime ge 2026-01-01T00:00:00Z&$orderby=isRead,receivedDateTime desc": {"Angebot neu", "Rechnung"},
	} {
		if got := pluck(r.all(list+"?"+query), "subject"); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	for query, code := range map[string]string{
		"$filter=isRead eq false&$orderby=receivedDateTime desc":                                         "InefficientFilter",
		"$filter=isRead eq false and receivedDateTime ge 2026-01-01T00:00:00Z&$orderby=receivedDateTime": "InefficientFilter",
		"$filter=receivedDateTime ge 2026-01-01T00:00:00Z&$orderby=receivedDateTime,subject":             "InefficientFilter",
		"$filter=endswith(subject,'x')":                                                                  "ErrorInvalidUrlQueryFilter",
		"$filter=toRecipients/any(t:t/emailAddress/address eq 'a@b.example')":                            "ErrorInvalidUrlQueryFilter",
		"$filter=unsinn eq 'x'":                   "RequestBroker--ParseUri",
		"$orderby=body":                           "ErrorInvalidUrlQueryFilter",
		"$search=\"x\"&$orderby=receivedDateTime": "SearchWithOrderBy",
		"$search=\"x\"&$filter=isRead eq true":    "SearchWithFilter",
		"$search=\"farbe:rot\"":                   "BadRequest",
	} {
		r.refused(r.send("GET", list+"?"+query, nil), 400, code)
	}
}

func TestSearchFindsMessagesByWordsAndProperties(t *testing.T) {
	t.Parallel()
	r := empty(t)
	m := mailTo("Reifenwechsel", r.users[1].Mail)
	m["body"] = map[string]any{"contentType": "html", "content": "<p>Bitte <b>Winterreifen</b> mitbringen</p>"}
	m["attachments"] = []any{map[string]any{"@odata.type": "#microsoft.graph.fileAttachment", "name": "liste.txt", "contentBytes": "YQ=="}}
	r.do("POST", r.box(0)+"/sendMail", map[string]any{"message": m}, 202)
	r.ctl.Advance(48 * time.Hour)
	r.signIn()
	r.arrive("Urlaub")
	for search, want := range map[string][]any{
		"winterreifen": {"Reifenwechsel"}, "bitte winterreifen": {"Reifenwechsel"}, "subject:urlaub": {"Urlaub"}, "urlaub OR reifenwechsel": {"Urlaub", "Reifenwechsel"},
		"reifen*": {"Reifenwechsel"}, "body:urlaub": nil, "hasAttachments:true": {"Reifenwechsel"}, "attachment:liste": {"Reifenwechsel"},
		"from:" + strings.Fields(r.users[0].Name)[0]: {"Urlaub", "Reifenwechsel"}, "received:2026-11-24": {"Urlaub"}, "received<2026-11-24": {"Reifenwechsel"},
		"received:2026-11-01..2026-11-23": {"Reifenwechsel"}, "size>100000": nil, "NOT urlaub": {"Reifenwechsel"},
	} {
		if got := pluck(r.all(r.box(1)+"/messages?$search=\""+search+"\""), "subject"); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", search, got, want)
		}
	}
}

func TestBodiesComeAsAskedForAndWithoutScripts(t *testing.T) {
	t.Parallel()
	r := empty(t)
	m := mailTo("x")
	m["body"] = map[string]any{"contentType": "html", "content": `<html><body><p onclick="x()">Hallo</p><script>alert(1)</script><p>nur once = 1</p></body></html>`}
	id := r.do("POST", r.box(0)+"/messages", m, 201)["id"].(string)
	body := func(prefer ...string) (kind, content string) {
		b := r.get(r.box(0)+"/messages/"+id, prefer...)["body"].(map[string]any)
		return b["contentType"].(string), b["content"].(string)
	}
	if kind, content := body(); kind != "html" || strings.Contains(content, "script") || strings.Contains(content, "onclick") || !strings.Contains(content, "nur once = 1") {
		t.Errorf("%s %s", kind, content)
	}
	if _, content := body("Prefer: outlook.allow-unsafe-html"); !strings.Contains(content, "<script>") {
		t.Errorf("unsafe: %s", content)
	}
	if kind, content := body(`Prefer: outlook.body-content-type="text"`); kind != "text" || content != "Hallo\nnur once = 1" {
		t.Errorf("%s %q", kind, content)
	}
}

func TestReadBasicSeesNoBodiesAndNoAttachments(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.received("geheim")
	at := r.box(1) + "/messages"
	id := ids(r.all(at))[0]
	r.ctl.SetRoles("Mail.ReadBasic.All")
	r.signIn()
	for _, g := range []map[string]any{r.get(at + "/" + id + "?$expand=attachments"), values(r.get(at + "?$select=body,bodyPreview,uniqueBody,subject"))[0]} {
		if g["subject"] != "geheim" || g["body"] != nil || g["bodyPreview"] != nil || g["uniqueBody"] != nil || g["attachments"] != nil {
			t.Errorf("message %v", g)
		}
	}
	r.refused(r.send("GET", at+"/"+id+"/attachments", nil), 403, "ErrorAccessDenied")
	r.refused(r.send("GET", at+"/"+id+"/$value", nil), 403, "ErrorAccessDenied")
	r.refused(r.send("GET", at+"?$search=\"geheim\"", nil), 403, "ErrorAccessDenied")
	r.refused(r.send("POST", r.box(1)+"/sendMail", map[string]any{"message": mailTo("x", r.users[0].Mail)}), 403, "ErrorAccessDenied")
	r.refused(r.send("DELETE", at+"/"+id, nil), 403, "ErrorAccessDenied")
}

func TestMessagesPageByTenAndCount(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for i := range 12 {
		r.do("POST", r.box(0)+"/messages", mailTo(itoa(i)), 201)
	}
	page := r.get(r.box(0) + "/messages?$count=true")
	if len(values(page)) != 10 || page["@odata.count"] != 12.0 || page["@odata.nextLink"] == nil {
		t.Errorf("page of %d, count %v, next %v", len(values(page)), page["@odata.count"], page["@odata.nextLink"])
	}
	if all := r.all(r.box(0) + "/messages?$top=5&$select=subject"); len(all) != 12 {
		t.Errorf("%d messages", len(all))
	}
	if all := r.all(r.box(0) + "/messages?$search=\"guten\"&$top=5"); len(all) != 12 {
		t.Errorf("%d messages found", len(all))
	}
	id := ids(r.all(r.box(0) + "/messages"))[0]
	r.refused(r.send("GET", r.box(0)+"/mailFolders/inbox/messages/"+id, nil), 404, "ErrorItemNotFound")
	r.refused(r.send("GET", r.box(1)+"/messages/"+id, nil), 404, "ErrorItemNotFound")
	r.refused(r.send("GET", r.box(1)+"/messages/unsinn", nil), 400, "ErrorInvalidIdMalformed")
}

func TestMessagesCarryExtendedPropertiesAndExtensions(t *testing.T) {
	t.Parallel()
	r := empty(t)
	m := mailTo("x", r.users[1].Mail)
	prop := "String {00020329-0000-0000-c000-000000000046} Name CrmId"
	m["singleValueExtendedProperties"] = []any{map[string]any{"id": prop, "value": "4711"}}
	draft := r.do("POST", r.box(0)+"/messages", m, 201)
	at := r.box(0) + "/messages"
	found := r.all(at + "?$filter=singleValueExtendedProperties/Any(ep: ep/id eq '" + prop + "' and ep/value eq '4711')&$expand=singleValueExtendedProperties($filter=id eq '" + prop + "')")
	if len(found) != 1 || found[0]["singleValueExtendedProperties"] == nil {
		t.Fatalf("found %v", found)
	}
	one := at + "/" + draft["id"].(string)
	r.do("POST", one+"/extensions", map[string]any{"@odata.type": "microsoft.graph.openTypeExtension", "extensionName": "de.example.sync", "key": "1"}, 201)
	if ext := r.get(one + "/extensions/de.example.sync"); ext["key"] != "1" {
		t.Errorf("extension %v", ext)
	}
	r.do("POST", one+"/send", nil, 202)
	if copies := r.all(r.box(1) + "/messages?$filter=singleValueExtendedProperties/Any(ep: ep/id eq '" + prop + "' and ep/value eq '4711')"); len(copies) != 0 {
		t.Errorf("the property went with the copy: %v", copies)
	}
}
