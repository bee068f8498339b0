package odata

import "strings"

// maxExpandDepth bounds expansions inside of expansions.
const maxExpandDepth = 10

// parseSelect reads "a,b/c,*".
func parseSelect(s string) ([]string, error) {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if part != "*" && !isPath(part) {
			return nil, newError("Term '%s' is not valid in a $select or $expand expression.", part)
		}
		out = append(out, part)
	}
	return out, nil
}

// parseExpand reads "a($filter=…;$select=…),b".
func parseExpand(s string, depth int) ([]Expansion, error) {
	if depth > maxExpandDepth {
		return nil, newError("The maximum depth of expansions is %d.", maxExpandDepth)
	}
	parts, err := splitOutside(s, ',')
	if err != nil {
		return nil, err
	}
	var out []Expansion
	for _, part := range parts {
		part = strings.TrimSpace(part)
		name, inner, nested := strings.Cut(part, "(")
		e := Expansion{Name: strings.TrimSpace(name), Options: Options{Top: -1}}
		if e.Name != "*" && !isPath(e.Name) {
			return nil, newError("Term '%s' is not valid in a $select or $expand expression.", e.Name)
		}
		if nested {
			inner, ok := strings.CutSuffix(inner, ")")
			if !ok {
				return nil, newError("Found an unbalanced bracket expression.")
			}
			if err := e.setNested(inner, depth+1); err != nil {
				return nil, err
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// nestedOptions are the options that an expansion can have.
var nestedOptions = map[string]bool{"select": true, "filter": true, "orderby": true, "top": true, "skip": true, "expand": true, "count": true, "search": true}

func (e *Expansion) setNested(s string, depth int) error {
	parts, err := splitOutside(s, ';')
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, part := range parts {
		k, v, ok := strings.Cut(part, "=")
		name := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(k), "$"))
		switch {
		case strings.TrimSpace(part) == "":
			continue
		case !ok || !nestedOptions[name]:
			return newError("Term '%s' is not valid in a $select or $expand expression.", strings.TrimSpace(k))
		case seen[name]:
			return newError("Query option '$%s' was specified more than once, but it must be specified at most once.", name)
		}
		seen[name] = true
		if name == "expand" {
			e.Expand, err = parseExpand(v, depth)
		} else {
			err = e.set(name, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// splitOutside splits at sep outside of parentheses and quotes.
func splitOutside(s string, sep byte) ([]string, error) {
	var out []string
	depth, from, quoted := 0, 0, false
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case ch == '\'':
			quoted = !quoted
		case quoted:
		case ch == '(':
			depth++
		case ch == ')':
			if depth--; depth < 0 {
				return nil, newError("Found an unbalanced bracket expression.")
			}
		case ch == sep && depth == 0:
			out = append(out, s[from:i])
			from = i + 1
		}
	}
	if depth != 0 || quoted {
		return nil, newError("Found an unbalanced bracket expression.")
	}
	return append(out, s[from:]), nil
}
