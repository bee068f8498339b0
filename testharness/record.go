package testharness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"golang.org/x/tools/txtar"
)

// Record runs the script against the real system and returns what was said, as
// txtar: numbered exchanges of HTTP (http/001-request, http/001-response) and
// what the connector made of them (schema.json, read.json, read-on.json,
// write.json). Of a request its method, path, query and body are kept, of an
// answer its status, body and the headers Content-Type, ETag, Link, Location and
// Retry-After. Requests to a path that ends in /token, with their answers, and all
// Scrub values are not kept.
func Record(ctx context.Context, sc Script) ([]byte, error) {
	rec := &recorder{scrub: sc.Scrub}
	out, err := sc.play(ctx, rec)
	if err != nil {
		return nil, err
	}
	whole := &txtar.Archive{Files: append(out, rec.files...)}
	text := txtar.Format(whole)
	if again := txtar.Parse(text); len(again.Files) != len(whole.Files) {
		return nil, errors.New("record: an answer holds a line that txtar takes for the name of a file; such a conversation cannot be kept")
	}
	return text, nil
}

// recorder passes requests on and keeps them with their answers.
type recorder struct {
	scrub []string
	mu    sync.Mutex
	files []txtar.File
	n     int
}

// RoundTrip implements http.RoundTripper.
func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	name, body, err := describe(req)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(answer))
	kept := answer
	if isToken(req.URL) {
		body, kept = nil, []byte(`{"token_type":"Bearer","expires_in":3599,"access_token":"recorded"}`)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	r.files = append(r.files,
		txtar.File{Name: fmt.Sprintf("http/%03d-request", r.n), Data: scrub([]byte(name+"\n"+string(body)+"\n"), r.scrub)},
		txtar.File{Name: fmt.Sprintf("http/%03d-response", r.n), Data: scrub([]byte(head(res)+string(kept)+"\n"), r.scrub)})
	return res, nil
}
