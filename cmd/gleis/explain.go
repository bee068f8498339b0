package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/gleis-dev/gleis/host"
	"github.com/gleis-dev/gleis/host/run"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain PROCESS KEY",
		Short: "Say why a record was or was not written, and what a run would do with it now",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), nil, func(h *host.Host) error {
				x, err := h.Explain(cmd.Context(), args[0], args[1])
				if err != nil {
					return exitCode(err)
				}
				if a.json {
					return a.line(x)
				}
				return a.showExplanation(x)
			})
		},
	}
}

func (a *app) showExplanation(x run.Explanation) error {
	rows := [][]string{{"STAGE", "RESULT", "DETAIL"}}
	for _, s := range x.Stages {
		rows = append(rows, []string{s.Name, s.Result, plain(short(s.Detail))})
	}
	if err := a.table(rows); err != nil {
		return err
	}
	now := "It cannot be told what a run would do now: " + x.Reason
	if x.Action != "" {
		now = fmt.Sprintf("A run would now: %s (%s)", x.Action, x.Reason)
	}
	if _, err := fmt.Fprintf(a.out, "\n%s\n\n", now); err != nil {
		return err
	}
	if len(x.Journal) == 0 {
		return nil
	}
	rows = [][]string{{"RUN", "AT", "DID", "DETAIL"}}
	for _, e := range x.Journal {
		rows = append(rows, []string{fmt.Sprint(e.Run), e.Time.Local().Format(time.DateTime), e.Action + " (" + e.Reason + ")", plain(short(e.Detail))})
	}
	return a.table(rows)
}
