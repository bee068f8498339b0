package process

import (
	"errors"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// IsNotation reports whether a filter is field notation rather than the object's
// own syntax: it holds the mark between a name and its value.
func IsNotation(filter string) bool { return strings.Contains(filter, "|:|") }

// checkFilter refuses field notation that no record could complete.
func checkFilter(filter string) error {
	if !IsNotation(filter) {
		return nil
	}
	_, err := sdk.ParseNotation(filter)
	if err == nil {
		return nil
	}
	if cause := sdk.AsError(err).Err; cause != nil {
		return cause
	}
	return err
}

// inside reports whether path lies within the object at outer.
func inside(path, outer string) bool { return strings.HasPrefix(path, outer+".") }

// around returns the paths of the objects that path lies in.
func around(path string) []string {
	var out []string
	for i := range len(path) {
		if path[i] == '.' {
			out = append(out, path[:i])
		}
	}
	return out
}

// flattenProblems returns the problems of err.
func flattenProblems(err error) Problems {
	if err == nil {
		return nil
	}
	var ps Problems
	if errors.As(err, &ps) {
		return ps
	}
	return Problems{{Text: err.Error()}}
}
