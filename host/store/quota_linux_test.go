package store_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/gleis-dev/gleis/host/store"
)

// limitFiles makes every write beyond size bytes of any file fail.
func limitFiles(size int) error {
	signal.Ignore(syscall.SIGXFSZ)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(size), Max: uint64(size)})
}

func cutQuota(s string) (dir string, limit int) {
	n, dir, _ := strings.Cut(s, ":")
	limit, _ = strconv.Atoi(n)
	return dir, limit
}

// The disk refuses at each point of a commit in turn: growing limits move the
// first write that fails through log, index and database.
func TestRefusedWritesAreNeverSuccess(t *testing.T) {
	t.Parallel()
	points := 60
	if testing.Short() || slow {
		points = 8
	}
	dir, end := "", 0
	for i := range points {
		if i%10 == 0 {
			dir, end = t.TempDir(), 0 // a chain that grows for ever is slow to check
		}
		cmd, out := child(t, "quota", fmt.Sprintf("%d:%s", 150_000+i%10*(13_337+i*61), dir))
		told, refused := end, false
		for out.Scan() {
			switch word, n, _ := strings.Cut(out.Text(), " "); word {
			case "done":
				told, _ = strconv.Atoi(n)
			case "refused":
				refused = true
			case "error":
				t.Fatalf("point %d: %s", i, n)
			}
		}
		if err := cmd.Wait(); err != nil || !refused {
			t.Fatalf("point %d: %v, refused %v", i, err, refused)
		}
		if end = checkChain(t, dir, told); t.Failed() {
			return
		}
	}
	t.Logf("%d points", points)
}

// nobody runs program as a user without rights.
func nobody(t *testing.T, program string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), program)
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	return cmd
}

func TestFolderThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	// Root may write everywhere: a child as nobody tries.
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Skip("cannot open the way to the folder:", err)
		}
	}
	program := filepath.Join(dir, "program")
	text, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, text, 0o755); err != nil {
		t.Fatal(err)
	}
	locked := filepath.Join(dir, "locked")
	if err := os.Mkdir(locked, 0o555); err != nil {
		t.Fatal(err)
	}
	cmd, out := start(t, nobody(t, program), "hold", filepath.Join(locked, "data"))
	defer cmd.Wait()
	out.Scan()
	for _, want := range []string{"error store: make the data folder: " + filepath.Join(locked, "data"), store.ReadOnly.Error(), "write permission"} {
		if !strings.Contains(out.Text(), want) {
			t.Errorf("%q is not in %q", want, out.Text())
		}
	}
	cmd, out = start(t, nobody(t, program), "hold", locked)
	defer cmd.Wait()
	out.Scan()
	for _, want := range []string{filepath.Join(locked, store.LockFile), store.ReadOnly.Error(), "write permission"} {
		if !strings.Contains(out.Text(), want) {
			t.Errorf("%q is not in %q", want, out.Text())
		}
	}
}
