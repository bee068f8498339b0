package run_test

import (
	"context"
	"slices"
	"testing"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

// mutant is the engine with one of its precautions taken away, at the seam where
// it shows: what the engine stores, asks or is told is bent so that it behaves as
// if it lacked the precaution. The oracle must see each of them; an oracle that
// misses one proves nothing.
type mutant int

const (
	careful       mutant = iota
	ackFirst             // the cursor is stored before the writes
	noLookup             // a create is repeated without looking for the earlier one
	noIntent             // no intent is stored before a create
	trustRemoved         // disappeared is taken for deleted
	anyErrIsGone         // any failed question confirms a deletion
	emptyDeletes         // what a complete listing lacks is deleted
	tokAnyway            // the cursor is stored although a record failed, which is not parked
	intentsForgot        // open intents are not looked for in a full read
	emptyBelieved        // an empty or short listing is believed at once
	emptyRefused         // an empty listing is refused for good
	aba                  // no unknown mark while an update is under way
	silentHold           // deletions that are held are shown to nobody
	mutants
)

func (m mutant) String() string {
	return [...]string{"careful", "ackFirst", "noLookup", "noIntent", "trustRemoved", "anyErrIsGone", "emptyDeletes", "tokAnyway",
		"intentsForgot", "emptyBelieved", "emptyRefused", "aba", "silentHold"}[m]
}

// ends returns what the engine of the simulation is given.
func (m mutant) ends(s *simulation) (run.Store, sdk.Conn, sdk.Conn) {
	return &bentStore{memStore: s.store, m: m}, &bentSource{simSource: s.src, s: s, m: m}, &bentTarget{simTarget: s.dst, m: m}
}

// bentStore is a store that bends what it is given and asked.
type bentStore struct {
	*memStore
	m mutant
}

func (b *bentStore) Select(ctx context.Context, q run.Selection) ([]link.Link, error) {
	links, err := b.memStore.Select(ctx, q)
	if b.m == intentsForgot {
		links = slices.DeleteFunc(links, func(l link.Link) bool { return l.State == link.Creating })
	}
	return links, err
}

func (b *bentStore) Intend(ctx context.Context, links []link.Link) error {
	switch b.m {
	case noIntent:
		links = slices.DeleteFunc(slices.Clone(links), func(l link.Link) bool { return l.State == link.Creating })
	case aba:
		links = slices.DeleteFunc(slices.Clone(links), func(l link.Link) bool { return l.Unknown })
	}
	return b.memStore.Intend(ctx, links)
}

func (b *bentStore) Commit(ctx context.Context, c run.Commit) error {
	switch b.m {
	case tokAnyway:
		c.Park = nil
	case silentHold:
		c.Hold = slices.DeleteFunc(slices.Clone(c.Hold), func(h run.Hold) bool { return h.State == run.HoldHeld })
		for _, h := range c.Journal {
			if h.Reason == "brake" {
				c.Unhold = append(c.Unhold, link.ID{Process: c.Process, SourcePartition: c.Partition, SourceKey: h.SourceKey})
			}
		}
	}
	return b.memStore.Commit(ctx, c)
}

// bentSource is a source that bends what it tells.
type bentSource struct {
	*simSource
	s     *simulation
	m     mutant
	empty *sdk.Batch // emptyBelieved: the first reading, told once more as the second
}

func (b *bentSource) Read(ctx context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	if req.Keys != nil {
		return b.readKeys(ctx, req, emit)
	}
	if again := b.empty; again != nil && req.Cursor == nil {
		b.empty = nil
		return emit(*again)
	}
	listed := map[string]bool{}
	return b.simSource.Read(ctx, req, func(batch sdk.Batch) error {
		switch b.m {
		case ackFirst:
			part := run.Part{Process: "sim"}
			pos := b.s.store.positions[part]
			pos.Cursor = batch.Cursor
			if batch.Cursor != nil {
				if err := b.s.store.Commit(ctx, run.Commit{Part: part, Position: &pos}); err != nil {
					return err
				}
			}
		case trustRemoved:
			for i := range batch.Records {
				if batch.Records[i].Op == sdk.Missing {
					batch.Records[i].Op = sdk.Delete
				}
			}
		case emptyBelieved:
			b.empty = nil
			if batch.Full && batch.Start && batch.Done && len(batch.Records) == 0 {
				b.empty = &batch
			}
		case emptyRefused:
			if batch.Full && batch.Done && len(batch.Records) == 0 && len(b.s.store.links) > 0 {
				return sdk.Errorf(sdk.Invalid, "empty", "an empty listing is refused")
			}
		case emptyDeletes:
			for _, r := range batch.Records {
				listed[r.Key] = true
			}
			if batch.Full && batch.Done {
				for id, l := range b.s.store.links {
					if l.State == link.Active && !listed[id.SourceKey] {
						batch.Records = append(batch.Records, sdk.Record{Op: sdk.Delete, Key: id.SourceKey})
					}
				}
			}
		}
		return emit(batch)
	})
}

func (b *bentSource) readKeys(ctx context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	return b.simSource.Read(ctx, req, func(batch sdk.Batch) error {
		if b.m == anyErrIsGone {
			for _, f := range batch.Failed {
				batch.Records = append(batch.Records, sdk.Record{Op: sdk.Delete, Key: f.Key})
			}
			batch.Failed = nil
			for i := range batch.Records {
				if batch.Records[i].Op == sdk.Missing {
					batch.Records[i].Op = sdk.Delete
				}
			}
		}
		return emit(batch)
	})
}

// bentTarget is a target that bends what it tells.
type bentTarget struct {
	*simTarget
	m mutant
}

func (b *bentTarget) Find(ctx context.Context, req sdk.FindRequest) ([]sdk.Match, error) {
	if b.m == noLookup {
		return nil, nil
	}
	return b.simTarget.Find(ctx, req)
}

// TestMutantsAreCaught proves that the oracle sees: each mutant loses, doubles or
// wrongly deletes a record, or gets stuck, within its budget of histories.
func TestMutantsAreCaught(t *testing.T) {
	if raceEnabled {
		t.Skip("the same histories of one goroutine as without the race detector")
	}
	const budget, step = 20000, 500
	rare := map[mutant]int{emptyRefused: 6500} // the histories before are all well
	for m := careful + 1; m < mutants; m++ {
		t.Run(m.String(), func(t *testing.T) {
			for from := rare[m]; from < rare[m]+budget; from += step {
				if seed, what, failed, _ := play(uint64(from), step, m, false); failed > 0 {
					t.Logf("%d of %d histories fail; seed %d: %s", failed, step, seed, what)
					return
				}
			}
			t.Errorf("no oracle saw the mutant in %d histories", budget)
		})
	}
}
