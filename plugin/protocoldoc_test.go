//go:build linux || darwin

package plugin_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/plugin/internal/handshake"
	"github.com/gleis-dev/gleis/plugin/internal/wire"
	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// The page about the protocol states the names and limits of the code.
func TestProtocolPageIsTrue(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	cookie := handshake.Config()
	facts := []string{
		"`" + cookie.MagicCookieKey + "` | `" + cookie.MagicCookieValue + "`",
		"`" + handshake.EnvParent + "`", "`" + handshake.EnvToken + "`", "`" + handshake.EnvLogLevel + "`", "`" + handshake.LogConnection + "`",
		"`" + wire.TimeoutKey + "`", "`" + wire.IdleKey + "`",
		fmt.Sprintf("message, both directions | %d MiB", wire.MaxMessage>>20), fmt.Sprintf("parts | %d MiB", wire.MaxBatch>>20),
		fmt.Sprintf("record | %d MiB", sdk.MaxRecord>>20), fmt.Sprintf("cursor | %d KiB", sdk.MaxCursor>>10), fmt.Sprintf("blob | %d KiB", sdk.BlobPiece>>10),
		fmt.Sprintf("more than %d records or %d MiB", sdk.MaxBatchRecords, sdk.MaxBatchBytes>>20),
	}
	for version, plugins := range handshake.Wanted() {
		for name := range plugins {
			facts = append(facts, fmt.Sprintf("protocol version %d with the plugin `%s`", version, name))
		}
	}
	for _, m := range pb.ConnectorService_ServiceDesc.Methods {
		facts = append(facts, "`"+m.MethodName+"`")
	}
	for _, m := range pb.ConnectorService_ServiceDesc.Streams {
		facts = append(facts, "`"+m.StreamName+"`")
	}
	for _, fact := range facts {
		if !strings.Contains(page, fact) {
			t.Errorf("the page does not say %q", fact)
		}
	}
}

// The environment that the page lists is the environment.
func TestProtocolPageListsTheEnvironment(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	var log logLines
	cfg := config(t, &log)
	cfg.StartTimeout = time.Minute
	_, c := load(t, cfg)
	for _, v := range strings.Split(strings.Trim(ask(t, openProbe(t, c), "env"), "\x00"), "\x00") {
		if name, _, _ := strings.Cut(v, "="); !strings.Contains(string(b), "| `"+name+"` |") {
			t.Errorf("the page does not list %s", name)
		}
	}
}
