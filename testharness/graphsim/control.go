package graphsim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Control is the back door for tests: it moves the clock, plans faults, edits as people would, and tells what happened and what is true.
// Its calls need no token, are not throttled and do not appear in the request log.
type Control struct{ s *Server }

// Control returns the back door.
func (s *Server) Control() *Control { return &Control{s} }

// Advance moves the clock by d on top of Config.Now. A negative d moves it back.
func (ctl *Control) Advance(d time.Duration) {
	ctl.s.offset.Add(int64(d))
	ctl.s.kick()
}

// SetClock makes the simulated time now; it goes on from there at the pace of Config.Now. It fails for a year before 1970 or after 2100.
func (ctl *Control) SetClock(now time.Time) error {
	if err := checkClock(now); err != nil {
		return err
	}
	ctl.s.offset.Store(int64(now.Sub(ctl.s.cfg.Now())))
	ctl.s.kick()
	return nil
}

// checkClock refuses times that the calendars of a company do not reach.
func checkClock(now time.Time) error {
	if y := now.UTC().Year(); y < 1970 || y > 2100 {
		return fmt.Errorf("graphsim: the clock tells %s, it must lie between 1970 and 2100", now.UTC().Format(time.RFC3339))
	}
	return nil
}

// Now is the simulated time.
func (ctl *Control) Now() time.Time { return ctl.s.now() }

// Fail plans a fault. It fails for a rule that no answer can follow.
func (ctl *Control) Fail(r Rule) error {
	if err := r.check(); err != nil {
		return err
	}
	ctl.s.faults.add(r)
	return nil
}

// ClearFaults forgets all planned faults.
func (ctl *Control) ClearFaults() { ctl.s.faults.clear() }

// Throttle makes a mailbox refuse all requests with 429 until d has passed on the simulated clock.
func (ctl *Control) Throttle(who string, d time.Duration) error {
	return ctl.withUser(who, func(u *user) error {
		ctl.s.gates.throttle(u.id, ctl.s.now().Add(d))
		return nil
	})
}

// SetRetryAfterForm changes how refusals say from now on when to come back.
func (ctl *Control) SetRetryAfterForm(form RetryAfterForm) error {
	if !slices.Contains([]RetryAfterForm{RetrySeconds, RetryFraction, RetryOne, RetryMissing}, form) {
		return fmt.Errorf("graphsim: no form %q of Retry-After", form)
	}
	ctl.s.gates.mu.Lock()
	defer ctl.s.gates.mu.Unlock()
	ctl.s.gates.form = form
	return nil
}

// ExpireDelta makes all delta links and next links given so far answer 410, of one user's mailbox or, with "", of all and of the directory.
func (ctl *Control) ExpireDelta(user string) error {
	if user != "" {
		return ctl.withBox(user, func(m *mailbox) error { m.expire(); return nil })
	}
	ctl.s.mu.Lock()
	defer ctl.s.mu.Unlock()
	t := ctl.s.tenant
	for _, u := range t.users {
		if u.box != nil {
			u.box.expire()
		}
	}
	for _, log := range []*directoryLog{&t.userLog, &t.groupLog, &t.contactLog} {
		log.expire()
	}
	return nil
}

// expire makes all links of a mailbox's rounds answer 410.
func (m *mailbox) expire() {
	for _, f := range m.feeds() {
		f.expire()
	}
}

// Requests are the answered requests since the last ResetRequests, in order; the log holds 200,000 and then only counts.
func (ctl *Control) Requests() []Request { return ctl.s.log.all() }

// Counts sums up the requests by mailbox and class.
func (ctl *Control) Counts() Counts { return ctl.s.log.summary() }

// MaxParallel is the most requests seen at a time per mailbox, by user principal name. Refused ones count.
func (ctl *Control) MaxParallel() map[string]int { return ctl.s.gates.peaks() }

