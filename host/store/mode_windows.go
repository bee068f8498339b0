package store

import "io/fs"

// foreignWritable is false: modes say nothing about access lists.
func foreignWritable(fs.FileMode) bool { return false }
