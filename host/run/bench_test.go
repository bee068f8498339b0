package run_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

// flat is a source of many records that costs nothing.
type flat struct{ n int }

func (flat) Schema(context.Context) (*sdk.Schema, error) { return nil, nil }
func (flat) Close() error                                { return nil }

func (f flat) Read(_ context.Context, _ sdk.ReadRequest, emit sdk.Emit) error {
	for i := 0; i < f.n; i += 500 {
		b := sdk.Batch{Start: i == 0, Full: true, Done: i+500 >= f.n, Cursor: []byte("x")}
		for k := i; k < min(i+500, f.n); k++ {
			b.Records = append(b.Records, sdk.Record{Key: fmt.Sprintf("k%07d", k), Stamp: "1", Data: []byte(`{"email":"somebody@somewhere.example","note":"a text of some length, as notes are","title":"Somebody"}`)})
		}
		if err := emit(b); err != nil {
			return err
		}
	}
	return nil
}

// sink is a target that takes everything.
type sink struct{ n int }

func (*sink) Schema(context.Context) (*sdk.Schema, error) { return nil, nil }
func (*sink) Close() error                                { return nil }

func (s *sink) Write(_ context.Context, req sdk.WriteRequest) ([]sdk.Result, error) {
	out := make([]sdk.Result, len(req.Records))
	for i, r := range req.Records {
		s.n++
		out[i] = sdk.Result{Key: fmt.Sprint(s.n), Stamp: "1", Data: r.Data, Outcome: sdk.Done}
	}
	return out, nil
}

// BenchmarkRun measures the engine without systems and disk, in records.
func BenchmarkRun(b *testing.B) {
	const n = 10000
	object := &sdk.Object{Name: "o", Idempotency: sdk.ByIntent, Allow: sdk.Allow{Read: true, Create: true, Update: true, Delete: true, ByKey: true}}
	setUp := func() (*run.Runner, *run.Job) {
		r := &run.Runner{Store: newMemStore(), Rand: seeded(1), Now: time.Now, Log: slog.New(slog.DiscardHandler), Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
		return r, &run.Job{
			Process: process.Process{Name: "p", Conflict: process.SourceWins},
			Source:  run.End{Conn: flat{n: n}, Object: object}, Target: run.End{Conn: &sink{}, Object: object},
			Mapper: run.MapperFunc(func(_ context.Context, recs []sdk.Record) ([]run.Mapped, error) {
				out := make([]run.Mapped, len(recs))
				for i, r := range recs {
					out[i].Data = r.Data
				}
				return out, nil
			}),
		}
	}
	do := func(b *testing.B, r *run.Runner, j *run.Job) {
		b.Helper()
		if rep, err := r.Run(b.Context(), j, run.Options{Full: true}); err != nil || rep.Sum.FailedPartitions > 0 {
			b.Fatal(err, rep)
		}
	}
	b.Run("create", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			r, j := setUp()
			b.StartTimer()
			do(b, r, j)
		}
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
	})
	b.Run("unchanged", func(b *testing.B) {
		r, j := setUp()
		do(b, r, j)
		b.ReportAllocs()
		for b.Loop() {
			do(b, r, j)
		}
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
	})
}
