package sql_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/gleis-dev/gleis/sdk"
)

const manyRows = 100_000

// many makes a table of so many rows of about 200 bytes.
func many(t testing.TB, d *database) {
	t.Helper()
	series := d.only(`WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 100000)`, `WITH s(i) AS (SELECT generate_series(1, 100000))`)
	d.exec(t, people, `CREATE INDEX people_changes ON people (updated_at, id)`, series+` INSERT INTO people (id, name, email, age, updated_at)
		SELECT CAST(1000000 + i AS TEXT), 'name of a person with the number ' || i, 'p' || i || '@example.com', i, '2026-01-01 00:00:00' FROM s`)
}

// BenchmarkRead reads 100,000 rows in full.
func BenchmarkRead(b *testing.B) {
	for name, make := range map[string]func(testing.TB) *database{"sqlite": newSQLite, "postgres": newPostgres} {
		b.Run(name, func(b *testing.B) {
			d := make(b)
			many(b, d)
			c := d.open(b)
			b.ReportAllocs()
			for b.Loop() {
				if n := count(b, c, sdk.ReadRequest{Object: "people"}); n != manyRows {
					b.Fatal(n)
				}
			}
			b.ReportMetric(float64(manyRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func count(t testing.TB, c sdk.Conn, req sdk.ReadRequest) int {
	n := 0
	err := sdk.Read(context.Background(), c, req, func(b sdk.Batch) error {
		n += len(b.Records)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Reading holds a batch at a time: what is alive while the last batches are with
// the host is no more than while the first are, in a listing by the key and in one
// that cannot be resumed.
func TestMemoryDoesNotGrowWithTheTable(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a large table")
	}
	d := newSQLite(t)
	many(t, d)
	c := d.open(t)
	for _, order := range []string{"", "name"} {
		var first, last uint64
		batches, n := 0, 0
		err := sdk.Read(t.Context(), c, sdk.ReadRequest{Object: "people", Order: order}, func(b sdk.Batch) error {
			n += len(b.Records)
			if batches++; batches == 5 || n == manyRows {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				if batches == 5 {
					first = m.HeapAlloc
				}
				last = m.HeapAlloc
			}
			return nil
		})
		if err != nil || n != manyRows {
			t.Fatal(n, err)
		}
		if last > first+4<<20 {
			t.Errorf("order %q: %d bytes alive after %d rows, %d after the first batches", order, last, n, first)
		}
	}
}
