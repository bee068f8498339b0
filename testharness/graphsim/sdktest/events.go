package main

import (
	"context"
	"fmt"
	"time"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	msgraph "github.com/microsoftgraph/msgraph-sdk-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

// events drives part 3: single events, series and their exceptions, meetings with a copy in each mailbox, calendars, and what Prefer and
// If-Match change. Delta has a file of its own.
func events(ctx context.Context, p *proof) {
	anna := p.app.Users().ByUserId(p.people[0])
	singleEvents(ctx, p, anna)
	series(ctx, p, anna)
	meetings(ctx, p, anna, p.app.Users().ByUserId(p.people[1]))
	calendars(ctx, p, anna)
	eventDelta(ctx, p, p.app.Users().ByUserId(p.people[2]))
}

func singleEvents(ctx context.Context, p *proof, anna *users.UserItemRequestBuilder) {
	var id, etag string
	p.call("events: create one", "singleInstance Planung busy", func() (string, error) {
		e, err := anna.Events().Post(ctx, p.event("Planung", 24*time.Hour, time.Hour), nil)
		if err != nil {
			return "", err
		}
		id, etag = str(e.GetId()), fmt.Sprint(e.GetAdditionalData()["@odata.etag"])
		return fmt.Sprintf("%s %s %s", e.GetTypeEscaped(), str(e.GetSubject()), e.GetShowAs()), nil
	})
	one := anna.Events().ByEventId(id)
	p.call("events: read it, with $select", "Planung, body <nil>", func() (string, error) {
		e, err := one.Get(ctx, &users.ItemEventsEventItemRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.ItemEventsEventItemRequestBuilderGetQueryParameters{Select: []string{"subject", "start"}},
		})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s, body %v", str(e.GetSubject()), e.GetBody()), nil
	})
	p.call("events: read it in a time zone and as text (Prefer)", "W. Europe Standard Time, text", func() (string, error) {
		e, err := one.Get(ctx, &users.ItemEventsEventItemRequestBuilderGetRequestConfiguration{
			Headers: headers("Prefer", `outlook.timezone="W. Europe Standard Time"`, "Prefer", `outlook.body-content-type="text"`),
		})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s, %s", str(e.GetStart().GetTimeZone()), e.GetBody().GetContentType()), nil
	})
	p.call("events: update one property", "Planung II, private", func() (string, error) {
		change := models.NewEvent()
		change.SetSubject(ptr("Planung II"))
		change.SetSensitivity(ptr(models.PRIVATE_SENSITIVITY))
		e, err := one.Patch(ctx, change, nil)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s, %s", str(e.GetSubject()), e.GetSensitivity()), nil
	})
	p.call("events: update with the ETag of an older version (If-Match)", "412 ErrorIrresolvableConflict", func() (string, error) {
		change := models.NewEvent()
		change.SetSubject(ptr("zu spät"))
		_, err := one.Patch(ctx, change, &users.ItemEventsEventItemRequestBuilderPatchRequestConfiguration{Headers: headers("If-Match", etag)})
		return "changed", err
	})
	p.call("events: create again with the same transactionId", "the same event", func() (string, error) {
		var ids [2]string
		for i := range ids {
			e := p.event("einmal", 48*time.Hour, time.Hour)
			e.SetTransactionId(ptr("a9b1c2d3-0000-4000-8000-000000000001"))
			made, err := anna.Events().Post(ctx, e, nil)
			if err != nil {
				return "", err
			}
			ids[i] = str(made.GetId())
		}
		return choose(ids[0] == ids[1], "the same event", "two events"), nil
	})
	p.call("events: create without an end", "400 ErrorPropertyValidationFailure", func() (string, error) {
		e := models.NewEvent()
		e.SetSubject(ptr("offen"))
		e.SetStart(moment(p.now))
		_, err := anna.Events().Post(ctx, e, nil)
		return "made", err
	})
	p.call("events: read with an id in the form that stays (IdType)", "both ids lead to it", func() (string, error) {
		e, err := one.Get(ctx, &users.ItemEventsEventItemRequestBuilderGetRequestConfiguration{Headers: headers("Prefer", `IdType="ImmutableId"`)})
		if err != nil {
			return "", err
		}
		again, err := anna.Events().ByEventId(str(e.GetId())).Get(ctx, nil)
		if err != nil {
			return "", err
		}
		return choose(str(e.GetId()) != id && str(again.GetId()) != "", "both ids lead to it", "the same id"), nil
	})
	p.call("events: create one of a whole day", "true, one day", func() (string, error) {
		day := p.now.AddDate(0, 0, 3).Truncate(24 * time.Hour)
		e := p.event("Feiertag", 0, 0)
		e.SetIsAllDay(ptr(true))
		e.SetStart(moment(day))
		e.SetEnd(moment(day.AddDate(0, 0, 1)))
		made, err := anna.Events().Post(ctx, e, nil)
		if err != nil {
			return "", err
		}
		from, to := instant(made.GetStart()), instant(made.GetEnd())
		return fmt.Sprintf("%v, %s", *made.GetIsAllDay(), choose(to.Sub(from) == 24*time.Hour && from.Equal(day), "one day", "another time")), nil
	})
	p.call("events: dismiss its reminder", "done", func() (string, error) {
		return "done", one.DismissReminder().Post(ctx, nil)
	})
	p.call("events: delete it", "done", func() (string, error) { return "done", one.Delete(ctx, nil) })
	p.call("events: read a deleted one", "404 ErrorItemNotFound", func() (string, error) {
		_, err := one.Get(ctx, nil)
		return "still there", err
	})
}

