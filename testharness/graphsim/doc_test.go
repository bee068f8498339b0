package graphsim

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTheMapOfThePackageNamesEveryFile(t *testing.T) {
	t.Parallel()
	var names []string
	for _, line := range regexp.MustCompile(`(?m)^//   - ([a-z*, ]+):`).FindAllStringSubmatch(readText(t, "doc.go"), -1) {
		names = append(names, strings.Split(line[1], ", ")...)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	met := map[string]bool{}
	for _, file := range files {
		file = strings.TrimSuffix(file, ".go")
		if strings.HasSuffix(file, "_test") {
			continue
		}
		i := slices.IndexFunc(names, func(name string) bool {
			prefix, all := strings.CutSuffix(name, "*")
			return file == name || all && strings.HasPrefix(file, prefix)
		})
		if i < 0 {
			t.Errorf("the map in doc.go does not name %s.go", file)
			continue
		}
		met[names[i]] = true
	}
	for _, name := range names {
		if !met[name] {
			t.Errorf("the map in doc.go names %s, which no file is", name)
		}
	}
}
