package store

import (
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Everything that knows the driver is in this file. SQL is written for SQLite's
// dialect; the documents named are those of sqlite.org.

const (
	readers     = 4                // reading connections
	busyTimeout = 10 * time.Second // another program (a backup, a shell) may hold the database for so long
	walPages    = 1000             // pages after which the log is carried over ("Write-Ahead Logging", 2.2)
	walLimit    = 16 << 20         // bytes the log file is cut to afterwards
	cacheKiB    = 16 << 10         // page cache of the writing connection
)

// access is how a connection may use the file.
type access uint8

const (
	inspecting access = iota // reads an existing file and changes no byte of it
	reading
	writing
)

// openDB opens the database in file.
func openDB(file string, mode access) (*sql.DB, error) {
	q := url.Values{}
	pragma := func(name string, value int) { q.Add("_pragma", name+"("+strconv.Itoa(value)+")") }
	pragma("busy_timeout", int(busyTimeout.Milliseconds()))
	pragma("temp_store", 2) // in memory: nothing leaks into a temporary file
	pragma("trusted_schema", 0)
	pragma("foreign_keys", 0) // kept by the code: the check costs a look-up a row
	switch mode {
	case inspecting:
		q.Set("mode", "ro")
		if log, err := os.Stat(file + "-wal"); err != nil || log.Size() == 0 {
			q.Set("immutable", "1") // makes no index for a log that is not there; nobody else has the folder
		}
		pragma("query_only", 1)
	case reading:
		pragma("query_only", 1)
	case writing:
		q.Set("_txlock", "immediate")
		q.Add("_pragma", "journal_mode(WAL)")
		q.Add("_pragma", "synchronous(FULL)")
		pragma("wal_autocheckpoint", walPages)
		pragma("journal_size_limit", walLimit)
		pragma("cache_size", -cacheKiB)
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(file), RawQuery: q.Encode()}
	c, err := sqlite.NewConnector(u.String())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(c)
	n := 1
	if mode == reading {
		n = readers
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// faultOf reads the result code of the driver ("Result and Error Codes") or of
// the operating system.
func faultOf(err error) Fault {
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_FULL:
			return Full
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
			return ReadOnly
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			return Corrupt
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return Busy
		case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
			return Failed
		}
		return Broken
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return Full
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return ReadOnly
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		return Failed
	}
	return Broken
}
