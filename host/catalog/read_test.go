package catalog_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/host/catalog"
	"github.com/gleis-dev/gleis/sdk"
)

// rogue is a connector whose methods are what a test makes of them.
type rogue struct {
	schema     func() (*sdk.Schema, error)
	read       func(req sdk.ReadRequest, emit sdk.Emit) error
	write      func(req sdk.WriteRequest) ([]sdk.Result, error)
	find       func(req sdk.FindRequest) ([]sdk.Match, error)
	partitions func() (sdk.PartitionList, error)
	poll       func(req sdk.PollRequest) ([]sdk.PollResult, error)
	step       func(req sdk.StepRequest, emit sdk.Emit) ([]sdk.Result, error)
	closed     *int
}

func (r *rogue) Schema(context.Context) (*sdk.Schema, error) {
	if r.schema == nil {
		return &sdk.Schema{Objects: []sdk.Object{{Name: "thing", Fields: []sdk.Field{{Name: "id", Type: sdk.TypeText}}, Key: []string{"id"}}}}, nil
	}
	return r.schema()
}
func (r *rogue) Close() error { *r.closed++; return nil }
func (r *rogue) Read(_ context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	return r.read(req, emit)
}
func (r *rogue) Write(_ context.Context, req sdk.WriteRequest) ([]sdk.Result, error) {
	return r.write(req)
}
func (r *rogue) Find(_ context.Context, req sdk.FindRequest) ([]sdk.Match, error) {
	return r.find(req)
}
func (r *rogue) Partitions(context.Context, sdk.PartitionRequest) (sdk.PartitionList, error) {
	return r.partitions()
}
func (r *rogue) Poll(_ context.Context, req sdk.PollRequest) ([]sdk.PollResult, error) {
	return r.poll(req)
}
func (r *rogue) RunStep(_ context.Context, req sdk.StepRequest, emit sdk.Emit) ([]sdk.Result, error) {
	return r.step(req, emit)
}

func defineRogue(r *rogue) sdk.Connector {
	steps := []sdk.StepSpec{{Name: "in", Object: "thing", Source: true}, {Name: "out", Object: "thing", Target: true}}
	return sdk.Define(sdk.Spec{Name: "rogue", Steps: steps}, func(context.Context, sdk.Env) (*rogue, error) { return r, nil })
}

