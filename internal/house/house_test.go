package house

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

const rootDir = "../.."

// repository loads the tree once for all tests of this file.
var repository = sync.OnceValues(func() (*Tree, error) { return Load(context.Background(), rootDir) })

func load(t *testing.T) *Tree {
	t.Helper()
	tree, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Go) == 0 {
		t.Fatal("the tree has no Go file: the rules check nothing")
	}
	return tree
}

func report(t *testing.T, bad []Finding, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range bad {
		t.Error(f)
	}
}

func TestEveryGoFileParses(t *testing.T) {
	t.Parallel()
	report(t, load(t).Broken, nil)
}

func TestSyntaxRules(t *testing.T) {
	t.Parallel()
	for name, rule := range syntaxRules() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report(t, rule(load(t)), nil)
		})
	}
}

func syntaxRules() map[string]func(*Tree) []Finding {
	return map[string]func(*Tree) []Finding{
		"package comments": PackageComments, "doc comments": DocComments, "file lengths": FileLengths, "function lengths": FuncLengths,
		"interfaces": Interfaces, "package names and depth": Names, "state": State, "contexts": Contexts, "format": Format, "clock, randomness and HTTP": Ambient,
	}
}

func TestImportsKeepTheLayers(t *testing.T) {
	t.Parallel()
	listed, err := Packages(t.Context(), rootDir)
	if err != nil {
		t.Fatal(err)
	}
	report(t, Imports(load(t), listed), nil)
}

func TestFilesHoldNoLeftoverAndNothingOfOneMachine(t *testing.T) {
	t.Parallel()
	hosts, err := ProxyHosts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bad, err := Leftovers(load(t), hosts)
	report(t, bad, err)
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	bad, err := Links(load(t))
	report(t, bad, err)
}

func TestEveryDependencyHasADecision(t *testing.T) {
	t.Parallel()
	bad, err := Decisions(load(t))
	report(t, bad, err)
}

func TestDecisionsHaveTheirFourSections(t *testing.T) {
	t.Parallel()
	bad, err := DecisionPages(load(t))
	report(t, bad, err)
}

// tools builds the pinned tools once: several go commands that need the same tool at the same time would each build it.
var tools = sync.OnceValue(func() error {
	for _, tool := range []string{"buf", "protoc-gen-go", "protoc-gen-go-grpc"} {
		if err := command(context.Background(), rootDir, "go", "tool", "-modfile=tools/go.mod", tool, "--version"); err != nil {
			return err
		}
	}
	return nil
})

func needTools(t *testing.T) {
	t.Helper()
	if err := tools(); err != nil {
		t.Fatal(err)
	}
}

// The generators run in a copy, in which the generated files are missing: what comes back must be what is committed.
func TestGeneratedFilesAreFresh(t *testing.T) {
	t.Parallel()
	needTools(t)
	before, after := t.TempDir(), t.TempDir()
	if err := load(t).Copy(before); err != nil {
		t.Fatal(err)
	}
	tree, err := Load(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Copy(after); err != nil {
		t.Fatal(err)
	}
	if err := tree.DropGenerated(after); err != nil {
		t.Fatal(err)
	}
	if protos, _ := filepath.Glob(filepath.Join(after, "proto", "*", "*", "*.proto")); len(protos) > 0 {
		if err := command(t.Context(), after, "go", "tool", "-modfile=tools/go.mod", "buf", "generate"); err != nil {
			t.Fatal(err)
		}
	}
	if err := command(t.Context(), after, "go", "generate", "./..."); err != nil {
		needNpm(t)
		t.Fatal(err)
	}
	bad, err := Stale(t.Context(), tree, after)
	report(t, bad, err)
}

// needNpm skips a test whose generator failed because this machine has no npm or no way to its registry. Continuous integration must have both.
func needNpm(t *testing.T) {
	t.Helper()
	_, missing := exec.LookPath("npm")
	if missing == nil {
		missing = command(t.Context(), t.TempDir(), "npm", "view", "cldr-core", "version")
	}
	if missing != nil && os.Getenv("CI") != "true" {
		t.Skipf("GENERATED FILES NOT CHECKED: npm or its registry is missing: %v", missing)
	}
}

func TestProtocolLintsAndOnlyGrows(t *testing.T) {
	t.Parallel()
	needTools(t)
	if protos, _ := filepath.Glob(filepath.Join(rootDir, "proto", "*", "*", "*.proto")); len(protos) == 0 {
		t.Skip("there is no protocol")
	}
	if err := command(t.Context(), rootDir, "go", "tool", "-modfile=tools/go.mod", "buf", "lint"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(rootDir, ".git")); err != nil {
		t.Skip("no git history to compare the protocol with")
	}
	if err := command(t.Context(), rootDir, filepath.Join("scripts", "breaking")); err != nil {
		t.Error(err)
	}
}
