package catalog_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/connectors/memory"
	"github.com/gleis-dev/gleis/host/catalog"
	"github.com/gleis-dev/gleis/sdk"
)

// TestAConnectorThatKeepsTheContractPassesUntouched: what the memory connector
// does through the catalogue is what it does.
func TestAConnectorThatKeepsTheContractPassesUntouched(t *testing.T) {
	t.Parallel()
	x := memory.Connector()
	c, err := catalog.New(x)
	if err != nil {
		t.Fatal(err)
	}
	settings, err := sdk.ParseSettings(x.Spec.Settings, map[string]string{"batch": "2"})
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
	conn, err := c.Open(t.Context(), "m", x.Spec.Name, sdk.Env{Settings: settings, Log: slog.New(slog.DiscardHandler), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	schema, err := conn.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o := schema.Objects[0]
	var recs []sdk.Record
	for range 5 {
		recs = append(recs, sdk.Record{Op: sdk.Upsert, Intent: string(rune('a' + len(recs))), Data: []byte(`{"name":"n"}`)})
	}
	res, err := conn.Write(t.Context(), sdk.WriteRequest{Object: o.Name, Records: recs})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, r := range res {
		if r.Err != nil || r.Outcome != sdk.Done {
			t.Fatalf("%+v", r)
		}
		keys = append(keys, r.Key)
	}
	found, err := conn.Find(t.Context(), sdk.FindRequest{Object: o.Name, Records: []sdk.Record{{Intent: "c"}, {Intent: "z"}}})
	if err != nil || len(found) != 1 || found[0].Key != keys[2] {
		t.Errorf("found %v, %v", found, err)
	}
	batches, done := 0, false
	seen := map[string]bool{}
	err = conn.Read(t.Context(), sdk.ReadRequest{Object: o.Name}, func(b sdk.Batch) error {
		batches++
		for _, r := range b.Records {
			seen[r.Key] = true
		}
		done = b.Done
		return nil
	})
	if err != nil || !done || len(seen) != 5 || batches < 3 {
		t.Errorf("%d records in %d batches, done %v, %v", len(seen), batches, done, err)
	}
	if n := conn.Counters(); n.Records.Load() != 5 || n.Refused.Load() != 0 || n.Finished.Load() != 5 || n.Errors.Load() != 0 {
		t.Errorf("counted %d read, %d refused, %d written, %d errors", n.Records.Load(), n.Refused.Load(), n.Finished.Load(), n.Errors.Load())
	}
}

func TestAPanicIsLoggedWithItsStack(t *testing.T) {
	t.Parallel()
	r := &rogue{closed: new(int), read: func(sdk.ReadRequest, sdk.Emit) error { panic("r") }}
	c, err := catalog.New(defineRogue(r))
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	conn, err := c.Open(t.Context(), "mine", "rogue", sdk.Env{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Read(t.Context(), sdk.ReadRequest{}, nil); err == nil || strings.Contains(err.Error(), "goroutine") {
		t.Errorf("error %v", err)
	}
	if s := log.String(); !strings.Contains(s, "connection=mine") || !strings.Contains(s, "memory_test.go") {
		t.Errorf("logged %s", s)
	}
}
