package host

import (
	"context"
	"slices"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

// Holds returns the deletions that wait, of one process or of all for "".
func (h *Host) Holds(ctx context.Context, process string) ([]run.Hold, error) {
	if process != "" && h.file.Process(process) == nil {
		return nil, &UnknownError{What: "process", Name: process, Known: h.processNames()}
	}
	return h.db.Holds(ctx, process)
}

// Release lets the next run of process carry out held deletions: those of the
// records with these source keys, all that the brake holds without keys. It
// returns them. Nothing is changed if one of the keys is not held.
func (h *Host) Release(ctx context.Context, process string, keys []string) ([]run.Hold, error) {
	return h.setHolds(ctx, process, keys, run.HoldReleased)
}

// Reject gives held deletions up, as Release: the target records stay, and are
// no longer tied to what was deleted.
func (h *Host) Reject(ctx context.Context, process string, keys []string) ([]run.Hold, error) {
	return h.setHolds(ctx, process, keys, "")
}

func (h *Host) setHolds(ctx context.Context, process string, keys []string, state run.HoldState) ([]run.Hold, error) {
	all, err := h.Holds(ctx, process)
	if err != nil {
		return nil, err
	}
	var some []run.Hold
	var ids []link.ID
	found := map[string]bool{}
	for _, hold := range all {
		if hold.State == run.HoldHeld && (len(keys) == 0 || slices.Contains(keys, hold.SourceKey)) {
			some, ids = append(some, hold), append(ids, hold.ID)
			found[hold.SourceKey] = true
		}
	}
	for _, k := range keys {
		if !found[k] {
			return nil, sdk.Errorf(sdk.NotFound, "not_held", "process %s holds no deletion of the record %q", process, k)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return some, h.db.SetHolds(ctx, ids, state)
}
