package catalog_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/host/catalog"
	"github.com/gleis-dev/gleis/host/process"
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

// open returns a connection to r.
func open(t *testing.T, r *rogue) *catalog.Conn {
	t.Helper()
	r.closed = new(int)
	c, err := catalog.New(sdk.Define(sdk.Spec{Name: "rogue", Steps: []sdk.StepSpec{{Name: "in", Object: "thing", Source: true}, {Name: "out", Object: "thing", Target: true}}},
		func(context.Context, sdk.Env) (*rogue, error) { return r, nil }))
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

func TestWriteAnswersEveryRecord(t *testing.T) {
	t.Parallel()
	recs := []sdk.Record{rec("a", `{}`), rec("", `{}`)}
	ok := sdk.Result{Key: "a", Outcome: sdk.Done}
	tests := map[string]struct {
		results []sdk.Result
		want    []sdk.Outcome
		errs    []string
		err     string
	}{
		"fine":              {results: []sdk.Result{ok, {Key: "b", Outcome: sdk.Done}}, want: []sdk.Outcome{sdk.Done, sdk.Done}, errs: []string{"", ""}},
		"too few":           {results: []sdk.Result{ok}, err: "answered 2 records with 1 results"},
		"no key":            {results: []sdk.Result{ok, {Outcome: sdk.Done}}, want: []sdk.Outcome{sdk.Done, sdk.Unknown}, errs: []string{"", "key is not given"}},
		"no reason":         {results: []sdk.Result{{Outcome: sdk.NotDone}, ok}, want: []sdk.Outcome{sdk.NotDone, sdk.Done}, errs: []string{"no reason", ""}},
		"unknown outcome":   {results: []sdk.Result{{Outcome: 7}, ok}, want: []sdk.Outcome{sdk.Unknown, sdk.Done}, errs: []string{"outcome 7", ""}},
		"broken data":       {results: []sdk.Result{{Key: "a", Outcome: sdk.Done, Data: []byte("[")}, ok}, want: []sdk.Outcome{sdk.Unknown, sdk.Done}, errs: []string{"valid JSON", ""}},
		"a broken relation": {results: []sdk.Result{{Key: "a", Outcome: sdk.Done, Related: []sdk.Record{rec("", "{}")}}, ok}, want: []sdk.Outcome{sdk.Unknown, sdk.Done}, errs: []string{"related record", ""}},
		"exists but failed": {results: []sdk.Result{{Key: "a", Outcome: sdk.Done, Err: sdk.Invalid}, ok}, want: []sdk.Outcome{sdk.Done, sdk.Done}, errs: []string{"invalid", ""}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := open(t, &rogue{write: func(sdk.WriteRequest) ([]sdk.Result, error) { return tc.results, nil }})
			res, err := conn.Write(t.Context(), sdk.WriteRequest{Object: "thing", Records: recs})
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Fatalf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range res {
				if r.Outcome != tc.want[i] || (r.Err == nil) != (tc.errs[i] == "") || r.Err != nil && !strings.Contains(r.Err.Error(), tc.errs[i]) {
					t.Errorf("result %d is %v %v, want %v %q", i, r.Outcome, r.Err, tc.want[i], tc.errs[i])
				}
			}
		})
	}
}

func TestFindKeepsToTheRequest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		matches []sdk.Match
		want    int
		err     string
	}{
		"fine":         {matches: []sdk.Match{{Index: 0, Key: "a"}, {Index: 1, Key: "a"}}, want: 2},
		"found twice":  {matches: []sdk.Match{{Index: 0, Key: "a"}, {Index: 0, Key: "a", Stamp: "2"}}, want: 1},
		"out of range": {matches: []sdk.Match{{Index: 2, Key: "a"}}, err: "record 2 of 2"},
		"negative":     {matches: []sdk.Match{{Index: -1, Key: "a"}}, err: "record -1"},
		"no key":       {matches: []sdk.Match{{}}, err: "without a key"},
		"broken data":  {matches: []sdk.Match{{Key: "a", Data: []byte("x")}}, err: "valid JSON"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := open(t, &rogue{find: func(sdk.FindRequest) ([]sdk.Match, error) { return tc.matches, nil }})
			got, err := conn.Find(t.Context(), sdk.FindRequest{Records: make([]sdk.Record, 2)})
			if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) || len(got) != tc.want {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

func TestPartitionsAndPolls(t *testing.T) {
	t.Parallel()
	list := sdk.PartitionList{Partitions: []sdk.Partition{{ID: "a"}, {ID: "b", Group: "g", Title: "B"}}, Failed: []sdk.Failure{{Partition: "x"}}}
	conn := open(t, &rogue{
		partitions: func() (sdk.PartitionList, error) { return list, nil },
		poll: func(req sdk.PollRequest) ([]sdk.PollResult, error) {
			return []sdk.PollResult{{Partition: "b"}, {Partition: "a"}}[:len(req.Items)], nil
		},
	})
	got, err := conn.Partitions(t.Context(), sdk.PartitionRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]sdk.Partition{{ID: "a", Group: "a", Title: "a"}, {ID: "b", Group: "g", Title: "B"}}, got.Partitions); d != "" {
		t.Error(d)
	}
	if len(got.Failed) != 1 || got.Failed[0].Err == nil || list.Failed[0].Err != nil {
		t.Errorf("failed %v, the connector's own %v", got.Failed, list.Failed)
	}
	if _, err := conn.Poll(t.Context(), sdk.PollRequest{Items: []sdk.PollItem{{Partition: "a"}, {Partition: "b"}}}); err == nil {
		t.Error("a poll in the wrong order is taken")
	}
	list.Partitions = append(list.Partitions, sdk.Partition{ID: "a"})
	if _, err := conn.Partitions(t.Context(), sdk.PartitionRequest{}); err == nil || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("a doubled partition: %v", err)
	}
}

