package sql

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// A row with NULL in its key cannot be addressed: no condition on the key finds
// it, and it may be there many times. It is no record, but it is no secret either:
// each round ends with a Failure for each such row, under a text that names the
// row and answers with the same Failure when it is asked for, as long as the row
// stays as it is.

// plainName is a name that needs no quotes in SQL, unless it is a word of the language.
var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// maxShown bounds what is shown of a value, in characters.
const maxShown = 40

// mayBeNull returns the key columns that may be NULL.
func (t *table) mayBeNull() []*column {
	var out []*column
	for _, k := range t.key {
		if k.nullable || k.holes {
			out = append(out, k)
		}
	}
	return out
}

// keyless reports whether a row has NULL in its key.
func (t *table) keyless(r row) bool {
	return slices.ContainsFunc(t.key, func(k *column) bool { return r[k.at] == nil })
}

// keylessName names a row that has no key. The hash tells rows apart whose key
// columns are alike; the rest is for people.
func (t *table) keylessName(r row) string {
	var parts []string
	for _, k := range t.key {
		parts = append(parts, k.name+" = "+k.brief(r))
	}
	h := sha256.New()
	for _, c := range t.columns {
		fmt.Fprintf(h, "%s\x00", packed(r[c.at]))
	}
	name := fmt.Sprintf("(%s) #%s", strings.Join(parts, ", "), base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:9]))
	return strings.ToValidUTF8(strings.ReplaceAll(name, "\x00", "\uFFFD"), "\uFFFD")
}

// isKeylessName reports whether keylessName may have made a text.
func isKeylessName(key string) bool {
	i := strings.LastIndex(key, ") #")
	return strings.HasPrefix(key, "(") && i > 0 && len(key) == i+len(") #")+12
}

// brief returns a value for people.
func (c *column) brief(r row) string {
	if r[c.at] == nil {
		return "NULL"
	}
	form, err := c.form(nil, r[c.at])
	if err != nil {
		return "…"
	}
	if text := []rune(string(form)); len(text) > maxShown {
		return string(text[:maxShown]) + "…"
	}
	return string(form)
}

// keylessFailure is what is said of a row without a key.
func (c *conn) keylessFailure(t *table, r row) sdk.Failure {
	var missing []string
	given := false
	for _, k := range t.key {
		if r[k.at] == nil {
			missing = append(missing, k.name)
		} else {
			given = true
		}
	}
	which := ""
	if !given { // nothing of the key tells which row it is
		var parts []string
		for _, col := range t.columns {
			if !t.isKey(col) && r[col.at] != nil && len(parts) < 3 {
				parts = append(parts, col.name+" = "+col.brief(r))
			}
		}
		if len(parts) > 0 {
			which = " with " + strings.Join(parts, ", ")
		}
	}
	first, key := missing[0], t.keylessName(r)
	if !plainName.MatchString(first) {
		first = quote(first)
	}
	return sdk.Failure{Key: key, Err: &sdk.Error{
		Op: "read", Object: t.name, Key: key, Kind: sdk.Invalid, Code: "null_key", Args: map[string]string{"field": strings.Join(missing, ", ")},
		Err: fmt.Errorf("the row%s has no value in the key column %s, so it cannot be addressed", which, strings.Join(missing, " and ")),
		Hint: sdk.Text{
			EN: fmt.Sprintf("fill the column in, or leave such rows out with the filter %s IS NOT NULL", first),
			DE: fmt.Sprintf("die Spalte füllen oder solche Zeilen mit dem Filter %s IS NOT NULL auslassen", first),
		},
	}}
}

// keyed appends the condition that no key column is NULL.
func (s *statement) keyed(t *table) {
	for _, k := range t.mayBeNull() {
		s.add(" AND %s IS NOT NULL", k.quoted)
	}
}

// nullKeys appends the condition that some of the key columns are NULL.
func (s *statement) nullKeys(columns []*column) {
	s.add("(")
	for i, k := range columns {
		if i > 0 {
			s.add(" OR ")
		}
		s.add("%s IS NULL", k.quoted)
	}
	s.add(")")
}

// keylessPage reads at most size rows without a key, from the n-th on, that a round
// begun at a position covers. There is no position in them to go on from, so they
// are counted.
func (c *conn) keylessPage(ctx context.Context, t *table, from *position, filter string, n, size int) ([]sdk.Failure, error) {
	s := c.d.statement("SELECT %s FROM %s WHERE ", t.selection(), t.from)
	s.nullKeys(t.mayBeNull())
	if from.Phase != phaseFull && from.Mark != "" {
		mark, err := unpacked(from.Mark)
		if err != nil {
			return nil, err
		}
		s.add(" AND (%s IS NULL OR %s >= ", t.changed.quoted, t.changed.quoted)
		s.bind(mark)
		s.add(")")
	}
	s.filter(filter)
	s.add(" ORDER BY %s LIMIT %d OFFSET %d", quotedNames(t.key), size, n)
	var out []sdk.Failure
	err := c.eachRow(ctx, t, s, func(r row) { out = append(out, c.keylessFailure(t, r)) })
	return out, err
}

// eachRow calls f with the rows of a statement that selects a table's columns.
func (c *conn) eachRow(ctx context.Context, t *table, s *statement, f func(row)) error {
	rows, err := c.reads.QueryContext(ctx, s.String(), s.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scan(rows, len(t.columns))
		if err != nil {
			return err
		}
		f(r)
	}
	return rows.Err()
}

// roundEnd emits the last batch of a round, after the failures of the rows without
// a key. Only the very last batch has the cursor: a round that is broken off among
// them reports them again.
func (c *conn) roundEnd(ctx context.Context, t *table, from *position, filter string, b sdk.Batch, emit sdk.Emit) error {
	if len(t.mayBeNull()) == 0 {
		return emit(b)
	}
	for n := 0; ; n += c.cfg.batch {
		failed, err := c.keylessPage(ctx, t, from, filter, n, c.cfg.batch)
		if err != nil {
			return err
		}
		if len(failed) == 0 {
			return emit(b)
		}
		if len(b.Records)+len(b.Failed) > 0 {
			before := b
			before.Cursor, before.Done = nil, false
			if err := emit(before); err != nil {
				return err
			}
			b.Records, b.Start = nil, false
		}
		b.Failed = failed
		if len(failed) < c.cfg.batch {
			return emit(b)
		}
	}
}

// keylessName is the name of a row without a key, asked for.
type keylessName struct {
	noKey bool // no row can have it for its key
	found bool // and answered
}

// keylessAnswers answers names of rows without a key: with the same failure as long
// as the row is there.
func (c *conn) keylessAnswers(ctx context.Context, t *table, asked map[string]keylessName, b *sdk.Batch) error {
	if len(asked) == 0 {
		return nil
	}
	s := c.d.statement("SELECT %s FROM %s WHERE ", t.selection(), t.from)
	s.nullKeys(t.mayBeNull())
	return c.eachRow(ctx, t, s, func(r row) {
		key := t.keylessName(r)
		if name, ok := asked[key]; ok && !name.found {
			asked[key] = keylessName{noKey: name.noKey, found: true}
			b.Failed = append(b.Failed, c.keylessFailure(t, r))
		}
	})
}
