package msgraph

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// pollsAtOnce is how many batches of polls are under way at a time.
const pollsAtOnce = 4

// pollMargin is how long before the end of its time a poll answers with what it has: who was not asked counts as changed.
const pollMargin = 5 * time.Second

// Poll implements sdk.Poller: the delta links of 20 mailboxes in one request. A mailbox without changes answers with a new link, which is all that a run
// of it would have brought; every other answer means that a run is to look. Links whose day or window is over are not asked.
func (c *Conn) Poll(ctx context.Context, req sdk.PollRequest) ([]sdk.PollResult, error) {
	if err := known(req.Step); err != nil {
		return nil, sdk.Errorf(sdk.Unsupported, "poll", "only the steps event, task and contact are polled, not %q", req.Step)
	}
	results := make([]sdk.PollResult, len(req.Items))
	var open []poll
	for i, item := range req.Items {
		results[i] = sdk.PollResult{Partition: item.Partition, Changed: true}
		cur, ok := decodeCursor(item.Cursor, item.Partition)
		if !ok || cur.Phase != phaseDone || cur.Day != "" && (cur.Shape != c.cfg.shape() || c.cfg.moved(cur.Day, c.env.Now())) || !strings.HasPrefix(cur.Link, root+"/") {
			continue
		}
		open = append(open, poll{index: i, partition: item.Partition, cur: cur})
	}
	asking := ctx
	if end, ok := ctx.Deadline(); ok {
		var stop context.CancelFunc
		asking, stop = context.WithDeadline(ctx, end.Add(-pollMargin))
		defer stop()
	}
	var wg sync.WaitGroup
	sem := make(chan struct{}, pollsAtOnce)
	for len(open) > 0 && asking.Err() == nil {
		some := open[:min(batchSize, len(open))]
		open = open[len(some):]
		select {
		case sem <- struct{}{}:
		case <-asking.Done():
			continue
		}
		wg.Go(func() {
			defer func() { <-sem }()
			c.pollSome(asking, some, results)
		})
	}
	wg.Wait()
	return results, ctx.Err()
}

// poll is one delta link to ask.
type poll struct {
	index     int
	partition string
	cur       cursor
}

func (c *Conn) pollSome(ctx context.Context, polls []poll, results []sdk.PollResult) {
	fail := func(err error) {
		for _, p := range polls {
			results[p.index].Err = err
		}
	}
	polls, release := c.acquireAll(ctx, polls, results)
	defer release()
	if len(polls) == 0 {
		return
	}
	items := make([]batchItem, len(polls))
	for i, p := range polls {
		// A few rows are enough to know that there is something.
		prefer := c.graph.prefer(maxPageSize(smallestPage)).Get("Prefer")
		items[i] = batchItem{Method: http.MethodGet, URL: strings.TrimPrefix(p.cur.Link, root), Headers: map[string]string{"Prefer": prefer}}
	}
	answers, err := c.graph.batch(ctx, directory, items)
	if err != nil {
		fail(err)
		return
	}
	for i, a := range answers {
		p, result := polls[i], &results[polls[i].index]
		if a.err != nil {
			if e := sdk.AsError(a.err); e.RetryAfter > 0 {
				c.graph.budget.Hold(c.graph.key(p.partition), e.RetryAfter)
			}
			if !lost(a.err) { // a lost position is for the run to restore
				result.Err = a.err
			}
			continue
		}
		c.quiet(a, p, result)
	}
}

// quiet takes the answer of a mailbox without changes.
func (c *Conn) quiet(a batchAnswer, p poll, result *sdk.PollResult) {
	var pg page
	if pg.parse(a.Body) != nil || len(pg.rows) > 0 || pg.delta == "" || pg.next != "" {
		return
	}
	link, err := c.graph.http.Path(pg.delta)
	if err != nil {
		return
	}
	p.cur.Link = link
	cur, err := p.cur.encode(p.partition)
	if err != nil {
		return
	}
	result.Changed, result.Cursor = false, cur
}

// acquireAll takes a request of each mailbox's budget, in the order of their keys, so that two batches never wait for each other. A mailbox
// that has to wait for a Retry-After is left out with that error: the others are not kept waiting by it (invariant I-17).
func (c *Conn) acquireAll(ctx context.Context, polls []poll, results []sdk.PollResult) (able []poll, release func()) {
	polls = slices.Clone(polls)
	slices.SortFunc(polls, func(a, b poll) int { return cmp.Compare(c.graph.key(a.partition), c.graph.key(b.partition)) })
	var got []func()
	for _, p := range polls {
		key := c.graph.key(p.partition)
		if d := c.graph.budget.Held(key); d > 0 {
			results[p.index].Err = &sdk.Error{Kind: sdk.Throttled, Code: "budget_used", Partition: p.partition, RetryAfter: d}
			continue
		}
		f, err := c.graph.budget.Acquire(ctx, key)
		if err != nil {
			results[p.index].Err = &sdk.Error{Kind: sdk.KindOf(err), Partition: p.partition, RetryAfter: sdk.AsError(err).RetryAfter, Err: err}
			continue
		}
		able, got = append(able, p), append(got, f)
	}
	return able, func() {
		for _, f := range got {
			f()
		}
	}
}
