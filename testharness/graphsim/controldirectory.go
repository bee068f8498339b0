package graphsim

import (
	"fmt"
	"slices"
	"strings"
)

// The methods below edit the directory as an administrator would. All of it shows in users/delta and groups/delta.

// AddUser adds a member with an empty mailbox; alias becomes the local part of the address, with a number when it is taken.
func (ctl *Control) AddUser(alias, givenName, surname string) User {
	ctl.s.mu.Lock()
	defer ctl.s.mu.Unlock()
	return userOf(ctl.s.addMailUser(alias, givenName, surname, givenName+" "+surname))
}

// addMailUser makes a user with a mailbox.
func (s *Server) addMailUser(alias, givenName, surname, name string) *user {
	t := s.tenant
	upn := alias + "@" + t.domain
	for n := 2; t.byName[strings.ToLower(upn)] != nil; n++ {
		upn = alias + itoa(n) + "@" + t.domain
	}
	u := &user{upn: upn, name: name}
	u.entry = entry{id: t.newID(upn), odata: odataUser, props: memberProps(upn, alias, name, s.stampNow())}
	for name, v := range map[string]string{"givenName": givenName, "surname": surname} {
		if v != "" {
			u.props[name] = v
		}
	}
	u.box = s.newMailbox(u)
	t.addUser(u)
	t.userLog.add(directoryChange{ID: u.id, Created: true})
	return u
}

// memberProps are the properties of a member of the company with a mailbox.
func memberProps(upn, alias, name, created string) map[string]any {
	return map[string]any{
		"accountEnabled": true, "displayName": name, "mail": upn, "mailNickname": alias, "userPrincipalName": upn, "userType": "Member",
		"proxyAddresses": []string{"SMTP:" + upn}, "createdDateTime": created,
	}
}

// AddRoom adds a room: a disabled user with a mailbox, and a place with seats. list is the name of the room list it belongs to, which is
// made when there is none; "" means no list.
func (ctl *Control) AddRoom(alias, name string, capacity int, list string) User {
	ctl.s.mu.Lock()
	defer ctl.s.mu.Unlock()
	return userOf(ctl.s.addRoom(alias, name, capacity, list))
}

func (s *Server) addRoom(alias, name string, capacity int, list string) *user {
	t := s.tenant
	u := s.addMailUser(alias, "", "", name)
	u.props["accountEnabled"] = false
	u.room = &room{
		Capacity: capacity, Building: "1", Floor: 1, FloorLabel: "1", Label: itoa(100 + int(u.num)), Phone: "+49 30 5550 1" + itoa(100+int(u.num)),
		Tags: []string{"Whiteboard"}, Display: "Beamer", Street: "Invalidenstr. 1", City: "Berlin", PostalCode: "10115", Latitude: 52.53, Longitude: 13.38,
	}
	if list == "" {
		return u
	}
	i := slices.IndexFunc(t.roomLists, func(l *roomList) bool { return l.Name == list })
	if i < 0 {
		mail := ascii(strings.ReplaceAll(list, " ", "-")) + "@" + t.domain
		t.roomLists = append(t.roomLists, &roomList{ID: t.newID(mail), Name: list, Mail: mail})
		i = len(t.roomLists) - 1
	}
	t.roomLists[i].Rooms = append(t.roomLists[i].Rooms, u.id)
	return u
}

// ChangeUser changes properties of a user, by their names in Graph; nil empties one.
func (ctl *Control) ChangeUser(who string, change map[string]any) error {
	return ctl.withUser(who, func(u *user) error {
		patch, err := patchOf(userType, change)
		if err == nil {
			err = ctl.s.tenant.changeUser(u, patch)
		}
		if err != nil {
			return err
		}
		return nil
	})
}

// RemoveUser deletes a user with his mailbox. He can be restored.
func (ctl *Control) RemoveUser(who string) error {
	return ctl.withUser(who, func(u *user) error { ctl.s.tenant.dropUser(u); return nil })
}

// RestoreUser brings a deleted user back by his object id, with his mailbox, without his memberships. It fails when another user has one of
// his addresses now.
func (ctl *Control) RestoreUser(id string) error { return ctl.deletedUser(id, (*tenant).restoreUser) }

// PurgeUser deletes a deleted user for good, by his object id.
func (ctl *Control) PurgeUser(id string) error { return ctl.deletedUser(id, (*tenant).purgeUser) }

func (ctl *Control) deletedUser(id string, do func(*tenant, string) bool) error {
	ctl.s.mu.Lock()
	defer ctl.s.mu.Unlock()
	if !do(ctl.s.tenant, id) {
		return fmt.Errorf("graphsim: no deleted user %q whose addresses are free", id)
	}
	return nil
}

