package testharness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
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
	return checkRound(s, l)
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
			return fmt.Errorf("emit's own error does not come back from the read, but %v", err)
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
	key, err := s.sys.Touch(ctx)
	if err != nil {
		return fmt.Errorf("touch a record: %w", err)
	}
	for try := range 2 {
		next, err := s.list(ctx, cursor)
		if err != nil {
			return fmt.Errorf("reading from the same cursor, time %d: %w", try+1, err)
		}
		if r, ok := next.last[key]; !ok || r.Op != sdk.Upsert {
			return fmt.Errorf("record %q was changed but the read from the last cursor, time %d, does not bring it", key, try+1)
		}
	}
	return nil
}

func ruleCancel(ctx context.Context, s *session) error {
	ctx2, cancel := context.WithCancel(ctx)
	defer cancel()
	entered, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- s.read(ctx2, sdk.ReadRequest{}, func(sdk.Batch) error {
			close(entered)
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
			return fmt.Errorf("a cancelled read answers with kind cancelled, not %v", err)
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
	return nil
}
