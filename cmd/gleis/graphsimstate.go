package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gleis-dev/gleis/testharness/graphsim"
)

// loadSimulated goes on with the company that a file keeps. Without the file, the company is the one just made.
func loadSimulated(sim *graphsim.Server, path string) error {
	if path == "" {
		return nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Dir(path)); err != nil { // the end would be too late to say so
			return fmt.Errorf("--state %s: its folder: %w", path, err)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	defer f.Close()
	if err := sim.Control().LoadState(f); err != nil {
		return fmt.Errorf("--state %s: %w", path, err)
	}
	return nil
}

// saveSimulated keeps the company in a file, which is replaced only when the new one is whole. Its secrets open the simulator alone, yet
// nobody else need read them.
func saveSimulated(sim *graphsim.Server, path string) error {
	if path == "" {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".gleis-graphsim-*")
	if err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	defer os.Remove(f.Name()) // gone already when all went well
	err = errors.Join(sim.Control().SaveState(f), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("--state %s: %w", path, err)
	}
	return nil
}
