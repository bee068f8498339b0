package run

import (
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// knownShown is how many partitions the error about an unknown one names.
const knownShown = 5

// chosen narrows list to Options.Partitions: each is an ID or, in any case of
// letters, a title, for people know a mailbox by its address. One that is unknown
// ends the run before anything has run.
func (w *work) chosen(list sdk.PartitionList) (sdk.PartitionList, error) {
	if w.opts.Partitions == nil {
		return list, nil
	}
	some := sdk.PartitionList{Scope: list.Scope}
	wanted, failed := make([]bool, len(list.Partitions)), make([]bool, len(list.Failed))
	for _, name := range w.opts.Partitions {
		found := false
		byID := slices.ContainsFunc(list.Partitions, func(p sdk.Partition) bool { return p.ID == name })
		for i, p := range list.Partitions {
			if p.ID == name || !byID && strings.EqualFold(p.Title, name) {
				wanted[i], found = true, true
			}
		}
		for i, f := range list.Failed {
			if strings.EqualFold(f.Partition, name) {
				failed[i], found = true, true
			}
		}
		if !found {
			return some, w.noPartition(name, list.Partitions)
		}
	}
	for i, p := range list.Partitions {
		if wanted[i] {
			some.Partitions = append(some.Partitions, p)
		}
	}
	for i, f := range list.Failed {
		if failed[i] {
			some.Failed = append(some.Failed, f)
		}
	}
	return some, nil
}

func (w *work) noPartition(name string, known []sdk.Partition) error {
	process := w.job.Process.Name
	var names []string
	for _, p := range known {
		if p.Title != "" {
			names = append(names, p.Title)
		} else if p.ID != "" {
			names = append(names, p.ID)
		}
	}
	if len(names) == 0 {
		return sdk.Errorf(sdk.Invalid, "partition_unknown", "%s has no partition %q: its source has no partitions", process, name)
	}
	more := ""
	if len(names) > knownShown {
		names, more = names[:knownShown], ", …"
	}
	return sdk.Errorf(sdk.Invalid, "partition_unknown", "%s has no partition %q; it has %s%s", process, name, strings.Join(names, ", "), more)
}
