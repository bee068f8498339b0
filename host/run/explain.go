package run

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/sdk"
)

// Explanation says what a process knows of one source record and what a run would
// do with it now, and why.
type Explanation struct {
	Process   string  `json:"process"`
	Partition string  `json:"partition"`
	Key       string  `json:"key"`
	Stages    []Stage `json:"stages"`            // in the order of decisions; what does not apply is left out
	Action    string  `json:"action"`            // what a run would do now: "create", "skip", …; "" if that cannot be told
	Reason    string  `json:"reason"`            // stable code
	Journal   []Entry `json:"journal,omitempty"` // what runs did with it, newest first
}

// Stage is one step of an explanation.
type Stage struct {
	Name   string `json:"name"`   // "source", "transformation", "link", "stamp", "target", "hold", "parked", "decision"
	Result string `json:"result"` // short and stable: "found", "dropped", "active", "in_sync", …
	Detail string `json:"detail,omitempty"`
}

// linesShown is how many lines of the journal an explanation holds.
const linesShown = 10

// Explain reads the source record with that key now, takes it the whole way
// without writing anything, and tells each stage. Without a link the key is
// looked for in all partitions of the source. The error is of kind NotFound if
// neither the source nor the store knows the key.
func (r *Runner) Explain(ctx context.Context, job *Job, key string) (Explanation, error) {
	w := &work{Runner: r, job: job, opts: Options{DryRun: true}, rules: job.rules()}
	list, err := w.partitions(ctx)
	if err != nil {
		return Explanation{}, err
	}
	w.scope = list.Scope
	parts := make([]*part, 0, len(list.Partitions))
	for _, sp := range list.Partitions {
		parts = append(parts, &part{work: w, id: Part{Process: job.Process.Name, Partition: sp.ID}, title: sp.Title})
	}
	for _, known := range []bool{true, false} { // the store first: it costs no request
		for _, p := range parts {
			x, ok, err := p.explain(ctx, key, known)
			if ok || err != nil {
				return x, err
			}
		}
	}
	return Explanation{}, &sdk.Error{Op: "explain", Object: job.Source.name(), Key: key, Kind: sdk.NotFound, Code: "record_unknown",
		Err: fmt.Errorf("%s: neither the source nor a link knows the record", job.Process.Name)}
}

// explain explains the key in one partition. ok says that the partition knows it;
// with known set only what the store holds counts for that.
func (p *part) explain(ctx context.Context, key string, known bool) (x Explanation, ok bool, err error) {
	if err := p.begin(ctx); err != nil {
		return x, false, err
	}
	b := &batch{part: p, in: intake{asked: true}, claimed: map[place]*item{}, now: p.Now()}
	it := &item{Input: link.Input{ID: link.ID{Process: p.id.Process, SourcePartition: p.id.Partition, SourceKey: key}, Asked: true, Record: sdk.Record{Key: key, Op: sdk.Missing}}}
	b.items = []*item{it}
	if err := b.links(ctx); err != nil {
		return x, false, err
	}
	_, parked := p.parked[key]
	if known && it.Own == nil && !parked {
		return x, false, nil
	}
	x = Explanation{Process: p.id.Process, Partition: p.id.Partition, Key: key}
	answers, err := b.question(ctx, []string{key})
	if err != nil {
		it.fail(codeOf(err), err)
	} else if a := answers[key]; a.err != nil {
		it.fail(codeOf(a.err), a.err)
	} else {
		it.Record = a.rec
	}
	there := it.err == nil && (it.Record.Op == sdk.Upsert || it.Record.Op == sdk.Release)
	if x.source(it); !known && !there {
		return x, false, nil
	}
	x.Journal, err = p.Store.Journal(ctx, p.id.Process, key, linesShown)
	if err != nil {
		return x, false, fmt.Errorf("journal: %w", err)
	}
	if it.err == nil {
		if err := b.mapped(ctx, b.items); err != nil {
			it.fail("transformation", err)
		}
		x.transformation(it)
	}
	x.links(it)
	x.waiting(p, key)
	if it.err == nil {
		if err := b.decide(ctx, b.items); err != nil {
			it.fail(codeOf(err), err)
		}
	}
	x.decided(it, p.holds[key])
	return x, true, nil
}

