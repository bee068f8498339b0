package testharness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"sort"
	"strings"
	"sync"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/gleis-dev/gleis/sdk"
)

// Script says what a recording covers: the schema, one read of the object from
// the start and one more from its last cursor, and one create, update and delete
// of the records that Write makes. All of it is the same at each call.
type Script struct {
	Connector sdk.Connector
	Settings  map[string]string
	Object    string
	Step      string
	Now       time.Time           // what the connector takes for the present
	Write     func() []sdk.Record // in order; a Key of "" after the first means the key that the create gave
	Scrub     []string            // values that must not be kept: each becomes [scrubbed]
}

// Record runs the script against the real system and returns what was said, as
// txtar: numbered exchanges of HTTP (http/001-request, http/001-response) and
// what the connector made of them (schema.json, read.json, write.json). The
// Authorization header, cookies, token requests and answers, and all Scrub
// values are not kept.
func Record(ctx context.Context, sc Script) ([]byte, error) {
	rec := &recorder{scrub: sc.Scrub}
	out, err := sc.play(ctx, rec)
	if err != nil {
		return nil, err
	}
	return txtar.Format(&txtar.Archive{Files: append(out, rec.files...)}), nil
}

// Replay runs the script without the system, answering the connector's requests
// from the recording, and returns an error that names each difference in what
// the connector asked or made of it.
func Replay(ctx context.Context, sc Script, recording []byte) error {
	ar := txtar.Parse(recording)
	player, want := newPlayer(ar)
	got, err := sc.play(ctx, player)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	var errs []error
	for _, f := range got {
		if !bytes.Equal(bytes.TrimSpace(want[f.Name]), bytes.TrimSpace(f.Data)) {
			errs = append(errs, fmt.Errorf("%s differs from the recording:\n%s", f.Name, firstDifference(string(want[f.Name]), string(f.Data))))
		}
	}
	if rest := player.unused(); len(rest) > 0 {
		errs = append(errs, fmt.Errorf("%d recorded requests were not made, the first: %s", len(rest), rest[0]))
	}
	return errors.Join(errs...)
}

// play runs the script over rt and returns its results as files.
func (sc Script) play(ctx context.Context, rt http.RoundTripper) ([]txtar.File, error) {
	sys := &System{Settings: sc.Settings}
	e, err := env(sc.Connector.Spec, sys, slog.New(slog.DiscardHandler), rt)
	if err != nil {
		return nil, err
	}
	e.Now = func() time.Time { return sc.Now }
	e.Rand = strings.NewReader(strings.Repeat("gleis recording ", 4096))
	conn, err := sc.Connector.Open(ctx, e)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	s := &session{sub: &Subject{Connector: sc.Connector, Object: sc.Object, Step: sc.Step}, sys: sys, conn: conn, errs: &syncBuffer{}, caps: map[sdk.Capability]bool{}}
	for _, c := range sc.Connector.Caps {
		s.caps[c] = true
	}
	files, err := sc.results(ctx, s)
	return files, errors.Join(err, conn.Close())
}

