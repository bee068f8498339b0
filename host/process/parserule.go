package process

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gleis-dev/gleis/sdk"
)

// rule reads one item of rules: a section with one key, the kind.
func (r *reader) rule(n *yaml.Node, key []string, into *[]Rule) {
	// A rule that cannot be read keeps its place, so that the others keep their numbers.
	rule := Rule{Pos: r.pos(n)}
	defer func() { *into = append(*into, rule) }()
	var kinds []string
	for _, k := range Kinds() {
		kinds = append(kinds, k.Name)
	}
	if n.Kind == yaml.MappingNode && len(n.Content) != 2 {
		r.fail(key, "begin each rule with - on a line of its own", "holds %d kinds, a rule has one", len(n.Content)/2)
		return
	}
	r.members(n, key, "a rule such as rename: {from: a, to: b}", func(name string, at, v *yaml.Node) {
		here := with(key, name)
		kind, ok := KindNamed(name)
		if !ok {
			r.problems.add(r.pos(at), here, Suggest(name, kinds), "unknown rule")
			return
		}
		rule.Kind, rule.Args = name, map[string]string{}
		var entries []entry
		for _, a := range kind.Args {
			entries = append(entries, entry{key: a.Name, need: a.Required, null: a.Form == FormJSON, read: func(n *yaml.Node, key []string) { r.argument(n, key, a, rule.Args) }})
		}
		r.section(v, here, entries...)
	})
}

func (r *reader) argument(n *yaml.Node, key []string, a Arg, into map[string]string) {
	switch a.Form {
	case FormText, FormTemplate:
		s, ok := r.text(n, key)
		if !ok {
			return
		}
		if a.Form == FormTemplate {
			if _, err := ParseTemplate(s); err != nil {
				r.fail(key, "write #path# for a value of the record and ## for #", "%v", err)
				return
			}
		}
		into[a.Name] = s
	case FormPath:
		if s, ok := r.path(n, key); ok {
			into[a.Name] = s
		}
	case FormPaths:
		var paths []string
		r.items(n, key, func(v *yaml.Node, key []string) {
			if s, ok := r.path(v, key); ok {
				paths = append(paths, s)
			}
		})
		into[a.Name] = sdk.ListText(paths)
	case FormJSON:
		if v, ok := r.value(n, key); ok {
			b, err := sdk.Encode(v)
			if err != nil {
				r.fail(key, "", "%v", err)
				return
			}
			into[a.Name] = string(b)
		}
	}
}

// value reads any value as JSON has it; digits of numbers are kept.
func (r *reader) value(n *yaml.Node, key []string) (any, bool) {
	switch n.Kind {
	case yaml.SequenceNode:
		out, ok := []any{}, true
		r.items(n, key, func(v *yaml.Node, key []string) {
			x, good := r.value(v, key)
			out, ok = append(out, x), ok && good
		})
		return out, ok
	case yaml.MappingNode:
		out, ok := map[string]any{}, true
		good := r.members(n, key, "a section", func(name string, _, v *yaml.Node) {
			x, good := r.value(v, with(key, name))
			out[name], ok = x, ok && good
		})
		return out, ok && good
	}
	switch n.Tag {
	case "!!null":
		return nil, true
	case "!!bool":
		return strings.EqualFold(n.Value, "true"), true
	case "!!int", "!!float":
		var num any
		if err := sdk.Decode([]byte(n.Value), &num); err != nil {
			r.fail(key, "write it as 12 or -0.5, or in quotes", "%s is no number as JSON has it", n.Value)
			return nil, false
		}
		return num, true
	}
	if strings.Contains(n.Value, "${env:") || strings.Contains(n.Value, "${file:") {
		r.fail(key, "move it into the settings of a connection", "a reference is resolved in the settings of a connection only")
		return nil, false
	}
	return n.Value, true
}
