// Command gleis is the integration host: it runs processes between connections,
// shows what it did, and carries the shipped connectors, each of which it starts
// as a plugin process of its own by executing itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes. They are part of the command line's contract.
const (
	exitOK      = 0 // done
	exitNothing = 1 // nothing could run (no sign-in, no server, no store), or it was interrupted
	exitUsage   = 2 // the command line or the configuration is wrong
	exitPartly  = 3 // done, but a record or a partition failed or is held
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// exitError is an error that names its exit code.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// fail returns err with an exit code; nil stays nil.
func fail(code int, err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code, err}
}

// execute runs one command line and returns the exit code. Errors go to stderr,
// once, as one message.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	a := &app{out: stdout, err: stderr}
	root := a.command()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "gleis: interrupted; the next run goes on where this one stopped")
		return exitNothing
	}
	var x *exitError
	if !errors.As(err, &x) {
		x = &exitError{exitUsage, err} // cobra's own: unknown command, wrong flag, missing argument
	}
	if x.err != errReported {
		fmt.Fprintln(stderr, "gleis:", x.err)
	}
	return x.code
}

// errReported ends a command whose output has already said what is wrong.
var errReported = errors.New("reported")

// app is one invocation: where it writes and what the global flags say.
type app struct {
	out, err io.Writer

	dir      string // folder of gleis.yaml
	data     string // data folder; "": .gleis in dir
	json     bool
	logLevel string
}

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:           "gleis",
		Short:         "Keeps records of two systems in step",
		Long:          "Gleis moves and synchronises records between systems: events, tasks and contacts of\nMicrosoft 365 with databases and CRMs. Try: gleis demo",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			_, err := a.logger() // a wrong level is said before anything is done
			return err
		},
	}
	f := root.PersistentFlags()
	f.StringVarP(&a.dir, "dir", "C", ".", "folder that holds gleis.yaml")
	f.StringVar(&a.data, "data", "", "data folder (default: .gleis beside gleis.yaml)")
	f.BoolVar(&a.json, "json", false, "print JSON, one object a line")
	f.StringVar(&a.logLevel, "log", "error", "least level of log lines on stderr: debug, info, warn, error")
	root.AddCommand(
		a.demoCommand(), a.runCommand(), a.connectionCommand(), a.connectorsCommand(),
		a.graphsimCommand(), a.holdCommand(), a.explainCommand(), a.pluginCommand(),
	)
	return root
}
