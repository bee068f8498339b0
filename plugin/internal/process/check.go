//go:build linux || darwin

package process

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	goplugin "github.com/hashicorp/go-plugin"

	"github.com/gleis-dev/gleis/sdk"
)

// maxProgram is the largest program in bytes that is started.
const maxProgram = 1 << 30

// program is an opened and checked program.
type program struct {
	file *os.File
	path string // resolved, for people
}

func refused(code, format string, args ...any) error {
	return &sdk.Error{Op: "start connector", Kind: sdk.Invalid, Code: code, Err: fmt.Errorf(format, args...)}
}

// openProgram opens the program at path and checks all that is asked of it. What
// is checked is the open file, so that nobody can swap it afterwards.
func openProgram(path, pluginDir string, checksum []byte) (*program, error) {
	if len(checksum) != sha256.Size {
		return nil, refused("checksum_missing", "%s: the SHA-256 of the program is required (%d bytes, not %d)", path, sha256.Size, len(checksum))
	}
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, refused("program_missing", "%w", err)
	}
	if resolved, err = filepath.Abs(resolved); err != nil {
		return nil, refused("program_missing", "%w", err)
	}
	if pluginDir != "" {
		if err := inside(resolved, pluginDir); err != nil {
			return nil, err
		}
	}
	// O_NONBLOCK: opening a pipe must not wait for its other end.
	f, err := os.OpenFile(resolved, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, refused("program_missing", "%w", err)
	}
	p := &program{file: f, path: resolved}
	if err := p.check(checksum, pluginDir != ""); err != nil {
		f.Close()
		return nil, err
	}
	return p, nil
}

// inside checks that path, which is resolved, lies in dir, and that nobody else
// can put anything there.
func inside(path, dir string) error {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return refused("plugin_dir", "the plugin directory: %w", err)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return refused("plugin_dir", "the plugin directory: %w", err)
	}
	rel, err := filepath.Rel(dir, path)
	if err != nil || rel == "." || !filepath.IsLocal(rel) {
		return refused("program_outside", "%s is not in the plugin directory %s", path, dir)
	}
	for d := filepath.Dir(path); ; d = filepath.Dir(d) {
		info, err := os.Stat(d)
		if err != nil {
			return refused("plugin_dir", "%w", err)
		}
		if err := ownedAlone(d, info); err != nil {
			return err
		}
		if d == dir || len(d) <= len(dir) {
			return nil
		}
	}
}

// ownedAlone checks that only root or this user can change the file.
func ownedAlone(path string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o022 != 0 {
		return refused("program_writable", "%s can be written by its group or by everybody (mode %v); run chmod go-w on it", path, info.Mode().Perm())
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		return refused("program_owner", "%s belongs to user %d, neither to root nor to the user of the host", path, st.Uid)
	}
	return nil
}

// check examines the open file. A foreign program must not be writable by others;
// the host's own is as safe as the host, which runs already.
func (p *program) check(checksum []byte, foreign bool) error {
	info, err := p.file.Stat()
	if err != nil {
		return refused("program_missing", "%w", err)
	}
	mode := info.Mode()
	switch {
	case !mode.IsRegular():
		return refused("program_kind", "%s is no regular file (%v)", p.path, mode.Type())
	case mode&(fs.ModeSetuid|fs.ModeSetgid) != 0:
		return refused("program_setuid", "%s changes the user or group when started", p.path)
	case mode.Perm()&0o111 == 0:
		return refused("program_kind", "%s is not executable (mode %v)", p.path, mode.Perm())
	case info.Size() == 0 || info.Size() > maxProgram:
		return refused("program_kind", "%s has %d bytes", p.path, info.Size())
	}
	if foreign {
		if err := ownedAlone(p.path, info); err != nil {
			return err
		}
	}
	var head [2]byte
	if _, err := p.file.ReadAt(head[:], 0); err != nil || string(head[:]) == "#!" {
		return refused("program_kind", "%s is a script, not a program", p.path)
	}
	// A new SecureConfig each time: its hash is never reset.
	ok, err := (&goplugin.SecureConfig{Checksum: checksum, Hash: sha256.New()}).Check(p.execPath())
	if err != nil {
		return refused("checksum", "%s: %w", p.path, err)
	}
	if !ok {
		return refused("checksum", "%s is not the registered program: its SHA-256 is another one", p.path)
	}
	return nil
}

// startFailed makes the error of a program that the kernel does not start.
func (p *program) startFailed(err error) error {
	if errors.Is(err, syscall.ENOEXEC) || strings.Contains(err.Error(), "exec format error") {
		return refused("program_kind", "%s is no program for this system: %w", p.path, err)
	}
	return &sdk.Error{Op: "start connector", Kind: sdk.Unavailable, Code: "start", Err: fmt.Errorf("%s: %w", p.path, err)}
}