func TestTheSchemaIsAskedForOnceAndChecked(t *testing.T) {
	t.Parallel()
	n := 0
	r := &rogue{}
	r.schema = func() (*sdk.Schema, error) {
		n++
		if n == 2 {
			return &sdk.Schema{Objects: []sdk.Object{{Name: "a"}, {Name: "a"}}}, nil
		}
		return &sdk.Schema{Objects: []sdk.Object{{Name: "a"}}}, nil
	}
	conn := open(t, r)
	for range 3 {
		if _, err := conn.Schema(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.Refresh(t.Context()); err == nil || n != 2 {
		t.Errorf("a wrong schema is taken: %v after %d", err, n)
	}
	if s, err := conn.Schema(t.Context()); err != nil || s.Object("a") == nil || n != 2 {
		t.Errorf("the old schema is lost: %v after %d", err, n)
	}
}

type plain struct{}

func (plain) Schema(context.Context) (*sdk.Schema, error) { return &sdk.Schema{}, nil }
func (plain) Close() error                                { return nil }

func TestWhatAConnectorLacksIsUnsupported(t *testing.T) {
	t.Parallel()
	c, err := catalog.New(sdk.Define(sdk.Spec{Name: "plain"}, func(context.Context, sdk.Env) (plain, error) { return plain{}, nil }))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := c.Open(t.Context(), "p", "plain", sdk.Env{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	_, e1 := conn.Write(ctx, sdk.WriteRequest{})
	_, e2 := conn.Find(ctx, sdk.FindRequest{})
	_, e3 := conn.RunStep(ctx, sdk.StepRequest{Step: "x", Read: &sdk.ReadRequest{}}, nil)
	_, e4 := conn.Partitions(ctx, sdk.PartitionRequest{})
	_, e5 := conn.Poll(ctx, sdk.PollRequest{})
	_, e6 := conn.Check(ctx)
	_, e7 := conn.Choices(ctx, sdk.ChoiceRequest{})
	_, e8 := conn.Authorize(ctx, sdk.AuthorizeRequest{})
	_, e9 := conn.Redeem(ctx, sdk.RedeemRequest{})
	_, e10 := conn.OpenBlob(ctx, "x")
	for i, err := range []error{conn.Read(ctx, sdk.ReadRequest{}, nil), conn.Query(ctx, sdk.QueryRequest{}, nil), e1, e2, e3, e4, e5, e6, e7, e8, e9, e10} {
		if !errors.Is(err, sdk.Unsupported) {
			t.Errorf("call %d: %v", i, err)
		}
	}
}

func TestOpenAndClose(t *testing.T) {
	t.Parallel()
	def := func(name string, err error) sdk.Connector {
		return sdk.Define(sdk.Spec{Name: name}, func(context.Context, sdk.Env) (plain, error) { return plain{}, err })
	}
	if _, err := catalog.New(def("a", nil), def("a", nil)); err == nil {
		t.Error("two connectors of one name are taken")
	}
	c, err := catalog.New(def("b", sdk.Errorf(sdk.Auth, "wrong_secret", "refused")), def("a", nil), sdk.Connector{Spec: sdk.Spec{Name: "p"}, Open: func(context.Context, sdk.Env) (sdk.Conn, error) { panic("x") }},
		sdk.Connector{Spec: sdk.Spec{Name: "n"}, Open: func(context.Context, sdk.Env) (sdk.Conn, error) { return nil, nil }})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range c.Specs() {
		names = append(names, s.Name)
	}
	if d := cmp.Diff([]string{"a", "b", "n", "p"}, names); d != "" {
		t.Error(d)
	}
	for connector, kind := range map[string]sdk.Kind{"b": sdk.Auth, "zz": sdk.Invalid, "p": sdk.Internal, "n": sdk.Internal} {
		if _, err := c.Open(t.Context(), "mine", connector, sdk.Env{}); sdk.KindOf(err) != kind || !strings.Contains(err.Error(), "mine") {
			t.Errorf("%s: %v", connector, err)
		}
	}
	r := &rogue{}
	conn := open(t, r)
	if err := errors.Join(conn.Close(), conn.Close()); err != nil || *r.closed != 1 {
		t.Errorf("closed %d times, %v", *r.closed, err)
	}
	if err := conn.Read(t.Context(), sdk.ReadRequest{}, nil); sdk.KindOf(err) != sdk.Unavailable {
		t.Errorf("read after close: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := open(t, r).Read(ctx, sdk.ReadRequest{}, nil); !errors.Is(err, context.Canceled) || sdk.KindOf(err) != sdk.Cancelled {
		t.Errorf("read with an ended context: %v", err)
	}
}

func TestEndpointsFillInObjectAndStep(t *testing.T) {
	t.Parallel()
	var reads []sdk.ReadRequest
	var steps []string
	conn := open(t, &rogue{
		read: func(req sdk.ReadRequest, _ sdk.Emit) error { reads = append(reads, req); return nil },
		step: func(req sdk.StepRequest, emit sdk.Emit) ([]sdk.Result, error) {
			steps = append(steps, req.Step)
			if req.Write != nil {
				return []sdk.Result{}, nil
			}
			return nil, emit(sdk.Batch{Records: []sdk.Record{rec("k", "nonsense")}})
		},
	})
	p := &process.Process{Name: "p", Source: process.Endpoint{Object: "thing", Filter: "f"}, Target: process.Endpoint{Object: "thing", Step: "out"}}
	src, err := catalog.SourceOf(t.Context(), conn, p)
	if err != nil {
		t.Fatal(err)
	}
	dst, err := catalog.TargetOf(t.Context(), conn, p)
	if err != nil {
		t.Fatal(err)
	}
	_, werr := dst.Write(t.Context(), sdk.WriteRequest{})
	if err := errors.Join(src.Read(t.Context(), sdk.ReadRequest{}, nil), werr); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]sdk.ReadRequest{{Object: "thing", Filter: "f"}}, reads); d != "" {
		t.Error(d)
	}
	if err := dst.Read(t.Context(), sdk.ReadRequest{}, nil); !errors.Is(err, sdk.Unsupported) {
		t.Errorf("reading through a step that only writes: %v", err)
	}
	src.Step = "in"
	bad := 0
	if err := src.Read(t.Context(), sdk.ReadRequest{}, func(b sdk.Batch) error { bad += len(b.Failed); return nil }); err != nil || bad != 1 {
		t.Errorf("%d failures through a step, %v", bad, err)
	}
	if d := cmp.Diff([]string{"out", "in"}, steps); d != "" {
		t.Error(d)
	}
	list, err := src.Partitions(t.Context())
	if err != nil || len(list.Partitions) != 1 || list.Partitions[0].ID != "" {
		t.Errorf("partitions of an object without: %v %v", list, err)
	}
	if _, err := catalog.SourceOf(t.Context(), conn, &process.Process{Source: process.Endpoint{Object: "other"}}); sdk.KindOf(err) != sdk.NotFound {
		t.Errorf("unknown object: %v", err)
	}
}

// BenchmarkRead measures what the checks of a record cost.
func BenchmarkRead(b *testing.B) {
	data := []byte(`{"id":"AAMkAGI","subject":"` + strings.Repeat("x", 500) + `","body":{"contentType":"html","content":"` + strings.Repeat("y", 1000) + `"},"attendees":[{"type":"required"},{"type":"optional"}]}`)
	batch := sdk.Batch{Records: make([]sdk.Record, 100)}
	for i := range batch.Records {
		batch.Records[i] = sdk.Record{Key: "k", Data: data}
	}
	r := &rogue{closed: new(int), read: func(_ sdk.ReadRequest, emit sdk.Emit) error { return emit(batch) }}
	c, err := catalog.New(sdk.Define(sdk.Spec{Name: "rogue"}, func(context.Context, sdk.Env) (*rogue, error) { return r, nil }))
	if err != nil {
		b.Fatal(err)
	}
	conn, err := c.Open(b.Context(), "r", "rogue", sdk.Env{Rand: io.LimitReader(nil, 0)})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data) * len(batch.Records)))
	b.ReportAllocs()
	for b.Loop() {
		if err := conn.Read(b.Context(), sdk.ReadRequest{}, func(sdk.Batch) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
