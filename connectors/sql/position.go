package sql

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gleis-dev/gleis/sdk"
)

// Phases of reading a table.
const (
	phaseFull   = "full"   // listing in the order of the key
	phaseNull   = "null"   // changes: the rows whose change column is NULL, in the order of the key
	phaseChange = "change" // changes, in the order of change column and key
	phaseRest   = "rest"   // a round has ended, the next one reads changes
	phaseAgain  = "again"  // a round has ended, the next one is full
)

// position is where a reader stands; the cursor is its JSON form. The values in it
// are what the driver gave, so that the database compares them as it stored them.
//
// The changes of the next round begin where no transaction that was under way
// during the last one can have put a change mark: see bound.
type position struct {
	Table string   `json:"t"` // key and change column, as a cursor of other ones is lost
	Phase string   `json:"p"`
	Key   []string `json:"k,omitempty"` // last row of the phase full or null
	Mark  string   `json:"m,omitempty"` // greatest change mark read; in a full round, at its begin
	At    []string `json:"a,omitempty"` // key of the row with Mark
	Clock string   `json:"c,omitempty"` // time of the database when the round began
}

func signature(t *table) string {
	s := names(t.key)
	if t.changed != nil {
		s += "|" + t.changed.name
	}
	return s
}

func (p *position) encode() ([]byte, error) {
	b, err := sdk.Encode(p)
	if err == nil && len(b) > sdk.MaxCursor {
		err = sdk.Errorf(sdk.Invalid, "cursor", "the key is too long for a cursor: %d bytes", len(b))
	}
	return b, err
}

// begins returns the position that a read goes on from, and whether a round
// begins there.
func (c *conn) begins(ctx context.Context, t *table, req sdk.ReadRequest) (*position, bool, error) {
	var p position
	if req.Cursor != nil {
		if err := sdk.Decode(req.Cursor, &p); err != nil {
			return nil, false, sdk.Errorf(sdk.Invalid, "cursor", "the cursor is none of this connector: %w", err)
		}
	}
	usable := req.Cursor != nil && p.Table == signature(t)
	if usable && p.Phase != phaseRest && p.Phase != phaseAgain {
		return &p, false, nil
	}
	now, err := c.now(ctx)
	if err != nil {
		return nil, false, err
	}
	next := &position{Table: signature(t), Clock: now.Format(time.RFC3339Nano)}
	switch {
	case usable && p.Phase == phaseRest:
		// The bound follows from the clock of the round that ended.
		next.Mark, next.At, next.Clock = p.Mark, p.At, p.Clock
	case req.Cursor == nil && req.Since != "":
		v, err := t.changed.typed(sinceOf(req.Since))
		if err != nil {
			return nil, false, err
		}
		next.Phase, next.Mark = phaseChange, packed(v)
		return next, true, nil
	default:
		next.Phase = phaseFull
		if t.changed != nil {
			next.Mark, err = c.greatest(ctx, t)
		}
		return next, true, err
	}
	next.Phase = phaseChange
	if t.changed.nullable {
		next.Phase = phaseNull
	}
	bound, err := next.bound(t, c.cfg)
	if err != nil {
		return nil, false, err
	}
	next.Mark, next.At = bound.mark, bound.key
	next.Clock = now.Format(time.RFC3339Nano)
	return next, true, nil
}

// sinceOf returns the change mark of a stamp, or of a text that is one.
func sinceOf(since string) string {
	if i := strings.LastIndex(since, stampMark); i >= 0 {
		return since[:i]
	}
	return since
}

// greatest returns the greatest change mark of a table.
func (c *conn) greatest(ctx context.Context, t *table) (string, error) {
	s := c.d.statement("SELECT %s FROM %s WHERE %s IS NOT NULL ORDER BY %s DESC LIMIT 1", t.changed.shown, t.from, t.changed.quoted, t.changed.quoted)
	rows, err := c.reads.QueryContext(ctx, s.String())
	if err != nil {
		return "", err
	}
	defer rows.Close()
	if !rows.Next() {
		return "", rows.Err()
	}
	r, err := scan(rows, 1)
	if err != nil {
		return "", err
	}
	return packed(r[0]), rows.Err()
}

// order returns the columns that a phase is read in the order of.
func (p *position) order(t *table) []*column {
	if p.Phase == phaseChange {
		return append([]*column{t.changed}, t.key...)
	}
	return t.key
}

// where appends the condition for the rows after the position.
func (p *position) where(s *statement, t *table) error {
	s.add("1 = 1")
	s.keyed(t) // the others are told of by roundEnd
	switch p.Phase {
	case phaseFull, phaseNull:
		if p.Phase == phaseNull {
			s.add(" AND %s IS NULL", t.changed.quoted)
		}
		if p.Key == nil {
			return nil
		}
		values, err := unpackedAll(p.Key)
		if err != nil {
			return err
		}
		s.add(" AND ")
		s.after(t.key, values)
	case phaseChange:
		s.add(" AND %s IS NOT NULL", t.changed.quoted)
		if p.Mark == "" {
			return nil
		}
		mark, err := unpacked(p.Mark)
		if err != nil {
			return err
		}
		if p.At == nil {
			s.add(" AND %s >= ", t.changed.quoted)
			s.bind(mark)
			return nil
		}
		key, err := unpackedAll(p.At)
		if err != nil {
			return err
		}
		s.add(" AND ")
		s.after(p.order(t), append([]any{mark}, key...))
	}
	return nil
}

