//go:build !windows

package param

import (
	"errors"
	"io/fs"
	"os"
)

// othersMayRead reports whether a file of this mode is open to anybody but its
// owner.
func othersMayRead(m fs.FileMode) bool { return m.Perm()&0o077 != 0 }

// syncFolder makes a new name in dir durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
