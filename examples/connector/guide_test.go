package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The Go code of the guide is that of this folder, which is compiled and tested.
func TestGuideShowsThisCode(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/connectors.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(b)
	}
	blocks := strings.Split(string(guide), "```go\n")[1:]
	if len(blocks) < 5 {
		t.Fatalf("the guide has %d blocks of Go", len(blocks))
	}
	for _, block := range blocks {
		block, _, ok := strings.Cut(block, "```\n")
		if !ok || !strings.Contains(code.String(), block) {
			t.Errorf("the guide shows what is not in this folder:\n%s", block)
		}
	}
}
