package graphsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func item(id, method, url string, more ...any) map[string]any {
	m := map[string]any{"id": id, "method": method, "url": url}
	for i := 0; i+1 < len(more); i += 2 {
		m[more[i].(string)] = more[i+1]
	}
	return m
}

func (r *rig) batch(items ...map[string]any) map[string]map[string]any {
	r.Helper()
	out := map[string]map[string]any{}
	list, _ := r.do("POST", "/$batch", map[string]any{"requests": items}, 200)["responses"].([]any)
	for _, v := range list {
		m := v.(map[string]any)
		out[m["id"].(string)] = m
	}
	return out
}

func TestBatchAnswersEachItem(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 8, Small: true})
	_, link := r.round(r.box(0) + "/calendarView/delta?" + month())
	relative := strings.TrimPrefix(link, r.url+"/v1.0")
	headers := map[string]any{"Content-Type": "application/json"}
	got := r.batch(
		item("1", "GET", relative),
		item("2", "GET", r.box(1)+"/events/abc"),
		item("3", "POST", r.box(2)+"/events", "headers", headers, "body", eventAt("x", epoch, time.Hour, "UTC")),
		item("4", "GET", "/users/"+r.users[7].ID+"/events"),
		item("5", "GET", "users?$top=1"),
		item("6", "POST", r.box(2)+"/events", "body", map[string]any{}),
		item("7", "GET", r.box(3)+"/events?$top=1", "headers", map[string]any{"Prefer": `IdType="ImmutableId"`}),
	)
	for id, status := range map[string]float64{"1": 200, "2": 400, "3": 201, "4": 404, "5": 200, "6": 400, "7": 200} {
		if got[id]["status"] != status {
			t.Errorf("item %s: %v, want %v", id, got[id], status)
		}
	}
	if b := got["1"]["body"].(map[string]any); b["@odata.deltaLink"] == nil {
		t.Errorf("delta in a batch: %v", b)
	}
	if id := got["7"]["body"].(map[string]any)["value"].([]any)[0].(map[string]any)["id"].(string); !strings.HasPrefix(id, "AAkA") {
		t.Errorf("headers are per item: %s", id)
	}
	if c := r.ctl.Counts(); c.Class["POST /$batch"] != 1 || c.Mailbox[r.users[2].UPN]["POST /users/{user}/events"] != 1 {
		t.Errorf("counts\n%s", c)
	}
}

func TestBatchRules(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 3, Small: true})
	var many []map[string]any
	for i := range 21 {
		many = append(many, item(itoa(i), "GET", "/users?$top=1"))
	}
	refuse := func(items ...map[string]any) {
		t.Helper()
		r.refused(r.send("POST", "/$batch", map[string]any{"requests": items}), 400, "BadRequest")
	}
	refuse(many...)
	refuse(item("a", "GET", "/users"), item("A", "GET", "/users"))
	on := func(id string) []any { return []any{"dependsOn", []string{id}} }
	refuse(item("1", "GET", "/users"), item("2", "GET", "/users"), item("3", "GET", "/users", on("1")...))
	refuse(item("1", "GET", "/users"), item("2", "GET", "/users", on("1")...), item("3", "GET", "/users"), item("4", "GET", "/users", on("2")...))
	refuse(item("1", "GET", "/users", on("2")...), item("2", "GET", "/users"))
	refuse(item("1", "GET", "/users", on("1")...))
	refuse(item("", "GET", "/users"))
	refuse()
	r.refused(r.send("POST", "/$batch", []string{"x"}), 400, "BadRequest")
	got := r.batch(
		item("1", "GET", r.box(0)+"/events/abc"), item("2", "GET", "/users", "dependsOn", []string{"1"}), item("3", "GET", "/users", "dependsOn", []string{"2"}),
	)
	for id, status := range map[string]float64{"1": 400, "2": 424, "3": 424} {
		if got[id]["status"] != status {
			t.Errorf("item %s: %v, want %v", id, got[id]["status"], status)
		}
	}
	r.ctl.Fail(Rule{Path: "/users/*/contacts", Status: 429, RetryAfter: 5 * time.Second})
	got = r.batch(item("1", "GET", r.box(0)+"/contacts"), item("2", "GET", r.box(1)+"/contacts"))
	if h := got["1"]["headers"].(map[string]any); got["1"]["status"] != 429.0 || h["Retry-After"] != "5" || got["2"]["status"] != 200.0 {
		t.Errorf("throttled per item: %v", got)
	}
	token := r.token
	r.token = ""
	r.refused(r.send("POST", "/$batch", map[string]any{"requests": many[:1]}), 401, "InvalidAuthenticationToken")
	r.token = token
}

func TestABatchThatDependsOnItsFirstRequest(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	for first, status := range map[string]float64{"/users": 200, "/users/nobody": 424} {
		got := r.batch(item("a", "GET", first), item("b", "GET", "/groups", "dependsOn", []string{"A"}), item("c", "GET", "/users", "dependsOn", []string{"a"}))
		if got["b"]["status"] != status || got["c"]["status"] != status {
			t.Errorf("after %s: %v %v", first, got["b"]["status"], got["c"]["status"])
		}
	}
}

