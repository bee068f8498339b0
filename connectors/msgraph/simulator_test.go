package msgraph_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/connectors/msgraph"
	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

// noon is when the tests begin.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// tenant is a simulated organisation, the connector that talks to it, and the settings of the connection.
type tenant struct {
	t        *testing.T
	sim      *graphsim.Server
	ctl      *graphsim.Control
	url      string
	settings map[string]string
	params   *memParams
	http     http.RoundTripper
	def      sdk.Connector
}

func newTenant(t *testing.T, cfg graphsim.Config) *tenant {
	t.Helper()
	if cfg.Now == nil {
		cfg.Now = func() time.Time { return noon }
	}
	sim, err := graphsim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	tr := http.DefaultTransport.(*http.Transport).Clone()
	tr.Proxy, tr.MaxIdleConnsPerHost = nil, 16
	t.Cleanup(tr.CloseIdleConnections)
	cred := sim.Credentials()
	return &tenant{
		t: t, sim: sim, ctl: sim.Control(), url: server.URL, params: &memParams{}, http: tr, def: msgraph.Connector(),
		settings: map[string]string{
			"tenant_id": cred.TenantID, "client_id": cred.ClientID, "client_secret": cred.ClientSecret, "graph_url": server.URL, "login_url": server.URL,
			"user_filter": "userType eq 'Member'", "past_months": "1", "future_months": "3",
		},
	}
}

// with changes settings; an empty value removes one.
func (x *tenant) with(pairs ...string) *tenant {
	y := *x
	y.settings = map[string]string{}
	for k, v := range x.settings {
		y.settings[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		if y.settings[pairs[i]] = pairs[i+1]; pairs[i+1] == "" {
			delete(y.settings, pairs[i])
		}
	}
	return &y
}

func (x *tenant) tryOpen() (sdk.Conn, error) {
	s, err := sdk.ParseSettings(x.def.Spec.Settings, x.settings)
	if err != nil {
		return nil, err
	}
	return x.def.Open(x.t.Context(), sdk.Env{
		Settings: s, Params: x.params, Locker: memLocker{}, Log: slog.New(slog.DiscardHandler), HTTP: x.http, Now: x.ctl.Now, Rand: zeros{},
		Progress: func(int64, int64, string) {},
	})
}

func (x *tenant) open() sdk.Conn {
	x.t.Helper()
	c, err := x.tryOpen()
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { c.Close() })
	return c
}

// mailbox returns the n-th user with a mailbox.
func (x *tenant) mailbox(n int) graphsim.User {
	x.t.Helper()
	for _, u := range x.ctl.Users() {
		if u.Mailbox && !u.Guest {
			if n--; n < 0 {
				return u
			}
		}
	}
	x.t.Fatal("the tenant has too few mailboxes")
	return graphsim.User{}
}

// mirror is what a host would know of one partition after reading: it follows batches as sdk.Batch documents them.
type mirror struct {
	t       *testing.T
	conn    sdk.Conn
	step    string
	part    string
	scope   []byte
	cursor  []byte
	records map[string]sdk.Record
	seen    map[string]bool // of the full round under way
	ops     map[sdk.Op]int  // of the last sync
	batches []sdk.Batch     // of the last sync, without data
	stopAt  int             // the batch that the host refuses; 0: none
}

var errHost = errors.New("the host stops here")

func newMirror(t *testing.T, conn sdk.Conn, step, user string) *mirror {
	t.Helper()
	list, err := sdk.Partitions(t.Context(), conn, sdk.PartitionRequest{Object: step, Step: step})
	if err != nil {
		t.Fatal(err)
	}
	m := &mirror{t: t, conn: conn, step: step, scope: list.Scope, records: map[string]sdk.Record{}}
	for _, p := range list.Partitions {
		if strings.EqualFold(p.Title, user) || p.ID == user {
			m.part = p.ID
		}
	}
	if m.part == "" {
		t.Fatalf("no partition for %s in %v", user, list.Partitions)
	}
	return m
}

