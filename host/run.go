package host

import (
	"context"

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
// error says that a name is unknown; then nothing has run.
func (h *Host) Run(ctx context.Context, names []string, opts run.Options) ([]Outcome, error) {
	if len(names) == 0 {
		names = h.processNames()
	}
	for _, name := range names {
		if h.file.Process(name) == nil {
			return nil, &UnknownError{What: "process", Name: name, Known: h.processNames()}
		}
	}
	var out []Outcome
	for _, name := range names {
		o := Outcome{Process: name}
		var job *run.Job
		if job, o.Err = h.job(ctx, name); o.Err == nil {
			o.Report, o.Err = h.runner.Run(ctx, job, opts)
		}
		out = append(out, o)
		if ctx.Err() != nil {
			break
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
