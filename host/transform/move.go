package transform

import (
	"fmt"
	"strings"

	"github.com/gleis-dev/gleis/host/process"
)

// constant sets a field to a fixed value, whether it was there or not.
func constant(r process.Rule) func(*scanner, *node) error {
	to, value := split(r.Args["to"]), []byte(r.Args["value"])
	return func(s *scanner, root *node) error { return root.set(s, to, value) }
}

// rename moves a field. One that is missing leaves the new name missing too: what
// stood there before is gone, so that no stale value passes for the moved one.
func rename(r process.Rule) func(*scanner, *node) error {
	from, to := split(r.Args["from"]), split(r.Args["to"])
	return func(s *scanner, root *node) error {
		c, err := root.cell(s, from)
		switch {
		case err != nil:
			return err
		case c.wrong:
			return fmt.Errorf("%s leads through %s", r.Args["from"], shapeOf(c.raw))
		}
		if err := root.remove(s, from); err != nil {
			return err
		}
		if c.raw == nil {
			return root.remove(s, to)
		}
		return root.set(s, to, c.raw)
	}
}

func split(path string) []string { return strings.Split(path, ".") }

// target returns where a rule puts its result: to, or else from.
func target(r process.Rule) []string {
	if to := r.Args["to"]; to != "" {
		return split(to)
	}
	return split(r.Args["from"])
}
