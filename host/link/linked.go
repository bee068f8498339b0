package link

import (
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/sdk"
)

// linked decides on a record whose target record is known.
func (d *decider) linked() Decision {
	rec := d.in.Record
	if !d.link.Unknown {
		old := d.link.SourceStamp
		same := d.sameContent()
		switch {
		case rec.Stamp != "" && rec.Stamp == old && (same || d.link.Base == nil):
			return d.inSync()
		case same:
			// Invariants 5 and 6: another stamp alone is no change.
			d.carry()
			return d.to(Raise, SameContent)
		}
	}
	if !d.rules.allow().Update {
		return d.to(Skip, NotAllowed)
	}
	if err := d.parse(); err != nil {
		return d.to(Fail, BadRecord)
	}
	t := d.in.Target
	switch {
	case t == nil && d.rules.CanLoad:
		return d.to(Load, Changed)
	case t == nil:
		return d.unseen()
	case t.State == Absent:
		return d.to(Fail, TargetMissing)
	case t.State == Gone:
		return d.targetGone()
	}
	return d.compare(t)
}

func (d *decider) inSync() Decision {
	old := d.link
	d.carry()
	d.fill()
	if d.in.Own == nil || old.Base == nil || old.Suspect || old.At != d.link.At || old.Parent != d.link.Parent {
		return d.to(Raise, InSync)
	}
	return d.to(Skip, InSync)
}

// fill gives a link whose two sides are known to agree, but not on what, the base
// that they agree on. A sibling's write leaves it so: it does not know how this
// process maps its fields.
func (d *decider) fill() {
	if d.link.Base == nil && d.parse() == nil {
		d.link.Base = d.sent.encode()
	}
}

// targetGone decides on a changed source record whose target record was deleted:
// the change wins, unless the rule favours the target.
func (d *decider) targetGone() Decision {
	if !d.link.Unknown { // else it may be our own deletion that is gone through
		switch d.rules.Conflict {
		case process.TargetWins:
			d.carry()
			d.link.State = Deleted
			return d.to(Bury, TargetGone)
		case process.Skip:
			return d.to(Skip, TargetGone)
		}
	}
	d.anew()
	d.in.Target = nil
	return d.create(Recreated)
}

// unseen decides where the target cannot be read: what changed since the last
// agreement is written, everything if that is not known.
func (d *decider) unseen() Decision {
	patch := values{}
	for name, v := range d.sent {
		if d.base == nil || d.link.Unknown || !equal(v, d.base.sent[name]) {
			patch[name] = v
		}
	}
	return d.update(patch, nil, Changed)
}

// compare decides with the target at hand: a field is written if the target holds
// another value, unless both sides still are as they were when they agreed.
func (d *decider) compare(t *Target) Decision {
	stored, err := parse(t.Data)
	if err != nil {
		return d.to(Fail, BadRecord)
	}
	untouched := t.Stamp != "" && t.Stamp == d.link.TargetStamp
	patch, theirs := values{}, map[string]bool{}
	for name, v := range d.sent {
		f := fieldOf(d.rules.Object, name)
		changed := d.base != nil && !untouched && !covers(f, d.base.expected(name), stored[name])
		if changed {
			theirs[name] = true
		}
		agreed := d.base != nil && !changed && equal(v, d.base.sent[name])
		if !agreed && !covers(f, v, stored[name]) {
			patch[name] = v
		}
	}
	if len(patch) == 0 {
		reason := SameAtTarget
		if d.link.Unknown {
			reason = ReadBack
		}
		return d.agree(t, stored, reason)
	}
	if d.link.Unknown || !d.targetChanged(t, theirs) {
		// Invariant 4: after an open outcome the target's values may be our own.
		return d.update(patch, stored, Changed)
	}
	return d.conflict(t, patch, stored, theirs)
}

// targetChanged reports whether the target was changed by somebody else since we
// last wrote or read it. Stamps are believed when they are equal; when they
// differ the content decides.
func (d *decider) targetChanged(t *Target, theirs map[string]bool) bool {
	if t.Stamp != "" && t.Stamp == d.link.TargetStamp || d.carried(t) {
		return false
	}
	if d.base == nil {
		return d.link.TargetStamp != ""
	}
	return len(theirs) > 0
}

