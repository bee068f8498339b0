package graphsim

import (
	"sync"
	"time"
)

// gates hold the limits of Outlook: requests at a time and in ten minutes, per application and mailbox (microsoft-graph-docs, page
// "throttling-limits").
type gates struct {
	parallel, budget int
	window, retry    time.Duration

	mu   sync.Mutex
	byID map[string]*gate
}

type gate struct {
	open, peak int
	since      time.Time
	spent      int
	upn        string
}

// enter takes a place at the mailbox until release. Refused requests count against the budget too.
func (g *gates) enter(app, userID, upn string, now time.Time) (release func(), err *apiError) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.byID == nil {
		g.byID = map[string]*gate{}
	}
	key := app + "/" + userID
	box := g.byID[key]
	if box == nil {
		box = &gate{since: now, upn: upn}
		g.byID[key] = box
	}
	if d := now.Sub(box.since); d >= g.window || d < 0 {
		box.since, box.spent = now, 0
	}
	box.spent++
	box.peak = max(box.peak, box.open+1)
	if box.spent > g.budget {
		return nil, errThrottled("Application is over its RequestCount limit.", seconds(box.since.Add(g.window).Sub(now)))
	}
	if box.open >= g.parallel {
		return nil, errThrottled("Application is over its MailboxConcurrency limit.", seconds(g.retry))
	}
	box.open++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		box.open--
	}, nil
}

// peaks is the most requests ever seen at a time, refused ones included, by user principal name.
func (g *gates) peaks() map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := map[string]int{}
	for _, box := range g.byID {
		out[box.upn] = max(out[box.upn], box.peak)
	}
	return out
}

func (g *gates) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, box := range g.byID {
		box.peak, box.spent = box.open, 0
	}
}
