package catalog_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/host/catalog"
	"github.com/gleis-dev/gleis/sdk"
)

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

func TestAStepIsCheckedAsWhatItDoes(t *testing.T) {
	t.Parallel()
	conn := open(t, &rogue{step: func(req sdk.StepRequest, emit sdk.Emit) ([]sdk.Result, error) {
		if req.Write != nil {
			return nil, nil
		}
		return nil, emit(sdk.Batch{Records: []sdk.Record{rec("k", "nonsense")}})
	}})
	bad := 0
	count := func(b sdk.Batch) error { bad += len(b.Failed); return nil }
	read, write := &sdk.ReadRequest{Object: "thing"}, &sdk.WriteRequest{Object: "thing", Records: []sdk.Record{rec("a", "{}")}}
	if _, err := conn.RunStep(t.Context(), sdk.StepRequest{Step: "in", Read: read}, count); err != nil || bad != 1 {
		t.Errorf("%d failures, %v", bad, err)
	}
	if _, err := conn.RunStep(t.Context(), sdk.StepRequest{Step: "out", Write: write}, count); err == nil || !strings.Contains(err.Error(), "answered 1 records with 0 results") {
		t.Errorf("a write without results: %v", err)
	}
	for name, req := range map[string]sdk.StepRequest{
		"reading through a step that writes": {Step: "out", Read: read},
		"writing through a step that reads":  {Step: "in", Write: write},
		"an unknown step":                    {Step: "x", Read: read},
		"neither":                            {Step: "in"},
		"both":                               {Step: "in", Read: read, Write: write},
	} {
		if _, err := conn.RunStep(t.Context(), req, count); !errors.Is(err, sdk.Unsupported) && !errors.Is(err, sdk.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
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
