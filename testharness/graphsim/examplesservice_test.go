package graphsim

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// serviceExamples compares the pairs of subscriptions and notifications, which need a subscriber that Graph calls.
func serviceExamples(t *testing.T, dir string, table map[string]string) {
	h := newHook(t, Config{HoldNotifications: true})
	shape := func(pair, method, path string, got any) {
		want := exampleBody(t, dir, pair+"-*.response.*")
		out := missing("", want, got)
		slices.Sort(out)
		for _, m := range out {
			t.Errorf("%s: %s", pair, m)
		}
		table[pair] = exampleRow(method, path, leftOut(want, got))
	}
	id := h.subscribe("/users/"+h.users[0].ID+"/messages", "lifecycleNotificationUrl", h.url+"/l")

	// The printed expiry is in the past, so today's is sent instead.
	renewal, _ := exampleBody(t, dir, "114-*.request.*").(map[string]any)
	if len(renewal) != 1 || renewal["expirationDateTime"] == nil {
		t.Fatalf("114: %v", renewal)
	}
	renewal["expirationDateTime"] = epoch.Add(48 * time.Hour).Format(time.RFC3339)
	shape("114", "PATCH", "/subscriptions/{id}", any(h.do("PATCH", "/subscriptions/"+id, renewal, 200)))

	names, err := filepath.Glob(filepath.Join(dir, "graph-examples", "116-*.request.http"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	raw, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	if text := string(raw); !strings.Contains(text, "?validationToken=") || !strings.Contains(text, h.validation.Header.Get("Content-Type")) || h.validation.Method != http.MethodPost {
		t.Errorf("116: %s %v; the page has %s", h.validation.Method, h.validation.Header, text)
	}
	table["116"] = exampleRow("POST", "{notificationUrl}?validationToken={token}", nil)

	h.do("POST", h.box(0)+"/messages", map[string]any{"subject": "x"}, 201)
	h.ctl.Deliver()
	shape("118", "DELETE", "/subscriptions/{id}", any(h.posts[0]))
	h.do("DELETE", "/subscriptions/"+id, nil, 204)
}
