package store

import "database/sql"

// Writer hands the writing connection to tests that break something on purpose.
func Writer(db *DB) *sql.DB { return db.writer }

// File is the name of the database in its folder, LockFile that of the lock.
const (
	File     = fileName
	LockFile = lockName
)

// WALLimit is the bound of the log file.
const WALLimit = walLimit
