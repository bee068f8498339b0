package testharness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// Violation is one broken rule.
type Violation struct {
	Transport string // "loop" or "process"
	Rule      string
	Promise   string // the rule in words
	Err       error  // how it was broken
}

// Error implements error.
func (v *Violation) Error() string {
	return fmt.Sprintf("%s, rule %q: %v (the rule: %s)", v.Transport, v.Rule, v.Err, v.Promise)
}

// Unwrap gives the error that broke the rule.
func (v *Violation) Unwrap() error { return v.Err }

// Left is a rule that was not asked, and why.
type Left struct{ Transport, Rule, Reason string }

// ruleTime bounds one rule over one transport.
const ruleTime = 2 * time.Minute

// Check puts sub through all rules over all transports and returns an error that
// joins a *Violation for each broken rule, and the rules that were left out. It
// needs no test: a program that calls it calls Serve first.
func Check(ctx context.Context, sub Subject) (left []Left, err error) {
	if err := sub.validate(); err != nil {
		return nil, err
	}
	var errs []error
	for _, tr := range transports() {
		for _, r := range rules() {
			reason, err := checkRule(ctx, &sub, tr, r)
			if reason != "" {
				left = append(left, Left{tr.name, r.name, reason})
			}
			errs = append(errs, err)
		}
	}
	return left, errors.Join(errs...)
}

// Run is Check as a test, one subtest per transport and rule. The package's
// TestMain calls Main.
func Run(t *testing.T, sub Subject) {
	t.Helper()
	if err := sub.validate(); err != nil {
		t.Fatal(err)
	}
	for _, tr := range transports() {
		t.Run(tr.name, func(t *testing.T) {
			t.Parallel()
			for _, r := range rules() {
				t.Run(r.name, func(t *testing.T) {
					t.Parallel()
					reason, err := checkRule(t.Context(), &sub, tr, r)
					if reason != "" {
						t.Skip("left out: " + reason)
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
}

// checkRule asks one rule over one transport. reason is set where it was left out.
func checkRule(ctx context.Context, sub *Subject, tr transport, r rule) (reason string, err error) {
	if why, ok := sub.Leave[r.name]; ok {
		return why, nil
	}
	ctx, cancel := context.WithTimeout(ctx, ruleTime)
	defer cancel()
	broken := func(err error) error {
		if err == nil {
			return nil
		}
		return &Violation{Transport: tr.name, Rule: r.name, Promise: r.text, Err: err}
	}
	s, end, err := open(ctx, sub, tr, r.name)
	if err != nil {
		return "", broken(err)
	}
	defer func() {
		if e := end(); e != nil && err == nil {
			err = broken(fmt.Errorf("close: %w", e))
		}
	}()
	for _, c := range r.needs {
		if !s.caps[c] {
			return fmt.Sprintf("the connector cannot %s", c), nil
		}
	}
	if r.can != nil {
		if ok, why := r.can(s); !ok {
			return why, nil
		}
	}
	err = r.check(ctx, s)
	if none := (notAsked{}); errors.As(err, &none) {
		return none.reason, nil
	}
	return "", broken(err)
}

// notAsked says that a rule has found nothing that it could be broken by.
type notAsked struct{ reason string }

// Error implements error.
func (n notAsked) Error() string { return n.reason }

// transport is a way of reaching a connector.
type transport struct {
	name  string
	start func(ctx context.Context, c sdk.Connector, log *slog.Logger) (served, error)
}

// served is a connector as seen over a transport.
type served struct {
	connector sdk.Connector
	stop      func() error
	kill      func() error // nil where there is no process
	linked    bool         // the connector itself runs in this process
}
