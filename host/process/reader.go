package process

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Limits of a configuration text.
const (
	MaxText  = 10 << 20 // bytes
	maxDepth = 64       // nested sections
)

// reader walks the nodes of one text and collects what is wrong with it.
type reader struct {
	file     string
	resolve  Resolver
	problems Problems
	places   Places            // of keys of at most two parts: sections, and what is named in them
	within   map[string]Places // of the keys within what is named, by its key
}

// namedDepth is how many parts the key of something named has: connections, crm.
const namedDepth = 2

// put takes down the place of a key.
func (r *reader) put(key []string, pos Pos) {
	if len(key) <= namedDepth {
		r.places[joinKey(key)] = pos
		return
	}
	outer := joinKey(key[:namedDepth])
	if r.within[outer] == nil {
		r.within[outer] = Places{}
	}
	r.within[outer][joinKey(key[namedDepth:])] = pos
}

// at returns the place of a key, or the nearest one around it.
func (r *reader) at(key []string) Pos {
	for n := len(key); n > namedDepth; n-- {
		if pos, ok := r.within[joinKey(key[:namedDepth])][joinKey(key[namedDepth:n])]; ok {
			return pos
		}
	}
	return r.places.At(key[:min(namedDepth, len(key))]...)
}

func (r *reader) pos(n *yaml.Node) Pos { return Pos{File: r.file, Line: n.Line, Column: n.Column} }

// fail reports a problem at the key, or where the key is missing at the nearest
// section around it.
func (r *reader) fail(key []string, hint, format string, args ...any) {
	r.problems.add(r.at(key), key, hint, format, args...)
}

// under returns the places of something named, relative to it.
func (r *reader) under(key []string) Places {
	out := r.within[joinKey(key)]
	if out == nil {
		out = Places{}
	}
	out[""] = r.places.At(key...)
	return out
}

// document returns the top node of text, or nil with the problem reported.
func (r *reader) document(text []byte) *yaml.Node {
	if pos, why := unreadable(text); why != "" {
		pos.File = r.file
		r.problems.add(pos, nil, "save the file as UTF-8 text", "%s", why)
		return nil
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	d := yaml.NewDecoder(bytes.NewReader(text))
	var top, next yaml.Node
	if err := d.Decode(&top); err != nil {
		r.syntax(text, err)
		return nil
	}
	if len(top.Content) != 1 || top.Content[0].Kind == yaml.ScalarNode && top.Content[0].Tag == "!!null" {
		r.problems.add(Pos{File: r.file, Line: 1, Column: 1}, nil, "write connections: and processes:", "the file is empty")
		return nil
	}
	if err := d.Decode(&next); err == nil {
		r.problems.add(r.pos(&next), nil, "put everything into one document, without ---", "a second document begins here")
		return nil
	}
	r.refuse(&top, 0)
	if len(r.problems) > 0 {
		return nil
	}
	return top.Content[0]
}

// unreadable says why a text is not read at all.
func unreadable(text []byte) (Pos, string) {
	if len(text) > MaxText {
		return Pos{}, fmt.Sprintf("the file has %d bytes, at most %d are read", len(text), MaxText)
	}
	line, column := 1, 1
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRune(text[i:])
		here := Pos{Line: line, Column: column}
		switch {
		case c == utf8.RuneError && size == 1:
			return here, "the file is not valid UTF-8"
		case c == '\ufeff' && i == 0:
			column--
		case c == '\n':
			line, column = line+1, 0
		case c < ' ' && c != '\t' && c != '\r', c >= 0x7f && c < 0xa0 && c != 0x85, c == '\ufeff', c == '\ufffe', c == '\uffff':
			return here, fmt.Sprintf("the control character %U stands here", c)
		}
		column++
		i += size
	}
	return Pos{}, ""
}

