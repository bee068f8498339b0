package run

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/sdk"
)

// settled takes down an item whose decision needs no write.
func (b *batch) settled(it *item) {
	d := it.dec
	switch d.Action {
	case link.Fail:
		it.fail(d.Reason, errors.New(failText(d.Reason)))
		return
	case link.Raise, link.Tie:
		b.keep(it, d.Link)
		b.introduce(it, d.Link)
	case link.Suspect, link.Release, link.Bury:
		b.keep(it, d.Link)
	case link.Forget:
		b.c.Forget = append(b.c.Forget, it.ID)
		it.marked = false
	}
	news := !b.silent(it)
	if d.Action == link.Hold {
		news = b.hold(it)
	} else if !it.routine() {
		b.tally(b.column(d))
		b.remember(it)
	}
	b.back(it)
	if news && !it.routine() {
		b.line(it, d.Link.TargetKey)
	}
}

// column is where a decision that writes nothing is counted.
func (b *batch) column(d link.Decision) *int {
	unchanged := d.Action == link.Raise || d.Action == link.Tie || d.Action == link.Skip && (d.Reason == link.InSync || d.Reason == link.Echo)
	if unchanged {
		return &b.sum.Unchanged
	}
	return &b.sum.Skipped
}

func failText(reason string) string {
	switch reason {
	case link.CreateUnknown:
		return "a create was sent and its answer was lost; nothing was found that it made, and the target cannot tell whether a second one would be a double: look for it there, or let the target carry a key"
	case link.CreateAmbiguous:
		return "a create was sent and its answer was lost; several records look like what it made"
	case link.TargetMissing:
		return "the target record was not found, and the target does not confirm that it is deleted"
	case link.MatchNone, link.MatchOne, link.MatchMany:
		return "the match rule lets the record fail"
	case link.BadRecord:
		return "the data is not one JSON object"
	}
	return strings.ReplaceAll(reason, "_", " ")
}

// silent tells the outcomes that leave no line in the journal: nothing was done
// and nothing is to be explained. A complete listing says of a record that is
// dropped every time what the first one said.
func (b *batch) silent(it *item) bool {
	switch it.dec.Reason {
	case link.InSync, link.Tombstone, link.NotLinked, link.AlreadyReleased:
		return true
	case link.Echo, link.Disappeared, link.LetGo:
		return it.dec.Action == link.Skip
	}
	return it.Dropped != "" && b.in.full && !b.pos.Finished.IsZero()
}

// keep puts a link into the commit.
func (b *batch) keep(it *item, l link.Link) {
	if it.Record.Op == sdk.Upsert {
		l.Round = b.roundOf(l)
	}
	if it.kept > 0 {
		b.c.Links[it.kept-1] = l
		return
	}
	b.c.Links = append(b.c.Links, l)
	it.kept = len(b.c.Links)
}

// roundOf is the number of the round in which the source last listed the record:
// that of a listing under way, else the one that has passed, for the record is
// there now.
func (b *batch) roundOf(l link.Link) int64 {
	if b.in.full {
		return b.in.round
	}
	return max(l.Round, b.pos.Round)
}

// back ends what waited for the record: its parking, unless all that is known is
// that it was not found, and a hold if it is there.
func (b *batch) back(it *item) {
	key := it.Record.Key
	if it.Record.Op != sdk.Missing {
		delete(b.vain, key)
	}
	if _, ok := b.parked[key]; ok && it.Record.Op != sdk.Missing {
		delete(b.parked, key)
		b.c.Unpark = append(b.c.Unpark, key)
	}
	if _, held := b.holds[key]; !held || it.Record.Op == sdk.Missing || it.dec.Action == link.Hold {
		return
	}
	delete(b.holds, key)
	delete(b.confirmed, key)
	delete(b.gone, key)
	b.c.Unhold = append(b.c.Unhold, it.ID)
	if it.Record.Op != sdk.Delete { // else the pair is gone already
		b.journal(Entry{SourceKey: key, Action: "unhold", Reason: "back", Detail: "the record is there (again): its deletion is not carried out"})
	}
}

// hold takes down a confirmed deletion: durable before the cursor moves, carried
// out after the last batch of the partition. It reports whether that is news.
func (b *batch) hold(it *item) bool {
	key := it.Record.Key
	b.confirmed[key] = true
	if it.Own == nil || it.dec.Link.State != it.Own.State || it.dec.Link.Suspect != it.Own.Suspect {
		b.keep(it, it.dec.Link)
	}
	if b.opts.DryRun {
		if it.counted {
			return false
		}
		b.tally(&b.sum.Deleted)
		b.remember(it)
		return true
	}
	b.gone[key] = true
	if _, held := b.holds[key]; held {
		return false
	}
	h := Hold{ID: it.ID, TargetKey: it.dec.Link.TargetKey, State: HoldPending, Reason: it.dec.Reason, Since: b.now}
	b.holds[key] = h
	b.c.Hold = append(b.c.Hold, h)
	return true
}

// unmark takes back the marks of items that were not written after all, and
// notes what a full round has listed.
func (b *batch) unmark() {
	for _, it := range b.items {
		if it.marked && !it.unsure && it.kept == 0 {
			b.restore(it)
		}
		if b.in.full && it.kept == 0 && it.before != nil {
			b.c.Seen = append(b.c.Seen, it.Record.Key)
		}
	}
}

// restore takes back the mark of a write that did not take place.
func (b *batch) restore(it *item) {
	switch {
	case it.before == nil || it.before.State == link.Creating && it.dec.Link.State == link.Creating:
		b.c.Forget = append(b.c.Forget, it.ID)
	case it.before.State == link.Creating: // what the open intent made was found
		l := it.dec.Link
		l.Unknown, l.SourceStamp, l.Base = true, it.before.SourceStamp, it.before.Base
		b.keep(it, l)
	default:
		b.keep(it, *it.before)
	}
}

// line writes what was done with an item into the journal.
func (b *batch) line(it *item, targetKey string) {
	d := it.dec
	var detail []string
	if len(d.Changed) > 0 {
		detail = append(detail, strings.Join(d.Changed, ", "))
	}
	if len(d.Lost) > 0 {
		lost, err := sdk.Encode(d.Lost)
		if err != nil {
			panic(fmt.Sprintf("run: %v", err)) // texts always encode
		}
		detail = append(detail, "lost "+string(lost)) // I-11: no value is nowhere
	}
	b.journal(Entry{SourceKey: it.Record.Key, TargetKey: targetKey, Action: d.Action.String(), Reason: d.Reason, Detail: cut(strings.Join(detail, "; "), longestLost)})
}
