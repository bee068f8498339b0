package graphsim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The waits of notifications (microsoft-graph-docs, page "change-notifications-delivery-webhooks"). Steps between tries are not documented.
const (
	handshakeWait = 10 * time.Second
	deliveryWait  = 3 * time.Second
	firstRetry    = 10 * time.Second
	longestRetry  = 30 * time.Minute
	giveUpAfter   = 4 * time.Hour
)

// post sends notifications.
type post struct {
	client   *http.Client
	held     bool          // only Control.Deliver sends
	wait     time.Duration // instead of the documented waits; zero: those
	watching atomic.Bool   // there was a subscription
	sending  sync.Mutex    // one sender at a time

	mu      sync.Mutex // guards what follows
	closed  bool
	running sync.WaitGroup       // senders in the background
	retries map[*time.Timer]bool // that are planned
}

func (p *post) waitFor(byDefault time.Duration) time.Duration {
	if p.wait > 0 {
		return p.wait
	}
	return byDefault
}

// received is how an address answered.
type received struct {
	status int
	header http.Header
	body   []byte
}

// send posts a body.
func (p *post) send(ctx context.Context, wait time.Duration, address, kind string, body []byte) (received, error) {
	ctx, cancel := context.WithTimeout(ctx, p.waitFor(wait))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return received{}, err
	}
	req.Header.Set("Content-Type", kind)
	resp, err := p.client.Do(req)
	if err != nil {
		return received{}, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	return received{resp.StatusCode, resp.Header, answer}, err
}

// handshake asks an address to prove that it expects notifications: it must send back the token as plain text within 10 s.
func (p *post) handshake(c *call, address string) *apiError {
	if address == "" {
		return nil
	}
	token := "Validation: Testing client application reachability for subscription Request-Id: " + c.requestID
	u, err := url.Parse(address)
	if err != nil {
		return errInvalidSubscription("Invalid notification URL '%s'.", address)
	}
	query := "validationToken=" + url.QueryEscape(token)
	if u.RawQuery != "" {
		query = u.RawQuery + "&" + query
	}
	u.RawQuery = query
	resp, err := p.send(c.ctx, handshakeWait, u.String(), "text/plain; charset=utf-8", nil)
	refuse := func(why string) *apiError {
		return fail(http.StatusBadRequest, "ValidationError", "Subscription validation request %s", why)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return refuse("timed out.")
	case err != nil:
		return refuse("failed. The notification URL could not be reached.")
	case resp.status != http.StatusOK:
		return refuse("failed. Response must be 200 OK, was " + itoa(resp.status) + ".")
	case !strings.HasPrefix(strings.ToLower(resp.header.Get("Content-Type")), "text/plain"):
		return refuse("failed. Response content type must be text/plain.")
	case string(resp.body) != token:
		return refuse("failed. Response must be the validation token as plain text.")
	}
	return nil
}

// afterWrite is called when a write is over and no lock is held: it looks for changes and sends what is due, in the background.
func (s *Server) afterWrite() {
	if !s.post.watching.Load() {
		return
	}
	s.mu.Lock()
	s.noticeChanges()
	s.mu.Unlock()
	s.kick()
}

// kick sends what is due in the background, unless somebody else is at it, who will look again.
func (s *Server) kick() {
	if s.post.held || !s.post.watching.Load() {
		return
	}
	s.post.background(func() {
		for len(s.dueNotices()) > 0 && s.post.sending.TryLock() {
			s.sendDue()
			s.post.sending.Unlock()
		}
	})
}

func (s *Server) dueNotices() []*notice {
	s.mu.RLock()
	defer s.mu.RUnlock()
	now := ticksOf(s.now())
	return slices.DeleteFunc(slices.Clone(s.tenant.notices), func(n *notice) bool { return n.Due > now })
}

