//go:build linux || darwin

package plugin_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/plugin"
	"github.com/gleis-dev/gleis/sdk"
)

// The test program is its own plugin: started with one of these words it is
// something else than a test.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "probe":
			plugin.Serve(probeConnector())
			return
		case "attacker":
			attack(os.Args[2:])
			return
		case "host":
			beHost(os.Args[2:])
			return
		}
	}
	syscall.Umask(0) // nothing may depend on it
	if err := os.Setenv("HOST_MASTER_KEY", "s3cr3t"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// self returns the test program and its checksum.
func self(t testing.TB) (path string, sum []byte) {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sum, err = plugin.ChecksumOf(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, sum
}

// runDir returns a run folder that is short enough for sockets.
func runDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "run") //nolint:usetesting // the folder of t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// config returns the configuration of the test program as the probe.
func config(t testing.TB, log *logLines) plugin.Config {
	t.Helper()
	path, sum := self(t)
	return plugin.Config{
		Path: path, Args: []string{"probe"}, Checksum: sum, Dir: runDir(t),
		Log:     slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Restart: plugin.Restart{First: time.Millisecond, Max: 10 * time.Millisecond, Deaths: 1000},
	}
}

// load loads the program and closes it at the end, when nothing may be left.
func load(t testing.TB, cfg plugin.Config) (*plugin.Plugin, sdk.Connector) {
	t.Helper()
	p, err := plugin.Load(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		left, err := filepath.Glob(cfg.Dir + "/*")
		if err != nil || len(left) > 0 {
			t.Error("left behind:", left, err)
		}
	})
	return p, p.Connector()
}

func loadOnly(t *testing.T, cfg plugin.Config) (*plugin.Plugin, error) {
	return plugin.Load(t.Context(), cfg)
}

func TestContractProcess(t *testing.T) {
	t.Parallel()
	var log logLines
	_, c := load(t, config(t, &log))
	contract(t, c, false)
	if !strings.Contains(log.String(), "oh dear now") {
		t.Error("the panic is not in the log")
	}
}

