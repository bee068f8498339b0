package graphsim

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// The limits of Outlook, beside requests at a time and in ten minutes: what a client uploads to a mailbox in five minutes; the limit of
// extensions, and that of all requests, of an application in ten seconds (microsoft-graph-docs, page "throttling-limits"). The request
// header x-ms-throttle-priority changes none of them: it says who is refused first when applications compete.
const (
	appLimit        = 130_000
	appWindow       = 10 * time.Second
	uploadLimit     = 150 << 20
	uploadWindow    = 5 * time.Minute
	extensionLimit  = 455
	extensionWindow = 10 * time.Second
)

// gates hold the limits of the service. Windows are counted on the simulated clock. Refused requests count against them too.
type gates struct {
	parallel, budget int
	window, retry    time.Duration

	mu         sync.Mutex
	apps       map[string]*meter    // by application
	boxes      map[string]*gate     // by application and user
	units      map[string]*unitGate // by application
	extensions map[string]*meter    // by application
	shut       map[string]time.Time // by user: Control.Throttle refuses all until then
	form       RetryAfterForm
}

// gate is an application at a mailbox.
type gate struct {
	open, peak     int
	requests, sent meter
	upn            string
}

// meter counts what was spent in a window of time.
type meter struct {
	since time.Time
	spent int
}

// spend counts n and gives how long a client must wait that is over the limit; zero: it is not.
func (m *meter) spend(n, limit int, window time.Duration, now time.Time) time.Duration {
	if d := now.Sub(m.since); m.since.IsZero() || d >= window || d < 0 {
		m.since, m.spent = now, 0
	}
	m.spent += n
	if m.spent <= limit {
		return 0
	}
	return m.since.Add(window).Sub(now)
}

// at is the element of a map, made when it is missing.
func at[T any](m *map[string]*T, key string) *T {
	if *m == nil {
		*m = map[string]*T{}
	}
	v := (*m)[key]
	if v == nil {
		v = new(T)
		(*m)[key] = v
	}
	return v
}

// enter takes a call past its limits: a place at the mailbox until leave, units of the directory. leave is never nil.
func (g *gates) enter(c *call, now time.Time) (leave func(), err *apiError) {
	leave = func() {}
	if c.direct || c.token == nil {
		return leave, nil
	}
	limit := 0
	if c.route.area == areaDirectory {
		limit = c.s.unitLimit() // before the lock of the gates, which is the last to take
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if wait := at(&g.apps, c.token.app).spend(1, appLimit, appWindow, now); wait > 0 {
		err := errThrottled("Too many requests.", seconds(wait)) // code and text unconfirmed
		err.code = "TooManyRequests"
		return leave, err
	}
	if c.route.isExtension() {
		if wait := at(&g.extensions, c.token.app).spend(1, extensionLimit, extensionWindow, now); wait > 0 {
			return leave, errThrottled("Too many requests to extensions.", seconds(wait))
		}
	}
	switch {
	case c.route.area == areaDirectory:
		return leave, g.takeUnits(c, limit, now)
	case c.box == nil:
		return leave, nil
	}
	box := at(&g.boxes, c.token.app+"/"+c.user.id)
	box.upn = c.user.upn
	if err := g.refuses(box, c, now); err != nil {
		if c.route.area == areaTodo {
			err.code, err.inner = "activityLimitReached", err.code
		}
		return leave, err
	}
	box.open++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		box.open--
	}, nil
}

// refuses counts a request to a mailbox against all its limits.
func (g *gates) refuses(box *gate, c *call, now time.Time) *apiError {
	box.peak = max(box.peak, box.open+1)
	over := box.requests.spend(1, g.budget, g.window, now)
	sent := time.Duration(0)
	if c.method != http.MethodGet {
		sent = box.sent.spend(len(c.body), uploadLimit, uploadWindow, now)
	}
	switch shut := g.shut[c.user.id].Sub(now); {
	case shut > 0:
		return errThrottled("Application is over its RequestCount limit.", seconds(shut))
	case over > 0:
		return errThrottled("Application is over its RequestCount limit.", seconds(over))
	case sent > 0:
		return errThrottled("Application is over its UploadSize limit.", seconds(sent)) // the limit's name is unconfirmed
	case box.open >= g.parallel:
		return errThrottled("Application is over its MailboxConcurrency limit.", seconds(g.retry))
	}
	return nil
}

// throttle refuses all requests to a mailbox until a time.
func (g *gates) throttle(userID string, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut == nil {
		g.shut = map[string]time.Time{}
	}
	g.shut[userID] = until
}

// peaks is the most requests ever seen at a time, refused ones included, by user principal name.
func (g *gates) peaks() map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := map[string]int{}
	for _, box := range g.boxes {
		out[box.upn] = max(out[box.upn], box.peak)
	}
	return out
}

// forget gives all budgets back. Mailboxes that Control.Throttle shut stay so.
func (g *gates) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, box := range g.boxes {
		box.peak, box.requests, box.sent = box.open, meter{}, meter{}
	}
	g.apps, g.units, g.extensions = nil, nil, nil
}

// openAll lets requests to all mailboxes in again, and writes Retry-After as usual.
func (g *gates) openAll() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut, g.form = nil, RetrySeconds
}

// RetryAfterForm is how the header Retry-After of a refusal is written. Beside whole seconds, clients met all the others (issue 297 of
// microsoftgraph/msgraph-sdk-javascript).
type RetryAfterForm string

// The forms of Retry-After.
const (
	RetrySeconds  RetryAfterForm = ""         // whole seconds
	RetryFraction RetryAfterForm = "fraction" // "1.5"
	RetryOne      RetryAfterForm = "one"      // always "1", however long it takes
	RetryMissing  RetryAfterForm = "missing"  // no header
)

// setRetryAfter writes the header in the form that Control chose.
func (g *gates) setRetryAfter(rep *reply, seconds int) {
	g.mu.Lock()
	form := g.form
	g.mu.Unlock()
	switch form {
	case RetrySeconds:
		rep.set("Retry-After", strconv.Itoa(seconds))
	case RetryFraction:
		rep.set("Retry-After", strconv.FormatFloat(float64(seconds)-0.5, 'f', -1, 64))
	case RetryOne:
		rep.set("Retry-After", "1")
	case RetryMissing:
	}
}
