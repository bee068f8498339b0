package memory_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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

func TestWritesAreCheckedAndMerged(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		record sdk.Record
		code   string
		kind   sdk.Kind
		data   string
	}{
		"create with a key":        {record(`{"id":"k","name":"x"}`), "", 0, `{"id":"k","name":"x"}`},
		"key taken":                {record(`{"id":"a","name":"x"}`), "key_taken", sdk.Conflict, ""},
		"unknown field":            {record(`{"name":"x","colour":"red"}`), "field_unknown", sdk.Invalid, ""},
		"required field":           {record(`{"note":"x"}`), "field_required", sdk.Invalid, ""},
		"wrong type":               {record(`{"name":"x","count":"many"}`), "field_type", sdk.Invalid, ""},
		"wrong item":               {record(`{"name":"x","tags":[1]}`), "field_type", sdk.Invalid, ""},
		"too long":                 {record(`{"name":"` + strings.Repeat("é", 201) + `"}`), "field_length", sdk.Invalid, ""},
		"no object":                {record(`[1]`), "data", sdk.Invalid, ""},
		"null":                     {record(`null`), "data", sdk.Invalid, ""},
		"update leaves the rest":   {sdk.Record{Key: "a", Data: []byte(`{"count":3}`)}, "", 0, `{"count":3,"id":"a","name":"A","note":"n"}`},
		"null clears":              {sdk.Record{Key: "a", Data: []byte(`{"note":null}`)}, "", 0, `{"id":"a","name":"A","note":null}`},
		"required is not cleared":  {sdk.Record{Key: "a", Data: []byte(`{"name":null}`)}, "field_required", sdk.Invalid, ""},
		"right stamp":              {sdk.Record{Key: "a", IfStamp: "1", Data: []byte(`{"note":""}`)}, "", 0, `{"id":"a","name":"A","note":""}`},
		"wrong stamp":              {sdk.Record{Key: "a", IfStamp: "9", Data: []byte(`{"note":""}`)}, "stamp", sdk.Conflict, ""},
		"update of what is absent": {sdk.Record{Key: "x", Data: []byte(`{"note":""}`)}, "record_unknown", sdk.NotFound, ""},
		"delete of what is absent": {sdk.Record{Key: "x", Op: sdk.Delete}, "record_unknown", sdk.NotFound, ""},
		"delete":                   {sdk.Record{Key: "a", Op: sdk.Delete}, "", 0, ""},
		"release":                  {sdk.Record{Key: "a", Op: sdk.Release}, "op", sdk.Invalid, ""},
		"unknown partition":        {sdk.Record{Partition: "p", Data: []byte(`{"name":"x"}`)}, "partition_unknown", sdk.NotFound, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := memory.New()
			s.Put("item", "", "a", map[string]any{"name": "A", "note": "n"})
			res := write(t, open(t, s.Connector(), nil), tt.record)[0]
			if tt.code != "" {
				e := sdk.AsError(res.Err)
				if e == nil || e.Code != tt.code || e.Kind != tt.kind || res.Outcome != sdk.NotDone {
					t.Fatalf("result %+v", res)
				}
				if n := s.Counts("", "").Total(); n != 0 {
					t.Fatalf("%d writes were carried out", n)
				}
				return
			}
			if res.Err != nil || res.Outcome != sdk.Done || string(res.Data) != tt.data {
				t.Fatalf("result %+v with data %s", res, res.Data)
			}
		})
	}
}

