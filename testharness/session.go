package testharness

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// session is one open connection of one rule: connector, transport, system.
type session struct {
	sub    *Subject
	sys    *System
	conn   sdk.Conn
	caps   map[sdk.Capability]bool
	kill   func() error // kills the connector's process; nil in process
	linked bool         // the connector runs in this process
	log    *syncBuffer
	errs   *syncBuffer // texts of all errors the connector gave
	part   string
	scope  []byte
	object *sdk.Object
	serial int
}

// syncBuffer is a bytes.Buffer for several writers.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// env returns a fresh environment for the system.
func env(spec sdk.Spec, sys *System, log *slog.Logger, http http.RoundTripper) (sdk.Env, error) {
	settings, err := sdk.ParseSettings(spec.Settings, sys.Settings)
	if err != nil {
		return sdk.Env{}, fmt.Errorf("the subject's settings: %w", err)
	}
	return sdk.Env{
		Settings: settings,
		Params:   &params{values: map[string]sdk.Param{}},
		Locker:   &locker{names: map[string]chan struct{}{}},
		Blobs:    noBlobs{},
		Log:      log,
		HTTP:     http,
		Now:      time.Now,
		Rand:     rand.Reader,
		Progress: func(int64, int64, string) {},
	}, nil
}

// open prepares a system for a rule and connects to it over tr.
func open(ctx context.Context, sub *Subject, tr transport, rule string) (*session, func() error, error) {
	sys, err := sub.New(ctx, rule)
	if err != nil {
		return nil, nil, fmt.Errorf("prepare the system: %w", err)
	}
	s := &session{sub: sub, sys: sys, log: &syncBuffer{}, errs: &syncBuffer{}, caps: map[sdk.Capability]bool{}}
	closeSystem := func() error {
		if sys.Close == nil {
			return nil
		}
		return sys.Close()
	}
	log := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	served, err := tr.start(ctx, sub.Connector, log)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("start over %s: %w", tr.name, err), closeSystem())
	}
	done := func() error { return errors.Join(served.stop(), closeSystem()) }
	s.kill, s.linked = served.kill, served.linked
	for _, c := range served.connector.Caps {
		s.caps[c] = true
	}
	e, err := env(sub.Connector.Spec, sys, log, http.DefaultTransport)
	if err != nil {
		return nil, nil, errors.Join(err, done())
	}
	if s.conn, err = served.connector.Open(ctx, e); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open: %w", err), done())
	}
	end := func() error { return errors.Join(s.conn.Close(), done()) }
	if err := s.locate(ctx); err != nil {
		return nil, nil, errors.Join(err, end())
	}
	return s, end, nil
}

// locate finds the object and the partition of the test.
func (s *session) locate(ctx context.Context) error {
	schema, err := s.conn.Schema(ctx)
	if err != nil {
		return fmt.Errorf("schema: %w", s.note(err))
	}
	if s.object = schema.Object(s.sub.Object); s.object == nil {
		return fmt.Errorf("the schema has no object %q", s.sub.Object)
	}
	s.part = s.sys.Partition
	if !s.object.Allow.Partitioned || !s.caps[sdk.CanPartition] {
		return nil
	}
	list, err := sdk.Partitions(ctx, s.conn, sdk.PartitionRequest{Object: s.sub.Object, Step: s.sub.Step})
	if err != nil {
		return fmt.Errorf("partitions: %w", s.note(err))
	}
	s.scope = list.Scope
	if s.part == "" {
		if len(list.Partitions) == 0 {
			return errors.New("the connector lists no partition")
		}
		s.part = list.Partitions[0].ID
	}
	return nil
}

// note keeps the text of an error for the rule about secrets.
func (s *session) note(err error) error {
	if err != nil {
		fmt.Fprintln(s.errs, err)
	}
	return err
}

// errEnough ends a read from within emit.
var errEnough = errors.New("the harness has read enough")

// read reads from cursor and hands each batch to each; a nil each only drains.
func (s *session) read(ctx context.Context, req sdk.ReadRequest, each func(sdk.Batch) error) error {
	req.Object, req.Partition, req.Scope = s.sub.Object, s.part, s.scope
	emit := func(b sdk.Batch) error {
		for _, f := range b.Failed {
			_ = s.note(f.Err) // kept for the rule about secrets; the caller sees the failure itself
		}
		if each == nil {
			return nil
		}
		return each(b)
	}
	var err error
	if s.sub.Step != "" {
		_, err = sdk.RunStep(ctx, s.conn, sdk.StepRequest{Step: s.sub.Step, Read: &req}, emit)
	} else {
		err = sdk.Read(ctx, s.conn, req, emit)
	}
	return s.note(err)
}

