package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/sdk"
)

// partitionsAtOnce is how many partitions are worked on at a time unless the
// process says otherwise.
const partitionsAtOnce = 4

// Run runs a job once: its partitions, several at a time, each with its own
// position, journal and failure. The error says that nothing could run, or that
// ctx ended; what failed in a partition stands in the report.
//
// Invariant 10: it may be killed at any instant. What is durable then, and only
// that, is where the next run goes on: intents and unknown marks are looked up
// first, and whatever was not committed is read again. Two runs of one job, or
// of siblings, must not overlap; the caller sees to that.
func (r *Runner) Run(ctx context.Context, job *Job, opts Options) (Report, error) {
	w := &work{Runner: r, job: job, opts: opts, rules: job.rules(), known: map[string]bool{}, said: map[string]error{}}
	began := r.Now()
	if !opts.DryRun {
		run, err := r.Store.Begin(ctx, job.Process.Name, began)
		if err != nil {
			return Report{}, fmt.Errorf("begin of a run of %s: %w", job.Process.Name, err)
		}
		w.run = run
	}
	w.began = began
	err := w.all(ctx)
	rep := w.report()
	held, e := w.held(context.WithoutCancel(ctx))
	if rep.Sum.Held = held; e != nil {
		err = errors.Join(err, e)
	}
	if !opts.DryRun {
		// The end is kept also if ctx has ended.
		if e := r.Store.End(context.WithoutCancel(ctx), w.run, r.Now(), rep.Sum); e != nil {
			err = errors.Join(err, fmt.Errorf("end of a run of %s: %w", job.Process.Name, e))
		}
	}
	return rep, err
}

// work is one run.
type work struct {
	*Runner
	job   *Job
	opts  Options
	rules link.Rules
	run   int64
	began time.Time

	mu    sync.Mutex
	parts []PartReport
	total int    // partitions to run
	done  int    // partitions
	quiet int    // partitions that the poll left out
	scope []byte // of the source

	known   map[string]bool  // keys given by hand that a partition knows
	said    map[string]error // what a source said of one that it does not know
	strange []error          // keys given by hand that no partition knows

	targetMu sync.Mutex
	target   *[]byte // scope of the target, nil: not asked for yet
}

func (w *work) all(ctx context.Context) error {
	list, err := w.partitions(ctx)
	if err != nil {
		return err
	}
	if list, err = w.chosen(list); err != nil {
		return err
	}
	w.scope = list.Scope
	for _, f := range list.Failed {
		w.finished(ctx, PartReport{Partition: f.Partition, Title: f.Partition, Err: f.Err})
	}
	todo, err := w.poll(ctx, list.Partitions)
	if err != nil {
		return err
	}
	w.total = len(todo)
	n := cmp.Or(w.job.Process.Parallel, partitionsAtOnce)
	var g errgroup.Group
	g.SetLimit(n)
	for _, p := range todo {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			w.partition(ctx, p)
			return nil // Invariant 8: a failure stands in the report and stops nobody else
		})
	}
	_ = g.Wait() // no function returns an error
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("run of %s: %w", w.job.Process.Name, err)
	}
	return w.unknown(ctx)
}

// partitions resolves the selection of the source. An object without partitions
// is one partition without a name.
func (w *work) partitions(ctx context.Context) (sdk.PartitionList, error) {
	src := w.job.Source
	if src.Object == nil || !src.Object.Allow.Partitioned {
		return sdk.PartitionList{Partitions: []sdk.Partition{{}}}, nil
	}
	var list sdk.PartitionList
	err := w.retried(ctx, func() (err error) {
		list, err = sdk.Partitions(ctx, src.Conn, sdk.PartitionRequest{Object: src.name(), Step: src.Step})
		return err
	})
	if err != nil {
		return list, fmt.Errorf("partitions of %s: %w", w.job.Process.Name, err)
	}
	return list, nil
}

// partition runs one partition. A panic ends only it.
func (w *work) partition(ctx context.Context, sp sdk.Partition) {
	p := &part{work: w, id: Part{Process: w.job.Process.Name, Partition: sp.ID}, title: sp.Title}
	err := func() (err error) {
		defer func() {
			if x := recover(); x != nil {
				w.Log.ErrorContext(ctx, "panic", "process", p.id.Process, "partition", p.id.Partition, "panic", x, "stack", string(debug.Stack()))
				err = sdk.Errorf(sdk.Internal, "panic", "panic: %v", x)
			}
		}()
		return p.all(ctx)
	}()
	p.tallyHeld()
	w.finished(ctx, PartReport{Partition: sp.ID, Title: sp.Title, Sum: p.sum, Err: err})
}

// finished takes down how a partition ended. That ctx ended stands once in the
// error of the run, and not in every partition that it cut short.
func (w *work) finished(ctx context.Context, r PartReport) {
	r.Sum.Partitions = 1
	if ctx.Err() != nil && r.Err != nil && (errors.Is(r.Err, ctx.Err()) || errors.Is(r.Err, sdk.Cancelled)) {
		r.Err = nil
	}
	if r.Err != nil {
		r.Sum.FailedPartitions = 1
		w.Log.WarnContext(ctx, "partition failed", "process", w.job.Process.Name, "partition", r.Partition, "title", r.Title, "error", r.Err)
	}
	w.mu.Lock()
	w.parts = append(w.parts, r)
	w.done++
	w.mu.Unlock()
	w.progress(r.Partition, r.Sum)
}

func (w *work) progress(partition string, sum Sum) {
	if w.Progress == nil {
		return
	}
	w.mu.Lock()
	p := Progress{Process: w.job.Process.Name, Partition: partition, Done: w.done, Total: max(w.total, w.done), Sum: sum}
	w.mu.Unlock()
	w.Progress(p)
}

func (w *work) report() Report {
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.SortFunc(w.parts, func(a, b PartReport) int { return cmp.Compare(a.Partition, b.Partition) })
	rep := Report{Run: w.run, Partitions: w.parts, Sum: Sum{Partitions: w.quiet}}
	for _, p := range w.parts {
		rep.Sum.add(p.Sum)
	}
	rep.Unknown = w.strange
	rep.Sum.Read += len(w.strange)
	rep.Sum.Failed += len(w.strange)
	return rep
}

// targetScope is the resolved selection of the target, asked for once, when it is
// needed.
func (w *work) targetScope(ctx context.Context) ([]byte, error) {
	dst := w.job.Target
	if dst.Object == nil || !dst.Object.Allow.Partitioned {
		return nil, nil
	}
	w.targetMu.Lock()
	defer w.targetMu.Unlock()
	if w.target == nil {
		list, err := sdk.Partitions(ctx, dst.Conn, sdk.PartitionRequest{Object: dst.name(), Step: dst.Step})
		if err != nil {
			return nil, fmt.Errorf("selection of the target: %w", err)
		}
		w.target = &list.Scope
	}
	return *w.target, nil
}
