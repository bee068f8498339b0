package graphsim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// hook is a subscriber: it proves itself to Graph and collects what it is told.
type hook struct {
	*rig
	url string

	mu         sync.Mutex
	status     int           // of answers to notifications; zero: 202
	tokens     int           // handshakes
	validation *http.Request // the last of them
	posts      []map[string]any
	received   chan struct{} // one for each post
}

func newHook(t *testing.T, cfg Config) *hook {
	t.Helper()
	cfg.Users = 4
	cfg.EventsPerUser, cfg.TasksPerUser, cfg.ContactsPerUser = -1, -1, -1
	h := &hook{rig: newRig(t, cfg), received: make(chan struct{}, 100)}
	ts := httptest.NewServer(h)
	t.Cleanup(ts.Close)
	h.url = ts.URL
	return h
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if token := r.URL.Query().Get("validationToken"); token != "" {
		h.tokens++
		h.validation = r
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, token)
		return
	}
	raw, _ := io.ReadAll(r.Body)
	var body map[string]any
	if json.Unmarshal(raw, &body) != nil {
		h.Errorf("not JSON: %s", raw)
	}
	if h.status == 0 || h.status == 202 {
		h.posts = append(h.posts, body)
	}
	w.WriteHeader(max(h.status, http.StatusAccepted))
	h.received <- struct{}{}
}

func (h *hook) answer(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status = status
}

// take gives the notifications received so far and forgets them.
func (h *hook) take() []map[string]any {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []map[string]any
	for _, p := range h.posts {
		out = append(out, values(p)...)
	}
	h.posts = nil
	return out
}

// body is a subscription with all that is needed; more are further members or others instead.
func (h *hook) wish(resource string, more ...any) map[string]any {
	m := map[string]any{
		"changeType": "created,updated,deleted", "notificationUrl": h.url + "/n", "resource": resource, "clientState": "geheim",
		"expirationDateTime": h.ctl.Now().Add(24 * time.Hour).Format(time.RFC3339),
	}
	for i := 0; i+1 < len(more); i += 2 {
		m[more[i].(string)] = more[i+1]
		if more[i+1] == nil {
			delete(m, more[i].(string))
		}
	}
	return m
}

func (h *hook) subscribe(resource string, more ...any) string {
	h.Helper()
	return h.do("POST", "/subscriptions", h.wish(resource, more...), 201)["id"].(string)
}

// told delivers and gives "changeType resource" of each notification.
func (h *hook) told() []string {
	h.Helper()
	h.ctl.Deliver()
	var out []string
	for _, n := range h.take() {
		what, _ := n["changeType"].(string)
		if event, ok := n["lifecycleEvent"].(string); ok {
			what = event
		}
		out = append(out, what+" "+n["resource"].(string))
	}
	return out
}
