//go:build linux || darwin

package plugin_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// store is the host's side of an Env: parameters, leases and blobs in memory.
type store struct {
	mu       sync.Mutex
	values   map[string]sdk.Param
	locks    map[string]chan struct{}
	progress chan string
}

func newStore() *store {
	return &store{values: map[string]sdk.Param{}, locks: map[string]chan struct{}{}, progress: make(chan string, 1)}
}

func (s *store) Get(_ context.Context, name string) (sdk.Param, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.values[name]
	if !ok {
		return v, sdk.Errorf(sdk.NotFound, "param", "no parameter %q", name)
	}
	return v, nil
}

func (s *store) Put(_ context.Context, name string, value sdk.Secret, ifVersion int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(name) > 512 {
		return sdk.Errorf(sdk.Invalid, "param_name", "too long")
	}
	if s.values[name].Version != ifVersion {
		return sdk.Errorf(sdk.Conflict, "param_version", "%q is newer", name)
	}
	s.values[name] = sdk.Param{Value: value, Version: ifVersion + 1}
	return nil
}

func (s *store) Delete(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.values, name)
	return nil
}

func (s *store) List(_ context.Context, prefix string) ([]sdk.ParamInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []sdk.ParamInfo
	for name, v := range s.values {
		if strings.HasPrefix(name, prefix) {
			out = append(out, sdk.ParamInfo{Name: name, Version: v.Version, Changed: time.Unix(1e9, 0)})
		}
	}
	slices.SortFunc(out, func(a, b sdk.ParamInfo) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func (s *store) Lock(ctx context.Context, name string) (func(), error) {
	s.mu.Lock()
	l := s.locks[name]
	if l == nil {
		l = make(chan struct{}, 1)
		s.locks[name] = l
	}
	s.mu.Unlock()
	select {
	case l <- struct{}{}:
		return func() { <-l }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *store) OpenBlob(_ context.Context, ref string) (io.ReadCloser, error) {
	if ref == "none" {
		return nil, sdk.Errorf(sdk.NotFound, "blob", "no blob")
	}
	return io.NopCloser(bytes.NewReader(blobContent)), nil
}

var blobContent = bytes.Repeat([]byte("0123456789abcde\n"), 50_000)

// logLines collects a host's log.
type logLines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// wait returns the log once it holds text.
func (l *logLines) wait(t *testing.T, text string) string {
	t.Helper()
	eventually(t, "the log holds "+text, func() bool { return strings.Contains(l.String(), text) })
	return l.String()
}

// eventually waits for something that another process or goroutine does.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("it did not come about that %s", what)
		}
	}
}

// movedClock is what a test that moves the clock hands on.
func movedClock() time.Time { return time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC) }

func (s *store) env(t *testing.T, log io.Writer, raw map[string]string) sdk.Env {
	t.Helper()
	settings, err := sdk.ParseSettings(probeConnector().Spec.Settings, raw)
	if err != nil {
		t.Fatal(err)
	}
	return sdk.Env{
		Settings: settings, Params: s, Locker: s, Blobs: s, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now: movedClock, Rand: strings.NewReader(strings.Repeat("rand", 100)),
		Progress: func(done, total int64, what string) {
			select {
			case s.progress <- what:
			default:
			}
		},
	}
}
