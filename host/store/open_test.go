package store_test

import (
	"crypto/rand"
	"path/filepath"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/host/param"
	"github.com/gleis-dev/gleis/host/store"
)

// noon is when every test begins.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// ringFor returns a locked ring whose master key lies in dir.
func ringFor(dir string) *param.KeyRing {
	return param.NewKeyRing(param.Master{File: filepath.Join(dir, "master.key"), Rand: rand.Reader})
}

// open opens the store in dir and closes it at the end of the test.
func open(t testing.TB, dir string, change ...func(*store.Options)) (*store.DB, *param.KeyRing) {
	t.Helper()
	ring := ringFor(dir)
	o := store.Options{Sealer: ring, Now: noon}
	for _, c := range change {
		c(&o)
	}
	db, err := store.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, ring
}
