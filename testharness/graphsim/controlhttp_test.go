package graphsim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
)

// controlRaw sends a call; body is text.
func (r *rig) controlRaw(method, call, body string) (int, string) {
	r.Helper()
	req, err := http.NewRequest(method, r.url+ControlPrefix+call, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

// control is controlRaw with the answer decoded.
func (r *rig) control(method, call, body string) (status int, out any) {
	r.Helper()
	status, raw := r.controlRaw(method, call, body)
	if err := json.Unmarshal([]byte(raw), &out); err != nil {
		r.Fatalf("%s: %v\n%s", call, err, raw)
	}
	return status, out
}

// controlled is control for calls that succeed.
func (r *rig) controlled(method, call, body string) any {
	r.Helper()
	status, out := r.control(method, call, body)
	if status != 200 {
		r.Fatalf("%s %s: %d %v", method, call, status, out)
	}
	return out
}

func TestEveryMethodOfControlIsACall(t *testing.T) {
	t.Parallel()
	calls := map[string]bool{}
	for _, c := range controlCalls() {
		typ := reflect.TypeOf(c.do)
		if calls[c.name] || typ.NumIn() != 1+len(strings.Fields(c.params)) || typ.In(0) != reflect.TypeFor[*Control]() {
			t.Errorf("%s: twice in the table, or its function has not the parameters %q", c.name, c.params)
		}
		calls[c.name] = true
	}
	typ := reflect.TypeFor[*Control]()
	for i := range typ.NumMethod() {
		name := []rune(typ.Method(i).Name)
		name[0] = unicode.ToLower(name[0])
		if !calls[string(name)] {
			t.Errorf("Control.%s is not a call: add a row to controlCalls", typ.Method(i).Name)
		}
	}
}

func TestControlIsServedOverHTTP(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 3, Small: true, ControlHTTP: true})
	list := r.controlled("GET", "", "").([]any)
	if len(list) != len(controlCalls()) || list[1].(map[string]any)["Path"] != "/_gleis/advance" || list[1].(map[string]any)["Parameters"].(map[string]any)["by"] != "time.Duration" {
		t.Errorf("list of %d: %v", len(list), list[1])
	}
	for _, c := range list {
		if c := c.(map[string]any); c["Path"] == "/_gleis/fail" {
			rule, _ := c["Parameters"].(map[string]any)["rule"].(map[string]any)
			if rule["Status"] != "int" || rule["RetryAfter"] != "time.Duration" {
				t.Errorf("the members of a rule: %v", rule)
			}
		}
	}
	if list, ok := r.controlled("GET", "outbox", "").([]any); !ok || len(list) != 0 {
		t.Errorf("no mail is an empty list, not %v", list)
	}
	upn := r.users[0].UPN
	r.controlled("POST", "advance", `{"by":"90m"}`)
	if got := r.controlled("GET", "now", ""); got != "2026-11-22T11:30:00Z" {
		t.Errorf("clock %v", got)
	}
	r.controlled("POST", "setClock", `{"now":"2026-11-22T10:00:00Z"}`)
	r.controlled("POST", "fail", `{"rule":{"path":"*/contacts","status":503,"retryAfter":"7s"}}`)
	if a := r.send("GET", r.box(0)+"/contacts", nil); a.status != 503 || a.header.Get("Retry-After") != "7" {
		t.Errorf("planned fault: %d %v", a.status, a.header)
	}
	r.controlled("POST", "throttle", `{"user":"`+upn+`","for":"1m30s"}`)
	if a := r.send("GET", r.box(0)+"/contacts", nil); a.status != 429 || a.header.Get("Retry-After") != "90" {
		t.Errorf("throttled: %d %v", a.status, a.header)
	}
	r.controlled("POST", "advance", `{"by":90000000000}`)
	id := r.controlled("POST", "createEvent", `{"user":"`+upn+`","event":`+rawJSON(eventAt("Von außen", epoch, time.Hour, "UTC"))+`}`).(string)
	if e := r.controlled("GET", "event?user="+upn+"&id="+id, "").(map[string]any); e["subject"] != "Von außen" {
		t.Errorf("event %v", e)
	}
	if got := r.controlled("GET", "state?user="+upn+"&from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z", "").(map[string]any); len(got["Contacts"].([]any)) == 0 {
		t.Errorf("state of a mailbox: %v", got)
	}
	if got := r.controlled("POST", "do", `{"method":"GET","path":"/users?$top=1"}`).(map[string]any); len(got["value"].([]any)) != 1 {
		t.Errorf("do: %v", got)
	}
	if got := r.controlled("GET", "counts", "").(map[string]any); got["Total"] != 3.0 {
		t.Errorf("counts %v", got)
	}
	r.controlled("POST", "setRoles", `{"roles":["User.Read.All"]}`)
	r.signIn()
	if a := r.send("GET", r.box(0)+"/contacts", nil); a.status != 403 {
		t.Errorf("roles: %d", a.status)
	}
}

