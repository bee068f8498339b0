//go:build !windows

package store

import "io/fs"

// foreignWritable reports whether any user of the machine may replace files in a
// folder of this mode.
func foreignWritable(m fs.FileMode) bool { return m&0o002 != 0 && m&fs.ModeSticky == 0 }
