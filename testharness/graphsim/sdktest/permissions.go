package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	msgraph "github.com/microsoftgraph/msgraph-sdk-go"
)

// permissions drives part 2: what a token may do is what its roles or scopes say, in the words of the area that refuses.
func permissions(ctx context.Context, p *proof) {
	s := p.sim
	// a client with these application permissions only; the others come back afterwards
	with := func(roles ...string) (*msgraph.GraphServiceClient, error) {
		var app struct{ ID string }
		if err := s.control(ctx, "registerApp", map[string]any{"app": map[string]any{"Name": "Probe", "Roles": roles}}, &app.ID); err != nil {
			return nil, err
		}
		var secret struct{ Value string }
		if err := s.control(ctx, "addSecret", map[string]any{"app": app.ID, "life": "24h"}, &secret); err != nil {
			return nil, err
		}
		other := *s
		other.ClientID = app.ID
		credential, err := other.secret(secret.Value)
		if err != nil {
			return nil, err
		}
		return s.connect(credential)
	}
	reader, err := with("User.Read.All", "Calendars.Read")
	if err != nil {
		p.call("permissions: prepare", "", func() (string, error) { return "", err })
		return
	}
	anna := reader.Users().ByUserId(p.people[0])
	p.call("application with Calendars.Read: list events", "done", func() (string, error) {
		_, err := anna.Events().Get(ctx, nil)
		return "done", err
	})
	p.call("application with Calendars.Read: create an event", "403 ErrorAccessDenied", func() (string, error) {
		_, err := anna.Events().Post(ctx, p.event("verboten", time.Hour, time.Hour), nil)
		return "done", err
	})
	p.call("application without Contacts.Read: list contacts", "403 ErrorAccessDenied", func() (string, error) {
		_, err := anna.Contacts().Get(ctx, nil)
		return "done", err
	})
	p.call("application without Group.Read.All: list groups", "403 Authorization_RequestDenied", func() (string, error) {
		_, err := reader.Groups().Get(ctx, nil)
		return "done", err
	})
	p.call("application without Tasks.Read.All: list task lists", "401 UnknownError", func() (string, error) {
		_, err := anna.Todo().Lists().Get(ctx, nil)
		return "done", err
	})
	p.call("application: /me", "400 BadRequest", func() (string, error) {
		_, err := reader.Me().Get(ctx, nil)
		return "done", err
	})
	delegated(ctx, p)
}

func delegated(ctx context.Context, p *proof) {
	s := p.sim
	credential, err := s.password(s.User, s.Password)
	if err != nil {
		p.call("delegated: prepare", "", func() (string, error) { return "", err })
		return
	}
	as := func(scopes ...string) *msgraph.GraphServiceClient {
		g, err := s.connect(credential, scopes...)
		if err != nil {
			p.call("delegated: prepare", "", func() (string, error) { return "", err })
		}
		return g
	}
	p.call("person with Calendars.Read: own events", "done", func() (string, error) {
		_, err := as("Calendars.Read").Me().Events().Get(ctx, nil)
		return "done", err
	})
	p.call("person with Calendars.Read: another's events", "403 ErrorAccessDenied", func() (string, error) {
		_, err := as("Calendars.Read").Users().ByUserId(p.people[1]).Events().Get(ctx, nil)
		return "done", err
	})
	p.call("person with User.Read: own profile", s.User, func() (string, error) {
		u, err := as("User.Read").Me().Get(ctx, nil)
		if err != nil {
			return "", err
		}
		return str(u.GetUserPrincipalName()), nil
	})
	p.call("person with Tasks.ReadWrite: own task lists", "done", func() (string, error) {
		_, err := as("Tasks.ReadWrite").Me().Todo().Lists().Get(ctx, nil)
		return "done", err
	})
}

func containsText(err error, text string) bool {
	return err != nil && strings.Contains(fmt.Sprint(err), text)
}
