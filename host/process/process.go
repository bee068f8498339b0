// Package process describes what the host can run: connections and processes as
// data, read from a text, checked, and said back with file, line and key where
// they are wrong. It does no input or output.
package process

import "time"

// Process is one configured job: one direction, one source object to one target
// object.
type Process struct {
	Name     string
	Source   Endpoint
	Target   Endpoint
	Where    string    // second filter, CEL over `record`; "" takes everything
	Rules    []Rule    // in order, each sees the former
	Match    Match     // how an unlinked record finds its target
	Fields   []Mapping // target field from source path, in the order of the text
	Conflict Conflict
	OnError  OnError
	Every    time.Duration // schedule; 0: none
	Parallel int           // partitions worked on at a time; 0: 4
	Pos      Pos
	Places   Places // where each key of the process stands
}

// Endpoint is one end of a process.
type Endpoint struct {
	Connection string
	Object     string
	Step       string            // "" reads and writes the object generally
	Settings   map[string]string // of the step
	Filter     string            // source filter, in the system's own syntax
	ChangedBy  string            // of a source: the field by whose changes it is read, as the schema must have it; "" leaves that to the connector
	Pos        Pos
}

// Mapping fills one target field. Both are paths with dots into objects.
type Mapping struct {
	Target string
	Source string
	Pos    Pos
}

// Rule is one step of a transformation: its kind and its arguments. Kinds lists
// the kinds and what each argument means.
type Rule struct {
	Kind string            // "query", "constant", "rename", "html_to_text", "time_zone"
	Args map[string]string // a list in the form of sdk.ListText, the value of a constant as JSON
	Pos  Pos
}

// Match says what to do with an unlinked record by the number of target records
// whose Fields are equal. Without Fields every unlinked record is created.
type Match struct {
	Fields          []string // target fields
	None, One, Many Outcome
}

// Outcome is what a match leads to.
type Outcome string

const (
	OutcomeWrite        Outcome = "write"             // none: create
	OutcomeLinkAndWrite Outcome = "link_and_write"    // one: tie, then carry over
	OutcomeLink         Outcome = "link"              // one: tie, write nothing now
	OutcomeSkip         Outcome = "skip"              // leave alone
	OutcomeWarn         Outcome = "skip_with_warning" // leave alone and say so
	OutcomeFail         Outcome = "fail"              // the record fails
)

// Conflict says what happens when both sides changed since they last agreed.
type Conflict string

const (
	SourceWins Conflict = "source_wins" // the source's values are written
	TargetWins Conflict = "target_wins" // nothing is written; the pair counts as agreed
	Skip       Conflict = "skip"        // nothing is written; the pair stays in conflict
	Merge      Conflict = "merge"       // three-way by field; where both changed the same field the source wins
)

// OnError says what happens to a record that failed.
type OnError string

const (
	RepeatDifferences OnError = "repeat_differences" // it is parked and asked for again by key in the next run
	Ignore            OnError = "ignore"             // it is journalled; the next change brings it again
	Stop              OnError = "stop"               // the partition ends before the batch's cursor is kept
)

// Sibling is another process between the same connections and objects; their
// links are kept in step.
type Sibling struct {
	Name    string
	Reverse bool // it runs in the other direction
}
