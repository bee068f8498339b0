package run

import (
	"context"
	"time"

	"github.com/gleis-dev/gleis/host/link"
)

// Part is the unit of work: one partition of one process. It has its own
// position, its own history and its own failure. Partition is "" where the
// object has none.
type Part struct {
	Process   string `json:"process"`
	Partition string `json:"partition"`
}

// Position is where a part stands.
type Position struct {
	Cursor   []byte    // as the source gave it; sealed at rest
	Round    int64     // number of the current or last round that was begun with Batch.Start
	Full     bool      // that round is or was a complete listing
	Open     bool      // that round has not reached its last batch
	Doubt    bool      // the last full round was empty or short: it is read again before it is believed
	Finished time.Time // end of the last round that reached its last batch
}

// Positions keeps positions.
type Positions interface {
	// Position returns the zero Position for a part that never ran.
	Position(ctx context.Context, p Part) (Position, error)
	// Forget drops the cursor, so that the next run begins a full round. Links stay.
	Forget(ctx context.Context, p Part) error
	// Positions lists all parts of a process.
	Positions(ctx context.Context, process string) (map[string]Position, error)
}

// LinkQuery asks for the links of a batch, the process' own and those of its
// siblings, in one query.
type LinkQuery struct {
	Part
	Keys     []string // source keys of Part.Process
	Parallel []string // sibling processes of the same direction: their source key is one of Keys, their source partition Part.Partition
	Reverse  []string // sibling processes of the other direction: their target key is one of Keys, their TargetAt Part.Partition
}

// Links reads links.
type Links interface {
	// Links returns the links that match, in no order; Link.Process tells whose they are.
	Links(ctx context.Context, q LinkQuery) ([]link.Link, error)
	// Select returns links of a part, ordered by source key.
	Select(ctx context.Context, q Selection) ([]link.Link, error)
	// Count returns the number of active links of a part.
	Count(ctx context.Context, p Part) (int, error)
}

// Selection narrows the links of a part. Zero fields do not narrow.
type Selection struct {
	Part
	States  []link.State
	Unseen  int64     // only links with Round < Unseen
	Reach   [2]string // only links whose At is "" or within [from, to)
	Parents []string  // only links whose Parent is one of these
	Unknown bool      // only links with an unknown outcome
	Suspect bool      // only suspect links
	After   string    // only source keys greater than this
	Limit   int
}

// Commit is what one batch changed. It is stored in one transaction: all or
// nothing.
type Commit struct {
	Part
	Run      int64
	Links    []link.Link // inserted or replaced by ID, own and siblings
	Forget   []link.ID   // removed
	Seen     []string    // source keys of own links whose Round becomes Position.Round
	Journal  []Entry
	Hold     []Hold // added or replaced by ID
	Unhold   []link.ID
	Park     []Parked  // added or replaced by source key
	Unpark   []string  // source keys
	Position *Position // nil: unchanged
}

// Writer makes things durable.
type Writer interface {
	// Intend stores intents and unknown marks before the target is written (Invariants 2 and 4).
	Intend(ctx context.Context, links []link.Link) error
	// Commit stores the outcome of a batch.
	Commit(ctx context.Context, c Commit) error
}

// HoldState is where a held deletion stands.
type HoldState string

const (
	HoldPending  HoldState = "pending"  // waits for the last batch of its partition
	HoldHeld     HoldState = "held"     // the brake holds it for a person
	HoldReleased HoldState = "released" // a person released it: the next run carries it out
)

// Hold is a deletion at the target that has not been carried out yet.
type Hold struct {
	link.ID
	TargetKey string
	State     HoldState
	Reason    string // stable code, why it is held
	Since     time.Time
}

// Parked is a record that failed and is asked for again by key.
type Parked struct {
	Part
	Key      string
	Error    string // without secrets
	Code     string
	Attempts int
	Since    time.Time
}

// Ledger reads what waits: holds and parked records.
type Ledger interface {
	// Holds returns the holds of a process, of all processes for "".
	Holds(ctx context.Context, process string) ([]Hold, error)
	// Parked returns the parked records of a part, of the whole process if all is set.
	Parked(ctx context.Context, p Part, all bool) ([]Parked, error)
	// SetHolds changes the state of holds; HoldReleased or, for "", removes them (rejected: the link is Released).
	// It leaves a line "hold" in the journal of the latest run: link.LetThrough or link.Rejected.
	SetHolds(ctx context.Context, ids []link.ID, state HoldState) error
}

// Entry is one line of the journal: what a run did with one record, and why.
type Entry struct {
	Run  int64     `json:"run"`
	Time time.Time `json:"time"`
	Part
	SourceKey string `json:"source_key"`
	TargetKey string `json:"target_key,omitempty"`
	Action    string `json:"action"`           // "create", "update", "delete", "skip", "hold", "park", "link", …
	Reason    string `json:"reason"`           // stable code
	Detail    string `json:"detail,omitempty"` // for people, without secrets: changed fields, the error
}

// History keeps runs and their journal.
type History interface {
	// Begin stores the start of a run and returns its number, which grows.
	Begin(ctx context.Context, process string, at time.Time) (int64, error)
	// End stores the sums of a run.
	End(ctx context.Context, run int64, at time.Time, sum Sum) error
	// Journal returns the latest entries of a record, newest first; of the whole process for key "".
	Journal(ctx context.Context, process, key string, limit int) ([]Entry, error)
}

// Sum counts what a run did.
type Sum struct {
	Read             int `json:"read"`
	Created          int `json:"created"`
	Updated          int `json:"updated"`
	Deleted          int `json:"deleted"`
	Unchanged        int `json:"unchanged"`
	Skipped          int `json:"skipped"` // dropped by filter, rule, conflict or match
	Held             int `json:"held"`
	Failed           int `json:"failed"` // records
	Partitions       int `json:"partitions"`
	FailedPartitions int `json:"failed_partitions"`
}

// Store is all that a Runner keeps; *store.DB implements it.
type Store interface {
	Positions
	Links
	Writer
	Ledger
	History
}
