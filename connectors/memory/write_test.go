package memory_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/connectors/memory"
	"github.com/gleis-dev/gleis/sdk"
)

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
