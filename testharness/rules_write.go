package testharness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gleis-dev/gleis/sdk"
)

// fields decodes a JSON object one level deep.
func fields(data []byte) (map[string]json.RawMessage, error) {
	var m map[string]json.RawMessage
	if err := sdk.Decode(data, &m); err != nil {
		return nil, err
	}
	return m, nil
}

// same reports whether two JSON values are equal but for the order of names and
// for members that only got has: systems add defaults to objects.
func same(want, got json.RawMessage) bool {
	var w, g any
	if sdk.Decode(want, &w) != nil || sdk.Decode(got, &g) != nil {
		return false
	}
	return within(w, g)
}

func within(want, got any) bool {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return false
		}
		for k, v := range w {
			if !within(v, g[k]) {
				return false
			}
		}
		return true
	case []any:
		g, ok := got.([]any)
		if !ok || len(w) != len(g) {
			return false
		}
		for i := range w {
			if !within(w[i], g[i]) {
				return false
			}
		}
		return true
	}
	return want == got
}

// checkHas reports the first field of want that got lacks or holds otherwise.
func checkHas(want, got []byte) error {
	w, err := fields(want)
	if err != nil {
		return err
	}
	g, err := fields(got)
	if err != nil {
		return err
	}
	for name, v := range w {
		if !same(v, g[name]) {
			return fmt.Errorf("field %q was written as %s and reads as %s", name, v, g[name])
		}
	}
	return nil
}

func ruleWrite(ctx context.Context, s *session) error {
	rec, res, err := s.create(ctx)
	if err != nil {
		return err
	}
	back, err := s.byKey(ctx, res.Key)
	if err != nil {
		return err
	}
	if res.Stamp != "" && back.Stamp != res.Stamp {
		return errors.New("the stamp in the answer of the create is not the one that is read")
	}
	if err := checkHas(rec.Data, back.Data); err != nil {
		return err
	}
	if err := s.dryRun(ctx); err != nil {
		return err
	}
	return s.several(ctx)
}

