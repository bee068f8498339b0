package testharness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// Subject is a connector under test and the hold that the test has on its
// system. Settings and the functions are called anew for each transport, so that
// rules never see each other's records.
type Subject struct {
	Connector sdk.Connector

	// New prepares a fresh system with at least 25 records of Object in the one
	// partition of the test, and returns the hold on it. rule is the name of the
	// rule that the system is for. The harness calls Close when the rule is over.
	New func(ctx context.Context, rule string) (*System, error)

	Object string // the object that is read and written
	Step   string // read by this step; "": by Read
	Batch  int    // records a batch is expected to hold at the most; 0: unknown

	// Leave names rules that do not apply, with the reason.
	Leave map[string]string
}

// validate checks that the harness can work with the subject.
func (s *Subject) validate() error {
	var errs []error
	if s.Connector.Open == nil {
		errs = append(errs, errors.New("Subject.Connector is missing: it is what sdk.Define returns"))
	}
	if s.New == nil {
		errs = append(errs, errors.New("Subject.New is missing: it prepares a system for a rule"))
	}
	if s.Object == "" {
		errs = append(errs, errors.New("Subject.Object is missing: it names the object that is read and written"))
	}
	for name, why := range s.Leave {
		switch {
		case !slices.ContainsFunc(rules(), func(r rule) bool { return r.name == name }):
			errs = append(errs, fmt.Errorf("Subject.Leave names the rule %q, which does not exist", name))
		case why == "":
			errs = append(errs, fmt.Errorf("Subject.Leave gives no reason for leaving out the rule %q", name))
		}
	}
	return errors.Join(errs...)
}

// System is one prepared system of a Subject. Nil functions mean that the system
// cannot be disturbed that way.
type System struct {
	Settings  map[string]string // one of them holds Secret, if that is set
	Secret    string            // a value that must never show
	Partition string            // "": the first that the connector lists, none if it lists none
	Close     func() error

	// Fresh returns the data of a record that does not exist yet, other fields
	// each time.
	Fresh func() []byte
	// Change returns a patch of one field of data, with another value each time,
	// and the field's name.
	Change func(data []byte) (patch []byte, field string)
	// Clear names a field that is given by Fresh and can be cleared with null; "": none.
	Clear string
	// Touch changes an existing record of the partition as a user would, and
	// returns its key.
	Touch func(ctx context.Context) (string, error)
	// LoseAnswers makes the system carry out the next write and lose the answer.
	LoseAnswers func()
	// Throttle makes the system refuse requests for wait, until off is called.
	Throttle func(wait time.Duration) (off func())
}
