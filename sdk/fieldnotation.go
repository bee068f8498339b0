package sdk

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Field notation is the text form of a short list of names and values:
//
//	id|:|ABC|;|user|:|a@b.example|;|
//
// Name and value are parted by |:|, every pair is ended by |;|. A name is not
// empty, has no blanks around it and no control characters, and occurs once; a
// value may be empty. Neither holds a separator. Order is kept and matters: a
// key made of several fields is compared byte for byte.
const (
	notationValue = "|:|"
	notationEnd   = "|;|"

	// MaxNotation is the longest text in bytes that ParseNotation takes.
	MaxNotation = 64 << 10
	// MaxPairs is the greatest number of pairs that ParseNotation takes.
	MaxPairs = 64
)

// Pair is one name and its value.
type Pair struct{ Name, Value string }

// Notation is a parsed field notation, in the order of the text.
type Notation []Pair

// Get returns the value of name.
func (n Notation) Get(name string) (string, bool) {
	for _, p := range n {
		if p.Name == name {
			return p.Value, true
		}
	}
	return "", false
}

// Check returns an error of kind Invalid if n has a name that is not among
// known.
func (n Notation) Check(known ...string) error {
next:
	for _, p := range n {
		for _, k := range known {
			if p.Name == k {
				continue next
			}
		}
		return Errorf(Invalid, "notation_name", "field notation: unknown name %q, known are %s", p.Name, strings.Join(known, ", "))
	}
	return nil
}

// Format writes n as text. It fails, with kind Invalid, if ParseNotation would
// not read the same pairs back. Format(ParseNotation(x)) = x.
func (n Notation) Format() (string, error) {
	var b strings.Builder
	for _, p := range n {
		b.WriteString(p.Name + notationValue + p.Value + notationEnd)
	}
	s := b.String()
	back, err := ParseNotation(s)
	if err != nil {
		return "", err
	}
	if len(back) != len(n) {
		return "", Errorf(Invalid, "notation", "field notation: a name or value holds a separator")
	}
	for i := range n {
		if back[i] != n[i] {
			return "", Errorf(Invalid, "notation", "field notation: the value of %q holds or forms a separator", n[i].Name)
		}
	}
	return s, nil
}

// ParseNotation reads a field notation. Anything that is not exactly of the form
// is refused, with kind Invalid and the byte position (from 0) in the text.
func ParseNotation(s string) (Notation, error) {
	bad := func(at int, format string, args ...any) (Notation, error) {
		return nil, &Error{
			Kind: Invalid, Code: "notation", Args: map[string]string{"position": fmt.Sprint(at)},
			Err:  fmt.Errorf("field notation, position %d: %w", at, fmt.Errorf(format, args...)),
			Hint: Text{EN: "write name|:|value|;| for each pair", DE: "für jedes Paar Name|:|Wert|;| schreiben"},
		}
	}
	if s == "" {
		return bad(0, "it is empty")
	}
	if len(s) > MaxNotation {
		return bad(MaxNotation, "it is longer than %d bytes", MaxNotation)
	}
	if !utf8.ValidString(s) {
		return bad(invalidAt(s), "it is not valid UTF-8")
	}
	var n Notation
	for at := 0; at < len(s); {
		rest := s[at:]
		if len(n) == MaxPairs {
			return bad(at, "more than %d pairs", MaxPairs)
		}
		end := strings.Index(rest, notationEnd)
		if end < 0 {
			return bad(len(s), "the last pair is not ended by %s", notationEnd)
		}
		name, value, found := strings.Cut(rest[:end], notationValue)
		if !found {
			return bad(at, "a pair without %s", notationValue)
		}
		if i := strings.Index(value, notationValue); i >= 0 {
			return bad(at+len(name)+len(notationValue)+i, "a second %s in one pair", notationValue)
		}
		if err := checkName(name); err != nil {
			return bad(at, "%w", err)
		}
		if strings.ContainsRune(value, 0) {
			return bad(at, "the value of %q holds a zero byte", name)
		}
		if _, twice := n.Get(name); twice {
			return bad(at, "the name %q is given twice", name)
		}
		n = append(n, Pair{name, value})
		at += end + len(notationEnd)
	}
	return n, nil
}

func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("an empty name")
	case strings.TrimSpace(name) != name:
		return fmt.Errorf("blanks around the name %q", name)
	case strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("a control character in the name %q", name)
	}
	return nil
}

func invalidAt(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return i
			}
		}
	}
	return len(s)
}