func TestLostAnswerIsCarriedOutAndFoundByIntent(t *testing.T) {
	t.Parallel()
	s := memory.New()
	c := open(t, s.Connector(), nil)
	s.Inject(memory.Fault{Op: "write", Skip: 1, After: true})
	res := write(t, c,
		sdk.Record{Intent: "i1", Data: []byte(`{"name":"1"}`)},
		sdk.Record{Intent: "i2", Data: []byte(`{"name":"2"}`)},
		sdk.Record{Intent: "i3", Data: []byte(`{"name":"3"}`)})
	if res[0].Outcome != sdk.Done || res[1].Outcome != sdk.Unknown || res[1].Err == nil || res[1].Key != "" || res[2].Outcome != sdk.Done {
		t.Fatalf("results %+v", res)
	}
	if got := s.Counts("item", "").Creates; got != 3 {
		t.Fatalf("%d creates", got)
	}
	find := func() []sdk.Match {
		m, err := sdk.Find(t.Context(), c, sdk.FindRequest{Object: "item", Records: []sdk.Record{{Intent: "i2"}, {Intent: "none"}, record(`{"name":"3"}`)}})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	got := find()
	if len(got) != 2 || got[0].Index != 0 || string(got[0].Data) == "" || got[1].Index != 2 || got[1].Key != res[2].Key {
		t.Fatalf("matches %+v", got)
	}
	s.Switch(func(w *memory.Switches) { w.FindLag = 1 })
	if got := find(); len(got) != 1 || got[0].Index != 0 {
		t.Fatalf("matches with a late index %+v", got)
	}
}

func TestWholeCallFailsAfterPartOfIt(t *testing.T) {
	t.Parallel()
	for after, want := range map[bool]int{false: 1, true: 2} {
		s := memory.New()
		c := open(t, s.Connector(), nil)
		s.Inject(memory.Fault{Op: "write", Skip: 1, After: after, Whole: true, Err: &sdk.Error{Kind: sdk.Throttled, RetryAfter: time.Minute}})
		_, err := sdk.Write(t.Context(), c, sdk.WriteRequest{Object: "item", Records: []sdk.Record{record(`{"name":"1"}`), record(`{"name":"2"}`), record(`{"name":"3"}`)}})
		if e := sdk.AsError(err); e == nil || e.Kind != sdk.Throttled || e.RetryAfter != time.Minute {
			t.Fatalf("error %v", err)
		}
		if got := s.Counts("", "").Creates; got != want {
			t.Errorf("after %v: %d creates, want %d", after, got, want)
		}
	}
}

func TestFaultsStrikeAsOftenAsAsked(t *testing.T) {
	t.Parallel()
	for times, want := range map[int]int{0: 1, 1: 1, 3: 3, -1: 6} {
		s := memory.New()
		c := open(t, s.Connector(), nil)
		s.Inject(memory.Fault{Op: "read", Times: times})
		failed := 0
		for range 6 {
			if err := sdk.Read(t.Context(), c, sdk.ReadRequest{Object: "item"}, func(sdk.Batch) error { return nil }); err != nil {
				failed++
			}
		}
		if failed != want {
			t.Errorf("times %d: %d failed, want %d", times, failed, want)
		}
	}
}

func TestNormaliseNotifyRelateAndDryRun(t *testing.T) {
	t.Parallel()
	s := memory.New()
	c := open(t, s.Connector(), nil)
	s.Switch(func(w *memory.Switches) {
		w.Normalise = func(o string, d map[string]any) { memory.Trim(o, d); memory.WrapHTML("note")(o, d) }
		w.Notifies = func(string, map[string]any) int { return 2 }
		w.Related = func(r sdk.Record) []memory.Row {
			return []memory.Row{{Object: "item", Key: r.Key + "/1", Data: map[string]any{"id": r.Key + "/1", "name": "child"}}}
		}
	})
	req := sdk.WriteRequest{Object: "item", Records: []sdk.Record{record(`{"id":"k","name":" x ","note":"hi"}`)}, DryRun: true}
	res, err := sdk.Write(t.Context(), c, req)
	if err != nil || res[0].Notifies != 2 || res[0].Outcome != sdk.NotDone || len(s.Rows("item")) != 0 {
		t.Fatalf("dry run: %+v, %v, %v", res, err, s.Rows("item"))
	}
	req.DryRun, req.Quiet = false, true
	if res, _ = sdk.Write(t.Context(), c, req); sdk.AsError(res[0].Err).Code != "would_notify" {
		t.Fatalf("quiet: %+v", res)
	}
	req.Quiet = false
	res, _ = sdk.Write(t.Context(), c, req)
	if want := `{"id":"k","name":"x","note":"<html><head></head><body>hi</body></html>"}`; string(res[0].Data) != want || len(res[0].Related) != 1 || res[0].Related[0].Key != "k/1" {
		t.Fatalf("result %+v %s", res[0], res[0].Data)
	}
	if len(s.Rows("item")) != 2 || s.Counts("", "").Creates != 1 {
		t.Fatalf("rows %v", s.Rows("item"))
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

func TestFileSurvivesAndIsShared(t *testing.T) {
	t.Parallel()
	raw := map[string]string{"file": filepath.Join(t.TempDir(), "state.json")}
	// Two connectors stand for two processes.
	a, b := open(t, memory.Connector(), raw), open(t, memory.Connector(), raw)
	ra := write(t, a, record(`{"name":"of a"}`))[0]
	rb := write(t, b, record(`{"name":"of b"}`))[0]
	if ra.Key == rb.Key {
		t.Fatalf("one key %q for two records", ra.Key)
	}
	write(t, a, sdk.Record{Key: rb.Key, IfStamp: rb.Stamp, Data: []byte(`{"note":"by a"}`)})
	third := read(t, open(t, memory.Connector(), raw), sdk.ReadRequest{Object: "item"})
	if want := []string{"upsert " + ra.Key, "upsert " + rb.Key}; !slices.Equal(ops(third), want) {
		t.Fatalf("%v, want %v", ops(third), want)
	}
	if got := string(third[0].Records[1].Data); !strings.Contains(got, "by a") {
		t.Fatal(got)
	}
}

func TestStoresOfOneConnectorAreApart(t *testing.T) {
	t.Parallel()
	mem := memory.Connector()
	a, same, other := open(t, mem, map[string]string{"store": "a"}), open(t, mem, map[string]string{"store": "a"}), open(t, mem, map[string]string{"store": "b"})
	write(t, a, record(`{"name":"x"}`))
	if len(ops(read(t, same, sdk.ReadRequest{Object: "item"}))) != 1 || len(ops(read(t, other, sdk.ReadRequest{Object: "item"}))) != 0 {
		t.Fatal("stores of the same name are shared, others are not")
	}
}

func TestSettingsDefineObjectsAndFaults(t *testing.T) {
	t.Parallel()
	c := open(t, memory.Connector(), map[string]string{
		"objects": `[{"name":"person","key":["no"],"changed":"rev","fields":[{"name":"no","type":"int"},{"name":"name","type":"text","maxLength":5},{"name":"rev","type":"int"}]}]`,
		"faults":  `[{"op":"write","kind":"throttled","retry_after_ms":250}]`,
		"trim":    "true",
	})
	req := sdk.WriteRequest{Object: "person", Records: []sdk.Record{record(`{"name":" Ada "}`)}}
	res, err := sdk.Write(t.Context(), c, req)
	if e := sdk.AsError(res[0].Err); err != nil || e.Kind != sdk.Throttled || e.RetryAfter != 250*time.Millisecond {
		t.Fatalf("%+v, %v", res, err)
	}
	if res, _ = sdk.Write(t.Context(), c, req); string(res[0].Data) != `{"name":"Ada","no":1,"rev":1}` {
		t.Fatalf("%+v %s", res[0], res[0].Data)
	}
	for name, raw := range map[string]map[string]string{
		"objects": {"objects": "[{]"}, "no fields": {"objects": `[{"name":"x"}]`, "store": "2"}, "faults": {"faults": `[{"kind":"funny"}]`, "store": "3"}, "secret": {"secret": "wrong"},
	} {
		if _, err := tryOpen(t, memory.Connector(), raw); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

func TestBlobsTravelThroughTheHost(t *testing.T) {
	t.Parallel()
	from, to := memory.New(), memory.New()
	ref := from.PutBlob([]byte("content"))
	source := open(t, from.Connector(), nil)
	set, _ := sdk.ParseSettings(to.Connector().Spec.Settings, nil)
	target, err := to.Connector().Open(t.Context(), sdk.Env{Settings: set, Blobs: source.(sdk.BlobOpener)})
	if err != nil {
		t.Fatal(err)
	}
	res := write(t, target, record(`{"name":"x","file":"`+ref+`"}`), record(`{"name":"x","file":"none"}`))
	if res[0].Err != nil || sdk.KindOf(res[1].Err) != sdk.NotFound {
		t.Fatalf("%+v", res)
	}
	var data struct{ File string }
	if err := json.Unmarshal(res[0].Data, &data); err != nil {
		t.Fatal(err)
	}
	r, err := sdk.OpenBlob(t.Context(), target, data.File)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if b, _ := io.ReadAll(r); string(b) != "content" {
		t.Fatalf("%q", b)
	}
}

func TestConsent(t *testing.T) {
	t.Parallel()
	s := memory.New()
	c := open(t, s.Connector(), nil)
	a, err := sdk.Authorize(t.Context(), c, sdk.AuthorizeRequest{Flow: "device"})
	if err != nil {
		t.Fatal(err)
	}
	req := sdk.RedeemRequest{Code: a.Device, Device: true}
	if _, err := sdk.Redeem(t.Context(), c, req); !errors.Is(err, sdk.Pending) {
		t.Fatal(err)
	}
	s.Grant(a.Device.Reveal(), sdk.Consent{User: "a@b.example"})
	if got, err := sdk.Redeem(t.Context(), c, req); err != nil || got.User != "a@b.example" {
		t.Fatal(got, err)
	}
	if _, err := sdk.Redeem(t.Context(), c, sdk.RedeemRequest{Code: sdk.NewSecret("other")}); !errors.Is(err, sdk.Auth) {
		t.Fatal(err)
	}
}

func TestCancelAndCloseEndADelayedRead(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"cancel", "close"} {
		s := memory.New()
		c := open(t, s.Connector(), map[string]string{"delay_ms": "3600000"})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- sdk.Read(ctx, c, sdk.ReadRequest{Object: "item"}, func(sdk.Batch) error { return nil })
		}()
		want := sdk.Cancelled
		if by == "cancel" {
			cancel()
		} else {
			want = sdk.Unavailable
			c.Close()
		}
		if err := <-done; !errors.Is(err, want) {
			t.Errorf("%s: %v", by, err)
		}
		cancel()
	}
}

func TestEmitErrorComesBackUnchanged(t *testing.T) {
	t.Parallel()
	c := open(t, memory.New().Connector(), nil)
	want := fmt.Errorf("commit: %w", sdk.Errorf(sdk.Unavailable, "disk", "full"))
	if err := sdk.Read(t.Context(), c, sdk.ReadRequest{Object: "item"}, func(sdk.Batch) error { return want }); err != want {
		t.Fatal(err)
	}
}

func TestQueryAndChoices(t *testing.T) {
	t.Parallel()
	s := memory.New()
	for _, k := range []string{"a", "b", "c"} {
		s.Put("item", "", k, map[string]any{"name": "x", "note": strings.ToUpper(k)})
	}
	c := open(t, s.Connector(), nil)
	query := func(req sdk.QueryRequest) (string, error) {
		req.Object = "item"
		var got []string
		err := sdk.Query(t.Context(), c, req, func(b sdk.Batch) error {
			for _, r := range b.Records {
				got = append(got, r.Key+string(r.Data))
			}
			return nil
		})
		return strings.Join(got, " "), err
	}
	got, err := query(sdk.QueryRequest{Notation: "name|:|x|;|", Order: "-note", Limit: 2, Fields: []string{"note"}})
	if err != nil || got != `c{"note":"C"} b{"note":"B"}` {
		t.Fatal(got, err)
	}
	if got, err := query(sdk.QueryRequest{SchemaOnly: true, Fields: []string{"note", "name"}}); err != nil || got != `{"name":null,"note":null}` {
		t.Fatal(got, err)
	}
	for _, bad := range []sdk.QueryRequest{{Notation: "nope|:|1|;|"}, {Notation: "x"}, {Language: "sql", Text: "select 1"}, {Order: "nope"}} {
		if got, err := query(bad); err == nil {
			t.Errorf("%+v gave %s", bad, got)
		}
	}
	ch, err := sdk.Choices(t.Context(), c, sdk.ChoiceRequest{Object: "item", Field: "note", Limit: 2})
	if err != nil || len(ch) != 2 || ch[1].Value != "B" {
		t.Fatal(ch, err)
	}
}

// Whatever happens between the batches of reads, and wherever a read is broken
// off, a reader that keeps the last cursor ends with what the store holds.
func TestReaderThatKeepsItsCursorFollowsTheStore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := memory.New()
		c := open(t, s.Connector(), map[string]string{"batch": fmt.Sprint(rapid.IntRange(1, 4).Draw(rt, "batch"))})
		mirror := map[string]string{}
		seen := map[string]bool{} // in the round under way
		var cursor []byte
		key := rapid.StringMatching(`[a-f]`)
		change := func() {
			k := key.Draw(rt, "key")
			_, there := s.Get("item", "", k)
			switch op := rapid.IntRange(0, 9).Draw(rt, "op"); {
			case op == 0:
				s.LoseCursors()
			case op < 3 && there:
				s.Remove("item", "", k)
			default:
				s.Put("item", "", k, map[string]any{"name": fmt.Sprint(rapid.IntRange(0, 9).Draw(rt, "value"))})
			}
		}
		stop := errors.New("stop")
		round := func(quiet bool) bool {
			done := false
			err := sdk.Read(context.Background(), c, sdk.ReadRequest{Object: "item", Cursor: cursor}, func(b sdk.Batch) error {
				if !quiet && rapid.IntRange(0, 3).Draw(rt, "stop") == 0 {
					return stop
				}
				if b.Start {
					seen = map[string]bool{}
				}
				for _, r := range b.Records {
					seen[r.Key] = true
					if r.Op == sdk.Upsert {
						mirror[r.Key] = string(r.Data)
					} else {
						delete(mirror, r.Key)
					}
				}
				cursor, done = b.Cursor, b.Done
				if b.Full && b.Done { // what a complete listing lacks is gone
					maps.DeleteFunc(mirror, func(k, _ string) bool { return !seen[k] })
				}
				if !quiet {
					change()
				}
				return nil
			})
			if err != nil && err != stop {
				rt.Fatal(err)
			}
			return done
		}
		for range rapid.IntRange(1, 12).Draw(rt, "rounds") {
			change()
			round(false)
		}
		for !round(true) {
		}
		round(true)
		want := map[string]string{}
		for _, r := range s.Rows("item") {
			b, _ := sdk.Encode(r.Data)
			want[r.Key] = string(b)
		}
		if diff := cmp.Diff(want, mirror); diff != "" {
			rt.Fatal(diff)
		}
	})
}
