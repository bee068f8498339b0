package process

import (
	"fmt"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// Ref is a reference in a setting: ${env:NAME} or ${file:PATH}.
type Ref struct {
	Scheme string // "env" or "file"
	Name   string // of the variable, or the path as written
}

// String returns the reference as it is written.
func (r Ref) String() string { return "${" + r.Scheme + ":" + r.Name + "}" }

// Resolver returns the value a reference stands for. Its error says what is
// missing and holds no value. Whoever resolves files checks their modes; one
// line end at the end of a file's value is dropped by Parse.
type Resolver func(Ref) (string, error)

// Value is a setting as configured. It does not print.
type Value struct {
	Text    sdk.Secret // references resolved
	Literal sdk.Secret // what the text itself holds: the value without its references
	Refs    int        // number of references
}

// resolve replaces the references in text. "$${" stands for "${".
func resolve(text string, r Resolver) (Value, error) {
	var whole, literal strings.Builder
	v := Value{}
	for rest := text; rest != ""; {
		i := strings.Index(rest, "${")
		if i < 0 {
			whole.WriteString(rest)
			literal.WriteString(rest)
			break
		}
		if i > 0 && rest[i-1] == '$' {
			whole.WriteString(rest[:i-1] + "${")
			literal.WriteString(rest[:i-1] + "${")
			rest = rest[i+2:]
			continue
		}
		whole.WriteString(rest[:i])
		literal.WriteString(rest[:i])
		body, after, ended := strings.Cut(rest[i+2:], "}")
		if !ended {
			return v, fmt.Errorf("a reference is not ended by }")
		}
		value, err := lookUp(body, r)
		if err != nil {
			return v, err
		}
		whole.WriteString(value)
		v.Refs++
		rest = after
	}
	v.Text, v.Literal = sdk.NewSecret(whole.String()), sdk.NewSecret(literal.String())
	return v, nil
}

func lookUp(body string, r Resolver) (string, error) {
	scheme, name, ok := strings.Cut(body, ":")
	if !ok || scheme != "env" && scheme != "file" || strings.TrimSpace(name) != name || name == "" {
		return "", fmt.Errorf("%q is no reference", "${"+body+"}")
	}
	ref := Ref{Scheme: scheme, Name: name}
	if r == nil {
		return "", fmt.Errorf("%s: references are not resolved here", ref)
	}
	value, err := r(ref)
	if err != nil {
		return "", fmt.Errorf("%s: %w", ref, err)
	}
	if scheme == "file" {
		value = strings.TrimSuffix(strings.TrimSuffix(value, "\n"), "\r")
	}
	return value, nil
}
