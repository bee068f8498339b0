//go:build !linux

package measure

// OneCore does nothing on systems other than Linux.
func OneCore(bool) (restore func() error, err error) { return func() error { return nil }, nil }