func (sc Script) results(ctx context.Context, s *session) ([]txtar.File, error) {
	if err := s.locate(ctx); err != nil {
		return nil, err
	}
	schema, err := s.conn.Schema(ctx)
	if err != nil {
		return nil, err
	}
	first, err := s.list(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	second, err := s.list(ctx, first.cursor())
	if err != nil {
		return nil, fmt.Errorf("read on: %w", err)
	}
	written, err := sc.writeAll(ctx, s)
	if err != nil {
		return nil, err
	}
	var files []txtar.File
	for _, f := range []struct {
		name string
		v    any
	}{{"schema.json", schema.Object(sc.Object)}, {"read.json", rows(first)}, {"read-on.json", rows(second)}, {"write.json", written}} {
		b, err := indent(f.v)
		if err != nil {
			return nil, err
		}
		files = append(files, txtar.File{Name: f.name, Data: sc.scrubbed(b)})
	}
	return files, nil
}

func (sc Script) scrubbed(b []byte) []byte { return scrub(b, sc.Scrub) }

// writeAll writes the script's records one by one.
func (sc Script) writeAll(ctx context.Context, s *session) ([]any, error) {
	var out []any
	if sc.Write == nil {
		return out, nil
	}
	key := ""
	for i, r := range sc.Write() {
		if i > 0 && r.Key == "" {
			r.Key = key
		}
		res, err := s.write(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("write %d: %w", i, err)
		}
		if key == "" {
			key = res[0].Key
		}
		row := map[string]any{"op": r.Op.String(), "key": res[0].Key, "stamp": res[0].Stamp, "outcome": res[0].Outcome.String(), "notifies": res[0].Notifies}
		if res[0].Err != nil {
			row["error"] = res[0].Err.Error()
		}
		out = append(out, row)
	}
	return out, nil
}

// rows renders a listing in a fixed order.
func rows(l *listing) []any {
	keys := make([]string, 0, len(l.last))
	for k := range l.last {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	out := make([]any, 0, len(keys))
	for _, k := range keys {
		r := l.last[k]
		row := map[string]any{"op": r.Op.String(), "key": r.Key, "stamp": r.Stamp, "at": r.At, "parent": r.Parent}
		if r.Data != nil {
			var v any
			if err := r.Decode(&v); err != nil {
				v = string(r.Data)
			}
			row["data"] = v
		}
		out = append(out, row)
	}
	return out
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
	head := fmt.Sprintf("%d %s\n", res.StatusCode, res.Header.Get("Content-Type"))
	if v := res.Header.Get("Retry-After"); v != "" {
		head = strings.TrimSuffix(head, "\n") + " retry-after=" + v + "\n"
	}
	r.files = append(r.files,
		txtar.File{Name: fmt.Sprintf("http/%03d-request", r.n), Data: scrub([]byte(name+"\n"+string(body)+"\n"), r.scrub)},
		txtar.File{Name: fmt.Sprintf("http/%03d-response", r.n), Data: scrub([]byte(head+string(kept)+"\n"), r.scrub)})
	return res, nil
}

// describe names a request by method and address without its origin, and gives
// its body, which it leaves readable.
func describe(req *http.Request) (name string, body []byte, err error) {
	if req.Body != nil {
		if body, err = io.ReadAll(req.Body); err != nil {
			return "", nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	return req.Method + " " + req.URL.RequestURI(), body, nil
}

func isToken(u *url.URL) bool { return strings.HasSuffix(u.Path, "/token") }

func scrub(b []byte, values []string) []byte {
	for _, v := range values {
		if v != "" {
			b = bytes.ReplaceAll(b, []byte(v), []byte("[scrubbed]"))
		}
	}
	return b
}

// player answers requests from a recording: the first unused exchange with the
// same request.
type player struct {
	mu        sync.Mutex
	exchanges []exchange
}

type exchange struct {
	request, response string
	used              bool
}

func newPlayer(ar *txtar.Archive) (*player, map[string][]byte) {
	p, rest := &player{}, map[string][]byte{}
	for i, f := range ar.Files {
		switch {
		case strings.HasSuffix(f.Name, "-request") && i+1 < len(ar.Files):
			p.exchanges = append(p.exchanges, exchange{request: string(f.Data), response: string(ar.Files[i+1].Data)})
		case !strings.HasPrefix(f.Name, "http/"):
			rest[f.Name] = f.Data
		}
	}
	return p, rest
}

// RoundTrip implements http.RoundTripper.
func (p *player) RoundTrip(req *http.Request) (*http.Response, error) {
	name, body, err := describe(req)
	if err != nil {
		return nil, err
	}
	if isToken(req.URL) {
		body = nil
	}
	asked := strings.TrimSpace(name + "\n" + string(body))
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.exchanges {
		e := &p.exchanges[i]
		if e.used || strings.TrimSpace(e.request) != asked {
			continue
		}
		e.used = true
		return respond(req, e.response)
	}
	return nil, fmt.Errorf("the recording has no (further) answer to %s", asked)
}

func respond(req *http.Request, text string) (*http.Response, error) {
	head, body, _ := strings.Cut(text, "\n")
	status, contentType, _ := strings.Cut(head, " ")
	contentType, retry, _ := strings.Cut(contentType, " retry-after=")
	var code int
	if _, err := fmt.Sscan(status, &code); err != nil {
		return nil, fmt.Errorf("the recording's answer begins with %q, not with a status", head)
	}
	h := http.Header{"Content-Type": {contentType}}
	if retry != "" {
		h.Set("Retry-After", retry)
	}
	body = strings.TrimSuffix(body, "\n")
	return &http.Response{
		StatusCode: code, Status: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: req,
	}, nil
}

func (p *player) unused() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var rest []string
	for _, e := range p.exchanges {
		if !e.used {
			first, _, _ := strings.Cut(e.request, "\n")
			rest = append(rest, first)
		}
	}
	return rest
}

// Update is Replay, or with the environment variable GLEIS_RECORD set a new
// Record of the script into file.
func Update(ctx context.Context, sc Script, file string) error {
	if os.Getenv("GLEIS_RECORD") != "" {
		b, err := Record(ctx, sc)
		if err != nil {
			return err
		}
		return os.WriteFile(file, b, 0o644)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return Replay(ctx, sc, b)
}
