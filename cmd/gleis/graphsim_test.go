package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/gleis-dev/gleis/testharness/graphsim"
)

// simulation is a running `gleis graphsim` of a script.
type simulation struct {
	simulated
	cmd    *exec.Cmd
	client *http.Client
	token  string
}

type simulationKey struct{}

func simulationOf(ts *testscript.TestScript) *simulation {
	s := *ts.Value(simulationKey{}).(**simulation)
	if s == nil {
		ts.Fatalf("nothing is simulated: begin with the command simulate")
	}
	return s
}

// simulateCommand starts `gleis graphsim --json` with the given flags and waits for its line, which becomes stdout and the variables
// GRAPH_URL and CERTIFICATE.
func simulateCommand(ts *testscript.TestScript, _ bool, args []string) {
	program, err := os.Executable()
	ts.Check(err)
	s := &simulation{cmd: exec.Command(program)}
	s.cmd.Args = append([]string{"gleis", "graphsim", "--json"}, args...)
	s.cmd.Dir = ts.MkAbs(".")
	s.cmd.Env = append(os.Environ(), "TMPDIR="+ts.MkAbs("tmp"))
	ts.Check(os.MkdirAll(ts.MkAbs("tmp"), 0o755))
	out, err := s.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	ts.Defer(func() {
		if s.cmd.ProcessState == nil {
			s.cmd.Process.Kill()
			s.cmd.Wait()
		}
	})
	var raw json.RawMessage
	ts.Check(json.NewDecoder(out).Decode(&raw))
	ts.Check(json.Unmarshal(raw, &s.simulated))
	fmt.Fprintln(ts.Stdout(), string(raw))
	s.client = &http.Client{}
	if s.Certificate != "" {
		text, err := os.ReadFile(s.Certificate)
		ts.Check(err)
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(text)
		s.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	}
	ts.Setenv("GRAPH_URL", s.GraphURL)
	ts.Setenv("CERTIFICATE", s.Certificate)
	*ts.Value(simulationKey{}).(**simulation) = s
}

// asksCommand sends a request with an application token and expects the status: asks STATUS METHOD PATH [BODY]. The answer becomes stdout.
func asksCommand(ts *testscript.TestScript, _ bool, args []string) {
	s := simulationOf(ts)
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if s.token == "" {
		resp, err := s.client.PostForm(s.LoginURL+"/"+s.TenantID+"/oauth2/v2.0/token", url.Values{
			"grant_type": {"client_credentials"}, "client_id": {s.ClientID}, "client_secret": {s.ClientSecret}, "scope": {"https://graph.microsoft.com/.default"}})
		ts.Check(err)
		defer resp.Body.Close()
		var token struct {
			Access string `json:"access_token"`
		}
		ts.Check(json.NewDecoder(resp.Body).Decode(&token))
		s.token = token.Access
	}
	req, err := http.NewRequestWithContext(context.Background(), args[1], s.GraphURL+args[2], strings.NewReader(strings.Join(args[3:], " ")))
	ts.Check(err)
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n", body)
	if resp.StatusCode != want {
		ts.Fatalf("%s %s answers %d, not %d\n%s", args[1], args[2], resp.StatusCode, want, body)
	}
}

// interruptCommand ends the simulation as Ctrl-C does, and expects that it ends well.
func interruptCommand(ts *testscript.TestScript, _ bool, _ []string) {
	s := simulationOf(ts)
	ts.Check(s.cmd.Process.Signal(os.Interrupt))
	ts.Check(s.cmd.Wait())
}

