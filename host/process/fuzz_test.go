package process_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/gleis-dev/gleis/host/process"
)

// FuzzParse: no text makes Parse or Check panic, every problem names the file, and
// what is read without a problem is complete.
func FuzzParse(f *testing.F) {
	f.Add([]byte(example))
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(txtar.Parse(b).Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := process.Parse("f", text, resolver)
		if file == nil {
			t.Fatal("no file")
		}
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(line, "f") && !bytes.Contains(text, []byte("\n")) {
					t.Fatalf("a problem without its file: %q", line)
				}
			}
		}
		all := process.Join(err, file.Check(specs()), file.CheckSchemas(schemas()))
		if all != nil {
			return
		}
		for _, p := range file.Processes {
			if p.Source.Connection == "" || p.Target.Object == "" || len(p.Fields) == 0 || p.Pos.Line == 0 {
				t.Fatalf("incomplete process %+v", p)
			}
		}
	})
}

func TestATextOverTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	_, err := process.Parse("f", bytes.Repeat([]byte(" "), process.MaxText+1), nil)
	if err == nil || !strings.Contains(err.Error(), "at most 10485760") {
		t.Fatalf("error %v", err)
	}
}

func TestDeepNestingIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{strings.Repeat("[", 20000), strings.Repeat("{a: ", 5000) + strings.Repeat("}", 5000), strings.Repeat("- ", 9000)} {
		if _, err := process.Parse("f", []byte(text), nil); err == nil {
			t.Fatalf("%.20s… is taken", text)
		}
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		name  string
		known []string
		want  string
	}{
		"swapped letters":        {"tilte", []string{"title", "note"}, `did you mean "title"?`},
		"other case and joiners": {"starts-At", []string{"startsat", "starts_att"}, `did you mean "startsat"?`},
		"a beginning":            {"tenant", []string{"tenant_id", "x"}, `did you mean "tenant_id"?`},
		"nothing like it":        {"zzz", []string{"b", "a"}, "known are a, b"},
		"nothing known":          {"zzz", nil, ""},
		"very many":              {"zzz", strings.Split("a b c d e f g h i j k l m n", " "), "known are a, b, c, d, e, f, g, h, i, j, k, l and 2 more"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := process.Suggest(tc.name, tc.known); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
