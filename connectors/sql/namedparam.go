package sql

import (
	"maps"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// parsed is a query text with its parameters replaced by places.
type parsed struct {
	text   string
	params []string // by place
}

// parseQuery finds the parameters :name of a query, skipping texts, quoted names
// and comments, and refuses anything but one SELECT.
func parseQuery(text string, d *dialect) (parsed, error) {
	var p parsed
	var out strings.Builder
	ended := false
	word := "" // the first one
	for i := 0; i < len(text); {
		n := skip(text[i:])
		c := text[i]
		switch {
		case n > 0:
			if ended && !isComment(text[i:]) {
				return p, badQuery("a second statement after the semicolon")
			}
			out.WriteString(text[i : i+n])
			i += n
			continue
		case c == ';':
			ended = true
			i++
			continue
		case strings.ContainsRune(" \t\r\n", rune(c)):
			out.WriteByte(c)
			i++
			continue
		case ended:
			return p, badQuery("a second statement after the semicolon")
		case c == '?' && d.selfQuery, c == '$' && i+1 < len(text) && text[i+1] >= '0' && text[i+1] <= '9':
			return p, badQuery("a parameter is written :name, not %q", c)
		case c == ':' && i+1 < len(text) && text[i+1] == ':':
			out.WriteString("::")
			i += 2
			continue
		case c == ':' && i+1 < len(text) && isNameStart(text[i+1]):
			end := i + 1
			for end < len(text) && isName(text[end]) {
				end++
			}
			out.WriteString(d.place(p.place(text[i+1 : end])))
			i = end
			continue
		}
		end := i + 1
		if isNameStart(c) {
			for end < len(text) && (isName(text[end]) || text[end] == '$') {
				end++
			}
		}
		if word == "" && c != '(' {
			word = strings.ToLower(text[i:end])
		}
		out.WriteString(text[i:end])
		i = end
	}
	if !slices.Contains([]string{"select", "with", "values", "table"}, word) {
		return p, badQuery("it begins with %q; a query begins with SELECT or WITH", word)
	}
	p.text = out.String()
	return p, nil
}

func badQuery(format string, args ...any) error {
	return &sdk.Error{
		Kind: sdk.Invalid, Code: "query", Err: sdk.Errorf(sdk.Invalid, "", format, args...).Err,
		Hint: sdk.Text{EN: "write one SELECT, with parameters as :name", DE: "ein SELECT schreiben, Parameter als :name"},
	}
}

// place returns the place of a parameter, from 1.
func (p *parsed) place(name string) int {
	if i := slices.Index(p.params, name); i >= 0 {
		return i + 1
	}
	p.params = append(p.params, name)
	return len(p.params)
}

// values returns the values of the parameters in the order of their places.
func (p *parsed) values(args map[string]string) ([]any, error) {
	var out []any
	for _, name := range p.params {
		v, ok := args[name]
		if !ok {
			return nil, badQuery("the parameter :%s has no value", name)
		}
		out = append(out, v)
	}
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if !slices.Contains(p.params, name) {
			return nil, badQuery("there is a value for :%s, which the query does not have", name)
		}
	}
	return out, nil
}

func isNameStart(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func isName(c byte) bool { return isNameStart(c) || c >= '0' && c <= '9' }

func isComment(s string) bool { return strings.HasPrefix(s, "--") || strings.HasPrefix(s, "/*") }

// skip returns the length of the text, quoted name or comment that s begins with;
// 0 if there is none. One that does not end reaches to the end of s.
func skip(s string) int {
	switch {
	case strings.HasPrefix(s, "--"):
		if i := strings.IndexByte(s, '\n'); i >= 0 {
			return i + 1
		}
		return len(s)
	case strings.HasPrefix(s, "/*"):
		return skipBlock(s)
	case s[0] == '\'', s[0] == '"', s[0] == '`':
		return skipQuoted(s, 0, false)
	case len(s) > 1 && (s[0] == 'e' || s[0] == 'E') && s[1] == '\'':
		return skipQuoted(s, 1, true)
	case s[0] == '$':
		return skipDollar(s)
	case isNameStart(s[0]):
		return 0
	}
	return 0
}

// skipBlock skips a comment; they nest, as in PostgreSQL.
func skipBlock(s string) int {
	depth := 0
	for i := 0; i+1 < len(s); i++ {
		switch s[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// skipQuoted skips what the quote at s[from] begins. A doubled quote stays inside;
// with escapes so does one after a backslash.
func skipQuoted(s string, from int, escapes bool) int {
	q := s[from]
	for i := from + 1; i < len(s); i++ {
		switch {
		case escapes && s[i] == '\\':
			i++
		case s[i] == q && i+1 < len(s) && s[i+1] == q:
			i++
		case s[i] == q:
			return i + 1
		}
	}
	return len(s)
}

// skipDollar skips a text in dollar quotes, $tag$ … $tag$.
func skipDollar(s string) int {
	end := 1
	for end < len(s) && isName(s[end]) {
		end++
	}
	if end == len(s) || s[end] != '$' || end > 1 && !isNameStart(s[1]) {
		return 0
	}
	tag := s[:end+1]
	if i := strings.Index(s[end+1:], tag); i >= 0 {
		return end + 1 + i + len(tag)
	}
	return len(s)
}
