package pace

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// Defaults of a Caller.
const (
	DefaultAttempts = 5
	DefaultBase     = 500 * time.Millisecond
	DefaultMax      = 30 * time.Second
)

// Caller makes calls with delay, retry and context. Its fields are not changed after the first call; zero values mean the defaults.
type Caller struct {
	Budget   *Budget       // admits each attempt; nil: no limit
	Attempts int           // tries in all
	Base     time.Duration // the delay before the second try is a random part of it, before the third of twice as much, …
	Max      time.Duration // no delay of our own is longer
	// Within is how long after the first try another one may begin; zero: any time. What has to wait longer fails with the error that it has, so
	// that who called can say that it is alive, and come back.
	Within time.Duration
	// Retry says whether a failed call may be repeated; nil means: when its kind is Throttled or Unavailable. Whoever calls something that
	// must not happen twice hands in a narrower rule.
	Retry func(error) bool
	// Rand returns a number in [0, 1); nil means math/rand/v2.
	Rand func() float64
}

// Call runs do until it succeeds, fails for good, the attempts are used up or ctx ends. Each attempt is admitted by the Budget under key. The
// RetryAfter of an error holds the key for all callers; one that is longer than the Budget's patience ends the call with that error. The
// delay is otherwise a random part of Base·2ⁿ (full jitter: Amazon Builders' Library, "Timeouts, retries and backoff with jitter"). Call returns the last error of do unchanged,
// except when ctx ended meanwhile: then it is of kind Cancelled or Unavailable, with the last error as its cause.
func (c *Caller) Call(ctx context.Context, key string, do func(context.Context) error) error {
	attempts := c.Attempts
	if attempts <= 0 {
		attempts = DefaultAttempts
	}
	began := time.Now()
	for n := 1; ; n++ {
		err := c.once(ctx, key, do)
		if err == nil {
			return nil
		}
		after := retryAfter(err)
		if c.Budget != nil {
			c.Budget.Hold(key, after)
		}
		if n >= attempts || !c.retry(err) || after > c.patience() {
			return err
		}
		delay := c.delay(n, after)
		if c.Within > 0 && time.Since(began)+delay > c.Within {
			return err
		}
		if ctxErr := wait(ctx, delay); ctxErr != nil {
			return &sdk.Error{Kind: sdk.KindOf(ctxErr), Code: "ended_while_waiting", Err: errors.Join(ctxErr, err)}
		}
	}
}

// once runs do within the budget. A budget's own refusal is an error like one of do.
func (c *Caller) once(ctx context.Context, key string, do func(context.Context) error) error {
	if c.Budget == nil {
		if err := ctx.Err(); err != nil {
			return err
		}
		return do(ctx)
	}
	release, err := c.Budget.Acquire(ctx, key)
	if err != nil {
		return fmt.Errorf("waiting for a free request: %w", err)
	}
	defer release()
	return do(ctx)
}

// delay is how long to wait after try n, never less than after.
func (c *Caller) delay(n int, after time.Duration) time.Duration {
	r := c.Rand
	if r == nil {
		r = rand.Float64
	}
	base, top := c.Base, c.Max
	if base <= 0 {
		base = DefaultBase
	}
	if top <= 0 {
		top = DefaultMax
	}
	for ; n > 1 && base < top; n-- {
		base *= 2
	}
	return after + time.Duration(r()*float64(min(base, top)))
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Caller) retry(err error) bool {
	if c.Retry != nil {
		return c.Retry(err)
	}
	return Temporary(err)
}

func (c *Caller) patience() time.Duration {
	if c.Budget != nil {
		return c.Budget.limit.Patience
	}
	return DefaultPatience
}

// Temporary reports whether err is of a kind that may pass by itself: Throttled or Unavailable.
func Temporary(err error) bool {
	k := sdk.KindOf(err)
	return k == sdk.Throttled || k == sdk.Unavailable
}

func retryAfter(err error) time.Duration {
	var e *sdk.Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}
