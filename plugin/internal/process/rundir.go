//go:build linux || darwin

package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

const (
	// longestSocket is the length of a unix socket's path that every system takes:
	// sun_path has 104 bytes on macOS and 108 on Linux (unix(7)), one for the end.
	longestSocket = 103
	// socketName is what go-plugin adds to a run folder: a folder and a file, each
	// with a random number of up to ten digits.
	socketName = "/plugin-dir0000000000/plugin0000000000"

	folderPrefix = "plugin-dir"
	recordPrefix = "plugin-"
	// orphaned is the age from which a socket folder that nobody has written down
	// is taken for one of a host that died at a bad moment.
	orphaned = 10 * time.Minute
)

// socketParent returns the folder under which the folders of single starts lie:
// the run folder itself, or, where that makes a path that no socket can have, a
// private folder in the temporary one. cleanup removes what was made.
func socketParent(dir string) (parent string, cleanup func(), err error) {
	if len(dir)+len(socketName) <= longestSocket {
		return dir, func() {}, nil
	}
	for _, tmp := range []string{os.TempDir(), "/tmp"} {
		if len(tmp)+len("/gleis-0000000000")+len(socketName) > longestSocket {
			continue
		}
		private, err := os.MkdirTemp(tmp, "gleis-") // mode 0700
		if err != nil {
			continue
		}
		return private, func() { _ = os.Remove(private) }, nil
	}
	return "", nil, &sdk.Error{
		Op: "start connector", Kind: sdk.Invalid, Code: "run_dir_too_long",
		Err:  fmt.Errorf("the run folder %s is too long for a unix socket (%d bytes at most), and there is no shorter temporary folder", dir, longestSocket-len(socketName)),
		Hint: sdk.Text{EN: "Choose a shorter run folder, or set TMPDIR to a short path.", DE: "Wählen Sie einen kürzeren Laufordner oder setzen Sie TMPDIR auf einen kurzen Pfad."},
	}
}

// makeRunDir makes dir with mode 0700, whatever the umask, and checks one that
// exists.
func makeRunDir(dir string) error {
	if !filepath.IsAbs(dir) {
		return refused("run_dir", "the run folder %q is not an absolute path", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return refused("run_dir", "the run folder: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return refused("run_dir", "the run folder %s is no folder", dir)
	}
	return ownedAlone(dir, info)
}

// note is what is written down about a start, for the Sweep of a later host.
type note struct {
	Host, Plugin           int    // process numbers; Plugin is also the group
	HostStart, PluginStart string // startOf: a number alone may be a stranger's by now
	Token                  string // handshake.EnvToken of the start
	Sockets                string // folder of the sockets
	Private                string // folder around it that was made for it, or ""
}

// write puts n into dir and returns the file's name. A host that dies before it
// has written loses nothing on Linux, where the kernel ends the process too.
func (n note) write(dir string) (string, error) {
	b, err := json.Marshal(n)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, recordPrefix+strconv.Itoa(n.Plugin)+".json")
	return path, os.WriteFile(path, b, 0o600)
}

// Sweep ends what hosts that are no more have left behind in the run folder dir:
// their connector processes and what those started, socket folders, notes. What
// belongs to a living host stays.
func Sweep(dir string, now time.Time) error {
	if err := makeRunDir(dir); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return refused("run_dir", "the run folder: %w", err)
	}
	alive := map[string]bool{}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), recordPrefix) || !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		n, err := readNote(path)
		if err == nil && n.Host > 0 && n.HostStart != "" && startOf(n.Host) == n.HostStart {
			alive[filepath.Base(n.Sockets)] = true
			continue
		}
		if err == nil {
			n.sweep()
		}
		_ = os.Remove(path) // what stays is swept next time
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !e.IsDir() || !strings.HasPrefix(e.Name(), folderPrefix) || alive[e.Name()] || now.Sub(info.ModTime()) < orphaned {
			continue
		}
		_ = os.RemoveAll(filepath.Join(dir, e.Name())) // as above
	}
	return nil
}

func readNote(path string) (note, error) {
	var n note
	b, err := os.ReadFile(path)
	if err != nil {
		return n, err
	}
	return n, json.Unmarshal(b, &n)
}

func (n note) sweep() {
	if n.Plugin > 1 && n.PluginStart != "" && startOf(n.Plugin) == n.PluginStart {
		killKnown(n.Plugin, n.PluginStart)
	}
	if len(n.Token) >= 16 {
		for _, pid := range marked(n.Token) {
			killKnown(pid, startOf(pid))
		}
	}
	// A note is data: nothing but a folder of the kind that is made here is removed.
	if strings.HasPrefix(filepath.Base(n.Sockets), folderPrefix) {
		_ = os.RemoveAll(n.Sockets)
	}
	if strings.HasPrefix(filepath.Base(n.Private), "gleis-") {
		if err := os.Remove(n.Private); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return // not empty: not ours alone
		}
	}
}

// killKnown ends the process if it is still the one that began at start. Holding
// it while looking makes sure that the number is not given to another meanwhile.
func killKnown(pid int, start string) {
	p, err := os.FindProcess(pid)
	if err != nil {
		return
	}
	defer func() { _ = p.Release() }()
	if start != "" && startOf(pid) == start {
		_ = p.Kill() // it may have ended by itself
	}
}
