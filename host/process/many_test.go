package process_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gleis-dev/gleis/host/process"
)

// manyProcesses is a configuration of n processes of five lines each.
func manyProcesses(n int) []byte {
	var b strings.Builder
	b.WriteString("connections:\n  crm: {connector: sql, settings: {dsn: \"sqlite:crm.db\"}}\nprocesses:\n")
	for i := range n {
		fmt.Fprintf(&b, "  p%d:\n    source: {connection: crm, object: a%d}\n    target: {connection: crm, object: b%d}\n    fields: {x: y}\n    conflict: skip\n", i, i, i)
	}
	return []byte(b.String())
}

func TestEveryProcessKnowsItsOwnPlaces(t *testing.T) {
	t.Parallel()
	f, err := process.Parse("gleis.yaml", manyProcesses(3000), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Check(specs()); err != nil {
		t.Fatal(err)
	}
	for i, p := range f.Processes {
		if got, want := p.Places.At("target", "object").Line, 4+5*i+2; got != want {
			t.Fatalf("%s: its target's object stands in line %d, want %d", p.Name, got, want)
		}
		if len(p.Places) != 10 {
			t.Fatalf("%s knows %d places, want its own 10", p.Name, len(p.Places))
		}
	}
}

// BenchmarkManyProcesses shows that a process costs as much among many as among few.
func BenchmarkManyProcesses(b *testing.B) {
	for _, n := range []int{100, 3000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			text := manyProcesses(n)
			for b.Loop() {
				f, err := process.Parse("gleis.yaml", text, nil)
				if err == nil {
					err = f.Check(specs())
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/process")
		})
	}
}
