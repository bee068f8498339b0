package testharness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// indent renders v as JSON that people can read and compare.
func indent(v any) ([]byte, error) {
	b, err := sdk.Encode(v)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", " "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(want, got string) string {
	w, g := strings.Split(strings.TrimSpace(want), "\n"), strings.Split(strings.TrimSpace(got), "\n")
	for i := range max(len(w), len(g)) {
		var a, b string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return fmt.Sprintf("line %d\n  recorded: %s\n  now:      %s", i+1, a, b)
		}
	}
	return "only in white space"
}
