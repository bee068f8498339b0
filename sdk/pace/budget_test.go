package pace_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/sdk/pace"
)

func TestBudgetRunsAtMostParallelRequestsOfAKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := pace.NewBudget(pace.Limit{Parallel: 3})
		var mu sync.Mutex
		running, most, done := map[string]int{}, map[string]int{}, 0
		var wg sync.WaitGroup
		for i := range 40 {
			key := fmt.Sprint("mailbox", i%2)
			wg.Go(func() {
				release, err := b.Acquire(t.Context(), key)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				running[key]++
				most[key] = max(most[key], running[key])
				mu.Unlock()
				time.Sleep(time.Second) // fake time: the request
				mu.Lock()
				running[key]--
				done++
				mu.Unlock()
				release()
				release() // a second call changes nothing
			})
		}
		wg.Wait()
		if most["mailbox0"] != 3 || most["mailbox1"] != 3 || done != 40 {
			t.Fatalf("most at a time %v of 3, done %d of 40", most, done)
		}
	})
}

func TestBudgetServesWaitersInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := pace.NewBudget(pace.Limit{Parallel: 1})
		hold, err := b.Acquire(t.Context(), "k")
		if err != nil {
			t.Fatal(err)
		}
		var order []int
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				release, err := b.Acquire(t.Context(), "k")
				if err != nil {
					t.Error(err)
					return
				}
				order = append(order, i)
				release()
			})
			synctest.Wait()
		}
		hold()
		wg.Wait()
		for i, got := range order {
			if got != i {
				t.Fatalf("order %v", order)
			}
		}
	})
}

func TestBudgetAllowsSoManyRequestsInAnySpan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const requests, per = 50, 10 * time.Minute
		b := pace.NewBudget(pace.Limit{Requests: requests, Per: per, Patience: time.Hour})
		var at []time.Time
		for range 4 * requests {
			release, err := b.Acquire(t.Context(), "k")
			if err != nil {
				t.Fatal(err)
			}
			at = append(at, time.Now())
			time.Sleep(time.Duration(len(at)%7) * time.Second)
			release()
		}
		for i := requests; i < len(at); i++ {
			if d := at[i].Sub(at[i-requests]); d < per {
				t.Fatalf("requests %d to %d lie within %s", i-requests, i, d)
			}
		}
		if all, most := at[len(at)-1].Sub(at[0]), 4*per+per/2; all > most {
			t.Fatalf("%d requests took %s, more than %s", len(at), all, most)
		}
	})
}

func TestBudgetSendsNothingBeforeTheHoldOfItsKeyEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := pace.NewBudget(pace.Limit{})
		start := time.Now()
		b.Hold("ill", 30*time.Second)
		b.Hold("ill", 5*time.Second) // does not end the longer one
		if _, err := b.Acquire(t.Context(), "well"); err != nil || time.Since(start) != 0 {
			t.Fatalf("another key waits: %v after %s", err, time.Since(start))
		}
		if _, err := b.Acquire(t.Context(), "ill"); err != nil || time.Since(start) != 30*time.Second {
			t.Fatalf("acquired after %s, %v", time.Since(start), err)
		}
	})
}

func TestBudgetRefusesWaitsBeyondItsPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := pace.NewBudget(pace.Limit{Parallel: 1, Patience: time.Minute})
		release, err := b.Acquire(t.Context(), "k")
		if err != nil {
			t.Fatal(err)
		}
		errs := make(chan error, 2)
		for range 2 {
			go func() {
				_, err := b.Acquire(t.Context(), "k")
				errs <- err
			}()
		}
		synctest.Wait()
		b.Hold("k", time.Hour) // those who wait already are told too
		for range 2 {
			var e *sdk.Error
			if err := <-errs; !errors.As(err, &e) || e.Kind != sdk.Throttled || e.RetryAfter != time.Hour {
				t.Fatalf("got %v, want throttled for an hour", err)
			}
		}
		release()
		if held := b.Held("k"); held != time.Hour {
			t.Fatalf("held for %s", held)
		}
	})
}

func TestBudgetLetsWaitersGoWhenTheirContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := pace.NewBudget(pace.Limit{Parallel: 1})
		release, err := b.Acquire(t.Context(), "k")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() {
			_, err := b.Acquire(ctx, "k")
			gone <- err
		}()
		synctest.Wait()
		next := make(chan error, 1)
		go func() {
			_, err := b.Acquire(t.Context(), "k")
			next <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
		release()
		if err := <-next; err != nil {
			t.Fatalf("the waiter behind: %v", err)
		}
	})
}
