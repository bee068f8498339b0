package house

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// Decisions finds modules that the code imports, or that go.mod requires as direct, and that no page in docs/decisions names.
// Every dependency is somebody's work to keep: the page says why it is worth that.
func Decisions(t *Tree) ([]Finding, error) {
	mod, err := t.read("go.mod")
	if err != nil {
		return nil, err
	}
	pages, err := t.pages()
	if err != nil {
		return nil, err
	}
	imported := t.imported()
	require := regexp.MustCompile(`^\s*(?:require\s+)?([^\s/]+\.[^\s/]+(?:/\S+)?)\s+v\S+(\s+// indirect)?`)
	var bad []Finding
	for i, line := range strings.Split(string(mod), "\n") {
		m := require.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		direct := m[2] == ""
		for p := range imported {
			direct = direct || under(p, m[1])
		}
		named := regexp.MustCompile(`(^|[^\w./-])` + regexp.QuoteMeta(m[1]) + `($|[^\w/-])`)
		if direct && !named.MatchString(pages) {
			bad = append(bad, Finding{"go.mod", i + 1, "decision", fmt.Sprintf("no page in docs/decisions names %s: say there why it is worth its keep, and what else was looked at", m[1])})
		}
	}
	return sorted(bad), nil
}

// pages returns the text of all decisions.
func (t *Tree) pages() (string, error) {
	var all strings.Builder
	for _, name := range t.Files {
		if path.Dir(name) == "docs/decisions" && path.Ext(name) == ".md" {
			text, err := t.read(name)
			if err != nil {
				return "", err
			}
			all.Write(text)
			all.WriteByte('\n')
		}
	}
	return all.String(), nil
}

// imported returns the import paths outside of the standard library that the main module's files name.
func (t *Tree) imported() map[string]bool {
	paths := map[string]bool{}
	for _, f := range t.Go {
		if f.Foreign {
			continue
		}
		for _, spec := range f.AST.Imports {
			if p, err := strconv.Unquote(spec.Path.Value); err == nil && !isStd(p) {
				paths[p] = true
			}
		}
	}
	return paths
}

// DecisionPages finds decisions whose file is not named YYYYMMDD-slug.md, or that lack one of their four sections.
func DecisionPages(t *Tree) ([]Finding, error) {
	name := regexp.MustCompile(`^docs/decisions/\d{8}-[a-z0-9]+(-[a-z0-9]+)*\.md$`)
	var bad []Finding
	for _, f := range t.Files {
		if path.Dir(f) != "docs/decisions" || path.Base(f) == "README.md" {
			continue
		}
		if !name.MatchString(f) {
			bad = append(bad, Finding{f, 0, "decision", "a decision is named YYYYMMDD-slug.md, so that the folder reads in order"})
			continue
		}
		text, err := t.read(f)
		if err != nil {
			return nil, err
		}
		for _, want := range []string{"## Context", "## Decision", "## Alternatives", "## What would change it"} {
			if !strings.Contains("\n"+string(text), "\n"+want+"\n") {
				bad = append(bad, Finding{f, 0, "decision", fmt.Sprintf("section %q is missing", want)})
			}
		}
	}
	return sorted(bad), nil
}
