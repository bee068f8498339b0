package memory_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/connectors/memory"
	"github.com/gleis-dev/gleis/sdk"
)

type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func open(t testing.TB, c sdk.Connector, raw map[string]string) sdk.Conn {
	t.Helper()
	conn, err := tryOpen(t, c, raw)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func tryOpen(t testing.TB, c sdk.Connector, raw map[string]string) (sdk.Conn, error) {
	t.Helper()
	set, err := sdk.ParseSettings(c.Spec.Settings, raw)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := c.Open(t.Context(), sdk.Env{
		Settings: set, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) },
	})
	if err == nil {
		t.Cleanup(func() { conn.Close() })
	}
	return conn, err
}

func read(t fataler, c sdk.Conn, req sdk.ReadRequest) []sdk.Batch {
	t.Helper()
	var got []sdk.Batch
	err := sdk.Read(context.Background(), c, req, func(b sdk.Batch) error {
		b.Records = slices.Clone(b.Records)
		got = append(got, b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) == 0 {
		t.Fatal("a read emits at least one batch")
	}
	return got
}

func write(t testing.TB, c sdk.Conn, records ...sdk.Record) []sdk.Result {
	t.Helper()
	res, err := sdk.Write(t.Context(), c, sdk.WriteRequest{Object: "item", Records: records})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func ops(batches []sdk.Batch) []string {
	var out []string
	for _, b := range batches {
		for _, r := range b.Records {
			out = append(out, r.Op.String()+" "+r.Key)
		}
		for _, f := range b.Failed {
			out = append(out, "failed "+f.Key)
		}
	}
	return out
}

func record(data string) sdk.Record { return sdk.Record{Data: []byte(data)} }

func TestConnectorsHaveEveryCapabilityAndAValidSchema(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]sdk.Connector{"alone": memory.Connector(), "of a system": memory.New().Connector()} {
		if len(c.Caps) != 11 {
			t.Errorf("%s: %d capabilities: %v", name, len(c.Caps), c.Caps)
		}
		s, err := open(t, c, nil).Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestFullRoundThenChanges(t *testing.T) {
	t.Parallel()
	s := memory.New()
	for i := range 5 {
		s.Put("item", "", fmt.Sprint(i), map[string]any{"name": "n"})
	}
	c := open(t, s.Connector(), map[string]string{"batch": "2"})
	full := read(t, c, sdk.ReadRequest{Object: "item"})
	if len(full) != 3 || !full[0].Start || full[1].Start || !full[2].Done || full[1].Done {
		t.Fatalf("batches %+v", full)
	}
	for _, b := range full {
		if !b.Full || b.Cursor == nil {
			t.Fatalf("batch %+v is not full or has no cursor", b)
		}
	}
	// Between the batches of a full round a record is made before the position.
	s.Put("item", "", "0a", map[string]any{"name": "late"})
	rest := read(t, c, sdk.ReadRequest{Object: "item", Cursor: full[0].Cursor})
	if diff := cmp.Diff([]string{"upsert 2", "upsert 3", "upsert 4"}, ops(rest)); diff != "" {
		t.Fatal(diff)
	}
	s.Edit("item", "", "3", map[string]any{"name": "changed"})
	s.Remove("item", "", "1")
	delta := read(t, c, sdk.ReadRequest{Object: "item", Cursor: rest[len(rest)-1].Cursor})
	if diff := cmp.Diff([]string{"upsert 0a", "upsert 3", "delete 1"}, ops(delta)); diff != "" {
		t.Fatal(diff)
	}
	if delta[0].Full || !delta[0].Start || !delta[1].Done || delta[1].Start {
		t.Fatalf("delta %+v", delta)
	}
	quiet := read(t, c, sdk.ReadRequest{Object: "item", Cursor: delta[1].Cursor})
	if len(quiet) != 1 || len(quiet[0].Records) != 0 || !quiet[0].Start || !quiet[0].Done {
		t.Fatalf("a quiet round is one empty batch, not %+v", quiet)
	}
}

func TestSwitchesOfReading(t *testing.T) {
	t.Parallel()
	all := sdk.ReadRequest{Object: "item"}
	tests := map[string]struct {
		change func(*memory.System)
		req    sdk.ReadRequest
		want   []string
	}{
		"as it is":          {func(*memory.System) {}, all, []string{"upsert a", "upsert b", "upsert c"}},
		"empty listing":     {func(s *memory.System) { s.Switch(func(w *memory.Switches) { w.EmptyFull = 1 }) }, all, nil},
		"duplicates":        {func(s *memory.System) { s.Switch(func(w *memory.Switches) { w.Duplicates = true }) }, all, []string{"upsert a", "upsert a", "upsert b", "upsert b", "upsert c", "upsert c"}},
		"unlisted":          {func(s *memory.System) { s.Hide("item", "", "b") }, all, []string{"upsert a", "upsert c"}},
		"unlisted by key":   {func(s *memory.System) { s.Hide("item", "", "b") }, sdk.ReadRequest{Object: "item", Keys: []string{"b", "x"}}, []string{"upsert b", "delete x"}},
		"listed again":      {func(s *memory.System) { s.Hide("item", "", "b"); s.Show("item", "", "b") }, all, []string{"upsert a", "upsert b", "upsert c"}},
		"unconfirmed":       {func(s *memory.System) { s.Switch(func(w *memory.Switches) { w.Unconfirmed = true }) }, sdk.ReadRequest{Object: "item", Keys: []string{"x"}}, []string{"missing x"}},
		"unreadable record": {func(s *memory.System) { s.FailRead("item", "", "b", errors.New("damaged")) }, all, []string{"upsert a", "upsert c", "failed b"}},
		"reach":             {func(s *memory.System) { s.SetReach("item", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z") }, all, []string{"upsert a", "upsert c"}},
		"filter":            {func(*memory.System) {}, sdk.ReadRequest{Object: "item", Filter: "name|:|B|;|"}, []string{"upsert b"}},
		"limit":             {func(*memory.System) {}, sdk.ReadRequest{Object: "item", Limit: 2}, []string{"upsert a", "upsert b"}},
		"order":             {func(*memory.System) {}, sdk.ReadRequest{Object: "item", Order: "-name"}, []string{"upsert c", "upsert b", "upsert a"}},
		"since":             {func(*memory.System) {}, sdk.ReadRequest{Object: "item", Since: "2"}, []string{"upsert b", "upsert c"}},
		"lost cursor": {
			func(s *memory.System) { s.LoseCursors() },
			sdk.ReadRequest{Object: "item", Cursor: []byte(`{"e":0,"q":3}`)},
			[]string{"upsert a", "upsert b", "upsert c"},
		},
		"cursor ahead of a restored store": {func(*memory.System) {}, sdk.ReadRequest{Object: "item", Cursor: []byte(`{"e":0,"q":99}`)}, []string{"upsert a", "upsert b", "upsert c"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := memory.New()
			s.Put("item", "", "a", map[string]any{"name": "A", "at": "2026-01-05T00:00:00+01:00"})
			s.Put("item", "", "b", map[string]any{"name": "B", "at": "2025-01-05T00:00:00Z"})
			s.Put("item", "", "c", map[string]any{"name": "C"})
			tt.change(s)
			if diff := cmp.Diff(tt.want, ops(read(t, open(t, s.Connector(), nil), tt.req))); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func TestPartitionsMoveAndPoll(t *testing.T) {
	t.Parallel()
	o := memory.Item()
	o.Partitions = []sdk.Partition{{ID: "p", Group: "p"}, {ID: "q", Group: "q"}, {ID: "r"}}
	s := memory.New(o)
	s.Put("item", "p", "1", map[string]any{"name": "x"})
	s.FailRead("item", "r", "", sdk.Errorf(sdk.Auth, "closed", "no"))
	c := open(t, s.Connector(), nil)
	list, err := sdk.Partitions(t.Context(), c, sdk.PartitionRequest{Object: "item"})
	if err != nil || len(list.Partitions) != 2 || len(list.Failed) != 1 || string(list.Scope) != `["p","q"]` {
		t.Fatalf("%+v, %v", list, err)
	}
	cursor := map[string][]byte{}
	for _, p := range []string{"p", "q"} {
		got := read(t, c, sdk.ReadRequest{Object: "item", Partition: p})
		cursor[p] = got[len(got)-1].Cursor
	}
	s.Move("item", "p", "q", "1")
	s.Edit("item", "q", "1", map[string]any{"name": "y"})
	items := []sdk.PollItem{{Partition: "p", Cursor: cursor["p"]}, {Partition: "q", Cursor: cursor["q"]}, {Partition: "r"}}
	res, err := sdk.Poll(t.Context(), c, sdk.PollRequest{Object: "item", Items: items})
	if err != nil || !res[0].Changed || !res[1].Changed || res[2].Err == nil {
		t.Fatalf("%+v, %v", res, err)
	}
	if got := ops(read(t, c, sdk.ReadRequest{Object: "item", Partition: "p", Cursor: cursor["p"]})); !slices.Equal(got, []string{"delete 1"}) {
		t.Fatalf("p: %v", got)
	}
	q := read(t, c, sdk.ReadRequest{Object: "item", Partition: "q", Cursor: cursor["q"]})
	if got := ops(q); !slices.Equal(got, []string{"upsert 1"}) {
		t.Fatalf("q: %v", got)
	}
	res, _ = sdk.Poll(t.Context(), c, sdk.PollRequest{Object: "item", Items: []sdk.PollItem{{Partition: "q", Cursor: q[0].Cursor}}})
	if res[0].Changed {
		t.Fatal("nothing has changed since")
	}
}

func TestRecordThatLeavesTheReachIsMissing(t *testing.T) {
	t.Parallel()
	s := memory.New()
	s.Put("item", "", "a", map[string]any{"name": "A", "at": "2026-01-05T00:00:00Z"})
	c := open(t, s.Connector(), nil)
	st, _ := s.Connector().Spec.Step("item")
	set, err := sdk.ParseSettings(st.Settings, map[string]string{"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"})
	if err != nil {
		t.Fatal(err)
	}
	step := func(cursor []byte) sdk.Batch {
		var got sdk.Batch
		_, err := sdk.RunStep(t.Context(), c, sdk.StepRequest{Step: "item", Settings: set, Read: &sdk.ReadRequest{Cursor: cursor}}, func(b sdk.Batch) error { got = b; return nil })
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := step(nil)
	if first.Reach != [2]string{"2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"} || len(first.Records) != 1 {
		t.Fatalf("%+v", first)
	}
	s.Edit("item", "", "a", map[string]any{"at": "2026-03-05T00:00:00Z"})
	if got := ops([]sdk.Batch{step(first.Cursor)}); !slices.Equal(got, []string{"missing a"}) {
		t.Fatal(got)
	}
}
