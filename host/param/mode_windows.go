package param

import "io/fs"

// othersMayRead is false: modes say nothing about access lists.
func othersMayRead(fs.FileMode) bool { return false }

// syncFolder does nothing: Windows cannot sync a folder.
func syncFolder(string) error { return nil }
