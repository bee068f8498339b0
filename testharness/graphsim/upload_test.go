package graphsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func sessionFor(name string, size int) map[string]any {
	return map[string]any{"AttachmentItem": map[string]any{"attachmentType": "file", "name": name, "size": size, "contentType": "application/zip"}}
}

func rangeOf(from, to, size int) string {
	return fmt.Sprintf("Content-Range: bytes %d-%d/%d", from, to, size)
}

func codeOf(body []byte) string {
	var out struct{ Error struct{ Code string } }
	_ = json.Unmarshal(body, &out) // an empty body has no code
	return out.Error.Code
}

const octets = "Content-Type: application/octet-stream"

func TestALargeFileIsUploadedInParts(t *testing.T) {
	t.Parallel()
	r := empty(t)
	const size = 3_400_000
	content := bytes.Repeat([]byte("0123456789"), size/10)
	for kind, at := range r.bearers() {
		body, extra := sessionFor("groß.zip", size), []string{octets}
		if kind == "task" {
			body = map[string]any{"attachmentInfo": map[string]any{"attachmentType": "file", "name": "groß.zip", "size": size}}
			extra = append(extra, r.bearer())
		}
		session := r.do("POST", at+"/attachments/createUploadSession", body, 201)
		url := session["uploadUrl"].(string)
		put := url
		if kind == "task" {
			put += "/content"
		}
		if session["nextExpectedRanges"].([]any)[0] != "0-" || session["expirationDateTime"] == nil {
			t.Errorf("%s: session %v", kind, session)
		}
		resp, answer := r.bytes("PUT", put, content[:2_000_000], append(extra, rangeOf(0, 1_999_999, size))...)
		if resp.StatusCode != 200 || !strings.Contains(string(answer), `"nextExpectedRanges":["2000000-"]`) {
			t.Fatalf("%s: first part %d %s", kind, resp.StatusCode, answer)
		}
		if resp, answer = r.bytes("GET", url, nil, extra...); resp.StatusCode != 200 || !strings.Contains(string(answer), `["2000000-"]`) {
			t.Errorf("%s: state %d %s", kind, resp.StatusCode, answer)
		}
		resp, answer = r.bytes("PUT", put, content[2_000_000:], append(extra, rangeOf(2_000_000, size-1, size))...)
		if resp.StatusCode != 201 || len(answer) != 0 {
			t.Fatalf("%s: last part %d %s", kind, resp.StatusCode, answer)
		}
		files := r.all(at + "/attachments?$select=id,name,size")
		if len(files) != 1 || files[0]["name"] != "groß.zip" || files[0]["size"] != float64(size) {
			t.Fatalf("%s: attachments %v", kind, files)
		}
		if where := resp.Header.Get("Location"); !strings.Contains(where, files[0]["id"].(string)) {
			t.Errorf("%s: Location %s", kind, where)
		}
		if _, got := r.bytes("GET", at+"/attachments/"+files[0]["id"].(string)+"/$value", nil, r.bearer()); !bytes.Equal(got, content) {
			t.Errorf("%s: %d bytes came back", kind, len(got))
		}
		if resp, _ = r.bytes("GET", url, nil, extra...); resp.StatusCode != 404 {
			t.Errorf("%s: the session is still there: %d", kind, resp.StatusCode)
		}
	}
}

func TestAnUploadTakesOnlyTheNextPart(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := r.bearers()["message"]
	const size = 2_100_000
	url := r.do("POST", at+"/attachments/createUploadSession", sessionFor("x", size), 201)["uploadUrl"].(string)
	part := make([]byte, 100)
	for _, tt := range []struct {
		header string
		status int
		code   string
	}{
		{rangeOf(100, 199, size), 416, "InvalidRange"}, {rangeOf(0, 99, size+1), 416, "InvalidRange"}, {rangeOf(0, size, size), 416, "InvalidRange"},
		{rangeOf(0, 98, size), 400, "InvalidContentRangeHeader"}, {"Content-Range: 0-99", 400, "InvalidContentRangeHeader"}, {"X-None: 1", 400, "InvalidContentRangeHeader"},
	} {
		resp, answer := r.bytes("PUT", url, part, octets, tt.header)
		if resp.StatusCode != tt.status || codeOf(answer) != tt.code {
			t.Errorf("%s: %d %s", tt.header, resp.StatusCode, answer)
		}
	}
	if resp, answer := r.bytes("PUT", url, part, octets, rangeOf(0, 99, size)); resp.StatusCode != 200 {
		t.Errorf("the right part: %d %s", resp.StatusCode, answer)
	}
	if resp, answer := r.bytes("PUT", url, part, octets, rangeOf(0, 99, size)); resp.StatusCode != 416 {
		t.Errorf("the same part again: %d %s", resp.StatusCode, answer)
	}
	if resp, answer := r.bytes("PUT", url, make([]byte, 4<<20+1), octets, rangeOf(100, 100+4<<20, size)); resp.StatusCode != 413 {
		t.Errorf("more than a request may have: %d %s", resp.StatusCode, answer)
	}
	if resp, _ := r.bytes("PUT", strings.Replace(url, "authtoken=", "authtoken=0", 1), part, octets, rangeOf(100, 199, size)); resp.StatusCode != 401 {
		t.Errorf("a wrong token: %d", resp.StatusCode)
	}
	if resp, _ := r.bytes("DELETE", url, nil); resp.StatusCode != 204 {
		t.Errorf("DELETE: %d", resp.StatusCode)
	}
	if resp, answer := r.bytes("PUT", url, part, octets, rangeOf(100, 199, size)); resp.StatusCode != 404 || codeOf(answer) != "ErrorItemNotFound" {
		t.Errorf("after DELETE: %d %s", resp.StatusCode, answer)
	}
	url = r.do("POST", at+"/attachments/createUploadSession", sessionFor("x", size), 201)["uploadUrl"].(string)
	r.ctl.Advance(30 * time.Hour)
	if resp, _ := r.bytes("PUT", url, part, octets, rangeOf(0, 99, size)); resp.StatusCode != 404 {
		t.Errorf("after its end: %d", resp.StatusCode)
	}
}

func TestAnUploadSessionHasBounds(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := r.bearers()
	for _, tt := range []struct {
		kind string
		body any
		code string
	}{
		{"message", sessionFor("x", 1_000_000), "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"},
		{"message", sessionFor("x", 151<<20), "ErrorAttachmentSizeLimitExceeded"},
		{"task", map[string]any{"attachmentInfo": map[string]any{"attachmentType": "file", "name": "x", "size": 26 << 20}}, "ErrorAttachmentSizeLimitExceeded"},
		{"event", sessionFor("", 3_000_000), "ErrorPropertyValidationFailure"},
		{"event", map[string]any{"AttachmentItem": map[string]any{"attachmentType": "item", "name": "x", "size": 3_000_000}}, "ErrorPropertyValidationFailure"},
		{"event", map[string]any{"AttachmentItem": map[string]any{"attachmentType": "file", "name": "x"}}, "ErrorPropertyValidationFailure"},
		{"event", map[string]any{}, "UnableToDeserializePostBody"},
		{"task", sessionFor("x", 3_000_000), "UnableToDeserializePostBody"},
	} {
		r.refused(r.send("POST", at[tt.kind]+"/attachments/createUploadSession", tt.body), http.StatusBadRequest, tt.code)
	}
}
