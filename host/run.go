package host

import (
	"context"
	"errors"

	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/host/run"
)

// Outcome is what one run of a process came to.
type Outcome struct {
	Process string
	Report  run.Report
	Err     error // nothing of the process could run, or it was ended
}

// Run runs processes one after the other; without names all, in the order of the
// configuration. One that fails does not stop the next, except when ctx ends. The
// error says that a name is unknown or the configuration does not fit the systems'
// schemas (process.Problems); then nothing has run.
func (h *Host) Run(ctx context.Context, names []string, opts run.Options) ([]Outcome, error) {
	if len(names) == 0 {
		names = h.processNames()
	}
	for _, name := range names {
		if h.file.Process(name) == nil {
			return nil, &UnknownError{What: "process", Name: name, Known: h.processNames()}
		}
	}
	out := make([]Outcome, len(names))
	jobs := make([]*run.Job, len(names))
	var wrong error
	for i, name := range names {
		out[i].Process = name
		jobs[i], out[i].Err = h.job(ctx, name)
		var problems process.Problems
		if errors.As(out[i].Err, &problems) {
			wrong = process.Join(wrong, problems)
		}
	}
	if wrong != nil {
		return nil, wrong
	}
	for i, job := range jobs {
		if job != nil && ctx.Err() == nil {
			out[i].Report, out[i].Err = h.runner.Run(ctx, job, opts)
			for _, end := range []string{job.Process.Source.Connection, job.Process.Target.Connection} {
				out[i].Err = h.file.Connection(end).Blame(out[i].Err)
			}
		}
		if out[i].Err == nil {
			out[i].Err = ctx.Err()
		}
	}
	return out, nil
}

func (h *Host) processNames() []string {
	var names []string
	for _, p := range h.file.Processes {
		names = append(names, p.Name)
	}
	return names
}
