package process

import (
	"errors"
	"fmt"
	"strings"
)

// Template is a text with #path# placeholders, cut at them.
type Template []Piece

// Piece is a literal text, or a path into the record.
type Piece struct {
	Text string // literal, if Path is ""
	Path string
}

// ParseTemplate cuts a text at its placeholders. "##" stands for "#".
func ParseTemplate(s string) (Template, error) {
	var t Template
	var lit strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '#')
		if i < 0 {
			lit.WriteString(s)
			break
		}
		lit.WriteString(s[:i])
		name, rest, ok := strings.Cut(s[i+1:], "#")
		switch {
		case !ok:
			return nil, errors.New("a placeholder is not ended by #")
		case name == "":
			lit.WriteByte('#')
		case !isPath(name):
			return nil, fmt.Errorf("%q is no path", name)
		default:
			if lit.Len() > 0 {
				t = append(t, Piece{Text: lit.String()})
				lit.Reset()
			}
			t = append(t, Piece{Path: name})
		}
		s = rest
	}
	if lit.Len() > 0 {
		t = append(t, Piece{Text: lit.String()})
	}
	return t, nil
}

// Paths returns the paths of the placeholders.
func (t Template) Paths() []string {
	var out []string
	for _, p := range t {
		if p.Path != "" {
			out = append(out, p.Path)
		}
	}
	return out
}
