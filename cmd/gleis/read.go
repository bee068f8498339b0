package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gleis-dev/gleis/host"
	"github.com/gleis-dev/gleis/host/catalog"
	"github.com/gleis-dev/gleis/sdk"
)

// recordLine is one record in the output of read and query.
type recordLine struct {
	Key       string          `json:"key"`
	Partition string          `json:"partition,omitempty"`
	Op        string          `json:"op"`
	Stamp     string          `json:"stamp,omitempty"`
	Data      json.RawMessage `json:"data,omitempty"`
}

// printer is an emit that prints records, at most limit of them.
type printer struct {
	app    *app
	limit  int // 0: no limit
	shown  int
	failed int
}

// errEnough ends a read whose limit is reached.
var errEnough = errors.New("enough")

func (p *printer) emit(b sdk.Batch) error {
	for _, f := range b.Failed {
		p.failed++
		fmt.Fprintf(p.app.err, "gleis: %s: %s\n", plain(f.Key), plain(f.Err.Error()))
	}
	for _, r := range b.Records {
		if p.limit > 0 && p.shown == p.limit {
			return errEnough
		}
		p.shown++
		if err := p.show(r); err != nil {
			return err
		}
	}
	return nil
}

func (p *printer) show(r sdk.Record) error {
	l := recordLine{Key: r.Key, Partition: r.Partition, Op: r.Op.String(), Stamp: r.Stamp}
	if r.Data != nil {
		l.Data = printable(r.Data)
	}
	if p.app.json {
		return p.app.line(l)
	}
	fmt.Fprintf(p.app.out, "%s  %s  %s\n", l.Op, plain(l.Key), plain(l.Stamp))
	if r.Data == nil {
		return nil
	}
	var b bytes.Buffer
	if err := json.Indent(&b, l.Data, "  ", "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.app.out, "  %s\n", b.String())
	return err
}

// end says how a read came out.
func (p *printer) end(err error) error {
	switch {
	case err != nil && !errors.Is(err, errEnough):
		return err
	case p.failed > 0:
		return fail(exitPartly, errReported)
	}
	return nil
}

func (a *app) readCommand() *cobra.Command {
	var req sdk.ReadRequest
	var step, partition string
	cmd := &cobra.Command{
		Use:   "read NAME OBJECT",
		Short: "Read records of an object, from the start",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			req.Object = args[1]
			return a.connected(cmd, args[0], func(c *catalog.Conn) error { return a.read(cmd, c, req, step, partition) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&step, "step", "", "read by this step of the connector")
	f.StringVar(&partition, "partition", "", "only this partition (a mailbox); default: all")
	f.StringVar(&req.Filter, "filter", "", "filter in the system's own syntax")
	f.StringVar(&req.Since, "since", "", "only what has changed since this change mark")
	f.StringArrayVar(&req.Keys, "key", nil, "only this record; may be repeated")
	f.StringSliceVar(&req.Fields, "fields", nil, "only these fields")
	f.IntVar(&req.Limit, "limit", 20, "at most so many records; 0: no limit")
	return cmd
}

func (a *app) read(cmd *cobra.Command, c *catalog.Conn, req sdk.ReadRequest, step, partition string) error {
	s, err := c.Schema(cmd.Context())
	if err != nil {
		return err
	}
	o := s.Object(req.Object)
	if o == nil {
		return &host.UnknownError{What: "object", Name: req.Object, Known: objectNames(s)}
	}
	p := &printer{app: a, limit: req.Limit}
	parts := []sdk.Partition{{}}
	if o.Allow.Partitioned {
		list, err := c.Partitions(cmd.Context(), sdk.PartitionRequest{Object: req.Object, Step: step})
		if err != nil {
			return err
		}
		req.Scope, parts = list.Scope, list.Partitions
		for _, f := range list.Failed {
			p.failed++
			fmt.Fprintf(a.err, "gleis: %s: %s\n", plain(f.Partition), plain(f.Err.Error()))
		}
	}
	found := false
	for _, part := range parts {
		if partition != "" && part.ID != partition && part.Title != partition {
			continue
		}
		found = true
		req.Partition = part.ID
		if step != "" {
			r := req
			_, err = c.RunStep(cmd.Context(), sdk.StepRequest{Step: step, Read: &r}, p.emit)
		} else {
			err = c.Read(cmd.Context(), req, p.emit)
		}
		if err != nil {
			break
		}
	}
	if !found {
		return &host.UnknownError{What: "partition", Name: partition}
	}
	return p.end(err)
}

func (a *app) queryCommand() *cobra.Command {
	var req sdk.QueryRequest
	cmd := &cobra.Command{
		Use:     "query NAME OBJECT NOTATION",
		Short:   "Look records up by field notation",
		Example: "  gleis connection query m365 event 'id|:|ABC|;|user|:|a@b.example|;|' --json\n  gleis connection query crm --text 'SELECT * FROM people WHERE name = :name' --arg name=Weber",
		Args:    cobra.RangeArgs(1, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			if req.Text == "" && len(args) != 3 || req.Text != "" && len(args) != 1 {
				return fmt.Errorf("name connection, object and field notation, or the connection alone with --text")
			}
			if len(args) == 3 {
				req.Object, req.Notation = args[1], args[2]
			}
			return a.connected(cmd, args[0], func(c *catalog.Conn) error {
				if req.Text != "" && req.Language == "" && len(c.Spec().Languages) > 0 {
					req.Language = c.Spec().Languages[0]
				}
				p := &printer{app: a, limit: req.Limit}
				err := p.end(c.Query(cmd.Context(), req, p.emit))
				switch {
				case errors.Is(err, sdk.Invalid) || errors.Is(err, sdk.Unsupported):
					return fail(exitUsage, err)
				case err == nil && p.shown == 0 && !a.json:
					fmt.Fprintln(a.out, "no record")
				}
				return err
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&req.Text, "text", "", "a query in the system's query language instead")
	f.StringVar(&req.Language, "language", "", "that language; default: the connector's first")
	f.StringToStringVar(&req.Args, "arg", nil, "value of a parameter of --text, name=value; may be repeated")
	f.StringSliceVar(&req.Fields, "fields", nil, "only these fields")
	f.IntVar(&req.Limit, "limit", 0, "at most so many records; 0: no limit")
	return cmd
}
