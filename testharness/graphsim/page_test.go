package graphsim

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const page = "../../docs/graphsim.md"

func readText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The tables of the page are the committed ones. GLEIS_UPDATE=1 writes them into it.
func TestThePageShowsTheTables(t *testing.T) {
	text := readText(t, page)
	for _, name := range []string{"sdk", "examples", "pitfalls"} {
		table := readText(t, filepath.Join("testdata", name+".md"))
		if strings.HasPrefix(table, "#") {
			_, table, _ = strings.Cut(table, "\n") // its heading stands on the page already
		}
		before, rest, ok := strings.Cut(text, "<!-- "+name+" -->\n")
		shown, after, ended := strings.Cut(rest, "<!-- end -->")
		if !ok || !ended {
			t.Fatalf("%s has no place for the table %s", page, name)
		}
		want := strings.TrimSpace(table) + "\n"
		if os.Getenv("GLEIS_UPDATE") != "" {
			text, shown = before+"<!-- "+name+" -->\n"+want+"<!-- end -->"+after, want
		}
		if d := cmp.Diff(want, shown); d != "" {
			t.Errorf("%s does not show testdata/%s.md (GLEIS_UPDATE=1 writes it):\n%s", page, name, d)
		}
	}
	if os.Getenv("GLEIS_UPDATE") != "" {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The Go code of the page is that of example_test.go, which is compiled and run.
func TestThePageShowsThisCode(t *testing.T) {
	t.Parallel()
	code := readText(t, "example_test.go")
	blocks := strings.Split(readText(t, page), "```go\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("the page has no Go")
	}
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```\n")
		if !strings.Contains(code, block) {
			t.Errorf("the page shows what is not in example_test.go:\n%s", block)
		}
	}
}

// The commands of the page are run as they stand.
func TestThePageShowsCommandsThatWork(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"sh", "curl", "sed"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("SKIPPED, NOT CHECKED: the commands of %s need %s", page, tool)
		}
	}
	_, block, _ := strings.Cut(readText(t, page), "```sh\n")
	block, _, ok := strings.Cut(block, "```\n")
	if !ok {
		t.Fatal("the page has no commands")
	}
	dir := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "gleis"), "../../cmd/gleis").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cmd := exec.Command("sh", "-e", "-c", block)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"mail":"anna.mueller@contoso.example"`) {
		t.Errorf("%v\n%s", err, out)
	}
}