// direct returns s with a connection that no transport lies before, so that what
// is measured is the connector and not the transport, which can be quicker than
// the connector behind it. ok is false where the connector runs elsewhere.
func (s *session) direct(ctx context.Context) (d *session, end func() error, ok bool, err error) {
	if !s.linked {
		return nil, nil, false, nil
	}
	e, err := env(s.sub.Connector.Spec, s.sys, slog.New(slog.NewJSONHandler(s.log, nil)), http.DefaultTransport)
	if err != nil {
		return nil, nil, false, err
	}
	c := *s
	if c.conn, err = s.sub.Connector.Open(ctx, e); err != nil {
		return nil, nil, false, fmt.Errorf("open: %w", s.note(err))
	}
	return &c, c.conn.Close, true, nil
}

// write writes records of the object.
func (s *session) write(ctx context.Context, recs ...sdk.Record) ([]sdk.Result, error) {
	return s.send(ctx, sdk.WriteRequest{Records: recs})
}

// send writes the records of req, which are of the object.
func (s *session) send(ctx context.Context, req sdk.WriteRequest) ([]sdk.Result, error) {
	recs := req.Records
	for i := range recs {
		recs[i].Object = s.sub.Object
		if recs[i].Partition == "" {
			recs[i].Partition = s.part
		}
	}
	req.Object, req.Scope = s.sub.Object, s.scope
	res, err := sdk.Write(ctx, s.conn, req)
	if s.note(err) != nil {
		return nil, err
	}
	if len(res) != len(recs) {
		return nil, fmt.Errorf("%d results for %d records: a write answers each record once, in order", len(res), len(recs))
	}
	for _, r := range res {
		_ = s.note(r.Err) // kept for the rule about secrets; the caller sees the result itself
	}
	return res, nil
}

// intent returns another intent each time.
func (s *session) intent() string {
	s.serial++
	return fmt.Sprintf("harness-%p-%d", s, s.serial)
}

// create writes one new record and expects it to exist then.
func (s *session) create(ctx context.Context) (sdk.Record, sdk.Result, error) {
	rec := sdk.Record{Op: sdk.Upsert, Intent: s.intent(), Data: s.sys.Fresh()}
	res, err := s.write(ctx, rec)
	switch {
	case err != nil:
		return rec, sdk.Result{}, err
	case res[0].Err != nil:
		return rec, res[0], res[0].Err
	case res[0].Key == "":
		return rec, res[0], errors.New("a create answers with the key under which the record lies")
	case res[0].Outcome != sdk.Done:
		return rec, res[0], fmt.Errorf("a create that succeeded says done, not %s", res[0].Outcome)
	}
	return rec, res[0], nil
}

// byKey reads exactly one key and returns its record; a Failure is an error.
func (s *session) byKey(ctx context.Context, key string) (sdk.Record, error) {
	var got []sdk.Record
	var failed error
	err := s.read(ctx, sdk.ReadRequest{Keys: []string{key}}, func(b sdk.Batch) error {
		for _, r := range b.Records { // their buffers belong to the connector afterwards
			r.Data = bytes.Clone(r.Data)
			got = append(got, r)
		}
		for _, f := range b.Failed {
			failed = f.Err
		}
		return nil
	})
	switch {
	case err != nil:
		return sdk.Record{}, err
	case failed != nil:
		return sdk.Record{}, fmt.Errorf("key %q was not read: %w", key, failed)
	case len(got) != 1 || got[0].Key != key:
		return sdk.Record{}, fmt.Errorf("asked for key %q, got %d records: each key is answered once", key, len(got))
	}
	return got[0], nil
}

// listing is what one read brought.
type listing struct {
	last    map[string]sdk.Record // by key, the later row wins
	batches []sdk.Batch           // without records
	sizes   []int                 // how many records the batches held
}

// there returns the keys that exist according to the listing, with stamps.
func (l *listing) there() map[string]string {
	keys := map[string]string{}
	for k, r := range l.last {
		if r.Op == sdk.Upsert {
			keys[k] = r.Stamp
		}
	}
	return keys
}

func (l *listing) cursor() []byte {
	for i := len(l.batches) - 1; i >= 0; i-- {
		if l.batches[i].Cursor != nil {
			return l.batches[i].Cursor
		}
	}
	return nil
}

// list reads from cursor to the end of the round.
func (s *session) list(ctx context.Context, cursor []byte) (*listing, error) {
	l := &listing{last: map[string]sdk.Record{}}
	return l, s.read(ctx, sdk.ReadRequest{Cursor: cursor}, func(b sdk.Batch) error {
		l.add(b)
		return nil
	})
}

// add keeps a batch; its buffers belong to the connector afterwards.
func (l *listing) add(b sdk.Batch) {
	for _, r := range b.Records {
		r.Data = bytes.Clone(r.Data)
		l.last[r.Key] = r
	}
	l.sizes = append(l.sizes, len(b.Records))
	b.Records, b.Cursor = nil, bytes.Clone(b.Cursor)
	l.batches = append(l.batches, b)
}
