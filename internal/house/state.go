package house

import (
	"go/ast"
	"go/token"
	"iter"
)

// State finds what makes two hosts in one process impossible: functions named init, package variables that change after
// their declaration, and package variables of a locking type.
func State(t *Tree) []Finding {
	var bad []Finding
	for _, files := range packages(t.written()) {
		vars := packageVars(files)
		for _, f := range files {
			for _, decl := range f.AST.Decls {
				d, ok := decl.(*ast.FuncDecl)
				if ok && d.Recv == nil && d.Name.Name == "init" {
					bad = append(bad, t.find(d.Pos(), "no-init", "init runs in an order nobody sees and for every importer: do it where main wires"))
				}
			}
			bad = append(bad, changes(t, f, vars)...)
			bad = append(bad, locks(t, f)...)
		}
	}
	return sorted(bad)
}

func packageVars(files []*GoFile) map[string]*ast.ValueSpec {
	vars := map[string]*ast.ValueSpec{}
	for _, f := range files {
		for spec := range varSpecs(f.AST) {
			for _, name := range spec.Names {
				vars[name.Name] = spec
			}
		}
	}
	return vars
}

// changes finds assignments to package variables, to their elements and fields, and deletions from them.
func changes(t *Tree, f *GoFile, vars map[string]*ast.ValueSpec) []Finding {
	var bad []Finding
	check := func(e ast.Expr) {
		if id := root(e); id != nil && isPackageVar(id, vars) {
			bad = append(bad, t.find(e.Pos(), "package-var", "package variable %s changes after its declaration: pass it, or keep it in a value", id.Name))
		}
	}
	ast.Inspect(f.AST, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.AssignStmt:
			for _, e := range x.Lhs {
				if x.Tok != token.DEFINE {
					check(e)
				}
			}
		case *ast.IncDecStmt:
			check(x.X)
		case *ast.RangeStmt:
			if x.Tok == token.ASSIGN {
				check(x.Key)
				check(x.Value)
			}
		case *ast.CallExpr:
			if fun, ok := x.Fun.(*ast.Ident); ok && (fun.Name == "delete" || fun.Name == "clear") && fun.Obj == nil && len(x.Args) > 0 {
				check(x.Args[0])
			}
		}
		return true
	})
	return bad
}

// root returns the variable that an assignment to e changes, nil when that is not a variable of this package's name space.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// isPackageVar tells a package variable from a local one of the same name: the parser resolves what is declared in the same file.
func isPackageVar(id *ast.Ident, vars map[string]*ast.ValueSpec) bool {
	spec, ok := vars[id.Name]
	return ok && id.Name != "_" && (id.Obj == nil || id.Obj.Decl == spec)
}

// locks finds package variables that exist to guard or hold changing state.
func locks(t *Tree, f *GoFile) []Finding {
	stateful := map[string][]string{
		"sync":        {"Mutex", "RWMutex", "Map", "Once", "WaitGroup", "Cond"},
		"sync/atomic": {"Bool", "Int32", "Int64", "Uint32", "Uint64", "Uintptr", "Pointer", "Value"},
	}
	var bad []Finding
	for spec := range varSpecs(f.AST) {
		ast.Inspect(spec, func(n ast.Node) bool {
			if _, ok := n.(*ast.FuncLit); ok {
				return false // a lock inside a function is that function's
			}
			if pkg, name := qualified(f.AST, n); pkg != "" {
				for _, s := range stateful[pkg] {
					if s == name {
						bad = append(bad, t.find(spec.Pos(), "package-var", "package variable of type %s.%s holds changing state: keep it in a value", pkg, name))
					}
				}
			}
			return true
		})
	}
	return bad
}

// contextFields are the structs that may hold a context, each with its reason.
func contextFields() map[string]string {
	return map[string]string{
		"sdk/rest.BodyReader":                "io.Reader takes no context, and the reader lives as long as the call whose body it reads",
		"plugin/internal/wire.limitedStream": "mimics grpc.ServerStream, whose method Context is the only way to hand one on",
		"testharness/graphsim.call":          "one request, as http.Request, which holds its context too",
	}
}

// Contexts finds struct fields of type context.Context: a context lives as long as a call, a struct does not.
func Contexts(t *Tree) []Finding {
	allowed := contextFields()
	var bad []Finding
	for _, f := range t.written() {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && allowed[f.Dir+"."+spec.Name.Name] != "" {
				return false
			}
			s, ok := n.(*ast.StructType)
			if !ok {
				return true
			}
			for _, field := range s.Fields.List {
				if pkg, name := qualified(f.AST, field.Type); pkg == "context" && name == "Context" {
					bad = append(bad, t.find(field.Pos(), "context-field", "a context in a struct outlives its call: pass it as the first argument"))
				}
			}
			return true
		})
	}
	return sorted(bad)
}

// varSpecs yields the package-level variable declarations of a file.
func varSpecs(f *ast.File) iter.Seq[*ast.ValueSpec] {
	return func(yield func(*ast.ValueSpec) bool) {
		for _, decl := range f.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok || d.Tok != token.VAR {
				continue
			}
			for _, spec := range d.Specs {
				if !yield(spec.(*ast.ValueSpec)) {
					return
				}
			}
		}
	}
}

// typeSpecs yields the package-level type declarations of a file.
func typeSpecs(f *ast.File) iter.Seq[*ast.TypeSpec] {
	return func(yield func(*ast.TypeSpec) bool) {
		for _, decl := range f.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok || d.Tok != token.TYPE {
				continue
			}
			for _, spec := range d.Specs {
				if !yield(spec.(*ast.TypeSpec)) {
					return
				}
			}
		}
	}
}
