package testharness

import (
	"bytes"
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
	return checkHas(rec.Data, back.Data)
}

func ruleUpdate(ctx context.Context, s *session) error {
	rec, made, err := s.create(ctx)
	if err != nil {
		return err
	}
	patch, _ := s.sys.Change(rec.Data)
	res, err := s.write(ctx, sdk.Record{Key: made.Key, Partition: made.Partition, Data: patch})
	if err != nil {
		return err
	}
	if res[0].Err != nil || res[0].Key != made.Key || res[0].Outcome != sdk.Done {
		return fmt.Errorf("an update answers with the same key and done, not %q, %s, %v", res[0].Key, res[0].Outcome, res[0].Err)
	}
	back, err := s.byKey(ctx, made.Key)
	if err != nil {
		return err
	}
	return checkHas(patch, back.Data)
}

func ruleDelete(ctx context.Context, s *session) error {
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
		return fmt.Errorf("the delete answers %s, %v", res[0].Outcome, res[0].Err)
	}
	back, err := s.byKey(ctx, made.Key)
	if err != nil {
		return err
	}
	if back.Op != sdk.Delete {
		return fmt.Errorf("the deleted record reads as %s, not as a confirmed delete", back.Op)
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

func ruleStamps(ctx context.Context, s *session) error {
	rec, made, err := s.create(ctx)
	if err != nil {
		return err
	}
	one, err := s.byKey(ctx, made.Key)
	if err != nil {
		return err
	}
	if one.Stamp == "" && s.object.Changed == "" {
		return nil // its records have no stamps
	}
	two, err := s.byKey(ctx, made.Key)
	if err != nil {
		return err
	}
	if one.Stamp == "" || one.Stamp != two.Stamp {
		return errors.New("the stamp of an unchanged record is empty or changes between two reads")
	}
	patch, _ := s.sys.Change(rec.Data)
	up := sdk.Record{Key: made.Key, Partition: made.Partition, Data: patch, IfStamp: one.Stamp}
	if res, err := s.write(ctx, up); err != nil || res[0].Err != nil {
		return fmt.Errorf("an update with the present stamp is refused: %w", errors.Join(err, firstErr(res)))
	}
	three, err := s.byKey(ctx, made.Key)
	if err != nil {
		return err
	}
	if three.Stamp == one.Stamp {
		return errors.New("the stamp stays although the record was changed")
	}
	up.Data, _ = s.sys.Change(patch)
	res, err := s.write(ctx, up) // its stamp is stale now
	if err != nil {
		return err
	}
	if !errors.Is(res[0].Err, sdk.Conflict) || res[0].Outcome != sdk.NotDone {
		return fmt.Errorf("an update with a stale stamp is a conflict that is not done; the answer is %s, %v", res[0].Outcome, res[0].Err)
	}
	four, err := s.byKey(ctx, made.Key)
	if err != nil {
		return err
	}
	if four.Stamp != three.Stamp || !bytes.Equal(four.Data, three.Data) {
		return errors.New("an update with a stale stamp has changed the record")
	}
	return nil
}

func ruleOnlyChanged(ctx context.Context, s *session) error {
	rec, made, err := s.create(ctx)
	if err != nil {
		return err
	}
	patch, changed := s.sys.Change(rec.Data)
	if c := s.sys.Clear; c != "" && c != changed {
		patch = append(bytes.TrimSuffix(bytes.TrimSpace(patch), []byte("}")), []byte(`,"`+c+`":null}`)...)
	}
	if res, err := s.write(ctx, sdk.Record{Key: made.Key, Partition: made.Partition, Data: patch}); err != nil || res[0].Err != nil {
		return fmt.Errorf("the update is refused: %w", errors.Join(err, firstErr(res)))
	}
	back, err := s.byKey(ctx, made.Key)
	if err != nil {
		return err
	}
	got, err := fields(back.Data)
	if err != nil {
		return err
	}
	was, err := fields(rec.Data)
	if err != nil {
		return err
	}
	for name, v := range was {
		switch {
		case name == s.sys.Clear && name != changed:
			if g := got[name]; len(g) > 0 && string(g) != "null" && string(g) != `""` {
				return fmt.Errorf("field %q was cleared with null and reads as %s", name, g)
			}
		case name != changed && !same(v, got[name]):
			return fmt.Errorf("field %q was not in the update and reads as %s, not %s", name, got[name], v)
		}
	}
	return checkHas(mustDrop(patch, s.sys.Clear), back.Data)
}

func firstErr(res []sdk.Result) error {
	if len(res) == 0 {
		return nil
	}
	return res[0].Err
}

// mustDrop returns data without the field name.
func mustDrop(data []byte, name string) []byte {
	m, err := fields(data)
	if err != nil {
		return data
	}
	delete(m, name)
	b, err := sdk.Encode(m)
	if err != nil {
		return data
	}
	return b
}
