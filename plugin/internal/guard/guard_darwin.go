package guard

import "golang.org/x/sys/unix"

func undumpable() error { return nil }

func dup(from, to int) error { return unix.Dup2(from, to) }