// carried reports whether a sibling of the other direction has carried the target
// as it is to the source already: then the source has answered it.
func (d *decider) carried(t *Target) bool {
	for _, s := range d.in.Reverse {
		if s.State == Active && !s.Unknown && s.SourceKey == d.link.TargetKey && s.SourceStamp == t.Stamp && t.Stamp != "" {
			return true
		}
	}
	return false
}

func (d *decider) conflict(t *Target, patch, stored values, theirs map[string]bool) Decision {
	var dec Decision
	lost := map[string]string{}
	switch d.rules.Conflict {
	case process.TargetWins:
		for name, v := range patch {
			lost[name] = string(v)
		}
		dec = d.agree(t, stored, ConflictTargetWins)
	case process.Skip:
		dec = d.to(Skip, ConflictSkip)
	case process.Merge:
		for name, v := range patch {
			switch {
			case d.base != nil && equal(v, d.base.sent[name]):
				delete(patch, name) // only the target changed it: it stays
			case d.base == nil || theirs[name]:
				lost[name] = string(project(v, stored[name]))
			}
		}
		if len(patch) == 0 {
			return d.agree(t, stored, ConflictMerged)
		}
		dec = d.update(patch, stored, ConflictMerged)
	default:
		for name, v := range patch {
			if d.base == nil || theirs[name] {
				lost[name] = string(project(v, stored[name]))
			}
		}
		dec = d.update(patch, stored, ConflictSourceWins)
	}
	if len(lost) > 0 {
		dec.Lost = lost
	}
	return dec
}

// agree keeps the target as it is and takes both sides as agreed.
func (d *decider) agree(t *Target, stored values, reason string) Decision {
	d.carry()
	d.link.Unknown = false
	d.link.TargetStamp = t.Stamp
	d.link.Base = agreed(d.rules.Object, d.sent, stored).encode()
	return d.to(Raise, reason)
}

// update writes patch. The base becomes what the target holds then, as far as it
// is known before the answer.
func (d *decider) update(patch, stored values, reason string) Decision {
	d.carry()
	after := values{}
	for name, v := range stored {
		after[name] = v
	}
	for name, v := range patch {
		after[name] = v
	}
	if stored == nil {
		after = d.sent
	}
	d.link.Base = agreed(d.rules.Object, d.sent, after).encode()
	d.link.Unknown = false
	dec := d.to(Update, reason)
	dec.Data, dec.Changed = patch.encode(), patch.names()
	if d.in.Target != nil {
		dec.IfStamp = d.in.Target.Stamp
	}
	return dec
}

// unlinked decides on a record that no link and no sibling knows.
func (d *decider) unlinked(reason string) Decision {
	m := d.rules.Match
	if len(m.Fields) == 0 {
		return d.create(reason)
	}
	if d.in.Matches == nil {
		return d.to(Match, reason)
	}
	hits := *d.in.Matches
	outcome, name := orElse(m.None, process.OutcomeWrite), MatchNone
	switch {
	case len(hits) == 1:
		outcome, name = orElse(m.One, process.OutcomeLinkAndWrite), MatchOne
	case len(hits) > 1:
		outcome, name = orElse(m.Many, process.OutcomeWarn), MatchMany
	}
	switch outcome {
	case process.OutcomeWrite:
		return d.create(reason)
	case process.OutcomeLink, process.OutcomeLinkAndWrite:
		if len(hits) == 1 {
			return d.tie(hits[0], outcome)
		}
	case process.OutcomeFail:
		return d.to(Fail, name)
	}
	return d.to(Skip, name)
}

func orElse(o, other process.Outcome) process.Outcome {
	if o == "" {
		return other
	}
	return o
}

