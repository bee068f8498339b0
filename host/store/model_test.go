package store_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/run"
)

// world is what a store holds, kept the simple way.
type world struct {
	links     map[link.ID]link.Link
	holds     map[link.ID]run.Hold
	parked    map[run.Part]map[string]run.Parked
	positions map[run.Part]run.Position
	journal   []run.Entry
}

func (w *world) commit(c run.Commit) {
	for _, l := range c.Forget {
		delete(w.links, l)
	}
	for _, l := range c.Links {
		w.links[l.ID] = l
	}
	for _, h := range c.Unhold {
		delete(w.holds, h)
	}
	for _, h := range c.Hold {
		w.holds[h.ID] = h
	}
	if w.parked[c.Part] == nil {
		w.parked[c.Part] = map[string]run.Parked{}
	}
	for _, k := range c.Unpark {
		delete(w.parked[c.Part], k)
	}
	for _, p := range c.Park {
		w.parked[c.Part][p.Key] = p
	}
	w.journal = append(w.journal, c.Journal...)
	if c.Position != nil {
		w.positions[c.Part] = *c.Position
	}
	for _, l := range w.links {
		if l.Process == c.Process && l.SourcePartition == c.Partition && slices.Contains(c.Seen, l.SourceKey) {
			l.Round = w.positions[c.Part].Round
			w.links[l.ID] = l
		}
	}
}

func byID(a, b link.ID) int {
	return cmp.Or(cmp.Compare(a.Process, b.Process), cmp.Compare(a.SourcePartition, b.SourcePartition), cmp.Compare(a.SourceKey, b.SourceKey), cmp.Compare(a.TargetPartition, b.TargetPartition))
}

// where returns the links for which keep is true, ordered.
func (w *world) where(keep func(link.Link) bool) []link.Link {
	var list []link.Link
	for _, l := range w.links {
		if keep(l) {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b link.Link) int { return byID(a.ID, b.ID) })
	return list
}

// gens draws parts, links and commits of one case; processes carry the number of
// the case, so that cases share a store.
type gens struct {
	part *rapid.Generator[run.Part]
	id   *rapid.Generator[link.ID]
	link *rapid.Generator[link.Link]
	key  *rapid.Generator[string]
}

