package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	khttp "github.com/microsoft/kiota-http-go"
	msgraph "github.com/microsoftgraph/msgraph-sdk-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go-core/authentication"
)

// graphScope asks for all permissions that are granted.
const graphScope = "https://graph.microsoft.com/.default"

// options are those of every credential of azidentity: whom to ask, and whose certificate to trust.
func (s *simulator) options() azcore.ClientOptions {
	return azcore.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: s.Login}, Transport: s.client()}
}

// secret is the credential of the client that the command prints.
func (s *simulator) secret(secret string) (azcore.TokenCredential, error) {
	return azidentity.NewClientSecretCredential(s.Tenant, s.ClientID, secret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: s.options(), DisableInstanceDiscovery: true,
	})
}

// connect makes a client of Graph with the library's own middleware.
func (s *simulator) connect(credential azcore.TokenCredential, scopes ...string) (*msgraph.GraphServiceClient, error) {
	graph, err := url.Parse(s.Graph)
	if err != nil {
		return nil, err
	}
	if len(scopes) == 0 {
		scopes = []string{graphScope}
	}
	auth, err := authentication.NewAzureIdentityAuthenticationProviderWithScopesAndValidHosts(credential, scopes, []string{graph.Hostname()})
	if err != nil {
		return nil, err
	}
	options := msgraph.GetDefaultClientOptions()
	client := &http.Client{Transport: khttp.NewCustomTransportWithParentTransport(s.transport(), core.GetDefaultMiddlewaresWithOptions(&options)...)}
	adapter, err := msgraph.NewGraphRequestAdapterWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(auth, nil, nil, client)
	if err != nil {
		return nil, err
	}
	adapter.SetBaseUrl(s.Graph + "/v1.0")
	return msgraph.NewGraphServiceClient(adapter), nil
}

// app is a client with the application's own permissions.
func (s *simulator) app() (*msgraph.GraphServiceClient, error) {
	credential, err := s.secret(s.ClientSecret)
	if err != nil {
		return nil, err
	}
	return s.connect(credential)
}

// mailboxes returns the addresses of the first n users that have a mailbox.
func mailboxes(ctx context.Context, app *msgraph.GraphServiceClient, n int) ([]string, error) {
	list, err := app.Users().Get(ctx, nil)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, u := range list.GetValue() {
		if _, err := app.Users().ByUserId(str(u.GetId())).Calendar().Get(ctx, nil); err == nil && len(out) < n {
			out = append(out, str(u.GetUserPrincipalName()))
		}
	}
	if len(out) < n {
		return nil, fmt.Errorf("%d users have a mailbox, %d are needed", len(out), n)
	}
	return out, nil
}