// open returns a connection to r.
func open(t *testing.T, r *rogue) *catalog.Conn {
	t.Helper()
	r.closed = new(int)
	c, err := catalog.New(defineRogue(r))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := c.Open(t.Context(), "r", "rogue", sdk.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func rec(key, data string) sdk.Record { return sdk.Record{Key: key, Data: []byte(data)} }

// TestReadLetsThroughWhatKeepsTheContract: what is good goes on, what is bad in one record stops only it, what
// breaks the contract as a whole ends the read.
func TestReadLetsThroughWhatKeepsTheContract(t *testing.T) {
	t.Parallel()
	big := `{"a":"` + strings.Repeat("x", sdk.MaxRecord) + `"}`
	tests := map[string]struct {
		keys    []string
		batches []sdk.Batch
		good    []string // keys handed on
		failed  map[string]string
		err     string
	}{
		"good records":            {batches: []sdk.Batch{{Start: true, Records: []sdk.Record{rec("a", `{}`), {Key: "b", Op: sdk.Delete}}, Done: true, Cursor: []byte("c")}}, good: []string{"a", "b"}},
		"not JSON":                {batches: []sdk.Batch{{Records: []sdk.Record{rec("a", `{}`), rec("b", `{"x":`), rec("c", `{}`)}}}, good: []string{"a", "c"}, failed: map[string]string{"b": "not one valid JSON object"}},
		"two values":              {batches: []sdk.Batch{{Records: []sdk.Record{rec("b", `{} {}`)}}}, failed: map[string]string{"b": "not one valid JSON object"}},
		"a list":                  {batches: []sdk.Batch{{Records: []sdk.Record{rec("b", `[]`)}}}, failed: map[string]string{"b": "not one valid JSON object"}},
		"a doubled name":          {batches: []sdk.Batch{{Records: []sdk.Record{rec("b", `{"x":1,"x":2}`)}}}, failed: map[string]string{"b": "not one valid JSON object"}},
		"invalid UTF-8 in data":   {batches: []sdk.Batch{{Records: []sdk.Record{rec("b", "{\"x\":\"\xff\"}")}}}, failed: map[string]string{"b": "not one valid JSON object"}},
		"no data":                 {batches: []sdk.Batch{{Records: []sdk.Record{{Key: "b"}}}}, failed: map[string]string{"b": "it has no data"}},
		"data of a deletion":      {batches: []sdk.Batch{{Records: []sdk.Record{{Key: "b", Op: sdk.Delete, Data: []byte("{}")}}}}, failed: map[string]string{"b": "delete has no data"}},
		"too big":                 {batches: []sdk.Batch{{Records: []sdk.Record{rec("b", big)}}}, failed: map[string]string{"b": "at most 8388608"}},
		"unknown operation":       {batches: []sdk.Batch{{Records: []sdk.Record{{Key: "b", Op: 9}}}}, failed: map[string]string{"b": "operation 9 is unknown"}},
		"no key":                  {batches: []sdk.Batch{{Records: []sdk.Record{rec("", `{}`)}}}, failed: map[string]string{"": "no key"}},
		"invalid UTF-8 in a key":  {batches: []sdk.Batch{{Records: []sdk.Record{rec("a\xff", `{}`)}}}, failed: map[string]string{"a\ufffd": "not valid text"}},
		"of another object":       {batches: []sdk.Batch{{Records: []sdk.Record{{Object: "other", Key: "a", Data: []byte(`{}`)}}}}, failed: map[string]string{"a": `object "other"`}},
		"a failure without error": {batches: []sdk.Batch{{Failed: []sdk.Failure{{Key: "a"}}}}, failed: map[string]string{"a": "gives no reason"}},
		"cursor too long":         {batches: []sdk.Batch{{Cursor: make([]byte, sdk.MaxCursor+1)}}, err: "cursor of 65537 bytes"},
		"reach upside down":       {batches: []sdk.Batch{{Reach: [2]string{"2027", "2026"}}}, err: "reach"},
		"a set without parent":    {batches: []sdk.Batch{{Sets: []sdk.Set{{Keys: []string{"a"}}}}}, err: "set of parts"},
		"goes on after the end":   {batches: []sdk.Batch{{Start: true, Done: true}, {Records: []sdk.Record{rec("a", `{}`)}}}, err: "without beginning another"},
		"begins another round":    {batches: []sdk.Batch{{Start: true, Done: true}, {Start: true, Records: []sdk.Record{rec("a", `{}`)}}}, good: []string{"a"}},
		"keys answered":           {keys: []string{"a", "b"}, batches: []sdk.Batch{{Records: []sdk.Record{rec("a", `{}`)}}, {Failed: []sdk.Failure{{Key: "b", Err: sdk.NotFound}}}}, good: []string{"a"}, failed: map[string]string{"b": "not found"}},
		"a key not answered":      {keys: []string{"a", "b"}, batches: []sdk.Batch{{Records: []sdk.Record{rec("a", `{}`)}}}, good: []string{"a"}, failed: map[string]string{"b": "did not answer"}},
		"a key answered twice":    {keys: []string{"a"}, batches: []sdk.Batch{{Records: []sdk.Record{rec("a", `{}`), rec("a", `{"x":1}`)}}}, good: []string{"a"}, failed: map[string]string{"a": "answered twice"}},
		"a key not asked for":     {keys: []string{"a"}, batches: []sdk.Batch{{Records: []sdk.Record{rec("a", `{}`), rec("z", `{}`)}}}, good: []string{"a"}, failed: map[string]string{"z": "not asked for"}},
		"a cursor with keys":      {keys: []string{"a"}, batches: []sdk.Batch{{Cursor: []byte("x")}}, err: "cursor to a question"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := open(t, &rogue{read: func(_ sdk.ReadRequest, emit sdk.Emit) error {
				for _, b := range tc.batches {
					if err := emit(b); err != nil {
						return err
					}
				}
				return nil
			}})
			var good []string
			failed := map[string]string{}
			err := conn.Read(t.Context(), sdk.ReadRequest{Object: "thing", Keys: tc.keys}, func(b sdk.Batch) error {
				for _, r := range b.Records {
					good = append(good, r.Key)
				}
				for _, f := range b.Failed {
					failed[f.Key] = f.Err.Error()
				}
				return nil
			})
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) || sdk.KindOf(err) != sdk.Internal || !strings.Contains(err.Error(), "rogue") {
					t.Fatalf("error %v, want an internal one with %q that names the connector", err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.good, good); d != "" {
				t.Errorf("handed on (-want +got):\n%s", d)
			}
			for key, want := range tc.failed {
				if got, ok := failed[key]; !ok || !strings.Contains(got, want) {
					t.Errorf("failure of %q is %q, want %q", key, got, want)
				}
			}
			if len(failed) != len(tc.failed) {
				t.Errorf("failures %v, want %v", failed, tc.failed)
			}
		})
	}
}

func TestRecordsOfAnObjectWithoutAKeyNeedNone(t *testing.T) {
	t.Parallel()
	fields := []sdk.Field{{Name: "line", Type: sdk.TypeText}}
	conn := open(t, &rogue{
		schema: func() (*sdk.Schema, error) {
			return &sdk.Schema{Objects: []sdk.Object{{Name: "log", Fields: fields}, {Name: "thing", Fields: fields, Key: []string{"line"}}}}, nil
		},
		read: func(req sdk.ReadRequest, emit sdk.Emit) error {
			return emit(sdk.Batch{Start: true, Done: true, Records: []sdk.Record{rec("", `{"line":"a"}`), rec("", `{"line":"b"}`)}})
		},
	})
	for _, tc := range []struct {
		req  sdk.ReadRequest
		want [2]int // records, failures
	}{
		{sdk.ReadRequest{Object: "log"}, [2]int{2, 0}},
		{sdk.ReadRequest{Object: "thing"}, [2]int{0, 2}},
		{sdk.ReadRequest{Object: "unknown"}, [2]int{0, 2}},
		{sdk.ReadRequest{Object: "log", Keys: []string{"a"}}, [2]int{0, 3}}, // no answer to the question
	} {
		var got [2]int
		err := conn.Read(t.Context(), tc.req, func(b sdk.Batch) error {
			got[0], got[1] = got[0]+len(b.Records), got[1]+len(b.Failed)
			return nil
		})
		if err != nil || got != tc.want {
			t.Errorf("%+v: %d, want %d (%v)", tc.req, got, tc.want, err)
		}
	}
}

func TestTheConnectorsBatchIsNotChanged(t *testing.T) {
	t.Parallel()
	b := sdk.Batch{Records: []sdk.Record{rec("a", `{}`), rec("b", `[`), rec("c", `{}`)}, Failed: make([]sdk.Failure, 1, 8)}
	b.Failed[0] = sdk.Failure{Key: "f", Err: sdk.Invalid}
	conn := open(t, &rogue{read: func(_ sdk.ReadRequest, emit sdk.Emit) error { return emit(b) }})
	if err := conn.Read(t.Context(), sdk.ReadRequest{}, func(sdk.Batch) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if b.Records[1].Key != "b" || len(b.Failed) != 1 || b.Failed[:2][1].Err != nil {
		t.Errorf("changed: %+v", b)
	}
}

func TestAnErrorOfEmitComesBackUnchanged(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	for name, read := range map[string]func(sdk.ReadRequest, sdk.Emit) error{
		"returned":  func(_ sdk.ReadRequest, emit sdk.Emit) error { return emit(sdk.Batch{}) },
		"swallowed": func(_ sdk.ReadRequest, emit sdk.Emit) error { _ = emit(sdk.Batch{}); return nil },
		"replaced": func(_ sdk.ReadRequest, emit sdk.Emit) error {
			_ = emit(sdk.Batch{})
			return errors.New("something else")
		},
		"tried again": func(_ sdk.ReadRequest, emit sdk.Emit) error { _ = emit(sdk.Batch{}); return emit(sdk.Batch{}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			err := open(t, &rogue{read: read}).Read(t.Context(), sdk.ReadRequest{}, func(sdk.Batch) error { calls++; return stop })
			if err != stop || calls != 1 { //nolint:errorlint // unchanged means the same value
				t.Errorf("error %v after %d calls", err, calls)
			}
		})
	}
}

func TestEmitAfterTheEndIsRefused(t *testing.T) {
	t.Parallel()
	var late sdk.Emit
	conn := open(t, &rogue{read: func(_ sdk.ReadRequest, emit sdk.Emit) error { late = emit; return nil }})
	calls := 0
	if err := conn.Read(t.Context(), sdk.ReadRequest{}, func(sdk.Batch) error { calls++; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := late(sdk.Batch{}); err == nil || calls != 0 {
		t.Errorf("error %v, %d calls", err, calls)
	}
}

func TestEmitFromTwoGoroutinesIsRefused(t *testing.T) {
	t.Parallel()
	inside, release := make(chan struct{}), make(chan struct{})
	conn := open(t, &rogue{read: func(_ sdk.ReadRequest, emit sdk.Emit) error {
		var wg sync.WaitGroup
		wg.Go(func() { _ = emit(sdk.Batch{}) })
		<-inside
		err := emit(sdk.Batch{})
		close(release)
		wg.Wait()
		return err
	}})
	err := conn.Read(t.Context(), sdk.ReadRequest{}, func(sdk.Batch) error { close(inside); <-release; return nil })
	if err == nil || !strings.Contains(err.Error(), "two goroutines") {
		t.Errorf("error %v", err)
	}
}

func TestAPanicBecomesAnError(t *testing.T) {
	t.Parallel()
	conn := open(t, &rogue{
		schema: func() (*sdk.Schema, error) { panic("s") },
		read:   func(sdk.ReadRequest, sdk.Emit) error { panic("r") },
		write:  func(sdk.WriteRequest) ([]sdk.Result, error) { panic("w") },
	})
	_, serr := conn.Schema(t.Context())
	_, werr := conn.Write(t.Context(), sdk.WriteRequest{Object: "thing"})
	for op, err := range map[string]error{"schema": serr, "read": conn.Read(t.Context(), sdk.ReadRequest{}, nil), "write": werr} {
		if sdk.KindOf(err) != sdk.Internal || !strings.HasPrefix(err.Error(), op) || !strings.Contains(err.Error(), "connector rogue panicked") {
			t.Errorf("%s: %v", op, err)
		}
	}
	if n := conn.Counters().Panics.Load(); n != 3 {
		t.Errorf("%d panics counted", n)
	}
}

func TestAPanicOfTheHostIsNotTheConnectors(t *testing.T) {
	t.Parallel()
	conn := open(t, &rogue{read: func(_ sdk.ReadRequest, emit sdk.Emit) error { return emit(sdk.Batch{}) }})
	defer func() {
		if p := recover(); p != "ours" {
			t.Errorf("recovered %v", p)
		}
	}()
	_ = conn.Read(t.Context(), sdk.ReadRequest{}, func(sdk.Batch) error { panic("ours") })
	t.Error("no panic")
}

func TestErrorsAreFitToBeShown(t *testing.T) {
	t.Parallel()
	cause := errors.New("\x1b[31mred\xff" + strings.Repeat("x", 1<<20))
	conn := open(t, &rogue{read: func(sdk.ReadRequest, sdk.Emit) error { return &sdk.Error{Kind: 200, Err: cause} }})
	err := conn.Read(t.Context(), sdk.ReadRequest{Object: "thing", Partition: "p"}, nil)
	if s := err.Error(); len(s) > 5000 || strings.Contains(s, "\x1b") || strings.Contains(s, "\xff") || !strings.HasPrefix(s, "read thing p: internal error: ") {
		t.Errorf("%.200q", s)
	}
	if !errors.Is(err, cause) || sdk.KindOf(err) != sdk.Internal {
		t.Error("the cause or the kind is lost")
	}
}
