package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gleis-dev/gleis/host"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/internal/demo"
)

// showing is one demonstration.
type showing struct {
	*app
	company *demo.Company
	host    *host.Host
	folder  string
}

func (a *app) demoCommand() *cobra.Command {
	var seed uint64
	var users int
	var folder string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Carry a simulated company's events, tasks and contacts into a database, three times",
		Long: "Simulates a company in Microsoft 365, makes a CRM database, and runs three processes between\n" +
			"them three times: everything; nothing, as nothing has changed; and exactly what people have\n" +
			"changed in between. At the end both sides are compared field by field.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkUsers(users); err != nil {
				return err
			}
			keep := folder != ""
			if !keep {
				temporary, err := os.MkdirTemp("", "gleis-demo-")
				if err != nil {
					return fail(exitNothing, err)
				}
				defer os.RemoveAll(temporary) // what is left there harms nobody
				folder = filepath.Join(temporary, "demo")
			}
			return a.demo(cmd.Context(), folder, keep, seed, users)
		},
	}
	f := cmd.Flags()
	f.Uint64Var(&seed, "seed", 1, "the same seed makes the same company")
	f.IntVar(&users, "users", 25, "users in the directory, some of them without a mailbox")
	f.StringVar(&folder, "keep", "", "make the folder of the demonstration here, and keep it")
	return cmd
}

func (a *app) demo(ctx context.Context, folder string, keep bool, seed uint64, users int) (err error) {
	company, err := demo.Open(ctx, seed, users)
	if err != nil {
		return fail(exitUsage, err)
	}
	defer func() { err = errors.Join(err, fail(exitNothing, company.Close())) }()
	folder, err = filepath.Abs(folder)
	if err != nil {
		return fail(exitUsage, err)
	}
	if err := company.Write(ctx, folder); err != nil {
		return fail(exitUsage, fmt.Errorf("make the demonstration in %s: %w", folder, err))
	}
	s := showing{app: &app{out: a.out, err: a.err, dir: folder, json: a.json, logLevel: a.logLevel}, company: company, folder: folder}
	bars := s.progress()
	return s.with(ctx, bars.report, func(h *host.Host) error {
		s.host = h
		return s.show(ctx, bars, keep)
	})
}

// show makes the three runs and the comparison.
func (s *showing) show(ctx context.Context, bars *bars, keep bool) error {
	s.say("A simulated company in Microsoft 365, and a CRM database beside it.")
	for n, heading := range []string{"everything", "nothing has changed", ""} {
		if n == 2 {
			changes, err := s.company.Edit()
			if err != nil {
				return fail(exitNothing, fmt.Errorf("change the company: %w", err))
			}
			for _, c := range changes {
				s.say("  %-9s  %s, %q", c.What, c.Mailbox, c.Title)
			}
			heading = "exactly these"
		}
		s.say("\nRun %d: %s", n+1, heading)
		bars.begin()
		outcomes, err := s.host.Run(ctx, nil, run.Options{})
		bars.end()
		if err != nil {
			return exitCode(err)
		}
		if err := s.sums(n+1, outcomes); err != nil {
			return err
		}
		if n == 1 {
			s.say("\nMeanwhile, in Microsoft 365:")
		}
	}
	return s.compare(ctx, keep)
}

// say prints a line for people.
func (s *showing) say(format string, args ...any) {
	if !s.json {
		fmt.Fprintf(s.out, format+"\n", args...)
	}
}

// demoLine is one process of one run in `gleis demo --json`.
type demoLine struct {
	Run       int    `json:"run"`
	Process   string `json:"process"`
	Read      int    `json:"read"`
	Created   int    `json:"created"`
	Updated   int    `json:"updated"`
	Deleted   int    `json:"deleted"`
	Unchanged int    `json:"unchanged"`
	Skipped   int    `json:"skipped"`
	Failed    int    `json:"failed"`
}

func (s *showing) sums(n int, outcomes []host.Outcome) error {
	if !s.json {
		return s.showOutcomes(outcomes, &failures{})
	}
	for _, o := range outcomes {
		x := o.Report.Sum
		if err := s.line(demoLine{n, o.Process, x.Read, x.Created, x.Updated, x.Deleted, x.Unchanged, x.Skipped, x.Failed}); err != nil {
			return err
		}
	}
	if code := exitOf(outcomes); code != exitOK {
		var said messages
		for _, o := range outcomes {
			if o.Err != nil {
				said.add(o.Process, o.Err)
			}
		}
		said.print(s.err)
		return fail(code, errReported)
	}
	return nil
}

// mostShown is how many differences are shown to people.
const mostShown = 20

// compare holds both sides against each other and says what it found.
func (s *showing) compare(ctx context.Context, keep bool) error {
	list, err := s.company.Compare(ctx, s.folder)
	if err != nil {
		return fail(exitNothing, fmt.Errorf("compare both sides: %w", err))
	}
	if s.json {
		for _, d := range list {
			fmt.Fprintln(s.err, "gleis:", plain(d.String()))
		}
		if err := s.line(map[string]bool{"same": len(list) == 0}); err != nil {
			return err
		}
	} else {
		rows, err := s.company.Rows()
		if err != nil {
			return fail(exitNothing, err)
		}
		for i, d := range list {
			if i == mostShown {
				s.say("  … and %d more", len(list)-i)
				break
			}
			s.say("  %s", plain(d.String()))
		}
		if len(list) == 0 {
			s.say("\nBoth sides hold the same, field by field: %d events, %d tasks, %d contacts.", rows["meetings"], rows["todos"], rows["contacts"])
		}
		if keep {
			s.say("The folder is %s: its gleis.yaml says what was carried, crm.db is the database.", s.folder)
		}
	}
	if len(list) > 0 {
		return fail(exitPartly, fmt.Errorf("the sides differ in %d places", len(list)))
	}
	return nil
}
