package transform

import (
	"fmt"
	"slices"
	"strings"
)

// node is a value of a record that rules may change. An object is opened, one
// level at a time, only where a path leads into it.
type node struct {
	name []byte
	raw  []byte // the value, unless it is open
	open bool
	kids []node // of an open object, in its order
}

// enter opens an object.
func (n *node) enter(s *scanner) error {
	if n.open {
		return nil
	}
	if len(n.raw) == 0 || n.raw[0] != '{' {
		return fmt.Errorf("is %s, not an object", shapeOf(n.raw))
	}
	s.spare = s.spare[:0]
	if err := s.members(n.raw, func(name, value []byte) { s.spare = append(s.spare, node{name: name, raw: value}) }); err != nil {
		return err
	}
	kids := s.room(len(s.spare))
	copy(kids, s.spare)
	n.kids, n.open, n.raw = kids, true, nil
	return nil
}

// value returns the node as JSON.
func (n *node) value() []byte {
	if !n.open {
		return n.raw
	}
	return n.append(nil)
}

func (n *node) append(dst []byte) []byte {
	if !n.open {
		return append(dst, n.raw...)
	}
	dst = append(dst, '{')
	for i := range n.kids {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst, _ = appendText(dst, n.kids[i].name) // a name was valid when it was read
		dst = append(dst, ':')
		dst = n.kids[i].append(dst)
	}
	return append(dst, '}')
}

func (n *node) kid(name string) *node {
	for i := range n.kids {
		if string(n.kids[i].name) == name {
			return &n.kids[i]
		}
	}
	return nil
}

// find returns what path leads to. A nil node is missing; wrong is as in cell.
func (n *node) find(s *scanner, path []string) (found *node, wrong bool, err error) {
	for _, name := range path {
		if !n.open && n.raw[0] != '{' {
			if n.raw[0] == 'n' {
				return n, false, nil
			}
			return n, true, nil
		}
		if err := n.enter(s); err != nil {
			return nil, false, err
		}
		if n = n.kid(name); n == nil {
			return nil, false, nil
		}
	}
	return n, false, nil
}

// cell returns what path leads to, as JSON.
func (n *node) cell(s *scanner, path []string) (cell, error) {
	f, wrong, err := n.find(s, path)
	if f == nil || err != nil {
		return cell{}, err
	}
	return cell{raw: f.value(), wrong: wrong}, nil
}

// set puts a value at path and makes the objects on the way, where there is
// nothing or null.
func (n *node) set(s *scanner, path []string, raw []byte) error {
	for i, name := range path {
		if !n.open && (len(n.raw) == 0 || n.raw[0] == 'n') {
			*n = node{name: n.name, open: true}
		}
		if err := n.enter(s); err != nil {
			return fmt.Errorf("%s %w", strings.Join(path[:i], "."), err)
		}
		k := n.kid(name)
		if k == nil {
			n.kids = append(n.kids, node{name: []byte(name)})
			k = &n.kids[len(n.kids)-1]
		}
		n = k
	}
	*n = node{name: n.name, raw: raw}
	return nil
}

// remove takes what lies at path away.
func (n *node) remove(s *scanner, path []string) error {
	last := len(path) - 1
	in, wrong, err := n.find(s, path[:last])
	if err != nil || in == nil || wrong || !in.open && in.raw[0] != '{' {
		return err
	}
	if err := in.enter(s); err != nil {
		return err
	}
	in.kids = slices.DeleteFunc(in.kids, func(k node) bool { return string(k.name) == path[last] })
	return nil
}
