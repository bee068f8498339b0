package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// writeStmts are the statements of a change, compiled once on the one writing
// connection.
type writeStmts struct {
	findProcess, addProcess, findPart, addPart         *sql.Stmt
	putLink, dropLink, seen, setPosition               *sql.Stmt
	putHold, dropHold, setHold, putParked, dropParked  *sql.Stmt
	addEntry, countEntries, trimEntries                *sql.Stmt
	nextVersion, putParam, findParam, addRun, trimRuns *sql.Stmt
}

// statement is a text and where its compiled form goes.
type statement struct {
	to   **sql.Stmt
	text string
}

func (db *DB) prepare(ctx context.Context) error {
	w, r := &db.write, &db.read
	err := prepareAll(ctx, db.writer, []statement{
		{&w.findProcess, `SELECT id FROM processes WHERE name = ?`},
		{&w.addProcess, `INSERT INTO processes (name) VALUES (?)`},
		{&w.findPart, `SELECT id FROM parts WHERE process = ? AND partition = ?`},
		{&w.addPart, `INSERT INTO parts (process, partition) VALUES (?, ?)`},
		{&w.putLink, putLink},
		{&w.dropLink, `DELETE FROM links WHERE part = ? AND source_key = ? AND target_partition = ?`},
		{&w.seen, seenLinks},
		{&w.setPosition, `UPDATE parts SET cursor = ?, round = ?, full = ?, open = ?, doubt = ?, finished = ? WHERE id = ?`},
		{&w.putHold, `INSERT INTO holds (part, source_key, target_partition, target_key, state, reason, since) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET target_key = excluded.target_key, state = excluded.state, reason = excluded.reason, since = excluded.since`},
		{&w.dropHold, `DELETE FROM holds WHERE part = ? AND source_key = ? AND target_partition = ?`},
		{&w.setHold, `UPDATE holds SET state = ? WHERE part = ? AND source_key = ? AND target_partition = ?`},
		{&w.putParked, `INSERT INTO parked (part, source_key, error, code, attempts, since) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET error = excluded.error, code = excluded.code, attempts = excluded.attempts, since = excluded.since`},
		{&w.dropParked, `DELETE FROM parked WHERE part = ? AND source_key = ?`},
		{&w.addEntry, `INSERT INTO journal (run, time, process, part, source_key, target_key, action, reason, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&w.countEntries, `UPDATE processes SET entries = entries + ? WHERE id = ? RETURNING entries`},
		{&w.trimEntries, `DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE process = ? ORDER BY run, id LIMIT ?)`},
		{&w.nextVersion, `UPDATE sequences SET value = value + 1 WHERE name = 'param' RETURNING value`},
		{&w.findParam, `SELECT version FROM params WHERE connection = ? AND name = ?`},
		{&w.putParam, `INSERT INTO params (connection, name, version, changed, sealed) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET version = excluded.version, changed = excluded.changed, sealed = excluded.sealed`},
		{&w.addRun, `INSERT INTO runs (process, started) VALUES (?, ?)`},
		{&w.trimRuns, `DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE process = ? ORDER BY id DESC LIMIT -1 OFFSET ?)`},
	})
	if err != nil {
		return err
	}
	return prepareAll(ctx, db.reader, []statement{
		{&r.position, selectPosition + ` WHERE c.name = ? AND p.partition = ?`},
		{&r.links, linksOfBatch},
		{&r.count, `SELECT count(*) FROM links WHERE part = (SELECT p.id FROM parts p JOIN processes c ON c.id = p.process WHERE c.name = ? AND p.partition = ?) AND state = 0`},
		{&r.param, `SELECT sealed, version FROM params WHERE connection = ? AND name = ?`},
	})
}

func prepareAll(ctx context.Context, db *sql.DB, list []statement) error {
	for _, s := range list {
		var err error
		if *s.to, err = db.PrepareContext(ctx, s.text); err != nil { //nolint:sqlclosecheck // closed with its database
			return err
		}
	}
	return nil
}

// change is a transaction under way.
type change struct {
	db    *DB
	tx    *sql.Tx
	parts map[partName]partID // looked up in this transaction
}

type partName struct{ process, partition string }

// partID is a part by number.
type partID struct{ process, part int64 }

// change runs do in one transaction: when it returns nil everything is durable,
// otherwise nothing is changed. ctx ends the wait for the writing connection; a
// transaction that has begun is carried to its end, which is near.
func (db *DB) change(ctx context.Context, op string, do func(ctx context.Context, c *change) error) error {
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return fail(op, db.file, err)
	}
	defer conn.Close()
	ctx = context.WithoutCancel(ctx)
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fail(op, db.file, err)
	}
	if err := do(ctx, &change{db: db, tx: tx, parts: map[partName]partID{}}); err != nil {
		return fail(op, db.file, errors.Join(err, rollback(tx)))
	}
	if err := tx.Commit(); err != nil {
		return fail(op, db.file, errors.Join(err, rollback(tx)))
	}
	return nil
}

// rollback undoes tx. SQLite has done so itself after some faults (sqlite.org,
// "Transaction", 3.1); then there is nothing left to undo.
func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) && faultOf(err) != Broken {
		return err
	}
	return nil
}

// exec runs a compiled statement in the transaction.
func (c *change) exec(ctx context.Context, s *sql.Stmt, args ...any) (sql.Result, error) {
	return c.tx.StmtContext(ctx, s).ExecContext(ctx, args...) //nolint:sqlclosecheck // closed with the transaction
}

// number runs a compiled statement that yields one number. ok is false if it
// yields no row.
func (c *change) number(ctx context.Context, s *sql.Stmt, args ...any) (n int64, ok bool, err error) {
	err = c.tx.StmtContext(ctx, s).QueryRowContext(ctx, args...).Scan(&n) //nolint:sqlclosecheck // closed with the transaction
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return n, err == nil, err
}

// process returns the number of a process, a new one for a new name.
func (c *change) process(ctx context.Context, name string) (int64, error) {
	id, ok, err := c.number(ctx, c.db.write.findProcess, name)
	if ok || err != nil {
		return id, err
	}
	r, err := c.exec(ctx, c.db.write.addProcess, name)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// part returns the numbers of a part, new ones for a new part.
func (c *change) part(ctx context.Context, process, partition string) (partID, error) {
	name := partName{process, partition}
	if id, ok := c.parts[name]; ok {
		return id, nil
	}
	var id partID
	var err error
	if id.process, err = c.process(ctx, process); err != nil {
		return partID{}, err
	}
	var ok bool
	if id.part, ok, err = c.number(ctx, c.db.write.findPart, id.process, partition); err != nil {
		return partID{}, err
	}
	if !ok {
		r, err := c.exec(ctx, c.db.write.addPart, id.process, partition)
		if err != nil {
			return partID{}, err
		}
		if id.part, err = r.LastInsertId(); err != nil {
			return partID{}, err
		}
	}
	c.parts[name] = id
	return id, nil
}

// stamp and unstamp keep a time as nanoseconds since 1970, the zero Time as 0.
func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func unstamp(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
