package msgraph

import (
	"context"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// resolvedFor is how long a selection that the connection resolved for itself is used again.
const resolvedFor = 10 * time.Minute

// resolvedScope is a selection that was resolved where the host brought none (queries, writes without a scope).
type resolvedScope struct {
	scope *scope
	until time.Time
}

// Partitions implements sdk.Partitioner: the users of the selection, resolved anew. ID is the user's id in the directory, Group the same
// with the kind of budget that Graph gives it, Title his address.
func (c *Conn) Partitions(ctx context.Context, req sdk.PartitionRequest) (sdk.PartitionList, error) {
	if err := known(req.Object); err != nil {
		return sdk.PartitionList{}, err
	}
	s, failed, err := c.resolve(ctx)
	if err != nil {
		return sdk.PartitionList{}, err
	}
	list := sdk.PartitionList{Failed: failed}
	for i := range s.users {
		u := &s.users[i]
		list.Partitions = append(list.Partitions, sdk.Partition{ID: u.id, Group: u.id, Title: u.address()})
	}
	c.keep(s)
	list.Scope, err = s.encode()
	return list, err
}

func (c *Conn) keep(s *scope) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.resolved = resolvedScope{scope: s, until: c.env.Now().Add(resolvedFor)}
}

// scope decodes the scope of a run, or resolves the selection where there is none.
func (c *Conn) scope(ctx context.Context, raw []byte) (*scope, error) {
	if len(raw) > 0 {
		return c.scopes.decode(raw)
	}
	c.mu.Lock()
	r := c.resolved
	c.mu.Unlock()
	if r.scope != nil && c.env.Now().Before(r.until) {
		return r.scope, nil
	}
	s, failed, err := c.resolve(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range failed {
		c.env.Log.Warn("a user of the selection is left out", "user", f.Partition, "error", f.Err)
	}
	c.keep(s)
	return s, nil
}

func known(object string) error {
	switch object {
	case objectEvent, objectTask, objectContact:
		return nil
	}
	return sdk.Errorf(sdk.Invalid, "object_unknown", "there is no object %q; known are event, task and contact", object)
}
