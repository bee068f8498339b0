package house

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A Tree is the repository as its files are on disk: tracked ones and new ones that are not ignored.
type Tree struct {
	Root  string   // folder of the main go.mod
	Files []string // slash-separated, relative to Root, sorted
	Go    []*GoFile
	// Broken lists Go files that do not parse. No other rule sees them.
	Broken []Finding

	fset    *token.FileSet
	modules []string // folders with a go.mod of their own
}

// A GoFile is a parsed Go file outside of testdata folders.
type GoFile struct {
	Name      string // as in Tree.Files
	Dir       string // its folder, "." for the root
	Package   string // package name, without the suffix _test
	Test      bool   // a file of a test binary only
	Foreign   bool   // belongs to a module of its own, such as the tools
	Generated bool   // carries the standard mark "Code generated … DO NOT EDIT."
	Lines     int
	AST       *ast.File
	Text      []byte
}

// Load reads the tree at root. In a git repository ignored files are left out; elsewhere folders whose name begins with a dot.
func Load(ctx context.Context, root string) (*Tree, error) {
	files, err := list(ctx, root)
	if err != nil {
		return nil, err
	}
	t := &Tree{Root: root, Files: files, fset: token.NewFileSet()}
	for _, name := range files {
		if path.Base(name) == "go.mod" && name != "go.mod" {
			t.modules = append(t.modules, path.Dir(name))
		}
	}
	for _, name := range files {
		if path.Ext(name) == ".go" && !inTestdata(name) {
			if err := t.parse(name); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

func list(ctx context.Context, root string) ([]string, error) {
	files, err := tracked(ctx, root)
	if err != nil { // no repository, or no git
		files = nil
		err = fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && len(d.Name()) > 1 && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			if err == nil && d.Type().IsRegular() {
				files = append(files, name)
			}
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// tracked lists what git would commit from root, which must be the top of the repository.
func tracked(ctx context.Context, root string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list the files of %s: %w", root, err)
	}
	var files []string
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		info, err := os.Lstat(filepath.Join(root, name))
		if err == nil && info.Mode().IsRegular() { // a tracked file may be deleted, a link is checked where it points
			files = append(files, name)
		}
	}
	return files, nil
}

func (t *Tree) parse(name string) error {
	text, err := t.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	f, err := parser.ParseFile(t.fset, name, text, parser.ParseComments)
	if err != nil {
		t.Broken = append(t.Broken, Finding{name, 1, "parse", err.Error()})
		return nil
	}
	t.Go = append(t.Go, &GoFile{
		Name: name, Dir: path.Dir(name), Package: strings.TrimSuffix(f.Name.Name, "_test"),
		Test: strings.HasSuffix(name, "_test.go"), Foreign: slices.ContainsFunc(t.modules, func(dir string) bool { return under(name, dir) }), Generated: ast.IsGenerated(f),
		Lines: bytes.Count(text, []byte("\n")), AST: f, Text: text,
	})
	return nil
}

func (t *Tree) read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(t.Root, filepath.FromSlash(name)))
}

func (t *Tree) line(pos token.Pos) int { return t.fset.Position(pos).Line }

// find makes a finding at pos, which lies in one of the tree's files.
func (t *Tree) find(pos token.Pos, rule, format string, args ...any) Finding {
	p := t.fset.Position(pos)
	return Finding{p.Filename, p.Line, rule, fmt.Sprintf(format, args...)}
}

// written yields the files that people write and that reach a user: neither generated nor tests.
func (t *Tree) written() []*GoFile {
	return slices.DeleteFunc(slices.Clone(t.Go), func(f *GoFile) bool { return f.Test || f.Generated })
}

// packages groups files by folder, in the order of their names.
func packages(files []*GoFile) [][]*GoFile {
	var all [][]*GoFile
	for _, f := range files {
		if n := len(all); n > 0 && all[n-1][0].Dir == f.Dir {
			all[n-1] = append(all[n-1], f)
			continue
		}
		i := slices.IndexFunc(all, func(p []*GoFile) bool { return p[0].Dir == f.Dir })
		if i < 0 {
			all = append(all, []*GoFile{f})
		} else {
			all[i] = append(all[i], f)
		}
	}
	return all
}

func inTestdata(name string) bool {
	return slices.Contains(strings.Split(name, "/"), "testdata")
}

// under reports whether a slash-separated path is dir or lies below it.
func under(name, dir string) bool {
	return name == dir || strings.HasPrefix(name, dir+"/")
}
