// Package hosttest runs a whole host in a test: a configuration as text,
// connectors linked in, a data folder that goes with the test, and a clock that
// moves by itself. A Scenario is told what to do and what is to come of it, step
// by step; the first step that goes wrong is reported, and those after it are
// left out.
//
//	s := hosttest.Start(t, config, left.Connector(), right.Connector())
//	left.Put(…)
//	s.Run("people", run.Sum{Read: 1, Created: 1}).Quiet("people")
//	left.Remove(…)
//	s.Restart().Run("people", run.Sum{Read: 1, Deleted: 1})
package hosttest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/host"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

// Scenario is a host and what has become of it. Its methods are for one goroutine.
type Scenario struct {
	t    testing.TB
	cfg  host.Config
	host *host.Host
	step int
	err  error
	last host.Outcome

	mu  sync.Mutex
	now time.Time
}

// Start begins a scenario with the text of a gleis.yaml. When the test ends the
// host is closed, and the test fails with the step that went wrong.
func Start(t testing.TB, config string, connectors ...sdk.Connector) *Scenario {
	t.Helper()
	s := &Scenario{t: t, now: time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)}
	s.cfg = host.Config{
		Dir: t.TempDir(), Connectors: connectors, Owner: t.Name(),
		Now: s.Now, Rand: rand.Reader, Sleep: s.sleep, HTTP: http.DefaultTransport,
	}
	t.Cleanup(func() {
		if s.host != nil {
			s.Do("close the host", s.host.Close)
		}
		if s.err != nil {
			t.Error(s.err)
		}
	})
	return s.Do("write the configuration", func() error {
		return os.WriteFile(filepath.Join(s.cfg.Dir, host.FileName), []byte(config), 0o600)
	}).Do("start the host", s.open)
}

func (s *Scenario) open() (err error) {
	s.host, err = host.New(s.t.Context(), s.cfg)
	return err
}

// Do takes a step of the caller's own.
func (s *Scenario) Do(what string, f func() error) *Scenario {
	s.step++
	if s.err != nil {
		return s
	}
	if err := f(); err != nil {
		s.err = fmt.Errorf("step %d, %s: %w", s.step, what, err)
	}
	return s
}

// Run runs a process and wants these sums. The number of partitions is not
// compared, and no partition may fail unless want says so.
func (s *Scenario) Run(process string, want run.Sum) *Scenario {
	return s.RunWith(process, run.Options{}, want)
}

// RunWith is Run with options.
func (s *Scenario) RunWith(process string, opts run.Options, want run.Sum) *Scenario {
	return s.Do("run "+process, func() error {
		s.Pass(time.Hour)
		out, err := s.host.Run(s.t.Context(), []string{process}, opts)
		if err != nil {
			return err
		}
		if s.last = out[0]; s.last.Err != nil {
			return s.last.Err
		}
		got := s.last.Report.Sum
		want.Partitions, got.Partitions = 0, 0
		if d := cmp.Diff(want, got); d != "" {
			return fmt.Errorf("sums (-want +got):\n%s%w", d, failures(s.last.Report))
		}
		return nil
	})
}

// failures names the partitions that failed.
func failures(rep run.Report) error {
	var errs []error
	for _, p := range rep.Partitions {
		if p.Err != nil {
			errs = append(errs, fmt.Errorf("partition %s: %w", p.Partition, p.Err))
		}
	}
	return errors.Join(append(errs, errors.New("not as wanted"))...)
}

// Quiet runs a process and wants nothing to be read or written.
func (s *Scenario) Quiet(process string) *Scenario { return s.Run(process, run.Sum{}) }

// Held wants so many deletions of a process to wait for a person.
func (s *Scenario) Held(process string, want int) *Scenario {
	return s.Do("held deletions of "+process, func() error {
		holds, err := s.host.Holds(s.t.Context(), process)
		n := 0
		for _, h := range holds {
			if h.State == run.HoldHeld {
				n++
			}
		}
		if err == nil && n != want {
			err = fmt.Errorf("%d are held, want %d", n, want)
		}
		return err
	})
}

// Release releases held deletions of a process: those of the given source keys,
// all without keys.
func (s *Scenario) Release(process string, keys ...string) *Scenario {
	return s.Do("release deletions of "+process, func() error {
		_, err := s.host.Release(s.t.Context(), process, keys)
		return err
	})
}

// Reject gives held deletions of a process up, as Release.
func (s *Scenario) Reject(process string, keys ...string) *Scenario {
	return s.Do("reject deletions of "+process, func() error {
		_, err := s.host.Reject(s.t.Context(), process, keys)
		return err
	})
}

// Restart closes the host and starts it anew on the same folders.
func (s *Scenario) Restart() *Scenario {
	return s.Do("close the host", func() error {
		h := s.host
		s.host = nil
		return h.Close()
	}).Do("start the host again", s.open)
}

// Pass lets time pass. Each run passes an hour by itself.
func (s *Scenario) Pass(d time.Duration) *Scenario {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
	return s
}

// Now is the time of the scenario.
func (s *Scenario) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// sleep lets the time pass that somebody wants to wait.
func (s *Scenario) sleep(ctx context.Context, d time.Duration) error {
	s.Pass(d)
	return ctx.Err()
}

// Last is what the last run came to.
func (s *Scenario) Last() host.Outcome { return s.last }

// Host is the host, for what the scenario has no step for; nil if it could not be
// started.
func (s *Scenario) Host() *host.Host { return s.host }

// Err is the step that went wrong, nil if none did.
func (s *Scenario) Err() error { return s.err }
