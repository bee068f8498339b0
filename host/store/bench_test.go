package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/host/store"
)

// graphKey has the length of a real event's id.
func graphKey(n int) string {
	return fmt.Sprintf("AAMkAGI1%s%08d", strings.Repeat("x", 136), n)
}

// realistic is a link as an event has one: long keys, a base of 700 bytes.
func realistic(n int) link.Link {
	return link.Link{
		ID: id(graphKey(n)), TargetKey: fmt.Sprintf("%d", n), SourceStamp: "DwAAABYAAAC3", TargetStamp: "2026-03-01T12:00:00Z",
		Base:   fmt.Appendf(nil, `{"subject":"%s %d"}`, strings.Repeat("s", 680), n),
		Intent: "1f0c6a3e-7a55-4c1b-8a4e-000000000000", IntentAt: "2026-03-01T12:00:00Z", Round: 1, At: "2026-04-01T00:00:00Z",
	}
}

const many = 100_000

// fill gives a store many links of one part.
func fill(b *testing.B, db *store.DB) {
	b.Helper()
	links := make([]link.Link, 0, 500)
	for n := range many {
		if links = append(links, realistic(n)); len(links) == cap(links) {
			if err := db.Commit(b.Context(), run.Commit{Part: part, Links: links, Position: &run.Position{Round: 1}}); err != nil {
				b.Fatal(err)
			}
			links = links[:0]
		}
	}
}

func batchOf(start int) (keys []string, links []link.Link, journal []run.Entry) {
	for i := range 500 {
		l := realistic((start + i) % many)
		keys, links = append(keys, l.SourceKey), append(links, l)
		journal = append(journal, run.Entry{Time: noon(), SourceKey: l.SourceKey, TargetKey: l.TargetKey, Action: "update", Reason: "changed", Detail: "subject, start"})
	}
	return keys, links, journal
}

func BenchmarkCommit500New(b *testing.B) {
	db, _ := open(b, b.TempDir())
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		b.StopTimer()
		links := make([]link.Link, 500)
		for i := range links {
			links[i] = realistic(n)
			n++
		}
		b.StartTimer()
		if err := db.Commit(b.Context(), run.Commit{Part: part, Links: links, Position: &run.Position{Cursor: []byte("c"), Round: 1}}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStore(b *testing.B) {
	db, _ := open(b, b.TempDir())
	fill(b, db)
	ctx := b.Context()
	b.Run("commit 500 changed with journal", func(b *testing.B) {
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			_, links, journal := batchOf(n)
			n += 500
			if err := db.Commit(ctx, run.Commit{Part: part, Links: links, Journal: journal, Position: &run.Position{Cursor: []byte("c"), Round: 1}}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("commit 500 seen", func(b *testing.B) {
		b.ReportAllocs()
		n, round := 0, int64(2)
		for b.Loop() {
			keys, _, _ := batchOf(n)
			if n += 500; n%many == 0 {
				round++
			}
			if err := db.Commit(ctx, run.Commit{Part: part, Seen: keys, Position: &run.Position{Cursor: []byte("c"), Round: round}}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("links 500", func(b *testing.B) {
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			keys, _, _ := batchOf(n)
			n += 500
			got, err := db.Links(ctx, run.LinkQuery{Part: part, Keys: keys, Reverse: []string{"crm-to-events"}})
			if err != nil || len(got) != 500 {
				b.Fatal(len(got), err)
			}
		}
	})
	b.Run("links 1 of 100000", func(b *testing.B) {
		b.ReportAllocs()
		keys := []string{graphKey(many / 2)}
		for b.Loop() {
			if got, err := db.Links(ctx, run.LinkQuery{Part: part, Keys: keys}); err != nil || len(got) != 1 {
				b.Fatal(len(got), err)
			}
		}
	})
	b.Run("select unseen, none of 100000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if got, err := db.Select(ctx, run.Selection{Part: part, Unseen: 1, Limit: 500}); err != nil || len(got) != 0 {
				b.Fatal(len(got), err)
			}
		}
	})
	b.Run("select unseen, all of 100000 by 500", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			total, after := 0, ""
			for {
				got, err := db.Select(ctx, run.Selection{Part: part, Unseen: 1 << 40, After: after, Limit: 500})
				if err != nil {
					b.Fatal(err)
				}
				if len(got) == 0 {
					break
				}
				total, after = total+len(got), got[len(got)-1].SourceKey
			}
			if total != many {
				b.Fatal(total)
			}
		}
	})
	b.Run("select creating, none", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if got, err := db.Select(ctx, run.Selection{Part: part, States: []link.State{link.Creating}}); err != nil || len(got) != 0 {
				b.Fatal(len(got), err)
			}
		}
	})
	b.Run("count", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if n, err := db.Count(ctx, part); err != nil || n != many {
				b.Fatal(n, err)
			}
		}
	})
}

func BenchmarkOpen100000(b *testing.B) {
	dir := b.TempDir()
	db, _ := open(b, dir)
	fill(b, db)
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		db, err := store.Open(b.Context(), dir, store.Options{Sealer: ringFor(dir), Now: noon})
		if err != nil {
			b.Fatal(err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
