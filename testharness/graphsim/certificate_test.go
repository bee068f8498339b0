package graphsim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// overTLS serves a small tenant by https and returns its port and a client that trusts it.
func overTLS(t *testing.T, hosts ...string) (s *Server, port string, client *http.Client) {
	t.Helper()
	s, err := New(Config{Seed: 7, Users: 6, Small: true, Now: func() time.Time { return epoch }})
	if err != nil {
		t.Fatal(err)
	}
	cert, err := NewCertificate(time.Now(), hosts...)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, cert.Listener(ln)) }()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(cert.PEM()) {
		t.Fatal("PEM holds no certificate")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", ln.Addr().String())
	}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		stop()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	_, port, err = net.SplitHostPort(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return s, port, &http.Client{Transport: transport}
}

func TestServedByHTTPSLinksAreHTTPSToo(t *testing.T) {
	t.Parallel()
	s, port, client := overTLS(t, "graph.example")
	cred := s.Credentials()
	for _, host := range []string{"localhost", "127.0.0.1", "[::1]", "graph.example"} {
		origin := "https://" + net.JoinHostPort(strings.Trim(host, "[]"), port)
		resp, err := client.PostForm(origin+"/"+cred.TenantID+"/oauth2/v2.0/token", url.Values{
			"grant_type": {"client_credentials"}, "client_id": {cred.ClientID}, "client_secret": {cred.ClientSecret}, "scope": {"https://graph.microsoft.com/.default"}})
		if err != nil {
			t.Fatal(err)
		}
		var token struct {
			Access string `json:"access_token"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&token); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.ProtoMajor != 2 {
			t.Errorf("%s is served by %s, want HTTP/2", origin, resp.Proto)
		}
		req, err := http.NewRequest("GET", origin+"/v1.0/users?$top=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token.Access)
		resp, err = client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var page struct {
			Next    string `json:"@odata.nextLink"`
			Context string `json:"@odata.context"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		for _, link := range []string{page.Next, page.Context} {
			if !strings.HasPrefix(link, origin+"/v1.0/") {
				t.Errorf("link %q does not begin with %s", link, origin)
			}
		}
	}
}

func TestACertificateIsForItsHostsAndAMonth(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	cert, err := NewCertificate(now, "graph.example", "192.0.2.7", "localhost", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(cert.leaf.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert.PEM())
	for host, ok := range map[string]bool{"localhost": true, "127.0.0.1": true, "::1": true, "graph.example": true, "192.0.2.7": true, "graph.microsoft.com": false, "192.0.2.8": false} {
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: host, CurrentTime: now}); (err == nil) != ok {
			t.Errorf("%s: %v", host, err)
		}
	}
	for at, ok := range map[time.Duration]bool{-2 * time.Hour: false, -time.Minute: true, 29 * 24 * time.Hour: true, 31 * 24 * time.Hour: false} {
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: "localhost", CurrentTime: now.Add(at)}); (err == nil) != ok {
			t.Errorf("after %v: %v", at, err)
		}
	}
	block, rest := pem.Decode(cert.PEM())
	if block == nil || block.Type != "CERTIFICATE" || len(rest) > 0 {
		t.Errorf("PEM is not one certificate alone:\n%s", cert.PEM())
	}
	if len(leaf.DNSNames)+len(leaf.IPAddresses) != 5 {
		t.Errorf("hosts named twice are listed twice: %v %v", leaf.DNSNames, leaf.IPAddresses)
	}
	if _, err := NewCertificate(now, ""); err == nil {
		t.Error("a host without a name is taken")
	}
}
