package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

// batches drives $batch of part 5 with the library's batch request.
func batches(ctx context.Context, p *proof) {
	anna := p.app.Users().ByUserId(p.people[0])
	mappings := graphErrors()
	if err := core.RegisterError(core.BatchRequestErrorRegistryKey, mappings); err != nil {
		p.call("batch: prepare", "", func() (string, error) { return "", err })
		return
	}
	gone, err := p.deleted(ctx, anna)
	if err != nil {
		p.call("batch: prepare", "", func() (string, error) { return "", err })
		return
	}
	p.call("batch: read a person and an item that is not there", "anna.mueller@contoso.example; 404 ErrorItemNotFound", func() (string, error) {
		b := core.NewBatchRequest(p.app.GetAdapter())
		person, err := add(b)(anna.ToGetRequestInformation(ctx, nil))
		if err != nil {
			return "", err
		}
		missing, err := add(b)(anna.Events().ByEventId(gone).ToGetRequestInformation(ctx, nil))
		if err != nil {
			return "", err
		}
		answers, err := b.Send(ctx, p.app.GetAdapter())
		if err != nil {
			return "", err
		}
		u, err := core.GetBatchResponseById[models.Userable](answers, str(person.GetId()), models.CreateUserFromDiscriminatorValue)
		if err != nil {
			return "", err
		}
		_, absent := core.GetBatchResponseById[models.Eventable](answers, str(missing.GetId()), models.CreateEventFromDiscriminatorValue)
		return str(u.GetMail()) + "; " + batchError(answers, str(missing.GetId()), absent), nil
	})
	dependent(ctx, p, anna, gone)
	p.call("batch: 30 requests, sent 10 at a time by the library", "30 answers, all 200", func() (string, error) {
		b := core.NewBatchRequestCollectionWithLimit(p.app.GetAdapter(), 10)
		for i := range 30 {
			info, err := p.app.Users().ByUserId(p.people[i%3]).ToGetRequestInformation(ctx, nil)
			if err != nil {
				return "", err
			}
			if _, err := b.AddBatchRequestStep(*info); err != nil {
				return "", err
			}
		}
		answers, err := b.Send(ctx, p.app.GetAdapter())
		if err != nil {
			return "", err
		}
		other := slices.ContainsFunc(answers.GetResponses(), func(i core.BatchItem) bool { return *i.GetStatus() != 200 })
		return fmt.Sprintf("%d answers, %s", len(answers.GetResponses()), choose(other, "not all 200", "all 200")), nil
	})
	p.call("batch: 20 requests for one mailbox", "some answered, the others 429 with Retry-After", func() (string, error) {
		b := core.NewBatchRequest(p.app.GetAdapter())
		for range 20 {
			if _, err := add(b)(anna.Events().ToGetRequestInformation(ctx, nil)); err != nil {
				return "", err
			}
		}
		answers, err := b.Send(ctx, p.app.GetAdapter())
		if err != nil {
			return "", err
		}
		good, refused := 0, 0
		for _, i := range answers.GetResponses() {
			switch {
			case *i.GetStatus() == 200:
				good++
			case *i.GetStatus() == 429 && i.GetHeaders()["Retry-After"] != "":
				refused++
			}
		}
		return choose(good > 0 && refused > 0 && good+refused == 20, "some answered, the others 429 with Retry-After", fmt.Sprintf("%d answered, %d refused", good, refused)), nil
	})
	empty(ctx, p)
}

// deleted makes an event, deletes it and returns its id.
func (p *proof) deleted(ctx context.Context, who *users.UserItemRequestBuilder) (string, error) {
	e, err := who.Events().Post(ctx, p.event("weg", 51*time.Hour, time.Hour), nil)
	if err != nil {
		return "", err
	}
	return str(e.GetId()), who.Events().ByEventId(str(e.GetId())).Delete(ctx, nil)
}

// add adds a request to a batch.
func add(b core.BatchRequest) func(*abstractions.RequestInformation, error) (core.BatchItem, error) {
	return func(info *abstractions.RequestInformation, err error) (core.BatchItem, error) {
		if err != nil {
			return nil, err
		}
		return b.AddBatchRequestStep(*info)
	}
}

// batchError describes the error of an item, whose status is told beside the error in a batch.
func batchError(answers core.BatchResponse, id string, err error) string {
	code := "no error"
	if graph, ok := err.(*odataerrors.ODataError); ok && graph.GetErrorEscaped() != nil {
		code = str(graph.GetErrorEscaped().GetCode())
	}
	return fmt.Sprintf("%d %s", *answers.GetResponseById(id).GetStatus(), code)
}

func dependent(ctx context.Context, p *proof, anna *users.UserItemRequestBuilder, gone string) {
	chain := func(first abstractions.RequestInformation) (core.BatchResponse, []string, error) {
		b := core.NewBatchRequest(p.app.GetAdapter())
		one, err := b.AddBatchRequestStep(first)
		if err != nil {
			return nil, nil, err
		}
		two, err := add(b)(anna.Events().ToPostRequestInformation(ctx, p.event("danach", 50*time.Hour, time.Hour), nil))
		if err != nil {
			return nil, nil, err
		}
		two.DependsOnItem(one)
		answers, err := b.Send(ctx, p.app.GetAdapter())
		return answers, []string{str(one.GetId()), str(two.GetId())}, err
	}
	p.call("batch: create two events, one after the other (dependsOn)", "201, then danach", func() (string, error) {
		info, err := anna.Events().ToPostRequestInformation(ctx, p.event("zuerst", 49*time.Hour, time.Hour), nil)
		if err != nil {
			return "", err
		}
		answers, ids, err := chain(*info)
		if err != nil {
			return "", err
		}
		e, err := core.GetBatchResponseById[models.Eventable](answers, ids[1], models.CreateEventFromDiscriminatorValue)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d, then %s", *answers.GetResponseById(ids[0]).GetStatus(), str(e.GetSubject())), nil
	})
	p.call("batch: what depends on a failed request", "404, then 424", func() (string, error) {
		info, err := anna.Events().ByEventId(gone).ToGetRequestInformation(ctx, nil)
		if err != nil {
			return "", err
		}
		answers, ids, err := chain(*info)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d, then %d", *answers.GetResponseById(ids[0]).GetStatus(), *answers.GetResponseById(ids[1]).GetStatus()), nil
	})
}

func empty(ctx context.Context, p *proof) {
	p.call("batch: without requests", "400 BadRequest", func() (string, error) {
		b := core.NewBatchRequest(p.app.GetAdapter())
		b.SetRequests([]core.BatchItem{})
		_, err := b.Send(ctx, p.app.GetAdapter())
		return "answers", err
	})
}