func generators(number int64) gens {
	word := rapid.SampledFrom([]string{"", "a", "b", "A", "é", "x\x00y", `"\`, "zz"})
	key := rapid.SampledFrom([]string{"k1", "k2", "k3", "K1", "k1 ", "\xff", "k\n"})
	process := rapid.Map(rapid.IntRange(1, 2), func(n int) string { return fmt.Sprintf("case %d process %d", number, n) })
	partition := rapid.SampledFrom([]string{"", "anna", "berta"})
	part := rapid.Custom(func(t *rapid.T) run.Part {
		return run.Part{Process: process.Draw(t, "process"), Partition: partition.Draw(t, "partition")}
	})
	id := rapid.Custom(func(t *rapid.T) link.ID {
		p := part.Draw(t, "part")
		return link.ID{Process: p.Process, SourcePartition: p.Partition, SourceKey: key.Draw(t, "key"), TargetPartition: rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "to")}
	})
	l := rapid.Custom(func(t *rapid.T) link.Link {
		l := link.Link{
			ID: id.Draw(t, "id"), TargetKey: rapid.OneOf(key, word).Draw(t, "target"), TargetAt: partition.Draw(t, "at"), SourceStamp: word.Draw(t, "s"), TargetStamp: word.Draw(t, "t"),
			State: link.State(rapid.IntRange(0, 3).Draw(t, "state")), Unknown: rapid.Bool().Draw(t, "unknown"), Suspect: rapid.Bool().Draw(t, "suspect"),
			Intent: word.Draw(t, "intent"), IntentAt: word.Draw(t, "since"), Round: rapid.Int64Range(0, 5).Draw(t, "round"), At: word.Draw(t, "lies"), Parent: word.Draw(t, "parent"),
		}
		if rapid.Bool().Draw(t, "agreed") {
			l.Base = rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "base")
		}
		return l
	})
	return gens{part, id, l, key}
}

func (g gens) commit(t *rapid.T) run.Commit {
	c := run.Commit{
		Part: g.part.Draw(t, "part"), Run: 1, Links: rapid.SliceOfN(g.link, 0, 5).Draw(t, "links"), Forget: rapid.SliceOfN(g.id, 0, 2).Draw(t, "forget"),
		Seen: rapid.SliceOfN(g.key, 0, 4).Draw(t, "seen"), Unhold: rapid.SliceOfN(g.id, 0, 2).Draw(t, "unhold"), Unpark: rapid.SliceOfN(g.key, 0, 2).Draw(t, "unpark"),
	}
	for _, h := range rapid.SliceOfN(g.id, 0, 2).Draw(t, "hold") {
		c.Hold = append(c.Hold, run.Hold{ID: h, TargetKey: "t", State: rapid.SampledFrom([]run.HoldState{run.HoldPending, run.HoldHeld, run.HoldReleased}).Draw(t, "state"), Since: noon()})
	}
	for _, k := range rapid.SliceOfN(g.key, 0, 2).Draw(t, "park") {
		c.Park = append(c.Park, run.Parked{Part: c.Part, Key: k, Attempts: rapid.IntRange(0, 9).Draw(t, "attempts"), Since: noon()})
	}
	for _, k := range rapid.SliceOfN(g.key, 0, 3).Draw(t, "lines") {
		c.Journal = append(c.Journal, run.Entry{Run: 1, Time: noon(), Part: c.Part, SourceKey: k, Action: "update"})
	}
	if rapid.Bool().Draw(t, "moved") {
		p := run.Position{Round: rapid.Int64Range(0, 5).Draw(t, "position"), Full: rapid.Bool().Draw(t, "full"), Open: rapid.Bool().Draw(t, "open"), Doubt: rapid.Bool().Draw(t, "doubt")}
		if rapid.Bool().Draw(t, "resumable") {
			p.Cursor = rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "cursor")
		}
		c.Position = &p
	}
	return c
}

// Any sequence of commits leaves in the store what it leaves in the simple
// world, and every question has the same answer.
func TestStoreEqualsItsModel(t *testing.T) {
	t.Parallel()
	db, _ := open(t, t.TempDir())
	ctx := t.Context()
	var cases atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		g := generators(cases.Add(1))
		w := &world{map[link.ID]link.Link{}, map[link.ID]run.Hold{}, map[run.Part]map[string]run.Parked{}, map[run.Part]run.Position{}, nil}
		same := func(what string, want, got any, err error) {
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if d := gocmp.Diff(want, got); d != "" {
				t.Fatalf("%s (-want +got):\n%s", what, d)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"commit": func(t *rapid.T) {
				c := g.commit(t)
				if err := db.Commit(ctx, c); err != nil {
					t.Fatal(err)
				}
				w.commit(c)
			},
			"intend": func(t *rapid.T) {
				links := rapid.SliceOfN(g.link, 0, 3).Draw(t, "links")
				if err := db.Intend(ctx, links); err != nil {
					t.Fatal(err)
				}
				w.commit(run.Commit{Links: links})
			},
			"forget": func(t *rapid.T) {
				p := g.part.Draw(t, "part")
				if err := db.Forget(ctx, p); err != nil {
					t.Fatal(err)
				}
				pos := w.positions[p]
				pos.Cursor = nil
				w.positions[p] = pos
			},
			"links": func(t *rapid.T) {
				q := run.LinkQuery{Part: g.part.Draw(t, "part"), Keys: rapid.SliceOfN(g.key, 0, 4).Draw(t, "keys")}
				other := g.part.Draw(t, "sibling").Process
				if other == q.Process {
					other = "none"
				}
				if rapid.Bool().Draw(t, "reverse") {
					q.Reverse = []string{other}
				} else {
					q.Parallel = []string{other}
				}
				got, err := db.Links(ctx, q)
				slices.SortFunc(got, func(a, b link.Link) int { return byID(a.ID, b.ID) })
				if len(got) == 0 {
					got = nil
				}
				same("links", w.where(func(l link.Link) bool {
					own := l.Process == q.Process || slices.Contains(q.Parallel, l.Process)
					return own && l.SourcePartition == q.Partition && slices.Contains(q.Keys, l.SourceKey) ||
						slices.Contains(q.Reverse, l.Process) && l.TargetAt == q.Partition && l.TargetKey != "" && slices.Contains(q.Keys, l.TargetKey)
				}), got, err)
			},
			"": func(t *rapid.T) {
				p := g.part.Draw(t, "part")
				mine := func(l link.Link) bool { return l.Process == p.Process && l.SourcePartition == p.Partition }
				got, err := db.Select(ctx, run.Selection{Part: p})
				if len(got) == 0 {
					got = nil
				}
				same("select", w.where(mine), got, err)
				n, err := db.Count(ctx, p)
				same("count", len(w.where(func(l link.Link) bool { return mine(l) && l.State == link.Active })), n, err)
				pos, err := db.Position(ctx, p)
				same("position", w.positions[p], pos, err)
				parked, err := db.Parked(ctx, p, false)
				same("parked", sorted(w.parked[p], func(a, b run.Parked) int { return cmp.Compare(a.Key, b.Key) }), parked, err)
				holds, err := db.Holds(ctx, p.Process)
				of := maps.Clone(w.holds)
				maps.DeleteFunc(of, func(h link.ID, _ run.Hold) bool { return h.Process != p.Process })
				same("holds", sorted(of, func(a, b run.Hold) int { return byID(a.ID, b.ID) }), holds, err)
				lines, err := db.Journal(ctx, p.Process, "", 1000)
				var want []run.Entry
				for _, e := range slices.Backward(w.journal) {
					if e.Process == p.Process {
						want = append(want, e)
					}
				}
				same("journal", want, lines, err)
			},
		})
	})
}

func sorted[K comparable, V any](m map[K]V, compare func(a, b V) int) []V {
	return slices.SortedFunc(maps.Values(m), compare)
}
