package process

import (
	"fmt"
	"strings"
)

// Pos is a place in a configuration text. The zero Pos is unknown.
type Pos struct {
	File   string
	Line   int // from 1
	Column int // from 1, in characters
}

// String returns file:line:column, without what is unknown.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Places says where the keys of a section stand. A nil Places knows none.
type Places map[string]Pos

// partSep joins the parts of a key; names from outside may hold dots and slashes.
const partSep = "\x1f"

func joinKey(key []string) string { return strings.Join(key, partSep) }

// At returns the place of a key: the names, and list positions from "0", that
// lead to it from the section ("source", "filter"). If the text does not hold
// the key, it is the place of the nearest section around it, at last of the
// section itself.
func (p Places) At(key ...string) Pos {
	for n := len(key); n >= 0; n-- {
		if pos, ok := p[joinKey(key[:n])]; ok {
			return pos
		}
	}
	return Pos{}
}

// Has reports whether the text holds the key.
func (p Places) Has(key ...string) bool {
	_, ok := p[joinKey(key)]
	return ok
}
