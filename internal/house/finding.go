package house

import (
	"cmp"
	"fmt"
	"slices"
)

// A Finding is one place that breaks a rule.
type Finding struct {
	File string // slash-separated, relative to the root of the repository
	Line int    // from 1; 0 means the file as a whole
	Rule string // short name of the rule
	Text string // what is wrong and why it matters
}

// String returns the finding as file:line: rule: text.
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, f.Rule, f.Text)
}

func sorted(list []Finding) []Finding {
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(list)
}
