package house

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Copy writes the tree's files into dir, for commands that would change them.
func (t *Tree) Copy(dir string) error {
	for _, name := range t.Files {
		text, err := t.read(name)
		if err != nil {
			return err
		}
		info, err := os.Stat(filepath.Join(t.Root, name))
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, text, info.Mode().Perm()); err != nil {
			return err
		}
	}
	return nil
}

// Stale finds files that differ between the tree and a copy of it, in dir, in which the generators ran.
func Stale(ctx context.Context, t *Tree, dir string) ([]Finding, error) {
	made, err := Load(ctx, dir)
	if err != nil {
		return nil, err
	}
	const again = "run make generate and commit the result"
	have := map[string]bool{}
	for _, name := range t.Files {
		have[name] = true
	}
	var bad []Finding
	for _, name := range made.Files {
		if !have[name] {
			bad = append(bad, Finding{name, 0, "fresh", "the generators make this file and it is not there: " + again})
			continue
		}
		want, err := made.read(name)
		if err != nil {
			return nil, err
		}
		got, err := t.read(name)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(want, got) {
			bad = append(bad, Finding{name, firstDifference(want, got), "fresh", "the generators write this line otherwise: " + again})
		}
	}
	for _, f := range t.Go {
		if _, err := os.Stat(filepath.Join(dir, f.Name)); f.Generated && err != nil {
			bad = append(bad, Finding{f.Name, 1, "fresh", "says that it is generated and no generator makes it: delete it, or tell make generate how"})
		}
	}
	return sorted(bad), nil
}

// DropGenerated deletes the generated Go files in a copy of the tree, so that what the generators do not make again is missed.
func (t *Tree) DropGenerated(dir string) error {
	for _, f := range t.Go {
		if f.Generated {
			if err := os.Remove(filepath.Join(dir, filepath.FromSlash(f.Name))); err != nil {
				return err
			}
		}
	}
	return nil
}

func firstDifference(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return bytes.Count(a[:n], []byte("\n")) + 1
}

// command runs a program in dir and returns what it printed if it fails.
func command(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w\n%s", name, args, err, out)
	}
	return nil
}
