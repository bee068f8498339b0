package msgraph_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/connectors/msgraph"
	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

func TestMain(m *testing.M) { testharness.Main(m, msgraph.Connector()) }

// TestContract holds every object and step against the contract, as a plugin
// process too.
func TestContract(t *testing.T) {
	t.Parallel()
	for _, x := range contracts() {
		for _, step := range []string{"", x.object} {
			t.Run(x.object+"/"+step, func(t *testing.T) {
				t.Parallel()
				sub := testharness.Subject{Connector: msgraph.Connector(), Object: x.object, Step: step, New: x.system}
				if step == "" {
					sub.Leave = map[string]string{"cursors": x.read}
					if x.read == "" {
						sub.Leave = nil
					}
				}
				testharness.Run(t, sub)
			})
		}
	}
}

// contract is one object: how its records are made, changed and touched.
type contract struct {
	object string
	read   string // why reading without the step does not go on with changes; "": it does
	fresh  func(n int64) string
	patch  func(n int64) (string, string)
	clear  string
}

func contracts() []contract {
	return []contract{
		{
			object: "event", clear: "categories",
			fresh: func(n int64) string {
				return fmt.Sprintf(`{"subject":"Termin %d","start":{"dateTime":"2026-12-01T09:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-12-01T10:00:00","timeZone":"UTC"},"categories":["Rot"]}`, n)
			},
			patch: func(n int64) (string, string) { return fmt.Sprintf(`{"subject":"Verlegt %d"}`, n), "subject" },
		},
		{
			object: "task",
			fresh:  func(n int64) string { return fmt.Sprintf(`{"title":"Aufgabe %d","importance":"high"}`, n) },
			patch:  func(n int64) (string, string) { return fmt.Sprintf(`{"title":"Umbenannt %d"}`, n), "title" },
		},
		{
			object: "contact", clear: "jobTitle",
			fresh: func(n int64) string {
				return fmt.Sprintf(`{"givenName":"Eva %d","surname":"Probst","jobTitle":"Leitung"}`, n)
			},
			patch: func(n int64) (string, string) { return fmt.Sprintf(`{"surname":"Geändert %d"}`, n), "surname" },
		},
	}
}

// system is a simulated company with one selected mailbox.
func (x contract) system(ctx context.Context, _ string) (*testharness.System, error) {
	sim, err := graphsim.New(graphsim.Config{Seed: 3, Users: 5, EventsPerUser: 30, TasksPerUser: 30, ContactsPerUser: 30})
	if err != nil {
		return nil, err
	}
	ctl := sim.Control()
	server := httptest.NewServer(sim)
	cred, user := sim.Credentials(), ctl.Users()[0]
	var serial atomic.Int64
	sys := &testharness.System{
		Settings: map[string]string{
			"graph_url": server.URL, "login_url": server.URL, "tenant_id": cred.TenantID, "client_id": cred.ClientID, "client_secret": cred.ClientSecret,
			"user_list": user.Mail, "past_months": "2", "future_months": "3",
		},
		Secret: cred.ClientSecret,
		Close:  func() error { server.Close(); return nil },
		Clear:  x.clear,
		Fresh:  func() []byte { return []byte(x.fresh(serial.Add(1))) },
		Change: func([]byte) ([]byte, string) {
			p, f := x.patch(serial.Add(1))
			return []byte(p), f
		},
		LoseAnswers: func() { ctl.Fail(graphsim.Rule{Method: "POST", Path: "/users/*", Execute: true, Drop: true}) },
		Throttle: func(wait time.Duration) func() {
			ctl.Fail(graphsim.Rule{Path: "/users/*", Times: -1, Status: 429, Code: "TooManyRequests", RetryAfter: wait})
			return ctl.ClearFaults
		},
	}
	sys.Touch = func(context.Context) (string, error) { return x.touch(ctl, user.UPN, serial.Add(1)) }
	return sys, nil
}

// touch changes a record as a user would.
func (x contract) touch(ctl *graphsim.Control, user string, n int64) (string, error) {
	state, err := ctl.State(user, ctl.Now().AddDate(0, -1, 0), ctl.Now().AddDate(0, 1, 0))
	if err != nil {
		return "", err
	}
	switch x.object {
	case "event":
		for _, e := range state.Events {
			if e["type"] == "singleInstance" && e["isOrganizer"] == true {
				id := e["id"].(string)
				_, err := ctl.UpdateEvent(user, id, map[string]any{"subject": fmt.Sprint("Berührt ", n)})
				return id, err
			}
		}
	case "task":
		id := state.Tasks[0]["id"].(string)
		_, err := ctl.UpdateTask(user, id, map[string]any{"title": fmt.Sprint("Berührt ", n)})
		return id, err
	case "contact":
		id := state.Contacts[0]["id"].(string)
		_, err := ctl.UpdateContact(user, id, map[string]any{"surname": fmt.Sprint("Berührt ", n)})
		return id, err
	}
	return "", sdk.Errorf(sdk.NotFound, "nothing", "the mailbox has no suitable %s", x.object)
}
