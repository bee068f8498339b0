package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/host/store"
	"github.com/gleis-dev/gleis/sdk"
)

// refused opens dir and wants it refused with a fault and these words.
func refused(t *testing.T, dir string, fault store.Fault, words ...string) {
	t.Helper()
	db, err := store.Open(t.Context(), dir, store.Options{Sealer: ringFor(dir), Now: noon})
	if err == nil {
		db.Close()
		t.Fatalf("opened, want %v", fault)
	}
	if !errors.Is(err, fault) {
		t.Errorf("got %v, want %v", err, fault)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}

func TestSecondHostIsToldWhoHasTheFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd, out := child(t, "hold", dir)
	if !out.Scan() || !strings.HasPrefix(out.Text(), "open") {
		t.Fatal(out.Text())
	}
	refused(t, dir, store.InUse, dir, fmt.Sprintf("process %d (gleis run) has it since 2026-03-01T12:00:00Z", cmd.Process.Pid), "a data folder of its own")

	if err := cmd.Process.Kill(); err != nil { // kill -9: nothing is tidied up
		t.Fatal(err)
	}
	cmd.Wait()
	open(t, dir)
	refused(t, dir, store.InUse, fmt.Sprintf("process %d ", os.Getpid()))
}

func TestTwoHostsInOneProcess(t *testing.T) {
	t.Parallel()
	one, _ := open(t, t.TempDir())
	two, _ := open(t, t.TempDir())
	if err := one.Intend(t.Context(), []link.Link{{ID: id("a")}}); err != nil {
		t.Fatal(err)
	}
	if got, err := two.Select(t.Context(), run.Selection{Part: part}); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	if one.Installation() == two.Installation() || one.Installation() == "" {
		t.Errorf("installations %q and %q", one.Installation(), two.Installation())
	}
}

func TestFilesBelongToTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a folder with ?, # and %41", ".gleis")
	db, _ := open(t, dir)
	if err := db.Commit(t.Context(), step(1)); err != nil {
		t.Fatal(err)
	}
	modes := map[string]fs.FileMode{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			rel, _ := filepath.Rel(dir, name)
			modes[rel] = info.Mode().Perm()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]fs.FileMode{".": 0o700, "gleis.db": 0o600, "gleis.db-wal": 0o600, "gleis.db-shm": 0o600, "gleis.lock": 0o600, "master.key": 0o600}
	if d := cmp.Diff(want, modes); d != "" {
		t.Error("modes (-want +got):\n" + d)
	}
}

func TestLooserModes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, _ := open(t, dir)
	db.Close()
	file := filepath.Join(dir, store.File)
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	db, _ = open(t, dir)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	db.Close()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	refused(t, dir, store.ReadOnly, "every user may write into it (mode 0777)", "chmod 700 "+dir)
}

