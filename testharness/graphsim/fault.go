package graphsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Rule is a planned fault. The first rule that matches a request and whose turn it is applies. A rule that neither answers by itself nor
// spoils the answer only delays it.
type Rule struct {
	// Method is an HTTP method. Empty means any.
	Method string
	// Path is a pattern for the path below the version ("/users/*/events"), or for the whole path of a token request; * stands for any
	// characters, slashes included; case is ignored. Empty means any path.
	Path string
	// Mailbox limits the rule to a user, by principal name or id. Empty means any.
	Mailbox string
	// Nth is the matching request that meets the rule first, counted from 1. Zero means 1.
	Nth int
	// Times is how many requests meet it from there on. Zero means 1, negative means all.
	Times int
	// Status and Code are the answer; Message its text. Status zero lets the service answer.
	Status        int
	Code, Message string
	// RetryAfter is sent in whole seconds, or in the form of [Control.SetRetryAfterForm]. Zero means no header.
	RetryAfter time.Duration
	// Body is sent instead of Graph's error body, for answers that are not JSON.
	Body string
	// Execute carries the request out first: the answer is lost, not the work.
	Execute bool
	// Drop cuts the connection instead of answering, or, with Truncate, after that many bytes of the answer.
	Drop bool
	// Delay is waited, in real time, before anything else; the request occupies its place at the mailbox meanwhile.
	Delay time.Duration
	// Truncate ends the body of the service's answer after so many bytes. Zero means not at all.
	Truncate int
	// Append is written after the body of the service's answer, as an error was seen to follow the rows of a page with status 200
	// (microsoft-graph-docs-contrib issue 106).
	Append string
	// Rows changes the rows of a page.
	Rows RowFault
}

// RowFault is what happens to the rows of a page. Graph promises neither order nor that a row comes once.
type RowFault string

// The faults of rows.
const (
	RowsTwice    RowFault = "twice"    // each row comes twice in a row
	RowsReversed RowFault = "reversed" // the last row comes first
	RowsDropped  RowFault = "dropped"  // the last row is missing
)

// check refuses a rule that cannot be carried out.
func (r *Rule) check() error {
	switch {
	case r.Status != 0 && (r.Status < 200 || r.Status > 599):
		return fmt.Errorf("graphsim: a rule's status is from 200 to 599, not %d", r.Status)
	case r.Truncate < 0:
		return fmt.Errorf("graphsim: a rule cannot truncate after %d bytes", r.Truncate)
	case !slices.Contains([]RowFault{"", RowsTwice, RowsReversed, RowsDropped}, r.Rows):
		return fmt.Errorf("graphsim: no fault %q of rows", r.Rows)
	}
	return nil
}

// fails tells that the rule answers instead of the service.
func (r *Rule) fails() bool { return r.Status != 0 || r.Drop && r.Truncate == 0 }

// apply carries a request out, or not, as a rule says; nil is no rule.
func (r *Rule) apply(c *call, run func() *reply) *reply {
	switch {
	case r == nil:
		return run()
	case r.fails():
		if r.Execute {
			run()
		}
		return r.reply(c)
	}
	rep := run()
	if r.Rows == "" && r.Append == "" && r.Truncate == 0 {
		return rep
	}
	spoiled := *rep
	spoiled.body = append(r.Rows.spoil(rep.body), r.Append...)
	switch {
	case r.Truncate == 0:
	case r.Drop:
		spoiled.drop, spoiled.kept = true, min(r.Truncate, len(spoiled.body))
	default:
		spoiled.body = spoiled.body[:min(r.Truncate, len(spoiled.body))]
	}
	return &spoiled
}

// spoil changes the rows of a body; what holds no rows stays as it is.
func (f RowFault) spoil(body []byte) []byte {
	var page map[string]json.RawMessage
	var rows []json.RawMessage
	if f == "" || json.Unmarshal(body, &page) != nil || json.Unmarshal(page["value"], &rows) != nil || len(rows) == 0 {
		return slices.Clone(body)
	}
	switch f {
	case RowsTwice:
		var twice []json.RawMessage
		for _, row := range rows {
			twice = append(twice, row, row)
		}
		rows = twice
	case RowsReversed:
		slices.Reverse(rows)
	case RowsDropped:
		rows = rows[:len(rows)-1]
	}
	page["value"] = json.RawMessage(rawJSON(rows))
	return []byte(rawJSON(page))
}

