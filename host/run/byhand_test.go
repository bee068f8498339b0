package run_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/connectors/memory"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

// parkedKeys are the records that the next run would ask for again.
func (b *bench) parkedKeys() []string {
	b.t.Helper()
	parked, err := b.store.Parked(b.t.Context(), run.Part{Process: "people"}, true)
	if err != nil {
		b.t.Fatal(err)
	}
	var keys []string
	for _, p := range parked {
		keys = append(keys, p.Partition+"/"+p.Key)
	}
	return keys
}

// TestAMistypedKeyLeavesNothingBehind: a key that nobody knows fails in the run
// that was given it, once for all mailboxes, and in no other.
func TestAMistypedKeyLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]struct {
		err         error // nil: as a source does that knows of no such record
		unconfirmed bool
	}{
		"deleted":   {},
		"missing":   {unconfirmed: true},
		"malformed": {err: sdk.Errorf(sdk.Invalid, "id_malformed", "the id is malformed")},
		"not found": {err: sdk.Errorf(sdk.NotFound, "no_item", "no such item")},
	} {
		for _, partitions := range [][]string{nil, {"a", "b", "c"}} {
			t.Run(name+" in "+strings.Join(partitions, ""), func(t *testing.T) {
				t.Parallel()
				b := newBench(t, person(partitions...), contact(sdk.ByIntent))
				b.src.Switch(func(s *memory.Switches) { s.Unconfirmed = answer.unconfirmed })
				for _, p := range append([]string{}, partitions...) {
					b.src.FailRead("person", p, "nosuch", answer.err)
				}
				if partitions == nil {
					b.src.FailRead("person", "", "nosuch", answer.err)
				}
				b.run(run.Options{})
				rep := b.sum(run.Options{Keys: []string{"nosuch", "nosuch"}}, run.Sum{Read: 1, Failed: 1})
				if len(rep.Unknown) != 1 || !errors.Is(rep.Unknown[0], sdk.NotFound) || sdk.AsError(rep.Unknown[0]).Code != "record_unknown" || !strings.Contains(rep.Unknown[0].Error(), "nosuch") {
					t.Errorf("unknown: %v", rep.Unknown)
				}
				if len(b.entry) != 1 || b.entry[0].Action != "fail" || b.entry[0].Reason != "record_unknown" || b.entry[0].SourceKey != "nosuch" {
					t.Errorf("journal:\n%s", b.lines())
				}
				if kept, err := b.store.Journal(t.Context(), "people", "nosuch", 0); err != nil || len(kept) != 1 {
					t.Errorf("kept: %v %v", kept, err)
				}
				if keys := b.parkedKeys(); keys != nil {
					t.Errorf("parked: %v", keys)
				}
				b.sum(run.Options{}, run.Sum{})
			})
		}
	}
}

func TestAKeyOfOneMailboxDoesNotFailTheOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t, person("a", "b", "c"), contact(sdk.ByIntent))
	b.putIn("b", "1", "Ada", "x")
	b.src.FailRead("person", "a", "1", sdk.Errorf(sdk.Invalid, "id_malformed", "the id is malformed"))
	rep := b.sum(run.Options{Keys: []string{"1"}}, run.Sum{Read: 1, Created: 1})
	if rep.Unknown != nil {
		t.Errorf("unknown: %v", rep.Unknown)
	}
	// A mailbox that cannot tell says so, and is not asked again for a record it may never have had.
	b.src.FailRead("person", "c", "1", sdk.Errorf(sdk.Auth, "locked", "no access"))
	b.sum(run.Options{Keys: []string{"1"}}, run.Sum{Read: 2, Unchanged: 1, Failed: 1})
	if keys := b.parkedKeys(); keys != nil {
		t.Errorf("parked: %v", keys)
	}
	// A linked record that the source fails to read is parked as ever.
	b.src.FailRead("person", "b", "1", sdk.Errorf(sdk.Invalid, "broken", "the record is broken"))
	b.src.FailRead("person", "c", "1", nil)
	b.sum(run.Options{Keys: []string{"1"}}, run.Sum{Read: 1, Failed: 1})
	if d := cmp.Diff([]string{"b/1"}, b.parkedKeys()); d != "" {
		t.Error(d)
	}
	b.src.FailRead("person", "b", "1", nil)
	b.run(run.Options{Keys: []string{"1"}})
	if keys := b.parkedKeys(); keys != nil {
		t.Errorf("parked: %v", keys)
	}
}
