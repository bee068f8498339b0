package odata

import (
	"slices"
	"strings"
	"unicode"
)

// Begins tells whether each word of the term begins a word of a text, in any order and without regard to case. Words are those of the
// directory's search (microsoft-graph-docs, page "search-query-parameter"): a text is cut at spaces and symbols, between letters and digits,
// and where a capital follows a lower-case letter; words of a text with nothing but symbols between them count as one word too.
func (t Term) Begins(text string) bool {
	have := tokens(text, true)
	wanted := tokens(t.Text, false)
	return len(wanted) > 0 && !slices.ContainsFunc(wanted, func(w string) bool {
		return !slices.ContainsFunc(have, func(h string) bool { return strings.HasPrefix(h, w) })
	})
}

// tokens cuts a text into words in lower case; joined adds those of a run without spaces as one.
func tokens(text string, joined bool) []string {
	var out []string
	for _, run := range strings.Fields(text) {
		parts := strings.FieldsFunc(run, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for _, part := range parts {
			out = append(out, cutWords(part)...)
		}
		if joined && len(parts) > 1 {
			out = append(out, strings.ToLower(strings.Join(parts, "")))
		}
	}
	return out
}

// cutWords cuts letters and digits where their kind changes, and before capitals that follow a lower-case letter.
func cutWords(s string) []string {
	var out []string
	from, last := 0, rune(0)
	for i, r := range s {
		if last != 0 && (unicode.IsDigit(r) != unicode.IsDigit(last) || unicode.IsLower(last) && unicode.IsUpper(r)) {
			out = append(out, strings.ToLower(s[from:i]))
			from = i
		}
		last = r
	}
	return append(out, strings.ToLower(s[from:]))
}