func TestParallelItemsForOneMailboxMeetItsLimit(t *testing.T) {
	t.Parallel()
	for atATime, refusals := range map[int]int{0: 3, 4: 0} {
		r := newRig(t, Config{Users: 3, Small: true, BatchParallel: atATime})
		var items []map[string]any
		for i := range 7 {
			items = append(items, item(itoa(i), "GET", r.box(0)+"/events?$top=1"))
		}
		items = append(items, item("other", "GET", r.box(1)+"/events?$top=1"), item("users", "GET", "/users?$top=1"))
		for range 3 {
			got := r.batch(items...)
			refused := 0
			for id, a := range got {
				h := a["headers"].(map[string]any)
				switch {
				case a["status"] == 429.0 && h["Retry-After"] == "2" && id >= "4" && id <= "6":
					refused++
				case a["status"] != 200.0:
					t.Errorf("item %s: %v", id, a)
				}
			}
			if refused != refusals || got["users"]["headers"].(map[string]any)["x-ms-resource-unit"] != "1" {
				t.Errorf("%d at a time: %d refused, want %d; %v", atATime, refused, refusals, got["users"])
			}
		}
		var chain []map[string]any
		for i, it := range items {
			chain = append(chain, it)
			if i > 0 {
				it["dependsOn"] = []any{items[i-1]["id"]}
			}
		}
		mixed := map[string]any{"requests": append(slices.Clone(chain), item("free", "GET", "/users"))}
		r.refused(r.send("POST", "/$batch", mixed), 400, "BadRequest")
		for id, a := range r.batch(chain...) {
			if a["status"] != 200.0 {
				t.Errorf("one after the other, item %s: %v", id, a)
			}
		}
	}
}

func TestBatchBodiesAndAddresses(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 2, Small: true})
	box := r.box(0)
	_, link := r.round(box + "/contacts/delta")
	body := func(kind string, v any) []any {
		return []any{"headers", map[string]any{"content-type": kind}, "body", v}
	}
	for name, c := range map[string]struct {
		item   map[string]any
		status float64
		text   string
	}{
		"a whole address":         {item("1", "GET", r.url+"/v1.0/users"), 400, "Resource not found for the segment 'http:'."},
		"an address with version": {item("1", "GET", "/v1.0/users"), 400, "Resource not found for the segment 'v1.0'."},
		"a delta link":            {item("1", "GET", strings.TrimPrefix(link, r.url+"/v1.0")), 200, "deltaLink"},
		"me without a person":     {item("1", "GET", "/me/events"), 400, "/me request is only valid with delegated authentication flow."},
		"a batch in a batch":      {item("1", "POST", "/$batch", body("application/json", map[string]any{})...), 400, "Invalid batch payload format."},
		"no method":               {item("1", "", "/users"), 400, "Invalid batch payload format."},
		"JSON":                    {item("1", "POST", box+"/contacts", body("application/json", map[string]any{"givenName": "A"})...), 201, "givenName"},
		"text that is not base64": {item("1", "POST", box+"/contacts", body("text/plain", "Hallo!")...), 400, "base64"},
		"text":                    {item("1", "POST", box+"/contacts", body("text/plain", "SGFsbG8")...), 415, "Unsupported media type"},
		"no answer body":          {item("1", "DELETE", box+"/contacts/"+ids(values(r.get(box + "/contacts")))[0]), 204, ""},
		"an answer that is text":  {item("1", "GET", "/$metadata"), 200, "PD94"},
	} {
		got := r.batch(c.item)["1"]
		text, _ := json.Marshal(got["body"])
		if got["status"] != c.status || !strings.Contains(string(text), c.text) || (got["body"] == nil) != (c.text == "") {
			t.Errorf("%s: %v", name, got)
		}
	}
	if raw, ok := decodeBatchBody(json.RawMessage(`"-_8="`)); !ok || string(raw) != "\xfb\xff" {
		t.Errorf("base64 of addresses: %x %v", raw, ok)
	}
}

func FuzzBatch(f *testing.F) {
	for _, s := range []string{
		`{"requests":[{"id":"1","method":"GET","url":"/users"}]}`,
		`{"requests":[{"id":"1","method":"GET","url":"/users/x('y')/events/delta?$deltatoken=1"},{"id":"2","dependsOn":["1"],"method":"PATCH","url":"me","body":"AA","headers":{"content-type":"a/b"}}]}`,
		`{"requests":[{"id":"1","method":"post","url":"%zz?%zz","headers":{"":"\n"},"body":null}]}`, `{"requests":[{}]}`, `[]`, `{"requests":null}`,
	} {
		f.Add(s)
	}
	s, err := New(Config{Users: 2, Small: true, Seed: 7, Now: func() time.Time { return epoch }})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c := &call{s: s, ctx: t.Context(), method: "POST", path: "/$batch", header: http.Header{"Content-Type": {"application/json"}}, body: []byte(body), direct: true}
		rep := s.handle(c)
		var out struct{ Responses []struct{ Status int } }
		if err := json.Unmarshal(rep.body, &out); err != nil || rep.status != 200 && rep.status != 400 {
			t.Fatalf("%d %s", rep.status, rep.body)
		}
		for _, a := range out.Responses {
			if a.Status < 200 || a.Status >= 500 && a.Status != 501 {
				t.Fatalf("%s", rep.body)
			}
		}
	})
}
