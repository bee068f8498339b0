package process

import (
	"fmt"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// File is what a configuration text describes, in its order.
type File struct {
	Name        string
	Connections []*Connection
	Processes   []*Process
}

// Connection is a configured connector.
type Connection struct {
	Name      string
	Connector string
	Settings  map[string]Value
	Pos       Pos
	Places    Places // where each key of the connection stands
}

// Connection returns the connection of that name, or nil.
func (f *File) Connection(name string) *Connection {
	for _, c := range f.Connections {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Process returns the process of that name, or nil.
func (f *File) Process(name string) *Process {
	for _, p := range f.Processes {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// ConnectionNames returns the names of all connections, in the order of the text.
func (f *File) ConnectionNames() []string {
	names := make([]string, len(f.Connections))
	for i, c := range f.Connections {
		names[i] = c.Name
	}
	return names
}

// Parse checks the settings of c against those of its connector and completes
// them. The error is Problems, each with the line of its setting.
func (c *Connection) Parse(spec sdk.Spec) (sdk.Settings, error) {
	raw := make(map[string]string, len(c.Settings))
	for name, v := range c.Settings {
		raw[name] = v.Text.Reveal()
	}
	s, err := sdk.ParseSettings(spec.Settings, raw)
	var ps Problems
	key := []string{"connections", c.Name, "settings"}
	ps.settings(err, spec.Settings, c.Places, key, "settings")
	for i, p := range ps {
		name := strings.TrimPrefix(p.Key, strings.Join(key, ".")+".")
		if nothing := c.Settings[name].nothing(); nothing != "" {
			ps[i].Hint = nothing
		}
	}
	for _, d := range spec.Settings {
		if v, ok := c.Settings[d.Name]; ok && d.Secret {
			ps.literal(v, c.Places.At("settings", d.Name), with(key, d.Name))
		}
	}
	if err := ps.Err(); err != nil {
		return sdk.Settings{}, err
	}
	return s, nil
}

// Parse checks the settings of a step of process name and completes them. The
// error is Problems, each with the line of its setting.
func (e Endpoint) Parse(p *Process, side string, step sdk.StepSpec) (sdk.Settings, error) {
	s, err := sdk.ParseSettings(step.Settings, e.Settings)
	var ps Problems
	key := []string{"processes", p.Name, side, "settings"}
	ps.settings(err, step.Settings, p.Places, key, side, "settings")
	for _, d := range step.Settings {
		if _, given := e.Settings[d.Name]; given && d.Secret {
			ps.add(p.Places.At(side, "settings", d.Name), with(key, d.Name), "set it in the connection", "a secret does not stand in a process")
		}
	}
	return s, ps.Err()
}

// settings turns what sdk.ParseSettings reports into problems with their lines.
func (ps *Problems) settings(err error, defs []sdk.Setting, places Places, key []string, at ...string) {
	for _, err := range flatten(err) {
		e := sdk.AsError(err)
		name := e.Args["setting"]
		text, hint := e.Error(), ""
		if e.Err != nil {
			text = strings.TrimPrefix(e.Err.Error(), fmt.Sprintf("setting %q ", name))
		}
		if e.Code == "setting_unknown" {
			var known []string
			for _, d := range defs {
				known = append(known, d.Name)
			}
			text, hint = "unknown setting", Suggest(name, known)
		}
		ps.add(places.At(with(at, name)...), with(key, name), hint, "%s", text)
	}
}

// flatten returns the errors that err joins.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		if _, single := err.(*sdk.Error); !single { //nolint:errorlint // only a join itself is taken apart
			var out []error
			for _, e := range j.Unwrap() {
				out = append(out, flatten(e)...)
			}
			return out
		}
	}
	return []error{err}
}
