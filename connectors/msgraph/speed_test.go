package msgraph_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/connectors/msgraph"
	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

// canned answers every request of a round with the same page.
type canned struct {
	http.RoundTripper
	page, last []byte
	left       int
}

func (c *canned) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.Contains(req.URL.Path, "/calendarView/delta") {
		return c.RoundTripper.RoundTrip(req)
	}
	body := c.page
	if c.left--; c.left <= 0 {
		body = c.last
	}
	next := fmt.Sprintf(`,"@odata.nextLink":"%s://%s%s?$skiptoken=%d"}`, req.URL.Scheme, req.URL.Host, req.URL.Path, c.left)
	if c.left <= 0 {
		next = fmt.Sprintf(`,"@odata.deltaLink":"%s://%s%s?$deltatoken=x"}`, req.URL.Scheme, req.URL.Host, req.URL.Path)
	}
	r := io.MultiReader(bytes.NewReader(body), strings.NewReader(next))
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(r), ContentLength: int64(len(body) + len(next)), Request: req}, nil
}

// BenchmarkEventStep reads pages of 500 events of about 2 KiB without a network.
func BenchmarkEventStep(b *testing.B) {
	sim, err := graphsim.New(graphsim.Config{Seed: 70, Now: func() time.Time { return noon }, Small: true})
	if err != nil {
		b.Fatal(err)
	}
	event := func(i int) string {
		return fmt.Sprintf(`{"@odata.etag":"W/\"ZlnW4RIAV06KYYwlrfNZvQAAKGWwb%05d==\"","id":"AAMkAGIAAAoZDOFAAA%0130d=","createdDateTime":"2026-11-02T07:11:09.1234567Z","lastModifiedDateTime":"2026-11-02T07:11:11.7654321Z","changeKey":"x","subject":"Planung %d",`+
			`"isAllDay":false,"isOrganizer":true,"type":"singleInstance","seriesMasterId":null,"body":{"contentType":"html","content":"%s"},"start":{"dateTime":"2026-11-24T08:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-11-24T09:00:00.0000000","timeZone":"UTC"},`+
			`"attendees":[{"type":"required","emailAddress":{"name":"a","address":"a@x.example"}}],"organizer":{"emailAddress":{"name":"b","address":"b@x.example"}}}`, i, i, i, strings.Repeat("Bitte die Zahlen mitbringen. ", 40))
	}
	var list []string
	for i := range 500 {
		list = append(list, event(i))
	}
	full := []byte(`{"@odata.context":"x","value":[` + strings.Join(list, ",") + `]`)
	const pages = 20
	c := &canned{RoundTripper: handler{sim}, page: full, last: full}
	conn, scope, part := benchConn(b, sim, c)
	b.ReportAllocs()
	b.SetBytes(int64(len(full)) * pages)
	n := 0
	for b.Loop() {
		c.left = pages
		req := sdk.StepRequest{Step: "event", Read: &sdk.ReadRequest{Partition: part, Scope: scope}}
		if _, err := sdk.RunStep(b.Context(), conn, req, func(x sdk.Batch) error { n += len(x.Records); return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}

func benchConn(b *testing.B, sim *graphsim.Server, tr http.RoundTripper) (conn sdk.Conn, scope []byte, partition string) {
	b.Helper()
	cred := sim.Credentials()
	def := msgraph.Connector()
	s, err := sdk.ParseSettings(def.Spec.Settings, map[string]string{
		"tenant_id": cred.TenantID, "client_id": cred.ClientID, "client_secret": cred.ClientSecret, "graph_url": "http://127.0.0.1", "login_url": "http://127.0.0.1", "user_filter": "userType eq 'Member'",
	})
	if err != nil {
		b.Fatal(err)
	}
	conn, err = def.Open(b.Context(), sdk.Env{
		Settings: s, Params: &memParams{}, Locker: memLocker{}, Log: slog.New(slog.DiscardHandler), HTTP: tr, Now: func() time.Time { return noon }, Rand: zeros{}, Progress: func(int64, int64, string) {},
	})
	if err != nil {
		b.Fatal(err)
	}
	list, err := sdk.Partitions(b.Context(), conn, sdk.PartitionRequest{Object: "event", Step: "event"})
	if err != nil {
		b.Fatal(err)
	}
	return conn, list.Scope, list.Partitions[0].ID
}