// tie links the one match, and carries the record over if the rule says so. The
// match may lack fields, so it is loaded before it is compared.
func (d *decider) tie(hit Target, outcome process.Outcome) Decision {
	d.link = Link{ID: d.in.ID, TargetKey: hit.Key, TargetAt: hit.At, TargetStamp: hit.Stamp}
	if outcome == process.OutcomeLink {
		if err := d.parse(); err != nil {
			return d.to(Fail, BadRecord)
		}
		stored, err := parse(hit.Data)
		if err != nil {
			return d.to(Fail, BadRecord)
		}
		if hit.Data == nil {
			stored = d.sent
		}
		d.carry()
		d.link.Base = agreed(d.rules.Object, d.sent, stored).encode()
		return d.to(Tie, Matched)
	}
	if d.in.Target == nil && hit.Data != nil && !d.rules.CanLoad {
		d.in.Target = &hit
	}
	dec := d.linked()
	switch dec.Action {
	case Raise:
		dec.Action, dec.Reason = Tie, Matched
	case Update:
		dec.Reason = Matched
	}
	return dec
}

// create makes a new target record. Until its outcome is known the base holds
// what is sent, so that it can be found by content.
func (d *decider) create(reason string) Decision {
	if !d.rules.allow().Create {
		return d.to(Skip, NotAllowed)
	}
	if err := d.parse(); err != nil {
		return d.to(Fail, BadRecord)
	}
	d.carry()
	d.link.State, d.link.Base = Creating, d.sent.encode()
	d.link.TargetKey, d.link.TargetAt, d.link.TargetStamp, d.link.Unknown = "", "", "", false
	dec := d.to(Create, reason)
	dec.Data, dec.Changed = d.link.Base, d.sent.names()
	return dec
}

// DecideDelete says what to do about a confirmed deletion whose turn has come.
// reverse are the links of siblings of the other direction, as in Input.
func DecideDelete(l Link, t *Target, reverse []Link, rules Rules) Decision {
	d := decider{in: Input{ID: l.ID, Target: t, Reverse: reverse, Record: sdk.Record{Op: sdk.Delete, Key: l.SourceKey}}, rules: rules, link: l}
	switch {
	case l.State != Active || l.TargetKey == "":
		return d.to(Skip, NotLinked)
	case !rules.allow().Delete:
		d.link.State, d.link.Unknown, d.link.Suspect = Released, false, false
		return d.to(Release, NotAllowed)
	case t == nil && rules.CanLoad:
		return d.to(Load, Confirmed)
	case t != nil && t.State == Gone:
		d.link.State, d.link.Unknown, d.link.Suspect = Deleted, false, false
		return d.to(Bury, Confirmed)
	case t != nil && t.State == Absent:
		return d.to(Fail, TargetMissing)
	}
	if t != nil && !l.Unknown {
		lost, changed, err := d.changedFields(*t)
		if err != nil {
			return d.to(Fail, BadRecord)
		}
		if changed {
			d.link.State, d.link.Suspect = Released, false
			dec := d.to(Release, ChangeWins)
			dec.Lost = lost
			return dec
		}
	}
	d.link.State, d.link.Unknown, d.link.Suspect = Deleted, false, false
	dec := d.to(Delete, Confirmed)
	if t != nil {
		dec.IfStamp = t.Stamp
	}
	return dec
}

// changedFields tells which mapped fields the target changed since the two sides
// agreed, with its values.
func (d *decider) changedFields(t Target) (map[string]string, bool, error) {
	if t.Stamp != "" && t.Stamp == d.link.TargetStamp || d.carried(&t) {
		return nil, false, nil
	}
	b, err := parseBase(d.link.Base)
	if err != nil {
		return nil, false, err
	}
	if b == nil {
		return nil, d.link.TargetStamp != "", nil
	}
	stored, err := parse(t.Data)
	if err != nil {
		return nil, false, err
	}
	theirs := map[string]string{}
	for name := range b.sent {
		if want := b.expected(name); !covers(fieldOf(d.rules.Object, name), want, stored[name]) {
			theirs[name] = string(orNull(stored[name]))
		}
	}
	return theirs, len(theirs) > 0, nil
}
