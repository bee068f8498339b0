package process

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// Blame turns an error that is about settings of c into Problems with their
// lines: one for each *sdk.Error of kind Invalid in it whose Args["setting"] names
// a setting. That is how a connector says, when it opens a connection, that a
// value passes for its type but cannot be used. Any other error, and nil, comes
// back unchanged.
func (c *Connection) Blame(err error) error {
	var ps Problems
	for _, e := range blamed(err) {
		name := e.Args["setting"]
		ps.add(c.Places.At("settings", name), []string{"connections", c.Name, "settings", name}, e.Hint.EN, "%s", settingProblem(e))
	}
	if len(ps) == 0 {
		return err
	}
	return ps.Err()
}

// blamed returns the errors within err that name a setting.
func blamed(err error) []*sdk.Error {
	if e, ok := err.(*sdk.Error); ok && e.Kind == sdk.Invalid && e.Args["setting"] != "" { //nolint:errorlint // the tree of errors is walked by hand: all of them are wanted
		return []*sdk.Error{e}
	}
	var out []*sdk.Error
	switch x := err.(type) { //nolint:errorlint // as above
	case interface{ Unwrap() []error }:
		for _, inner := range x.Unwrap() {
			out = append(out, blamed(inner)...)
		}
	default:
		if inner := errors.Unwrap(err); inner != nil {
			return blamed(inner)
		}
	}
	return out
}

// settingProblem returns what is wrong with a setting, without its name, which
// the key of the problem says.
func settingProblem(e *sdk.Error) string {
	if e.Err == nil {
		return e.Error()
	}
	text, named := strings.CutPrefix(e.Err.Error(), fmt.Sprintf("setting %q", e.Args["setting"]))
	if !named {
		return text
	}
	return strings.TrimLeft(text, ": ")
}