// advance moves the position over a page and reports whether its phase has ended.
func (p *position) advance(t *table, pg page) bool {
	if pg.last != nil {
		key := make([]string, len(t.key))
		for i, k := range t.key {
			key[i] = packed(pg.last[k.at])
		}
		if p.Phase == phaseChange {
			p.Mark, p.At = packed(pg.last[t.changed.at]), key
		} else {
			p.Key = key
		}
	}
	if pg.more {
		return false
	}
	switch {
	case p.Phase == phaseNull:
		p.Phase = phaseChange
	case t.changed == nil:
		p.Phase = phaseAgain
	default:
		p.Phase = phaseRest
	}
	p.Key = nil
	return true
}

// bound is where a round of changes begins: at mark, or if there is a key after
// the row of mark and key.
type bound struct {
	mark string
	key  []string
}

// bound returns the begin of the next round of changes. A change mark is taken
// before its transaction commits, so marks up to the overlap before the clock of
// the last round may still have come up after it: they are read again. Older ones
// have all been seen, under the assumption that no transaction is longer than the
// overlap.
func (p *position) bound(t *table, cfg config) (bound, error) {
	mark, err := unpacked(p.Mark)
	if err != nil {
		return bound{}, err
	}
	clock, err := time.Parse(time.RFC3339, p.Clock)
	if err != nil {
		return bound{}, sdk.Errorf(sdk.Invalid, "cursor", "the cursor is damaged: %w", err)
	}
	switch t.changed.typ {
	case sdk.TypeInstant:
		settled := clock.Add(-cfg.overlap)
		last, form, ok := markTime(mark)
		if mark == nil || !ok || last.After(settled) {
			return bound{mark: markText(mark, form, settled, last.Location())}, nil
		}
		return bound{mark: p.Mark, key: p.At}, nil
	case sdk.TypeLocalTime, sdk.TypeDate:
		last, form, ok := markTime(mark)
		if mark == nil {
			return bound{}, nil
		}
		// The zone is not known, so only the marks themselves tell how late it is.
		// A mark that lies in the future in every zone tells nothing.
		latest := clock.Add(14 * time.Hour)
		if !ok || last.After(latest) {
			last = latest
		}
		last = last.Add(-cfg.overlap)
		if t.changed.typ == sdk.TypeDate {
			last, form = last.Add(-24*time.Hour), time.DateOnly
		}
		return bound{mark: markText(mark, form, last, last.Location())}, nil
	case sdk.TypeInt:
		text := strings.TrimSpace(fmt.Sprint(mark))
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			if _, isText := mark.(string); isText {
				return bound{mark: packed(strconv.FormatInt(n-cfg.count, 10))}, nil
			}
			return bound{mark: packed(n - cfg.count)}, nil
		}
	case sdk.TypeText:
		if text, isText := mark.(string); isText {
			if last, form, ok := markTime(text); ok {
				return bound{mark: markText(mark, form, last.Add(-cfg.overlap), last.Location())}, nil
			}
		}
	}
	return bound{mark: p.Mark}, nil
}

// markForms are the forms of time that are found in change columns; the databases'
// own first.
var markForms = []string{
	"2006-01-02 15:04:05.999999-07", "2006-01-02 15:04:05.999999-07:00", "2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04:05.999999999Z", "2006-01-02T15:04:05.999999999-07:00", "2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04", "2006-01-02T15:04Z", "2006-01-02T15:04", time.DateOnly,
}

// markTime reads a change mark and returns the form that it has.
func markTime(mark any) (t time.Time, form string, ok bool) {
	switch m := mark.(type) {
	case string:
		for _, form := range markForms {
			if t, err := time.Parse(form, m); err == nil {
				return t, form, true
			}
		}
		return time.Time{}, markForms[0], false
	case int64:
		return time.Unix(m, 0), "unix", true
	}
	return time.Time{}, sqliteTime, false
}

// markText returns a time in the form and zone of the change mark, cut to the
// second before: SQLite compares texts, in which 12:00:00.5Z comes before
// 12:00:00Z.
func markText(mark any, form string, t time.Time, zone *time.Location) string {
	t = t.In(zone).Truncate(time.Second).Add(-time.Second)
	if _, number := mark.(int64); number {
		return packed(t.Unix())
	}
	return packed(t.Format(form))
}

// packed and unpacked carry a value of the driver through a cursor.
func packed(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case int64:
		return "i" + strconv.FormatInt(v, 10)
	case float64:
		return "f" + strconv.FormatFloat(v, 'x', -1, 64)
	case string:
		if utf8.ValidString(v) {
			return "s" + v
		}
		return "x" + base64.RawStdEncoding.EncodeToString([]byte(v))
	case []byte:
		return "b" + base64.RawStdEncoding.EncodeToString(v)
	}
	panic(fmt.Sprintf("sql: a driver gave a %T", v)) // the drivers give none of this, as all columns are expressions
}

func unpacked(s string) (any, error) {
	if s == "" {
		return nil, nil
	}
	var v any
	var err error
	switch rest := s[1:]; s[0] {
	case 'i':
		v, err = strconv.ParseInt(rest, 10, 64)
	case 'f':
		v, err = strconv.ParseFloat(rest, 64)
	case 's':
		v = rest
	case 'x', 'b':
		var b []byte
		if b, err = base64.RawStdEncoding.DecodeString(rest); s[0] == 'x' {
			v = string(b)
		} else {
			v = b
		}
	default:
		err = fmt.Errorf("an unknown kind of value %q", s[0])
	}
	if err != nil {
		return nil, sdk.Errorf(sdk.Invalid, "cursor", "the cursor is damaged: %w", err)
	}
	return v, nil
}

func unpackedAll(in []string) ([]any, error) {
	out := make([]any, len(in))
	for i, s := range in {
		var err error
		if out[i], err = unpacked(s); err != nil {
			return nil, err
		}
	}
	return out, nil
}
