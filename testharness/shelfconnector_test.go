package testharness

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// shelf is a connector that keeps every rule, unless the setting "broken" names
// one of the ways in which it breaks one (mutants).
type shelf struct {
	env     sdk.Env
	broken  string
	asked   atomic.Int64
	wrecked atomic.Bool // a cancelled read broke the connection for good, maybe while another reads
}

func shelfConnector() sdk.Connector {
	return sdk.Define(sdk.Spec{
		Name: "shelf", Title: sdk.Text{EN: "Shelf", DE: "Regal"}, Version: "1.0.0",
		Settings: []sdk.Setting{{Name: "url", Required: true}, {Name: "token", Secret: true}, {Name: "broken"}},
	}, func(ctx context.Context, env sdk.Env) (*shelf, error) {
		s := &shelf{env: env, broken: env.Settings.Text("broken")}
		if s.broken == "keeps a lock that a killed process does not give back" {
			return s, s.do(ctx, http.MethodPost, "/lease", nil, "", nil)
		}
		return s, nil
	})
}

func (s *shelf) Close() error { return nil }

func (s *shelf) is(broken string) bool { return s.broken == broken }

func (s *shelf) Schema(context.Context) (*sdk.Schema, error) {
	o := sdk.Object{
		Name: "thing", Key: []string{"id"}, Changed: "seq", Idempotency: sdk.ByIntent,
		Fields: []sdk.Field{{Name: "id", Type: sdk.TypeText, ReadOnly: true}, {Name: "name", Type: sdk.TypeText}, {Name: "note", Type: sdk.TypeText}, {Name: "seq", Type: sdk.TypeInt, ReadOnly: true}},
		Allow:  sdk.Allow{Read: true, Create: true, Update: true, Delete: true, ByKey: true, ByChange: true},
	}
	switch s.broken {
	case "schema grows":
		for range s.asked.Add(1) {
			o.Fields = append(o.Fields, sdk.Field{Name: fmt.Sprintf("f%d", len(o.Fields)), Type: sdk.TypeText})
		}
	case "schema without key":
		o.Key = nil
	case "schema names a field that is not there":
		o.Changed = "changed"
	}
	return &sdk.Schema{Objects: []sdk.Object{o}}, nil
}