func (x *Explanation) add(name, result, detail string) {
	x.Stages = append(x.Stages, Stage{Name: name, Result: result, Detail: brief(detail)})
}

func (x *Explanation) source(it *item) {
	switch {
	case it.err != nil:
		x.add("source", "error", it.err.Error())
	case it.Record.Op == sdk.Upsert:
		x.add("source", "found", "stamp "+it.Record.Stamp)
	case it.Record.Op == sdk.Delete:
		x.add("source", "deleted", "the source confirms that the record is deleted")
	case it.Record.Op == sdk.Release:
		x.add("source", "released", "a rule or the selection leaves the record out; whether it exists does not matter")
	default:
		x.add("source", it.Record.Op.String(), "the source does not find the record and does not confirm that it is deleted")
	}
}

func (x *Explanation) transformation(it *item) {
	switch {
	case it.err != nil:
		x.add("transformation", "error", it.err.Error())
	case it.Record.Op != sdk.Upsert:
	case it.Dropped != "":
		x.add("transformation", "dropped", it.Dropped)
	default:
		x.add("transformation", "mapped", string(it.Mapped))
	}
}

func (x *Explanation) links(it *item) {
	l := it.Own
	if l == nil {
		x.add("link", "none", "")
		return
	}
	detail := []string{"target " + l.TargetKey}
	for _, f := range []struct {
		set  bool
		text string
	}{{l.Unknown, "the outcome of the last write is unknown"}, {l.Suspect, "the source record has disappeared, unconfirmed"}, {l.Parent != "", "part of " + l.Parent}} {
		if f.set {
			detail = append(detail, f.text)
		}
	}
	x.add("link", [...]string{"active", "creating", "deleted", "released"}[l.State], strings.Join(detail, "; "))
	if it.Record.Op == sdk.Upsert && it.err == nil {
		result := "changed"
		if it.Record.Stamp != "" && it.Record.Stamp == l.SourceStamp {
			result = "same"
		}
		x.add("stamp", result, fmt.Sprintf("carried over %q, now %q", l.SourceStamp, it.Record.Stamp))
	}
}

func (x *Explanation) waiting(p *part, key string) {
	if h, ok := p.holds[key]; ok {
		x.add("hold", string(h.State), h.Reason)
	}
	if k, ok := p.parked[key]; ok {
		x.add("parked", k.Code, fmt.Sprintf("%d attempts: %s", k.Attempts, k.Error))
	}
}

func (x *Explanation) decided(it *item, held Hold) {
	if t := it.Target; t != nil {
		x.add("target", [...]string{"found", "deleted", "missing"}[t.State], "stamp "+t.Stamp)
	}
	if it.Matches != nil {
		x.add("match", fmt.Sprint(len(*it.Matches)), "target records that match and are not linked yet")
	}
	if it.err != nil {
		x.Action, x.Reason = link.Fail.String(), it.code
		x.add("decision", x.Action, it.err.Error())
		return
	}
	x.Action, x.Reason = it.dec.Action.String(), it.dec.Reason
	if it.dec.Action == link.Hold {
		switch held.State {
		case HoldReleased:
			x.Action, x.Reason = link.Delete.String(), link.LetThrough
		case HoldHeld:
			x.Reason = held.Reason
		}
	}
	detail := slices.Clone(it.dec.Changed)
	if it.dec.Action == link.Fail {
		detail = append(detail, failText(it.dec.Reason))
	}
	x.add("decision", x.Action, strings.Join(append([]string{x.Reason}, detail...), ", "))
}
