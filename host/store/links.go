package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/run"
)

// readStmts are the statements of frequent reads.
type readStmts struct {
	position, links, count, param *sql.Stmt
}

const linkColumns = `c.name, p.partition, l.source_key, l.target_partition, l.round, l.state, l.unknown, l.suspect, l.at, l.parent,
	l.target_key, l.target_at, l.source_stamp, l.target_stamp, l.intent, l.intent_at, l.base`

// linksOfBatch answers a LinkQuery: ?1 source keys, ?2 the partition, ?3 the
// process and its parallel siblings, ?4 the reverse ones, all but ?2 as JSON
// lists. CROSS JOIN keeps the order of the loops (sqlite.org, "The SQLite Query
// Optimizer Overview", 7.2): names to numbers, then one index look-up a key.
const linksOfBatch = `
	SELECT ` + linkColumns + `
	FROM json_each(?3) n CROSS JOIN processes c ON c.name = n.value CROSS JOIN parts p ON p.process = c.id AND p.partition = ?2
		CROSS JOIN json_each(?1) k CROSS JOIN links l INDEXED BY links_own ON l.part = p.id AND l.source_key = k.value
	UNION ALL
	SELECT ` + linkColumns + `
	FROM json_each(?4) n CROSS JOIN processes c ON c.name = n.value
		CROSS JOIN json_each(?1) k CROSS JOIN links l INDEXED BY links_reverse ON l.process = c.id AND l.target_key = k.value AND l.target_key <> '' AND l.target_at = ?2
		CROSS JOIN parts p ON p.id = l.part`

// Links implements run.Links. A key that is named twice is answered once.
func (db *DB) Links(ctx context.Context, q run.LinkQuery) ([]link.Link, error) {
	rows, err := db.read.links.QueryContext(ctx, textList(distinct(q.Keys)), q.Partition,
		textList(distinct(append([]string{q.Process}, q.Parallel...))), textList(distinct(q.Reverse)))
	if err != nil {
		return nil, fail("read links", db.file, err)
	}
	list, err := scanLinks(rows, len(q.Keys), 0)
	return list, fail("read links", db.file, err)
}

// Select implements run.Links. Links of one source key come in the order of
// their target partitions and are never cut apart: with Limit there may be more
// links, to the end of the last key, so that After goes on behind it.
func (db *DB) Select(ctx context.Context, s run.Selection) ([]link.Link, error) {
	text, args := selection(s)
	stmt, err := db.selects.stmt(ctx, db.reader, text) //nolint:sqlclosecheck // kept compiled until the store closes
	if err != nil {
		return nil, fail("select links", db.file, err)
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return nil, fail("select links", db.file, err)
	}
	list, err := scanLinks(rows, s.Limit, s.Limit)
	return list, fail("select links", db.file, err)
}

// forms keeps the compiled forms of a query that is put together: every run asks
// each of its partitions for the same few selections.
type forms struct {
	mu    sync.Mutex
	known map[string]*sql.Stmt
}

func (f *forms) stmt(ctx context.Context, db *sql.DB, text string) (*sql.Stmt, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.known[text]; s != nil {
		return s, nil
	}
	s, err := db.PrepareContext(ctx, text) //nolint:sqlclosecheck // closed with its database
	if err != nil {
		return nil, err
	}
	if f.known == nil {
		f.known = map[string]*sql.Stmt{}
	}
	f.known[text] = s // a Selection has a bounded number of forms: values are bound
	return s, nil
}

