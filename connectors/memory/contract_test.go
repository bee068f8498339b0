package memory_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/connectors/memory"
	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness"
)

func TestMain(m *testing.M) { testharness.Main(m, memory.Connector()) }

// TestContract holds the connector against the contract. Its records lie in a
// file, so that the test and the connector's process see the same ones.
func TestContract(t *testing.T) {
	t.Parallel()
	testharness.Run(t, testharness.Subject{Connector: memory.Connector(), Object: "item", New: newSystem})
}

const secret = "SENTINEL-4711/+="

func newSystem(ctx context.Context, rule string) (*testharness.System, error) {
	dir, err := os.MkdirTemp("", "memory")
	if err != nil {
		return nil, err
	}
	settings := map[string]string{"file": filepath.Join(dir, "items.json"), "batch": "10", "secret": secret}
	user, err := memory.Connector().Open(ctx, userEnv(settings))
	if err != nil {
		return nil, err
	}
	sys := &testharness.System{
		Settings: settings, Secret: secret, Clear: "note",
		Close: func() error { return os.RemoveAll(dir) },
		Fresh: func() []byte { return item(fmt.Sprintf("title %d", time.Now().UnixNano())) },
		Change: func([]byte) ([]byte, string) {
			return fmt.Appendf(nil, `{"name":"changed %d"}`, time.Now().UnixNano()), "name"
		},
	}
	var first string
	for i := range 25 {
		res, err := sdk.Write(ctx, user, sdk.WriteRequest{Object: "item", Records: []sdk.Record{{Data: item(fmt.Sprintf("title %d", i))}}})
		if err != nil {
			return nil, err
		}
		if res[0].Err != nil {
			return nil, res[0].Err
		}
		first = res[0].Key
	}
	sys.Touch = func(ctx context.Context) (string, error) {
		patch, _ := sys.Change(nil)
		res, err := sdk.Write(ctx, user, sdk.WriteRequest{Object: "item", Records: []sdk.Record{{Key: first, Data: patch}}})
		if err != nil {
			return "", err
		}
		return first, res[0].Err
	}
	switch rule { // faults are settings here, so they are there from the start
	case "find":
		settings["faults"] = `[{"op":"write","after":true}]`
		sys.LoseAnswers = func() {}
	case "throttle":
		settings["faults"] = `[{"op":"read","times":-1,"kind":"throttled","retry_after_ms":7200000}]`
		sys.Throttle = func(time.Duration) func() { return func() {} }
	}
	return sys, nil
}

func userEnv(settings map[string]string) sdk.Env {
	set, err := sdk.ParseSettings(memory.Connector().Spec.Settings, settings)
	if err != nil {
		panic(err) // the settings of this test
	}
	return sdk.Env{Settings: set, Now: time.Now}
}

func item(title string) []byte {
	b, err := json.Marshal(map[string]any{"name": title, "note": strings.Repeat("n", 10), "count": 1})
	if err != nil {
		panic(err) // texts and numbers always encode
	}
	return b
}