// withStore makes a store with some content and returns its folder and database.
func withStore(t *testing.T) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	db, _ := open(t, dir)
	for n := range 20 {
		if err := db.Commit(t.Context(), step(n+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, store.File)
}

func TestNewerStoreIsLeftUntouched(t *testing.T) {
	t.Parallel()
	for name, logged := range map[string]bool{"after a clean end": false, "after a crash": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, file := withStore(t)
			raw := rawOpen(t, file)
			if _, err := raw.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, 1)`); err != nil {
				t.Fatal(err)
			}
			if logged { // the log still holds the change: copy the files as a crash leaves them
				files := snapshot(t, dir)
				dir = t.TempDir()
				for name, text := range files {
					if !strings.HasSuffix(name, "-shm") {
						if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			raw.Close()
			before := snapshot(t, dir)
			if _, ok := before[store.File+"-wal"]; ok != logged {
				t.Fatal("the log is not as the case wants it")
			}
			refused(t, dir, store.Newer, store.File, "number 9000", "start the newer program", "nothing was changed")
			after := snapshot(t, dir)
			delete(after, store.File+"-shm") // the log's index is made anew by every reader
			if d := cmp.Diff(before, after); d != "" {
				t.Error("files (-before +after):\n" + d)
			}
		})
	}
}

func TestStrangeDatabaseIsLeftUntouched(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	raw := rawOpen(t, filepath.Join(dir, store.File))
	if _, err := raw.Exec(`CREATE TABLE people (name TEXT)`); err != nil {
		t.Fatal(err)
	}
	raw.Close()
	before := snapshot(t, dir)
	refused(t, dir, store.Corrupt, "not one of this program")
	if d := cmp.Diff(before, snapshot(t, dir)); d != "" {
		t.Error("files (-before +after):\n" + d)
	}
}

func TestDamagedFile(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(b []byte) []byte{
		"no database": func(b []byte) []byte {
			return []byte("not a database, but long enough to be read as one: " + string(b[:4096]))
		},
		"cut short":          func(b []byte) []byte { return b[:len(b)/2] },
		"first page zeroed":  func(b []byte) []byte { clear(b[:4096]); return b },
		"a page zeroed":      func(b []byte) []byte { clear(b[8*4096 : 9*4096]); return b },
		"page header turned": func(b []byte) []byte { b[10*4096] ^= 0xff; b[10*4096+3] ^= 0xff; return b },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, file := withStore(t)
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, damage(b), 0o600); err != nil {
				t.Fatal(err)
			}
			refused(t, dir, store.Corrupt, "gleis.db", "restore the folder from a backup")
		})
	}
}

// Whatever byte is turned, the store is refused with a clear error or works; it
// never crashes and never says something else.
func TestTurnedBytes(t *testing.T) {
	t.Parallel()
	dir, file := withStore(t)
	sound, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	refusals := 0
	step := 1009
	if testing.Short() || slow {
		step = 20011
	}
	for at := 0; at < len(sound); at += step {
		b := append([]byte(nil), sound...)
		b[at] ^= 0x55
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(t.Context(), dir, store.Options{Sealer: ringFor(dir), Now: noon})
		if err == nil {
			_, err = db.Position(t.Context(), part)
			if err == nil {
				_, err = db.Select(t.Context(), run.Selection{Part: part})
			}
			db.Close()
		}
		if err == nil {
			continue
		}
		refusals++
		var own *store.Error
		var other *sdk.Error
		if !errors.As(err, &own) && !errors.As(err, &other) {
			t.Errorf("byte %d: %v", at, err)
		}
	}
	if refusals == 0 {
		t.Error("no damage was noticed")
	}
	t.Logf("%d of %d refused", refusals, (len(sound)+step-1)/step)
}

func TestBusyIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, _ := open(t, dir)
	if _, err := store.Writer(db).Exec(`PRAGMA busy_timeout = 20`); err != nil {
		t.Fatal(err)
	}
	raw := rawOpen(t, filepath.Join(dir, store.File))
	if _, err := raw.Exec(`BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	err := db.Commit(t.Context(), step(1))
	if !errors.Is(err, store.Busy) || !errors.Is(err, sdk.Unavailable) || !strings.Contains(err.Error(), "end the program that has it open") {
		t.Error(err)
	}
	if _, err := raw.Exec(`ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if err := db.Commit(t.Context(), step(1)); err != nil {
		t.Error(err)
	}
}

func TestFullDatabaseKeepsWhatItHas(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, _ := open(t, dir)
	if _, err := store.Writer(db).Exec(`PRAGMA max_page_count = 60`); err != nil {
		t.Fatal(err)
	}
	n := 0
	var err error
	for err == nil {
		if err = db.Commit(t.Context(), step(n+1)); err == nil {
			n++
		}
	}
	if !errors.Is(err, store.Full) || !errors.Is(err, sdk.Unavailable) || !strings.Contains(err.Error(), "free space") {
		t.Error(err)
	}
	if err := db.Intend(t.Context(), []link.Link{{ID: id("big"), Base: make([]byte, 1<<20)}}); !errors.Is(err, store.Full) {
		t.Error(err)
	}
	if _, err := store.Writer(db).Exec(`PRAGMA max_page_count = 100000`); err != nil {
		t.Fatal(err)
	}
	if err := db.Commit(t.Context(), step(n+1)); err != nil {
		t.Errorf("after space was freed: %v", err)
	}
	db.Close()
	checkChain(t, dir, n+1)
}

func TestLogStaysBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, _ := open(t, dir)
	links := make([]link.Link, 100)
	for i := range links {
		links[i] = link.Link{ID: id(fmt.Sprint(i)), Base: make([]byte, 9000)}
	}
	for range 40 {
		if err := db.Intend(t.Context(), links); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(filepath.Join(dir, store.File+"-wal"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > store.WALLimit {
		t.Errorf("the log has %d bytes", info.Size())
	}
}

func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Name() == store.LockFile {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	return files
}

// rawOpen opens a database past the store, on one connection.
func rawOpen(t *testing.T, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}
