package house

import (
	"go/ast"
	"strings"
)

// PackageComments finds packages without a comment that begins "Package x" ("Command x" for a program).
// A reader of godoc starts there; without it every reader starts from zero.
func PackageComments(t *Tree) []Finding {
	var bad []Finding
	for _, files := range packages(t.written()) {
		want := "Package " + files[0].Package + " "
		if files[0].Package == "main" {
			want = "Command "
		}
		found := false
		for _, f := range files {
			if f.AST.Doc != nil && strings.HasPrefix(f.AST.Doc.Text(), want) {
				found = true
			}
		}
		if !found {
			bad = append(bad, t.find(files[0].AST.Package, "package-comment",
				"no file of %s has a package comment that begins %q: say in one sentence what the package is for", files[0].Dir, want))
		}
	}
	return sorted(bad)
}

// DocComments finds exported names without a doc comment. A constant or variable may be explained by the comment of its group or at the end of its line.
func DocComments(t *Tree) []Finding {
	var bad []Finding
	report := func(name *ast.Ident) {
		bad = append(bad, t.find(name.Pos(), "doc-comment",
			"exported %s has no doc comment: say what it means, its units and limits, and its errors", name.Name))
	}
	for _, f := range t.written() {
		for _, decl := range f.AST.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Doc.Text() == "" && d.Name.IsExported() && exportedReceiver(d) {
					report(d.Name)
				}
			case *ast.GenDecl:
				undocumented(d, report)
			}
		}
	}
	return sorted(bad)
}

func undocumented(d *ast.GenDecl, report func(*ast.Ident)) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			alone := !d.Lparen.IsValid()
			if s.Name.IsExported() && s.Doc.Text() == "" && s.Comment.Text() == "" && (!alone || d.Doc.Text() == "") {
				report(s.Name)
			}
		case *ast.ValueSpec:
			if s.Doc.Text() != "" || s.Comment.Text() != "" || d.Doc.Text() != "" {
				continue
			}
			for _, name := range s.Names {
				if name.IsExported() {
					report(name)
				}
			}
		}
	}
}

// exportedReceiver reports whether godoc shows the function: it has no receiver or one of an exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	typ := d.Recv.List[0].Type
	for {
		switch x := typ.(type) {
		case *ast.StarExpr:
			typ = x.X
		case *ast.IndexExpr:
			typ = x.X
		case *ast.IndexListExpr:
			typ = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}
