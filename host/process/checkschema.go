package process

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// CheckSchemas compares the processes of f with the schemas of their connections,
// by the connections' names. A connection without a schema is passed over. The
// error is Problems.
func (f *File) CheckSchemas(schemas map[string]*sdk.Schema) error {
	var ps Problems
	for _, p := range f.Processes {
		src := ps.object(p, p.Source, "source", schemas[p.Source.Connection])
		dst := ps.object(p, p.Target, "target", schemas[p.Target.Connection])
		for i, r := range p.Rules {
			ps.queried(p, i, r, schemas[r.Args["connection"]])
		}
		if err := p.CheckObjects(src, dst); err != nil {
			ps = append(ps, flattenProblems(err)...)
		}
	}
	return ps.Err()
}

// object returns the object of an endpoint, or nil with the problem reported.
func (ps *Problems) object(p *Process, e Endpoint, side string, schema *sdk.Schema) *sdk.Object {
	if schema == nil || e.Object == "" {
		return nil
	}
	o := schema.Object(e.Object)
	if o == nil {
		ps.in(p, Suggest(e.Object, objectNames(schema)), fmt.Sprintf("%s has no object %q", e.Connection, e.Object), side, "object")
		return nil
	}
	if e.Step == "" && side == "source" && !o.Allow.Read {
		ps.in(p, "", fmt.Sprintf("%s cannot be read", e.Object), side, "object")
	}
	if e.Step == "" && side == "target" && !o.Allow.Create && !o.Allow.Update {
		ps.in(p, "", fmt.Sprintf("%s cannot be written", e.Object), side, "object")
	}
	if len(o.Key) == 0 {
		ps.in(p, fmt.Sprintf("name the fields of its key in the setting keys of the connection %s, if its connector has one", e.Connection), fmt.Sprintf("%s has no key, so its records cannot be linked", e.Object), side, "object")
	}
	ps.changedBy(p, e, o)
	return o
}

// changedBy compares changed_by with the change field that the connector reads by:
// a wish that it does not follow would be believed in vain.
func (ps *Problems) changedBy(p *Process, e Endpoint, o *sdk.Object) {
	if e.ChangedBy == "" || e.ChangedBy == o.Changed {
		return
	}
	if _, err := ShapeOf(o).Find(e.ChangedBy); err != nil {
		ps.field(p, err, "source", "changed_by")
		return
	}
	text := fmt.Sprintf("%s is not read by its changes", e.Object)
	if o.Changed != "" {
		text = fmt.Sprintf("%s is read by the changes of %s, not of %s", e.Object, o.Changed, e.ChangedBy)
	}
	ps.in(p, fmt.Sprintf("leave it out, or name the change field in the settings of the connection %s", e.Connection), text, "source", "changed_by")
}

func (ps *Problems) queried(p *Process, i int, r Rule, schema *sdk.Schema) {
	if r.Kind != "query" || schema == nil {
		return
	}
	at := []string{"rules", strconv.Itoa(i), "query"}
	o := schema.Object(r.Args["object"])
	if o == nil {
		ps.in(p, Suggest(r.Args["object"], objectNames(schema)), fmt.Sprintf("%s has no object %q", r.Args["connection"], r.Args["object"]), with(at, "object")...)
		return
	}
	for j, name := range r.List("fields") {
		if _, err := ShapeOf(o).Find(name); err != nil {
			ps.field(p, err, with(at, "fields", strconv.Itoa(j))...)
		}
	}
}

// List returns the items of an argument that is a list.
func (r Rule) List(arg string) []string {
	if r.Args[arg] == "" {
		return nil
	}
	var out []string
	if err := sdk.Decode([]byte(r.Args[arg]), &out); err != nil {
		return nil // Parse writes nothing else there
	}
	return out
}

func objectNames(s *sdk.Schema) []string {
	names := make([]string, len(s.Objects))
	for i := range s.Objects {
		names[i] = s.Objects[i].Name
	}
	return names
}

// in reports a problem of a process.
func (ps *Problems) in(p *Process, hint, text string, key ...string) {
	ps.add(p.Places.At(key...), append([]string{"processes", p.Name}, key...), hint, "%s", text)
}

// field reports what Shape.Find refused.
func (ps *Problems) field(p *Process, err error, key ...string) {
	hint := ""
	var f *fieldError
	if errors.As(err, &f) {
		hint = f.hint
	}
	ps.in(p, hint, err.Error(), key...)
}

// CheckObjects compares the rules and mappings of p with its objects: unknown
// fields, fields that are only read, fields that a new record must have. nil
// stands for an object of which nothing is known. The error is Problems.
func (p *Process) CheckObjects(src, dst *sdk.Object) error {
	var ps Problems
	shape := ShapeOf(src)
	for i, r := range p.Rules {
		ps.reads(p, shape, i, r)
		shape = shape.After(r)
	}
	for _, m := range p.Fields {
		if _, err := shape.Find(m.Source); err != nil {
			ps.field(p, err, "fields", m.Target)
		}
	}
	if dst != nil {
		ps.targets(p, dst)
	}
	return ps.Err()
}

// reads checks the paths that a rule reads.
func (ps *Problems) reads(p *Process, shape *Shape, i int, r Rule) {
	kind, _ := KindNamed(r.Kind)
	for _, a := range kind.Args {
		value, given := r.Args[a.Name]
		if !given || a.Name == "to" {
			continue
		}
		var paths []string
		switch a.Form {
		case FormPath:
			paths = []string{value}
		case FormTemplate:
			t, err := ParseTemplate(value)
			if err != nil {
				ps.in(p, "", err.Error(), "rules", strconv.Itoa(i), r.Kind, a.Name)
			}
			paths = t.Paths()
		}
		for _, path := range paths {
			if _, err := shape.Find(path); err != nil {
				ps.field(p, err, "rules", strconv.Itoa(i), r.Kind, a.Name)
			}
		}
	}
}

// targets checks the target side of the mappings.
func (ps *Problems) targets(p *Process, dst *sdk.Object) {
	shape := ShapeOf(dst)
	for _, m := range p.Fields {
		f, err := shape.Find(m.Target)
		switch {
		case err != nil:
			ps.field(p, err, "fields", m.Target)
		case f != nil && f.ReadOnly:
			ps.in(p, "remove the line", fmt.Sprintf("%s of %s is only read", m.Target, dst.Name), "fields", m.Target)
		}
	}
	for i, name := range p.Match.Fields {
		if _, err := shape.Find(name); err != nil {
			ps.field(p, err, "match", "fields", strconv.Itoa(i))
		}
	}
	if !dst.Allow.Create || p.Match.None != OutcomeWrite && len(p.Match.Fields) > 0 {
		return
	}
	for _, name := range required(dst.Fields, "", p.Fields) {
		ps.in(p, fmt.Sprintf("add %s: …", name), fmt.Sprintf("%s needs %s, which is not mapped", dst.Name, name), "fields")
	}
}

// required returns the paths of fields that a new record must have and that no
// mapping fills.
func required(fields []sdk.Field, in string, mappings []Mapping) []string {
	var out []string
	for _, f := range fields {
		path := in + f.Name
		whole := slices.ContainsFunc(mappings, func(m Mapping) bool { return m.Target == path })
		part := slices.ContainsFunc(mappings, func(m Mapping) bool { return strings.HasPrefix(m.Target, path+".") })
		switch {
		case whole || f.ReadOnly:
		case part:
			out = append(out, required(f.Fields, path+".", mappings)...)
		case f.Required:
			out = append(out, path)
		}
	}
	return out
}
