package graphsim

import (
	"strings"
	"testing"
)

// mailPitfalls are those of mail.
func mailPitfalls() []pitfall {
	return []pitfall{
		{50, "messages have a delta for each folder, none for the mailbox", "docs#6576", "by default", TestMessageDeltaRefusesWhatItDoesNotKnow},
		{51, "a filter whose properties are not those of $orderby, in its order, is refused: InefficientFilter", "", "by default", TestMessagesAreFilteredAndSortedByTheRules},
		{52, "a request may have 4 MB; larger attachments need an upload session", "contrib#3079, contrib#2561, docs#9834, docs#11804, docs#15579", "by default", largeAttachments},
		{53, "202 of sendMail is no delivery", "", "by default", TestMailToAnUnknownAddressOfTheTenantComesBack},
	}
}

func largeAttachments(t *testing.T) {
	t.Parallel()
	r := empty(t)
	draft := r.do("POST", r.box(0)+"/messages", mailTo("groß", r.users[1].Mail), 201)["id"].(string)
	at := r.box(0) + "/messages/" + draft
	r.refused(r.send("POST", at+"/attachments", fileOf("x", strings.Repeat("x", 3<<20))), 413, "RequestEntityTooLarge")
	const part = 3 << 20
	for range 12 { // 36 MB: each file may be large, the message may not
		url := r.do("POST", at+"/attachments/createUploadSession", sessionFor("x", part), 201)["uploadUrl"].(string)
		if resp, answer := r.bytes("PUT", url, make([]byte, part), octets, rangeOf(0, part-1, part)); resp.StatusCode != 201 {
			t.Fatalf("upload %d %s", resp.StatusCode, answer)
		}
	}
	r.refused(r.send("POST", at+"/send", nil), 413, "ErrorMessageSizeExceeded")
}
