package transform

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// cell is what a path leads to in one record.
type cell struct {
	raw   []byte // the value as it stands in the record; nil: missing
	wrong bool   // the path leads through a list, text or number, which stands in raw
}

var null = []byte("null")

func (c cell) isNull() bool { return len(c.raw) == 4 && c.raw[0] == 'n' }

// trie is the compiled set of paths that are read from a record.
type trie struct {
	name string
	slot int // index of the path that ends here; -1: none
	kids []*trie
}

func newTrie() *trie { return &trie{slot: -1} }

// add makes path lead to slot; a path that is there already keeps its slot, which
// is returned.
func (t *trie) add(path string, slot int) int {
	for name := range strings.SplitSeq(path, ".") {
		t = t.kidMade(name)
	}
	if t.slot < 0 {
		t.slot = slot
	}
	return t.slot
}

func (t *trie) kidMade(name string) *trie {
	for _, k := range t.kids {
		if k.name == name {
			return k
		}
	}
	k := &trie{name: name, slot: -1}
	t.kids = append(t.kids, k)
	return k
}

// kid returns the child for a quoted name, or nil.
func (t *trie) kid(quoted []byte) *trie {
	name := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		plain, err := jsontext.AppendUnquote(nil, quoted)
		if err != nil {
			return nil
		}
		name = plain
	}
	for _, k := range t.kids {
		if k.name == string(name) {
			return k
		}
	}
	return nil
}

// scanner reads JSON without decoding it. It is used by one goroutine at a time,
// for one text at a time.
type scanner struct {
	dec  *jsontext.Decoder
	buf  bytes.Buffer
	data []byte

	// Nodes of opened objects lie in blocks that are used again by later batches.
	block []node
	used  int
	spare []node
}

// blockNodes is how many nodes are made at a time.
const blockNodes = 2048

// room returns place for n nodes and a few more, until the scanner is reset.
func (s *scanner) room(n int) []node {
	const more = 4 // fields that rules add
	if len(s.block)-s.used < n+more {
		s.block, s.used = make([]node, max(n+more, blockNodes)), 0
	}
	out := s.block[s.used : s.used+n : s.used+n+more]
	s.used += n + more
	return out
}

// reset lets go of everything that was read. No node may be used any more.
func (s *scanner) reset() {
	clear(s.block[:s.used])
	clear(s.spare)
	s.used = 0
	s.start(nil)
}

func newScanner() *scanner {
	s := &scanner{}
	s.dec = jsontext.NewDecoder(&s.buf)
	return s
}

func (s *scanner) start(data []byte) {
	s.data = data
	s.buf = *bytes.NewBuffer(data)
	s.dec.Reset(&s.buf)
}

// scan fills the cells of t's paths from one JSON object. The cells alias data.
func (s *scanner) scan(data []byte, t *trie, cells []cell) error {
	clear(cells)
	s.start(data)
	if s.dec.PeekKind() != '{' {
		return errors.New("the record is not a JSON object")
	}
	if err := s.value(t, cells); err != nil {
		return notJSON(err)
	}
	return s.ended()
}

// notJSON says what an error of the parser means for a record.
func notJSON(err error) error {
	var e *jsontext.SyntacticError
	if errors.As(err, &e) {
		return fmt.Errorf("the record is not valid JSON: %w", err)
	}
	return err
}

// ended refuses what stands after the value.
func (s *scanner) ended() error {
	if _, err := s.dec.ReadToken(); err != io.EOF {
		return errors.New("something stands after the JSON object")
	}
	return nil
}

// value reads the next value, at which t stands.
func (s *scanner) value(t *trie, cells []cell) error {
	if len(t.kids) == 0 || s.dec.PeekKind() != '{' {
		v, err := s.dec.ReadValue()
		if err != nil {
			return err
		}
		end := s.dec.InputOffset()
		t.found(s.data[end-int64(len(v)):end:end], cells)
		return nil
	}
	if _, err := s.dec.ReadToken(); err != nil {
		return err
	}
	begin := s.dec.InputOffset() - 1
	for s.dec.PeekKind() != '}' {
		name, err := s.dec.ReadValue()
		if err != nil {
			return err
		}
		if k := t.kid(name); k != nil {
			err = s.value(k, cells)
		} else {
			err = s.dec.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	if _, err := s.dec.ReadToken(); err != nil {
		return err
	}
	if t.slot >= 0 {
		end := s.dec.InputOffset()
		cells[t.slot] = cell{raw: s.data[begin:end:end]}
	}
	return nil
}

// found puts a value into the cell of t, and what follows from it into those of
// the paths below: nothing lies inside null, and nothing can lie inside a list.
func (t *trie) found(raw []byte, cells []cell) {
	if t.slot >= 0 {
		cells[t.slot] = cell{raw: raw}
	}
	for _, k := range t.kids {
		k.below(cell{raw: raw, wrong: raw[0] != 'n'}, cells)
	}
}

func (t *trie) below(c cell, cells []cell) {
	if t.slot >= 0 {
		cells[t.slot] = c
	}
	for _, k := range t.kids {
		k.below(c, cells)
	}
}

// members calls each for the members of an object, in its order. Names are
// unquoted; both alias data unless a name was escaped.
func (s *scanner) members(data []byte, each func(name, value []byte)) error {
	s.start(data)
	if _, err := s.dec.ReadToken(); err != nil {
		return err
	}
	for s.dec.PeekKind() != '}' {
		v, err := s.dec.ReadValue()
		if err != nil {
			return err
		}
		end := s.dec.InputOffset()
		name := data[end-int64(len(v))+1 : end-1 : end-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			if name, err = jsontext.AppendUnquote(nil, v); err != nil {
				return err
			}
		}
		if v, err = s.dec.ReadValue(); err != nil {
			return err
		}
		end = s.dec.InputOffset()
		each(name, data[end-int64(len(v)):end:end])
	}
	if _, err := s.dec.ReadToken(); err != nil {
		return err
	}
	return s.ended()
}

// shapeOf says what a value is, for messages.
func shapeOf(raw []byte) string {
	if len(raw) == 0 {
		return "missing"
	}
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a text"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}
