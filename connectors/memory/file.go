package memory

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// stateFile keeps a state in a JSON file. The file is always whole: it is
// replaced by renaming, so that a kill at any instant leaves the old or the new
// state. It is not written through to the disk; a power cut may lose changes.
//
// A second file, with ".lock" added to the name, is held locked while the state
// is used and holds the generation of the state. Whoever finds another
// generation than his own reads the state anew: several processes may share one.
type stateFile struct {
	path       string
	lock       *os.File
	generation int64
	loaded     bool
}

// enter takes the lock and brings st up to date.
func (f *stateFile) enter(st *state) error {
	lock, err := os.OpenFile(f.path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fileError(err)
	}
	if err := lockFile(lock); err != nil {
		lock.Close()
		return fileError(err)
	}
	f.lock = lock
	if err := f.refresh(st); err != nil {
		f.leave()
		return fileError(err)
	}
	return nil
}

func (f *stateFile) leave() {
	f.lock.Close() // this unlocks
	f.lock = nil
}

func (f *stateFile) refresh(st *state) error {
	b, err := os.ReadFile(f.lock.Name())
	if err != nil {
		return err
	}
	generation := int64(0)
	if t := strings.TrimSpace(string(b)); t != "" {
		if generation, err = strconv.ParseInt(t, 10, 64); err != nil {
			return fmt.Errorf("%s holds no number: %w", f.lock.Name(), err)
		}
	}
	if f.loaded && generation == f.generation {
		return nil
	}
	b, err = os.ReadFile(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		*st = emptyState()
	case err != nil:
		return err
	default:
		if *st, err = decodeState(b); err != nil {
			return fmt.Errorf("%s is damaged: %w", f.path, err)
		}
	}
	f.generation, f.loaded = generation, true
	return nil
}

// save replaces the file. The generation is raised first: if the process dies in
// between, the others read a state that has not changed, and lose nothing.
func (f *stateFile) save(st *state) error {
	b, err := encodeState(st)
	if err != nil {
		return fileError(err)
	}
	f.loaded = false // until all is done, the state must be read anew
	next := f.generation + 1
	if _, err := f.lock.WriteAt([]byte(fmt.Sprintf("%020d\n", next)), 0); err != nil {
		return fileError(err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(f.path), filepath.Base(f.path)+".*")
	if err != nil {
		return fileError(err)
	}
	_, err = tmp.Write(b)
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp.Name(), f.path)
	}
	if err != nil {
		os.Remove(tmp.Name())
		return fileError(err)
	}
	f.generation, f.loaded = next, true
	return nil
}

func fileError(err error) error {
	return &sdk.Error{
		Kind: sdk.Unavailable, Code: "file", Err: err,
		Hint: sdk.Text{EN: "check the setting \"file\" and the rights on it", DE: "die Einstellung „file“ und die Rechte darauf prüfen"},
	}
}

func encodeState(st *state) ([]byte, error) { return sdk.Encode(st) }

func decodeState(b []byte) (state, error) {
	st := emptyState()
	if err := sdk.Decode(b, &st); err != nil {
		return state{}, err
	}
	for _, t := range st.Tables {
		for _, p := range t {
			p.index()
		}
	}
	return st, nil
}
