package param_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/gleis-dev/gleis/host/param"
)

func TestLeaseIsHeldByOne(t *testing.T) {
	t.Parallel()
	var all param.Leases
	l := all.Locker("m365")
	inside, most := 0, 0
	each(20, func(int) {
		for range 50 {
			release, err := l.Lock(t.Context(), "refresh")
			if err != nil {
				t.Error(err)
				return
			}
			inside++ // the race detector sees two holders here
			most = max(most, inside)
			inside--
			release()
		}
	})
	if most != 1 {
		t.Errorf("%d held it", most)
	}
}

func TestLeasesOfDifferentNamesDoNotMeet(t *testing.T) {
	t.Parallel()
	var all param.Leases
	for _, p := range [][2]string{{"m365", "a"}, {"m365", "b"}, {"crm", "a"}, {"crma", ""}} {
		release, err := all.Locker(p[0]).Lock(t.Context(), p[1])
		if err != nil {
			t.Fatal(err)
		}
		defer release()
	}
}

func TestWaitingForALeaseEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var all param.Leases
		l := all.Locker("m365")
		release, err := l.Lock(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := l.Lock(ctx, "a")
			ended <- err
		}()
		synctest.Wait() // it waits
		select {
		case err := <-ended:
			t.Fatal("did not wait:", err)
		default:
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if _, err := l.Lock(ctx, "free"); !errors.Is(err, context.Canceled) {
			t.Error("an ended context got a lease:", err)
		}
		release()
		release() // harmless
		again, err := l.Lock(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		release() // of the former holder: does not free it for a third
		other, cancel := context.WithCancel(t.Context())
		go func() {
			_, err := l.Lock(other, "a")
			ended <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		again()
	})
}
