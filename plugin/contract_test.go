//go:build linux || darwin

package plugin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gleis-dev/gleis/sdk"
)

// contract is what a connector's connection does, however the host came by it.
// Every transport passes the same table.
func contract(t *testing.T, c sdk.Connector, direct bool) {
	open := func(t *testing.T, raw map[string]string) (*store, sdk.Conn) {
		t.Helper()
		s := newStore()
		conn, err := c.Open(t.Context(), s.env(t, t.Output(), raw))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := conn.Close(); err != nil {
				t.Error("close:", err)
			}
		})
		return s, conn
	}
	none := func(sdk.Batch) error { return nil }

	t.Run("describes itself fully", func(t *testing.T) {
		want := probeConnector()
		if d := cmp.Diff(want.Spec, c.Spec); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(want.Caps, c.Caps); d != "" {
			t.Error(d)
		}
	})

	t.Run("schema crosses unchanged", func(t *testing.T) {
		_, conn := open(t, nil)
		got, err := conn.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want, _ := (&probe{}).Schema(t.Context())
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})

	t.Run("error kinds and all they say cross", func(t *testing.T) {
		_, conn := open(t, nil)
		for kind := sdk.Internal; kind <= sdk.Pending; kind++ {
			err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: fmt.Sprint("error ", int(kind))}, none)
			var got *sdk.Error
			if !errors.As(err, &got) {
				t.Fatalf("kind %v: %v", kind, err)
			}
			want := sdk.AsError(failureOf(strconv.Itoa(int(kind))))
			if d := cmp.Diff(want, got, cmpopts.IgnoreFields(sdk.Error{}, "Err")); d != "" {
				t.Error(d)
			}
			if got.Error() != want.Error() {
				t.Errorf("text %q, want %q", got, want)
			}
			if !errors.Is(err, kind) || kind == sdk.Cancelled && !direct && !errors.Is(err, context.Canceled) {
				t.Errorf("%v does not match its kind %v", err, kind)
			}
		}
	})

	t.Run("errors of other shapes cross", func(t *testing.T) {
		_, conn := open(t, nil)
		read := func(name string) error {
			return sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "error " + name}, none)
		}
		if err := read("plain"); sdk.KindOf(err) != sdk.Internal || !strings.Contains(err.Error(), "nothing special") {
			t.Error(err)
		}
		err := read("wrapped")
		var e *sdk.Error
		if !errors.As(err, &e) || e.Kind != sdk.Throttled || e.RetryAfter != time.Minute || !strings.Contains(err.Error(), "sign in: ") {
			t.Error(err)
		}
		if err := read("garbled"); sdk.KindOf(err) != sdk.Internal || !direct && len(err.Error()) > 10_000 {
			t.Error(err)
		}
		if !direct {
			if err := read("99"); sdk.KindOf(err) != sdk.Internal { // a kind that only the connector knows
				t.Error(err)
			}
		}
	})

	t.Run("open fails with the connector's error", func(t *testing.T) {
		_, err := c.Open(t.Context(), newStore().env(t, t.Output(), map[string]string{"fail": "auth"}))
		if !errors.Is(err, sdk.Auth) {
			t.Error(err)
		}
		_, err = c.Open(t.Context(), newStore().env(t, t.Output(), map[string]string{"fail": "join"}))
		if !errors.Is(err, sdk.Invalid) || !errors.Is(err, sdk.Auth) {
			t.Error("of two joined errors one is lost:", err)
		}
	})

	t.Run("requests and results cross unchanged", func(t *testing.T) {
		_, conn := open(t, nil)
		ctx := t.Context()
		plain := &probe{}
		read := sdk.ReadRequest{Object: "echo", Partition: "p", Scope: []byte("s"), Keys: []string{"a", "b"}, Since: "x", Cursor: []byte{0, 255}, Filter: "f", Fields: []string{}, Order: "o", Limit: 3}
		sameBatches(t, func(e sdk.Emit) error { return plain.Read(ctx, read, e) }, func(e sdk.Emit) error { return sdk.Read(ctx, conn, read, e) })
		query := sdk.QueryRequest{Object: "q", Notation: "id|:|A|;|", Filter: "f", Order: "o", Fields: []string{"a"}, Limit: 1, Language: "sql", Text: "select 1", Args: map[string]string{"k": "v"}, SchemaOnly: true}
		sameBatches(t, func(e sdk.Emit) error { return plain.Query(ctx, query, e) }, func(e sdk.Emit) error { return sdk.Query(ctx, conn, query, e) })

		write := sdk.WriteRequest{Object: "w", Scope: []byte("s"), DryRun: true, Quiet: true}
		for i := range 1700 {
			write.Records = append(write.Records, sdk.Record{Object: "w", Partition: "p", Op: sdk.Upsert, Key: strconv.Itoa(i), Intent: "i", IfStamp: "s", At: "t", Data: bytes.Repeat([]byte("d"), 1500)})
		}
		same(t, func() (any, error) { return plain.Write(ctx, write) }, func() (any, error) { return sdk.Write(ctx, conn, write) })
		find := sdk.FindRequest{Object: "f", Scope: []byte("s"), Filter: "filter", Since: time.Unix(1e9, 5).UTC(), Limit: 2, Records: write.Records}
		same(t, func() (any, error) { return plain.Find(ctx, find) }, func() (any, error) { return sdk.Find(ctx, conn, find) })
		parts := sdk.PartitionRequest{Object: "o", Step: "walk"}
		same(t, func() (any, error) { return plain.Partitions(ctx, parts) }, func() (any, error) { return sdk.Partitions(ctx, conn, parts) })
		poll := sdk.PollRequest{Object: "o", Step: "walk", Scope: []byte("s")}
		for i := range 1100 {
			poll.Items = append(poll.Items, sdk.PollItem{Partition: strconv.Itoa(i), Cursor: bytes.Repeat([]byte("c"), 3000)})
		}
		same(t, func() (any, error) { return plain.Poll(ctx, poll) }, func() (any, error) { return sdk.Poll(ctx, conn, poll) })
		choice := sdk.ChoiceRequest{Setting: "s", Object: "o", Field: "f", Search: "x", Limit: 4}
		same(t, func() (any, error) { return plain.Choices(ctx, choice) }, func() (any, error) { return sdk.Choices(ctx, conn, choice) })
		auth := sdk.AuthorizeRequest{Flow: "code", RedirectURI: "r", State: "s", Challenge: "c", Nonce: "n", LoginHint: "h"}
		same(t, func() (any, error) { return plain.Authorize(ctx, auth) }, func() (any, error) { return sdk.Authorize(ctx, conn, auth) })
		redeem := sdk.RedeemRequest{Code: sdk.NewSecret("code"), Device: true, Verifier: sdk.NewSecret("ver")}
		same(t, func() (any, error) { return plain.Redeem(ctx, redeem) }, func() (any, error) { return sdk.Redeem(ctx, conn, redeem) })
	})

	t.Run("steps get their settings", func(t *testing.T) {
		_, conn := open(t, nil)
		settings, err := sdk.ParseSettings(c.Spec.Steps[0].Settings, map[string]string{"pace": "fast"})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		_, err = sdk.RunStep(t.Context(), conn, sdk.StepRequest{Step: "walk", Settings: settings, Read: &sdk.ReadRequest{Object: "count 3"}}, func(b sdk.Batch) error {
			got = append(got, b.Records[0].Key+b.Records[0].Stamp)
			return nil
		})
		if err != nil || strings.Join(got, " ") != "0fast 1fast 2fast" {
			t.Error(got, err)
		}
		results, err := sdk.RunStep(t.Context(), conn, sdk.StepRequest{Step: "walk", Write: &sdk.WriteRequest{Records: []sdk.Record{{Key: "k"}, {Key: "l"}}}}, nil)
		if err != nil || len(results) != 2 || results[1].Key != "l" {
			t.Error(results, err)
		}
	})

	t.Run("a batch is cut on its way and whole again", func(t *testing.T) {
		_, conn := open(t, nil)
		n := 0
		err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "many 2600"}, func(b sdk.Batch) error {
			n++
			if len(b.Records) != 2600 || b.Records[2599].Key != "2599" || len(b.Records[7].Data) != 1000 || b.Records[9].Object != "many" || b.Records[9].Partition != "p" {
				t.Errorf("%d records", len(b.Records))
			}
			if !b.Start || !b.Full || !b.Done || b.Reach != [2]string{"a", "b"} || b.Cursor == nil || len(b.Cursor) != 0 {
				t.Errorf("start %v full %v done %v reach %v cursor %v", b.Start, b.Full, b.Done, b.Reach, b.Cursor)
			}
			if len(b.Failed) != 1 || b.Failed[0].Key != "f" || !errors.Is(b.Failed[0].Err, sdk.Auth) {
				t.Errorf("failed %v", b.Failed)
			}
			return nil
		})
		if err != nil || n != 1 {
			t.Error(n, err)
		}
	})

	t.Run("emit's own error comes back unchanged", func(t *testing.T) {
		_, conn := open(t, nil)
		own := errors.New("the host's own")
		n := 0
		err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "count 9"}, func(sdk.Batch) error {
			if n++; n == 3 {
				return own
			}
			return nil
		})
		if !errors.Is(err, own) || n != 3 {
			t.Error(n, err)
		}
	})

	t.Run("emit returns only after the host's commit", func(t *testing.T) {
		s, conn := open(t, nil)
		n := 0
		err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "commit 50"}, func(sdk.Batch) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.values["committed"] = sdk.Param{Value: sdk.NewSecret(strconv.Itoa(n)), Version: 1}
			n++
			return nil
		})
		if err != nil || n != 50 {
			t.Error(n, err)
		}
	})

	t.Run("cancelling ends the connector's call within a second", func(t *testing.T) {
		_, conn := open(t, nil)
		for _, do := range []func(context.Context) error{
			func(ctx context.Context) error {
				return sdk.Read(ctx, conn, sdk.ReadRequest{Object: "wait"}, none)
			},
			func(ctx context.Context) error {
				_, err := sdk.Write(ctx, conn, sdk.WriteRequest{Object: "wait"})
				return err
			},
			func(ctx context.Context) error {
				_, err := sdk.Choices(ctx, conn, sdk.ChoiceRequest{Object: "wait"})
				return err
			},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- do(ctx) }()
			cancel()
			select {
			case err := <-done:
				if !errors.Is(err, context.Canceled) || sdk.KindOf(err) != sdk.Cancelled {
					t.Error(err)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("the call goes on")
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := sdk.Read(ctx, conn, sdk.ReadRequest{Object: "wait"}, none); !errors.Is(err, context.DeadlineExceeded) || sdk.KindOf(err) != sdk.Unavailable {
			t.Error(err)
		}
	})

	t.Run("parameters, leases, blobs, progress, clock and randomness are the host's", func(t *testing.T) {
		s, conn := open(t, nil)
		ask := func(ref string) (string, error) {
			r, err := sdk.OpenBlob(t.Context(), conn, ref)
			if err != nil {
				return "", err
			}
			defer r.Close()
			b, err := io.ReadAll(r)
			return string(b), err
		}
		if got, err := ask("params"); got != "all well" {
			t.Error(got, err)
		}
		if got, err := ask("lock a"); err != nil || got != "locked and released" {
			t.Error(got, err)
		}
		if len(s.locks["a"]) != 0 {
			t.Error("the lease was not given back when release had returned")
		}
		if got, err := ask("some blob"); err != nil || got != string(blobContent) {
			t.Error(len(got), err)
		}
		if _, err := ask("none"); !errors.Is(err, sdk.NotFound) {
			t.Error(err)
		}
		if _, err := ask("progress half"); err != nil {
			t.Error(err)
		}
		if what := <-s.progress; what != "half" {
			t.Error(what)
		}
	})

	if direct {
		return
	}

	t.Run("a panic is an error and no end", func(t *testing.T) {
		_, conn := open(t, nil)
		err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "panic now"}, none)
		if sdk.KindOf(err) != sdk.Internal || !strings.Contains(err.Error(), "oh dear now") {
			t.Error(err)
		}
		if err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "count 1"}, none); err != nil {
			t.Error(err)
		}
		_, err = c.Open(t.Context(), newStore().env(t, t.Output(), map[string]string{"fail": "panic"}))
		if sdk.KindOf(err) != sdk.Internal {
			t.Error(err)
		}
	})

	t.Run("what cannot cross is a failure of its record alone", func(t *testing.T) {
		_, conn := open(t, nil)
		for object, code := range map[string]string{"big 8388609": "record_too_large", "garbled": "record_not_utf8"} {
			err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: object}, func(b sdk.Batch) error {
				if len(b.Failed) != 1 || sdk.AsError(b.Failed[0].Err).Code != code || !errors.Is(b.Failed[0].Err, sdk.Invalid) || len(b.Records) == 0 {
					t.Errorf("%s: %v %v", object, len(b.Records), b.Failed)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
		n := 0
		if err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "big 8388608"}, func(b sdk.Batch) error { n = len(b.Records); return nil }); err != nil || n != 3 {
			t.Error(n, err)
		}
		for object, code := range map[string]string{"cursor 65537": "cursor_too_large", "batch 65": "batch_too_large"} {
			err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: object}, none)
			if sdk.KindOf(err) != sdk.Invalid || sdk.AsError(err).Code != code {
				t.Error(err)
			}
		}
		results, err := sdk.Write(t.Context(), conn, sdk.WriteRequest{Records: []sdk.Record{{Key: "a"}, {Key: "b", Data: make([]byte, sdk.MaxRecord+1)}, {Key: "c"}}})
		if err != nil || len(results) != 3 || results[0].Outcome != sdk.Done || results[2].Key != "c" || results[1].Outcome != sdk.NotDone || sdk.AsError(results[1].Err).Code != "record_too_large" {
			t.Error(results, err)
		}
		if _, err := sdk.Write(t.Context(), conn, sdk.WriteRequest{Object: "short", Records: []sdk.Record{{Key: "a"}, {Key: "b"}}}); err == nil {
			t.Error("a result is missing and nobody says so")
		}
	})

	t.Run("a closed connection says so", func(t *testing.T) {
		s := newStore()
		conn, err := c.Open(t.Context(), s.env(t, t.Output(), nil))
		if err != nil {
			t.Fatal(err)
		}
		waiting := make(chan error, 1)
		go func() { waiting <- sdk.Read(context.Background(), conn, sdk.ReadRequest{Object: "wait"}, none) }()
		if err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "count 1"}, none); err != nil {
			t.Error(err)
		}
		if err := errors.Join(conn.Close(), conn.Close()); err != nil {
			t.Error(err)
		}
		if err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "count 1"}, none); sdk.AsError(err).Code != "connection_closed" {
			t.Error(err)
		}
		if err := <-waiting; err == nil {
			t.Error("a call went on after Close")
		}
	})
}