// RevokeMailbox takes a user's licence: his mailbox is gone for Graph and answers MailboxNotEnabledForRESTAPI.
func (ctl *Control) RevokeMailbox(who string) error {
	return ctl.withUser(who, func(u *user) error {
		u.box = nil
		u.props["assignedLicenses"], u.props["assignedPlans"] = []any{}, []any{}
		ctl.s.tenant.userLog.add(directoryChange{ID: u.id, Props: []string{"assignedLicenses", "assignedPlans"}})
		return nil
	})
}

// SetEnabled enables or disables a user's account; his mailbox stays.
func (ctl *Control) SetEnabled(who string, enabled bool) error {
	return ctl.ChangeUser(who, map[string]any{"accountEnabled": enabled})
}

// SetManager makes boss the manager of a user; "" means nobody.
func (ctl *Control) SetManager(who, boss string) error {
	return ctl.withUser(who, func(u *user) error {
		if boss == "" {
			u.manager = ""
			return nil
		}
		m := ctl.s.tenant.findByAddress(boss)
		if m == nil || m == u {
			return fmt.Errorf("graphsim: %q cannot be the manager", boss)
		}
		u.manager = m.id
		return nil
	})
}

// SetMailboxTimeZone changes the time zone in a user's mailbox settings; "" is a mailbox that never had one set.
func (ctl *Control) SetMailboxTimeZone(who, name string) error {
	return ctl.withUser(who, func(u *user) error {
		if _, ok := ctl.s.zones.get(name); !ok && name != "" {
			return fmt.Errorf("graphsim: no time zone %q", name)
		}
		m := ctl.s.mailSettings(u)
		m.TimeZone = name
		u.settings = &m
		return nil
	})
}

// AddGroup adds an empty security group and returns its id.
func (ctl *Control) AddGroup(name string) string {
	ctl.s.mu.Lock()
	defer ctl.s.mu.Unlock()
	t := ctl.s.tenant
	g := &group{entry: entry{id: t.newID(name), odata: odataGroup, props: groupProps(name)}}
	g.props["createdDateTime"] = ctl.s.stampNow()
	t.addGroup(g)
	t.groupLog.add(directoryChange{ID: g.id, Created: true})
	return g.id
}

// RemoveGroup deletes the group with a display name.
func (ctl *Control) RemoveGroup(name string) error {
	return ctl.withGroup(name, func(g *group) error { ctl.s.tenant.dropGroup(g); return nil })
}

// AddMember puts a user into the group with a display name; RemoveMember takes him out.
func (ctl *Control) AddMember(groupName, who string) error {
	return ctl.withUser(who, func(u *user) error {
		g := ctl.s.tenant.groupNamed(groupName)
		if g == nil {
			return fmt.Errorf("graphsim: no group %q", groupName)
		}
		ctl.s.tenant.addMember(g, &u.entry)
		return nil
	})
}

// RemoveMember takes a user out of a group.
func (ctl *Control) RemoveMember(groupName, who string) error {
	return ctl.withUser(who, func(u *user) error {
		g := ctl.s.tenant.groupNamed(groupName)
		if g == nil {
			return fmt.Errorf("graphsim: no group %q", groupName)
		}
		ctl.s.tenant.removeMember(g, u.id)
		return nil
	})
}

// AddContact adds an organisational contact, a person outside the tenant that its address book shows, and returns the id.
func (ctl *Control) AddContact(name, mail string) string {
	ctl.s.mu.Lock()
	defer ctl.s.mu.Unlock()
	t := ctl.s.tenant
	given, sur, _ := strings.Cut(name, " ")
	e := &entry{id: t.newID(mail), odata: odataContact, props: map[string]any{
		"displayName": name, "givenName": given, "surname": sur, "mail": mail, "mailNickname": strings.ReplaceAll(ascii(name), " ", "."),
		"proxyAddresses": []string{"SMTP:" + mail}, "phones": []any{}, "addresses": []any{},
	}}
	t.objects++
	e.num = t.objects
	t.contacts = append(t.contacts, e)
	t.contactLog.add(directoryChange{ID: e.id, Created: true})
	return e.id
}

// RemoveContact deletes an organisational contact, by its id.
func (ctl *Control) RemoveContact(id string) error {
	ctl.s.mu.Lock()
	defer ctl.s.mu.Unlock()
	t := ctl.s.tenant
	if t.contact(id) == nil {
		return fmt.Errorf("graphsim: no contact %q", id)
	}
	t.leaveGroups(id)
	t.contacts = slices.DeleteFunc(slices.Clone(t.contacts), func(e *entry) bool { return e.id == id })
	t.contactLog.add(directoryChange{ID: id, Removed: "deleted"})
	return nil
}

func (t *tenant) groupNamed(name string) *group {
	for _, g := range t.groups {
		if g.str("displayName") == name {
			return g
		}
	}
	return nil
}

func (ctl *Control) withGroup(name string, do func(*group) error) error {
	ctl.s.mu.Lock()
	defer ctl.s.mu.Unlock()
	g := ctl.s.tenant.groupNamed(name)
	if g == nil {
		return fmt.Errorf("graphsim: no group %q", name)
	}
	return do(g)
}
