package catalog

import (
	"context"

	"github.com/gleis-dev/gleis/sdk"
)

// Partitions implements sdk.Partitioner. IDs are unique; a partition without a
// group is a group of its own, one without a title shows its ID.
func (c *Conn) Partitions(ctx context.Context, req sdk.PartitionRequest) (list sdk.PartitionList, err error) {
	k := call{op: "partitions", object: req.Object}
	if err := c.ready(ctx, k, sdk.CanPartition); err != nil {
		return list, err
	}
	defer c.guard(&err, k)
	c.count.Calls.Add(1)
	if list, err = sdk.Partitions(ctx, c.inner, req); err != nil {
		return sdk.PartitionList{}, err
	}
	if len(list.Scope) > maxScope {
		return sdk.PartitionList{}, c.broken(k, "has a scope of %d bytes, at most %d", len(list.Scope), maxScope)
	}
	if len(list.Partitions) > maxPartitions {
		return sdk.PartitionList{}, c.broken(k, "has %d partitions, at most %d", len(list.Partitions), maxPartitions)
	}
	seen := make(map[string]bool, len(list.Partitions))
	parts := make([]sdk.Partition, len(list.Partitions))
	for i, p := range list.Partitions {
		if p.ID == "" || seen[p.ID] || !clean(p.ID) || !clean(p.Group) {
			return sdk.PartitionList{}, c.broken(k, "has a partition %q that has no name, is named twice, or is not valid text", show(p.ID))
		}
		seen[p.ID] = true
		if p.Group == "" {
			p.Group = p.ID
		}
		if p.Title = show(p.Title); p.Title == "" {
			p.Title = p.ID
		}
		parts[i] = p
	}
	list.Partitions = parts
	failed := make([]sdk.Failure, len(list.Failed))
	for i, f := range list.Failed {
		if f.Err == nil {
			f.Err = c.broken(k, "gives no reason")
		}
		failed[i] = sdk.Failure{Key: show(f.Key), Partition: show(f.Partition), Err: call{op: k.op, object: k.object, partition: show(f.Partition)}.describe(f.Err)}
	}
	list.Failed = failed
	return list, nil
}

// Poll implements sdk.Poller: one result per item, in order.
func (c *Conn) Poll(ctx context.Context, req sdk.PollRequest) (list []sdk.PollResult, err error) {
	k := call{op: "poll", object: req.Object}
	if err := c.ready(ctx, k, sdk.CanPoll); err != nil {
		return nil, err
	}
	defer c.guard(&err, k)
	c.count.Calls.Add(1)
	if list, err = sdk.Poll(ctx, c.inner, req); err != nil {
		return nil, err
	}
	if len(list) != len(req.Items) {
		return nil, c.broken(k, "answered %d partitions with %d results", len(req.Items), len(list))
	}
	for i, r := range list {
		if r.Partition != req.Items[i].Partition {
			return nil, c.broken(k, "answered for the partition %q in the place of %q", show(r.Partition), req.Items[i].Partition)
		}
		if len(r.Cursor) > sdk.MaxCursor {
			return nil, c.broken(k, "has a cursor of %d bytes, at most %d", len(r.Cursor), sdk.MaxCursor)
		}
	}
	return list, nil
}
