// Command bench measures the figures of docs/benchmarks.md in one run and prints
// them as a table and as lines `ratio NAME VALUE` and `figure NAME VALUE`. It
// ends with exit code 1 if one of them is missed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/bench/boundary"
	"github.com/gleis-dev/gleis/bench/measure"
	"github.com/gleis-dev/gleis/bench/memory"
	"github.com/gleis-dev/gleis/bench/quiet"
	"github.com/gleis-dev/gleis/bench/reading"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		err = child(ctx, os.Args[1], os.Args[2:])
	} else {
		err = run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// child is this program as a process of one of the benchmarks.
func child(ctx context.Context, role string, args []string) error {
	if _, err := measure.OneCore(role == reading.RoleServer); err != nil {
		return err
	}
	switch role {
	case boundary.RoleConnector, boundary.RolePeer:
		return boundary.Child(role)
	case reading.RoleServer, reading.RoleOurs, reading.RoleVendor:
		return reading.Child(ctx, role, args, os.Stdin, os.Stdout)
	}
	return fmt.Errorf("%q is no part of it; see -help", role)
}

// benchmark measures its figures in so many rounds; program is this program.
type benchmark struct {
	name string
	run  func(ctx context.Context, program string, rounds int) ([]measure.Figure, error)
}

func benchmarks() []benchmark {
	return []benchmark{{"boundary", boundary.Run}, {"reading", reading.Run}, {"quiet", quiet.Run}, {"memory", memory.Run}}
}

func run(ctx context.Context) error {
	only := flag.String("only", "", "measure one of "+names())
	rounds := flag.Int("rounds", 15, "rounds of each comparison, of which the median counts")
	flag.Parse()
	known := slices.ContainsFunc(benchmarks(), func(b benchmark) bool { return b.name == *only })
	if flag.NArg() > 0 || *rounds < 1 || *only != "" && !known {
		return fmt.Errorf("usage: bench [-rounds N] [-only %s]", strings.ReplaceAll(names(), ", ", "|"))
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	var figures []measure.Figure
	var failed []error
	for _, b := range benchmarks() {
		if *only != "" && *only != b.name {
			continue
		}
		fmt.Fprintf(os.Stderr, "measuring %s …\n", b.name)
		f, err := b.run(ctx, program, *rounds)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", b.name, err))
			continue
		}
		figures = append(figures, f...)
	}
	if err := measure.Print(os.Stdout, figures); err != nil {
		return err
	}
	for _, f := range figures {
		if !f.Reached() {
			failed = append(failed, fmt.Errorf("%s is missed", f.Name))
		}
	}
	return errors.Join(failed...)
}

func names() string {
	var list []string
	for _, b := range benchmarks() {
		list = append(list, b.name)
	}
	return strings.Join(list, ", ")
}
