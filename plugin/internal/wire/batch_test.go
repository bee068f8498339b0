package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// asMessage is a part as generated code would write it.
func asMessage(p *Part) *pb.ReadResponse {
	b := &pb.Batch{
		Encoding: pb.Encoding_ENCODING_JSON, Number: p.Number, More: p.More, Start: p.Start, Full: p.Full, Done: p.Done,
		ReachFrom: p.Reach[0], ReachTo: p.Reach[1], Cursor: p.Cursor,
	}
	for _, r := range p.Records {
		b.Records = append(b.Records, RecordToProto(r))
	}
	for _, f := range p.Failed {
		b.Failed = append(b.Failed, FailureToProto(f))
	}
	for _, set := range p.Sets {
		b.Sets = append(b.Sets, setToProto(set))
	}
	return &pb.ReadResponse{Batch: b}
}

func samples() map[string]*Part {
	full := sdk.Record{Object: "o", Partition: "p", Op: sdk.Missing, Key: "k", Stamp: "s", At: "t", Parent: "w", Intent: "i", IfStamp: "f", Data: []byte(`{"a":1}`)}
	return map[string]*Part{
		"empty":       {Number: 1},
		"flags":       {Number: 1 << 40, More: true, Batch: sdk.Batch{Start: true, Full: true, Done: true, Reach: [2]string{"a", "b"}, Cursor: []byte("c")}},
		"empty bytes": {Number: 2, Batch: sdk.Batch{Cursor: []byte{}, Records: []sdk.Record{{Key: "k", Data: []byte{}}, {Key: "l"}}}},
		"one object":  {Number: 3, Batch: sdk.Batch{Records: []sdk.Record{full, full}}},
		"two objects": {Number: 3, Batch: sdk.Batch{Records: []sdk.Record{full, {Object: "x", Key: "k"}, {Key: "y", Op: sdk.Delete}}}},
		"parts":       {Number: 4, Batch: sdk.Batch{Sets: []sdk.Set{{Parent: "w", Keys: []string{"a", "b"}}, {Parent: "x"}}, Records: []sdk.Record{{Key: "a", Parent: "w"}}}},
		"failures":    {Number: 4, Batch: sdk.Batch{Failed: []sdk.Failure{{Key: "k", Partition: "p", Err: &sdk.Error{Kind: sdk.Auth, Code: "c", Args: map[string]string{"a": "b"}}}, {Key: "bare"}}}},
		"long":        {Number: 5, Batch: sdk.Batch{Records: []sdk.Record{{Key: strings.Repeat("k", 300), Stamp: strings.Repeat("ü", 200), Data: bytes.Repeat([]byte("d"), 70_000)}}}},
	}
}

// What is written by hand is the protocol: generated code reads it as the same
// message, and what generated code writes is read by hand as the same part.
func TestBatchByHandIsTheProtocol(t *testing.T) {
	t.Parallel()
	codec := NewCodec()
	for name, part := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			buf, err := codec.Marshal(part)
			if err != nil {
				t.Fatal(err)
			}
			var got pb.ReadResponse
			if err := proto.Unmarshal(buf.Materialize(), &got); err != nil {
				t.Fatal(err)
			}
			for _, r := range got.GetBatch().GetRecords() { // defaults of the batch
				if r.Object == "" {
					r.Object = got.GetBatch().GetObject()
				}
				if r.Partition == "" {
					r.Partition = got.GetBatch().GetPartition()
				}
			}
			got.Batch.Object, got.Batch.Partition = "", ""
			if d := cmp.Diff(asMessage(part), &got, protocmp.Transform()); d != "" {
				t.Error(d)
			}
			raw, err := proto.Marshal(asMessage(part))
			if err != nil {
				t.Fatal(err)
			}
			var back Part
			if err := codec.Unmarshal(mem.BufferSlice{mem.SliceBuffer(raw)}, &back); err != nil {
				t.Fatal(err)
			}
			same := cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })
			back.Buffer = nil
			want := *part
			if want.Records == nil {
				want.Records = []sdk.Record{}
			}
			if d := cmp.Diff(&want, &back, same, protocmp.Transform()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestPartsKeepLimitsAndOrder(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ records, size, failed, sets, want int }{
		"nothing":              {0, 0, 0, 0, 1},
		"one message":          {500, 10, 0, 0, 1},
		"too many records":     {501, 10, 0, 0, 2},
		"too many bytes":       {4, 600 << 10, 0, 0, 4},
		"a record alone":       {1, 8 << 20, 0, 0, 1},
		"failures count too":   {499, 1, 2, 0, 2},
		"nothing but failures": {0, 0, 1200, 0, 3},
		"sets in one message":  {1, 1, 1, 100, 1},
		"sets cut":             {500, 2000, 0, 3000, 4},
		"failures fill it up":  {750, 1, 750, 0, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := sdk.Batch{Done: true, Cursor: []byte("c")}
			for i := range test.records {
				b.Records = append(b.Records, sdk.Record{Key: fmt.Sprint(i), Data: make([]byte, test.size)})
			}
			for i := range test.failed {
				b.Failed = append(b.Failed, sdk.Failure{Key: fmt.Sprint(i)})
			}
			for i := range test.sets {
				b.Sets = append(b.Sets, sdk.Set{Parent: fmt.Sprint(i), Keys: []string{strings.Repeat("k", 1000)}})
			}
			whole, size, n := &Part{}, 0, 0
			err := Parts(9, b, func(p *Part) error {
				n++
				if len(p.Records)+len(p.Failed) > sdk.MaxBatchRecords || p.More == p.Done {
					t.Errorf("part %d: %d records, %d failures, more %v, done %v", n, len(p.Records), len(p.Failed), p.More, p.Done)
				}
				return Join(whole, p, &size)
			})
			if err != nil || n != test.want {
				t.Errorf("%d messages, want %d: %v", n, test.want, err)
			}
			if d := cmp.Diff(keys(b), keys(whole.Batch)); d != "" || !whole.Done || string(whole.Cursor) != "c" {
				t.Error(d, whole.Done, whole.Cursor)
			}
		})
	}
}

