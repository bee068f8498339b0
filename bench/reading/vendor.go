package reading

import (
	"context"
	"fmt"
	"io"
	"net/url"

	"github.com/microsoft/kiota-abstractions-go/authentication"
	msgraph "github.com/microsoftgraph/msgraph-sdk-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"github.com/gleis-dev/gleis/bench/measure"
)

// fixedToken is a token that needs no sign-in, for plain HTTP too.
type fixedToken struct {
	hosts *authentication.AllowedHostsValidator
}

// GetAuthorizationToken returns the token.
func (fixedToken) GetAuthorizationToken(context.Context, *url.URL, map[string]any) (string, error) {
	return "a-token", nil
}

// GetAllowedHostsValidator says where the token may go.
func (t fixedToken) GetAllowedHostsValidator() *authentication.AllowedHostsValidator { return t.hosts }

// ReadVendor is the process that reads by msgraph-sdk-go: the first page through
// its request builder, the following ones through its PageIterator, as its
// documentation shows it.
func ReadVendor(ctx context.Context, in io.Reader, out io.Writer, a address) error {
	u, err := url.Parse(a.Origin)
	if err != nil {
		return err
	}
	hosts, err := authentication.NewAllowedHostsValidatorErrorCheck([]string{u.Hostname()})
	if err != nil {
		return err
	}
	adapter, err := msgraph.NewGraphRequestAdapter(authentication.NewBaseBearerTokenAuthenticationProvider(fixedToken{hosts}))
	if err != nil {
		return err
	}
	adapter.SetBaseUrl(a.Origin + "/v1.0")
	events := msgraph.NewGraphServiceClient(adapter).Users().ByUserId(a.User).Events()
	top := int32(pageSize)
	params := &users.ItemEventsRequestBuilderGetRequestConfiguration{QueryParameters: &users.ItemEventsRequestBuilderGetQueryParameters{Top: &top}}
	read := func() (int, error) {
		first, err := events.Get(ctx, params)
		if err != nil {
			return 0, err
		}
		pages, err := core.NewPageIterator[models.Eventable](first, adapter, models.CreateEventCollectionResponseFromDiscriminatorValue)
		if err != nil {
			return 0, err
		}
		n := 0
		err = pages.Iterate(ctx, func(e models.Eventable) bool {
			if e.GetId() != nil && e.GetSubject() != nil {
				n++
			}
			return true
		})
		return n, err
	}
	return measure.Answer(in, out, func() (any, error) { return measured(1, read) })
}

// measured reads the listing so many times and checks that it was whole.
func measured(times int, read func() (int, error)) (measure.Cost, error) {
	return measure.Of(func() (int, error) {
		for range times {
			n, err := read()
			if err == nil && n != total {
				err = fmt.Errorf("%d events were read, there are %d", n, total)
			}
			if err != nil {
				return 0, err
			}
		}
		return times * total, nil
	})
}
