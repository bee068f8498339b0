package sql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// Check implements sdk.Checker.
func (c *conn) Check(ctx context.Context) ([]sdk.Finding, error) {
	tables, err := c.load(ctx)
	if err != nil {
		e := sdk.AsError(c.fail(err, "check", "", ""))
		return []sdk.Finding{{
			Level: sdk.Failed, Name: "connection", Hint: e.Hint,
			Text: sdk.Text{EN: "The database does not answer: " + e.Error(), DE: "Die Datenbank antwortet nicht: " + e.Error()},
		}}, nil
	}
	var version string
	if err := c.reads.QueryRowContext(ctx, c.d.version).Scan(&version); err != nil {
		return nil, c.fail(err, "check", "", "")
	}
	writable := 0
	for _, t := range tables {
		if t.insert || t.update || t.delete {
			writable++
		}
	}
	out := []sdk.Finding{{
		Level: sdk.OK, Name: "connection",
		Text: sdk.Text{
			EN: fmt.Sprintf("%s answers; %d tables and views can be read, %d of them written.", version, len(tables), writable),
			DE: fmt.Sprintf("%s antwortet; %d Tabellen und Sichten sind lesbar, %d davon schreibbar.", version, len(tables), writable),
		},
	}}
	out = append(out, c.missing(tables)...)
	for _, t := range tables {
		more, err := c.checkTable(ctx, t)
		if err != nil {
			return nil, c.fail(err, "check", t.name, "")
		}
		out = append(out, more...)
	}
	return out, nil
}

// missing names the tables of the settings that are not there.
func (c *conn) missing(tables []*table) []sdk.Finding {
	var out []sdk.Finding
	there := func(name string) bool {
		return slices.ContainsFunc(tables, func(t *table) bool { return t.name == name })
	}
	report := func(setting, name string) {
		if there(name) {
			return
		}
		out = append(out, sdk.Finding{
			Level: sdk.Failed, Name: "table_missing",
			Text: sdk.Text{
				EN: fmt.Sprintf("The setting %q names %q, which does not exist or may not be read.", setting, name),
				DE: fmt.Sprintf("Die Einstellung „%s“ nennt „%s“, das nicht vorhanden oder nicht lesbar ist.", setting, name),
			},
			Hint: sdk.Text{EN: "Correct the name, or grant the right to select.", DE: "Den Namen berichtigen oder das Leserecht erteilen."},
		})
	}
	for _, name := range c.cfg.tables {
		report("tables", name)
	}
	for name := range c.cfg.changed {
		report("change_columns", name)
	}
	for name := range c.cfg.keys {
		report("keys", name)
	}
	slices.SortFunc(out, func(a, b sdk.Finding) int { return strings.Compare(a.Text.EN, b.Text.EN) })
	return out
}

func (c *conn) checkTable(ctx context.Context, t *table) ([]sdk.Finding, error) {
	var out []sdk.Finding
	warn := func(name string, text, hint sdk.Text) {
		out = append(out, sdk.Finding{Level: sdk.Warning, Name: name, Text: text, Hint: hint})
	}
	if len(t.key) == 0 && !t.view {
		warn("no_key", sdk.Text{
			EN: fmt.Sprintf("Table %q has no key: its rows can be read, but not linked or written.", t.name),
			DE: fmt.Sprintf("Die Tabelle „%s“ hat keinen Schlüssel: ihre Zeilen sind lesbar, aber nicht verknüpfbar oder schreibbar.", t.name),
		}, sdk.Text{EN: "Give it a primary key, or name its columns in \"keys\".", DE: "Einen Primärschlüssel ergänzen oder die Spalten in „keys“ nennen."})
	}
	if t.guarded {
		warn("row_security", sdk.Text{
			EN: fmt.Sprintf("Table %q hides rows by row security: a row that is not seen is not taken for deleted.", t.name),
			DE: fmt.Sprintf("Die Tabelle „%s“ verbirgt Zeilen durch Zeilensicherheit: eine nicht sichtbare Zeile gilt nicht als gelöscht.", t.name),
		}, sdk.Text{EN: "Let the user bypass it if deletions are to be carried over.", DE: "Den Benutzer davon ausnehmen, wenn Löschungen übertragen werden sollen."})
	}
	for _, k := range t.key {
		if !k.nullable && !k.holes {
			continue
		}
		found, err := c.any(ctx, t, k)
		if err != nil {
			return nil, err
		}
		if found {
			warn("null_key", sdk.Text{
				EN: fmt.Sprintf("Table %q has rows without a value in the key column %q; each counts as failed.", t.name, k.name),
				DE: fmt.Sprintf("Die Tabelle „%s“ hat Zeilen ohne Wert in der Schlüsselspalte „%s“; jede zählt als fehlgeschlagen.", t.name, k.name),
			}, sdk.Text{EN: "Fill the column in, or leave such rows out with a filter.", DE: "Die Spalte füllen oder solche Zeilen mit einem Filter auslassen."})
		}
	}
	return out, nil
}

