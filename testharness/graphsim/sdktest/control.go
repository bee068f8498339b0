package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	msgraph "github.com/microsoftgraph/msgraph-sdk-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

// controls drives part 8 against a simulator of its own: what a test does over the control address, and how the library takes it.
func controls(ctx context.Context, p *proof) {
	s, err := start(ctx, p.program, "--users", "4", "--retry-after", "1s")
	if err != nil {
		p.call("control: prepare", "", func() (string, error) { return "", err })
		return
	}
	defer s.stop()
	app, err := s.app()
	if err != nil {
		p.call("control: prepare", "", func() (string, error) { return "", err })
		return
	}
	who := app.Users().ByUserId(s.User)
	rule := func(rule map[string]any) error { return s.control(ctx, "fail", map[string]any{"rule": rule}, nil) }
	faults(ctx, p, who, rule)
	expiry(ctx, p, s, app)
	p.call("control: a user's own edit", "found by the library", func() (string, error) {
		var id string
		event := map[string]any{"subject": "von Hand", "start": plainMoment(p.now.Add(time.Hour)), "end": plainMoment(p.now.Add(2 * time.Hour))}
		if err := s.control(ctx, "createEvent", map[string]any{"user": s.User, "event": event}, &id); err != nil {
			return "", err
		}
		e, err := who.Events().ByEventId(id).Get(ctx, nil)
		if err != nil {
			return "", err
		}
		return choose(str(e.GetSubject()) == "von Hand", "found by the library", "another"), nil
	})
	p.call("control: what was requested, by mailbox", "counted", func() (string, error) {
		var counts struct {
			Mailbox map[string]map[string]int
		}
		if err := s.control(ctx, "counts", nil, &counts); err != nil {
			return "", err
		}
		return choose(counts.Mailbox[s.User]["POST /users/{user}/events"] > 0, "counted", fmt.Sprint(counts.Mailbox[s.User])), nil
	})
	saved(ctx, p, s, who)
	p.call("control: a mailbox loses its licence", "404 MailboxNotEnabledForRESTAPI", func() (string, error) {
		if err := s.control(ctx, "revokeMailbox", map[string]any{"user": s.User}, nil); err != nil {
			return "", err
		}
		_, err := who.Events().Get(ctx, nil)
		return "events", err
	})
	p.call("control: two hours later the token is refused", "401 InvalidAuthenticationToken", func() (string, error) {
		if err := s.control(ctx, "advance", map[string]any{"by": "2h"}, nil); err != nil {
			return "", err
		}
		_, err := app.Users().Get(ctx, nil)
		return "users", err
	})
}

func plainMoment(t time.Time) map[string]any {
	return map[string]any{"dateTime": t.UTC().Format(wallClock), "timeZone": "UTC"}
}

func faults(ctx context.Context, p *proof, who *users.UserItemRequestBuilder, rule func(map[string]any) error) {
	p.call("control: 429 twice with Retry-After 1; the library waits and repeats", "done", func() (string, error) {
		if err := rule(map[string]any{"Path": "/users/*/contacts", "Status": 429, "Code": "TooManyRequests", "RetryAfter": "1s", "Times": 2}); err != nil {
			return "", err
		}
		_, err := who.Contacts().Get(ctx, nil)
		return "done", err
	})
	p.call("control: 403, which the library does not repeat", "403 ErrorQuotaExceeded", func() (string, error) {
		if err := rule(map[string]any{"Method": "GET", "Path": "/users/*/contacts", "Status": 403, "Code": "ErrorQuotaExceeded"}); err != nil {
			return "", err
		}
		_, err := who.Contacts().Get(ctx, nil)
		return "done", err
	})
	p.call("control: carried out, answer lost", "the library fails, the event is there", func() (string, error) {
		if err := rule(map[string]any{"Method": "POST", "Path": "/users/*/events", "Execute": true, "Drop": true}); err != nil {
			return "", err
		}
		_, lost := who.Events().Post(ctx, p.event("verloren", time.Hour, time.Hour), nil)
		list, err := who.Events().Get(ctx, &users.ItemEventsRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.ItemEventsRequestBuilderGetQueryParameters{Filter: ptr("subject eq 'verloren'")},
		})
		if err != nil {
			return "", err
		}
		return choose(lost != nil, "the library fails", "an answer") + choose(len(list.GetValue()) > 0, ", the event is there", ", nothing is there"), nil
	})
	p.call("control: an answer that ends early", "an error of the library", func() (string, error) {
		if err := rule(map[string]any{"Path": "/users/*/contacts", "Truncate": 50}); err != nil {
			return "", err
		}
		_, err := who.Contacts().Get(ctx, nil)
		return choose(err != nil, "an error of the library", "contacts"), nil
	})
	p.call("control: every row twice", "half of them different", func() (string, error) {
		if err := rule(map[string]any{"Path": "/users/*/contacts", "Rows": "twice"}); err != nil {
			return "", err
		}
		list, err := who.Contacts().Get(ctx, nil)
		if err != nil {
			return "", err
		}
		ids := map[string]bool{}
		for _, c := range list.GetValue() {
			ids[str(c.GetId())] = true
		}
		return choose(len(ids)*2 == len(list.GetValue()) && len(ids) > 0, "half of them different", fmt.Sprintf("%d of %d", len(ids), len(list.GetValue()))), nil
	})
}

func expiry(ctx context.Context, p *proof, s *simulator, app *msgraph.GraphServiceClient) {
	contacts := app.Users().ByUserId(s.User).Contacts()
	p.call("control: delta links expire", "410 SyncStateNotFound", func() (string, error) {
		q := *p
		q.app = app
		page, err := contacts.Delta().GetAsDeltaGetResponse(ctx, nil)
		if err != nil {
			return "", err
		}
		_, _, link, err := round[models.Contactable](ctx, &q, page, users.CreateItemContactsDeltaGetResponseFromDiscriminatorValue)
		if err != nil {
			return "", err
		}
		if err := s.control(ctx, "expireDelta", map[string]any{"user": s.User}, nil); err != nil {
			return "", err
		}
		_, err = contacts.Delta().WithUrl(link).GetAsDeltaGetResponse(ctx, nil)
		return "rows", err
	})
}

func saved(ctx context.Context, p *proof, s *simulator, who *users.UserItemRequestBuilder) {
	p.call("control: a saved state comes back", "the deleted event is back", func() (string, error) {
		e, err := who.Events().Post(ctx, p.event("bleibt", 3*time.Hour, time.Hour), nil)
		if err != nil {
			return "", err
		}
		var state json.RawMessage
		if err := s.control(ctx, "saveState", nil, &state); err != nil {
			return "", err
		}
		if err := who.Events().ByEventId(str(e.GetId())).Delete(ctx, nil); err != nil {
			return "", err
		}
		if err := s.control(ctx, "loadState", state, nil); err != nil {
			return "", err
		}
		_, err = who.Events().ByEventId(str(e.GetId())).Get(ctx, nil)
		return "the deleted event is back", err
	})
}
