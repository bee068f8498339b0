package link

import (
	"bytes"

	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/sdk"
)

// Action is what is to be done with a record. The first ones are questions: the
// caller gets the answer, puts it into the Input and decides again.
type Action uint8

const (
	Skip    Action = iota // do nothing
	Load                  // read the target record named by Decision.Link, put it into Input.Target
	Match                 // look for target records by the match fields, put them into Input.Matches
	Resolve               // look for what the open intent made, put it into Input.Made
	Ask                   // ask the source for the record by key, set Input.Asked
	Raise                 // write nothing, keep Decision.Link
	Tie                   // as Raise, but the pair is new
	Create                // create Decision.Data
	Update                // write Decision.Data, the changed fields only
	Hold                  // hold a deletion
	Suspect               // the record disappeared, unconfirmed
	Release               // let the pair go
	Forget                // remove the link: nothing was made under it
	Delete                // delete the target record (DecideDelete only)
	Bury                  // the target record is gone: keep the link as a tombstone (DecideDelete only)
	Fail                  // the record fails
)

var actionNames = [...]string{
	"skip", "load", "match", "resolve", "ask", "raise", "link", "create", "update",
	"hold", "suspect", "release", "forget", "delete", "bury", "fail",
}

// String returns the name of the action, as the journal shows it.
func (a Action) String() string {
	if int(a) < len(actionNames) {
		return actionNames[a]
	}
	return "unknown"
}

// Question reports whether the decision needs an answer first.
func (a Action) Question() bool { return a >= Load && a <= Ask }

// Target is what is known of a target record.
type Target struct {
	State      TargetState
	Key, Stamp string
	At         string // the partition it lies in
	Data       []byte // one JSON object
}

// TargetState says whether a target record exists.
type TargetState uint8

const (
	Present TargetState = iota // it exists
	Gone                       // its deletion is confirmed
	Absent                     // it was not found, unconfirmed
)

// Rules is what a process lays down for all its records.
type Rules struct {
	Conflict    process.Conflict
	Match       process.Match
	Object      *sdk.Object // of the target: types of the fields, what it allows; nil allows everything
	Idempotency sdk.Idempotency
	CanLoad     bool // target records can be read by key
	CanAsk      bool // source records can be read by key
}

func (r Rules) allow() sdk.Allow {
	if r.Object == nil {
		return sdk.Allow{Read: true, Create: true, Update: true, Delete: true, ByKey: true}
	}
	return r.Object.Allow
}

// Input is all that a decision rests on.
type Input struct {
	ID      ID
	Record  sdk.Record
	Mapped  []byte // mapped target fields of an Upsert, one canonical JSON object
	Dropped string // reason why the transformation dropped it, "" if it did not

	Own      *Link  // the process' own link, nil: none
	Parallel []Link // links of sibling processes of the same direction for the same source record
	Reverse  []Link // links of sibling processes of the other direction whose target is this record

	Target  *Target   // of the link; nil: not loaded
	Matches *[]Target // answer of the match rule; nil: not asked
	Made    *[]Target // what the open intent made; nil: not looked for
	Asked   bool      // Record is the source's answer of this run to a question by key
}

// Decision is what to do.
type Decision struct {
	Action  Action
	Reason  string // stable code
	Link    Link   // the link as it is to be kept once the action has succeeded
	Data    []byte // what to write: all mapped fields of a Create, the changed ones of an Update
	Changed []string
	IfStamp string            // the target is written only if it still has this stamp
	Before  *Target           // the target as it was loaded
	Lost    map[string]string // values that a conflict overrode, by field, as JSON
}

// Decide says what a source record means for its target. It is pure and follows
// the order of decisions: transformation and filter, own link, sibling links,
// match rule, in sync, target changed too, precondition, real changes only.
func Decide(in Input, rules Rules) Decision {
	d := decider{in: in, rules: rules}
	if in.Own != nil {
		d.link = *in.Own
	} else {
		d.link = Link{ID: in.ID}
	}
	switch in.Record.Op {
	case sdk.Delete, sdk.Missing, sdk.Release:
		return d.vanished()
	}
	if in.Dropped != "" {
		return d.to(Skip, in.Dropped)
	}
	if in.Own == nil {
		if dec, known := d.sibling(); known {
			return dec
		}
		return d.unlinked(New)
	}
	switch d.link.State {
	case Creating:
		return d.creating()
	case Deleted:
		return d.buried()
	case Released:
		return d.released()
	}
	return d.linked()
}

// decider carries one decision; link is the link as it will be kept.
type decider struct {
	in    Input
	rules Rules
	link  Link
	base  *base
	sent  values // parsed Input.Mapped
}

func (d *decider) to(a Action, reason string) Decision {
	return Decision{Action: a, Reason: reason, Link: d.link, Before: d.in.Target}
}

// vanished decides on records that the source does not have (any more).
func (d *decider) vanished() Decision {
	op := d.in.Record.Op
	if d.in.Own == nil {
		l, ok := d.pair()
		switch {
		case !ok && op == sdk.Release:
			return d.to(Skip, LetGo)
		case !ok:
			return d.to(Skip, NotLinked) // Invariant 7: without a link nothing is deleted
		}
		d.link = l
	}
	switch d.link.State {
	case Deleted:
		return d.to(Skip, Tombstone)
	case Released:
		return d.to(Skip, AlreadyReleased)
	case Creating:
		if op == sdk.Missing {
			return d.suspect()
		}
		if dec, open := d.resolve(); open {
			return dec
		}
		if d.link.State == Creating { // nothing was made
			return d.to(Forget, NotLinked)
		}
	}
	switch op {
	case sdk.Delete:
		// Invariant 3: only this op, which the connector confirmed, leads to a deletion.
		d.link.Suspect = false
		return d.to(Hold, Confirmed)
	case sdk.Missing:
		return d.suspect()
	}
	d.link.State, d.link.Suspect, d.link.Unknown = Released, false, false
	return d.to(Release, LetGo)
}

