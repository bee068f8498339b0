package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gleis-dev/gleis/host"
	"github.com/gleis-dev/gleis/host/catalog"
	"github.com/gleis-dev/gleis/sdk"
)

func (a *app) connectionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "connection",
		Short: "Test a connection, show its schema, read and query its records",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return fmt.Errorf("say what to do: test, schema, read or query")
		},
	}
	cmd.AddCommand(a.testCommand(), a.schemaCommand(), a.readCommand(), a.queryCommand())
	return cmd
}

// connected opens the host and one connection of it.
func (a *app) connected(cmd *cobra.Command, name string, f func(c *catalog.Conn) error) error {
	return a.with(cmd.Context(), nil, func(h *host.Host) error {
		conn, err := h.Connection(cmd.Context(), name)
		if err != nil {
			return exitCode(err)
		}
		return exitCode(h.File().Connection(name).Blame(f(conn)))
	})
}

type findingLine struct {
	Connection string `json:"connection"`
	Level      string `json:"level"`
	Name       string `json:"name"`
	Text       string `json:"text"`
	Hint       string `json:"hint,omitempty"`
}

func (a *app) testCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "test NAME",
		Short: "Open a connection and examine it: sign-in, permissions, what it reaches",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), nil, func(h *host.Host) error {
				list, err := h.Test(cmd.Context(), args[0])
				if err != nil {
					return exitCode(err)
				}
				return a.showFindings(args[0], list)
			})
		},
	}
}

func (a *app) showFindings(connection string, list []sdk.Finding) error {
	level := map[sdk.Level]string{sdk.OK: "ok", sdk.Warning: "warning", sdk.Failed: "failed"}
	var rows [][]string
	worst := sdk.OK
	for _, f := range list {
		worst = max(worst, f.Level)
		if a.json {
			if err := a.line(findingLine{connection, level[f.Level], f.Name, f.Text.EN, f.Hint.EN}); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, []string{level[f.Level], f.Name, f.Text.EN, f.Hint.EN})
	}
	if err := a.table(rows); err != nil {
		return err
	}
	if worst == sdk.Failed {
		return fail(exitNothing, errReported)
	}
	return nil
}

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema NAME [OBJECT]",
		Short: "Show the objects of a connection, or the fields of one",
		Args:  cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.connected(cmd, args[0], func(c *catalog.Conn) error {
				s, err := c.Schema(cmd.Context())
				if err != nil {
					return err
				}
				if len(args) == 1 {
					return a.showObjects(s)
				}
				o := s.Object(args[1])
				if o == nil {
					return &host.UnknownError{What: "object", Name: args[1], Known: objectNames(s)}
				}
				return a.showObject(o)
			})
		},
	}
}

func objectNames(s *sdk.Schema) []string {
	var names []string
	for _, o := range s.Objects {
		names = append(names, o.Name)
	}
	return names
}

type objectLine struct {
	Object  string      `json:"object"`
	Title   string      `json:"title,omitempty"`
	Key     []string    `json:"key"`
	Changed string      `json:"changed,omitempty"`
	Can     []string    `json:"can"`
	Fields  []fieldLine `json:"fields,omitempty"`
}

type fieldLine struct {
	Field    string `json:"field"`
	Type     string `json:"type"`
	Required bool   `json:"required,omitempty"`
	ReadOnly bool   `json:"read_only,omitempty"`
	MaxLen   int    `json:"max_length,omitempty"`
	Title    string `json:"title,omitempty"`
}

func describeObject(o *sdk.Object) objectLine {
	l := objectLine{Object: o.Name, Title: o.Title.EN, Key: o.Key, Changed: o.Changed, Can: []string{}}
	for _, x := range []struct {
		can  bool
		name string
	}{
		{o.Allow.Read, "read"}, {o.Allow.Create, "create"}, {o.Allow.Update, "update"}, {o.Allow.Delete, "delete"},
		{o.Allow.ByKey, "by key"}, {o.Allow.ByChange, "by change"}, {o.Allow.Partitioned, "partitioned"},
	} {
		if x.can {
			l.Can = append(l.Can, x.name)
		}
	}
	return l
}

func (a *app) showObjects(s *sdk.Schema) error {
	rows := [][]string{{"OBJECT", "KEY", "CHANGED", "FIELDS", "CAN"}}
	for i := range s.Objects {
		o := &s.Objects[i]
		l := describeObject(o)
		if a.json {
			if err := a.line(l); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, []string{l.Object, strings.Join(l.Key, ", "), l.Changed, strconv.Itoa(len(o.Fields)), strings.Join(l.Can, ", ")})
	}
	if a.json {
		return nil
	}
	return a.table(rows)
}

func (a *app) showObject(o *sdk.Object) error {
	l := describeObject(o)
	l.Fields = fieldLines("", o.Fields)
	if a.json {
		return a.line(l)
	}
	rows := [][]string{{"FIELD", "TYPE", "", "MEANING"}}
	for _, f := range l.Fields {
		var marks []string
		if f.Required {
			marks = append(marks, "required")
		}
		if f.ReadOnly {
			marks = append(marks, "read only")
		}
		rows = append(rows, []string{f.Field, f.Type, strings.Join(marks, ", "), f.Title})
	}
	return a.table(rows)
}

// fieldLines lists fields with those inside them, by path.
func fieldLines(prefix string, fields []sdk.Field) []fieldLine {
	var out []fieldLine
	for _, f := range fields {
		l := fieldLine{Field: prefix + f.Name, Type: string(f.Type), Required: f.Required, ReadOnly: f.ReadOnly, MaxLen: f.MaxLength, Title: f.Title.EN}
		inner := f.Fields
		if f.Item != nil {
			l.Type += " of " + string(f.Item.Type)
			inner = f.Item.Fields
		}
		out = append(out, l)
		out = append(out, fieldLines(l.Field+".", inner)...)
	}
	return out
}