// sendDue sends what is due: one request for each address, in the order in which things happened.
func (s *Server) sendDue() (sent, failed int) {
	due := s.dueNotices()
	byURL := map[string][]*notice{}
	for _, n := range due {
		byURL[n.URL] = append(byURL[n.URL], n)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for address, list := range byURL {
		wg.Go(func() {
			ok := s.sendTo(address, list)
			mu.Lock()
			defer mu.Unlock()
			if ok {
				sent += len(list)
			} else {
				failed += len(list)
			}
		})
	}
	wg.Wait()
	return sent, failed
}

func (s *Server) sendTo(address string, list []*notice) bool {
	resp, err := s.post.send(context.Background(), deliveryWait, address, "application/json; charset=utf-8", s.noticeBody(list))
	ok := err == nil && resp.status/100 == 2
	s.mu.Lock()
	defer s.mu.Unlock()
	over := map[*notice]bool{}
	for _, n := range list {
		n.Tries++
		n.Due = ticksOf(s.now().Add(min(firstRetry<<min(n.Tries-1, 20), longestRetry)))
		late := n.Due > n.Made+int64(giveUpAfter/100)
		if !ok && !late {
			continue
		}
		over[n] = true
		if sub := s.tenant.subscriptionByID(n.Subscription); !ok && sub != nil && n.Lifecycle == "" {
			s.lifecycle(sub, "missed")
		}
	}
	s.tenant.notices = slices.DeleteFunc(s.tenant.notices, func(n *notice) bool { return over[n] })
	if !ok && !s.post.held {
		s.post.again(firstRetry<<min(list[0].Tries-1, 7), s.kick)
	}
	return ok
}

// again calls kick after a wait in real time.
func (p *post) again(wait time.Duration, kick func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(wait, func() {
		p.mu.Lock()
		delete(p.retries, timer)
		p.mu.Unlock()
		kick()
	})
	if p.retries == nil {
		p.retries = map[*time.Timer]bool{}
	}
	p.retries[timer] = true
}

// background runs a sender, unless the server is closed.
func (p *post) background(send func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.running.Go(send)
	}
}

// Close ends the sending of notifications in the background: it waits for those that are being sent, at most Config.NotifyWait. A server that
// nobody subscribed to needs no Close. Requests are answered as before; [Control.Deliver] goes on sending.
func (s *Server) Close() {
	p := &s.post
	p.mu.Lock()
	p.closed = true
	for timer := range p.retries {
		timer.Stop()
	}
	p.retries = nil
	p.mu.Unlock()
	p.running.Wait()
}

func (t *tenant) subscriptionByID(id string) *subscription {
	for _, sub := range t.subscriptions {
		if sub.ID == id {
			return sub
		}
	}
	return nil
}

// noticeBody is what is posted: the notices, with content and the tokens that prove where it comes from for those who asked for it.
func (s *Server) noticeBody(list []*notice) []byte {
	s.swap.RLock()
	defer s.swap.RUnlock()
	var body struct {
		Value  []json.RawMessage `json:"value"`
		Tokens []string          `json:"validationTokens,omitempty"`
	}
	apps := map[string]bool{}
	for _, n := range list {
		raw := n.Body
		var sub *subscription
		s.mu.RLock()
		if kept := s.tenant.subscriptionByID(n.Subscription); kept != nil {
			own := *kept // it may be renewed meanwhile
			sub = &own
		}
		s.mu.RUnlock()
		if n.Path != "" && sub != nil {
			raw = s.withContent(n, sub)
			apps[sub.App] = true
		}
		body.Value = append(body.Value, raw)
	}
	for _, app := range slices.Sorted(maps.Keys(apps)) {
		if token, err := s.login.NotificationToken(app); err == nil {
			body.Tokens = append(body.Tokens, token)
		}
	}
	return []byte(rawJSON(body))
}

// withContent adds the item as it is now. One that is gone meanwhile is sent without.
func (s *Server) withContent(n *notice, sub *subscription) json.RawMessage {
	path, query, _ := strings.Cut(n.Path, "?")
	c := &call{
		s: s, ctx: context.Background(), method: http.MethodGet, path: path, rawQuery: query, header: http.Header{}, origin: graphOrigin,
		requestID: s.requestID(), direct: true,
	}
	if sub.Immutable {
		c.header.Set("Prefer", `IdType="ImmutableId"`)
	}
	rep := s.handle(c)
	var full changeNotification
	if rep.status != http.StatusOK || json.Unmarshal(n.Body, &full) != nil {
		return n.Body
	}
	content, err := sub.encrypt(rep.body)
	if err != nil {
		return n.Body
	}
	full.Content = content
	return json.RawMessage(rawJSON(full))
}
