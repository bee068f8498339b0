package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"html"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"
)

// identity drives part 1: every grant that azidentity and MSAL offer without a browser of their own, and the ways in which they fail.
func identity(ctx context.Context, p *proof) {
	s := p.sim
	token := func(c azcore.TokenCredential, err error) (string, error) {
		if err != nil {
			return "", err
		}
		t, err := c.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{graphScope}})
		return choose(t.Token != "" && t.ExpiresOn.After(time.Now()), "a token", "no token"), err
	}
	p.call("ClientSecretCredential", "a token", func() (string, error) { return token(s.secret(s.ClientSecret)) })
	p.call("ClientSecretCredential: a wrong secret", "401 invalid_client AADSTS7000215", func() (string, error) { return token(s.secret("wrong")) })
	p.call("ClientSecretCredential: an unknown client", "400 unauthorized_client AADSTS700016", func() (string, error) {
		return token(azidentity.NewClientSecretCredential(s.Tenant, "00000000-0000-4000-8000-00000000dead", "x", &azidentity.ClientSecretCredentialOptions{ClientOptions: s.options(), DisableInstanceDiscovery: true}))
	})
	p.call("ClientSecretCredential: an unknown tenant", "400 invalid_tenant AADSTS90002", func() (string, error) {
		return token(azidentity.NewClientSecretCredential("00000000-0000-4000-8000-00000000dead", s.ClientID, "x", &azidentity.ClientSecretCredentialOptions{ClientOptions: s.options(), DisableInstanceDiscovery: true}))
	})
	certificate(ctx, p, token)
	p.call("UsernamePasswordCredential of a public client", "a token", func() (string, error) { return token(s.password(s.User, s.Password)) })
	p.call("UsernamePasswordCredential: a wrong password", "400 invalid_grant AADSTS50126", func() (string, error) { return token(s.password(s.User, "wrong")) })
	p.call("UsernamePasswordCredential: the library asks Graph who is signed in", s.User, func() (string, error) {
		credential, err := s.password(s.User, s.Password)
		if err != nil {
			return "", err
		}
		g, err := s.connect(credential, "User.Read")
		if err != nil {
			return "", err
		}
		me, err := g.Me().Get(ctx, nil)
		if err != nil {
			return "", err
		}
		return str(me.GetUserPrincipalName()), nil
	})
	p.call("DeviceCodeCredential, approved", "a token", func() (string, error) { return token(s.device(ctx, true)) })
	p.call("DeviceCodeCredential, declined", "refused with 400", func() (string, error) {
		got, err := token(s.device(ctx, false))
		return got, loginError(err)
	})
	browser(ctx, p)
}

// password is the credential of a user at the public client.
func (s *simulator) password(user, password string) (azcore.TokenCredential, error) {
	//nolint:staticcheck // discouraged, but what many programs do
	return azidentity.NewUsernamePasswordCredential(s.Tenant, s.PublicID, user, password, &azidentity.UsernamePasswordCredentialOptions{ClientOptions: s.options(), DisableInstanceDiscovery: true})
}

// device is a credential whose code the first user approves or declines at once.
func (s *simulator) device(ctx context.Context, approve bool) (azcore.TokenCredential, error) {
	return azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: s.options(), DisableInstanceDiscovery: true, TenantID: s.Tenant, ClientID: s.PublicID,
		UserPrompt: func(ctx context.Context, m azidentity.DeviceCodeMessage) error {
			return s.control(ctx, "answerDevice", map[string]any{"userCode": m.UserCode, "user": s.User, "approve": approve}, nil)
		},
	})
}

