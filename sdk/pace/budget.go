// Package pace keeps calls to a system within its limits: a Budget admits requests key by key (a mailbox, a tenant, a host), a
// Caller repeats what failed for a while, with delay, full jitter and the caller's context.
//
// A Budget never lets a request go before the Retry-After that its key was given, never more than so many at a time and never more
// than so many in a span of time. Waiters of one key are served in the order they came; keys do not influence each other. One Budget is
// shared by everything that the system counts together, for example by all connections of the same application.
//
// Everything here is safe for concurrent use.
package pace

import (
	"context"
	"sync"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// Limits of a Budget that stand for zero values. They are those of Microsoft Graph for one application and mailbox
// (microsoft-graph-docs, "Microsoft Graph service-specific throttling limits", Outlook).
const (
	DefaultParallel = 4
	DefaultRequests = 10_000
	DefaultPer      = 10 * time.Minute
	DefaultPatience = time.Minute
)

// slots is how finely the span of a Budget is counted: a request counts for at most Per + Per/slots.
const slots = 20

// Limit says what each key of a Budget may do. Zero values mean the defaults.
type Limit struct {
	Parallel int           // requests at a time
	Requests int           // requests in any span of Per
	Per      time.Duration // the span
	// Patience is the longest that Acquire waits for a Retry-After or for room in the span. When it would take longer, Acquire fails
	// at once with an error of kind Throttled that says when to come back.
	Patience time.Duration
	// Now is the clock; nil means time.Now. It must go at the pace of the machine's timers.
	Now func() time.Time
}

// Budget admits requests key by key. The zero Budget is not usable, see NewBudget.
type Budget struct {
	limit Limit
	epoch time.Time

	mu    sync.Mutex
	keys  map[string]*account
	sweep int64 // slot in which idle keys are looked for next
}

// account is the state of one key.
type account struct {
	running int
	until   time.Time // no request before
	queue   []*waiter
	first   int64 // the slot that counts[0] would be, if the ring began there
	counts  [slots + 1]int32
	total   int
}

// waiter is one Acquire. wake holds at most one token: something has changed, look again.
type waiter struct{ wake chan struct{} }

// NewBudget returns an empty budget.
func NewBudget(l Limit) *Budget {
	if l.Parallel <= 0 {
		l.Parallel = DefaultParallel
	}
	if l.Requests <= 0 {
		l.Requests = DefaultRequests
	}
	if l.Per <= 0 {
		l.Per = DefaultPer
	}
	if l.Patience <= 0 {
		l.Patience = DefaultPatience
	}
	if l.Now == nil {
		l.Now = time.Now
	}
	return &Budget{limit: l, epoch: l.Now(), keys: map[string]*account{}}
}

// Acquire waits until a request of key may go, and counts it. release is called once when the answer is there. Acquire fails when ctx
// ends, or with kind Throttled and RetryAfter when the wait would be longer than Limit.Patience.
func (b *Budget) Acquire(ctx context.Context, key string) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := &waiter{wake: make(chan struct{}, 1)}
	b.mu.Lock()
	a := b.account(key)
	a.queue = append(a.queue, w)
	for {
		var timer *time.Timer
		var after <-chan time.Time
		if a.queue[0] == w {
			wait := b.delay(a)
			if wait > b.limit.Patience {
				b.leave(key, a, w)
				b.mu.Unlock()
				return nil, &sdk.Error{Kind: sdk.Throttled, Code: "budget_used", RetryAfter: wait}
			}
			if wait == 0 && a.running < b.limit.Parallel {
				a.running++
				b.count(a)
				b.leave(key, a, w)
				b.mu.Unlock()
				return sync.OnceFunc(func() { b.release(key, a) }), nil
			}
			if wait > 0 {
				timer = time.NewTimer(wait)
				after = timer.C
			}
		}
		b.mu.Unlock()
		select {
		case <-w.wake:
		case <-after:
		case <-ctx.Done():
			err = ctx.Err()
		}
		if timer != nil {
			timer.Stop()
		}
		b.mu.Lock()
		if err != nil {
			b.leave(key, a, w)
			b.mu.Unlock()
			return nil, err
		}
	}
}

// Hold lets no request of key go for d from now. A shorter hold does not end a longer one.
func (b *Budget) Hold(key string, d time.Duration) {
	if d <= 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.account(key)
	if until := b.limit.Now().Add(d); until.After(a.until) {
		a.until = until
	}
	a.poke() // the first waiter may have become impatient
}

// Held returns how long key is still held; 0 if it is not.
func (b *Budget) Held(key string) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a := b.keys[key]; a != nil {
		return max(0, a.until.Sub(b.limit.Now()))
	}
	return 0
}

func (b *Budget) release(key string, a *account) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a.running--
	a.poke()
	b.forget(key, a)
}

// leave takes w out of the queue and lets the next one look.
func (b *Budget) leave(key string, a *account, w *waiter) {
	for i, x := range a.queue {
		if x == w {
			a.queue = append(a.queue[:i], a.queue[i+1:]...)
			break
		}
	}
	a.poke()
	b.forget(key, a)
}

func (a *account) poke() {
	if len(a.queue) > 0 {
		select {
		case a.queue[0].wake <- struct{}{}:
		default: // it has a token already
		}
	}
}

// account returns the state of key and now and then throws away what is idle.
func (b *Budget) account(key string) *account {
	if s := b.slot(); s >= b.sweep {
		b.sweep = s + slots
		for k, a := range b.keys {
			b.advance(a)
			b.forget(k, a)
		}
	}
	a := b.keys[key]
	if a == nil {
		a = &account{first: b.slot()}
		b.keys[key] = a
	}
	b.advance(a)
	return a
}

// forget drops an account that a new one would equal.
func (b *Budget) forget(key string, a *account) {
	if a.running == 0 && len(a.queue) == 0 && a.total == 0 && !a.until.After(b.limit.Now()) && b.keys[key] == a {
		delete(b.keys, key)
	}
}

// slot is the number of the current slot since the budget was made.
func (b *Budget) slot() int64 { return int64(b.limit.Now().Sub(b.epoch) / (b.limit.Per / slots)) }

// advance drops the counts that are older than the span. The ring holds the slots [first, first+slots].
func (b *Budget) advance(a *account) {
	now := b.slot()
	for a.first < now-slots {
		if a.total == 0 {
			a.first = now - slots
			break
		}
		i := a.first % int64(len(a.counts))
		a.total -= int(a.counts[i])
		a.counts[i] = 0
		a.first++
	}
}

func (b *Budget) count(a *account) {
	b.advance(a)
	a.counts[b.slot()%int64(len(a.counts))]++
	a.total++
}

// delay is how long time alone keeps a request of a from going.
func (b *Budget) delay(a *account) time.Duration {
	now := b.limit.Now()
	d := max(0, a.until.Sub(now))
	b.advance(a)
	if a.total < b.limit.Requests {
		return d
	}
	// The oldest slot with a request leaves the span when the ring has moved past it.
	s := a.first
	for ; s < a.first+int64(len(a.counts)) && a.counts[s%int64(len(a.counts))] == 0; s++ {
	}
	free := b.epoch.Add(time.Duration(s+slots+1) * (b.limit.Per / slots))
	return max(d, free.Sub(now))
}
