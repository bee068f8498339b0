package house

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"io"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A Listed is what the go command knows of a package.
type Listed struct {
	ImportPath string
	Deps       []string // all packages it brings along, itself not included
	Module     *struct {
		Path string
		Main bool
	}
}

// Packages lists the module at root and all it depends on, by import path. A package that does not build is listed as far as it is understood.
func Packages(ctx context.Context, root string) (map[string]Listed, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-e", "-deps", "-json=ImportPath,Deps,Module", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list in %s: %w\n%s", root, err, stderr.Bytes())
	}
	all := map[string]Listed{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p Listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list in %s: %w", root, err)
		}
		all[p.ImportPath] = p
	}
}

// Imports finds imports that the layering forbids: those of files for every system, and what they bring along on this one.
func Imports(t *Tree, listed map[string]Listed) []Finding {
	c := importCheck{tree: t, listed: listed}
	for _, p := range listed {
		if p.Module != nil && p.Module.Main {
			c.module = p.Module.Path
		}
	}
	var bad []Finding
	for _, f := range t.Go {
		self := path.Join(c.module, f.Dir)
		if f.Foreign {
			continue
		}
		for _, r := range importRules() {
			if (!f.Test || r.tests) && c.matchAny(r.from, self) && !c.matchAny(r.except, self) {
				bad = append(bad, c.file(f, r)...)
			}
		}
		if own := c.connector(self); own != "" && !f.Test {
			bad = append(bad, c.file(f, importRule{deny: []string{"./connectors/..."}, allow: []string{own + "/..."},
				why: "a connector does not know another one: the host carries records between them"})...)
		}
	}
	return sorted(bad)
}

type importCheck struct {
	tree   *Tree
	listed map[string]Listed
	module string
}

// connector returns the import path of the connector that a package belongs to, "" for a package of no connector.
func (c importCheck) connector(self string) string {
	rest, ok := strings.CutPrefix(self, c.module+"/connectors/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return c.module + "/connectors/" + name
}

// file applies one rule to the imports of one file.
func (c importCheck) file(f *GoFile, r importRule) []Finding {
	var bad []Finding
	for _, spec := range f.AST.Imports {
		first, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		if reached := c.forbidden(f, spec, first, r); reached != nil {
			bad = append(bad, *reached)
		}
	}
	return bad
}

// forbidden returns a finding if an import, or the first package it brings along, breaks the rule.
func (c importCheck) forbidden(f *GoFile, spec *ast.ImportSpec, first string, r importRule) *Finding {
	reach := []string{first}
	if !r.direct && !f.Test {
		reach = append(reach, c.listed[first].Deps...)
	}
	for _, p := range reach {
		allowed := len(r.only) == 0 || c.matchAny(r.only, p)
		if allowed && (!c.matchAny(r.deny, p) || c.matchAny(r.allow, p)) {
			continue
		}
		what := p
		if p != first {
			what = p + " by way of " + first
		}
		g := c.tree.find(spec.Pos(), "import", "%s imports %s: %s", f.Dir, what, r.why)
		return &g
	}
	return nil
}

func (c importCheck) matchAny(patterns []string, importPath string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return c.match(p, importPath) })
}

func (c importCheck) match(pattern, importPath string) bool {
	if pattern == "std" {
		return isStd(importPath)
	}
	if rest, ok := strings.CutPrefix(pattern, "./"); ok {
		pattern = c.module + "/" + rest
	}
	if dir, ok := strings.CutSuffix(pattern, "/..."); ok {
		return under(importPath, dir)
	}
	return importPath == pattern
}

// isStd reports whether a package is of the standard library: only there the first element has no dot.
func isStd(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}