// delay is what the rule of a visit makes it wait.
func (v *visit) delay() time.Duration {
	if v.rule == nil {
		return 0
	}
	return v.rule.Delay
}

// wait waits in real time, at most until the client goes away.
func (c *call) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.ctx.Done():
	}
}

// faulted runs a request that is not one to Graph, such as a token request, through the planned faults.
func (s *Server) faulted(c *call, run func() *reply) *reply {
	rule := s.faultFor(c)
	if rule != nil {
		c.wait(rule.Delay)
	}
	return rule.apply(c, run)
}

// reply is made by the rule instead of the service.
func (r *Rule) reply(c *call) *reply {
	if r.Drop {
		return &reply{status: http.StatusBadGateway, code: "dropped", drop: true}
	}
	if r.Body != "" {
		rep := &reply{status: r.Status, body: []byte(r.Body), code: r.Code}
		rep.set("Content-Type", "text/html")
		if r.RetryAfter > 0 {
			c.s.gates.setRetryAfter(rep, seconds(r.RetryAfter))
		}
		return rep
	}
	if c.login {
		return r.loginReply(c)
	}
	code := r.Code
	if code == "" {
		code = defaultCode(r.Status)
	}
	e := fail(r.Status, code, "%s", r.Message)
	if r.RetryAfter > 0 {
		e.retryAfter = seconds(r.RetryAfter)
	}
	return e.reply(c)
}

func defaultCode(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "InvalidAuthenticationToken"
	case http.StatusForbidden:
		return "ErrorAccessDenied"
	case http.StatusNotFound:
		return "ErrorItemNotFound"
	case http.StatusGone:
		return "SyncStateNotFound"
	case http.StatusPreconditionFailed:
		return "ErrorIrresolvableConflict"
	case http.StatusTooManyRequests:
		return "ApplicationThrottled"
	case http.StatusServiceUnavailable:
		return "serviceNotAvailable"
	case http.StatusGatewayTimeout:
		return "UnknownError"
	case http.StatusBadRequest:
		return "BadRequest"
	default:
		return "ErrorInternalServerError"
	}
}

// faults are the planned rules with their counts.
type faults struct {
	mu    sync.Mutex
	rules []*planned
}

type planned struct {
	Rule
	seen int
}

func (f *faults) add(r Rule) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Nth <= 0 {
		r.Nth = 1
	}
	if r.Times == 0 {
		r.Times = 1
	}
	f.rules = append(f.rules, &planned{Rule: r})
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = nil
}

// faultFor counts the call against the rules and returns the one whose turn it is.
func (s *Server) faultFor(c *call) *Rule {
	if c.direct {
		return nil
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	var hit *Rule
	for _, p := range s.faults.rules {
		if !p.matches(c) {
			continue
		}
		p.seen++
		due := p.seen >= p.Nth && (p.Times < 0 || p.seen < p.Nth+p.Times)
		if due && hit == nil {
			r := p.Rule
			hit = &r
		}
	}
	return hit
}

func (p *planned) matches(c *call) bool {
	if p.Method != "" && !strings.EqualFold(p.Method, c.method) {
		return false
	}
	if p.Mailbox != "" && (c.user == nil || !strings.EqualFold(p.Mailbox, c.user.upn) && p.Mailbox != c.user.id) {
		return false
	}
	return p.Path == "" || globMatch(strings.ToLower(p.Path), strings.ToLower(c.path))
}

// globMatch matches with * for any characters.
func globMatch(pattern, s string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !strings.HasPrefix(s, head) {
		return false
	}
	s = s[len(head):]
	for star {
		var part string
		part, rest, star = strings.Cut(rest, "*")
		if !star {
			return strings.HasSuffix(s, part)
		}
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return s == ""
}
