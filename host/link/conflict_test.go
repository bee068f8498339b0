package link_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/sdk"
)

// content is a record of two fields; nil is one that does not exist.
type content map[string]string

func (c content) json(t *testing.T) []byte {
	t.Helper()
	b, err := sdk.Encode(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (c content) String() string {
	if c == nil {
		return "gone"
	}
	return c["title"] + "/" + c["note"]
}

// TestConflictsLoseNothing walks all pairs of what may have happened to the two
// sides since they agreed, under each rule: 64 cells. What is overridden stands
// in the decision.
func TestConflictsLoseNothing(t *testing.T) {
	t.Parallel()
	sides := func(v string) map[string]content {
		return map[string]content{
			"unchanged": {"title": "B", "note": "B"},
			"title":     {"title": v, "note": "B"},
			"note":      {"title": "B", "note": v},
			"deleted":   nil,
		}
	}
	source, target := sides("S"), sides("T")
	rules := []process.Conflict{process.SourceWins, process.TargetWins, process.Skip, process.Merge}
	cells := 0
	for _, row := range []struct {
		source, target string
		want           [4]string // what the target holds afterwards, by rule
	}{
		{"unchanged", "unchanged", [4]string{"B/B", "B/B", "B/B", "B/B"}},
		{"unchanged", "title", [4]string{"T/B", "T/B", "T/B", "T/B"}}, // carried by the other direction
		{"unchanged", "note", [4]string{"B/T", "B/T", "B/T", "B/T"}},
		{"unchanged", "deleted", [4]string{"gone", "gone", "gone", "gone"}},
		{"title", "unchanged", [4]string{"S/B", "S/B", "S/B", "S/B"}},
		{"title", "title", [4]string{"S/B", "T/B", "T/B", "S/B"}},
		{"title", "note", [4]string{"S/B", "B/T", "B/T", "S/T"}},
		{"title", "deleted", [4]string{"S/B", "gone", "gone", "S/B"}}, // the change wins
		{"note", "unchanged", [4]string{"B/S", "B/S", "B/S", "B/S"}},
		{"note", "title", [4]string{"B/S", "T/B", "T/B", "T/S"}},
		{"note", "note", [4]string{"B/S", "B/T", "B/T", "B/S"}},
		{"note", "deleted", [4]string{"B/S", "gone", "gone", "B/S"}},
		{"deleted", "unchanged", [4]string{"gone", "gone", "gone", "gone"}},
		{"deleted", "title", [4]string{"T/B", "T/B", "T/B", "T/B"}}, // the change wins
		{"deleted", "note", [4]string{"B/T", "B/T", "B/T", "B/T"}},
		{"deleted", "deleted", [4]string{"gone", "gone", "gone", "gone"}},
	} {
		for i, rule := range rules {
			cells++
			t.Run(fmt.Sprintf("source %s, target %s, %s", row.source, row.target, rule), func(t *testing.T) {
				t.Parallel()
				after, dec := carry(t, source[row.source], target[row.target], rule)
				if after.String() != row.want[i] {
					t.Errorf("the target holds %s, want %s (%s, %s)", after, row.want[i], dec.Action, dec.Reason)
				}
				kept := maps.Clone(dec.Lost)
				for name, v := range target[row.target] {
					if v == "T" && after[name] != "T" && kept[name] != `"T"` {
						t.Errorf("the target's %s is nowhere: %v", name, dec.Lost)
					}
				}
				for name, v := range source[row.source] {
					if v == "S" && after != nil && after[name] != "S" && rule == process.TargetWins && kept[name] != `"S"` {
						t.Errorf("the source's %s is nowhere: %v", name, dec.Lost)
					}
				}
			})
		}
	}
	if cells < 32 {
		t.Errorf("%d cells", cells)
	}
}

// carry decides on a record that was agreed as B/B and is now src at the source
// and dst at the target, and returns what the target holds then.
func carry(t *testing.T, src, dst content, rule process.Conflict) (content, link.Decision) {
	t.Helper()
	base := content{"title": "B", "note": "B"}
	own := link.Link{ID: link.ID{Process: "p", SourceKey: "1"}, TargetKey: "t1", SourceStamp: "s1", TargetStamp: "t1", Base: base.json(t)}
	tgt := &link.Target{State: link.Gone, Key: "t1"}
	if dst != nil {
		tgt = &link.Target{Key: "t1", Stamp: "t1", Data: dst.json(t)}
		if !cmp.Equal(dst, base) {
			tgt.Stamp = "t2"
		}
	}
	rules := link.Rules{Conflict: rule, CanLoad: true, CanAsk: true}
	in := link.Input{ID: own.ID, Own: &own, Record: sdk.Record{Key: "1", Op: sdk.Delete}}
	if src != nil {
		in.Record, in.Mapped = sdk.Record{Key: "1", Stamp: "s1"}, src.json(t)
		if !cmp.Equal(src, base) {
			in.Record.Stamp = "s2"
		}
	}
	dec := link.Decide(in, rules)
	if dec.Action == link.Load {
		in.Target = tgt
		dec = link.Decide(in, rules)
	}
	if dec.Action == link.Hold {
		dec = link.DecideDelete(dec.Link, tgt, nil, rules)
	}
	after := maps.Clone(dst)
	switch dec.Action {
	case link.Create, link.Update:
		if after == nil {
			after = content{}
		}
		set := content{}
		if err := sdk.Decode(dec.Data, &set); err != nil {
			t.Fatal(err)
		}
		maps.Copy(after, set)
	case link.Delete, link.Bury:
		after = nil
	case link.Skip, link.Raise, link.Release:
	default:
		t.Fatalf("unexpected %s (%s)", dec.Action, dec.Reason)
	}
	return after, dec
}
