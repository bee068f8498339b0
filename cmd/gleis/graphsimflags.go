package main

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/gleis-dev/gleis/testharness/graphsim"
)

// simFlags are the flags of `gleis graphsim`: how it is reached, and the company and behaviour that graphsim.Config describes.
type simFlags struct {
	listen, certificate, clock string
	metadata, state            string
	tls, freeze                bool
	events, tasks, contacts    int
	cfg                        graphsim.Config // what needs no translation
}

func (f *simFlags) register(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.listen, "listen", "127.0.0.1:0", "address to serve on; port 0 takes a free one")
	fs.BoolVar(&f.tls, "tls", false, "serve https with a certificate made at the start, whose path is printed")
	fs.StringVar(&f.certificate, "certificate", "", "file for that certificate, implies --tls (default: a temporary file, removed at the end)")
	fs.StringVar(&f.cfg.BaseURL, "base-url", "", "origin in links, behind a proxy (default: as each request names it)")

	fs.BoolVar(&f.cfg.ControlHTTP, "control", true, "serve the back door for tests under "+graphsim.ControlPrefix+" to clients on this machine")
	fs.StringVar(&f.state, "state", "", "file that keeps the company: read at the start if it is there, written at the end")

	fs.Uint64Var(&f.cfg.Seed, "seed", 1, "the same seed makes the same company")
	fs.IntVar(&f.cfg.Users, "users", 25, "users in the directory")
	fs.IntVar(&f.events, "events", 40, "about how many events a mailbox starts with")
	fs.IntVar(&f.tasks, "tasks", 10, "about how many tasks")
	fs.IntVar(&f.contacts, "contacts", 15, "about how many contacts")
	fs.IntVar(&f.cfg.MessagesPerUser, "messages", 0, "messages of a mailbox")
	fs.IntVar(&f.cfg.Rooms, "rooms", 0, "rooms that can be booked")
	fs.StringVar(&f.clock, "clock", "", "time at the start, as 2026-11-22T10:00:00Z (default: now)")
	fs.BoolVar(&f.freeze, "freeze", false, "keep the clock standing; only a control request moves it")

	fs.StringVar(&f.metadata, "metadata", "", "file to serve under $metadata, for example Microsoft's (default: what the simulator offers)")
	fs.StringSliceVar(&f.cfg.Roles, "role", nil, "application permission granted to the client, may be repeated (default: all)")
	fs.StringSliceVar(&f.cfg.Scopes, "scope", nil, "delegated permission consented to for all users, may be repeated (default: all)")
	fs.StringSliceVar(&f.cfg.RedirectURIs, "redirect-uri", nil, "address of the client's own to return to from signing in, may be repeated (default: http://localhost)")
	fs.DurationVar(&f.cfg.TokenLife, "token-life", 3599*time.Second, "how long access tokens last")
	fs.IntVar(&f.cfg.Parallel, "parallel", 4, "requests a client may have open at one mailbox")
	fs.IntVar(&f.cfg.Budget, "budget", 10_000, "requests a client may make at one mailbox in --budget-window")
	fs.DurationVar(&f.cfg.BudgetWindow, "budget-window", 10*time.Minute, "see --budget")
	fs.DurationVar(&f.cfg.RetryAfter, "retry-after", 2*time.Second, "what a refusal for parallel requests asks for")
	fs.IntVar(&f.cfg.DirectoryUnits, "directory-units", 0, "resource units at the directory in ten seconds, 0 for those of a company of its size")
	fs.IntVar(&f.cfg.BatchParallel, "batch-parallel", 20, "items of a batch that start at a time; documentation says 4")
	fs.BoolVar(&f.cfg.HoldNotifications, "hold-notifications", false, "send change notifications only when a control request says so")
	fs.DurationVar(&f.cfg.NotifyWait, "notify-wait", 0, "what a notified address may take to answer, 0 for 10s at first and 3s later")
	fs.Uint64Var(&f.cfg.KeepGenerations, "keep-generations", 0, "delta and next links of a collection that stay valid, 0 for all")
	fs.BoolVar(&f.cfg.OccurrenceRemoved, "occurrence-removed", false, "calendarView/delta reports deleted single occurrences")
	fs.BoolVar(&f.cfg.SecondTouch, "second-touch", false, "an event's change key changes once more after each write")
	fs.BoolVar(&f.cfg.CalendarIDChanges, "calendar-id-changes", false, "a new calendar has another id in later answers")
	fs.BoolVar(&f.cfg.SameICalUID, "same-ical-uid", false, "all occurrences of a series have one iCalUId")
	fs.DurationVar(&f.cfg.GhostLists, "ghost-lists", 0, "how long a deleted task list still takes tasks")
	fs.DurationVar(&f.cfg.DirectoryDelay, "directory-delay", 0, "how long lists of the directory miss a new user or group")
	fs.BoolVar(&f.cfg.RecurrenceNeedsDue, "recurrence-needs-due", false, "recurring tasks without a due date are refused")
	fs.BoolVar(&f.cfg.TaskExtensionsEchoed, "task-extensions-echoed", false, "open extensions of tasks are echoed by the answer to their creation")
	fs.BoolVar(&f.cfg.WireNoise, "wire-noise", false, "send properties that v1.0 sends without documenting them")
}