// dryRun expects that a dry run changes nothing.
func (s *session) dryRun(ctx context.Context) error {
	before, err := s.list(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := s.send(ctx, sdk.WriteRequest{DryRun: true, Records: []sdk.Record{{Intent: s.intent(), Data: s.sys.Fresh()}}}); err != nil {
		return fmt.Errorf("a dry run: %w", err)
	}
	if err := s.expect(ctx, before.there()); err != nil {
		return fmt.Errorf("after a dry run %w", err)
	}
	return nil
}

// several creates three records at once and expects the answers in their order,
// and nothing else to have changed.
func (s *session) several(ctx context.Context) error {
	before, err := s.list(ctx, nil)
	if err != nil {
		return err
	}
	var recs []sdk.Record
	for range 3 {
		recs = append(recs, sdk.Record{Intent: s.intent(), Data: s.sys.Fresh()})
	}
	res, err := s.write(ctx, recs...)
	if err != nil {
		return err
	}
	want := before.there()
	for i, r := range res {
		if r.Err != nil {
			return fmt.Errorf("of several new records, number %d is refused: %w", i+1, r.Err)
		}
		back, err := s.byKey(ctx, r.Key)
		if err != nil {
			return err
		}
		if err := checkHas(recs[i].Data, back.Data); err != nil {
			return fmt.Errorf("of several new records, the answer to number %d leads to another: %w", i+1, err)
		}
		want[r.Key] = back.Stamp
	}
	return s.expect(ctx, want)
}

// expect compares what is there with keys and their stamps.
func (s *session) expect(ctx context.Context, want map[string]string) error {
	l, err := s.list(ctx, nil)
	if err != nil {
		return err
	}
	got := l.there()
	for key, stamp := range want {
		now, ok := got[key]
		switch {
		case !ok:
			return fmt.Errorf("record %q is gone", key)
		case now != stamp:
			return fmt.Errorf("record %q has changed although it was not written", key)
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			return fmt.Errorf("there is a record %q that nobody created", key)
		}
	}
	return nil
}

func ruleUpdate(ctx context.Context, s *session) error {
	rec, made, err := s.create(ctx)
	if err != nil {
		return err
	}
	before, err := s.list(ctx, nil)
	if err != nil {
		return err
	}
	patch, _ := s.sys.Change(rec.Data)
	res, err := s.write(ctx, sdk.Record{Key: made.Key, Partition: made.Partition, Data: patch})
	if err != nil {
		return err
	}
	if res[0].Err != nil || res[0].Key != made.Key || res[0].Outcome != sdk.Done {
		return fmt.Errorf("an update answers with the same key and done, not %q, %s, %v", res[0].Key, res[0].Outcome, res[0].Err) //nolint:errorlint // it may be nil, which is shown as it is
	}
	back, err := s.byKey(ctx, made.Key)
	if err != nil {
		return err
	}
	if err := checkHas(patch, back.Data); err != nil {
		return err
	}
	want := before.there()
	want[made.Key] = back.Stamp
	if err := s.expect(ctx, want); err != nil {
		return err
	}
	if !s.object.Allow.Delete {
		return nil
	}
	return s.updateGone(ctx, made, patch)
}

// updateGone updates a record that was deleted: what does not exist cannot have
// been updated.
func (s *session) updateGone(ctx context.Context, made sdk.Result, patch []byte) error {
	if res, err := s.write(ctx, sdk.Record{Op: sdk.Delete, Key: made.Key, Partition: made.Partition}); err != nil || res[0].Err != nil {
		return errors.Join(err, firstErr(res))
	}
	res, err := s.write(ctx, sdk.Record{Key: made.Key, Partition: made.Partition, Data: patch})
	if err != nil || res[0].Err != nil {
		return err // refused, as it should be
	}
	if back, err := s.byKey(ctx, made.Key); err != nil || back.Op != sdk.Upsert {
		return fmt.Errorf("the update of a record that was deleted answers %s without an error", res[0].Outcome)
	}
	return nil
}

func ruleDelete(ctx context.Context, s *session) error {
	before, err := s.list(ctx, nil)
	if err != nil {
		return err
	}
	_, made, err := s.create(ctx)
	if err != nil {
		return err
	}
	gone := sdk.Record{Op: sdk.Delete, Key: made.Key, Partition: made.Partition}
	res, err := s.write(ctx, gone)
	if err != nil {
		return err
	}
	if res[0].Err != nil || res[0].Outcome != sdk.Done {
		return fmt.Errorf("the delete answers %s, %v", res[0].Outcome, res[0].Err) //nolint:errorlint // it may be nil, which is shown as it is
	}
	back, err := s.byKey(ctx, made.Key)
	if err != nil {
		return err
	}
	if back.Op != sdk.Delete {
		return fmt.Errorf("the deleted record reads as %s, not as a confirmed delete", back.Op)
	}
	if err := s.expect(ctx, before.there()); err != nil {
		return fmt.Errorf("after a create and its delete %w", err)
	}
	again, err := s.write(ctx, gone)
	if err != nil {
		return err
	}
	if e := again[0].Err; e != nil && !errors.Is(e, sdk.NotFound) {
		return fmt.Errorf("deleting twice answers %w, not done or not found", e)
	}
	return nil
}

func ruleFind(ctx context.Context, s *session) error {
	rec := sdk.Record{Op: sdk.Upsert, Intent: fmt.Sprintf("harness-lost-%p", s), Data: s.sys.Fresh()}
	s.sys.LoseAnswers()
	res, err := s.write(ctx, rec)
	if err == nil && res[0].Err == nil {
		return errors.New("the answer of the create was lost, and the connector says nothing of it")
	}
	if err == nil && res[0].Outcome == sdk.NotDone {
		return errors.New("the answer of the create was lost, and the connector says it was not done")
	}
	if err := s.findsOne(ctx, rec); err != nil {
		return err
	}
	if s.object.Idempotency != sdk.ByKey {
		return nil // the host looks for the record before it creates again
	}
	res, err = s.write(ctx, rec)
	if err != nil {
		return fmt.Errorf("repeating the create: %w", err)
	}
	if e := res[0].Err; e != nil && !errors.Is(e, sdk.Conflict) {
		return fmt.Errorf("repeating the create answers %w, not done or conflict", e)
	}
	if err := s.findsOne(ctx, rec); err != nil {
		return fmt.Errorf("after the repeated create: %w", err)
	}
	return nil
}

// findsOne expects exactly one record that matches rec.
func (s *session) findsOne(ctx context.Context, rec sdk.Record) error {
	m, err := sdk.Find(ctx, s.conn, sdk.FindRequest{Object: s.sub.Object, Scope: s.scope, Records: []sdk.Record{rec}, Limit: 3})
	if s.note(err) != nil {
		return err
	}
	if len(m) != 1 || m[0].Index != 0 || m[0].Key == "" {
		return fmt.Errorf("the created record is found %d times, not once", len(m))
	}
	return nil
}

func firstErr(res []sdk.Result) error {
	if len(res) == 0 {
		return nil
	}
	return res[0].Err
}
