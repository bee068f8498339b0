package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gleis-dev/gleis/host"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

func (a *app) runCommand() *cobra.Command {
	var opts run.Options
	cmd := &cobra.Command{
		Use:   "run [PROCESS...]",
		Short: "Run processes once; without names all of them, in their order",
		Long: "Runs processes once and says what they did.\n\n" +
			"Exit codes: 0 all is done; 1 nothing could run; 2 the configuration or the command line is\n" +
			"wrong; 3 done, but a record or a partition failed or is held.",
		RunE: func(cmd *cobra.Command, names []string) error {
			if len(opts.Keys) > 0 && len(names) != 1 {
				return fail(exitUsage, fmt.Errorf("--key names records of one process: name that process"))
			}
			for i, name := range names {
				if slices.Contains(names[:i], name) {
					return fail(exitUsage, fmt.Errorf("process %s is named twice", name))
				}
			}
			bars := a.progress()
			var failed failures
			opts.Entry = failed.take
			return a.with(cmd.Context(), bars.report, func(h *host.Host) error {
				bars.begin()
				outcomes, err := h.Run(cmd.Context(), names, opts)
				bars.end()
				if err != nil {
					return exitCode(err)
				}
				return a.showOutcomes(outcomes, &failed)
			})
		},
	}
	f := cmd.Flags()
	f.BoolVar(&opts.Full, "full", false, "read everything again instead of what has changed")
	f.StringArrayVar(&opts.Partitions, "partition", nil, "only this partition, a mailbox by its address; may be repeated")
	f.StringArrayVar(&opts.Keys, "key", nil, "only this record, read again by its key; may be repeated")
	return cmd
}

// outcomeLine is one process in `gleis run --json`.
type outcomeLine struct {
	Process string `json:"process"`
	Run     int64  `json:"run"`
	run.Sum
	Error    string        `json:"error,omitempty"`    // nothing of it could run
	Failures []failureLine `json:"failures,omitempty"` // partitions and records that failed
}

// failureLine is a partition, or with a key a record, that failed.
type failureLine struct {
	Partition string `json:"partition"`
	Title     string `json:"title,omitempty"`
	Key       string `json:"key,omitempty"`
	Reason    string `json:"reason,omitempty"`
	Error     string `json:"error"`
}

// showOutcomes prints what a run did and returns its exit code.
func (a *app) showOutcomes(outcomes []host.Outcome, failed *failures) error {
	rows := [][]string{{"PROCESS", "READ", "CREATED", "UPDATED", "DELETED", "UNCHANGED", "SKIPPED", "HELD", "FAILED", "PARTITIONS"}}
	var said messages
	for _, o := range outcomes {
		line := outcomeLine{Process: o.Process, Run: o.Report.Run, Sum: o.Report.Sum}
		if o.Err != nil {
			line.Error = o.Err.Error()
			said.add(o.Process, o.Err)
		}
		for _, p := range o.Report.Partitions {
			if p.Err != nil {
				line.Failures = append(line.Failures, failureLine{Partition: p.Partition, Title: p.Title, Error: p.Err.Error()})
				said.add(where(o.Process, p.Title), p.Err)
			}
		}
		if o.Err == nil && o.Report.Sum.Partitions == 0 {
			said.note(o.Process, "the selection of its source is empty: nothing was read")
		}
		line.Failures = append(line.Failures, failed.of(o.Process)...)
		if a.json {
			if err := a.line(line); err != nil {
				return err
			}
		}
		rows = append(rows, sumRow(o.Process, o.Report.Sum))
	}
	code := exitOf(outcomes)
	if !a.json {
		if code != exitNothing && code != exitUsage {
			if err := a.table(rows); err != nil {
				return err
			}
		}
		said.print(a.err)
		failed.print(a.err)
	}
	if code == exitOK {
		return nil
	}
	return fail(code, errReported)
}

// where names a partition of a process; one without partitions is the process.
func where(process, partition string) string {
	if partition == "" {
		return process
	}
	return process + ", " + plain(partition)
}

func sumRow(name string, s run.Sum) []string {
	row := []string{name}
	for _, n := range []int{s.Read, s.Created, s.Updated, s.Deleted, s.Unchanged, s.Skipped, s.Held, s.Failed} {
		row = append(row, strconv.Itoa(n))
	}
	parts := strconv.Itoa(s.Partitions)
	if s.FailedPartitions > 0 {
		parts += fmt.Sprintf(" (%d failed)", s.FailedPartitions)
	}
	return append(row, parts)
}

// exitOf returns the exit code of a run: nothing could run if no process got
// through a single partition or record; if only the command line names an unknown
// partition, that is usage.
func exitOf(outcomes []host.Outcome) int {
	ran, trouble, usage := false, false, false
	for _, o := range outcomes {
		s := o.Report.Sum
		through := s.Created+s.Updated+s.Deleted+s.Unchanged+s.Skipped > 0
		if through || o.Err == nil && (s.Partitions == 0 || s.FailedPartitions < s.Partitions) {
			ran = true
		}
		if o.Err != nil || s.Failed > 0 || s.Held > 0 || s.FailedPartitions > 0 {
			trouble = true
		}
		var problems process.Problems
		usage = usage || errors.As(o.Err, &problems) || o.Err != nil && sdk.AsError(o.Err).Code == "partition_unknown"
	}
	switch {
	case usage && !ran:
		return exitUsage
	case trouble && !ran:
		return exitNothing
	case trouble:
		return exitPartly
	}
	return exitOK
}
