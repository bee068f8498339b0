package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/groups"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

// directory drives users, groups, places, mailbox settings and free/busy of part 4.
func directory(ctx context.Context, p *proof) {
	p.call("users: all, 5 a page, with PageIterator", "14 users", func() (string, error) {
		n := 0
		err := eachUser(ctx, p, &users.UsersRequestBuilderGetQueryParameters{Top: ptr[int32](5)}, func(models.Userable) { n++ })
		return fmt.Sprintf("%d users", n), err
	})
	anna := p.app.Users().ByUserId(p.people[0])
	p.call("users: one by its address, with $select", "anna.mueller@contoso.example, enabled", func() (string, error) {
		u, err := anna.Get(ctx, &users.UserItemRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.UserItemRequestBuilderGetQueryParameters{Select: []string{"mail", "accountEnabled"}},
		})
		if err != nil {
			return "", err
		}
		return str(u.GetMail()) + choose(u.GetAccountEnabled() != nil && *u.GetAccountEnabled(), ", enabled", ", disabled"), nil
	})
	p.call("users: one that is not there", "404 Request_ResourceNotFound", func() (string, error) {
		_, err := p.app.Users().ByUserId("nobody@contoso.example").Get(ctx, nil)
		return "a user", err
	})
	p.call("users: delta, with PageIterator", "14 rows and a delta link", func() (string, error) {
		page, err := p.app.Users().Delta().GetAsDeltaGetResponse(ctx, nil)
		if err != nil {
			return "", err
		}
		n, _, link, err := round[models.Userable](ctx, p, page, users.CreateDeltaGetResponseFromDiscriminatorValue)
		if err != nil {
			return "", err
		}
		again, err := p.app.Users().Delta().WithUrl(link).GetAsDeltaGetResponse(ctx, nil)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d rows and %s", n, choose(len(again.GetValue()) == 0, "a delta link", "more")), nil
	})
	p.call("users: the manager, and back by the reports", "among the reports", func() (string, error) {
		bjoern := p.app.Users().ByUserId(p.people[1])
		m, err := bjoern.Manager().Get(ctx, nil)
		if err != nil {
			return "", err
		}
		u, err := bjoern.Get(ctx, nil)
		if err != nil {
			return "", err
		}
		reports, err := p.app.Users().ByUserId(str(m.GetId())).DirectReports().Get(ctx, nil)
		if err != nil {
			return "", err
		}
		found := slices.ContainsFunc(reports.GetValue(), func(d models.DirectoryObjectable) bool { return str(d.GetId()) == str(u.GetId()) })
		return choose(found, "among the reports", "not among them"), nil
	})
	groupCalls(ctx, p)
	mailboxCalls(ctx, p, anna)
}

// eachUser yields the users of all pages, by the library's PageIterator.
func eachUser(ctx context.Context, p *proof, query *users.UsersRequestBuilderGetQueryParameters, do func(models.Userable)) error {
	first, err := p.app.Users().Get(ctx, &users.UsersRequestBuilderGetRequestConfiguration{QueryParameters: query})
	if err != nil {
		return err
	}
	it, err := core.NewPageIterator[models.Userable](first, p.app.GetAdapter(), models.CreateUserCollectionResponseFromDiscriminatorValue)
	if err != nil {
		return err
	}
	return it.Iterate(ctx, func(u models.Userable) bool { do(u); return true })
}

func groupCalls(ctx context.Context, p *proof) {
	var id string
	p.call("groups: find one by name", "Vertrieb", func() (string, error) {
		list, err := p.app.Groups().Get(ctx, &groups.GroupsRequestBuilderGetRequestConfiguration{
			QueryParameters: &groups.GroupsRequestBuilderGetQueryParameters{Filter: ptr("displayName eq 'Vertrieb'")},
		})
		if err != nil || len(list.GetValue()) != 1 {
			return "not one", err
		}
		id = str(list.GetValue()[0].GetId())
		return str(list.GetValue()[0].GetDisplayName()), nil
	})
	group := p.app.Groups().ByGroupId(id)
	p.call("groups: its members are users", "users", func() (string, error) {
		list, err := group.Members().Get(ctx, nil)
		if err != nil {
			return "", err
		}
		other := slices.ContainsFunc(list.GetValue(), func(d models.DirectoryObjectable) bool { _, ok := d.(models.Userable); return !ok })
		return choose(len(list.GetValue()) > 0 && !other, "users", "others"), nil
	})
	p.call("groups: members of members, counted (ConsistencyLevel)", "a count", func() (string, error) {
		n, err := group.TransitiveMembers().Count().Get(ctx, &groups.ItemTransitiveMembersCountRequestBuilderGetRequestConfiguration{Headers: headers("ConsistencyLevel", "eventual")})
		if err != nil {
			return "", err
		}
		return choose(*n > 0, "a count", "none"), nil
	})
	p.call("groups: delta, with PageIterator", "rows and a delta link", func() (string, error) {
		page, err := p.app.Groups().Delta().GetAsDeltaGetResponse(ctx, nil)
		if err != nil {
			return "", err
		}
		n, _, link, err := round[models.Groupable](ctx, p, page, groups.CreateDeltaGetResponseFromDiscriminatorValue)
		return choose(n > 0, "rows", "no rows") + choose(link != "", " and a delta link", ""), err
	})
	p.call("places: rooms", "rooms with an address", func() (string, error) {
		list, err := p.app.Places().GraphRoom().Get(ctx, nil)
		if err != nil {
			return "", err
		}
		bare := slices.ContainsFunc(list.GetValue(), func(r models.Roomable) bool { return str(r.GetEmailAddress()) == "" })
		return choose(len(list.GetValue()) > 0 && !bare, "rooms with an address", "none"), nil
	})
}

func mailboxCalls(ctx context.Context, p *proof, anna *users.UserItemRequestBuilder) {
	p.call("mailbox: its settings", "W. Europe Standard Time", func() (string, error) {
		s, err := anna.MailboxSettings().Get(ctx, nil)
		if err != nil {
			return "", err
		}
		return str(s.GetTimeZone()), nil
	})
	p.call("mailbox: set the time zone", "UTC", func() (string, error) {
		s := models.NewMailboxSettings()
		s.SetTimeZone(ptr("UTC"))
		changed, err := anna.MailboxSettings().Patch(ctx, s, nil)
		if err != nil {
			return "", err
		}
		return str(changed.GetTimeZone()), nil
	})
	p.call("mailbox: free and busy times of two people (getSchedule)", "2 schedules, busy", func() (string, error) {
		if _, err := anna.Events().Post(ctx, p.event("belegt", 100*time.Hour, time.Hour), nil); err != nil {
			return "", err
		}
		body := users.NewItemCalendarGetSchedulePostRequestBody()
		body.SetSchedules(p.people[:2])
		body.SetStartTime(moment(p.now.Add(100 * time.Hour)))
		body.SetEndTime(moment(p.now.Add(101 * time.Hour)))
		body.SetAvailabilityViewInterval(ptr[int32](60))
		answer, err := anna.Calendar().GetSchedule().PostAsGetSchedulePostResponse(ctx, body, nil)
		if err != nil {
			return "", err
		}
		view := str(answer.GetValue()[0].GetAvailabilityView())
		return fmt.Sprintf("%d schedules, %s", len(answer.GetValue()), choose(view == "2", "busy", view)), nil
	})
}