// sync runs the step once, from the cursor, and reconciles as a host does.
func (m *mirror) sync() error {
	m.ops, m.batches = map[sdk.Op]int{}, nil
	var suspects []string
	emit := func(b sdk.Batch) error {
		if b.Start {
			m.seen = map[string]bool{}
		}
		for _, r := range b.Records {
			r.Data = slices.Clone(r.Data) // the buffer is the connector's again afterwards
			m.ops[r.Op]++
			suspects = append(suspects, m.apply(r)...)
		}
		for _, f := range b.Failed {
			return fmt.Errorf("failed: %s: %w", f.Key, f.Err)
		}
		for _, set := range b.Sets {
			for k, r := range m.records {
				if r.Parent == set.Parent && !slices.Contains(set.Keys, k) && inReach(r.At, b.Reach) {
					suspects = append(suspects, k)
				}
			}
		}
		if b.Full && b.Done {
			for k, r := range m.records {
				if !m.seen[k] && inReach(r.At, b.Reach) {
					suspects = append(suspects, k)
				}
			}
		}
		if b.Cursor != nil {
			m.cursor = slices.Clone(b.Cursor)
		}
		b.Records = slices.Clone(b.Records)
		m.batches = append(m.batches, b)
		if len(m.batches) == m.stopAt {
			return errHost
		}
		return nil
	}
	req := sdk.StepRequest{Step: m.step, Read: &sdk.ReadRequest{Partition: m.part, Scope: m.scope, Cursor: m.cursor}}
	if _, err := sdk.RunStep(m.t.Context(), m.conn, req, emit); err != nil {
		return err
	}
	return m.ask(suspects)
}

// apply takes a record and returns the keys it makes suspect.
func (m *mirror) apply(r sdk.Record) []string {
	if m.seen != nil {
		m.seen[r.Key] = true
	}
	switch r.Op {
	case sdk.Upsert:
		m.records[r.Key] = r
	case sdk.Missing:
		if _, linked := m.records[r.Key]; linked {
			return []string{r.Key}
		}
	default:
		delete(m.records, r.Key)
	}
	return nil
}

// ask reads suspects by key: only what is confirmed is deleted.
func (m *mirror) ask(keys []string) error {
	slices.Sort(keys)
	keys = slices.Compact(keys)
	if len(keys) == 0 {
		return nil
	}
	answered := 0
	req := sdk.StepRequest{Step: m.step, Read: &sdk.ReadRequest{Partition: m.part, Scope: m.scope, Keys: keys}}
	_, err := sdk.RunStep(m.t.Context(), m.conn, req, func(b sdk.Batch) error {
		if b.Cursor != nil {
			return errors.New("a read by keys returned a cursor")
		}
		for _, r := range b.Records {
			answered++
			r.Data = slices.Clone(r.Data)
			m.ops[r.Op]++
			m.apply(r)
		}
		answered += len(b.Failed)
		return nil
	})
	if err == nil && answered != len(keys) {
		err = fmt.Errorf("%d keys asked, %d answered", len(keys), answered)
	}
	return err
}

func (m *mirror) mustSync() {
	m.t.Helper()
	if err := m.sync(); err != nil {
		m.t.Fatal(err)
	}
}

func inReach(at string, reach [2]string) bool {
	return at == "" || reach[0] == "" || at >= reach[0] && at < reach[1]
}

// memParams and memLocker stand for the host's parameters and leases.
type memParams struct {
	mu     sync.Mutex
	values map[string]sdk.Param
}

func (p *memParams) Get(_ context.Context, name string) (sdk.Param, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v, ok := p.values[name]
	if !ok {
		return v, sdk.NotFound
	}
	return v, nil
}

func (p *memParams) List(context.Context, string) ([]sdk.ParamInfo, error) { return nil, nil }

func (p *memParams) Put(_ context.Context, name string, value sdk.Secret, ifVersion int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.values[name].Version != ifVersion {
		return sdk.Conflict
	}
	if p.values == nil {
		p.values = map[string]sdk.Param{}
	}
	p.values[name] = sdk.Param{Value: value, Version: ifVersion + 1}
	return nil
}

func (p *memParams) Delete(_ context.Context, name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.values, name)
	return nil
}

type memLocker struct{}

func (memLocker) Lock(context.Context, string) (func(), error) { return func() {}, nil }

// zeros is a source of randomness that makes every delay before a repetition the shortest.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// handler calls an HTTP handler without a network.
type handler struct{ http.Handler }

func (h handler) RoundTrip(req *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if req.Body == nil {
		req.Body = http.NoBody
	}
	h.ServeHTTP(w, req)
	return w.Result(), nil
}
