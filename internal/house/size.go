package house

import (
	"bytes"
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

const (
	softLines    = 400 // of a file; more needs a reason
	hardLines    = 800 // of a file, whatever the reason
	funcLines    = 60  // of a function, at the 95th percentile of a top folder
	maxMethods   = 3   // of an interface
	maxDepth     = 3   // folders of a package's path
	longReason   = "// House: over 400 lines because "
	percentileOf = 95
)

// bigInterfaces are those that may have more than three methods, each with its reason.
func bigInterfaces() map[string]string {
	return map[string]string{
		"sdk.Params": "the four verbs of one name space of values; a caller that stores a token uses them together",
	}
}

// FileLengths finds files over 400 lines that give no reason, and files over 800.
// Nobody holds a long file in mind, and everybody's changes meet in it.
func FileLengths(t *Tree) []Finding {
	var bad []Finding
	for _, f := range t.Go {
		switch {
		case f.Generated || f.Lines <= softLines:
		case f.Lines > hardLines:
			bad = append(bad, Finding{f.Name, hardLines + 1, "file-length",
				fmt.Sprintf("%d lines, no file may have more than %d: one concept a file", f.Lines, hardLines)})
		case !bytes.Contains(f.Text, []byte(longReason)):
			bad = append(bad, Finding{f.Name, softLines + 1, "file-length",
				fmt.Sprintf("%d lines: make it two files of one concept each, or put a line %q with the reason at its top", f.Lines, longReason+"…")})
		}
	}
	return sorted(bad)
}

// FuncLengths finds, for each top folder whose 95th percentile is over 60 lines, the functions that make it so.
// A long function cannot be tested in parts. Tests are not counted: their tables are long and simple.
func FuncLengths(t *Tree) []Finding {
	lengths := map[string][]int{}
	over := map[string][]Finding{}
	for _, f := range t.written() {
		top, _, _ := strings.Cut(f.Dir, "/")
		for _, decl := range f.AST.Decls {
			d, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			n := t.line(d.End()) - t.line(d.Pos()) + 1
			lengths[top] = append(lengths[top], n)
			if n > funcLines {
				over[top] = append(over[top], t.find(d.Pos(), "func-length", "%s has %d lines, and more than one in twenty of the functions under %s has over %d: split it", d.Name.Name, n, top, funcLines))
			}
		}
	}
	var bad []Finding
	for top, all := range lengths {
		slices.Sort(all)
		if all[(len(all)*percentileOf+99)/100-1] > funcLines {
			bad = append(bad, over[top]...)
		}
	}
	return sorted(bad)
}

// Interfaces finds interfaces of more than three methods of their own. Fakes of big ones are not small, and every change touches all.
// What an interface embeds does not count: it is composed of parts, and each part is checked where it is declared.
func Interfaces(t *Tree) []Finding {
	allowed := bigInterfaces()
	var bad []Finding
	for _, f := range t.written() {
		for spec := range typeSpecs(f.AST) {
			it, ok := spec.Type.(*ast.InterfaceType)
			if !ok {
				continue
			}
			n := 0
			for _, m := range it.Methods.List {
				n += len(m.Names)
			}
			id := f.Package + "." + spec.Name.Name
			if _, ok := allowed[id]; n > maxMethods && !ok {
				bad = append(bad, t.find(spec.Pos(), "interface", "%s has %d methods, at most %d: declare what each user needs where it is used", id, n, maxMethods))
			}
		}
	}
	return sorted(bad)
}

func forbiddenNames() []string {
	return []string{"util", "utils", "common", "helper", "helpers", "shared", "base", "types", "model", "models", "misc", "impl"}
}

// Names finds packages whose name says nothing, and packages more than three folders deep.
func Names(t *Tree) []Finding {
	var bad []Finding
	for _, files := range packages(t.Go) {
		f := files[0]
		if slices.Contains(forbiddenNames(), f.Package) {
			bad = append(bad, t.find(f.AST.Name.Pos(), "package-name", "package %s says nothing: name it for what it provides", f.Package))
		}
		// internal says who may import, it is no level of its own
		if depth := strings.Count(strings.ReplaceAll(f.Dir, "/internal/", "/"), "/") + 1; depth > maxDepth {
			bad = append(bad, t.find(f.AST.Name.Pos(), "package-depth", "%s is %d folders deep, at most %d: what wants a fourth level is a package of its own higher up", f.Dir, depth, maxDepth))
		}
	}
	return sorted(bad)
}