func TestStateIsSavedLoadedAndResetOverHTTP(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 3, Small: true, ControlHTTP: true})
	_, begin := r.controlRaw("GET", "saveState", "")
	r.do("POST", r.box(0)+"/contacts", map[string]any{"givenName": "Neu", "personalNotes": strings.Repeat("x", 100_000)}, 201)
	_, saved := r.controlRaw("GET", "saveState", "")
	r.controlled("POST", "throttle", `{"user":"`+r.users[0].UPN+`","for":"1h"}`)
	r.controlled("POST", "reset", `{"seed":7}`)
	if _, got := r.controlRaw("GET", "saveState", ""); len(got) < len(begin)-200 || len(got) > len(begin)+200 {
		t.Errorf("after the reset %d bytes, at the beginning %d", len(got), len(begin))
	}
	if n := len(values(r.get(r.box(0) + "/contacts"))); n != 3 {
		t.Errorf("%d contacts after the reset", n)
	}
	r.controlled("POST", "loadState", saved)
	if n := len(values(r.get(r.box(0) + "/contacts"))); n != 4 {
		t.Errorf("%d contacts after loading", n)
	}
	if status, out := r.control("POST", "loadState", `{"format":"x"}`); status != 400 {
		t.Errorf("a damaged state: %d %v", status, out)
	}
	r.controlled("POST", "reset", `{"seed":8}`)
	if a := r.send("GET", "/users", nil); a.status != 401 {
		t.Errorf("a token of another company: %d", a.status)
	}
}

func TestWrongControlCallsAreExplained(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true, ControlHTTP: true})
	for _, c := range []struct {
		method, call, body string
		status             int
		text               string
	}{
		{"GET", "nothing", "", 404, `no call "nothing"; GET /_gleis/ lists all`},
		{"GET", "advance?by=1s", "", 405, "advance wants POST"},
		{"POST", "advance", `{}`, 400, `parameter "by" is missing`},
		{"POST", "advance", `{"by":"bald"}`, 400, `parameter "by": time: invalid duration "bald"`},
		{"POST", "advance", `{"by":"1s","at":2}`, 400, `unknown parameter "at"; the parameters are: by`},
		{"POST", "advance", `[1]`, 400, "the body is not a JSON object"},
		{"POST", "setClock", `{"now":"heute"}`, 400, `parameter "now"`},
		{"POST", "setClock", `{"now":"9999-12-31T00:00:00Z"}`, 400, "it must lie between 1970 and 2100"},
		{"POST", "fail", `{"rule":{"way":"off"}}`, 400, `unknown field "way"`},
		{"POST", "fail", `{"rule":{"delay":"x"}}`, 400, `delay: time: invalid duration`},
		{"POST", "fail", `{"rule":{"status":42}}`, 400, "status is from 200 to 599"},
		{"POST", "expireDelta", `{"user":"nobody"}`, 400, `no user "nobody"`},
		{"POST", "removeUser", `{"user":"nobody"}`, 400, `no user "nobody"`},
		{"POST", "do", `{"method":"GET","path":"/nothing"}`, 400, "Resource not found for the segment"},
		{"GET", "event?user=x", "", 400, `parameter "id" is missing`},
	} {
		status, out := r.control(c.method, c.call, c.body)
		text, _ := out.(map[string]any)["error"].(string)
		if status != c.status || !strings.Contains(text, c.text) {
			t.Errorf("%s %s %s: %d %v, want %d %s", c.method, c.call, c.body, status, out, c.status, c.text)
		}
	}
}

func TestOnlyThisMachineControls(t *testing.T) {
	t.Parallel()
	s := newRig(t, Config{Users: 2, Small: true, ControlHTTP: true}).s
	closed := newRig(t, Config{Users: 2, Small: true}).s
	for name, c := range map[string]struct {
		s                  *Server
		from, host, header string
		status             int
	}{
		"this machine":              {s, "127.0.0.1:1", "127.0.0.1:80", "", 200},
		"this machine by IPv6":      {s, "[::1]:1", "[::1]:80", "", 200},
		"this machine by its name":  {s, "127.0.0.1:1", "localhost:80", "", 200},
		"an address that was typed": {s, "127.0.0.1:1", "localhost", "Sec-Fetch-Site: none", 200},
		"another machine":           {s, "192.0.2.1:1", "127.0.0.1:80", "", 403},
		"another one by a proxy":    {s, "127.0.0.1:1", "127.0.0.1:80", "X-Forwarded-For: 192.0.2.1", 403},
		"a name that points here":   {s, "127.0.0.1:1", "evil.example", "", 403},
		"a page in a browser":       {s, "127.0.0.1:1", "localhost", "Origin: http://evil.example", 403},
		"a page without a name":     {s, "127.0.0.1:1", "localhost", "Origin: null", 403},
		"a page that shows it":      {s, "127.0.0.1:1", "localhost", "Sec-Fetch-Site: cross-site", 403},
		"not asked for":             {closed, "127.0.0.1:1", "127.0.0.1:80", "", 404},
	} {
		req := httptest.NewRequest("GET", "/_gleis/now", nil)
		req.RemoteAddr, req.Host = c.from, c.host
		if name, value, ok := strings.Cut(c.header, ": "); ok {
			req.Header.Set(name, value)
		}
		rec := httptest.NewRecorder()
		c.s.ServeHTTP(rec, req)
		if rec.Code != c.status {
			t.Errorf("%s: %d, want %d", name, rec.Code, c.status)
		}
	}
}
