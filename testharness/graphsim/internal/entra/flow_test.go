package entra

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestAFlowOfAnAdministratorServesNobodyElse holds that the sealed field of a page, brought by another person, gives no more than that
// person may do.
func TestAFlowOfAnAdministratorServesNobodyElse(t *testing.T) {
	t.Parallel()
	s := platform(t)
	f := flow{Kind: flowAdmin, Place: placeTenant, Params: map[string]string{"client_id": testClient, "redirect_uri": "http://localhost"}, Done: []string{"login", "consent"}}
	s.state.Sessions["c"] = &Session{Person: "p1", Issued: s.mark()}
	ask := func() *Response {
		form := url.Values{"flow": {s.sealFlow(f)}, "choice": {"current"}}.Encode()
		return s.Serve(&Request{
			Method: "POST", Path: "/contoso.example/reprocess", Body: []byte(form), Origin: "http://localhost", ID: "1", Related: "2",
			Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Cookie": {sessionCookie + "=c"}},
		})
	}
	if rep := ask(); rep.Status != 200 || !strings.Contains(string(rep.Body), "Need admin approval") {
		t.Errorf("%d %v %s", rep.Status, rep.Header, rep.Body)
	}
	s.EditAccount("p1", func(a *Account) { a.Admin = true })
	if rep := ask(); rep.Status != 302 || !strings.Contains(rep.Header.Get("Location"), "admin_consent=True") {
		t.Errorf("an administrator: %d %v %s", rep.Status, rep.Header, rep.Body)
	}
}
