package graphsim

import "slices"

// directoryLog is what changed in a collection of the directory, for its delta. Its feed counts changes and generations of tokens.
type directoryLog struct {
	feed
	changes []directoryChange
}

// directoryChange is a change of one object.
type directoryChange struct {
	Seq     uint64
	ID      string
	Created bool     // made or restored: all its properties are new
	Removed string   // why it is gone: "changed" (it can be restored) or "deleted"
	Props   []string // names of changed properties
	Members []memberChange
}

// memberChange is an object that came into a group or left it.
type memberChange struct {
	ID, Type string
	Left     bool
}

func (l *directoryLog) add(ch directoryChange) {
	l.seq++
	ch.Seq = l.seq
	l.changes = append(l.changes, ch)
}

// directorySum is what a number of changes mean for one object.
type directorySum struct {
	first   uint64 // the first of them
	id      string
	created bool
	removed string
	props   map[string]bool
	members []memberChange // the last change of each member
}

// between sums up the changes after since up to until, an object each, in the order of their first change.
func (l *directoryLog) between(since, until uint64) []*directorySum {
	var out []*directorySum
	byID := map[string]*directorySum{}
	for _, ch := range l.changes {
		if ch.Seq <= since || ch.Seq > until {
			continue
		}
		sum := byID[ch.ID]
		if sum == nil {
			sum = &directorySum{first: ch.Seq, id: ch.ID, props: map[string]bool{}}
			byID[ch.ID] = sum
			out = append(out, sum)
		}
		sum.created = sum.created || ch.Created
		sum.removed = ch.Removed
		for _, p := range ch.Props {
			sum.props[p] = true
		}
		for _, m := range ch.Members {
			sum.members = slices.DeleteFunc(sum.members, func(x memberChange) bool { return x.ID == m.ID })
			sum.members = append(sum.members, m)
		}
	}
	return out
}

// addGroup gives a group its number in the order of making.
func (t *tenant) addGroup(g *group) {
	t.objects++
	g.num = t.objects
	t.groups = append(t.groups, g)
}

// addMember is false when the object is a member already.
func (t *tenant) addMember(g *group, e *entry) bool {
	if slices.ContainsFunc(g.members, func(m *entry) bool { return m.id == e.id }) {
		return false
	}
	g.members = append(slices.Clip(g.members), e)
	t.groupLog.add(directoryChange{ID: g.id, Members: []memberChange{{ID: e.id, Type: e.odata}}})
	return true
}

// removeMember is false when there is no such member.
func (t *tenant) removeMember(g *group, id string) bool {
	i := slices.IndexFunc(g.members, func(m *entry) bool { return m.id == id })
	if i < 0 {
		return false
	}
	gone := g.members[i]
	g.members = slices.Concat(g.members[:i], g.members[i+1:])
	t.groupLog.add(directoryChange{ID: g.id, Members: []memberChange{{ID: gone.id, Type: gone.odata, Left: true}}})
	return true
}

// leaveGroups takes an object out of all groups.
func (t *tenant) leaveGroups(id string) {
	for _, g := range t.groups {
		t.removeMember(g, id)
		g.owners = slices.DeleteFunc(slices.Clone(g.owners), func(e *entry) bool { return e.id == id })
	}
}

// dropUser deletes a user, who can be restored for a while.
func (t *tenant) dropUser(u *user) {
	t.leaveGroups(u.id)
	t.removeUser(u)
	t.deleted = append(t.deleted, u)
	t.userLog.add(directoryChange{ID: u.id, Removed: "changed"})
}

// undelete takes a user from the deleted ones; nil: there is none.
func (t *tenant) undelete(id string) *user {
	i := slices.IndexFunc(t.deleted, func(u *user) bool { return u.id == id })
	if i < 0 {
		return nil
	}
	u := t.deleted[i]
	t.deleted = slices.Delete(t.deleted, i, i+1)
	return u
}

// restoreUser brings a deleted user back, without the memberships; false: there is none, or another user has one of the addresses now.
func (t *tenant) restoreUser(id string) bool {
	for _, u := range t.deleted {
		if u.id == id && slices.ContainsFunc(u.addresses(), func(a string) bool { return t.byName[a] != nil }) {
			return false
		}
	}
	u := t.undelete(id)
	if u == nil {
		return false
	}
	u.num = 0 // the collection is in the order of numbers
	t.addUser(u)
	t.userLog.add(directoryChange{ID: u.id, Created: true})
	return true
}

// purgeUser deletes a deleted user for good; false: there is none.
func (t *tenant) purgeUser(id string) bool {
	if t.undelete(id) == nil {
		return false
	}
	t.userLog.add(directoryChange{ID: id, Removed: "deleted"})
	return true
}

// dropGroup deletes a group: one of Microsoft 365 can be restored, a security group is gone for good.
func (t *tenant) dropGroup(g *group) {
	t.leaveGroups(g.id)
	t.groups = slices.DeleteFunc(slices.Clone(t.groups), func(x *group) bool { return x == g })
	reason := "deleted"
	if kinds, _ := g.props["groupTypes"].([]string); slices.Contains(kinds, "Unified") {
		reason = "changed"
	}
	t.groupLog.add(directoryChange{ID: g.id, Removed: reason})
}
