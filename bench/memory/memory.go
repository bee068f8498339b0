// Package memory measures the resident memory of the program and of its connector
// processes while they carry a mailbox over, and whether it grows with the number
// of its events.
package memory

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/gleis-dev/gleis/bench/measure"
	"github.com/gleis-dev/gleis/bench/site"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

const (
	small = 10_000  // events
	big   = 100_000 // events
	limit = 150.0   // MB, of each process
)

// months of the window, before and after today. The events are laid into it in
// layers, each one event an hour, of which layer hours reach less far than the window.
const (
	months = 24
	layer  = 33_000
)

// Run carries a small and a big mailbox over, by the step that follows changes and
// by plain listing.
func Run(ctx context.Context, _ string, _ int) (figures []measure.Figure, err error) {
	if runtime.GOOS != "linux" {
		fmt.Fprintln(os.Stderr, "MEMORY NOT MEASURED: the peak of a process is read from /proc, which this system does not have")
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "gleis-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program, err := site.Build(ctx, dir)
	if err != nil {
		return nil, err
	}
	for _, process := range []string{"event", "listing"} {
		few, err := carry(ctx, program, dir, process, small)
		if err != nil {
			return nil, err
		}
		many, err := carry(ctx, program, dir, process, big)
		if err != nil {
			return nil, err
		}
		figures = append(figures, report(process, few, many)...)
	}
	return figures, nil
}

// carry returns the peaks of two runs over a mailbox of n events: one that writes
// them all, and a full one that finds them unchanged.
func carry(ctx context.Context, program, dir, process string, n int) (p peaks, err error) {
	home, err := os.MkdirTemp(dir, "site-")
	if err != nil {
		return nil, err
	}
	s, err := site.Open(ctx, site.Plan{Program: program, Dir: home, Company: graphsim.Config{Seed: 7, Users: 1, EventsPerUser: -1}, Users: all, Months: months})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for left := n; left > 0; left -= layer {
		if err := s.Control.BigMailbox(s.Users[0].UPN, min(left, layer)); err != nil {
			return nil, err
		}
	}
	p = peaks{}
	for _, args := range [][]string{{process}, {process, "--full"}} {
		sums, err := s.Run(ctx, p.watch, args...)
		if err != nil {
			return nil, err
		}
		if len(sums) != 1 || sums[0].Read != n || sums[0].Created+sums[0].Unchanged != n {
			return nil, fmt.Errorf("%v did not carry %d events over: %+v", args, n, sums)
		}
	}
	for _, who := range []string{host, source, target} {
		if p[who] == 0 {
			return nil, fmt.Errorf("the %s was not seen running", who)
		}
	}
	return p, nil
}

func all(users []graphsim.User) []graphsim.User { return users }

func report(process string, few, many peaks) []measure.Figure {
	var list []measure.Figure
	for _, who := range []string{host, source, target} {
		f := measure.Figure{
			Name: "memory-" + process + "-" + who, What: fmt.Sprintf("memory, process %s, %s: MB resident at most, %d thousand events", process, who, big/1000),
			Value: many[who].megabytes(), Bound: measure.AtMost, Want: limit,
		}
		grown := measure.Figure{
			What:  fmt.Sprintf("memory, process %s, %s: over that of %d thousand events (%.0f MB)", process, who, small/1000, few[who].megabytes()),
			Value: f.Value / few[who].megabytes(), Ratio: true,
		}
		list = append(list, f, grown)
	}
	return list
}