// selection writes the query of a Selection. The index is named, because without
// statistics the planner cannot know that few links are unknown or open.
func selection(s run.Selection) (text string, args []any) {
	index, where := "links_own", &strings.Builder{}
	and := func(condition string, values ...any) {
		where.WriteString(" AND " + condition)
		args = append(args, values...)
	}
	args = append(args, s.Process, s.Partition)
	if len(s.States) > 0 {
		states := make([]string, len(s.States))
		for i, st := range s.States {
			states[i] = strconv.Itoa(int(st))
		}
		slices.Sort(states)
		if states = slices.Compact(states); len(states) == 1 && s.States[0] == link.Creating {
			and("l.state = 1")
			index = "links_creating"
		} else {
			and("l.state IN (" + strings.Join(states, ",") + ")")
		}
	}
	if len(s.Parents) > 0 {
		and("l.parent <> '' AND l.parent IN (SELECT value FROM json_each(?))", textList(distinct(s.Parents)))
		index = "links_parent"
	}
	if s.Unknown {
		and("l.unknown = 1")
		index = "links_unknown"
	}
	if s.Suspect {
		and("l.suspect = 1")
		index = "links_suspect"
	}
	if s.Unseen > 0 {
		and("l.round < ?", s.Unseen)
	}
	if s.Reach != [2]string{} {
		and("(l.at = '' OR (l.at >= ? AND (l.at < ? OR ? = '')))", s.Reach[0], s.Reach[1], s.Reach[1])
	}
	if s.After != "" {
		and("l.source_key > ?", s.After)
	}
	text = `SELECT ` + linkColumns + ` FROM processes c CROSS JOIN parts p ON p.process = c.id CROSS JOIN links l INDEXED BY ` + index +
		` ON l.part = p.id WHERE c.name = ? AND p.partition = ?` + where.String() + ` ORDER BY l.source_key, l.target_partition`
	return text, args // the limit is that of the reader: rows come as they are found
}

// Count implements run.Links.
func (db *DB) Count(ctx context.Context, p run.Part) (int, error) {
	var n int
	err := db.read.count.QueryRowContext(ctx, p.Process, p.Partition).Scan(&n)
	return n, fail("count links", db.file, err)
}

// scanLinks reads links, room of them by expectation, to the end of the key with
// which limit is reached; 0: all.
func scanLinks(rows *sql.Rows, room, limit int) ([]link.Link, error) {
	defer rows.Close()
	list := make([]link.Link, 0, min(room, 1024))
	for rows.Next() {
		var l link.Link
		if err := rows.Scan(&l.Process, &l.SourcePartition, &l.SourceKey, &l.TargetPartition, &l.Round, &l.State, &l.Unknown, &l.Suspect, &l.At, &l.Parent,
			&l.TargetKey, &l.TargetAt, &l.SourceStamp, &l.TargetStamp, &l.Intent, &l.IntentAt, &l.Base); err != nil {
			return nil, err
		}
		if n := len(list); limit > 0 && n >= limit && list[n-1].SourceKey != l.SourceKey {
			break
		}
		list = append(list, l)
	}
	return list, rows.Err()
}

// putLink and its arguments, in linkArgs.
const putLink = `INSERT INTO links (process, part, source_key, target_partition, round, state, unknown, suspect, at, parent,
		target_key, target_at, source_stamp, target_stamp, intent, intent_at, base)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (part, source_key, target_partition) DO UPDATE SET round = excluded.round, state = excluded.state, unknown = excluded.unknown,
		suspect = excluded.suspect, at = excluded.at, parent = excluded.parent, target_key = excluded.target_key, target_at = excluded.target_at,
		source_stamp = excluded.source_stamp, target_stamp = excluded.target_stamp, intent = excluded.intent, intent_at = excluded.intent_at,
		base = excluded.base`

func (c *change) putLinks(ctx context.Context, links []link.Link) error {
	if len(links) == 0 {
		return nil
	}
	put := c.tx.StmtContext(ctx, c.db.write.putLink) //nolint:sqlclosecheck // closed with the transaction
	for i := range links {
		l := &links[i]
		id, err := c.part(ctx, l.Process, l.SourcePartition)
		if err != nil {
			return err
		}
		var base any // an empty base is none
		if len(l.Base) > 0 {
			base = l.Base
		}
		if _, err := put.ExecContext(ctx, id.process, id.part, l.SourceKey, l.TargetPartition, l.Round, int64(l.State), l.Unknown, l.Suspect, l.At, l.Parent,
			l.TargetKey, l.TargetAt, l.SourceStamp, l.TargetStamp, l.Intent, l.IntentAt, base); err != nil {
			return err
		}
	}
	return nil
}

// seenLinks sets the round of listed links: ?1 round, ?2 part, ?3 source keys.
const seenLinks = `UPDATE links SET round = ?1 WHERE part = ?2 AND source_key IN (SELECT value FROM json_each(?3)) AND round <> ?1`
