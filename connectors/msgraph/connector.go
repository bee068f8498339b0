package msgraph

import (
	"context"
	"encoding/binary"
	"io"
	"strings"
	"sync"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/sdk/pace"
	"github.com/gleis-dev/gleis/sdk/rest"
)

// The objects of the connector, which are also the names of its steps.
const (
	objectEvent   = "event"
	objectTask    = "task"
	objectContact = "contact"
)

// Connector returns the connector. All connections that it opens share one budget of requests, as Graph counts them together.
func Connector() sdk.Connector {
	budget := pace.NewBudget(pace.Limit{})
	return sdk.Define(spec(), func(ctx context.Context, env sdk.Env) (*Conn, error) { return open(ctx, env, budget) })
}

func spec() sdk.Spec {
	return sdk.Spec{
		Name: "msgraph", Version: "0.1.0", Title: sdk.Text{EN: "Microsoft Graph (Microsoft 365)", DE: "Microsoft Graph (Microsoft 365)"},
		Settings: settings(),
		Steps: []sdk.StepSpec{
			{Name: objectEvent, Object: objectEvent, Source: true, Target: true, Title: sdk.Text{EN: "Events of a window around today, with occurrences and deletions", DE: "Ereignisse eines Zeitfensters um heute, mit Vorkommen und Löschungen"}},
			{Name: objectTask, Object: objectTask, Source: true, Target: true, Title: sdk.Text{EN: "Tasks of the default list, with deletions", DE: "Aufgaben der Standardliste, mit Löschungen"}},
			{Name: objectContact, Object: objectContact, Source: true, Target: true, Title: sdk.Text{EN: "Contacts of the default folder, with deletions", DE: "Kontakte des Standardordners, mit Löschungen"}},
		},
	}
}

// Conn is an open connection to one organisation.
type Conn struct {
	cfg    config
	env    sdk.Env
	graph  *graph
	tokens *tokens
	scopes scopes

	mu       sync.Mutex
	schema   *sdk.Schema
	resolved resolvedScope
	lists    map[string]string // user id → id of the default task list
}

// open checks the settings. It sends nothing: the sign-in happens with the first request.
func open(_ context.Context, env sdk.Env, budget *pace.Budget) (*Conn, error) {
	cfg, err := parseConfig(env.Settings)
	if err != nil {
		return nil, err
	}
	tok, err := newTokens(cfg, env)
	if err != nil {
		return nil, err
	}
	client, err := rest.New(rest.Config{Origins: []string{cfg.graph}, Prefix: root + "/", Transport: env.HTTP, Token: tok, Now: env.Now, Refine: refine, Stale: staleToken, Total: longestCall})
	if err != nil {
		return nil, err
	}
	return &Conn{
		cfg: cfg, env: env, tokens: tok, lists: map[string]string{},
		graph: &graph{http: client, budget: budget, app: strings.Join([]string{cfg.graph, cfg.tenant, cfg.client}, "|"), zone: cfg.zoneName, rand: random(env.Rand), now: env.Now},
	}, nil
}

// Close implements sdk.Conn. There is nothing to give back: the transport is the host's.
func (c *Conn) Close() error { return nil }

// random makes numbers in [0, 1) of r's bytes.
func random(r io.Reader) func() float64 {
	var mu sync.Mutex
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		var b [8]byte
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return 1 // the longest delay
		}
		return float64(binary.LittleEndian.Uint64(b[:])>>11) / (1 << 53)
	}
}
