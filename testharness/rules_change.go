package testharness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gleis-dev/gleis/sdk"
)

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
		return fmt.Errorf("an update with a stale stamp is a conflict that is not done; the answer is %s, %v", res[0].Outcome, res[0].Err) //nolint:errorlint // it may be nil, which is shown as it is
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
	was, err := fields(rec.Data)
	if err != nil {
		return err
	}
	patch, changed := s.sys.Change(rec.Data)
	delete(was, changed)
	if err := s.patches(ctx, made, patch, was); err != nil {
		return err
	}
	clears := s.sys.Clear
	if clears == "" || clears == changed {
		return nil
	}
	delete(was, clears)
	if patch, err = sdk.Encode(map[string]any{clears: nil}); err != nil {
		return err
	}
	if err := s.patches(ctx, made, patch, was); err != nil {
		return err
	}
	back, err := s.byKey(ctx, made.Key)
	if err != nil {
		return err
	}
	got, err := fields(back.Data)
	if err != nil {
		return err
	}
	if g := got[clears]; len(g) > 0 && string(g) != "null" && string(g) != `""` {
		return fmt.Errorf("field %q was cleared with null and reads as %s", clears, g)
	}
	return nil
}

// patches updates a record with patch and expects the fields in stay as they were.
func (s *session) patches(ctx context.Context, made sdk.Result, patch []byte, stay map[string]json.RawMessage) error {
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
	for name, v := range stay {
		if !same(v, got[name]) {
			return fmt.Errorf("field %q was not in the update and reads as %s, not %s", name, got[name], v)
		}
	}
	return nil
}
