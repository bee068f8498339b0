package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

// daily is a series of so many days from tomorrow on.
func (p *proof) daily(subject string, days int32) models.Eventable {
	e := p.event(subject, 24*time.Hour, 30*time.Minute)
	pattern := models.NewRecurrencePattern()
	pattern.SetTypeEscaped(ptr(models.DAILY_RECURRENCEPATTERNTYPE))
	pattern.SetInterval(ptr[int32](1))
	rng := models.NewRecurrenceRange()
	rng.SetTypeEscaped(ptr(models.NUMBERED_RECURRENCERANGETYPE))
	rng.SetStartDate(serialization.NewDateOnly(p.now.Add(24 * time.Hour)))
	rng.SetNumberOfOccurrences(&days)
	rng.SetRecurrenceTimeZone(ptr("UTC"))
	r := models.NewPatternedRecurrence()
	r.SetPattern(pattern)
	r.SetRangeEscaped(rng)
	e.SetRecurrence(r)
	return e
}

func series(ctx context.Context, p *proof, anna *users.UserItemRequestBuilder) {
	var master models.Eventable = models.NewEvent()
	var days []models.Eventable
	instances := func() ([]models.Eventable, error) {
		list, err := anna.Events().ByEventId(str(master.GetId())).Instances().Get(ctx, &users.ItemEventsItemInstancesRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.ItemEventsItemInstancesRequestBuilderGetQueryParameters{StartDateTime: ptr(p.at(0)), EndDateTime: ptr(p.at(30))},
		})
		if err != nil {
			return nil, err
		}
		return list.GetValue(), nil
	}
	p.call("series: create one of 7 days", "seriesMaster daily 7", func() (string, error) {
		made, err := anna.Events().Post(ctx, p.daily("Stand", 7), nil)
		if err != nil {
			return "", err
		}
		master = made
		r := made.GetRecurrence()
		return fmt.Sprintf("%s %s %d", made.GetTypeEscaped(), r.GetPattern().GetTypeEscaped(), *r.GetRangeEscaped().GetNumberOfOccurrences()), nil
	})
	p.call("series: its instances", "7 occurrences of it", func() (string, error) {
		var err error
		if days, err = instances(); err != nil {
			return "", err
		}
		others := slices.ContainsFunc(days, func(e models.Eventable) bool { return str(e.GetSeriesMasterId()) != str(master.GetId()) })
		return fmt.Sprintf("%d occurrences%s", len(days), choose(others, " of others", " of it")), nil
	})
	if len(days) < 7 {
		return
	}
	p.call("series: change one occurrence", "exception, one instance", func() (string, error) {
		change := models.NewEvent()
		change.SetSubject(ptr("Stand, verlegt"))
		e, err := anna.Events().ByEventId(str(days[1].GetId())).Patch(ctx, change, nil)
		if err != nil {
			return "", err
		}
		again, err := instances()
		n := 0
		for _, i := range again {
			if str(i.GetSubject()) == "Stand, verlegt" {
				n++
			}
		}
		return fmt.Sprintf("%s, %s", e.GetTypeEscaped(), choose(n == 1, "one instance", "more")), err
	})
	p.call("series: delete one occurrence", "6 left", func() (string, error) {
		if err := anna.Events().ByEventId(str(days[2].GetId())).Delete(ctx, nil); err != nil {
			return "", err
		}
		left, err := instances()
		return fmt.Sprintf("%d left", len(left)), err
	})
	p.call("series: its master names exceptions and cancelled ones ($select, $expand)", "1 and 1", func() (string, error) {
		e, err := anna.Events().ByEventId(str(master.GetId())).Get(ctx, &users.ItemEventsEventItemRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.ItemEventsEventItemRequestBuilderGetQueryParameters{Select: []string{"subject", "cancelledOccurrences"}, Expand: []string{"exceptionOccurrences"}},
		})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d and %d", len(e.GetExceptionOccurrences()), len(e.GetCancelledOccurrences())), nil
	})
	p.call("calendarView: all pages of 3 with the library's PageIterator", "6 instances on 3 pages at least", func() (string, error) {
		first, err := anna.CalendarView().Get(ctx, &users.ItemCalendarViewRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.ItemCalendarViewRequestBuilderGetQueryParameters{StartDateTime: ptr(p.at(0)), EndDateTime: ptr(p.at(9)), Top: ptr[int32](3), Orderby: []string{"start/dateTime"}},
		})
		if err != nil {
			return "", err
		}
		it, err := core.NewPageIterator[models.Eventable](first, p.app.GetAdapter(), models.CreateEventCollectionResponseFromDiscriminatorValue)
		if err != nil {
			return "", err
		}
		n, pages, link := 0, 1, it.GetOdataNextLink()
		err = it.Iterate(ctx, func(e models.Eventable) bool {
			if now := it.GetOdataNextLink(); str(now) != str(link) {
				pages, link = pages+1, now
			}
			if strings.HasPrefix(str(e.GetSubject()), "Stand") && str(e.GetSeriesMasterId()) == str(master.GetId()) {
				n++
			}
			return true
		})
		return fmt.Sprintf("%d instances on %s", n, choose(pages >= 3, "3 pages at least", fmt.Sprint(pages))), err
	})
	p.call("series: delete the master", "no instance is left", func() (string, error) {
		if err := anna.Events().ByEventId(str(master.GetId())).Delete(ctx, nil); err != nil {
			return "", err
		}
		_, err := instances()
		return choose(describe(err) == "404 ErrorItemNotFound", "no instance is left", "instances are left"), nil
	})
}

// at is the instant so many days after the start of the run, as query parameters have it.
func (p *proof) at(days int) string { return p.now.AddDate(0, 0, days).Format(time.RFC3339) }