// certificate signs in with a key whose certificate the client has registered, and with one that it has not.
func certificate(ctx context.Context, p *proof, token func(azcore.TokenCredential, error) (string, error)) {
	s := p.sim
	credential := func(register bool) (azcore.TokenCredential, error) {
		cert, key, err := selfSigned()
		if err != nil {
			return nil, err
		}
		if register {
			text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
			if err := s.control(ctx, "addCertificate", map[string]any{"app": s.ClientID, "pem": string(text)}, nil); err != nil {
				return nil, err
			}
		}
		return azidentity.NewClientCertificateCredential(s.Tenant, s.ClientID, []*x509.Certificate{cert}, key, &azidentity.ClientCertificateCredentialOptions{ClientOptions: s.options(), DisableInstanceDiscovery: true})
	}
	p.call("ClientCertificateCredential", "a token", func() (string, error) { return token(credential(true)) })
	p.call("ClientCertificateCredential: not registered", "401 invalid_client AADSTS700027", func() (string, error) { return token(credential(false)) })
}

func selfSigned() (*x509.Certificate, crypto.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sdktest"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(raw)
	return cert, key, err
}

// browser signs in by an authorization code with PKCE; the simulator's automatic sign-in stands for the person at the page.
func browser(ctx context.Context, p *proof) {
	s := p.sim
	client, err := public.New(s.PublicID, public.WithAuthority(s.Login+"/"+s.Tenant), public.WithHTTPClient(s.client()), public.WithInstanceDiscovery(false))
	if err != nil {
		p.call("MSAL: prepare", "", func() (string, error) { return "", err })
		return
	}
	scopes := []string{"https://graph.microsoft.com/Calendars.Read"}
	visit := public.WithOpenURL(func(address string) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
		if err != nil {
			return err
		}
		resp, err := s.client().Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		page, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		return s.submit(page)
	})
	auto := func(user string, decline bool) error {
		return s.control(ctx, "setAutoSignIn", map[string]any{"user": user, "decline": decline}, nil)
	}
	var account public.Account
	p.call("MSAL: authorization code with PKCE", "a token for "+s.User, func() (string, error) {
		if err := auto(s.User, false); err != nil {
			return "", err
		}
		r, err := client.AcquireTokenInteractive(ctx, scopes, visit)
		account = r.Account
		return choose(r.AccessToken != "", "a token", "no token") + " for " + r.Account.PreferredUsername, err
	})
	p.call("MSAL: a new token by the refresh token, without the person", "another token", func() (string, error) {
		first, err := client.AcquireTokenSilent(ctx, scopes, public.WithSilentAccount(account))
		if err != nil {
			return "", err
		}
		r, err := client.AcquireTokenSilent(ctx, []string{"https://graph.microsoft.com/Contacts.Read"}, public.WithSilentAccount(account))
		return choose(r.AccessToken != "" && r.AccessToken != first.AccessToken, "another token", "the same"), err
	})
	p.call("MSAL: refreshing after an administrator revoked the sessions", "invalid_grant", func() (string, error) {
		if err := s.control(ctx, "revokeSessions", map[string]any{"user": s.User}, nil); err != nil {
			return "", err
		}
		_, err := client.AcquireTokenSilent(ctx, []string{"https://graph.microsoft.com/Mail.Read"}, public.WithSilentAccount(account))
		return "a token", loginError(err)
	})
	if err := auto("", false); err != nil {
		p.call("MSAL: end", "", func() (string, error) { return "", err })
	}
}

// submit sends the form of a page, as a browser does with the answer of response_mode form_post.
func (s *simulator) submit(page []byte) error {
	action := regexp.MustCompile(`<form[^>]* action="([^"]*)"`).FindSubmatch(page)
	if action == nil {
		return fmt.Errorf("the page has no form: %s", page)
	}
	values := url.Values{}
	for _, m := range regexp.MustCompile(`<input[^>]* name="([^"]*)"[^>]* value="([^"]*)"`).FindAllSubmatch(page, -1) {
		values.Set(html.UnescapeString(string(m[1])), html.UnescapeString(string(m[2])))
	}
	resp, err := s.client().PostForm(html.UnescapeString(string(action[1])), values)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// loginError reduces what MSAL says to the error of the answer.
func loginError(err error) error {
	if err == nil {
		return nil
	}
	for _, code := range []string{"authorization_declined", "invalid_grant", "expired_token"} {
		if containsText(err, code) {
			return errors.New(code)
		}
	}
	if containsText(err, "RESPONSE 400") {
		return errors.New("refused with 400")
	}
	return err
}