func (d *decider) suspect() Decision {
	if d.link.Suspect {
		return d.to(Skip, Disappeared)
	}
	d.link.Suspect = true
	return d.to(Suspect, Disappeared)
}

// sibling decides on a record without a link of its own whose pair a sibling
// knows.
func (d *decider) sibling() (Decision, bool) {
	l, ok := d.pair()
	if !ok {
		return Decision{}, false
	}
	d.link = l
	if s := d.in.Record.Stamp; s != "" && s == l.SourceStamp {
		d.carry() // Invariant 6: the sibling wrote what we read
		d.fill()
		return d.to(Tie, Echo), true
	}
	dec := d.linked()
	if dec.Action == Raise {
		dec.Action = Tie
	}
	return dec, true
}

// pair makes a link of its own from that of a sibling.
func (d *decider) pair() (Link, bool) {
	for _, s := range d.in.Reverse {
		if s.State == Active && s.SourceKey != "" {
			return Link{ID: d.in.ID, TargetKey: s.SourceKey, TargetAt: s.SourcePartition, SourceStamp: s.TargetStamp, TargetStamp: s.SourceStamp}, true
		}
	}
	for _, s := range d.in.Parallel {
		if s.State == Active && s.TargetKey != "" {
			return Link{ID: d.in.ID, TargetKey: s.TargetKey, TargetAt: s.TargetAt, TargetStamp: s.TargetStamp}, true
		}
	}
	return Link{}, false
}

// creating decides on a record whose create has an open outcome.
func (d *decider) creating() Decision {
	if dec, open := d.resolve(); open {
		return dec
	}
	if d.link.State == Active {
		return d.linked()
	}
	return d.create(New)
}

// resolve takes the answer to the open intent into the link: Active if exactly
// one record was made, still Creating if none was. Invariant 2.
func (d *decider) resolve() (dec Decision, open bool) {
	if d.in.Made == nil {
		return d.to(Resolve, ReadBack), true
	}
	made := *d.in.Made
	switch {
	case len(made) > 1:
		return d.to(Fail, CreateAmbiguous), true
	case len(made) == 1:
		// What it holds is compared field by field: it may be half made.
		d.link.State, d.link.TargetKey, d.link.TargetAt = Active, made[0].Key, made[0].At
		d.link.TargetStamp, d.link.Unknown = "", true
		if made[0].Data != nil && d.in.Target == nil {
			d.in.Target = &made[0]
		}
	case d.rules.Idempotency == sdk.ByNothing:
		return d.to(Fail, CreateUnknown), true
	}
	return Decision{}, false
}

// buried decides on a record that comes back after its target was deleted. A
// replayed old row must not bring it to life: its stamp, or without stamps its
// content, has to differ from what was deleted, and where the source can be asked
// by key it is asked.
func (d *decider) buried() Decision {
	rec, l := d.in.Record, d.link
	if !d.in.Asked {
		old := rec.Stamp != "" && rec.Stamp == l.SourceStamp
		if rec.Stamp == "" {
			old = d.sameContent()
		}
		if old && !d.rules.CanAsk {
			return d.to(Skip, Tombstone)
		}
		if d.rules.CanAsk {
			return d.to(Ask, Returned)
		}
	}
	d.anew()
	return d.unlinked(Returned)
}

// released decides on a record that comes back after its pair was let go.
func (d *decider) released() Decision {
	rec, l := d.in.Record, d.link
	if l.TargetKey == "" { // made by a sibling besides another record: nothing of ours until it changes
		if rec.Stamp != "" && rec.Stamp == l.SourceStamp {
			return d.to(Skip, Echo)
		}
		d.anew()
		return d.unlinked(Returned)
	}
	d.link.State = Active
	dec := d.linked()
	if dec.Action == Raise || dec.Action == Skip {
		dec.Action, dec.Reason = Raise, Returned
	}
	return dec
}

// anew begins a link that keeps nothing of the former but who it belongs to.
func (d *decider) anew() {
	d.link = Link{ID: d.link.ID, Parent: d.link.Parent, Round: d.link.Round}
	d.base = nil
}

// carry takes the marks of the source record into the link.
func (d *decider) carry() {
	r := d.in.Record
	d.link.SourceStamp, d.link.At, d.link.Suspect = r.Stamp, r.At, false
	if r.Parent != "" {
		d.link.Parent = r.Parent
	}
}

// sameContent reports whether the mapped fields are those last agreed.
func (d *decider) sameContent() bool {
	if d.link.Base == nil {
		return false
	}
	if bytes.Equal(d.in.Mapped, d.link.Base) {
		return true
	}
	if err := d.parse(); err != nil || d.base == nil || len(d.sent) != len(d.base.sent) {
		return false
	}
	for name, v := range d.sent {
		old, ok := d.base.sent[name]
		if !ok || !equal(v, old) {
			return false
		}
	}
	return true
}

func (d *decider) parse() (err error) {
	if d.sent == nil {
		if d.sent, err = parse(d.in.Mapped); err != nil {
			return err
		}
	}
	if d.base == nil {
		d.base, err = parseBase(d.link.Base)
	}
	return err
}
