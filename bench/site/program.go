package site

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const module = "github.com/gleis-dev/gleis"

// Build builds the program from the main module, whose own versions of all
// dependencies are those that ship, into dir and returns its path.
func Build(ctx context.Context, dir string) (string, error) {
	root, err := output(ctx, ".", "list", "-m", "-f", "{{.Dir}}", module)
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "gleis")
	_, err = output(ctx, strings.TrimSpace(root), "build", "-trimpath", "-o", program, "./cmd/gleis")
	return program, err
}

func output(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, errs.Bytes())
	}
	return out.String(), nil
}
