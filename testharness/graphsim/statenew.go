package graphsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A document may be written by hand. What it leaves out of the service and the tenant is as the server that loads it has it; a user needs
// no more than a principal name. "mailbox": {} is an empty mailbox, and "items" are things in it in the JSON of Graph: events, tasks,
// contacts, and messages that arrived.

// newItems are the items of a user that a document gives in the JSON of Graph.
type newItems struct {
	Events, Tasks, Contacts, Messages []map[string]any
}

// items takes the items out of a user's object. They are made when everything else is loaded.
func (a *archive) items(u *user) {
	raw, ok := a.in["items"]
	if !a.loading || !ok {
		return
	}
	delete(a.in, "items")
	var list newItems
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.DisallowUnknownFields()
	a.failed("items", dec.Decode(&list))
	a.made = append(a.made, func(w *Server) error { return w.makeItems(u, list) })
	if u.box == nil {
		u.box = &mailbox{user: u}
	}
}

// makeItems makes items as their owner would, without a trace in the outbox.
func (s *Server) makeItems(u *user, list newItems) error {
	ctl, sent := s.Control(), s.tenant.outbox
	defer func() { s.tenant.outbox = sent }()
	for _, kind := range []struct {
		name   string
		items  []map[string]any
		create func(string, map[string]any) (string, error)
	}{
		{"events", list.Events, ctl.CreateEvent}, {"tasks", list.Tasks, ctl.CreateTask}, {"contacts", list.Contacts, ctl.CreateContact},
		{"messages", list.Messages, ctl.DeliverMail},
	} {
		for i, item := range kind.items {
			if _, err := kind.create(u.id, item); err != nil {
				return fmt.Errorf("%s %d of %s: %w", kind.name, i+1, u.upn, err)
			}
		}
	}
	return nil
}

// complete makes a whole company of what a document gave; from has what it left out.
func (s *Server) complete(a *archive, v *service, from *tenant) error {
	t := s.tenant
	if t.id == "" {
		t.id, t.domain, t.name, t.clientID, t.secret = from.id, from.domain, from.name, from.clientID, from.secret
	}
	users := t.users
	t.users = nil
	for _, u := range users {
		t.objects = max(t.objects, u.num)
	}
	for _, u := range users {
		if err := s.completeUser(u); err != nil {
			return fmt.Errorf("users: %q: %w", u.upn, err)
		}
	}
	for _, u := range t.deleted {
		if u.box == nil {
			continue
		}
		if err := s.completeMailbox(u.box); err != nil {
			return fmt.Errorf("deletedUsers: %q: %w", u.upn, err)
		}
	}
	for _, finish := range a.after {
		if err := finish(); err != nil {
			return err
		}
	}
	if len(v.login.Apps) == 0 {
		login, err := s.newLogin()
		if err != nil {
			return err
		}
		if v.login, err = login.Save(); err != nil {
			return err
		}
	}
	for _, make := range a.made {
		if err := make(s); err != nil {
			return err
		}
	}
	v.stamped, v.counter = uint64(s.stamped.Load()), s.counter.Load()
	return nil
}

// completeUser gives a user what the document left out, and a place in the directory.
func (s *Server) completeUser(u *user) error {
	t := s.tenant
	if u.upn == "" {
		return errors.New("no principalName")
	}
	alias, _, _ := strings.Cut(u.upn, "@")
	if u.id == "" {
		u.id = t.newID(u.upn)
	}
	if u.id = strings.ToLower(u.id); t.byID[u.id] != nil || t.find(u.upn) != nil {
		return errors.New("two users have this name or id")
	}
	if u.odata == "" {
		u.odata = odataUser
	}
	if u.name == "" {
		u.name = alias
	}
	if u.props == nil {
		u.props = map[string]any{}
	}
	if _, ok := u.props["userPrincipalName"]; !ok {
		for name, value := range memberProps(u.upn, alias, u.name, s.stampNow()) {
			if _, ok := u.props[name]; !ok {
				u.props[name] = value
			}
		}
	}
	t.addUser(u)
	if u.box == nil {
		return nil
	}
	return s.completeMailbox(u.box)
}
