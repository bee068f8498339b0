package pace_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/sdk/pace"
)

func TestCallRepeatsWhatMayPass(t *testing.T) {
	t.Parallel()
	throttled := &sdk.Error{Kind: sdk.Throttled, RetryAfter: 7 * time.Second}
	for name, c := range map[string]struct {
		errs  []error // of the tries; then success
		tries int
		took  time.Duration // with full jitter at its greatest
		kind  error
	}{
		"success":                     {nil, 1, 0, nil},
		"unavailable once":            {[]error{sdk.Unavailable}, 2, time.Second, nil},
		"delays double":               {[]error{sdk.Unavailable, sdk.Unavailable, sdk.Unavailable}, 4, 7 * time.Second, nil},
		"delays are bounded":          {[]error{sdk.Unavailable, sdk.Unavailable, sdk.Unavailable, sdk.Unavailable, sdk.Unavailable}, 5, 12 * time.Second, sdk.Unavailable},
		"retry after is obeyed":       {[]error{throttled}, 2, 8 * time.Second, nil},
		"invalid is not repeated":     {[]error{sdk.Invalid}, 1, 0, sdk.Invalid},
		"a plain error is not either": {[]error{errors.New("defect")}, 1, 0, sdk.Internal},
		"a wait beyond the patience":  {[]error{&sdk.Error{Kind: sdk.Throttled, RetryAfter: time.Hour}}, 1, 0, sdk.Throttled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				call := pace.Caller{Budget: pace.NewBudget(pace.Limit{}), Base: time.Second, Max: 5 * time.Second, Rand: func() float64 { return 1 }}
				start, tries := time.Now(), 0
				err := call.Call(t.Context(), "k", func(context.Context) error {
					tries++
					if tries <= len(c.errs) {
						return c.errs[tries-1]
					}
					return nil
				})
				if tries != c.tries || time.Since(start) != c.took {
					t.Errorf("%d tries in %s, want %d in %s", tries, time.Since(start), c.tries, c.took)
				}
				if (err == nil) != (c.kind == nil) || err != nil && sdk.KindOf(err) != c.kind {
					t.Errorf("got %v, want %v", err, c.kind)
				}
			})
		})
	}
}

func TestCallHoldsItsKeyForOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := pace.NewBudget(pace.Limit{})
		one := pace.Caller{Budget: b, Attempts: 1}
		err := one.Call(t.Context(), "k", func(context.Context) error { return &sdk.Error{Kind: sdk.Throttled, RetryAfter: 20 * time.Second} })
		if !errors.Is(err, sdk.Throttled) {
			t.Fatal(err)
		}
		start := time.Now()
		if err := one.Call(t.Context(), "k", func(context.Context) error { return nil }); err != nil || time.Since(start) != 20*time.Second {
			t.Fatalf("the next call went after %s: %v", time.Since(start), err)
		}
	})
}

func TestCallEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		call := pace.Caller{Base: time.Hour, Max: time.Hour, Rand: func() float64 { return 0.5 }}
		start := time.Now()
		err := call.Call(ctx, "k", func(context.Context) error { return sdk.Unavailable })
		if time.Since(start) != 3*time.Second || !errors.Is(err, context.DeadlineExceeded) || sdk.KindOf(err) != sdk.Unavailable {
			t.Fatalf("after %s: %v", time.Since(start), err)
		}
	})
}

func TestCallAsksItsOwnRule(t *testing.T) {
	t.Parallel()
	tries := 0
	call := pace.Caller{Retry: func(err error) bool { return errors.Is(err, sdk.Throttled) }}
	err := call.Call(t.Context(), "k", func(context.Context) error { tries++; return sdk.Unavailable })
	if tries != 1 || !errors.Is(err, sdk.Unavailable) {
		t.Fatalf("%d tries, %v", tries, err)
	}
}

func TestCallGivesUpWhenItTakesTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, tries := time.Now(), 0
		call := pace.Caller{Within: 90 * time.Second, Attempts: 100, Rand: func() float64 { return 0 }}
		err := call.Call(t.Context(), "k", func(context.Context) error {
			tries++
			time.Sleep(25 * time.Second)
			return &sdk.Error{Kind: sdk.Throttled, RetryAfter: 10 * time.Second}
		})
		if tries != 3 || time.Since(start) != 95*time.Second || sdk.AsError(err).RetryAfter != 10*time.Second {
			t.Fatalf("%d tries, after %s: %v", tries, time.Since(start), err)
		}
	})
}
