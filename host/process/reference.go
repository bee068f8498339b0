package process

import (
	"errors"
	"fmt"
	"io/fs"
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
	Empty   []Ref      // references that yielded nothing
}

// referenceHint says how a reference is written.
const referenceHint = "a reference is ${env:NAME} or ${file:PATH}; write $${ for a plain ${"

// A resolveError is a reference that is written well and has no value.
type resolveError struct {
	ref Ref
	err error
}

func (e *resolveError) Error() string { return fmt.Sprintf("%s: %v", e.ref, e.err) }
func (e *resolveError) Unwrap() error { return e.err }

// unresolved says what to do where a text cannot be resolved.
func unresolved(err error) string {
	var e *resolveError
	switch {
	case !errors.As(err, &e):
		return referenceHint
	case e.ref.Scheme == "env":
		return fmt.Sprintf("set the variable %s in the environment of gleis", e.ref.Name)
	case errors.Is(e.err, fs.ErrNotExist):
		return "make the file, or correct its path, which counts from the folder of the configuration"
	}
	return "" // the resolver has said it
}

// nothing says that references have yielded nothing; "" if they have, or if the
// value is not empty.
func (v Value) nothing() string {
	if !v.Text.Empty() || len(v.Empty) == 0 {
		return ""
	}
	ref := v.Empty[0]
	if ref.Scheme == "env" {
		return fmt.Sprintf("%s yielded nothing: give the variable %s a value", ref, ref.Name)
	}
	return fmt.Sprintf("%s yielded nothing: the file is empty", ref)
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
		ref, value, err := lookUp(body, r)
		if err != nil {
			return v, err
		}
		if value == "" {
			v.Empty = append(v.Empty, ref)
		}
		whole.WriteString(value)
		v.Refs++
		rest = after
	}
	v.Text, v.Literal = sdk.NewSecret(whole.String()), sdk.NewSecret(literal.String())
	return v, nil
}

func lookUp(body string, r Resolver) (ref Ref, value string, err error) {
	scheme, name, ok := strings.Cut(body, ":")
	if !ok || scheme != "env" && scheme != "file" || strings.TrimSpace(name) != name || name == "" {
		return ref, "", fmt.Errorf("%q is no reference", "${"+body+"}")
	}
	ref = Ref{Scheme: scheme, Name: name}
	if r == nil {
		return ref, "", fmt.Errorf("%s: references are not resolved here", ref)
	}
	if value, err = r(ref); err != nil {
		return ref, "", &resolveError{ref, err}
	}
	if scheme == "file" {
		value = strings.TrimSuffix(strings.TrimSuffix(value, "\n"), "\r")
	}
	return ref, value, nil
}