// do makes one request; a body and an answer are JSON.
func (s *shelf) do(ctx context.Context, method, path string, body []byte, ifMatch string, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, s.env.Settings.Text("url")+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	token := s.env.Settings.Secret("token").Reveal()
	req.Header.Set("Authorization", "Bearer "+token)
	if ifMatch != "" {
		req.Header.Set("If-Match", ifMatch)
	}
	s.gossip(token)
	res, err := s.env.HTTP.RoundTrip(req)
	if err != nil {
		return &sdk.Error{Kind: sdk.Unavailable, Err: err}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return &sdk.Error{Kind: sdk.Unavailable, Err: err}
	}
	if res.StatusCode >= 300 {
		return s.failed(ctx, res, token)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

// gossip is how secrets get into logs.
func (s *shelf) gossip(token string) {
	switch s.broken {
	case "logs the secret":
		s.env.Log.Debug("sign in", "token", token)
	case "logs the secret within base64":
		s.env.Log.Info("sign in", "authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("user:"+token)))
	}
}

func (s *shelf) failed(ctx context.Context, res *http.Response, token string) error {
	e := &sdk.Error{Kind: sdk.Internal, Err: fmt.Errorf("the system answered %s", res.Status)}
	switch res.StatusCode {
	case http.StatusNotFound:
		e.Kind = sdk.NotFound
	case http.StatusPreconditionFailed:
		e.Kind = sdk.Conflict
	case http.StatusTooManyRequests:
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
		e.Kind, e.RetryAfter = sdk.Throttled, time.Duration(seconds)*time.Second
		switch s.broken {
		case "throttled without the time to wait":
			e.RetryAfter = 0
		case "throttled as a defect":
			e.Kind = sdk.Internal
		case "throttled with the secret":
			e.Err = fmt.Errorf("GET /things?token=%s: %s", url.QueryEscape(token), res.Status)
		case "waits although it is cancelled":
			time.Sleep(3 * time.Second) //nolint:forbidigo // that is what is broken
			return &sdk.Error{Kind: sdk.Cancelled, Err: ctx.Err()}
		}
	}
	return e
}

// position is a cursor: within the listing (After) or behind it (Since).
type position struct {
	After string `json:"after,omitempty"`
	Since int    `json:"since"` // what has changed up to then is listed
	Full  bool   `json:"full,omitempty"`
}

type page struct {
	Things []thing `json:"things"`
	More   bool    `json:"more"`
	Seq    int     `json:"seq"`
}

func (s *shelf) Read(ctx context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	if req.Keys != nil {
		return s.readKeys(ctx, req.Keys, emit)
	}
	at, end := position{Full: true}, 0
	begun := req.Cursor != nil
	if begun {
		at = position{}
		if err := json.Unmarshal(req.Cursor, &at); err != nil {
			return sdk.Errorf(sdk.Invalid, "cursor", "the cursor is none of this connector")
		}
	}
	if s.is("begins anew with other stamps") {
		at = position{Full: true}
	}
	if begun && s.is("a cursor is good once") && s.asked.Add(1) > 1 {
		return sdk.Errorf(sdk.Invalid, "cursor", "the cursor was used")
	}
	for first := at.After == ""; ; first = false {
		since := at.Since
		if at.Full {
			since = 0
		}
		var p page
		if err := s.do(ctx, http.MethodGet, fmt.Sprintf("/things?since=%d&after=%s", since, at.After), nil, "", &p); err != nil {
			if s.is("throttled as if nothing were there") && errors.Is(err, sdk.Throttled) {
				return emit(sdk.Batch{Start: true, Full: true, Done: true, Cursor: req.Cursor})
			}
			return err
		}
		if end == 0 {
			end = p.Seq
		}
		if at.Full && at.Since == 0 {
			at.Since = p.Seq // the listing sees what changes meanwhile, or the next round does
		}
		b := sdk.Batch{Start: first, Full: at.Full, Done: !p.More}
		for _, t := range p.Things {
			b.Records = append(b.Records, s.record(t))
			at.After = t.ID
		}
		next := at
		if b.Done {
			next = position{Since: end}
			if at.Full {
				next.Since = at.Since
			}
		}
		var err error
		if b.Cursor, err = json.Marshal(next); err != nil {
			return err
		}
		s.breakBatch(&b, begun)
		if err := s.hand(ctx, emit, b); err != nil || b.Done || s.is("ends without Done") && p.More && at.After > "t0010" {
			return err
		}
	}
}

// hand emits.
func (s *shelf) hand(ctx context.Context, emit sdk.Emit, b sdk.Batch) error {
	err := emit(b)
	switch {
	case err != nil && s.is("hides the error of emit"):
		return nil
	case ctx.Err() != nil && s.is("works on when cancelled"):
		time.Sleep(3 * time.Second) //nolint:forbidigo // that is what is broken
	case err != nil && s.is("a cancelled read is a defect"):
		return errors.New("it did not work")
	case err != nil && ctx.Err() != nil && s.is("a cancelled read breaks the connection"):
		s.wrecked.Store(true)
	}
	return err
}

func (s *shelf) record(t thing) sdk.Record {
	r := sdk.Record{Key: t.ID, Stamp: strconv.Itoa(t.Seq)}
	if t.Gone {
		r.Op = sdk.Delete
		if s.is("a deletion is a suspicion") {
			r.Op = sdk.Missing
		}
		return r
	}
	data, err := sdk.Encode(map[string]any{"id": t.ID, "name": t.Name, "note": t.Note, "seq": t.Seq})
	if err != nil {
		panic(err) // texts and numbers always encode
	}
	r.Data = data
	switch s.broken {
	case "no key":
		r.Key = ""
	case "no object":
		r.Data = []byte(`["` + t.Name + `"]`)
	case "no stamp":
		r.Stamp = ""
	case "a stamp that never changes":
		r.Stamp = "1"
	case "another stamp each time", "begins anew with other stamps":
		r.Stamp += "." + strconv.FormatInt(s.asked.Add(1), 10)
	}
	return r
}

// breakBatch breaks what a batch promises.
func (s *shelf) breakBatch(b *sdk.Batch, begun bool) {
	if s.wrecked.Load() {
		b.Cursor = make([]byte, sdk.MaxCursor+1)
	}
	switch s.broken {
	case "no Start":
		b.Start = false
	case "no Full":
		b.Full = false
	case "Done in every batch":
		b.Done = true
	case "a failure in a listing":
		b.Failed = append(b.Failed, sdk.Failure{Key: "x", Err: sdk.Auth})
	case "a cursor one batch ahead":
		if b.Full && !b.Done {
			b.Cursor = fmt.Appendf(nil, `{"after":"t%04d","since":1000,"full":true}`, len(b.Records)+10)
		}
	case "a cursor that is too large":
		b.Cursor = append(b.Cursor, bytes.Repeat([]byte(" "), sdk.MaxCursor+1)...)
	case "no cursor at the end", "no cursor at the end of changes":
		if b.Done && (begun || s.is("no cursor at the end")) {
			b.Cursor = nil
		}
	case "forgets changes":
		if begun && !b.Full {
			b.Records = nil
		}
	case "invents records":
		if begun && !b.Full {
			b.Records = append(b.Records, sdk.Record{Key: "ghost", Data: []byte(`{}`)})
		}
	case "deletes what it does not list":
		if begun && !b.Full {
			b.Records = append(b.Records, sdk.Record{Key: "t0001", Op: sdk.Delete})
		}
	}
}

func (s *shelf) readKeys(ctx context.Context, keys []string, emit sdk.Emit) error {
	var b sdk.Batch
	for i, key := range keys {
		var t thing
		err := s.do(ctx, http.MethodGet, "/things/"+url.PathEscape(key), nil, "", &t)
		switch {
		case errors.Is(err, sdk.NotFound) && s.is("invents what is asked for"):
			b.Records = append(b.Records, sdk.Record{Key: key, Data: []byte(`{}`)})
		case errors.Is(err, sdk.NotFound) && s.is("says nothing of unknown keys"):
		case errors.Is(err, sdk.NotFound):
			b.Records = append(b.Records, sdk.Record{Key: key, Op: sdk.Missing})
		case err != nil:
			b.Failed = append(b.Failed, sdk.Failure{Key: key, Err: err})
		default:
			b.Records = append(b.Records, s.record(t))
		}
		if s.is("answers a key twice") && i == 0 {
			b.Records = append(b.Records, b.Records...)
		}
	}
	return emit(b)
}