// ResetRequests empties the request log, the counts and the budgets of the mailboxes.
func (ctl *Control) ResetRequests() {
	ctl.s.log.clear()
	ctl.s.gates.forget()
}

// Outbox is the mail that actions would have sent so far.
func (ctl *Control) Outbox() []Mail {
	ctl.s.mu.RLock()
	defer ctl.s.mu.RUnlock()
	return slices.Clone(ctl.s.tenant.outbox)
}

// ClearOutbox forgets the mail.
func (ctl *Control) ClearOutbox() {
	ctl.s.mu.Lock()
	defer ctl.s.mu.Unlock()
	ctl.s.tenant.outbox = nil
}

// Do carries out a call without HTTP: path below the version, with its query. body is any value that encodes as JSON, or nil. The answer is
// the decoded JSON, nil when there is none. A status of 400 or more is an error of type *StatusError.
func (ctl *Control) Do(method, path string, body any) (map[string]any, error) {
	c := &call{s: ctl.s, ctx: context.Background(), method: method, header: http.Header{}, origin: graphOrigin, direct: true}
	u, err := url.Parse(path)
	if err != nil {
		return nil, fmt.Errorf("graphsim: path %q: %w", path, err)
	}
	c.path, c.rawQuery = u.EscapedPath(), u.RawQuery
	if body != nil {
		if c.body, err = json.Marshal(body); err != nil {
			return nil, fmt.Errorf("graphsim: body of %s %s: %w", method, path, err)
		}
		c.header.Set("Content-Type", "application/json")
	}
	ctl.s.swap.RLock()
	defer ctl.s.swap.RUnlock()
	c.requestID = ctl.s.requestID()
	c.clientID = c.requestID
	rep := ctl.s.handle(c)
	if rep.status >= 400 {
		return nil, &StatusError{Status: rep.status, Code: rep.code, Body: string(rep.body)}
	}
	return decodeAnswer(rep.body)
}

func decodeAnswer(body []byte) (map[string]any, error) {
	if len(body) == 0 {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var out map[string]any
	if err := dec.Decode(&out); err != nil {
		return nil, fmt.Errorf("graphsim: answer is not JSON: %w", err)
	}
	return out, nil
}

// StatusError is a refusal in the form of Graph.
type StatusError struct {
	Status int
	Code   string
	Body   string
}

// Error names status, code and body.
func (e *StatusError) Error() string {
	return fmt.Sprintf("graphsim: %d %s: %s", e.Status, e.Code, e.Body)
}

// User is a person of the directory.
type User struct {
	ID, UPN, Mail, Name string
	Enabled, Mailbox    bool
	Guest, Room         bool
}

// Users are the users in the order of the directory.
func (ctl *Control) Users() []User {
	ctl.s.mu.RLock()
	defer ctl.s.mu.RUnlock()
	var out []User
	for _, u := range ctl.s.tenant.users {
		out = append(out, userOf(u))
	}
	return out
}

func userOf(u *user) User {
	return User{
		ID: u.id, UPN: u.upn, Mail: u.str("mail"), Name: u.name, Enabled: u.props["accountEnabled"] == true, Mailbox: u.box != nil,
		Guest: u.str("userType") == "Guest", Room: u.room != nil,
	}
}

func (ctl *Control) withUser(name string, do func(*user) error) error {
	defer ctl.s.afterWrite()
	ctl.s.mu.Lock()
	defer ctl.s.mu.Unlock()
	u := ctl.s.tenant.findByAddress(name)
	if u == nil {
		return fmt.Errorf("graphsim: no user %q", name)
	}
	return do(u)
}

// withBox is withUser for users that have a mailbox.
func (ctl *Control) withBox(name string, do func(*mailbox) error) error {
	return ctl.withUser(name, func(u *user) error {
		if u.box == nil {
			return fmt.Errorf("graphsim: user %q has no mailbox", name)
		}
		return do(u.box)
	})
}
