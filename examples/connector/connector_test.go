package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness"
)

func TestMain(m *testing.M) { testharness.Main(m, connector()) }

func TestContract(t *testing.T) {
	t.Parallel()
	testharness.Run(t, testharness.Subject{Connector: connector(), Object: "document", Batch: 10, New: newSystem})
}

// newSystem prepares a folder with 25 documents and says how to disturb it.
func newSystem(context.Context, string) (*testharness.System, error) {
	dir, err := os.MkdirTemp("", "documents")
	if err != nil {
		return nil, err
	}
	n := 0
	document := func() []byte {
		n++
		return fmt.Appendf(nil, `{"name":"document %d","note":"a note"}`, n)
	}
	put := func(name string) error {
		return os.WriteFile(filepath.Join(dir, name+".json"), document(), 0o600)
	}
	for i := range 25 {
		if err := put(fmt.Sprintf("d%02d", i)); err != nil {
			return nil, err
		}
	}
	return &testharness.System{
		Settings: map[string]string{"folder": dir, "batch": "10"},
		Close:    func() error { return os.RemoveAll(dir) },
		Fresh:    document,
		Change: func([]byte) ([]byte, string) {
			n++
			return fmt.Appendf(nil, `{"name":"changed %d"}`, n), "name"
		},
		Clear: "note",
		Touch: func(context.Context) (string, error) { return "d07", put("d07") },
	}, nil
}

// dial opens a connection to a folder with these files.
func dial(t *testing.T, files map[string]string) (sdk.Conn, string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := connector()
	settings, err := sdk.ParseSettings(c.Spec.Settings, map[string]string{"folder": dir})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := c.Open(t.Context(), sdk.Env{Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, dir
}

// A file that cannot be read is a failure of its own; the others are read.
func TestDamagedFileIsAFailure(t *testing.T) {
	t.Parallel()
	conn, _ := dial(t, map[string]string{"a.json": `{"name":"x"}`, "b.json": `[1]`, "c.json": `{}`, ".d.json": `{}`, "e.txt": ``})
	got := ""
	err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "document"}, func(b sdk.Batch) error {
		for _, r := range b.Records {
			got += r.Key + " "
		}
		for _, f := range b.Failed {
			got += "failed " + f.Key + " "
		}
		return nil
	})
	if err != nil || got != "a c failed b " {
		t.Error(got, err)
	}
}

// A create whose answer was lost is found by its intent, and made once.
func TestCreateWithTheSameIntentIsMadeOnce(t *testing.T) {
	t.Parallel()
	conn, dir := dial(t, nil)
	rec := sdk.Record{Intent: "i", Data: []byte(`{"name":"x"}`)}
	for range 2 {
		res, err := sdk.Write(t.Context(), conn, sdk.WriteRequest{Object: "document", Records: []sdk.Record{rec}})
		if err != nil || res[0].Err != nil || res[0].Outcome != sdk.Done {
			t.Fatal(res, err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Error(files, err)
	}
	for _, ask := range []sdk.Record{rec, {Data: []byte(`{"name":"x"}`)}} {
		found, err := sdk.Find(t.Context(), conn, sdk.FindRequest{Object: "document", Records: []sdk.Record{ask}})
		if err != nil || len(found) != 1 {
			t.Error(found, err)
		}
	}
}

// No key leads out of the folder.
func TestKeysStayInTheFolder(t *testing.T) {
	t.Parallel()
	conn, dir := dial(t, nil)
	outside := filepath.Join(filepath.Dir(dir), "outside.json")
	if err := os.WriteFile(outside, []byte(`{}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"../outside", outside[:len(outside)-len(extension)], "..", ""} {
		res, err := sdk.Write(t.Context(), conn, sdk.WriteRequest{Object: "document", Records: []sdk.Record{{Op: sdk.Delete, Key: key}}})
		if err != nil || sdk.KindOf(res[0].Err) != sdk.NotFound {
			t.Errorf("%q: %v, %v", key, res, err)
		}
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}
