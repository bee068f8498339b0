package graphsim

import (
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
	json := map[string]any{"Content-Type": "application/json"}
	got := r.batch(
		item("1", "GET", relative),
		item("2", "GET", r.box(1)+"/events/abc"),
		item("3", "POST", r.box(2)+"/events", "headers", json, "body", eventAt("x", epoch, time.Hour, "UTC")),
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
	refuse(item("1", "GET", "/users"), item("2", "GET", "/users"), item("3", "GET", "/users", "dependsOn", []string{"1"}))
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
