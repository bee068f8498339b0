package main

import (
	"context"
	"fmt"
	"time"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

// entity is what every row of a delta answer is to the library.
type entity interface {
	GetId() *string
	GetAdditionalData() map[string]any
}

// round takes a delta round to its end with the library's PageIterator: how many rows, how many of them removed, and the link for the next.
func round[T entity](ctx context.Context, p *proof, first any, make serialization.ParsableFactory) (rows, removed int, link string, err error) {
	it, err := core.NewPageIterator[T](first, p.app.GetAdapter(), make)
	if err != nil {
		return 0, 0, "", err
	}
	err = it.Iterate(ctx, func(e T) bool {
		rows++
		if e.GetAdditionalData()["@removed"] != nil {
			removed++
		}
		return true
	})
	return rows, removed, str(it.GetOdataDeltaLink()), err
}

// steps are the three calls that a delta query is proved by: everything, nothing, what changed.
type steps[T entity] struct {
	what   string
	first  func() (any, error)
	next   func(link string) (any, error)
	make   serialization.ParsableFactory
	change func() error // makes one row and removes another
}

func (s steps[T]) run(ctx context.Context, p *proof) {
	var link string
	p.call(s.what+": the first round, with PageIterator", "rows and a delta link", func() (string, error) {
		page, err := s.first()
		if err != nil {
			return "", err
		}
		n, _, l, err := round[T](ctx, p, page, s.make)
		link = l
		return choose(n > 0, "rows", "no rows") + " and " + choose(link != "", "a delta link", "no delta link"), err
	})
	follow := func() (string, error) {
		page, err := s.next(link)
		if err != nil {
			return "", err
		}
		n, removed, l, err := round[T](ctx, p, page, s.make)
		link = l
		return fmt.Sprintf("%d rows, %d of them removed", n, removed), err
	}
	p.call(s.what+": a round without changes", "0 rows, 0 of them removed", follow)
	p.call(s.what+": a round after one was made and one deleted", "2 rows, 1 of them removed", func() (string, error) {
		if err := s.change(); err != nil {
			return "", err
		}
		return follow()
	})
}

func eventDelta(ctx context.Context, p *proof, clara *users.UserItemRequestBuilder) {
	old, err := clara.Events().Post(ctx, p.event("alt", 5*time.Hour, time.Hour), nil)
	if err != nil {
		p.call("calendarView/delta: prepare", "", func() (string, error) { return "", err })
		return
	}
	window := func() *users.ItemCalendarViewDeltaRequestBuilderGetRequestConfiguration {
		return &users.ItemCalendarViewDeltaRequestBuilderGetRequestConfiguration{
			Headers:         headers("Prefer", "odata.maxpagesize=2"),
			QueryParameters: &users.ItemCalendarViewDeltaRequestBuilderGetQueryParameters{StartDateTime: ptr(p.at(-7)), EndDateTime: ptr(p.at(14))},
		}
	}
	steps[models.Eventable]{
		what:  "calendarView/delta",
		first: func() (any, error) { return clara.CalendarView().Delta().GetAsDeltaGetResponse(ctx, window()) },
		next: func(link string) (any, error) {
			return clara.CalendarView().Delta().WithUrl(link).GetAsDeltaGetResponse(ctx, nil)
		},
		make: users.CreateItemCalendarViewDeltaGetResponseFromDiscriminatorValue,
		change: func() error {
			if _, err := clara.Events().Post(ctx, p.event("neu", 6*time.Hour, time.Hour), nil); err != nil {
				return err
			}
			return clara.Events().ByEventId(str(old.GetId())).Delete(ctx, nil)
		},
	}.run(ctx, p)
	p.call("calendarView/delta: with $select", "400 ErrorInvalidUrlQuery", func() (string, error) {
		c := window()
		c.QueryParameters.Select = []string{"subject"}
		_, err := clara.CalendarView().Delta().GetAsDeltaGetResponse(ctx, c)
		return "rows", err
	})
	p.call("calendarView/delta: without a window", "400 ErrorInvalidParameter", func() (string, error) {
		_, err := clara.CalendarView().Delta().GetAsDeltaGetResponse(ctx, nil)
		return "rows", err
	})
	p.call("events/delta from a day on", "rows and a delta link", func() (string, error) {
		page, err := clara.Events().Delta().GetAsDeltaGetResponse(ctx, &users.ItemEventsDeltaRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.ItemEventsDeltaRequestBuilderGetQueryParameters{StartDateTime: ptr(p.at(-7))},
		})
		if err != nil {
			return "", err
		}
		n, _, l, err := round[models.Eventable](ctx, p, page, users.CreateItemEventsDeltaGetResponseFromDiscriminatorValue)
		return choose(n > 0, "rows", "no rows") + " and " + choose(l != "", "a delta link", "no delta link"), err
	})
}
