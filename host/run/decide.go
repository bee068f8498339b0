package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/sdk"
)

// mostQuestions bounds the rounds of questions that a decision may ask: each
// kind once, and the target once more after the source was asked.
const mostQuestions = 8

// decide brings every item to a decision that is no question. Each round asks
// all questions of one kind at once.
func (b *batch) decide(ctx context.Context, items []*item) error {
	for range mostQuestions {
		by := map[link.Action][]*item{}
		for _, it := range items {
			if it.err != nil {
				continue
			}
			it.dec = link.Decide(it.Input, b.rules)
			if it.dec.Action.Question() {
				by[it.dec.Action] = append(by[it.dec.Action], it)
			}
		}
		if len(by) == 0 {
			return nil
		}
		for _, q := range []struct {
			action link.Action
			answer func(context.Context, []*item) error
		}{{link.Ask, b.confirm}, {link.Resolve, b.resolve}, {link.Match, b.match}, {link.Load, b.load}} {
			if len(by[q.action]) == 0 {
				continue
			}
			if err := q.answer(ctx, by[q.action]); err != nil {
				return err
			}
		}
	}
	for _, it := range items {
		if it.err == nil && it.dec.Action.Question() {
			it.fail("undecided", sdk.Errorf(sdk.Internal, "undecided", "no decision after %d questions", mostQuestions))
		}
	}
	return nil
}

// confirm asks the source by key.
func (b *batch) confirm(ctx context.Context, items []*item) error {
	if err := b.askAgain(ctx, items); err != nil {
		return err
	}
	return b.mapped(ctx, items)
}

// load reads the target records of items.
func (b *batch) load(ctx context.Context, items []*item) error {
	places := make([]place, len(items))
	for i, it := range items {
		places[i] = place{it.dec.Link.TargetAt, it.dec.Link.TargetKey}
	}
	found, failed, err := b.loadTargets(ctx, places)
	if err != nil {
		return err
	}
	for i, it := range items {
		if err := failed[places[i]]; err != nil {
			it.fail(codeOf(err), fmt.Errorf("read the target record: %w", err))
			continue
		}
		t := found[places[i]]
		it.Target = &t
	}
	return nil
}