// refuse reports anchors and aliases, which could unfold without end, and tags.
func (r *reader) refuse(n *yaml.Node, depth int) {
	switch {
	case depth > maxDepth:
		r.problems.add(r.pos(n), nil, "", "nested deeper than %d", maxDepth)
		return
	case n.Kind == yaml.AliasNode:
		r.problems.add(r.pos(n), nil, "write the value out", "an alias (*%s) is not supported", n.Value)
		return
	case n.Anchor != "":
		r.problems.add(r.pos(n), nil, "write the value out where it is needed", "an anchor (&%s) is not supported", n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		r.problems.add(r.pos(n), nil, "leave it out", "a tag (%s) is not supported", n.Tag)
	}
	for _, c := range n.Content {
		r.refuse(c, depth+1)
	}
}

// entry is a known key of a section and how its value is read.
type entry struct {
	key  string
	need bool
	read func(n *yaml.Node, key []string)
	null bool // null is a value here
}

// section reads a mapping with known keys.
func (r *reader) section(n *yaml.Node, key []string, entries ...entry) {
	var known []string
	for _, e := range entries {
		known = append(known, e.key)
	}
	seen := map[string]bool{}
	ok := r.members(n, key, "a section with "+strings.Join(known, ", "), func(name string, at *yaml.Node, v *yaml.Node) {
		i := slices.Index(known, name)
		here := with(key, name)
		if i < 0 {
			r.problems.add(r.pos(at), here, Suggest(name, known), "unknown key")
			return
		}
		seen[name] = true
		if v.Tag == "!!null" && !entries[i].null {
			r.fail(here, "give it one or leave the key out", "has no value")
			return
		}
		entries[i].read(v, here)
	})
	for _, e := range entries {
		if ok && e.need && !seen[e.key] {
			r.fail(with(key, e.key), fmt.Sprintf("add %s: …", e.key), "is missing")
		}
	}
}

// members calls each for the members of a mapping; keys are texts and unique.
func (r *reader) members(n *yaml.Node, key []string, want string, each func(name string, at, v *yaml.Node)) bool {
	if n.Kind != yaml.MappingNode {
		r.fail(key, "", "is %s, not %s", shape(n), want)
		return false
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode || k.Tag == "!!null" || k.Tag == "!!merge" || k.Value == "" {
			r.problems.add(r.pos(k), key, "write a name before the colon", "a key is a text")
			continue
		}
		if first, twice := lines[k.Value]; twice {
			r.problems.add(r.pos(k), with(key, k.Value), "remove one of the two", "is given twice, first in line %d", first)
			continue
		}
		lines[k.Value] = k.Line
		at := r.pos(k)
		if v.Kind == yaml.ScalarNode && v.Tag != "!!null" {
			at = r.pos(v)
		}
		r.put(with(key, k.Value), at)
		each(k.Value, k, v)
	}
	return true
}

// items calls each for the items of a list.
func (r *reader) items(n *yaml.Node, key []string, each func(v *yaml.Node, key []string)) {
	if n.Kind != yaml.SequenceNode {
		r.fail(key, "write [a, b] or one item a line after -", "is %s, not a list", shape(n))
		return
	}
	for i, v := range n.Content {
		here := with(key, strconv.Itoa(i))
		r.put(here, r.pos(v))
		each(v, here)
	}
}

// text reads a text. A number or date written without quotes is taken as it
// stands; other values are refused, because their text would surprise.
func (r *reader) text(n *yaml.Node, key []string) (string, bool) {
	if n.Kind == yaml.ScalarNode {
		switch n.Tag {
		case "!!str", "!!int", "!!float", "!!timestamp":
			if n.Tag == "!!str" && n.Value == "" {
				r.fail(key, "give it one or leave the key out", "is empty")
				return "", false
			}
			if strings.Contains(n.Value, "${env:") || strings.Contains(n.Value, "${file:") {
				r.fail(key, "move it into the settings of a connection", "a reference is resolved in the settings of a connection only")
				return "", false
			}
			return n.Value, true
		}
	}
	r.fail(key, "put it in quotes if it is meant as text", "is %s, not a text", shape(n))
	return "", false
}

// into returns a reading function for a text.
func (r *reader) into(dst *string) func(*yaml.Node, []string) {
	return func(n *yaml.Node, key []string) {
		if s, ok := r.text(n, key); ok {
			*dst = s
		}
	}
}

// choice returns a reading function for one of several words.
func choice[T ~string](r *reader, dst *T, words ...T) func(*yaml.Node, []string) {
	return func(n *yaml.Node, key []string) {
		s, ok := r.text(n, key)
		if !ok {
			return
		}
		if !slices.Contains(words, T(s)) {
			var known []string
			for _, w := range words {
				known = append(known, string(w))
			}
			r.fail(key, Suggest(s, known), "%q is not possible here", s)
			return
		}
		*dst = T(s)
	}
}

// with returns key with one more part, never sharing memory.
func with(key []string, part ...string) []string { return slices.Concat(key, part) }

// shape says what stands there, for messages.
func shape(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a section"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	}
	switch n.Tag {
	case "!!null":
		return "empty"
	case "!!bool":
		return "true or false"
	case "!!int", "!!float":
		return "a number"
	case "!!str":
		return "a text"
	}
	return "a value"
}