func keys(b sdk.Batch) (all []string) {
	for _, r := range b.Records {
		all = append(all, r.Key)
	}
	for _, f := range b.Failed {
		all = append(all, "failed "+f.Key)
	}
	for _, s := range b.Sets {
		all = append(all, "set "+s.Parent)
	}
	return all
}

func TestSetsThatCannotCrossAreRefused(t *testing.T) {
	t.Parallel()
	for code, set := range map[string]sdk.Set{
		"set_not_utf8":  {Parent: "p", Keys: []string{"a", "\xff"}},
		"set_too_large": {Parent: "p", Keys: []string{strings.Repeat("k", sdk.MaxRecord)}},
	} {
		err := Parts(1, sdk.Batch{Sets: []sdk.Set{set}}, func(*Part) error { return nil })
		if sdk.AsError(err) == nil || sdk.AsError(err).Code != code {
			t.Error(code, err)
		}
	}
}

func TestErrorKindsAllCross(t *testing.T) {
	t.Parallel()
	if len(kinds) != int(sdk.Pending)+1 || len(pb.Kind_name) != len(kinds)+1 {
		t.Fatal("a kind is missing in the table")
	}
	for k := range sdk.Pending + 1 {
		if got := sdk.KindOf(ErrorFromProto(ErrorToProto(k))); got != k {
			t.Errorf("%v became %v", k, got)
		}
	}
	if got := sdk.KindOf(ErrorFromProto(&pb.Error{Kind: 99})); got != sdk.Internal {
		t.Errorf("an unknown kind became %v", got)
	}
	nested := errors.Join(errors.Join(sdk.Auth, sdk.Invalid), errors.New("plain"))
	if err := ErrorFromProto(ErrorToProto(nested)); !errors.Is(err, sdk.Auth) || !strings.Contains(err.Error(), "plain") {
		t.Error(err)
	}
}

// Whatever bytes come: no panic, and what is taken keeps the limits.
func FuzzPart(f *testing.F) {
	codec := NewCodec()
	for _, p := range samples() {
		b, err := codec.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b.Materialize())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, step := range []bool{false, true} {
			p := Part{Step: step}
			if err := codec.Unmarshal(mem.BufferSlice{mem.SliceBuffer(raw)}, &p); err != nil {
				continue
			}
			for i := range p.Records {
				if err := CheckRecord(&p.Records[i]); err != nil {
					t.Error(err)
				}
			}
			var same pb.ReadResponse
			if err := proto.Unmarshal(raw, &same); err != nil && !step {
				t.Logf("taken by hand, refused by generated code: %v", err)
			}
		}
	})
}

func TestAMessageIsReadIntoTheBufferOfTheOneBefore(t *testing.T) {
	t.Parallel()
	codec := NewCodec()
	read := func(into []byte, data string) *Part {
		out, err := codec.Marshal(&Part{Batch: sdk.Batch{Records: []sdk.Record{{Key: "k", Data: []byte(data)}}}, Number: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer out.Free()
		p := &Part{Buffer: into}
		if err := codec.Unmarshal(out, p); err != nil {
			t.Fatal(err)
		}
		if got := string(p.Records[0].Data); got != data {
			t.Errorf("read %q, sent %q", got, data)
		}
		return p
	}
	first := read(nil, `{"n":"a long one to begin with"}`)
	second := read(first.Buffer, `{"n":"shorter"}`)
	if &first.Buffer[0] != &second.Buffer[0] {
		t.Error("a buffer that is large enough was not used again")
	}
	if first.Records[0].Key != "k" {
		t.Error("a key lies in the buffer, but outlives it")
	}
	if third := read(second.Buffer, `{"n":"`+strings.Repeat("x", 1000)+`"}`); &third.Buffer[0] == &second.Buffer[0] {
		t.Error("a message was read into a buffer that is too small for it")
	}
}
