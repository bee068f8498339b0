package csdl

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
)

//go:embed model.txt
var source string

// Load returns the model. It is read once; the error is that of a wrong line in model.txt, which a test rules out.
var Load = sync.OnceValues(func() (*Model, error) { return parse(source) })

// parse reads the notation. A block begins with a line that is not indented; the lines below it belong to it.
func parse(text string) (*Model, error) {
	m := &Model{byName: map[string]*Type{}}
	bases := map[*Type]string{}
	var block []string
	flush := func() error {
		if len(block) == 0 {
			return nil
		}
		err := m.block(block[0], strings.Join(block[1:], " "), bases)
		block = nil
		return err
	}
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "":
			continue
		case line[0] == ' ' && len(block) > 0:
			block = append(block, strings.TrimSpace(line))
			continue
		}
		if err := flush(); err != nil {
			return nil, err
		}
		block = []string{line}
	}
	if err := flush(); err != nil {
		return nil, err
	}
	for t, base := range bases {
		if t.Base = m.Type(base); t.Base == nil {
			return nil, fmt.Errorf("type %s: no base %s", t.Name, base)
		}
	}
	return m, nil
}

func (m *Model) block(head, body string, bases map[*Type]string) error {
	word, rest, _ := strings.Cut(head, " ")
	switch word {
	case "entity", "complex", "enum":
		t, base, err := parseType(word, rest, body)
		if err != nil {
			return err
		}
		if base != "" {
			bases[t] = base
		}
		m.Types = append(m.Types, t)
		m.byName[strings.ToLower(t.Name)] = t
		return nil
	case "action", "function":
		op, err := parseOperation(rest)
		op.Function = word == "function"
		m.Operations = append(m.Operations, op)
		return err
	case "set", "singleton":
		name, typeName, ok := strings.Cut(rest, " ")
		if !ok {
			return fmt.Errorf("%s: a name and a type are needed", head)
		}
		m.Entries = append(m.Entries, Entry{Name: name, Type: typeName, Singleton: word == "singleton"})
		return nil
	case "annotate":
		a := Annotation{}
		for i, field := range strings.Fields(rest) {
			if i == 0 {
				a.Target = field
			} else {
				a.Can = append(a.Can, Capability{Word: field[1:], Yes: field[0] == '+'})
			}
		}
		m.Annotations = append(m.Annotations, a)
		return nil
	default:
		return fmt.Errorf("unknown word %q", word)
	}
}

func parseType(word, head, body string) (t *Type, base string, err error) {
	t = &Type{Kind: map[string]Kind{"entity": Entity, "complex": Complex, "enum": Enum}[word]}
	names, base, _ := strings.Cut(head, ":")
	for _, f := range strings.Fields(names) {
		switch f {
		case "abstract":
			t.Abstract = true
		case "open":
			t.Open = true
		case "stream":
			t.Stream = true
		case "flags":
			t.Flags = true
		default:
			t.Name = f
		}
	}
	if t.Kind == Enum {
		for _, pair := range strings.Fields(body) {
			name, value, _ := strings.Cut(pair, "=")
			t.Members = append(t.Members, Member{Name: name, Value: value})
		}
		return t, "", nil
	}
	if key, ok := strings.CutPrefix(body, "key "); ok {
		t.Key, body, _ = strings.Cut(key, " ")
	}
	for _, part := range list(body) {
		p, err := parseProperty(part)
		if err != nil {
			return nil, "", fmt.Errorf("type %s: %w", t.Name, err)
		}
		t.Properties = append(t.Properties, p)
	}
	return t, strings.TrimSpace(base), nil
}

// list splits at commas; an empty text has no items.
func list(s string) []string {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// parseProperty reads "[nav] name type[!] [contained]".
func parseProperty(s string) (Property, error) {
	var p Property
	fields := strings.Fields(s)
	if len(fields) > 0 && fields[0] == "nav" {
		p.Navigation, fields = true, fields[1:]
	}
	if n := len(fields); n > 0 && fields[n-1] == "contained" {
		p.Contained, fields = true, fields[:n-1]
	}
	if len(fields) != 2 {
		return p, fmt.Errorf("property %q: a name and a type are needed", s)
	}
	p.Name = fields[0]
	p.setType(fields[1])
	return p, nil
}

func (p *Property) setType(s string) {
	p.Type, p.Required = strings.CutSuffix(s, "!")
	if inner, ok := strings.CutPrefix(p.Type, "["); ok {
		p.Type, p.Collection = strings.TrimSuffix(inner, "]"), true
	}
}

// parseOperation reads "[event] delta() [event]!".
func parseOperation(s string) (Operation, error) {
	var op Operation
	head, rest, ok1 := strings.Cut(s, "(")
	parameters, result, ok2 := strings.Cut(rest, ")")
	binding, name, ok3 := strings.Cut(head, " ")
	if !ok1 || !ok2 || !ok3 {
		return op, fmt.Errorf("operation %q: a type, a name and parameters are needed", s)
	}
	op.Name = name
	op.Binding.setType(binding)
	for _, part := range list(parameters) {
		p, err := parseProperty(part)
		if err != nil {
			return op, fmt.Errorf("operation %s: %w", name, err)
		}
		op.Parameters = append(op.Parameters, p)
	}
	if result = strings.TrimSpace(result); result != "" {
		op.Result = &Property{}
		op.Result.setType(result)
	}
	return op, nil
}
