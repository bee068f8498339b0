package transform

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// output is the compiled shape of the result: the target fields as a tree, sorted
// by name, so that a record is written once, in canonical form.
type output struct {
	name    string
	key     []byte // "name":
	mapping int    // index of the mapping that fills it; -1: an object of fields
	kids    []*output
}

func newOutput(targets []string) (*output, error) {
	root := &output{mapping: -1}
	for i, t := range targets {
		at := root
		for name := range strings.SplitSeq(t, ".") {
			if at.mapping >= 0 {
				return nil, fmt.Errorf("a part of %s is filled beside the whole", targets[at.mapping])
			}
			var err error
			if at, err = at.kid(name); err != nil {
				return nil, err
			}
		}
		if at.mapping >= 0 || len(at.kids) > 0 {
			return nil, fmt.Errorf("%s is filled twice", t)
		}
		at.mapping = i
	}
	root.sort()
	return root, nil
}

func (o *output) kid(name string) (*output, error) {
	for _, k := range o.kids {
		if k.name == name {
			return k, nil
		}
	}
	key, err := appendText(nil, name)
	if err != nil {
		return nil, fmt.Errorf("the name %q is not valid text", name)
	}
	k := &output{name: name, key: append(key, ':'), mapping: -1}
	o.kids = append(o.kids, k)
	return k, nil
}

func (o *output) sort() {
	slices.SortFunc(o.kids, func(a, b *output) int { return cmp.Compare(a.name, b.name) })
	for _, k := range o.kids {
		k.sort()
	}
}

// append writes the object o from the cells of the mappings. wrote is false if
// all its fields are missing.
func (o *output) append(dst []byte, maps []mapping, cells func(i int) (value, zone cell)) (out []byte, wrote bool, err error) {
	dst = append(dst, '{')
	for _, k := range o.kids {
		before := len(dst)
		if wrote {
			dst = append(dst, ',')
		}
		dst = append(dst, k.key...)
		var some bool
		if k.mapping < 0 {
			dst, some, err = k.append(dst, maps, cells)
		} else {
			v, zone := cells(k.mapping)
			if some = v.raw != nil; some {
				dst, err = maps[k.mapping].append(dst, v, zone)
			}
		}
		if err != nil {
			return dst, false, err
		}
		if !some {
			dst = dst[:before]
		}
		wrote = wrote || some
	}
	return append(dst, '}'), wrote, nil
}

// mapping fills one target field.
type mapping struct {
	target, source string
	path           []string // of the source
	slot           int      // of the source path in a scanned record
	zone           []string // path of the zone of a local time; nil: none is needed
	zoneSlot       int
	convert        converter
}

// append writes the value of the target field; v is not missing.
func (m *mapping) append(dst []byte, v, zone cell) ([]byte, error) {
	if v.wrong {
		return dst, m.fail(fmt.Errorf("%s leads through %s", m.source, shapeOf(v.raw)))
	}
	if v.isNull() {
		return append(dst, null...), nil
	}
	dst, err := m.convert(dst, v.raw, zone.raw)
	if err != nil {
		return dst, m.fail(err)
	}
	return dst, nil
}

func (m *mapping) fail(err error) error {
	return &sdk.Error{
		Op: "transform", Kind: sdk.Invalid, Code: "field_value", Args: map[string]string{"target": m.target, "source": m.source},
		Err: fmt.Errorf("%s from %s: %w", m.target, m.source, err),
	}
}
