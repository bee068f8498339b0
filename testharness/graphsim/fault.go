package graphsim

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Rule is a planned fault. The first rule that matches a request and whose turn it is applies; a rule that only delays lets the request
// through afterwards.
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
	// Status and Code are the answer; Message its text. Status zero with Drop unset means that the rule only delays.
	Status        int
	Code, Message string
	// RetryAfter is sent in whole seconds. Zero means no header.
	RetryAfter time.Duration
	// Body is sent instead of Graph's error body, for answers that are not JSON.
	Body string
	// Execute carries the request out first: the answer is lost, not the work.
	Execute bool
	// Drop cuts the connection instead of answering.
	Drop bool
	// Delay is waited, in real time, before anything else; the request occupies its place at the mailbox meanwhile.
	Delay time.Duration
}

func (r *Rule) fails() bool { return r.Status != 0 || r.Drop }

// reply is made by the rule instead of the service.
func (r *Rule) reply(c *call) *reply {
	if r.Drop {
		return &reply{status: http.StatusBadGateway, code: "dropped", drop: true}
	}
	if r.Body != "" {
		rep := &reply{status: r.Status, body: []byte(r.Body), code: r.Code}
		rep.set("Content-Type", "text/html")
		if r.RetryAfter > 0 {
			rep.set("Retry-After", strconv.Itoa(seconds(r.RetryAfter)))
		}
		return rep
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
