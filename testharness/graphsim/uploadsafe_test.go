package graphsim

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// open opens an upload session and gives its address.
func (r *rig) open(at string, size int) string {
	r.Helper()
	return r.do("POST", at+"/attachments/createUploadSession", sessionFor("x", size), 201)["uploadUrl"].(string)
}

func (r *rig) put(url string, from, to, size int) *http.Response {
	r.Helper()
	resp, _ := r.bytes("PUT", url, make([]byte, to-from+1), octets, rangeOf(from, to, size))
	return resp
}

// uploadsOf is how many sessions a user's mailbox holds and how many bytes of them.
func (r *rig) uploadsOf(user int) (sessions, bytes int) {
	r.s.mu.RLock()
	defer r.s.mu.RUnlock()
	for _, u := range r.s.tenant.byID[r.users[user].ID].box.uploads {
		sessions++
		bytes += cap(u.content)
	}
	return sessions, bytes
}

// TestAnUploadAddressIsGoodForItsOwnItemOnly mixes the parts of two sessions' addresses.
func TestAnUploadAddressIsGoodForItsOwnItemOnly(t *testing.T) {
	t.Parallel()
	r := empty(t)
	const size = 3_000_000
	draft := func(user int) string {
		return r.box(user) + "/messages/" + r.do("POST", r.box(user)+"/messages", mailTo("x", r.users[1].Mail), 201)["id"].(string)
	}
	mine, other, theirs := draft(0), draft(0), draft(1)
	a, b := r.open(mine, size), r.open(theirs, size)
	parts := func(address string) (base, session, token string) {
		base, rest, _ := strings.Cut(address, "/AttachmentSessions('")
		session, token, _ = strings.Cut(rest, "')?authtoken=")
		return base, session, token
	}
	baseA, sessionA, tokenA := parts(a)
	baseB, sessionB, tokenB := parts(b)
	elsewhere := strings.Replace(baseA, mine[strings.LastIndexByte(mine, '/')+1:], other[strings.LastIndexByte(other, '/')+1:], 1)
	if elsewhere == baseA {
		t.Fatal("no other item")
	}
	event := strings.Replace(baseA, "messages(", "events(", 1)
	for _, tt := range []struct {
		base, session, token string
		status               int
	}{
		{baseA, sessionB, tokenA, 401}, {baseA, sessionA, tokenB, 401}, {baseA, sessionA, "", 401}, {baseA, sessionA, tokenA[:8], 401},
		{baseA, sessionB, tokenB, 404}, {baseB, sessionA, tokenA, 404}, {elsewhere, sessionA, tokenA, 404}, {event, sessionA, tokenA, 400},
		{baseA, "unsinn", tokenA, 400},
	} {
		address := tt.base + "/AttachmentSessions('" + tt.session + "')?authtoken=" + url.QueryEscape(tt.token)
		if resp := r.put(address, 0, 99, size); resp.StatusCode != tt.status {
			t.Errorf("%s: %d, want %d", address, resp.StatusCode, tt.status)
		}
	}
	if resp := r.put(a, 0, 99, size); resp.StatusCode != 200 {
		t.Errorf("the right address: %d", resp.StatusCode)
	}
}

func TestUploadsThatNobodyFinishesAreFreed(t *testing.T) {
	t.Parallel()
	r := empty(t)
	const size = 3_000_000
	at := r.bearers()["message"]
	abandoned := r.open(at, size)
	r.put(abandoned, 0, 1_999_999, size)
	r.ctl.Advance(25 * time.Hour)
	r.signIn()
	draft := r.box(1) + "/messages/" + r.do("POST", r.box(1)+"/messages", mailTo("x"), 201)["id"].(string)
	r.put(r.open(draft, size), 0, 1_999_999, size)
	if n, bytes := r.uploadsOf(0); n != 0 {
		t.Errorf("%d expired sessions hold %d bytes", n, bytes)
	}
	if n, _ := r.uploadsOf(1); n != 1 {
		t.Errorf("%d sessions", n)
	}
	r.do("POST", draft+"/permanentDelete", nil, 204)
	if n, bytes := r.uploadsOf(1); n != 0 {
		t.Errorf("%d sessions of a deleted message hold %d bytes", n, bytes)
	}
}

func TestAnUploadTakesNoMoreMemoryThanItsFile(t *testing.T) {
	t.Parallel()
	r := empty(t)
	const size, part = 20 << 20, 4 << 20
	address := r.open(r.bearers()["message"], size)
	if _, bytes := r.uploadsOf(0); bytes != 0 {
		t.Errorf("%d bytes before the first part", bytes)
	}
	for from := 0; from < size-part; from += part {
		r.put(address, from, from+part-1, size)
		if _, bytes := r.uploadsOf(0); bytes > size || bytes > 2*(from+part) {
			t.Errorf("%d bytes after %d", bytes, from+part)
		}
	}
	if resp := r.put(address, size-part, size-1, size); resp.StatusCode != 201 {
		t.Errorf("the last part: %d", resp.StatusCode)
	}
}
