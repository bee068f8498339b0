package graphsim

import (
	"encoding/json"
	"time"
)

// mailExamples are the pairs of mail.
func mailExamples(r *rig) []exampleCall {
	r.Helper()
	r.received("Beispiel")
	mail := r.box(1)
	read := mail + "/messages/" + ids(r.all(mail + "/messages"))[0]
	draft := r.do("POST", mail+"/messages", mailTo("Entwurf", r.users[0].Mail), 201)["id"].(string)
	r.arrive("weg", "da")
	_, link := r.round(mail + inboxDelta + "?$select=subject,sender,isRead")
	r.do("POST", mail+"/messages/"+ids(values(r.get(mail + "/messages?$filter=subject eq 'weg'")))[0]+"/permanentDelete", nil, 204)
	r.arrive("neu")
	event := r.do("POST", mail+"/events", eventAt("groß", epoch, time.Hour, "UTC"), 201)["id"].(string)
	return []exampleCall{
		{"052", "GET", mail + "/messages?$select=sender,subject", nil, 200},
		{"054", "GET", mail + inboxDelta + "?$select=subject,sender,isRead", []string{"Prefer: odata.maxpagesize=2"}, 200},
		{"056", "GET", link, []string{"Prefer: odata.maxpagesize=2"}, 200},
		{"058", "GET", read + "?$select=internetMessageHeaders", nil, 200},
		{"060", "POST", mail + "/sendMail", nil, 202},
		{"064", "POST", mail + "/messages/" + draft + "/send", nil, 202},
		{"066", "POST", read + "/reply", nil, 202},
		{"068", "POST", read + "/attachments", nil, 201},
		{"070", "POST", mail + "/events/" + event + "/attachments/createUploadSession", nil, 201},
	}
}

// rawExamples are the pairs whose requests are not JSON.
func (r *rig) rawExamples(dir string, table map[string]string) {
	resp, answer := r.bytes("POST", r.box(0)+"/sendMail", r.mime(), "Content-Type: text/plain", r.bearer())
	if resp.StatusCode != 202 {
		r.Errorf("062: %d %s", resp.StatusCode, answer)
	}
	table["062"] = exampleRow("POST", r.box(0)+"/sendMail", []string{"a whole message is sent, the printed one is cut off"})

	event := r.do("POST", r.box(0)+"/events", eventAt("groß", epoch, time.Hour, "UTC"), 201)["id"].(string)
	const size, part = 3_483_322, 2_097_152
	url := r.do("POST", r.box(0)+"/events/"+event+"/attachments/createUploadSession", sessionFor("flower", size), 201)["uploadUrl"].(string)
	resp, answer = r.bytes("PUT", url, make([]byte, part), octets, rangeOf(0, part-1, size))
	var got any
	if err := json.Unmarshal(answer, &got); err != nil || resp.StatusCode != 200 {
		r.Fatalf("072: %d %s", resp.StatusCode, answer)
	}
	want := exampleBody(r.T, dir, "072-*.response.*")
	for _, m := range missing("", want, got) {
		r.Errorf("072: %s", m)
	}
	table["072"] = exampleRow("PUT", "{uploadUrl}", leftOut(want, got))
}
