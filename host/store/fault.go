package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/gleis-dev/gleis/sdk"
)

// Fault says what is wrong with the store; errors.Is(err, store.Full) asks for
// it. New faults are added at the end only.
type Fault uint8

const (
	Broken   Fault = iota // the database refused for another reason, a defect
	InUse                 // another host works on the folder
	Newer                 // a newer version of the program wrote the store
	Corrupt               // a file is damaged or not a database
	Full                  // the disk, or the quota, is full
	ReadOnly              // a file or the folder cannot be written
	Busy                  // another program holds the database for too long
	Failed                // the disk failed, or a file cannot be opened
	Sealed                // a sealed value does not open: changed, moved, or sealed with a key that is gone
)

// Error implements error with the fault's name.
func (f Fault) Error() string {
	switch f {
	case InUse:
		return "the folder is in use"
	case Newer:
		return "written by a newer version"
	case Corrupt:
		return "damaged"
	case Full:
		return "no space left"
	case ReadOnly:
		return "not writable"
	case Busy:
		return "held by another program"
	case Failed:
		return "the disk failed"
	case Sealed:
		return "a sealed value does not open"
	}
	return "refused"
}

// kind maps a fault to what the rest of the host decides by.
func (f Fault) kind() sdk.Kind {
	switch f {
	case InUse, Full, ReadOnly, Busy, Failed:
		return sdk.Unavailable
	case Newer:
		return sdk.Unsupported
	}
	return sdk.Internal
}

// Error is how the store fails: what was tried, with which file, and what to do.
// It matches its Fault, the sdk.Kind that goes with it, and its cause.
type Error struct {
	Op    string // what was tried: "open", "commit", "read links", …
	File  string // the file or folder
	Fault Fault
	Hint  string // what to do, one sentence; may be empty
	Err   error  // the cause; may be nil
}

// Error implements error.
func (e *Error) Error() string {
	s := fmt.Sprintf("store: %s: %s: %s", e.Op, e.File, e.Fault.Error())
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Unwrap makes errors.Is and errors.As see fault, kind and cause.
func (e *Error) Unwrap() []error {
	list := []error{e.Fault, e.Fault.kind()}
	if e.Err != nil {
		list = append(list, e.Err)
	}
	return list
}

// fail turns an error of the database into one of the store. An error that says
// what is wrong by itself passes unchanged.
func fail(op, file string, err error) error {
	var own *Error
	var other *sdk.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own), errors.As(err, &other):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("store: %s: %w", op, err)
	}
	f := faultOf(err)
	return &Error{Op: op, File: file, Fault: f, Hint: f.hint(), Err: err}
}

func (f Fault) hint() string {
	switch f {
	case Corrupt:
		return "stop the host and restore the folder from a backup"
	case Full:
		return "free space on its disk, then start the run again"
	case ReadOnly:
		return "give the host's user write permission for the folder and its files"
	case Busy:
		return "end the program that has it open"
	}
	return ""
}
