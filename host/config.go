package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/sdk"
)

// maxFile bounds the configuration and each file that it refers to.
const maxFile = 10 << 20

// readFile reads the configuration of cfg and checks all that can be checked
// without a connection.
func readFile(cfg Config, specs []sdk.Spec) (*process.File, error) {
	name := filepath.Join(cfg.Dir, FileName)
	text, err := readBounded(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, process.Problems{{Pos: process.Pos{File: name}, Text: "there is no such file", Hint: "go to the folder of your configuration or name it with --dir"}}
	}
	if err != nil {
		return nil, process.Problems{{Pos: process.Pos{File: name}, Text: err.Error()}}
	}
	file, err := process.Parse(name, text, resolver(cfg))
	if err = process.Join(err, file.Check(specs)); err != nil {
		return nil, err
	}
	for _, c := range file.Connections {
		for _, s := range specs {
			if s.Name == c.Connector {
				_, e := c.Parse(s)
				err = process.Join(err, e)
			}
		}
	}
	return file, err
}

func readBounded(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a file")
	case info.Size() > maxFile:
		return nil, fmt.Errorf("it has %d bytes, at most %d are read", info.Size(), maxFile)
	}
	return os.ReadFile(name)
}

// resolver gives the values of ${env:NAME} and ${file:PATH}; a path is relative
// to the folder of the configuration. A file that others may read is refused.
func resolver(cfg Config) process.Resolver {
	return func(ref process.Ref) (string, error) {
		if ref.Scheme == "env" {
			if cfg.Env != nil {
				if v, ok := cfg.Env(ref.Name); ok {
					return v, nil
				}
			}
			return "", errors.New("the variable is not set")
		}
		path := ref.Name
		if !filepath.IsAbs(path) {
			path = filepath.Join(cfg.Dir, path)
		}
		info, err := os.Stat(path)
		if err != nil {
			return "", fmt.Errorf("the file cannot be read: %w", errors.Unwrap(err))
		}
		if m := info.Mode().Perm(); m&0o077 != 0 {
			return "", fmt.Errorf("others may read the file (mode %04o): chmod 600 it", m)
		}
		b, err := readBounded(path)
		return string(b), err
	}
}
