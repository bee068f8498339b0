package process

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/gleis-dev/gleis/sdk"
)

// nameRE is what connections and processes are called: names stand in keys,
// paths and on the command line.
var nameRE = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}_.-]{0,63}$`)

// Bounds of what can be set.
const (
	minEvery    = time.Second
	maxEvery    = 366 * 24 * time.Hour
	maxParallel = 256
)

// Parse reads a configuration: YAML with the sections connections and processes.
// name is the file's name for messages. resolve gives the values of references;
// nil refuses them. The error is Problems, all of them, in the order of the text.
// The file is never nil; after an error it holds what could be read, for Check to
// find more, and is good for nothing else.
func Parse(name string, text []byte, resolve Resolver) (*File, error) {
	r := &reader{file: name, resolve: resolve, places: Places{"": {File: name, Line: 1, Column: 1}}, within: map[string]Places{}}
	f := &File{Name: name}
	if top := r.document(text); top != nil {
		r.section(top, nil,
			entry{key: "connections", need: true, read: func(n *yaml.Node, key []string) { f.Connections = r.connections(n, key) }},
			entry{key: "processes", read: func(n *yaml.Node, key []string) { f.Processes = r.processes(n, key) }})
	}
	return f, r.problems.Err()
}

// named reads a section whose keys are names.
func (r *reader) named(n *yaml.Node, key []string, what string, each func(name string, v *yaml.Node, key []string)) {
	r.members(n, key, "a section of "+what, func(name string, at, v *yaml.Node) {
		here := with(key, name)
		if !nameRE.MatchString(name) {
			r.problems.add(r.pos(at), here, "use letters, digits, _ - and ., at most 64", "%q is no name", name)
		}
		each(name, v, here)
	})
}

func (r *reader) connections(n *yaml.Node, key []string) []*Connection {
	var out []*Connection
	r.named(n, key, "connections", func(name string, v *yaml.Node, key []string) {
		c := &Connection{Name: name, Settings: map[string]Value{}}
		r.section(v, key,
			entry{key: "connector", need: true, read: r.into(&c.Connector)},
			entry{key: "settings", read: func(n *yaml.Node, key []string) { r.settings(n, key, c.Settings) }})
		c.Places = r.under(key)
		c.Pos = c.Places.At()
		out = append(out, c)
	})
	return out
}

func (r *reader) settings(n *yaml.Node, key []string, into map[string]Value) {
	r.members(n, key, "a section of settings", func(name string, _, v *yaml.Node) {
		here := with(key, name)
		raw, ok := r.settingText(v, here)
		if !ok {
			return
		}
		value, err := resolve(raw, r.resolve)
		if err != nil {
			r.fail(here, unresolved(err), "%v", err)
			return
		}
		into[name] = value
	})
}

// settingText reads a setting in the form that sdk.ParseSettings takes.
func (r *reader) settingText(n *yaml.Node, key []string) (string, bool) {
	if n.Kind == yaml.SequenceNode {
		var items []string
		ok := true
		r.items(n, key, func(v *yaml.Node, key []string) {
			s, good := r.settingText(v, key)
			ok = ok && good && v.Kind == yaml.ScalarNode
			items = append(items, s)
			if good && v.Kind != yaml.ScalarNode {
				r.fail(key, "", "is a list inside a list")
			}
		})
		return sdk.ListText(items), ok
	}
	if n.Kind == yaml.ScalarNode {
		switch n.Tag {
		case "!!bool":
			return strings.ToLower(n.Value), true
		case "!!str", "!!int", "!!float", "!!timestamp":
			return n.Value, true
		case "!!null":
			r.fail(key, `give it one, "" for an empty text, or leave the key out`, "has no value")
			return "", false
		}
	}
	r.fail(key, "", "is %s, not a text, number, true or false, or list", shape(n))
	return "", false
}

func (r *reader) processes(n *yaml.Node, key []string) []*Process {
	var out []*Process
	r.named(n, key, "processes", func(name string, v *yaml.Node, key []string) {
		out = append(out, r.process(name, v, key))
	})
	return out
}

func (r *reader) process(name string, n *yaml.Node, key []string) *Process {
	p := &Process{
		Name: name, Conflict: SourceWins, OnError: RepeatDifferences,
		Match: Match{None: OutcomeWrite, One: OutcomeLinkAndWrite, Many: OutcomeWarn},
	}
	r.section(n, key,
		entry{key: "source", need: true, read: r.endpoint(&p.Source, true)},
		entry{key: "target", need: true, read: r.endpoint(&p.Target, false)},
		entry{key: "where", read: r.into(&p.Where)},
		entry{key: "rules", read: func(n *yaml.Node, key []string) {
			r.items(n, key, func(v *yaml.Node, key []string) { r.rule(v, key, &p.Rules) })
		}},
		entry{key: "match", read: r.match(&p.Match)},
		entry{key: "fields", need: true, read: func(n *yaml.Node, key []string) { p.Fields = r.mappings(n, key) }},
		entry{key: "conflict", read: choice(r, &p.Conflict, SourceWins, TargetWins, Skip, Merge)},
		entry{key: "on_error", read: choice(r, &p.OnError, RepeatDifferences, Ignore, Stop)},
		entry{key: "schedule", read: func(n *yaml.Node, key []string) {
			r.section(n, key, entry{key: "every", need: true, read: func(n *yaml.Node, key []string) { p.Every = r.duration(n, key) }})
		}},
		entry{key: "parallel", read: func(n *yaml.Node, key []string) { p.Parallel = r.number(n, key, 1, maxParallel) }})
	p.Places = r.under(key)
	p.Pos = p.Places.At()
	p.Source.Pos, p.Target.Pos = p.Places.At("source"), p.Places.At("target")
	return p
}

func (r *reader) endpoint(e *Endpoint, source bool) func(*yaml.Node, []string) {
	return func(n *yaml.Node, key []string) {
		entries := []entry{
			{key: "connection", need: true, read: r.into(&e.Connection)},
			{key: "object", need: true, read: r.into(&e.Object)},
			{key: "step", read: r.into(&e.Step)},
			{key: "settings", read: func(n *yaml.Node, key []string) { e.Settings = r.stepSettings(n, key) }},
		}
		if source {
			entries = append(entries, entry{key: "filter", read: r.into(&e.Filter)}, entry{key: "changed_by", need: false, read: r.into(&e.ChangedBy)})
		}
		r.section(n, key, entries...)
	}
}

func (r *reader) stepSettings(n *yaml.Node, key []string) map[string]string {
	out := map[string]string{}
	r.members(n, key, "a section of settings", func(name string, _, v *yaml.Node) {
		here := with(key, name)
		raw, ok := r.settingText(v, here)
		if ok && (strings.Contains(raw, "${env:") || strings.Contains(raw, "${file:")) {
			r.fail(here, "move it into the settings of a connection", "a reference is resolved in the settings of a connection only")
			return
		}
		if ok {
			out[name] = raw
		}
	})
	return out
}

func (r *reader) match(m *Match) func(*yaml.Node, []string) {
	return func(n *yaml.Node, key []string) {
		r.section(n, key,
			entry{key: "fields", need: true, read: func(n *yaml.Node, key []string) {
				if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
					r.fail(key, "name target fields, or leave match out", "is empty, so nothing could match")
				}
				r.items(n, key, func(v *yaml.Node, key []string) {
					if s, ok := r.path(v, key); ok {
						m.Fields = append(m.Fields, s)
					}
				})
			}},
			entry{key: "none", read: choice(r, &m.None, OutcomeWrite, OutcomeSkip, OutcomeWarn, OutcomeFail)},
			entry{key: "one", read: choice(r, &m.One, OutcomeLinkAndWrite, OutcomeLink, OutcomeSkip, OutcomeWarn, OutcomeFail)},
			entry{key: "many", read: choice(r, &m.Many, OutcomeSkip, OutcomeWarn, OutcomeFail)})
	}
}

// path reads a path with dots: no part of it is empty.
func (r *reader) path(n *yaml.Node, key []string) (string, bool) {
	s, ok := r.text(n, key)
	if ok && !isPath(s) {
		r.fail(key, "write names joined by dots, as in organizer.emailAddress.address", "%q is no path", s)
		return "", false
	}
	return s, ok
}

func isPath(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || strings.TrimSpace(part) != part {
			return false
		}
	}
	return true
}

func (r *reader) mappings(n *yaml.Node, key []string) []Mapping {
	var out []Mapping
	ok := r.members(n, key, "a section of target: source", func(target string, at, v *yaml.Node) {
		here := with(key, target)
		if !isPath(target) {
			r.problems.add(r.pos(at), here, "write names joined by dots", "%q is no path", target)
			return
		}
		if source, ok := r.path(v, here); ok {
			out = append(out, Mapping{Target: target, Source: source, Pos: r.pos(at)})
		}
	})
	if ok && len(n.Content) == 0 {
		r.fail(key, "map at least one field: target: source", "is empty")
	}
	return out
}

func (r *reader) duration(n *yaml.Node, key []string) time.Duration {
	s, ok := r.text(n, key)
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < minEvery || d > maxEvery {
		r.fail(key, "write 30s, 5m or 1h30m, between 1s and 8784h", "%q is no interval", s)
		return 0
	}
	return d
}

func (r *reader) number(n *yaml.Node, key []string, lo, hi int) int {
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || err != nil || v < lo || v > hi {
		r.fail(key, "", "is not a whole number from %d to %d", lo, hi)
		return 0
	}
	return v
}
