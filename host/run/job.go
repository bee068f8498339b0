package run

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/sdk"
)

// Runner runs jobs. Its fields are set once and not changed; it may run several
// jobs at a time.
type Runner struct {
	Store    Store
	Now      func() time.Time
	Rand     io.Reader                                        // 128 bits for every create
	Sleep    func(ctx context.Context, d time.Duration) error // waits, or returns the context's error
	Log      *slog.Logger
	Progress func(Progress) // nil: none; called from several goroutines
}

// Job is a process that is ready to run: both ends are open, its transformation
// is compiled.
type Job struct {
	Process  process.Process
	Source   End
	Target   End
	Mapper   Mapper
	Siblings []process.Sibling
}

// End is one end of a job.
type End struct {
	Conn     sdk.Conn     // any of the optional interfaces; one that is missing answers Unsupported
	Object   *sdk.Object  // as the schema describes it
	Step     string       // "" reads and writes the object generally
	Settings sdk.Settings // of the step
}

// Mapper turns source records into target fields.
type Mapper interface {
	// Map returns one result per record, in order. Look-ups that a transformation
	// needs are made once for all of them. The error ends the partition; what is
	// wrong with one record only goes into its result.
	Map(ctx context.Context, recs []sdk.Record) ([]Mapped, error)
}

// Mapped is the outcome of a transformation.
type Mapped struct {
	Data    []byte // canonical JSON (sorted keys, no blanks) of the mapped target fields
	Dropped bool   // a rule or the second filter leaves the record out
	Reason  string // stable code, with Dropped
	Err     error  // the record cannot be transformed
}

// MapperFunc is a function that is a Mapper.
type MapperFunc func(ctx context.Context, recs []sdk.Record) ([]Mapped, error)

// Map implements Mapper.
func (f MapperFunc) Map(ctx context.Context, recs []sdk.Record) ([]Mapped, error) {
	return f(ctx, recs)
}

// Options are what one run does differently. The zero Options run everything that
// has changed.
type Options struct {
	Full       bool        // forget the cursors first
	Partitions []string    // only these, by ID or title (case-insensitive); nil: all; an unknown one is an error of the run: Invalid, partition_unknown
	Keys       []string    // only these records, asked for by key
	DryRun     bool        // write nothing, neither at the target nor in the store, but decide and count
	Entry      func(Entry) // sees every line of the journal; nil: none; called from several goroutines
}

// Progress is how far a run is.
type Progress struct {
	Process     string
	Partition   string // the one that moved
	Done, Total int    // partitions
	Sum         Sum    // of that partition so far
}

// Report says what a run did.
type Report struct {
	Run        int64
	Sum        Sum
	Partitions []PartReport // those that ran or failed, by ID
	Unknown    []error      // one for each of Options.Keys that no partition knows: *sdk.Error of kind NotFound with code record_unknown
}

// PartReport says what a run did in one partition.
type PartReport struct {
	Partition string
	Title     string
	Sum       Sum
	Err       error // it failed; the others went on; nil if only the end of the context cut it short
}

// rules returns what the process lays down for its decisions.
func (j *Job) rules() link.Rules {
	r := link.Rules{Conflict: j.Process.Conflict, Match: j.Process.Match, Object: j.Target.Object}
	if o := j.Target.Object; o != nil {
		r.Idempotency, r.CanLoad = o.Idempotency, o.Allow.ByKey
	}
	if o := j.Source.Object; o != nil {
		r.CanAsk = o.Allow.ByKey
	}
	return r
}

func (j *Job) siblingNames(reverse bool) []string {
	var names []string
	for _, s := range j.Siblings {
		if s.Reverse == reverse {
			names = append(names, s.Name)
		}
	}
	return names
}

func (s *Sum) add(o Sum) {
	s.Read += o.Read
	s.Created += o.Created
	s.Updated += o.Updated
	s.Deleted += o.Deleted
	s.Unchanged += o.Unchanged
	s.Skipped += o.Skipped
	s.Held += o.Held
	s.Failed += o.Failed
	s.Partitions += o.Partitions
	s.FailedPartitions += o.FailedPartitions
}
