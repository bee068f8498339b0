package graphsim

import (
	"bytes"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/csdl"
)

// counted is what readers may count in the state: requests, and the tokens of delta rounds.
var counted = regexp.MustCompile(`"(requests|tokensIssued)":\d+,?`)

func TestReadersAtATimeChangeNothing(t *testing.T) {
	t.Parallel()
	cfg := Config{Users: 6, Small: true, MessagesPerUser: 3, Rooms: 2}
	known := newRig(t, cfg)
	model, err := csdl.Load()
	if err != nil {
		t.Fatal(err)
	}
	w := &modelWalker{rig: known, model: model, ids: map[string]string{}, seen: map[string]int{}}
	for _, row := range readRoutes() {
		w.visit(row.pattern)
	}
	if len(w.read) < 120 {
		t.Fatalf("only %d of %d paths are read", len(w.read), len(readRoutes()))
	}

	r := newRig(t, cfg) // the same ids, and nothing made yet that a mailbox gets when it is first looked at
	var once string
	for i := range 2 {
		var wg sync.WaitGroup
		for _, paths := range [][]string{w.read, backward(w.read)} {
			wg.Go(func() {
				for _, path := range paths {
					req := httptest.NewRequest("GET", "http://graph.test/v1.0"+strings.ReplaceAll(path, " ", "%20"), nil)
					req.Header.Set("Authorization", "Bearer "+r.token)
					rec := httptest.NewRecorder()
					if r.s.ServeHTTP(rec, req); rec.Code != 200 {
						t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
					}
				}
			})
		}
		wg.Wait()
		var saved bytes.Buffer
		if err := r.ctl.SaveState(&saved); err != nil {
			t.Fatal(err)
		}
		state := counted.ReplaceAllString(saved.String(), "")
		if i == 0 {
			once = state
		} else if state != once {
			t.Error("reading what was read before changed the state")
		}
	}
}

func backward(paths []string) []string {
	out := slices.Clone(paths)
	slices.Reverse(out)
	return out
}
