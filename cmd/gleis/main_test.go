package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gleis-dev/gleis/internal/demo"
)

// TestMain makes this program stand for gleis, in scripts and for the processes
// that a host starts of itself.
func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"gleis": main}) }

// TestCommands runs the command lines of testdata/script with real processes
// against a simulated company. Besides testscript's own commands there are
//
//	company USERS           a company, and the folder demo for it
//	exits CODE gleis ARG... runs gleis and expects the exit code
//	edit                    the changes of the demonstration
//	same                    both sides hold the same
//	emails                  sets MAIL0, MAIL1, … to the users' addresses
//	revoke ADDRESS          takes the mailbox away
//	removeall ADDRESS       deletes all contacts of the mailbox
//	dropoccurrence ADDRESS  deletes one occurrence of a series without guests
//	simulate [FLAG...]      runs gleis graphsim until the end of the script
//	asks CODE METHOD PATH [BODY]
//	                        sends it a request and expects the status
//	interrupt               ends it
func TestCommands(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"company": companyCommand, "exits": exitsCommand, "edit": editCommand, "same": sameCommand, "emails": emailsCommand, "revoke": revokeCommand,
			"removeall": removeAllCommand, "dropoccurrence": dropOccurrenceCommand,
			"simulate": simulateCommand, "asks": asksCommand, "interrupt": interruptCommand,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Values[companyKey{}], e.Values[simulationKey{}] = new(*demo.Company), new(*simulation)
			return nil
		},
	})
}

type companyKey struct{}

func companyOf(ts *testscript.TestScript) *demo.Company {
	return *ts.Value(companyKey{}).(**demo.Company)
}

func companyCommand(ts *testscript.TestScript, _ bool, args []string) {
	users, err := strconv.Atoi(args[0])
	ts.Check(err)
	c, err := demo.Open(context.Background(), 7, users)
	ts.Check(err)
	ts.Defer(func() { ts.Check(c.Close()) })
	ts.Check(c.Write(context.Background(), ts.MkAbs("demo")))
	*ts.Value(companyKey{}).(**demo.Company) = c
}

func exitsCommand(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	got := 0
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s ends with exit code %d, not %d\n%s%s", strings.Join(args[1:], " "), got, want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

func editCommand(ts *testscript.TestScript, _ bool, _ []string) {
	_, err := companyOf(ts).Edit()
	ts.Check(err)
}

func sameCommand(ts *testscript.TestScript, neg bool, _ []string) {
	list, err := companyOf(ts).Compare(context.Background(), ts.MkAbs("demo"))
	ts.Check(err)
	if neg == (len(list) == 0) {
		ts.Fatalf("%d differences: %v", len(list), first(list, 5))
	}
}

func first[T any](list []T, n int) []T { return list[:min(n, len(list))] }

// emailsCommand sets the variables MAIL0, MAIL1, … to the addresses in the order of the directory.
func emailsCommand(ts *testscript.TestScript, _ bool, _ []string) {
	for i, u := range companyOf(ts).Sim.Control().Users() {
		ts.Setenv("MAIL"+strconv.Itoa(i), u.Mail)
	}
}

func revokeCommand(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(companyOf(ts).Sim.Control().RevokeMailbox(args[0]))
}

// removeAllCommand deletes every contact of a mailbox, as a user would.
func removeAllCommand(ts *testscript.TestScript, _ bool, args []string) {
	ctl := companyOf(ts).Sim.Control()
	now := ctl.Now()
	state, err := ctl.State(args[0], now, now)
	ts.Check(err)
	for _, c := range state.Contacts {
		id, _ := c["id"].(string)
		ts.Check(ctl.DeleteContact(args[0], id))
	}
}

// dropOccurrenceCommand deletes the first occurrence to come of a series, which
// Graph reports as a change of the series only.
func dropOccurrenceCommand(ts *testscript.TestScript, _ bool, args []string) {
	ctl := companyOf(ts).Sim.Control()
	now := ctl.Now()
	state, err := ctl.State(args[0], now.AddDate(0, 0, 2), now.AddDate(0, 1, 0))
	ts.Check(err)
	for _, e := range state.Events {
		if attendees, _ := e["attendees"].([]any); e["type"] == "occurrence" && len(attendees) == 0 {
			id, _ := e["id"].(string)
			ts.Check(ctl.DeleteEvent(args[0], id))
			return
		}
	}
	ts.Fatalf("%s has no occurrence to come", args[0])
}

func TestFirstUseWithoutAConfiguration(t *testing.T) {
	t.Parallel()
	var out, errs strings.Builder
	if code := execute(t.Context(), []string{"nonsense"}, &out, &errs); code != exitUsage || !strings.Contains(errs.String(), "nonsense") {
		t.Errorf("an unknown command ends with %d: %s", code, errs.String())
	}
	if _, err := os.Stat(".gleis"); !errors.Is(err, os.ErrNotExist) {
		t.Error("a wrong command line has made a data folder")
	}
}
