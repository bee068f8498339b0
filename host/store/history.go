package store

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

// Begin implements run.History. Numbers grow over all processes and are never
// used again. The oldest runs of the process beyond the limit are dropped.
func (db *DB) Begin(ctx context.Context, process string, at time.Time) (int64, error) {
	var number int64
	err := db.change(ctx, "begin a run", func(ctx context.Context, c *change) error {
		id, err := c.process(ctx, process)
		if err != nil {
			return err
		}
		r, err := c.exec(ctx, db.write.addRun, id, stamp(at))
		if err != nil {
			return err
		}
		if number, err = r.LastInsertId(); err != nil {
			return err
		}
		_, err = c.exec(ctx, db.write.trimRuns, id, db.runLimit)
		return err
	})
	return number, err
}

// End implements run.History.
func (db *DB) End(ctx context.Context, number int64, at time.Time, sum run.Sum) error {
	text, err := json.Marshal(sum)
	if err != nil {
		return fail("end a run", db.file, err)
	}
	return db.change(ctx, "end a run", func(ctx context.Context, c *change) error {
		r, err := c.tx.ExecContext(ctx, `UPDATE runs SET ended = ?, sum = ? WHERE id = ?`, stamp(at), string(text), number)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		if err == nil && n == 0 {
			err = sdk.Errorf(sdk.NotFound, "run_not_found", "there is no run number %s", strconv.FormatInt(number, 10))
		}
		return err
	})
}

// Run is a run as it is kept.
type Run struct {
	Number  int64
	Process string
	Started time.Time
	Ended   time.Time // zero: it is under way, or the host ended in its middle
	Sum     run.Sum
}

// Runs returns the latest runs of a process, of all processes for "", newest
// first.
func (db *DB) Runs(ctx context.Context, process string, limit int) ([]Run, error) {
	const op = "read runs"
	text := `SELECT r.id, c.name, r.started, r.ended, r.sum FROM runs r JOIN processes c ON c.id = r.process `
	args := []any{limit}
	if process != "" {
		text += `WHERE r.process = (SELECT id FROM processes WHERE name = ?2) `
		args = append(args, process)
	}
	rows, err := db.reader.QueryContext(ctx, text+`ORDER BY r.id DESC LIMIT ?1`, args...)
	if err != nil {
		return nil, fail(op, db.file, err)
	}
	defer rows.Close()
	var list []Run
	for rows.Next() {
		var r Run
		var started, ended int64
		var sum string
		if err := rows.Scan(&r.Number, &r.Process, &started, &ended, &sum); err != nil {
			return nil, fail(op, db.file, err)
		}
		r.Started, r.Ended = unstamp(started), unstamp(ended)
		if sum != "" {
			if err := json.Unmarshal([]byte(sum), &r.Sum); err != nil {
				return nil, fail(op, db.file, err)
			}
		}
		list = append(list, r)
	}
	return list, fail(op, db.file, rows.Err())
}

// Journal implements run.History. A limit of 0 returns everything that is kept.
func (db *DB) Journal(ctx context.Context, process, key string, limit int) ([]run.Entry, error) {
	const op = "read the journal"
	if limit <= 0 {
		limit = db.journalLimit
	}
	text := `SELECT j.run, j.time, p.partition, j.source_key, j.target_key, j.action, j.reason, j.detail
		FROM journal j INDEXED BY journal_run CROSS JOIN parts p ON p.id = j.part
		WHERE j.process = (SELECT id FROM processes WHERE name = ?1) ORDER BY j.run DESC, j.id DESC LIMIT ?2`
	args := []any{process, limit}
	if key != "" {
		text = `SELECT j.run, j.time, p.partition, j.source_key, j.target_key, j.action, j.reason, j.detail
			FROM journal j INDEXED BY journal_key CROSS JOIN parts p ON p.id = j.part
			WHERE j.process = (SELECT id FROM processes WHERE name = ?1) AND j.source_key = ?3 ORDER BY j.id DESC LIMIT ?2`
		args = append(args, key)
	}
	rows, err := db.reader.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fail(op, db.file, err)
	}
	defer rows.Close()
	var list []run.Entry
	for rows.Next() {
		e := run.Entry{Part: run.Part{Process: process}}
		var at int64
		if err := rows.Scan(&e.Run, &at, &e.Partition, &e.SourceKey, &e.TargetKey, &e.Action, &e.Reason, &e.Detail); err != nil {
			return nil, fail(op, db.file, err)
		}
		e.Time = unstamp(at)
		list = append(list, e)
	}
	return list, fail(op, db.file, rows.Err())
}

// journal adds the lines of a commit. What a line leaves out is that of the
// commit: run, part, time of the store's clock.
func (c *change) journal(ctx context.Context, k run.Commit) error {
	added := map[int64]int64{}
	for i := range k.Journal {
		e := k.Journal[i]
		if e.Run == 0 {
			e.Run = k.Run
		}
		if e.Part == (run.Part{}) {
			e.Part = k.Part
		}
		if e.Time.IsZero() {
			e.Time = c.db.now()
		}
		id, err := c.part(ctx, e.Process, e.Partition)
		if err != nil {
			return err
		}
		if _, err := c.exec(ctx, c.db.write.addEntry, e.Run, stamp(e.Time), id.process, id.part, e.SourceKey, e.TargetKey, e.Action, e.Reason, e.Detail); err != nil {
			return err
		}
		added[id.process]++
	}
	for process, n := range added {
		if err := c.trim(ctx, process, n); err != nil {
			return err
		}
	}
	return nil
}

// trim keeps the journal of a process within its limit. It drops at most twice
// of what was added: a lowered limit takes effect over many small commits and
// not in one that stops the host.
func (c *change) trim(ctx context.Context, process, added int64) error {
	have, _, err := c.number(ctx, c.db.write.countEntries, added, process)
	if err != nil {
		return err
	}
	drop := min(have-int64(c.db.journalLimit), 2*added)
	if drop <= 0 {
		return nil
	}
	if _, err := c.exec(ctx, c.db.write.trimEntries, process, drop); err != nil {
		return err
	}
	_, _, err = c.number(ctx, c.db.write.countEntries, -drop, process)
	return err
}
