package process

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// most is how many known names a hint lists.
const most = 12

// Suggest says which of the known names was probably meant by name: one that
// differs little, else the list of them. It returns "" if there are none.
func Suggest(name string, known []string) string {
	best, least := "", -1
	for _, k := range known {
		if squeeze(k) == squeeze(name) {
			return fmt.Sprintf("did you mean %q?", k)
		}
		d := distance(squeeze(name), squeeze(k))
		if d <= max(1, utf8.RuneCountInString(name)/3) && (least < 0 || d < least) {
			best, least = k, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	if len(known) == 0 {
		return ""
	}
	for _, k := range known {
		if len(name) >= 4 && strings.HasPrefix(squeeze(k), squeeze(name)) {
			return fmt.Sprintf("did you mean %q?", k)
		}
	}
	known = slices.Sorted(slices.Values(known))
	if len(known) > most {
		return fmt.Sprintf("known are %s and %d more", strings.Join(known[:most], ", "), len(known)-most)
	}
	return "known are " + strings.Join(known, ", ")
}

// squeeze leaves out what people get wrong first: case and joiners.
func squeeze(s string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(s))
}

// distance is the number of characters to add, drop, change or swap with their
// neighbour (optimal string alignment). It looks at the first 64 characters, so
// that a long name costs nothing.
func distance(a, b string) int {
	const far = 64
	x, y := []rune(a), []rune(b)
	x, y = x[:min(len(x), far)], y[:min(len(y), far)]
	older, old, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range old {
		old[j] = j
	}
	for i := range x {
		row[0] = i + 1
		for j := range y {
			change := old[j]
			if x[i] != y[j] {
				change++
			}
			row[j+1] = min(change, row[j]+1, old[j+1]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], older[j-1]+1)
			}
		}
		older, old, row = old, row, older
	}
	return old[len(y)]
}
