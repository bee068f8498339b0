//go:build !unix

package memory

import "os"

// lockFile does nothing: on this system a file belongs to one process at a time.
func lockFile(*os.File) error { return nil }
