package testharness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sort"
	"strings"
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
		files = append(files, txtar.File{Name: f.name, Data: scrub(b, sc.Scrub)})
	}
	return files, nil
}

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
