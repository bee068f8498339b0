package process

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// Check compares f with the connectors there are. It needs no connection. The
// error is Problems.
func (f *File) Check(specs []sdk.Spec) error {
	c := checker{file: f, specs: map[string]sdk.Spec{}, conns: map[string]*Connection{}, between: map[[2]side]string{}}
	for _, s := range specs {
		c.specs[s.Name] = s
		c.names = append(c.names, s.Name)
	}
	for _, conn := range f.Connections {
		c.conns[conn.Name] = conn
		c.connection(conn)
	}
	for _, p := range slices.Backward(f.Processes) { // the first one is named
		c.between[[2]side{sideOf(p.Source), sideOf(p.Target)}] = p.Name
	}
	for _, p := range f.Processes {
		c.process(p)
	}
	return c.problems.Err()
}

type checker struct {
	file     *File
	specs    map[string]sdk.Spec
	names    []string // of connectors
	conns    map[string]*Connection
	between  map[[2]side]string // name of the first process from the one to the other
	problems Problems
}

// side is what an endpoint reads or writes.
type side struct{ connection, object string }

func sideOf(e Endpoint) side { return side{e.Connection, e.Object} }

func (c *checker) connection(conn *Connection) {
	if conn.Connector == "" {
		return // said by Parse
	}
	spec, ok := c.specs[conn.Connector]
	if !ok {
		c.problems.add(conn.Places.At("connector"), []string{"connections", conn.Name, "connector"}, Suggest(conn.Connector, c.names), "unknown connector %q", conn.Connector)
		return
	}
	_, err := conn.Parse(spec)
	for _, p := range flattenProblems(err) {
		name := p.Key[strings.LastIndex(p.Key, ".")+1:]
		if _, read := conn.Settings[name]; read || !conn.Places.Has("settings", name) {
			c.problems = append(c.problems, p)
		} // else Parse could not read the value and has said why
	}
}

// take adds the problems of err.
func (c *checker) take(err error) { c.problems = append(c.problems, flattenProblems(err)...) }

func (c *checker) fail(p *Process, hint, text string, key ...string) {
	c.problems.add(p.Places.At(key...), append([]string{"processes", p.Name}, key...), hint, "%s", text)
}

func (c *checker) process(p *Process) {
	c.endpoint(p, p.Source, "source")
	c.endpoint(p, p.Target, "target")
	if p.Source.Connection != "" && p.Source.Object != "" && sameObject(p.Source, p.Target) {
		c.fail(p, "name another object or connection", "source and target are the same object: the process would feed itself", "target", "object")
	}
	c.siblings(p)
	c.mappings(p)
	for i, r := range p.Rules {
		if r.Kind != "query" {
			continue
		}
		if name := r.Args["connection"]; name != "" && c.conns[name] == nil {
			c.fail(p, Suggest(name, c.file.ConnectionNames()), fmt.Sprintf("unknown connection %q", name), "rules", fmt.Sprint(i), "query", "connection")
		}
		if err := checkFilter(r.Args["filter"]); err != nil {
			c.fail(p, "write name|:|value|;| for each pair", err.Error(), "rules", fmt.Sprint(i), "query", "filter")
		}
	}
}

func (c *checker) endpoint(p *Process, e Endpoint, side string) {
	if e.Connection == "" {
		return
	}
	conn := c.conns[e.Connection]
	if conn == nil {
		c.fail(p, Suggest(e.Connection, c.file.ConnectionNames()), fmt.Sprintf("unknown connection %q", e.Connection), side, "connection")
		return
	}
	spec, ok := c.specs[conn.Connector]
	if !ok {
		return // said at the connection
	}
	if e.Step == "" {
		if len(e.Settings) > 0 {
			c.fail(p, "leave them out, or name the step", "settings belong to a step, and none is named", side, "settings")
		}
		return
	}
	step, ok := spec.Step(e.Step)
	if !ok {
		var known []string
		for _, s := range spec.Steps {
			known = append(known, s.Name)
		}
		hint := Suggest(e.Step, known)
		if hint == "" {
			hint = "leave it out"
		}
		c.fail(p, hint, fmt.Sprintf("%s has no step %q", conn.Connector, e.Step), side, "step")
		return
	}
	c.step(p, e, side, step)
}

func (c *checker) step(p *Process, e Endpoint, side string, step sdk.StepSpec) {
	if side == "source" && !step.Source || side == "target" && !step.Target {
		c.fail(p, "use another step or none", fmt.Sprintf("the step %q cannot be a %s", step.Name, side), side, "step")
	}
	if step.Object != "" && e.Object != "" && step.Object != e.Object {
		c.fail(p, fmt.Sprintf("write object: %s, or leave the step out", step.Object), fmt.Sprintf("the step %q is for %s, not %s", step.Name, step.Object, e.Object), side, "object")
	}
	if e.Filter != "" && !step.Filter {
		c.fail(p, "use where: instead, which the host evaluates", fmt.Sprintf("the step %q takes no filter", step.Name), side, "filter")
	}
	if _, err := e.Parse(p, side, step); err != nil {
		c.take(err)
	}
}

// siblings asks for a conflict rule where both directions are configured: what
// happens when both sides changed is not a thing to guess.
func (c *checker) siblings(p *Process) {
	if p.Places.Has("conflict") {
		return
	}
	other, both := c.between[[2]side{sideOf(p.Target), sideOf(p.Source)}]
	if both && other != p.Name {
		c.fail(p, "add conflict: source_wins, target_wins, skip or merge", fmt.Sprintf("%s runs in the other direction, and nothing says what happens when both sides changed", other), "conflict")
	}
}

// mappings refuses a target that is filled twice: once whole and once in part.
func (c *checker) mappings(p *Process) {
	whole, parts := map[string]bool{}, map[string]string{} // targets so far, and one within each object
	for _, m := range p.Fields {
		other, twice := parts[m.Target]
		if whole[m.Target] {
			other, twice = m.Target, true
		}
		for _, outer := range around(m.Target) {
			if whole[outer] {
				other, twice = outer, true
			}
			parts[outer] = m.Target
		}
		if twice {
			c.fail(p, "map the whole or its parts", fmt.Sprintf("%s and %s fill the same field", other, m.Target), "fields", m.Target)
		}
		whole[m.Target] = true
	}
	for i, f := range p.Match.Fields {
		if slices.Contains(p.Match.Fields[:i], f) {
			c.fail(p, "name it once", fmt.Sprintf("%s is named twice", f), "match", "fields", fmt.Sprint(i))
		}
		if !slices.ContainsFunc(p.Fields, func(m Mapping) bool { return m.Target == f || inside(f, m.Target) }) {
			c.fail(p, "map it under fields:", fmt.Sprintf("%s gets no value, so nothing can match by it", f), "match", "fields", fmt.Sprint(i))
		}
	}
}