// What a test in Go sets in Config, a test in another language sets by a flag.
func TestEverySettingOfTheSimulatorHasAFlag(t *testing.T) {
	t.Parallel()
	flags := map[string]string{
		"Seed": "seed", "Users": "users", "EventsPerUser": "events", "TasksPerUser": "tasks", "ContactsPerUser": "contacts", "MessagesPerUser": "messages", "Now": "clock",
		"BaseURL": "base-url", "Roles": "role", "TokenLife": "token-life", "Parallel": "parallel", "Budget": "budget", "BudgetWindow": "budget-window",
		"RetryAfter": "retry-after", "KeepGenerations": "keep-generations", "OccurrenceRemoved": "occurrence-removed", "SecondTouch": "second-touch",
		"WireNoise": "wire-noise", "Metadata": "metadata", "DirectoryUnits": "directory-units", "BatchParallel": "batch-parallel",
		"HoldNotifications": "hold-notifications", "NotifyWait": "notify-wait", "ControlHTTP": "control",
		"Rooms": "rooms", "Scopes": "scope", "RedirectURIs": "redirect-uri", "CalendarIDChanges": "calendar-id-changes", "SameICalUID": "same-ical-uid", "GhostLists": "ghost-lists",
		"DirectoryDelay": "directory-delay", "RecurrenceNeedsDue": "recurrence-needs-due", "TaskExtensionsEchoed": "task-extensions-echoed",
		"NotifyClient": "", // code
		"Apps":         "", // the control request registerApp
		"Oddities":     "", // the control request setOddities
		"Log":          "", // the global flag
		"Small":        "", // short for numbers that the flags give
	}
	var f simFlags
	cmd := &cobra.Command{}
	f.register(cmd)
	for _, field := range reflect.VisibleFields(reflect.TypeFor[graphsim.Config]()) {
		name, known := flags[field.Name]
		if !known || name != "" && cmd.Flags().Lookup(name) == nil {
			t.Errorf("graphsim.Config.%s has no flag", field.Name)
		}
	}
}

func TestTheSimulatorsDefaultsAreThoseOfItsPackage(t *testing.T) {
	t.Parallel()
	var f simFlags
	f.register(&cobra.Command{})
	clock := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	now := func() time.Time { return clock }
	cfg, err := f.config(now)
	if err != nil {
		t.Fatal(err)
	}
	byFlags, err := graphsim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	byPackage, err := graphsim.New(graphsim.Config{Seed: 1, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	var texts [2][]byte
	for i, s := range []*graphsim.Server{byFlags, byPackage} {
		state, err := s.Control().State(s.Control().Users()[0].UPN, clock.AddDate(0, -1, 0), clock.AddDate(0, 1, 0))
		if err != nil {
			t.Fatal(err)
		}
		if texts[i], err = json.Marshal(state); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(texts[0], texts[1]) {
		t.Errorf("the flags' defaults make another company:\n%.300s\n%.300s", texts[0], texts[1])
	}
}

func TestTheSimulatorServesAnotherDocument(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "metadata.xml")
	if err := os.WriteFile(path, []byte("<edmx:Edmx/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	var f simFlags
	f.register(&cobra.Command{})
	f.metadata = path
	if cfg, err := f.config(time.Now); err != nil || string(cfg.Metadata) != "<edmx:Edmx/>" {
		t.Errorf("%s %v", cfg.Metadata, err)
	}
	f.metadata += ".missing"
	if _, err := f.config(time.Now); err == nil || !strings.Contains(err.Error(), "--metadata") {
		t.Errorf("a missing file: %v", err)
	}
}

func TestTheSimulatorsClock(t *testing.T) {
	t.Parallel()
	real := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	then := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		flags simFlags
		want  time.Time // an hour after the start
	}{
		"real":             {simFlags{}, real.Add(time.Hour)},
		"set":              {simFlags{clock: "2030-01-01T00:00:00Z"}, then.Add(time.Hour)},
		"set and standing": {simFlags{clock: "2030-01-01T00:00:00Z", freeze: true}, then},
		"standing":         {simFlags{freeze: true}, real},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := real
			now, err := tt.flags.now(func() time.Time { return at })
			if err != nil {
				t.Fatal(err)
			}
			at = real.Add(time.Hour)
			if got := now(); !got.Equal(tt.want) {
				t.Errorf("after an hour it is %v, want %v", got, tt.want)
			}
		})
	}
}
