package house

import (
	"bytes"
	"go/format"
)

// Format finds Go files that are not as gofmt writes them: each editor would change them again.
func Format(t *Tree) []Finding {
	var bad []Finding
	for _, f := range t.Go {
		want, err := format.Source(f.Text)
		if err == nil && !bytes.Equal(want, f.Text) {
			bad = append(bad, Finding{f.Name, firstDifference(want, f.Text), "format", "not in gofmt's form: run gofmt -w"})
		}
	}
	return sorted(bad)
}
