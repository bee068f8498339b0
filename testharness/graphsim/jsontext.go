package graphsim

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// text is a string as a finished JSON literal, quotes and escapes included, so that encoding a page is copying. The zero text is null.
type text string

const emptyText text = `""`

// quote makes a text.
func quote(s string) text { return text(appendQuoted(make([]byte, 0, len(s)+2), s)) }

// plain gives the string back; null is "".
func (t text) plain() string {
	if len(t) < 2 || t[0] != '"' {
		return ""
	}
	if strings.IndexByte(string(t), '\\') < 0 {
		return string(t[1 : len(t)-1])
	}
	var s string
	if json.Unmarshal([]byte(t), &s) != nil {
		return ""
	}
	return s
}

func appendText(b []byte, t text) []byte {
	if t == "" {
		return append(b, "null"...)
	}
	return append(b, t...)
}

const hexDigits = "0123456789abcdef"

// appendQuoted appends s as a JSON string. Unlike encoding/json it leaves <, > and & alone, as Graph does.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		ch := s[i]
		if ch >= 0x20 && ch != '"' && ch != '\\' && ch < utf8.RuneSelf {
			i++
			continue
		}
		if ch >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(append(b, s[from:i]...), "\ufffd"...)
				i++
				from = i
				continue
			}
			i += n
			continue
		}
		b = append(b, s[from:i]...)
		switch ch {
		case '"', '\\':
			b = append(b, '\\', ch)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[ch>>4], hexDigits[ch&15])
		}
		i++
		from = i
	}
	return append(append(b, s[from:]...), '"')
}

// writer appends the members of JSON objects. sel, when not nil, is the $select of the outermost object: lower-case names.
type writer struct {
	b   []byte
	sel map[string]bool
	// hide are members, in lower case, that are left out whatever is selected.
	hide map[string]bool
}

// key begins a member; it is false when the member is not selected.
func (w *writer) key(name string) bool {
	if w.sel != nil && !w.sel[strings.ToLower(name)] || w.hide != nil && w.hide[strings.ToLower(name)] {
		return false
	}
	w.member(name)
	return true
}

// member begins a member whatever is selected.
func (w *writer) member(name string) {
	if n := len(w.b); n > 0 && w.b[n-1] != '{' {
		w.b = append(w.b, ',')
	}
	w.b = append(w.b, '"')
	w.b = append(w.b, name...)
	w.b = append(w.b, '"', ':')
}

func (w *writer) text(name string, t text) {
	if w.key(name) {
		w.b = appendText(w.b, t)
	}
}

func (w *writer) str(name, s string) {
	if w.key(name) {
		w.b = appendQuoted(w.b, s)
	}
}

// word writes a string that needs no escaping.
func (w *writer) word(name, s string) {
	if w.key(name) {
		w.b = append(w.b, '"')
		w.b = append(w.b, s...)
		w.b = append(w.b, '"')
	}
}

func (w *writer) bool(name string, v bool) {
	if w.key(name) {
		w.b = appendBool(w.b, v)
	}
}

func (w *writer) null(name string) {
	if w.key(name) {
		w.b = append(w.b, "null"...)
	}
}

func (w *writer) raw(name, v string) {
	if w.key(name) {
		w.b = append(w.b, v...)
	}
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, "true"...)
	}
	return append(b, "false"...)
}

func appendTexts(b []byte, list []text) []byte {
	b = append(b, '[')
	for i, t := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, t...)
	}
	return append(b, ']')
}
