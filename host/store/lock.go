package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// lockName is the file whose lock makes a folder one host's. The lock is the
// kernel's and ends with the process, however it ends; the text in the file only
// serves the message to a second host.
const lockName = "gleis.lock"

// errTaken is what lockFile returns when another process has the lock.
var errTaken = errors.New("taken")

// holder is the text of the lock file.
type holder struct {
	PID     int       `json:"pid"`
	Owner   string    `json:"owner,omitempty"`
	Started time.Time `json:"started"`
}

func (h holder) String() string {
	if h.PID == 0 {
		return "another process has it"
	}
	s := fmt.Sprintf("process %d", h.PID)
	if h.Owner != "" {
		s += " (" + h.Owner + ")"
	}
	return s + " has it since " + h.Started.Format(time.RFC3339)
}

// takeFolder takes the lock of dir, or says who has it.
func takeFolder(dir string, me holder) (*os.File, error) {
	name := filepath.Join(dir, lockName)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fail("lock the data folder", name, err)
	}
	if err := lockFile(f); err != nil {
		f.Close()
		if !errors.Is(err, errTaken) {
			return nil, fail("lock the data folder", name, err)
		}
		var first holder
		if text, err := os.ReadFile(name); err == nil && json.Unmarshal(text, &first) != nil {
			first = holder{}
		}
		return nil, &Error{Op: "open", File: dir, Fault: InUse, Err: errors.New(first.String()),
			Hint: "end it, or give this host a data folder of its own"}
	}
	text, err := json.Marshal(me)
	if err == nil {
		err = errors.Join(f.Truncate(0), writeAt(f, append(text, '\n')))
	}
	if err != nil {
		f.Close()
		return nil, fail("write the lock of the data folder", name, err)
	}
	return f, nil
}

func writeAt(f *os.File, text []byte) error {
	_, err := f.WriteAt(text, 0)
	return err
}
