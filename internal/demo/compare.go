package demo

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/testharness/graphsim"
)

// Difference is one field, or one record, in which the two sides differ.
type Difference struct {
	Table, ID, Field string // Field "": the whole record
	Want, Got        string
}

// String says it in one line.
func (d Difference) String() string {
	if d.Field == "" {
		return fmt.Sprintf("%s %s: %s, but %s", d.Table, d.ID, d.Want, d.Got)
	}
	return fmt.Sprintf("%s %s, %s: %.80q in Microsoft 365, %.80q in the CRM", d.Table, d.ID, d.Field, d.Want, d.Got)
}

// row is a record as the CRM should have it, by column.
type row map[string]string

// Compare holds every row of the CRM in dir against what the company's mailboxes
// hold: each record there once, with the same content, and no other.
func (c *Company) Compare(ctx context.Context, dir string) (list []Difference, err error) {
	want, err := c.expected()
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "crm.db")+"?mode=ro")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, table := range []string{"meetings", "todos", "contacts"} {
		got, err := readTable(ctx, db, table)
		if err != nil {
			return nil, fmt.Errorf("read the CRM's %s: %w", table, err)
		}
		list = append(list, compareTable(table, want[table], got)...)
	}
	return list, nil
}

// Rows counts the rows that the CRM should have, by table.
func (c *Company) Rows() (map[string]int, error) {
	want, err := c.expected()
	if err != nil {
		return nil, err
	}
	n := map[string]int{}
	for table, rows := range want {
		n[table] = len(rows)
	}
	return n, nil
}

// expected derives the CRM's content from the mailboxes.
func (c *Company) expected() (map[string]map[string]row, error) {
	want := map[string]map[string]row{"meetings": {}, "todos": {}, "contacts": {}}
	people := c.people()
	mailboxes := map[string]bool{}
	for _, u := range people {
		mailboxes[strings.ToLower(u.Mail)] = true
	}
	from, to := window(c.Sim.Control().Now())
	for i, u := range people {
		state, err := c.Sim.Control().State(u.UPN, from, to)
		if err != nil {
			return nil, err
		}
		for _, e := range slices.Concat(state.Events, state.Masters) {
			if r := meeting(e, u, people, mailboxes); r != nil {
				want["meetings"][r["graph_id"]] = r
			}
		}
		for _, t := range state.Tasks {
			want["todos"][at(t, "id")] = todo(t, people[i])
		}
		for _, k := range state.Contacts {
			want["contacts"][at(k, "id")] = contact(k, people[i])
		}
	}
	return want, nil
}

// meeting is the CRM's row for an event in u's mailbox, nil if it has none: it is
// cancelled, or it is the copy of a meeting whose organiser is a colleague.
func meeting(e map[string]any, u graphsim.User, people []graphsim.User, mailboxes map[string]bool) row {
	organizer := strings.ToLower(at(e, "organizer.emailAddress.address"))
	if e["isCancelled"] == true || organizer != strings.ToLower(u.Mail) && mailboxes[organizer] {
		return nil
	}
	owner := ""
	for i, p := range people {
		if strings.EqualFold(p.Mail, organizer) {
			owner = fmt.Sprint(i + 1) // as the CRM numbered them
		}
	}
	return row{
		"graph_id": at(e, "id"), "mailbox": u.Mail, "kind": at(e, "type"), "series": at(e, "seriesMasterId"), "title": at(e, "subject"),
		"starts_at": berlin(e, "start"), "ends_at": berlin(e, "end"), "all_day": at(e, "isAllDay"), "place": at(e, "location.displayName"),
		"organizer": at(e, "organizer.emailAddress.address"), "owner_id": owner, "note": at(e, "bodyPreview"),
	}
}

func todo(t map[string]any, u graphsim.User) row {
	return row{
		"graph_id": at(t, "id"), "mailbox": u.Mail, "title": at(t, "title"), "status": at(t, "status"), "importance": at(t, "importance"),
		"due": day(at(t, "dueDateTime.dateTime")),
	}
}

func contact(k map[string]any, u graphsim.User) row {
	return row{
		"graph_id": at(k, "id"), "mailbox": u.Mail, "given_name": at(k, "givenName"), "surname": at(k, "surname"), "company": at(k, "companyName"),
		"job": at(k, "jobTitle"), "mobile": at(k, "mobilePhone"), "origin": "Microsoft 365",
	}
}

// at is the text of a value by its path, "" where there is none.
func at(v any, path string) string {
	for name := range strings.SplitSeq(path, ".") {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return fmt.Sprint(v)
}

// berlin is the wall clock of Berlin at the start or end of an event; a whole day
// is a date and not moved.
func berlin(e map[string]any, field string) string {
	text := at(e, field+".dateTime")
	t, err := time.Parse("2006-01-02T15:04:05.9999999", text)
	if err != nil {
		return text
	}
	if e["isAllDay"] != true {
		if place, err := time.LoadLocation("Europe/Berlin"); err == nil {
			t = t.In(place)
		}
	}
	return t.Format("2006-01-02T15:04:05")
}

// day is the day that a task's date stands for: To Do hands it out as the midnight
// of the zone that it was set in, in UTC.
func day(text string) string {
	t, err := time.Parse("2006-01-02T15:04:05.9999999", text)
	if err != nil {
		return text
	}
	return t.Add(12*time.Hour).Format(time.DateOnly) + "T00:00:00"
}

func readTable(ctx context.Context, db *sql.DB, table string) (list []row, err error) {
	rows, err := db.QueryContext(ctx, `SELECT * FROM `+table) // one of three constants
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			return nil, err
		}
		r := row{}
		for i, name := range columns {
			r[name] = text(*values[i].(*any))
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []byte:
		return string(v)
	}
	return fmt.Sprint(v)
}

// compareTable holds the rows of a table against those it should have.
func compareTable(table string, want map[string]row, got []row) (list []Difference) {
	seen := map[string]bool{}
	for _, g := range got {
		id := g["graph_id"]
		w := want[id]
		switch {
		case seen[id]:
			list = append(list, Difference{Table: table, ID: id, Want: "one record in Microsoft 365", Got: "doubled in the CRM"})
		case w == nil:
			list = append(list, Difference{Table: table, ID: id, Want: "no record in Microsoft 365", Got: "one in the CRM"})
		default:
			list = append(list, compareRow(table, id, w, g)...)
		}
		seen[id] = true
	}
	for id := range want {
		if !seen[id] {
			list = append(list, Difference{Table: table, ID: id, Want: "a record in Microsoft 365", Got: "none in the CRM"})
		}
	}
	slices.SortFunc(list, func(a, b Difference) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Field, b.Field)) })
	return list
}

func compareRow(table, id string, want, got row) (list []Difference) {
	for _, field := range slices.Sorted(maps.Keys(want)) {
		if !equal(field, want[field], got[field]) {
			list = append(list, Difference{table, id, field, want[field], got[field]})
		}
	}
	return list
}

// equal compares one field. Addresses are compared without case; a preview is the
// beginning of the note.
func equal(field, want, got string) bool {
	switch field {
	case "mailbox", "organizer":
		return strings.EqualFold(want, got)
	case "all_day":
		return want == got || want == "true" && got == "1" || want == "false" && got == "0"
	case "note":
		return strings.HasPrefix(words(got), words(want))
	}
	return want == got
}

// words is a text without what a plain text adds to HTML: white space, the marks
// of list items, and the addresses behind links.
func words(s string) string {
	var out []string
	for _, w := range strings.Fields(s) {
		if w != "-" && !strings.HasPrefix(w, "(http") {
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}
