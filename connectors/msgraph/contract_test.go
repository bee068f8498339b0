package msgraph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
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

// TestContract puts the three steps through the rules of every connector, linked in and as a process.
func TestContract(t *testing.T) {
	t.Parallel()
	for _, object := range []string{"event", "task", "contact"} {
		t.Run(object, func(t *testing.T) {
			t.Parallel()
			testharness.Run(t, testharness.Subject{Connector: msgraph.Connector(), Object: object, Step: object, New: func(context.Context, string) (*testharness.System, error) { return contractSystem(object) }})
		})
	}
}

// contractSystem is a fresh organisation of a few users; the first has enough items for several pages.
func contractSystem(object string) (*testharness.System, error) {
	sim, err := graphsim.New(graphsim.Config{Seed: 80, Users: 4, EventsPerUser: 3, TasksPerUser: 560, ContactsPerUser: 560})
	if err != nil {
		return nil, err
	}
	ctl, server, cred := sim.Control(), httptest.NewServer(sim), sim.Credentials()
	var user graphsim.User
	for _, u := range ctl.Users() {
		if user.ID == "" && u.Mailbox {
			user = u
		}
	}
	if err := ctl.BigMailbox(user.Mail, 1100); err != nil {
		return nil, err
	}
	var n atomic.Int64
	field := map[string]string{"event": "subject", "task": "title", "contact": "displayName"}[object]
	s := &testharness.System{
		Settings: map[string]string{
			"tenant_id": cred.TenantID, "client_id": cred.ClientID, "client_secret": cred.ClientSecret, "graph_url": server.URL, "login_url": server.URL, "user_list": user.Mail,
		},
		Secret: cred.ClientSecret, Partition: user.ID, Close: func() error { server.Close(); return nil },
		Fresh: func() []byte {
			create, _ := sample(object, user.Mail)
			delete(create, "organizer")
			if create[field] = fmt.Sprint("Vertrag ", n.Add(1)); object == "event" {
				at := time.Now().UTC().Truncate(time.Hour).AddDate(0, 0, 2)
				create["start"], create["end"] = moment(at), moment(at.Add(time.Hour))
			}
			return data(create)
		},
		Change: func([]byte) ([]byte, string) {
			return data(map[string]any{field: fmt.Sprint("anders ", n.Add(1))}), field
		},
		Clear: map[string]string{"contact": "givenName", "task": "", "event": ""}[object],
		Touch: func(context.Context) (string, error) {
			return touchOne(ctl, object, user, fmt.Sprint("berührt ", n.Add(1)))
		},
		LoseAnswers: func() {
			ctl.Fail(graphsim.Rule{Method: http.MethodPost, Path: "/users/*", Drop: true, Execute: true})
		},
		Throttle: func(wait time.Duration) func() {
			ctl.Fail(graphsim.Rule{Path: "/users/*", Times: -1, Status: http.StatusTooManyRequests, RetryAfter: wait})
			return ctl.ClearFaults
		},
	}
	return s, nil
}

// touchOne changes an item as its owner would.
func touchOne(ctl *graphsim.Control, object string, user graphsim.User, text string) (string, error) {
	path := map[string]string{"event": "/users/" + user.ID + "/events?$top=1", "contact": "/users/" + user.ID + "/contacts?$top=1"}[object]
	if object == "task" {
		list, err := ctl.DefaultList(user.Mail)
		if err != nil {
			return "", err
		}
		path = "/users/" + user.ID + "/todo/lists/" + list + "/tasks?$top=1"
	}
	a, err := ctl.Do(http.MethodGet, path, nil)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(a["value"])
	if err != nil {
		return "", err
	}
	var items []struct{ ID string }
	if err := sdk.Decode(b, &items); err != nil || len(items) == 0 {
		return "", fmt.Errorf("no %s to touch: %w", object, err)
	}
	update := map[string]func(string, string, map[string]any) (map[string]any, error){"event": ctl.UpdateEvent, "task": ctl.UpdateTask, "contact": ctl.UpdateContact}[object]
	field := map[string]string{"event": "subject", "task": "title", "contact": "displayName"}[object]
	_, err = update(user.Mail, items[0].ID, map[string]any{field: text})
	return items[0].ID, err
}
