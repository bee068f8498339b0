package sdk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what sort of failure an Error is; the host decides by it alone
// whether to repeat, to park, to hold or to ask a person. A Kind is itself an
// error, so that errors.Is(err, sdk.Throttled) works. New kinds are added at the
// end only; a kind that a host does not know counts as Internal.
type Kind uint8

const (
	Internal      Kind = iota // a defect; not repeated without a change
	Invalid                   // the request or the record is wrong; not repeated unchanged
	Auth                      // not authenticated or not permitted; a person must act
	ConsentNeeded             // the user must consent (again)
	NotFound                  // the record or object does not exist
	Conflict                  // the record has another stamp than IfStamp, or a key is taken
	Throttled                 // too many requests; repeat after RetryAfter
	Unavailable               // the system or the way to it is down; repeat later
	Unsupported               // the connector cannot do that
	Cancelled                 // the caller ended it
	Pending                   // not decided yet (device sign-in); ask again after RetryAfter
)

var kindNames = [...]string{
	"internal error", "invalid", "not permitted", "consent needed", "not found",
	"conflict", "throttled", "unavailable", "unsupported", "cancelled", "pending",
}

// Error implements error with the kind's name.
func (k Kind) Error() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[Internal]
}

// Temporary reports whether the same request may succeed later without anybody
// changing anything.
func (k Kind) Temporary() bool { return k == Throttled || k == Unavailable || k == Pending }

// Error is the one error type at the boundary of a connector. Zero fields are
// unknown or do not apply. It matches its Kind and its Err with errors.Is.
type Error struct {
	Op         string // what was tried: "read", "write", "open", …
	Object     string // the object of the schema
	Key        string // the record
	Partition  string // the partition
	Kind       Kind
	Code       string            // stable name of the case in snake_case, e.g. "mailbox_not_enabled"
	Args       map[string]string // values of the case, for the hint and for programs
	Hint       Text              // what to do, one sentence for an operator
	RetryAfter time.Duration     // earliest repetition; 0: the host decides
	Err        error             // the cause; its text must not hold a secret
}

// Error implements error: where, what, why, and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	for _, s := range []string{e.Op, e.Object, e.Partition, e.Key} {
		if s != "" {
			b.WriteString(s)
			b.WriteByte(' ')
		}
	}
	s := strings.TrimSuffix(b.String(), " ")
	if s != "" {
		s += ": "
	}
	s += e.Kind.Error()
	if e.Code != "" {
		s += " (" + e.Code + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.RetryAfter > 0 {
		s += fmt.Sprintf(", again after %s", e.RetryAfter)
	}
	if e.Hint.EN != "" {
		s += "; " + e.Hint.EN
	}
	return s
}

// Unwrap makes errors.Is and errors.As see the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// KindOf returns the kind of err: that of the first Error (or Kind) in its
// chain, Cancelled for an ended context, Unavailable for a passed deadline, else
// Internal. err must not be nil.
func KindOf(err error) Kind {
	var e *Error
	var k Kind
	switch {
	case errors.As(err, &e):
		return e.Kind
	case errors.As(err, &k):
		return k
	case errors.Is(err, context.Canceled):
		return Cancelled
	case errors.Is(err, context.DeadlineExceeded):
		return Unavailable
	}
	return Internal
}

// AsError returns err as an *Error: the first one in its chain, or a new one of
// kind KindOf(err) around it. It returns nil for nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: KindOf(err), Err: err}
}

// Errorf returns an Error of the given kind whose cause is the formatted text.
func Errorf(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Err: fmt.Errorf(format, args...)}
}
