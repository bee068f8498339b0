package main

import (
	"context"
	"fmt"
	"time"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

// queries drives the query options of part 6: those of the directory, with and without ConsistencyLevel, and those of a mailbox.
func queries(ctx context.Context, p *proof) {
	list := func(advanced bool, q users.UsersRequestBuilderGetQueryParameters) (models.UserCollectionResponseable, error) {
		c := &users.UsersRequestBuilderGetRequestConfiguration{QueryParameters: &q}
		if advanced {
			c.Headers = headers("ConsistencyLevel", "eventual")
			q.Count = ptr(true)
		}
		return p.app.Users().Get(ctx, c)
	}
	names := func(r models.UserCollectionResponseable, err error) (string, error) {
		if err != nil {
			return "", err
		}
		out := ""
		for _, u := range r.GetValue() {
			out += str(u.GetGivenName()) + " "
		}
		return out + choose(r.GetOdataCount() != nil, "counted", "not counted"), nil
	}
	p.call("users: $filter by the beginning of a name", "Anna not counted", func() (string, error) {
		return names(list(false, users.UsersRequestBuilderGetQueryParameters{Filter: ptr("startswith(displayName,'Anna')")}))
	})
	p.call("users: $filter with in, $orderby and $count (ConsistencyLevel)", "Clara Björn Anna counted", func() (string, error) {
		return names(list(true, users.UsersRequestBuilderGetQueryParameters{Filter: ptr("givenName in ('Anna','Björn','Clara')"), Orderby: []string{"displayName desc"}}))
	})
	p.call("users: $search in a name (ConsistencyLevel)", "Anna counted", func() (string, error) {
		return names(list(true, users.UsersRequestBuilderGetQueryParameters{Search: ptr(`"displayName:Anna"`)}))
	})
	p.call("users: $search without ConsistencyLevel", "400 Request_BadRequest", func() (string, error) {
		return names(list(false, users.UsersRequestBuilderGetQueryParameters{Search: ptr(`"displayName:Anna"`)}))
	})
	p.call("users: $filter with not, without ConsistencyLevel", "400 Request_UnsupportedQuery", func() (string, error) {
		return names(list(false, users.UsersRequestBuilderGetQueryParameters{Filter: ptr("not startswith(displayName,'A')")}))
	})
	p.call("users: $filter that is no expression", "400 BadRequest", func() (string, error) {
		return names(list(false, users.UsersRequestBuilderGetQueryParameters{Filter: ptr("displayName eq")}))
	})
	p.call("users: $filter over addresses (any)", "Anna not counted", func() (string, error) {
		return names(list(false, users.UsersRequestBuilderGetQueryParameters{Filter: ptr("proxyAddresses/any(a:a eq 'SMTP:anna.mueller@contoso.example')")}))
	})
	p.call("users: $top above the most", "400 Request_UnsupportedQuery", func() (string, error) {
		return names(list(false, users.UsersRequestBuilderGetQueryParameters{Top: ptr[int32](1000)}))
	})
	p.call("users/$count (ConsistencyLevel)", "14", func() (string, error) {
		n, err := p.app.Users().Count().Get(ctx, &users.CountRequestBuilderGetRequestConfiguration{Headers: headers("ConsistencyLevel", "eventual")})
		if err != nil {
			return "", err
		}
		return fmt.Sprint(*n), nil
	})
	mailboxQueries(ctx, p)
}

func mailboxQueries(ctx context.Context, p *proof) {
	who := p.app.Users().ByUserId(p.people[3])
	for i := range 5 {
		if _, err := who.Events().Post(ctx, p.event(fmt.Sprintf("Frage %d", i), time.Duration(200+i)*time.Hour, time.Hour), nil); err != nil {
			p.call("events: prepare", "", func() (string, error) { return "", err })
			return
		}
	}
	list := func(q users.ItemEventsRequestBuilderGetQueryParameters) (string, error) {
		r, err := who.Events().Get(ctx, &users.ItemEventsRequestBuilderGetRequestConfiguration{QueryParameters: &q})
		if err != nil {
			return "", err
		}
		var out []string
		for _, e := range r.GetValue() {
			out = append(out, str(e.GetSubject()))
		}
		return fmt.Sprint(out, choose(r.GetOdataNextLink() != nil, " and more", "")), nil
	}
	after := ptr("startswith(subject,'Frage') and start/dateTime ge '" + p.now.Add(201*time.Hour).Format(wallClock) + "'")
	p.call("events: $filter by subject and start, $orderby, $top, $skip", "[Frage 2 Frage 3] and more", func() (string, error) {
		return list(users.ItemEventsRequestBuilderGetQueryParameters{Filter: after, Orderby: []string{"start/dateTime"}, Top: ptr[int32](2), Skip: ptr[int32](1), Select: []string{"subject"}})
	})
	p.call("events: $filter that is no expression", "400 BadRequest", func() (string, error) {
		return list(users.ItemEventsRequestBuilderGetQueryParameters{Filter: ptr("start/dateTime ge")})
	})
	p.call("events: $select of what no event has", "400 RequestBroker--ParseUri", func() (string, error) {
		return list(users.ItemEventsRequestBuilderGetQueryParameters{Select: []string{"betreff"}})
	})
	p.call("events: $count beside the items", "5", func() (string, error) {
		r, err := who.Events().Get(ctx, &users.ItemEventsRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.ItemEventsRequestBuilderGetQueryParameters{Filter: ptr("startswith(subject,'Frage')"), Count: ptr(true), Top: ptr[int32](1)},
		})
		if err != nil || r.GetOdataCount() == nil {
			return "no count", err
		}
		return fmt.Sprint(*r.GetOdataCount()), nil
	})
	p.call("calendarView: $filter within the window", "5 events", func() (string, error) {
		r, err := who.CalendarView().Get(ctx, &users.ItemCalendarViewRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.ItemCalendarViewRequestBuilderGetQueryParameters{StartDateTime: ptr(p.at(8)), EndDateTime: ptr(p.at(10)), Filter: ptr("startswith(subject,'Frage')")},
		})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d events", len(r.GetValue())), nil
	})
}
