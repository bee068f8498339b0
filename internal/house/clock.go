package house

import (
	"go/ast"
	"path"
	"slices"
	"strconv"
	"strings"
)

// ambient lists, by import path, names that reach for the machine's clock, network or luck.
func ambient() map[string][]string {
	rand := []string{"Int", "IntN", "Intn", "Int31", "Int31n", "Int63", "Int63n", "Int32", "Int32N", "Int64", "Int64N", "Uint32", "Uint32N",
		"Uint64", "Uint64N", "UintN", "Uint", "Float32", "Float64", "ExpFloat64", "NormFloat64", "Perm", "Shuffle", "Read", "Seed", "N"}
	return map[string][]string{
		"time":         {"Now", "Since", "Until", "After", "Tick", "Sleep"},
		"net/http":     {"DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm"},
		"math/rand":    rand,
		"math/rand/v2": rand,
	}
}

// Ambient finds uses of the clock, the default HTTP client and global randomness under connectors/ and host/.
// They are passed in there (sdk.Env, host.Config): a test that cannot set the clock cannot test midnight.
func Ambient(t *Tree) []Finding {
	names := ambient()
	var bad []Finding
	for _, f := range t.written() {
		if !under(f.Dir, "connectors") && !under(f.Dir, "host") {
			continue
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if pkg, name := qualified(f.AST, n); slices.Contains(names[pkg], name) {
				bad = append(bad, t.find(n.Pos(), "passed-in", "%s.%s: clock, randomness and HTTP are passed in, so that a test can set them", pkg, name))
			}
			return true
		})
	}
	return sorted(bad)
}

// qualified returns the import path and name of an expression pkg.Name, and "" for anything else.
func qualified(f *ast.File, n ast.Node) (importPath, name string) {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	id, ok := sel.X.(*ast.Ident)
	if !ok || id.Obj != nil {
		return "", ""
	}
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err == nil && localName(spec, p) == id.Name {
			return p, sel.Sel.Name
		}
	}
	return "", ""
}

// localName is the name an import has in its file. A last element such as v2 is a version, not a name.
func localName(spec *ast.ImportSpec, importPath string) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	last := path.Base(importPath)
	if n, ok := strings.CutPrefix(last, "v"); ok && n != "" && strings.Trim(n, "0123456789") == "" {
		last = path.Base(path.Dir(importPath))
	}
	return last
}