// any reports whether a column is NULL in any row.
func (c *conn) any(ctx context.Context, t *table, k *column) (bool, error) {
	rows, err := c.reads.QueryContext(ctx, fmt.Sprintf("SELECT 1 FROM %s WHERE %s IS NULL LIMIT 1", t.from, k.quoted))
	if err != nil {
		return false, err
	}
	defer rows.Close()
	return rows.Next(), rows.Err()
}

// defaultChoices is how many choices are listed without a limit.
const defaultChoices = 200

// Choices implements sdk.Chooser: tables and schemas for the settings, for a field
// its choices or the values that it has.
func (c *conn) Choices(ctx context.Context, req sdk.ChoiceRequest) ([]sdk.Choice, error) {
	values, err := c.choices(ctx, req)
	if err != nil {
		return nil, c.fail(err, "choices", req.Object, "")
	}
	limit := req.Limit
	if limit <= 0 {
		limit = defaultChoices
	}
	var out []sdk.Choice
	for _, v := range values {
		if len(out) < limit && strings.Contains(strings.ToLower(v), strings.ToLower(req.Search)) {
			out = append(out, sdk.Choice{Value: v, Title: sdk.Text{EN: v}})
		}
	}
	return out, nil
}

func (c *conn) choices(ctx context.Context, req sdk.ChoiceRequest) ([]string, error) {
	switch {
	case req.Field != "":
		return c.fieldChoices(ctx, req)
	case req.Setting == "tables":
		all := c.cfg
		all.tables = nil
		tables, err := c.d.catalogue(ctx, c.reads, all)
		var out []string
		for _, t := range tables {
			out = append(out, t.name)
		}
		slices.Sort(out)
		return out, err
	case req.Setting == "schemas" && c.d.schemas != "":
		return c.texts(ctx, c.d.statement("%s", c.d.schemas))
	}
	return nil, sdk.Errorf(sdk.NotFound, "choices", "setting %q has no choices", req.Setting)
}

func (c *conn) fieldChoices(ctx context.Context, req sdk.ChoiceRequest) ([]string, error) {
	t, err := c.table(ctx, req.Object)
	if err != nil {
		return nil, err
	}
	col, err := t.need(req.Field)
	if err != nil || len(col.choices) > 0 {
		return col.choicesOrNone(), err
	}
	s := c.d.statement("SELECT DISTINCT CAST(%s AS TEXT) FROM %s WHERE %s IS NOT NULL", col.quoted, t.from, col.quoted)
	if req.Search != "" {
		s.add(" AND lower(CAST(%s AS TEXT)) LIKE ", col.quoted)
		s.bind("%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(req.Search)) + "%")
		s.add(` ESCAPE '\'`)
	}
	s.add(" ORDER BY 1 LIMIT %d", max(req.Limit, defaultChoices))
	return c.texts(ctx, s)
}

func (c *column) choicesOrNone() []string {
	if c == nil {
		return nil
	}
	return c.choices
}

// texts runs a statement that yields one text a row.
func (c *conn) texts(ctx context.Context, s *statement) ([]string, error) {
	rows, err := c.reads.QueryContext(ctx, s.String(), s.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var t string
		if err := rows.Scan(&t); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}
