package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gleis-dev/gleis/host/catalog"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/host/transform"
	"github.com/gleis-dev/gleis/sdk"
)

// job makes a process ready to run: connections opened, configuration checked
// against their schemas, transformation compiled. It belongs to one run.
func (h *Host) job(ctx context.Context, name string) (*run.Job, error) {
	p := h.file.Process(name)
	if p == nil {
		return nil, &UnknownError{What: "process", Name: name, Known: h.processNames()}
	}
	if err := h.checkSchemas(ctx, p); err != nil {
		return nil, err
	}
	src, err := h.end(ctx, p, p.Source, "source")
	if err != nil {
		return nil, err
	}
	dst, err := h.end(ctx, p, p.Target, "target")
	if err != nil {
		return nil, err
	}
	program, err := transform.Compile(p, src.Object, dst.Object)
	if err != nil {
		return nil, err
	}
	return &run.Job{
		Process: *p, Source: src, Target: dst, Mapper: mapper{h, program},
		Siblings: process.Siblings(h.file, p),
	}, nil
}

// checkSchemas checks a process against the schemas of all connections that it
// names, those of its look-ups too.
func (h *Host) checkSchemas(ctx context.Context, p *process.Process) error {
	one := &process.File{Name: h.file.Name, Connections: h.file.Connections, Processes: []*process.Process{p}}
	names := []string{p.Source.Connection, p.Target.Connection}
	for _, r := range p.Rules {
		if c := r.Args["connection"]; c != "" {
			names = append(names, c)
		}
	}
	schemas := map[string]*sdk.Schema{}
	for _, name := range names {
		if schemas[name] != nil {
			continue
		}
		conn, err := h.Connection(ctx, name)
		if err != nil {
			return err
		}
		if schemas[name], err = conn.Schema(ctx); err != nil {
			return fmt.Errorf("schema of %s: %w", name, err)
		}
	}
	return one.CheckSchemas(schemas)
}

// end opens one end of a process.
func (h *Host) end(ctx context.Context, p *process.Process, e process.Endpoint, side string) (run.End, error) {
	conn, err := h.Connection(ctx, e.Connection)
	if err != nil {
		return run.End{}, err
	}
	schema, err := conn.Schema(ctx)
	if err != nil {
		return run.End{}, fmt.Errorf("schema of %s: %w", e.Connection, err)
	}
	end := run.End{Conn: conn, Object: schema.Object(e.Object), Step: e.Step}
	if end.Object == nil {
		return run.End{}, process.Problems{{Pos: e.Pos, Key: "processes." + p.Name + "." + side + ".object", Text: fmt.Sprintf("%s has no object %q", e.Connection, e.Object)}}
	}
	if e.Step != "" {
		spec, _ := conn.Spec().Step(e.Step) // checked when the file was read
		if end.Settings, err = e.Parse(p, side, spec); err != nil {
			return run.End{}, err
		}
	}
	return end, nil
}

// mapper is a compiled transformation with the connections it looks things up in.
type mapper struct {
	host    *Host
	program *transform.Program
}

// Map implements run.Mapper.
func (m mapper) Map(ctx context.Context, recs []sdk.Record) ([]run.Mapped, error) {
	out := make([]run.Mapped, len(recs))
	for i, r := range m.program.Batch(ctx, recs, m.ask) {
		out[i] = run.Mapped{Data: r.Data, Dropped: r.Dropped, Reason: r.Reason, Err: r.Err}
	}
	return out, ctx.Err()
}

// ask answers look-ups, one query each.
func (m mapper) ask(ctx context.Context, asked []transform.Lookup) []transform.Answer {
	out := make([]transform.Answer, len(asked))
	for i, l := range asked {
		conn, err := m.host.Connection(ctx, l.Connection)
		if err == nil {
			out[i].Data, err = lookUp(ctx, conn, l)
		}
		out[i].Err = err
	}
	return out
}

// errFound ends a query at its first hit.
var errFound = errors.New("found")

func lookUp(ctx context.Context, conn *catalog.Conn, l transform.Lookup) (data []byte, err error) {
	req := sdk.QueryRequest{Object: l.Object, Notation: l.Notation, Filter: l.Filter, Fields: l.Fields, Order: l.Order, Limit: 1}
	err = conn.Query(ctx, req, func(b sdk.Batch) error {
		for _, f := range b.Failed {
			return f.Err
		}
		for _, r := range b.Records {
			data = append([]byte{}, r.Data...)
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return data, err
}

// Explain says what a process would do with a record now, and why, and what runs
// did with it. Nothing is written.
func (h *Host) Explain(ctx context.Context, name, key string) (run.Explanation, error) {
	job, err := h.job(ctx, name)
	if err != nil {
		return run.Explanation{}, err
	}
	return h.runner.Explain(ctx, job, key)
}

// sleep waits for d or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
