// Package link holds what ties a source record to its target record, and decides
// what a source record means for its target. It is pure: no input or output, no
// clock, no randomness.
package link

// ID names a link. Keys are compared byte for byte.
type ID struct {
	Process         string
	SourcePartition string
	SourceKey       string
	TargetPartition string // "" unless the process fans out over partitions of its target
}

// State is where a link stands.
type State uint8

const (
	Active   State = iota // both records exist as far as known
	Creating              // an intent: a create was or will be sent, its outcome is open (Invariant 2)
	Deleted               // tombstone: the target was deleted by us after a confirmed deletion; never created again under this key
	Released              // a rule, the selection or a person let the pair go: nothing is written or deleted any more until the source brings the record again
)

// Link ties one source record to one target record in one process.
type Link struct {
	ID
	TargetKey   string // "" while Creating
	TargetAt    string // partition of the target record as the target named it; goes into Record.Partition of every write
	SourceStamp string // of the source record as last carried over
	TargetStamp string // of the target record after our last write, or as last read
	Base        []byte // canonical JSON of the mapped target fields at the last agreement; nil: never agreed
	State       State
	Unknown     bool   // an update or delete was sent and its outcome is not known: read back before anything else (Invariant 4)
	Suspect     bool   // the source record has disappeared without confirmation
	Intent      string // idempotency key of the create, kept afterwards
	IntentAt    string // RFC 3339 UTC, when the intent was stored
	Round       int64  // number of the last full round that listed the source record
	At          string // Record.At of the source record
	Parent      string // key of the source record this one belongs to (a series), "" for none
}