func (p *part) loadTargets(ctx context.Context, places []place) (found map[place]link.Target, failed map[place]error, err error) {
	scope, err := p.targetScope(ctx)
	if err != nil {
		return nil, nil, err
	}
	err = p.retried(ctx, func() (err error) {
		found, failed, err = p.job.Target.load(ctx, scope, places)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read target records: %w", err)
	}
	return found, failed, nil
}

// match looks for target records by the match fields.
func (b *batch) match(ctx context.Context, items []*item) error {
	var ask []*item
	req := sdk.FindRequest{Limit: hitsAtMost}
	for _, it := range items {
		data, complete, err := pick(it.Mapped, b.rules.Match.Fields)
		if err != nil {
			it.fail(link.BadRecord, err)
			continue
		}
		if !complete { // nothing matches an empty value
			it.Matches = &[]link.Target{}
			continue
		}
		ask = append(ask, it)
		req.Records = append(req.Records, sdk.Record{Data: data})
	}
	hits, err := b.find(ctx, ask, req)
	if err != nil {
		return err
	}
	ties := b.rules.Match.One != process.OutcomeSkip && b.rules.Match.One != process.OutcomeWarn && b.rules.Match.One != process.OutcomeFail
	for i, it := range ask {
		free := b.unclaimed(it, hits[i], ties)
		it.Matches = &free
	}
	return nil
}

// unclaimed returns the hits that no other item of the batch has taken, and takes
// the one that is left if it is to be tied.
func (b *batch) unclaimed(it *item, hits []link.Target, claim bool) []link.Target {
	free := []link.Target{}
	for _, h := range hits {
		if by, taken := b.claimed[place{h.At, h.Key}]; !taken || by == it {
			free = append(free, h)
		}
	}
	if claim && len(free) == 1 {
		b.claimed[place{free[0].At, free[0].Key}] = it
	}
	return free
}

// resolve looks for what open intents made. Invariant 2: this comes before any
// other create of the same record.
func (b *batch) resolve(ctx context.Context, items []*item) error {
	for _, it := range items {
		rec, err := trace(b.job.Target.Object, *it.Own)
		if err != nil {
			it.fail(link.BadRecord, err)
			continue
		}
		req := sdk.FindRequest{Records: []sdk.Record{rec}, Limit: hitsAtMost}
		if at, err := time.Parse(time.RFC3339, it.Own.IntentAt); err == nil && b.rules.Idempotency == sdk.ByNothing {
			req.Since = at
		}
		hits, err := b.find(ctx, []*item{it}, req)
		if err != nil {
			if !errors.Is(err, sdk.Unsupported) || b.rules.Idempotency != sdk.ByNothing {
				return err
			}
			hits = make([][]link.Target, 1) // it cannot be looked for: the decision will not repeat it
		}
		free := b.unclaimed(it, hits[0], true)
		it.Made = &free
	}
	return nil
}

// trace is what a create left to be found by in object: its intent, its key
// fields, or all it was sent.
func trace(object *sdk.Object, l link.Link) (sdk.Record, error) {
	if object == nil {
		return sdk.Record{Data: l.Base}, nil
	}
	switch object.Idempotency {
	case sdk.ByIntent:
		return sdk.Record{Intent: l.Intent}, nil
	case sdk.ByKey:
		data, complete, err := pick(l.Base, object.Key)
		if err == nil && !complete {
			err = sdk.Errorf(sdk.Invalid, "key_missing", "the record to be created lacks a key field")
		}
		return sdk.Record{Data: data}, err
	}
	return sdk.Record{Data: l.Base}, nil
}

// hitsAtMost is how many target records are asked for one record. Those that are
// linked already do not count, so two would not be enough.
const hitsAtMost = 10

// find returns the target records that match, without those that this process
// has linked to other source records.
func (b *batch) find(ctx context.Context, items []*item, req sdk.FindRequest) ([][]link.Target, error) {
	out := make([][]link.Target, len(req.Records))
	if len(req.Records) == 0 {
		return out, nil
	}
	scope, err := b.targetScope(ctx)
	if err != nil {
		return nil, err
	}
	req.Object, req.Scope = b.job.Target.name(), scope
	var found []sdk.Match
	err = b.retried(ctx, func() (err error) {
		found, err = sdk.Find(ctx, b.job.Target.Conn, req)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find target records: %w", err)
	}
	taken, err := b.taken(ctx, found)
	if err != nil {
		return nil, err
	}
	for _, m := range found {
		if m.Index < 0 || m.Index >= len(out) {
			return nil, sdk.Errorf(sdk.Internal, "find", "a match of record %d of %d", m.Index, len(out))
		}
		if by, ok := taken[place{m.Partition, m.Key}]; ok && by != items[m.Index].Record.Key {
			continue
		}
		out[m.Index] = append(out[m.Index], link.Target{Key: m.Key, Stamp: m.Stamp, At: m.Partition, Data: m.Data})
	}
	return out, nil
}

// taken returns the source keys that this process has linked to target records.
func (b *batch) taken(ctx context.Context, found []sdk.Match) (map[place]string, error) {
	keys := map[string][]string{}
	for _, m := range found {
		keys[m.Partition] = append(keys[m.Partition], m.Key)
	}
	taken := map[place]string{}
	for _, at := range slices.Sorted(maps.Keys(keys)) {
		k := keys[at]
		links, err := b.Store.Links(ctx, LinkQuery{Part: Part{Partition: at}, Keys: k, Reverse: []string{b.id.Process}})
		if err != nil {
			return nil, fmt.Errorf("links: %w", err)
		}
		for _, l := range links {
			if l.State == link.Active {
				taken[place{l.TargetAt, l.TargetKey}] = l.SourceKey
			}
		}
	}
	return taken, nil
}

// pick returns data with only the named top-level fields, and whether all of
// them are there and not empty.
func pick(data []byte, names []string) ([]byte, bool, error) {
	var all, some = map[string]any{}, map[string]any{}
	if err := sdk.Decode(data, &all); err != nil {
		return nil, false, fmt.Errorf("not one JSON object: %w", err)
	}
	complete := true
	for _, n := range names {
		v, ok := all[n]
		if !ok || v == nil || v == "" {
			complete = false
			continue
		}
		some[n] = v
	}
	out, err := sdk.Encode(some)
	return out, complete, err
}
