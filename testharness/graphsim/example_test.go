package graphsim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/testharness/graphsim"
)

// A tenant on a fixed clock, an edit by a person, and a planned outage.
func Example() {
	clock := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	sim, err := graphsim.New(graphsim.Config{Seed: 7, Small: true, Now: func() time.Time { return clock }})
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(sim) // give server.URL to the client as Graph's and the login's origin, with sim.Credentials()
	defer server.Close()

	anna := sim.Control().Users()[0]
	id, err := sim.Control().CreateEvent(anna.UPN, map[string]any{
		"subject": "Budget",
		"start":   map[string]any{"dateTime": "2026-11-24T09:00:00", "timeZone": "W. Europe Standard Time"},
		"end":     map[string]any{"dateTime": "2026-11-24T10:00:00", "timeZone": "W. Europe Standard Time"},
	})
	if err != nil {
		panic(err)
	}
	event, err := sim.Control().Event(anna.UPN, id)
	if err != nil {
		panic(err)
	}
	fmt.Println(anna.UPN, event["subject"], event["start"])

	resp, err := http.Get(server.URL + "/v1.0/users")
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status, sim.Control().Requests()[0].Code)
	// Output:
	// anna.mueller@contoso.example Budget map[dateTime:2026-11-24T08:00:00.0000000 timeZone:UTC]
	// 401 Unauthorized InvalidAuthenticationToken
}

func ExampleNew() {
	sim, err := graphsim.New(graphsim.Config{Seed: 7})
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(sim)
	defer server.Close()
	cred, anna := sim.Credentials(), sim.Control().Users()[0]
	fmt.Println(anna.UPN, len(cred.TenantID), strings.HasPrefix(server.URL, "http://"))
	// Output: anna.mueller@contoso.example 36 true
}