// Everything that can end a process, in everything that can be called: the call
// fails with kind Unavailable, and the same connection works again.
func TestDeathInEachCallIsSurvived(t *testing.T) {
	t.Parallel()
	var log logLines
	_, c := load(t, config(t, &log))
	conn, err := c.Open(t.Context(), newStore().env(t, t.Output(), nil))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	none := func(sdk.Batch) error { return nil }
	for _, how := range []string{"exit", "kill"} {
		for name, call := range map[string]func() error{
			"read":       func() error { return sdk.Read(ctx, conn, sdk.ReadRequest{Object: how}, none) },
			"query":      func() error { return sdk.Query(ctx, conn, sdk.QueryRequest{Object: how}, none) },
			"write":      func() error { _, err := sdk.Write(ctx, conn, sdk.WriteRequest{Object: how}); return err },
			"find":       func() error { _, err := sdk.Find(ctx, conn, sdk.FindRequest{Object: how}); return err },
			"partitions": func() error { _, err := sdk.Partitions(ctx, conn, sdk.PartitionRequest{Object: how}); return err },
			"poll":       func() error { _, err := sdk.Poll(ctx, conn, sdk.PollRequest{Object: how}); return err },
			"choices":    func() error { _, err := sdk.Choices(ctx, conn, sdk.ChoiceRequest{Object: how}); return err },
			"authorize":  func() error { _, err := sdk.Authorize(ctx, conn, sdk.AuthorizeRequest{Flow: how}); return err },
			"redeem":     func() error { _, err := sdk.Redeem(ctx, conn, sdk.RedeemRequest{RedirectURI: how}); return err },
			"open blob":  func() error { _, err := sdk.OpenBlob(ctx, conn, how); return err },
			"step": func() error {
				_, err := sdk.RunStep(ctx, conn, sdk.StepRequest{Step: "walk", Read: &sdk.ReadRequest{Object: how}}, none)
				return err
			},
		} {
			err := call()
			if e := sdk.AsError(err); e == nil || e.Kind != sdk.Unavailable || e.Code != "connector_gone" || e.Args["connector"] != "probe" {
				t.Errorf("%s in %s: %v", how, name, err)
			}
			if err := sdk.Read(ctx, conn, sdk.ReadRequest{Object: "count 2"}, none); err != nil {
				t.Errorf("after %s in %s: %v", how, name, err)
			}
		}
	}
	for name, raw := range map[string]map[string]string{"schema": {"fail": "exit"}} {
		if _, err := c.Open(ctx, newStore().env(t, t.Output(), raw)); sdk.KindOf(err) != sdk.Unavailable {
			t.Errorf("open, %s: %v", name, err)
		}
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}

// What is under way when the process dies fails; other connections are opened
// again with their own Env, their leases are free.
func TestRestartReopensConnections(t *testing.T) {
	t.Parallel()
	var log logLines
	_, c := load(t, config(t, &log))
	stores := []*store{newStore(), newStore()}
	var conns []sdk.Conn
	for i, s := range stores {
		conn, err := c.Open(t.Context(), s.env(t, t.Output(), map[string]string{"size": fmt.Sprint(i + 1), "secret": "s3cr3t"}))
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	if _, err := sdk.OpenBlob(t.Context(), conns[0], "keep lease"); err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	waiting := make(chan error, 1)
	go func() {
		waiting <- sdk.Read(t.Context(), conns[0], sdk.ReadRequest{Object: "count 1000000"}, func(b sdk.Batch) error {
			if b.Records[0].Key == "0" {
				close(started)
			}
			return nil
		})
	}()
	<-started
	if err := sdk.Read(t.Context(), conns[1], sdk.ReadRequest{Object: "kill"}, nil); !errors.Is(err, sdk.Unavailable) {
		t.Fatal(err)
	}
	if err := <-waiting; !errors.Is(err, sdk.Unavailable) {
		t.Error(err)
	}
	for i, conn := range conns {
		r, err := sdk.OpenBlob(t.Context(), conn, "params") // the Env of this very connection
		if err != nil {
			t.Fatal(i, err)
		}
		r.Close()
	}
	release, err := stores[0].Lock(t.Context(), "lease")
	if err != nil {
		t.Fatal("the lease of the dead process is still held:", err)
	}
	release()
	for _, conn := range conns {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	if strings.Contains(log.String(), "s3cr3t") {
		t.Error("the log holds the secret")
	}
}

// G15, I-20: what a connector knows of secrets does not get into the log, whatever
// it prints: settings and stored values, also in an address.
func TestSecretsAreTakenOutOfTheLog(t *testing.T) {
	t.Parallel()
	var host, own logLines
	_, c := load(t, config(t, &host))
	s := newStore()
	if err := s.Put(t.Context(), "committed", sdk.NewSecret("refresh/token+4711"), 0); err != nil {
		t.Fatal(err)
	}
	conn, err := c.Open(t.Context(), s.env(t, &own, map[string]string{"secret": `pass "word" 4711`}))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "commit 1"}, func(sdk.Batch) error { return nil }) // makes the connector fetch the stored value
	ask(t, conn, `log pass "word" 4711 and refresh/token+4711 and ?t=refresh%2Ftoken%2B4711 end`)
	if got := own.wait(t, "end"); strings.Contains(got, "4711") || strings.Count(got, "[secret]") < 3 {
		t.Error(got)
	}
	if err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "panic refresh/token+4711"}, nil); err == nil {
		t.Error("no panic")
	}
	if got := host.wait(t, "oh dear"); strings.Contains(got, "4711") {
		t.Error(got)
	}
}

func TestConnectorThatKeepsDyingIsParked(t *testing.T) {
	t.Parallel()
	var log logLines
	cfg := config(t, &log)
	cfg.Restart = plugin.Restart{First: time.Microsecond, Max: time.Microsecond, Deaths: 3, Park: time.Hour}
	_, c := load(t, cfg)
	var err error
	for range 4 {
		_, err = c.Open(t.Context(), newStore().env(t, t.Output(), map[string]string{"fail": "exit"}))
	}
	e := sdk.AsError(err)
	if e.Kind != sdk.Unavailable || e.Code != "connector_parked" || e.RetryAfter < 50*time.Minute || !strings.Contains(err.Error(), "3 times") {
		t.Error(err)
	}
}

