package msgraph_test

import (
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/connectors/msgraph"
	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

// recordedAt is the address under which the recordings were made; links in them lead to it.
const recordedAt = "127.0.0.1:18765"

// TestRecordedConversations replays what the connector and Microsoft Graph said to each other: a request that changes, or another reading
// of the same answers, shows as a difference. GLEIS_RECORD=1 records them anew from the simulator.
func TestRecordedConversations(t *testing.T) {
	settings := map[string]string{
		"tenant_id": "6f334460-ca83-456e-a951-918ad2df9f45", "client_id": "cf7489d3-3f99-4f99-99f5-618b0cfdf549", "client_secret": "replayed", "graph_url": "http://" + recordedAt, "login_url": "http://" + recordedAt, "user_list": "anna.mueller@contoso.example",
		"past_months": "0", "future_months": "1",
	}
	if os.Getenv("GLEIS_RECORD") != "" {
		sim, err := graphsim.New(graphsim.Config{Seed: 90, Users: 3, EventsPerUser: 4, TasksPerUser: 3, ContactsPerUser: 3, Now: func() time.Time { return noon }})
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", recordedAt)
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(sim)
		server.Listener.Close()
		server.Listener = l
		server.Start()
		defer server.Close()
		settings["client_secret"] = sim.Credentials().ClientSecret // not kept: sign-ins are left out of recordings
	}
	for _, object := range []string{"event", "task", "contact"} {
		t.Run(object, func(t *testing.T) {
			create, change := sample(object, settings["user_list"])
			sc := testharness.Script{
				Connector: msgraph.Connector(), Settings: settings, Object: object, Step: object, Now: noon,
				Write: func() []sdk.Record {
					return []sdk.Record{{Intent: "0f0e0d0c-0000-4000-8000-000000000001", Data: data(create)}, {Data: data(change)}, {Op: sdk.Delete}}
				},
			}
			if err := testharness.Update(t.Context(), sc, filepath.Join("testdata", object+".txtar")); err != nil {
				t.Fatal(err)
			}
		})
	}
}
