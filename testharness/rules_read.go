package testharness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

func ruleSchema(ctx context.Context, s *session) error {
	one, err := s.conn.Schema(ctx)
	if err != nil {
		return s.note(err)
	}
	if err := one.Validate(); err != nil {
		return err
	}
	two, err := s.conn.Schema(ctx)
	if err != nil {
		return s.note(err)
	}
	if !reflect.DeepEqual(one, two) {
		return errors.New("two calls give different schemas")
	}
	if o := one.Object(s.sub.Object); len(o.Key) == 0 {
		return fmt.Errorf("object %q has no key fields: its records cannot be linked", o.Name)
	}
	return nil
}

func ruleRead(ctx context.Context, s *session) error {
	l, err := s.list(ctx, nil)
	if err != nil {
		return err
	}
	if len(l.last) < 25 {
		return fmt.Errorf("the first read brought %d records, the subject promised at least 25", len(l.last))
	}
	if err := checkRound(s, l); err != nil {
		return err
	}
	if !s.object.Allow.ByKey {
		return nil
	}
	return s.checkKeys(ctx, slices.Sorted(maps.Keys(l.there())))
}

// checkKeys asks for known keys and for one that there is not.
func (s *session) checkKeys(ctx context.Context, known []string) error {
	ask := []string{known[0], "no such key", known[len(known)-1]}
	answers := map[string]int{}
	err := s.read(ctx, sdk.ReadRequest{Keys: ask}, func(b sdk.Batch) error {
		if b.Cursor != nil {
			return errors.New("a read by keys returns a cursor")
		}
		for _, r := range b.Records {
			answers[r.Key]++
			if r.Op == sdk.Upsert && !slices.Contains(known, r.Key) {
				return fmt.Errorf("a read by keys brings %q, which does not exist", r.Key)
			}
		}
		for _, f := range b.Failed {
			answers[f.Key]++
			if slices.Contains(known, f.Key) {
				return fmt.Errorf("key %q was listed and is not read by key: %w", f.Key, f.Err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range ask {
		if answers[key] != 1 {
			return fmt.Errorf("a read by keys answers key %q %d times; each is answered once, by a record or a failure", key, answers[key])
		}
	}
	if len(answers) != len(ask) {
		return fmt.Errorf("a read by %d keys answers %d", len(ask), len(answers))
	}
	return nil
}

// checkRound holds a first read against what sdk.Batch promises.
func checkRound(s *session, l *listing) error {
	for i, b := range l.batches {
		last := i == len(l.batches)-1
		switch {
		case b.Start != (i == 0):
			return fmt.Errorf("batch %d: Start is %t; exactly the first batch of a round has it", i, b.Start)
		case b.Done != last:
			return fmt.Errorf("batch %d of %d: Done is %t; exactly the last batch of a round has it", i, len(l.batches), b.Done)
		case !b.Full:
			return fmt.Errorf("batch %d: the first round is a complete listing and says Full", i)
		case s.sub.Batch > 0 && l.sizes[i] > s.sub.Batch:
			return fmt.Errorf("batch %d holds %d records, the subject promised at most %d", i, l.sizes[i], s.sub.Batch)
		case len(b.Failed) > 0:
			return fmt.Errorf("batch %d: %q was not read: %w", i, b.Failed[0].Key, b.Failed[0].Err)
		}
	}
	for key, r := range l.last {
		switch {
		case key == "":
			return errors.New("a record without a key")
		case r.Op == sdk.Upsert && !isObject(r.Data):
			return fmt.Errorf("record %q: the data is not one JSON object", key)
		case r.Op == sdk.Upsert && s.object.Changed != "" && r.Stamp == "":
			return fmt.Errorf("record %q has no stamp although the object names the change field %q", key, s.object.Changed)
		case r.Op == sdk.Delete:
			return fmt.Errorf("record %q: a first read cannot confirm a deletion", key)
		}
	}
	return nil
}

func isObject(data []byte) bool {
	var m map[string]json.RawMessage
	return sdk.Decode(data, &m) == nil && m != nil
}

func ruleResume(ctx context.Context, s *session) error {
	whole, err := s.list(ctx, nil)
	if err != nil {
		return err
	}
	if len(whole.batches) < 2 {
		return notAsked{"the first round is one batch, there is nothing to resume: let the subject hold more records, or make the batches smaller"}
	}
	for n := 1; n < len(whole.batches); n++ {
		part := &listing{last: map[string]sdk.Record{}}
		err := s.read(ctx, sdk.ReadRequest{}, func(b sdk.Batch) error {
			if len(part.batches) == n {
				return errEnough
			}
			part.add(b)
			return nil
		})
		if !errors.Is(err, errEnough) {
			return fmt.Errorf("emit's own error does not come back from the read, but %v", err) //nolint:errorlint // it may be nil, which is shown as it is
		}
		cursor := part.batches[n-1].Cursor
		if cursor == nil {
			continue // not resumable here: the host begins anew
		}
		rest, err := s.list(ctx, cursor)
		if err != nil {
			return fmt.Errorf("reading on after batch %d: %w", n, err)
		}
		if len(rest.batches) > 0 && rest.batches[0].Start && rest.batches[0].Full {
			part.last = map[string]sdk.Record{} // the round was begun anew: it must bring everything itself
		}
		maps.Copy(part.last, rest.last)
		if d := missing(whole.last, part.last); len(d) > 0 {
			return fmt.Errorf("reading on after batch %d of %d misses %d records, the first %q", n, len(whole.batches), len(d), d[0])
		}
	}
	d, end, ok, err := s.direct(ctx)
	if err == nil && ok {
		err = errors.Join(d.obeys(ctx), end())
	}
	return err
}

// obeys refuses a batch and expects the read to end with that very error. It is
// asked directly: a transport hands the error on by itself.
func (s *session) obeys(ctx context.Context) error {
	emitted := 0
	err := s.read(ctx, sdk.ReadRequest{}, func(sdk.Batch) error {
		emitted++
		return errEnough
	})
	if !errors.Is(err, errEnough) || emitted != 1 {
		return fmt.Errorf("an error of emit ends the read, which returns it unchanged or wrapped; emit was called %d times, the read answers: %w", emitted, err)
	}
	return nil
}

// missing returns the keys of want that got lacks, sorted.
func missing(want, got map[string]sdk.Record) []string {
	var keys []string
	for k := range want {
		if _, ok := got[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

func ruleCursors(ctx context.Context, s *session) error {
	first, err := s.list(ctx, nil)
	if err != nil {
		return err
	}
	for i, b := range first.batches {
		if len(b.Cursor) > sdk.MaxCursor {
			return fmt.Errorf("the cursor of batch %d has %d bytes, at most %d are kept", i, len(b.Cursor), sdk.MaxCursor)
		}
	}
	cursor := first.cursor()
	if cursor == nil {
		return errors.New("the last batch has no cursor: each run would read everything")
	}
	for round := range 2 {
		if cursor, err = s.goesOn(ctx, first, cursor); err != nil {
			return fmt.Errorf("round %d: %w", round+2, err)
		}
	}
	return nil
}

// goesOn changes a record and expects it, as it is now, from the cursor, however
// often that is used. It returns the next cursor.
func (s *session) goesOn(ctx context.Context, before *listing, cursor []byte) ([]byte, error) {
	key, err := s.sys.Touch(ctx)
	if err != nil {
		return nil, fmt.Errorf("touch a record: %w", err)
	}
	var next *listing
	for try := range 2 {
		if next, err = s.list(ctx, cursor); err != nil {
			return nil, fmt.Errorf("reading from the same cursor, time %d: %w", try+1, err)
		}
		r, ok := next.last[key]
		was := before.last[key]
		switch {
		case !ok || r.Op != sdk.Upsert:
			return nil, fmt.Errorf("record %q was changed but the read from the last cursor, time %d, does not bring it", key, try+1)
		case bytes.Equal(r.Data, was.Data) && r.Stamp == was.Stamp:
			return nil, fmt.Errorf("record %q was changed but the read from the last cursor, time %d, brings it as it was", key, try+1)
		}
	}
	maps.Copy(before.last, next.last)
	if next.cursor() == nil {
		return nil, errors.New("a round that began at a cursor ends without one: the next run would read everything")
	}
	return next.cursor(), nil
}

func ruleCancel(ctx context.Context, s *session) error {
	if err := s.endsInTime(ctx); err != nil {
		return err
	}
	d, end, ok, err := s.direct(ctx)
	if err == nil && ok {
		err = errors.Join(d.endsInTime(ctx), end())
	}
	return err
}

// endsInTime cancels a read in its first batch.
func (s *session) endsInTime(ctx context.Context) error {
	ctx2, cancel := context.WithCancel(ctx)
	defer cancel()
	entered, ended := make(chan struct{}), make(chan error, 1)
	enter := sync.OnceFunc(func() { close(entered) })
	go func() {
		ended <- s.read(ctx2, sdk.ReadRequest{}, func(sdk.Batch) error {
			enter()
			<-ctx2.Done()
			return ctx2.Err()
		})
	}()
	select {
	case <-entered:
	case err := <-ended:
		return fmt.Errorf("the read ended before its first batch: %w", err)
	}
	cancel()
	select {
	case err := <-ended:
		if err == nil || sdk.KindOf(err) != sdk.Cancelled {
			return fmt.Errorf("a cancelled read answers with kind cancelled, not %v", err) //nolint:errorlint // it may be nil, which is shown as it is
		}
	case <-time.After(time.Second):
		return errors.New("the read goes on more than a second after it was cancelled")
	}
	if _, err := s.list(ctx, nil); err != nil {
		return fmt.Errorf("after a cancelled read the connection does not work: %w", err)
	}
	return nil
}

func ruleQuiet(ctx context.Context, s *session) error {
	first, err := s.list(ctx, nil)
	if err != nil {
		return err
	}
	second, err := s.list(ctx, first.cursor())
	if err != nil {
		return err
	}
	for key, r := range second.last {
		was, known := first.last[key]
		switch {
		case !known:
			return fmt.Errorf("record %q appears although nothing has changed", key)
		case r.Op != was.Op:
			return fmt.Errorf("record %q is %s although nothing has changed", key, r.Op)
		case r.Stamp != was.Stamp:
			return fmt.Errorf("record %q has another stamp although nothing has changed", key)
		}
	}
	if n := len(second.batches); n == 0 || !second.batches[n-1].Done {
		return errors.New("a round without changes ends with a batch that has Done and the new cursor")
	}
	if second.cursor() == nil && first.cursor() != nil {
		return errors.New("a round without changes ends without a cursor: the next one would read everything")
	}
	return nil
}
