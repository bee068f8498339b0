package process

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// Problem is one thing that is wrong in a configuration.
type Problem struct {
	Pos  Pos
	Key  string // dotted: processes.events.source.object
	Text string // what is wrong
	Hint string // what to do; may be ""
}

// Error implements error: place, key, what is wrong; what to do.
func (p Problem) Error() string {
	var b strings.Builder
	for _, s := range []string{p.Pos.String(), p.Key} {
		if s != "" {
			b.WriteString(s + ": ")
		}
	}
	b.WriteString(p.Text)
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

// Problems is everything that is wrong, in the order of the text. It is of kind
// Invalid.
type Problems []Problem

// Error implements error, one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap makes errors.Is and errors.As see the kind.
func (ps Problems) Unwrap() error { return sdk.Invalid }

// Err returns ps sorted by place and without repetitions, nil if it is empty.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	out := slices.Clone(ps)
	slices.SortStableFunc(out, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(out)
}

// Join puts several results of Parse, Check and CheckSchemas together: all
// problems in the order of the text, nil if there are none. An error that is not
// Problems becomes a problem without a place.
func Join(errs ...error) error {
	var all Problems
	for _, err := range errs {
		if err == nil {
			continue
		}
		var ps Problems
		if errors.As(err, &ps) {
			all = append(all, ps...)
			continue
		}
		all = append(all, Problem{Text: err.Error()})
	}
	return all.Err()
}

// add appends a problem.
func (ps *Problems) add(pos Pos, key []string, hint, format string, args ...any) {
	*ps = append(*ps, Problem{Pos: pos, Key: strings.Join(key, "."), Text: fmt.Sprintf(format, args...), Hint: hint})
}
