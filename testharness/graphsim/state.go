package graphsim

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/entra"
)

// The state is one JSON document: the service's counters and clock, then the users, each with the content of its mailbox, then the rest of
// the tenant. Ids, tokens, delta links and ETags given before it was saved are valid in a server that loads it.
//
// Every stored struct has a method state that names its fields once, for saving and loading alike (statedirectory.go, statecalendar.go,
// stateitems.go, …). Who adds a field adds a line to that method; who adds a kind of items writes one and calls it from mailbox.state or
// tenant.state with pointers, objects, pointer or field; where a document can say what makes no sense, it writes a method complete too
// (statecheck.go). A struct whose fields are all exported needs no method: encoding/json carries it, but for integers that may be large.
// TestEveryStoredFieldIsInTheState names what is missing, TestAStateWithAnErrorIsRefusedOrServed what is not checked.
//
// Not in the state: planned faults, the request log, what was spent of the budgets, and the Config but for the seed.

const (
	stateFormat  = "graphsim"
	stateVersion = 1
)

// stored is a thing that the state carries.
type stored interface{ state(a *archive) }

// service is what the state carries of the server itself.
type service struct {
	seed             uint64
	offset           time.Duration
	stamped, counter uint64
	login            entra.State // apps, accounts, consents, and what the identity platform handed out
}

func (v *service) state(a *archive) {
	a.field("seed", &v.seed)
	a.field("clockOffset", &v.offset)
	a.field("lastStamp", &v.stamped)
	a.field("requests", &v.counter)
	a.field("login", &v.login)
}

// SaveState writes the whole state as one JSON document. Writing requests wait meanwhile, so w should be quick. It fails if w does.
func (ctl *Control) SaveState(w io.Writer) error {
	s := ctl.s
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := bufio.NewWriterSize(w, 1<<16)
	var failed error
	part := func(lead string, v stored) {
		a := &archive{s: s, out: []byte(lead)}
		a.object(v)
		failed = cmp.Or(failed, a.err)
		out.Write(a.out) //nolint:errcheck // Flush tells
	}
	login, err := s.login.Save()
	if err != nil {
		return fmt.Errorf("graphsim: state: %w", err)
	}
	v := &service{s.cfg.Seed, time.Duration(s.offset.Load()), uint64(s.stamped.Load()), s.counter.Load(), login}
	part(`{"format":"`+stateFormat+`","version":`+strconv.Itoa(stateVersion)+",\n\"service\":", v)
	out.WriteString(",\n\"users\":[") //nolint:errcheck // Flush tells
	lead := "\n"
	for _, u := range s.tenant.users {
		part(lead, u)
		lead = ",\n"
	}
	part("],\n\"tenant\":", s.tenant)
	out.WriteString("}\n") //nolint:errcheck // Flush tells
	return cmp.Or(failed, out.Flush())
}

// LoadState replaces the whole tenant by a saved one, with its clock: the time that passed on Config.Now since it was saved passes too. It
// waits for requests that are being answered. A document that is damaged, or of another version of the simulator, changes nothing.
//
// Documents may be written by hand. This is a whole company, with the credentials of the server that loads it:
//
//	{"format": "graphsim", "version": 1, "users": [{"principalName": "anna@contoso.example", "name": "Anna Amsel", "items": {
//	  "events": [{"subject": "Jour fixe", "start": {"dateTime": "2026-11-23T09:00:00", "timeZone": "UTC"},
//	    "end": {"dateTime": "2026-11-23T10:00:00", "timeZone": "UTC"}}],
//	  "contacts": [{"givenName": "Bert"}], "tasks": [{"title": "Angebot"}], "messages": [{"subject": "Hallo"}]}}]}
//
// The items have the JSON of Graph; messages lie in the inbox. A user with "mailbox": {} has an empty mailbox, one without either has none.
func (ctl *Control) LoadState(r io.Reader) error {
	s := ctl.s
	v, t, err := s.readState(r)
	if err != nil {
		return fmt.Errorf("graphsim: state: %w", err)
	}
	s.swap.Lock()
	defer s.swap.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tenant, s.cfg.Seed, s.key = t, v.seed, signingKey(v.seed)
	s.login = s.newPlatform()
	s.login.Load(v.login)
	s.take(v)
	s.post.watching.Store(len(t.subscriptions)+len(t.notices) > 0)
	return nil
}

// take sets the clock and the counters.
func (s *Server) take(v *service) {
	s.offset.Store(int64(v.offset))
	s.stamped.Store(int64(v.stamped))
	s.counter.Store(v.counter)
}

// readState decodes a document user by user, so that only the simulator's own form of a big tenant is in memory.
func (s *Server) readState(r io.Reader) (*service, *tenant, error) {
	s.mu.RLock()
	cfg, own := s.cfg, s.tenant
	from := &tenant{id: own.id, domain: own.domain, name: own.name, clientID: own.clientID, secret: own.secret}
	s.mu.RUnlock()
	v := &service{seed: cfg.Seed, offset: time.Duration(s.offset.Load()), stamped: uint64(s.stamped.Load()), counter: s.counter.Load()}
	t := &tenant{byID: map[string]*user{}, byName: map[string]*user{}}
	a := &archive{s: s, tenant: t, loading: true, shared: map[any]any{}}
	if err := a.document(json.NewDecoder(bufio.NewReaderSize(r, 1<<16)), v); err != nil {
		return nil, nil, err
	}
	cfg.Seed = v.seed
	w := &Server{cfg: cfg, key: signingKey(v.seed), routes: s.routes, model: s.model, tenant: t} // completes the tenant, and never serves
	w.take(v)
	return v, t, w.complete(a, v, from)
}

// document reads the members of a document, in any order.
func (a *archive) document(dec *json.Decoder, v *service) error {
	var format string
	version := -1
	members := map[string]func() error{
		"format":  func() error { return dec.Decode(&format) },
		"version": func() error { return dec.Decode(&version) },
		"service": func() error { *v = service{}; return a.load(dec, v) },
		"users": func() error {
			return eachElement(dec, func() error {
				u := &user{}
				a.tenant.users = append(a.tenant.users, u)
				return a.load(dec, u)
			})
		},
		"tenant": func() error { return a.load(dec, a.tenant) },
	}
	if err := expect(dec, json.Delim('{')); err != nil {
		return fmt.Errorf("this is no saved state: %w", err)
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		read, ok := members[name.(string)] // a member's name is a string
		if !ok {
			return fmt.Errorf("this is no saved state, or a damaged one: unknown member %q", name)
		}
		if err := read(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if format != "" && format != stateFormat || version >= 0 && version != stateVersion {
			break
		}
	}
	if format != stateFormat || version != stateVersion {
		return fmt.Errorf("this is no saved state, or a damaged one: format %q version %d; this is %q version %d", format, version, stateFormat, stateVersion)
	}
	return expect(dec, json.Delim('}'))
}

// expect reads one token.
func expect(dec *json.Decoder, want json.Token) error {
	got, err := dec.Token()
	switch {
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	case err != nil:
		return err
	case got != want:
		return fmt.Errorf("%v stands where %v belongs", got, want)
	}
	return nil
}

func eachElement(dec *json.Decoder, read func() error) error {
	if err := expect(dec, json.Delim('[')); err != nil {
		return err
	}
	for dec.More() {
		if err := read(); err != nil {
			return err
		}
	}
	return expect(dec, json.Delim(']'))
}

// load reads one value as an object.
func (a *archive) load(dec *json.Decoder, v stored) error {
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return err
	}
	return a.read(raw, v)
}
