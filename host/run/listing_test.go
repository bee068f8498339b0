package run_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/gleis-dev/gleis/connectors/memory"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

func TestAnEmptyListingIsReadTwice(t *testing.T) {
	t.Parallel()
	for _, empty := range []int{1, 2, 3} {
		t.Run(fmt.Sprintf("%d times empty", empty), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, person(), contact(sdk.ByIntent))
			for i := range 30 {
				b.put(fmt.Sprint(i), fmt.Sprint("Name ", i), "x")
			}
			b.run(run.Options{})
			b.src.LoseCursors()
			b.put("new", "New", "x")
			b.src.Switch(func(s *memory.Switches) { s.EmptyFull = empty })
			rep := b.run(run.Options{})
			if rep.Sum.Deleted+rep.Sum.Held+rep.Sum.FailedPartitions != 0 {
				t.Fatalf("%+v", rep.Sum)
			}
			if n := len(b.contacts()); n < 30 || empty == 1 && n != 31 {
				t.Fatalf("%d contacts", n)
			}
			b.run(run.Options{Full: true})
			b.run(run.Options{Full: true})
			if n := len(b.contacts()); n != 31 {
				t.Fatalf("%d contacts after complete listings", n)
			}
		})
	}
}

func TestACompleteListingFindsWhatIsGone(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.src.Switch(func(s *memory.Switches) { s.BatchSize = 3 })
	for i := range 40 {
		b.put(fmt.Sprint(i), fmt.Sprint("Name ", i), "x")
	}
	b.run(run.Options{})
	for i := range 5 {
		b.src.Remove("person", "", fmt.Sprint(i))
		b.src.Hide("person", "", fmt.Sprint(10+i)) // not listed, and there
	}
	b.src.LoseCursors()
	b.sum(run.Options{}, run.Sum{Read: 40, Unchanged: 35, Deleted: 5})
	if n := len(b.contacts()); n != 35 {
		t.Fatalf("%d contacts", n)
	}
}

// TestTheListingMayBreakAnywhere breaks a complete listing before each of its
// pages; what was seen stays seen, and nothing that was seen is asked for.
func TestTheListingMayBreakAnywhere(t *testing.T) {
	t.Parallel()
	for skip := range 7 {
		t.Run(fmt.Sprint("before page ", skip), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, person(), contact(sdk.ByIntent))
			b.src.Switch(func(s *memory.Switches) { s.BatchSize = 5 })
			for i := range 30 {
				b.put(fmt.Sprint(i), fmt.Sprint("Name ", i), "x")
			}
			b.run(run.Options{})
			b.src.Remove("person", "", "7")
			b.src.LoseCursors()
			b.src.Inject(memory.Fault{Op: "read", Skip: skip, Times: 1, Err: sdk.Errorf(sdk.Auth, "cut", "cut off")})
			if rep := b.run(run.Options{}); rep.Sum.Held != 0 || rep.Sum.FailedPartitions > 1 {
				t.Fatalf("%+v", rep.Sum)
			}
			b.run(run.Options{})
			if n := len(b.contacts()); n != 29 {
				t.Fatalf("%d contacts", n)
			}
			b.sum(run.Options{}, run.Sum{})
		})
	}
}

// series is a source that reports complete sets of parts.
type series struct {
	batches []sdk.Batch
	there   map[string]sdk.Record
}

func (*series) Schema(context.Context) (*sdk.Schema, error) { return nil, nil }
func (*series) Close() error                                { return nil }

func (s *series) Read(_ context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	if req.Keys == nil {
		b := s.batches[0]
		if len(s.batches) > 1 {
			s.batches = s.batches[1:]
		}
		return emit(b)
	}
	b := sdk.Batch{Done: true}
	for _, k := range req.Keys {
		if r, ok := s.there[k]; ok {
			b.Records = append(b.Records, r)
		} else {
			b.Records = append(b.Records, sdk.Record{Op: sdk.Delete, Key: k})
		}
	}
	return emit(b)
}

func TestTheSetOfASeriesIsCompared(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	part := func(key, parent string) sdk.Record {
		return sdk.Record{Key: key, Parent: parent, Stamp: "1", Data: []byte(`{"name":"` + key + `","mail":"x"}`)}
	}
	src := &series{there: map[string]sdk.Record{"o3": part("o3", "m")}, batches: []sdk.Batch{
		{Start: true, Done: true, Cursor: []byte("1"), Records: []sdk.Record{part("m", ""), part("o1", "m"), part("o2", "m"), part("o3", "m"), part("p1", "other")}},
		// o2 and o3 are not in the set any more; o3 is there all the same.
		{Start: true, Done: true, Cursor: []byte("2"), Records: []sdk.Record{part("m", "")}, Sets: []sdk.Set{{Parent: "m", Keys: []string{"o1"}}}},
		{Start: true, Done: true, Cursor: []byte("3")},
	}}
	b.job.Source.Conn = src
	b.sum(run.Options{}, run.Sum{Read: 5, Created: 5})
	b.sum(run.Options{}, run.Sum{Read: 3, Unchanged: 2, Deleted: 1})
	b.same(map[string]string{"m": "x", "o1": "x", "o3": "x", "p1": "x"})
	b.sum(run.Options{}, run.Sum{})
}

func TestAReleasedRecordIsLetGo(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	rec := func(op sdk.Op, stamp, name string) sdk.Record {
		return sdk.Record{Key: "1", Op: op, Stamp: stamp, Data: []byte(`{"name":"` + name + `","mail":"x"}`)}
	}
	b.job.Source.Conn = &series{batches: []sdk.Batch{
		{Start: true, Done: true, Cursor: []byte("1"), Records: []sdk.Record{rec(sdk.Upsert, "1", "Ada")}},
		{Start: true, Done: true, Cursor: []byte("2"), Records: []sdk.Record{rec(sdk.Release, "", "")}},
		{Start: true, Done: true, Cursor: []byte("3"), Records: []sdk.Record{rec(sdk.Delete, "", "")}},
		{Start: true, Done: true, Cursor: []byte("4"), Records: []sdk.Record{rec(sdk.Upsert, "2", "Ada II")}},
	}}
	b.sum(run.Options{}, run.Sum{Read: 1, Created: 1})
	b.sum(run.Options{}, run.Sum{Read: 1, Skipped: 1})
	b.sum(run.Options{}, run.Sum{Read: 1, Skipped: 1}) // not ours any more
	b.same(map[string]string{"Ada": "x"})
	b.sum(run.Options{}, run.Sum{Read: 1, Updated: 1}) // there again: the same pair
	b.same(map[string]string{"Ada II": "x"})
}