func meetings(ctx context.Context, p *proof, organizer, guest *users.UserItemRequestBuilder) {
	var id, uid, copyID string
	p.call("meetings: create one with a guest", "organizer, 1 guest, none", func() (string, error) {
		e := p.event("Abstimmung", 30*time.Hour, time.Hour)
		who := models.NewAttendee()
		address := models.NewEmailAddress()
		address.SetAddress(ptr(p.people[1]))
		who.SetEmailAddress(address)
		e.SetAttendees([]models.Attendeeable{who})
		made, err := organizer.Events().Post(ctx, e, nil)
		if err != nil {
			return "", err
		}
		id, uid = str(made.GetId()), str(made.GetICalUId())
		guests := made.GetAttendees()
		return fmt.Sprintf("%s, %d guest, %s", made.GetResponseStatus().GetResponse(), len(guests), guests[0].GetStatus().GetResponse()), nil
	})
	p.call("meetings: the guest's copy, found by $filter on iCalUId", "another id, notResponded", func() (string, error) {
		list, err := guest.Events().Get(ctx, &users.ItemEventsRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.ItemEventsRequestBuilderGetQueryParameters{Filter: ptr("iCalUId eq '" + uid + "'")},
		})
		if err != nil {
			return "", err
		}
		if len(list.GetValue()) != 1 {
			return fmt.Sprintf("%d copies", len(list.GetValue())), nil
		}
		c := list.GetValue()[0]
		copyID = str(c.GetId())
		return fmt.Sprintf("%s, %s", choose(copyID != id, "another id", "the same id"), c.GetResponseStatus().GetResponse()), nil
	})
	p.call("meetings: the guest accepts", "done", func() (string, error) {
		body := users.NewItemEventsItemAcceptPostRequestBody()
		body.SetSendResponse(ptr(true))
		body.SetComment(ptr("gern"))
		return "done", guest.Events().ByEventId(copyID).Accept().Post(ctx, body, nil)
	})
	p.call("meetings: the organizer sees the answer", "accepted", func() (string, error) {
		e, err := organizer.Events().ByEventId(id).Get(ctx, nil)
		if err != nil {
			return "", err
		}
		return e.GetAttendees()[0].GetStatus().GetResponse().String(), nil
	})
	p.call("meetings: the organizer accepts", "400 ErrorInvalidRequest", func() (string, error) {
		return "done", organizer.Events().ByEventId(id).Accept().Post(ctx, users.NewItemEventsItemAcceptPostRequestBody(), nil)
	})
	p.call("meetings: the organizer cancels", "done", func() (string, error) {
		body := users.NewItemEventsItemCancelPostRequestBody()
		body.SetComment(ptr("fällt aus"))
		return "done", organizer.Events().ByEventId(id).Cancel().Post(ctx, body, nil)
	})
	p.call("meetings: the guest's copy is cancelled", "true", func() (string, error) {
		e, err := guest.Events().ByEventId(copyID).Get(ctx, nil)
		if err != nil {
			return "", err
		}
		return fmt.Sprint(*e.GetIsCancelled()), nil
	})
}

func calendars(ctx context.Context, p *proof, anna *users.UserItemRequestBuilder) {
	var id string
	p.call("calendars: create one", "Urlaub, not the default", func() (string, error) {
		c := models.NewCalendar()
		c.SetName(ptr("Urlaub"))
		made, err := anna.Calendars().Post(ctx, c, nil)
		if err != nil {
			return "", err
		}
		id = str(made.GetId())
		return str(made.GetName()) + ", " + choose(*made.GetIsDefaultCalendar(), "the default", "not the default"), nil
	})
	p.call("calendars: an event in it", "Ostsee", func() (string, error) {
		e, err := anna.Calendars().ByCalendarId(id).Events().Post(ctx, p.event("Ostsee", 72*time.Hour, time.Hour), nil)
		if err != nil {
			return "", err
		}
		return str(e.GetSubject()), nil
	})
	p.call("calendars: list them", "the default and Urlaub", func() (string, error) {
		list, err := anna.Calendars().Get(ctx, nil)
		if err != nil {
			return "", err
		}
		found, first := false, false
		for _, c := range list.GetValue() {
			found = found || str(c.GetId()) == id
			first = first || *c.GetIsDefaultCalendar()
		}
		return choose(found && first, "the default and Urlaub", "not both"), nil
	})
	p.call("calendars: delete it", "done", func() (string, error) { return "done", anna.Calendars().ByCalendarId(id).Delete(ctx, nil) })
}

// event is an event that begins so long after the start of the run, in UTC.
func (p *proof) event(subject string, after, d time.Duration) models.Eventable {
	e := models.NewEvent()
	e.SetSubject(&subject)
	e.SetStart(moment(p.now.Add(after)))
	e.SetEnd(moment(p.now.Add(after + d)))
	return e
}

const wallClock = "2006-01-02T15:04:05"

func moment(t time.Time) models.DateTimeTimeZoneable {
	m := models.NewDateTimeTimeZone()
	m.SetDateTime(ptr(t.UTC().Format(wallClock)))
	m.SetTimeZone(ptr("UTC"))
	return m
}

// instant is the time that an answer in UTC names, the zero time when it names none.
func instant(m models.DateTimeTimeZoneable) time.Time {
	t, _ := time.Parse(wallClock, str(m.GetDateTime()))
	return t
}

// headers are names and values in turn.
func headers(pairs ...string) *abstractions.RequestHeaders {
	h := abstractions.NewRequestHeaders()
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func choose[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
}

var _ = msgraph.NewGraphServiceClient
