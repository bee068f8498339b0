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
// tenant.state with pointers, objects, pointer or field. A struct whose fields are all exported needs no method: encoding/json carries it.
// TestEveryStoredFieldIsInTheState names what is missing.
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
	s.offset.Store(int64(v.offset))
	s.post.watching.Store(len(t.subscriptions)+len(t.notices) > 0)
	s.stamped.Store(int64(v.stamped))
	s.counter.Store(v.counter)
	return nil
}

// readState decodes a document user by user, so that only the simulator's own form of a big tenant is in memory.
func (s *Server) readState(r io.Reader) (*service, *tenant, error) {
	v, t := &service{}, &tenant{byID: map[string]*user{}, byName: map[string]*user{}}
	a := &archive{s: s, tenant: t, loading: true, shared: map[any]any{}}
	dec := json.NewDecoder(bufio.NewReaderSize(r, 1<<16))
	var format string
	var version int
	steps := []struct {
		name string
		read func() error
	}{
		{"format", func() error { return dec.Decode(&format) }},
		{"version", func() error { return dec.Decode(&version) }},
		{"service", func() error { return a.load(dec, v) }},
		{"users", func() error {
			return eachElement(dec, func() error {
				u := &user{}
				err := a.load(dec, u)
				t.addUser(u)
				return err
			})
		}},
		{"tenant", func() error { return a.load(dec, t) }},
	}
	if err := expect(dec, json.Delim('{')); err != nil {
		return nil, nil, err
	}
	for _, step := range steps {
		if err := expect(dec, step.name); err != nil {
			return nil, nil, err
		}
		if err := step.read(); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", step.name, err)
		}
		if step.name == "version" && (format != stateFormat || version != stateVersion) {
			return nil, nil, fmt.Errorf("format %q version %d; this is %q version %d", format, version, stateFormat, stateVersion)
		}
	}
	for _, finish := range a.after {
		if err := finish(); err != nil {
			return nil, nil, err
		}
	}
	return v, t, expect(dec, json.Delim('}'))
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
