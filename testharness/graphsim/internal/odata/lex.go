package odata

import (
	"strings"
	"unicode/utf8"
)

// token is a piece of a filter. Its kind is 'i' of an identifier or path, 's' of a string, 'n' of a number, date or GUID, the character
// itself of punctuation, and 0 at the end.
type token struct {
	kind byte
	text string // of a string: without its quotes
	at   int    // position in the filter
}

// tokenize cuts a filter into tokens; the last one is the end.
func tokenize(s string) ([]token, error) {
	var out []token
	for i := 0; i < len(s); {
		ch := s[i]
		switch {
		case ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r':
			i++
		case strings.IndexByte("(),:", ch) >= 0:
			out = append(out, token{kind: ch, text: s[i : i+1], at: i})
			i++
		case ch == '\'':
			text, n := readString(s[i:])
			if n == 0 {
				return nil, newError("There is an unterminated string literal at position %d in '%s'.", len(s), s)
			}
			out = append(out, token{kind: 's', text: text, at: i})
			i += n
		case isWord(ch) || ch == '-':
			t := readWord(s, i)
			out = append(out, t)
			i += len(t.text)
		default:
			r, _ := utf8.DecodeRuneInString(s[i:])
			return nil, newError("Syntax error: character '%c' is not valid at position %d in '%s'.", r, i, s)
		}
	}
	return append(out, token{at: len(s)}), nil
}

func isWord(ch byte) bool {
	return ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z' || ch >= '0' && ch <= '9' || ch == '_' || ch == '$' || ch == '@'
}

// readWord reads an identifier, a path, a number, a date or a GUID.
func readWord(s string, from int) token {
	number := s[from] == '-' || s[from] >= '0' && s[from] <= '9'
	i := from + 1
	for i < len(s) && (isWord(s[i]) || strings.IndexByte("/.-", s[i]) >= 0 || number && (s[i] == ':' || s[i] == '+')) {
		i++
	}
	if !number && !looksLikeGUID(s[from:i]) {
		return token{kind: 'i', text: s[from:i], at: from}
	}
	return token{kind: 'n', text: s[from:i], at: from}
}

func looksLikeGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (s[i] == '-') || !dash && strings.IndexByte("0123456789abcdefABCDEF", s[i]) < 0 {
			return false
		}
	}
	return true
}

// readString reads a literal in quotes, a doubled quote being one; n is zero when it does not end.
func readString(s string) (text string, n int) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1
	}
	return "", 0
}
