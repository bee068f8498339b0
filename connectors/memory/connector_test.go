package memory_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
