package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/gleis-dev/gleis/host"
	"github.com/gleis-dev/gleis/host/run"
)

func (a *app) holdCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hold",
		Short: "List deletions that the brake holds, release or reject them",
		Long: "Many deletions at once in one mailbox are held for a person: more than ten, and more than one\n" +
			"record in five. Released ones are carried out by the next run, after the source has been\n" +
			"asked once more; rejected ones are given up, and the target records stay.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return fmt.Errorf("say what to do: list, release or reject") },
	}
	cmd.AddCommand(
		&cobra.Command{
			Use: "list [PROCESS]", Short: "List deletions that wait", Args: cobra.MaximumNArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.with(cmd.Context(), nil, func(h *host.Host) error {
					name := ""
					if len(args) > 0 {
						name = args[0]
					}
					list, err := h.Holds(cmd.Context(), name)
					if err != nil {
						return exitCode(err)
					}
					return a.showHolds(list)
				})
			},
		},
		a.settleCommand("release PROCESS [KEY...]", "Let the next run carry held deletions out, all of a process without keys",
			"released: the next run of the process carries them out", (*host.Host).Release),
		a.settleCommand("reject PROCESS [KEY...]", "Give held deletions up, all of a process without keys",
			"rejected: the target records stay", (*host.Host).Reject),
	)
	return cmd
}

func (a *app) settleCommand(use, short, done string, settle func(h *host.Host, ctx context.Context, process string, keys []string) ([]run.Hold, error)) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), nil, func(h *host.Host) error {
				list, err := settle(h, cmd.Context(), args[0], args[1:])
				if err != nil {
					return exitCode(err)
				}
				if a.json {
					return a.showHolds(list)
				}
				_, err = fmt.Fprintf(a.out, "%d %s\n", len(list), done)
				return err
			})
		},
	}
}

// holdLine is one held deletion in `gleis hold list --json`.
type holdLine struct {
	Process   string `json:"process"`
	Partition string `json:"partition,omitempty"`
	Key       string `json:"key"`
	Target    string `json:"target"`
	State     string `json:"state"`
	Reason    string `json:"reason"`
	Since     string `json:"since"`
}

func (a *app) showHolds(list []run.Hold) error {
	rows := [][]string{{"PROCESS", "PARTITION", "KEY", "TARGET", "STATE", "REASON", "SINCE"}}
	for _, h := range list {
		l := holdLine{h.Process, h.SourcePartition, h.SourceKey, h.TargetKey, string(h.State), h.Reason, h.Since.UTC().Format(time.RFC3339)}
		if a.json {
			if err := a.line(l); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, []string{l.Process, plain(l.Partition), plain(l.Key), plain(l.Target), l.State, l.Reason, l.Since})
	}
	if a.json {
		return nil
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(a.out, "nothing waits")
		return err
	}
	return a.table(rows)
}