// A call that neither answers nor listens is ended with its process, and the
// others go on afterwards.
func TestHangingCallEndsTheProcess(t *testing.T) {
	t.Parallel()
	var log logLines
	cfg := config(t, &log)
	cfg.Limits = plugin.Limits{Call: 1500 * time.Millisecond, Write: time.Second, Idle: time.Second, Grace: 500 * time.Millisecond}
	_, c := load(t, cfg)
	conn, err := c.Open(t.Context(), newStore().env(t, t.Output(), nil))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	none := func(sdk.Batch) error { return nil }
	for name, call := range map[string]func() error{
		"choices": func() error { _, err := sdk.Choices(t.Context(), conn, sdk.ChoiceRequest{Object: "hang"}); return err },
		"write":   func() error { _, err := sdk.Write(t.Context(), conn, sdk.WriteRequest{Object: "hang"}); return err },
		"read":    func() error { return sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "hang"}, none) },
		"step": func() error {
			_, err := sdk.RunStep(t.Context(), conn, sdk.StepRequest{Step: "walk", Write: &sdk.WriteRequest{Object: "hang"}}, none)
			return err
		},
	} {
		if err := call(); !errors.Is(err, sdk.Unavailable) || !strings.Contains(err.Error(), "within") && !strings.Contains(err.Error(), "sent nothing") {
			t.Errorf("%s: %v", name, err)
		}
		if err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "count 1"}, none); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
}

// I-27: a call that ends by its limit is no hanging one. It fails alone: the
// process stays, and so do the calls of other connections.
func TestSlowCallFailsAlone(t *testing.T) {
	t.Parallel()
	var log logLines
	cfg := config(t, &log)
	cfg.Limits = plugin.Limits{Call: 500 * time.Millisecond, Write: 500 * time.Millisecond, Idle: 500 * time.Millisecond, Grace: time.Minute}
	p, c := load(t, cfg)
	conn, other := openProbe(t, c), openProbe(t, c)
	none := func(sdk.Batch) error { return nil }
	pid := p.PID()
	begun, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() { // the host takes longer for a batch than the connector may: that does not count
		ended <- sdk.Read(t.Context(), other, sdk.ReadRequest{Object: "count 2"}, func(b sdk.Batch) error {
			if b.Records[0].Key == "0" {
				close(begun)
				<-goOn
			}
			return nil
		})
	}()
	<-begun
	for name, call := range map[string]func() error{
		"choices":   func() error { _, err := sdk.Choices(t.Context(), conn, sdk.ChoiceRequest{Object: "wait"}); return err },
		"write":     func() error { _, err := sdk.Write(t.Context(), conn, sdk.WriteRequest{Object: "wait"}); return err },
		"read":      func() error { return sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "wait"}, none) },
		"query":     func() error { return sdk.Query(t.Context(), conn, sdk.QueryRequest{Object: "wait"}, none) },
		"open blob": func() error { _, err := sdk.OpenBlob(t.Context(), conn, "wait"); return err },
		"read step": func() error {
			_, err := sdk.RunStep(t.Context(), conn, sdk.StepRequest{Step: "walk", Read: &sdk.ReadRequest{Object: "wait"}}, none)
			return err
		},
		"write step": func() error {
			_, err := sdk.RunStep(t.Context(), conn, sdk.StepRequest{Step: "walk", Write: &sdk.WriteRequest{Object: "wait"}}, none)
			return err
		},
	} {
		if err := call(); sdk.KindOf(err) != sdk.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
	close(goOn)
	if err := <-ended; err != nil {
		t.Error("the call of another connection:", err)
	}
	if p.PID() != pid || strings.Contains(log.String(), "connector ended") {
		t.Error("the process was ended because a call was slow")
	}
}
