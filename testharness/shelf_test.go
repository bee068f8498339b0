package testharness

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// thing is a record of the shelf.
type thing struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Note   string `json:"note"`
	Seq    int    `json:"seq"` // of its last change
	Intent string `json:"intent,omitempty"`
	Gone   bool   `json:"gone,omitempty"`
}

// shelfServer is a small system behind HTTP, which the rules and mutants of this
// package's tests use: it lives in the test, the connector also in a process.
type shelfServer struct {
	*httptest.Server
	mu       sync.Mutex
	things   []thing
	seq      int
	throttle time.Duration
	lose     bool
	leased   bool
}

const shelfSecret = "sentinel \"4711\"/+=<&>"

func newShelf(n int) *shelfServer {
	s := &shelfServer{}
	for i := range n {
		s.add(thing{Name: fmt.Sprintf("thing %d", i), Note: "n"})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /things", s.list)
	mux.HandleFunc("GET /things/{id}", s.get)
	mux.HandleFunc("POST /things", s.post)
	mux.HandleFunc("PATCH /things/{id}", s.patch)
	mux.HandleFunc("DELETE /things/{id}", s.remove)
	mux.HandleFunc("POST /lease", s.lease)
	s.Server = httptest.NewServer(s.guard(mux))
	return s
}

func (s *shelfServer) add(t thing) thing {
	s.seq++
	t.ID, t.Seq = fmt.Sprintf("t%04d", len(s.things)+1), s.seq
	s.things = append(s.things, t)
	return t
}

// guard signs in, throttles, and loses answers.
func (s *shelfServer) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case r.Header.Get("Authorization") != "Bearer "+shelfSecret:
			w.WriteHeader(http.StatusUnauthorized)
		case s.throttle > 0:
			w.Header().Set("Retry-After", strconv.Itoa(int(s.throttle.Seconds())))
			w.WriteHeader(http.StatusTooManyRequests)
		case s.lose && r.Method == http.MethodPost:
			s.lose = false
			next.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func (s *shelfServer) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	since, _ := strconv.Atoi(q.Get("since"))
	var page struct {
		Things []thing `json:"things"`
		More   bool    `json:"more"`
		Seq    int     `json:"seq"`
	}
	page.Things, page.Seq = []thing{}, s.seq
	for _, t := range s.things {
		switch {
		case t.ID <= q.Get("after") || t.Seq <= since || since == 0 && t.Gone:
		case q.Has("intent") && t.Intent != q.Get("intent"):
		case len(page.Things) == 10:
			page.More = true
		default:
			page.Things = append(page.Things, t)
		}
	}
	answer(w, page)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // to somebody who may have gone
}

func (s *shelfServer) index(id string) int {
	return slices.IndexFunc(s.things, func(t thing) bool { return t.ID == id })
}

func (s *shelfServer) get(w http.ResponseWriter, r *http.Request) {
	i := s.index(r.PathValue("id"))
	if i < 0 {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	answer(w, s.things[i])
}

func (s *shelfServer) post(w http.ResponseWriter, r *http.Request) {
	var t thing
	if err := json.NewDecoder(r.Body).Decode(&t); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	answer(w, s.add(t))
}

func (s *shelfServer) patch(w http.ResponseWriter, r *http.Request) {
	i := s.index(r.PathValue("id"))
	if i < 0 || s.things[i].Gone {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if m := r.Header.Get("If-Match"); m != "" && m != strconv.Itoa(s.things[i].Seq) {
		w.WriteHeader(http.StatusPreconditionFailed)
		return
	}
	var patch map[string]*string
	if err := json.NewDecoder(r.Body).Decode(&patch); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for name, at := range map[string]*string{"name": &s.things[i].Name, "note": &s.things[i].Note} {
		if v, ok := patch[name]; ok && v != nil {
			*at = *v
		} else if ok {
			*at = ""
		}
	}
	s.seq++
	s.things[i].Seq = s.seq
	answer(w, s.things[i])
}

func (s *shelfServer) remove(w http.ResponseWriter, r *http.Request) {
	i := s.index(r.PathValue("id"))
	if i < 0 || s.things[i].Gone {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	s.seq++
	s.things[i].Gone, s.things[i].Seq = true, s.seq
	answer(w, s.things[i])
}

func (s *shelfServer) lease(w http.ResponseWriter, _ *http.Request) {
	if s.leased {
		w.WriteHeader(http.StatusConflict)
	}
	s.leased = true
}

// system is the hold of the harness on the shelf.
func (s *shelfServer) system(broken string) *System {
	locked := func(f func()) {
		s.mu.Lock()
		defer s.mu.Unlock()
		f()
	}
	n := 0
	next := func() string { n++; return fmt.Sprintf("new %d", n) }
	return &System{
		Settings: map[string]string{"url": s.URL, "token": shelfSecret, "broken": broken}, Secret: shelfSecret,
		Close: func() error { s.Close(); return nil },
		Fresh: func() []byte { return fmt.Appendf(nil, `{"name":%q,"note":"fresh"}`, next()) },
		Change: func([]byte) ([]byte, string) {
			return fmt.Appendf(nil, `{"name":%q}`, strings.ToUpper(next())), "name"
		},
		Clear: "note",
		Touch: func(context.Context) (string, error) {
			locked(func() {
				s.seq++
				s.things[3].Name, s.things[3].Seq = next(), s.seq
			})
			return s.things[3].ID, nil
		},
		LoseAnswers: func() { locked(func() { s.lose = true }) },
		Throttle: func(wait time.Duration) func() {
			locked(func() { s.throttle = wait })
			return func() { locked(func() { s.throttle = 0 }) }
		},
	}
}
