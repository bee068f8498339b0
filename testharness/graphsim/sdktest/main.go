package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"
)

const (
	leastCalls   = 120 // of all parts
	leastInAPart = 5
)

func parts() []part {
	return []part{
		{1, "Identity", identity},
		{2, "Permissions", permissions},
		{3, "Events", events},
		{4, "To Do, contacts, mail, directory", inTurn(todo, contacts, mail, directory)},
		{5, "$batch and notifications", inTurn(batches, notifications)},
		{6, "Query options", queries},
		{7, "$metadata and https", metadata},
		{8, "Control", controls},
		{9, "Scale", scale},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "sdktest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	program := flag.String("gleis", "../../../bin/gleis", "the built command")
	out := flag.String("out", "", "file for the table (default: standard output)")
	only := flag.Int("only", 0, "prove one part, by its number")
	flag.Parse()
	sim, err := start(ctx, *program, "--users", "12", "--rooms", "2", "--retry-after", "1s")
	if err != nil {
		return err
	}
	app, err := sim.app()
	if err != nil {
		return errors.Join(err, sim.stop())
	}
	p := &proof{sim: sim, now: time.Now().UTC().Truncate(time.Second), app: app, program: *program}
	if p.people, err = mailboxes(ctx, app, 4); err != nil {
		return errors.Join(err, sim.stop())
	}
	var problems []error
	for _, part := range parts() {
		if *only == 0 || *only == part.number {
			p.part = part.number
			part.run(ctx, p)
			if n := p.counts()[part.number]; n < leastInAPart {
				problems = append(problems, fmt.Errorf("part %d, %s: %d calls, at least %d belong to it", part.number, part.title, n, leastInAPart))
			}
		}
	}
	if n := len(p.rows); *only == 0 && n < leastCalls {
		problems = append(problems, fmt.Errorf("%d calls, the proof has at least %d", n, leastCalls))
	}
	for _, r := range p.failed() {
		problems = append(problems, fmt.Errorf("part %d, %s: %s, expected: %s", r.part, r.what, r.got, r.want))
	}
	problems = append(problems, write(*out, p.table), sim.stop())
	fmt.Fprintf(os.Stderr, "%d calls, %d otherwise than expected\n", len(p.rows), len(p.failed()))
	return errors.Join(problems...)
}

// write writes text to a file, or to standard output without a name.
func write(name string, text func(io.Writer)) error {
	if name == "" {
		text(os.Stdout)
		return nil
	}
	var b strings.Builder
	text(&b)
	return os.WriteFile(name, []byte(b.String()), 0o644)
}