func (f *simFlags) https() bool { return f.tls || f.certificate != "" }

// config turns the flags into a Config whose clock is told from now, the real one.
func (f *simFlags) config(now func() time.Time) (graphsim.Config, error) {
	cfg := f.cfg
	err := cmp.Or(
		checkUsers(cfg.Users), atLeast("events", f.events, 0), atLeast("tasks", f.tasks, 0), atLeast("contacts", f.contacts, 0),
		atLeast("messages", cfg.MessagesPerUser, 0), atLeast("rooms", cfg.Rooms, 0), atLeast("ghost-lists", cfg.GhostLists, 0),
		atLeast("parallel", cfg.Parallel, 1), atLeast("budget", cfg.Budget, 1), atLeast("budget-window", cfg.BudgetWindow, time.Second),
		atLeast("token-life", cfg.TokenLife, time.Second), atLeast("retry-after", cfg.RetryAfter, time.Second),
		atLeast("directory-units", cfg.DirectoryUnits, 0), atLeast("batch-parallel", cfg.BatchParallel, 1), atLeast("notify-wait", cfg.NotifyWait, 0),
	)
	if err != nil {
		return cfg, err
	}
	cfg.EventsPerUser, cfg.TasksPerUser, cfg.ContactsPerUser = orNone(f.events), orNone(f.tasks), orNone(f.contacts)
	if u, err := url.Parse(cfg.BaseURL); cfg.BaseURL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return cfg, fmt.Errorf("--base-url %s: write an origin, as https://graph.example:8443", cfg.BaseURL)
	}
	if f.metadata != "" {
		if cfg.Metadata, err = readMetadata(f.metadata); err != nil {
			return cfg, fmt.Errorf("--metadata %s: %w", f.metadata, err)
		}
	}
	cfg.Now, err = f.now(now)
	return cfg, err
}

// readMetadata reads a document that is served as it is, if it is one by its first element.
func readMetadata(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var root xml.Name
	for dec := xml.NewDecoder(bytes.NewReader(text)); root.Local == ""; {
		token, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("a document with the element edmx:Edmx belongs here: %w", err)
		}
		if start, ok := token.(xml.StartElement); ok {
			root = start.Name
		}
	}
	if root.Local != "Edmx" {
		return nil, fmt.Errorf("a document with the element edmx:Edmx belongs here, not %s", root.Local)
	}
	return text, nil
}

func atLeast[T int | time.Duration](flag string, given, least T) error {
	if given < least {
		return fmt.Errorf("--%s %v: write at least %v", flag, given, least)
	}
	return nil
}

// orNone is a number of items as graphsim.Config has it: there zero is the default and less is none.
func orNone(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

// now is the clock that the flags ask for.
func (f *simFlags) now(real func() time.Time) (func() time.Time, error) {
	begun := real()
	start := begun
	if f.clock != "" {
		var err error
		if start, err = time.Parse(time.RFC3339, f.clock); err != nil {
			return nil, fmt.Errorf("--clock %s: write date, time and zone, as 2026-11-22T10:00:00Z", f.clock)
		}
	}
	if f.freeze {
		return func() time.Time { return start }, nil
	}
	return func() time.Time { return start.Add(real().Sub(begun)) }, nil
}
