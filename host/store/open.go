package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// fileName is the database in the data folder.
const fileName = "gleis.db"

// checkLimit is the size in bytes up to which a store is checked at its start; a
// hundred thousand links are some 120 MB and take a third of a second.
const checkLimit = 1 << 30

// Sealer seals what must not be readable in the files; *param.KeyRing is one.
type Sealer interface {
	// Unlock prepares the sealer for the store of an installation. wrapped is the
	// keyset the store keeps, nil for a new store; for a new store the keyset to
	// keep is returned. An error must leave everything as it was.
	Unlock(installation string, wrapped []byte) (first []byte, err error)
	// Seal returns plain sealed and bound to the texts of bind.
	Seal(plain []byte, bind ...string) ([]byte, error)
	// Open returns what was sealed with the same bind.
	Open(sealed []byte, bind ...string) ([]byte, error)
}

// Options says how a store is opened.
type Options struct {
	Sealer Sealer           // required
	Now    func() time.Time // required
	Owner  string           // what this process is, shown to a second one that wants the folder; may be empty
	// JournalLimit is the number of journal lines kept for a process, the latest
	// ones. Zero means 200,000.
	JournalLimit int
	// RunLimit is the number of runs kept for a process, the latest ones. Zero
	// means 5,000.
	RunLimit int
}

// DB is an open store.
type DB struct {
	dir, file    string
	lock         *os.File
	writer       *sql.DB // one connection; a transaction takes the write lock at its begin
	reader       *sql.DB
	write        writeStmts
	read         readStmts
	selects      forms
	sealer       Sealer
	now          func() time.Time
	journalLimit int
	runLimit     int
	installation string
}

// Open opens the store in dir and makes folder and store if there is none. It
// takes the folder for this process first, then lets the sealer prove its key,
// then brings an older store to the current form: a store that cannot be used
// is left untouched. Errors are of type *Error, or the sealer's.
func Open(ctx context.Context, dir string, o Options) (*DB, error) {
	if o.Sealer == nil || o.Now == nil {
		return nil, errors.New("store: open: Options.Sealer and Options.Now are required")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("store: open: %w", err)
	}
	if err := makeFolder(dir); err != nil {
		return nil, err
	}
	lock, err := takeFolder(dir, holder{PID: os.Getpid(), Owner: o.Owner, Started: o.Now().UTC()})
	if err != nil {
		return nil, err
	}
	db := &DB{dir: dir, file: filepath.Join(dir, fileName), lock: lock, sealer: o.Sealer, now: o.Now,
		journalLimit: orDefault(o.JournalLimit, 200_000), runLimit: orDefault(o.RunLimit, 5_000)}
	if err := db.open(ctx); err != nil {
		return nil, errors.Join(fail("open", db.file, err), db.Close())
	}
	return db, nil
}

func orDefault(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fail("make the data folder", dir, err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fail("open the data folder", dir, err)
	}
	if !info.IsDir() {
		return &Error{Op: "open", File: dir, Fault: Failed, Err: errors.New("it is not a folder")}
	}
	if foreignWritable(info.Mode()) {
		return &Error{Op: "open", File: dir, Fault: ReadOnly, Err: fmt.Errorf("every user may write into it (mode %04o)", info.Mode().Perm()),
			Hint: "chmod 700 " + dir}
	}
	return nil
}

func (db *DB) open(ctx context.Context) error {
	known, err := inspect(ctx, db.file)
	if err != nil {
		return err
	}
	installation := known.installation
	if installation == "" {
		installation = rand.Text()
	}
	first, err := db.sealer.Unlock(installation, known.wrapped)
	if err != nil {
		return err
	}
	if err := makePrivate(db.file); err != nil {
		return err
	}
	if db.writer, err = openDB(db.file, writing); err != nil {
		return err
	}
	if err := migrate(ctx, db.writer); err != nil {
		return err
	}
	if known.wrapped == nil {
		if err := db.begin(ctx, installation, first); err != nil {
			return err
		}
	}
	db.installation = installation
	if err := db.checkPages(ctx); err != nil {
		return err
	}
	if db.reader, err = openDB(db.file, reading); err != nil {
		return err
	}
	return db.prepare(ctx)
}

// makePrivate makes file if there is none, and takes it from other users. The
// log and its index inherit the mode (sqlite.org, os_unix.c, findCreateFileMode).
func makePrivate(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fail("open", file, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = f.Chmod(0o600)
	}
	return fail("open", file, err)
}

// checkPages reads every page once: a damaged store is found at the start and
// not in the middle of a run. A store over checkLimit is not read: its start
// would take minutes, and a damaged page is still an error when it is met.
func (db *DB) checkPages(ctx context.Context) error {
	info, err := os.Stat(db.file)
	if err != nil || info.Size() > checkLimit {
		return err
	}
	var result string
	if err := db.writer.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&result); err != nil {
		return err
	}
	if result != "ok" {
		return corrupt(result)
	}
	return nil
}

// Installation returns the identity of this store, made with it.
func (db *DB) Installation() string { return db.installation }

// Dir returns the absolute path of the data folder.
func (db *DB) Dir() string { return db.dir }

// Close ends the store. Calls that are under way end first or fail. It is called
// once.
func (db *DB) Close() error {
	var list []error
	for _, c := range []*sql.DB{db.reader, db.writer} { // the writer last: its end carries the log over
		if c != nil {
			list = append(list, c.Close())
		}
	}
	list = append(list, unlockFile(db.lock), db.lock.Close())
	return fail("close", db.file, errors.Join(list...))
}
