package store_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/param"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/host/store"
	"github.com/gleis-dev/gleis/sdk"
)

// shapes are the ways in which a secret may be written to a file. A long secret
// in base64 is found by its middle, whatever stands before it.
func shapes(secret string) map[string][]byte {
	all := map[string][]byte{
		"raw": []byte(secret), "hex": []byte(hex.EncodeToString([]byte(secret))), "HEX": []byte(strings.ToUpper(hex.EncodeToString([]byte(secret)))),
		"query": []byte(url.QueryEscape(secret)), "path": []byte(url.PathEscape(secret)), "json": []byte(strings.Trim(fmt.Sprintf("%q", secret), `"`)),
	}
	back := []byte(secret)
	slices.Reverse(back)
	all["reversed"] = back
	for shift := range 3 {
		text := strings.Repeat("_", shift) + secret
		std := base64.StdEncoding.EncodeToString([]byte(text))
		middle := std[4 : len(std)-4]
		all[fmt.Sprintf("base64+%d", shift)] = []byte(middle)
		all[fmt.Sprintf("base64url+%d", shift)] = []byte(strings.NewReplacer("+", "-", "/", "_").Replace(middle))
	}
	return all
}

// search returns where in the files of dir the secrets stand, and how many bytes
// it read.
func search(t *testing.T, dir string, secrets ...string) (hits []string, size int) {
	t.Helper()
	for name, text := range snapshot(t, dir) {
		size += len(text)
		for _, s := range secrets {
			for shape, b := range shapes(s) {
				if bytes.Contains([]byte(text), b) {
					hits = append(hits, fmt.Sprintf("%s in %s as %s", s, name, shape))
				}
			}
		}
	}
	return hits, size
}

func TestNoSecretStandsInAnyFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, ring := open(t, dir)
	ctx := t.Context()
	params := param.New(ring, db).Params("m365")
	const token, next, cursor, later = "SENTINEL-RT-1/+?&=ü-refresh-token", "SENTINEL-RT-2/+?&=ü-rotated-token", "https://graph.example/v1.0/delta?$deltatoken=SENTINEL-1", "https://graph.example/v1.0/delta?$deltatoken=SENTINEL-2"
	put := func(value string, version int64) int64 {
		if err := params.Put(ctx, "refresh_token", sdk.NewSecret(value), version); err != nil {
			t.Fatal(err)
		}
		p, err := params.Get(ctx, "refresh_token")
		if err != nil || p.Value.Reveal() != value {
			t.Fatal(err)
		}
		return p.Version
	}
	commit := func(cursor string) {
		if err := db.Commit(ctx, run.Commit{Part: part, Links: []link.Link{{ID: id("PLAIN-KEY-OF-A-RECORD")}}, Position: &run.Position{Cursor: []byte(cursor)}}); err != nil {
			t.Fatal(err)
		}
	}
	version := put(token, 0)
	commit(cursor)
	if _, err := ring.Rotate(ctx, db); err != nil {
		t.Fatal(err)
	}
	put(next, version)
	commit(later)
	check := func(when string) {
		hits, size := search(t, dir, token, next, cursor, later)
		if len(hits) > 0 {
			t.Errorf("%s: %v", when, hits)
		}
		if plain, _ := search(t, dir, "PLAIN-KEY-OF-A-RECORD"); len(plain) == 0 {
			t.Errorf("%s: the search finds nothing at all", when)
		}
		t.Logf("%s: %d bytes searched", when, size)
	}
	check("open, with its log")
	if _, err := store.Writer(db).Exec(`PRAGMA wal_checkpoint(FULL)`); err != nil {
		t.Fatal(err)
	}
	check("carried over")
	if err := params.Delete(ctx, "refresh_token"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	check("closed")
}

func TestMovedSealedValuesDoNotOpen(t *testing.T) {
	t.Parallel()
	// what is moved: SQL on a store with parameters (m365, a), (m365, b), (crm, a) and two positions.
	cases := map[string]string{
		"name":            `UPDATE params SET sealed = (SELECT sealed FROM params WHERE connection = 'm365' AND name = 'b') WHERE connection = 'm365' AND name = 'a'`,
		"connection":      `UPDATE params SET sealed = (SELECT sealed FROM params WHERE connection = 'crm' AND name = 'a') WHERE connection = 'm365' AND name = 'a'`,
		"row renamed":     `DELETE FROM params WHERE connection = 'm365' AND name = 'a'; UPDATE params SET connection = 'm365' WHERE connection = 'crm'`,
		"version":         `UPDATE params SET version = version + 1 WHERE connection = 'm365' AND name = 'a'`,
		"older value":     `UPDATE params SET sealed = (SELECT old FROM memory) WHERE connection = 'm365' AND name = 'a'`,
		"cursor as param": `UPDATE params SET sealed = (SELECT cursor FROM parts WHERE partition = 'p') WHERE connection = 'm365' AND name = 'a'`,
		"partition":       `UPDATE parts SET cursor = (SELECT cursor FROM parts WHERE partition = 'q') WHERE partition = 'p'`,
		"param as cursor": `UPDATE parts SET cursor = (SELECT sealed FROM params WHERE name = 'b') WHERE partition = 'p'`,
		"process":         `UPDATE processes SET name = 'another'`,
		"key id":          `UPDATE params SET sealed = CAST(x'01ffffffff' || substr(sealed, 6) AS BLOB) WHERE connection = 'm365' AND name = 'a'`,
		"emptied":         `UPDATE params SET sealed = x'' WHERE connection = 'm365' AND name = 'a'`,
	}
	for name, move := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			db, ring := open(t, t.TempDir())
			all := param.New(ring, db)
			for _, p := range [][2]string{{"m365", "a"}, {"m365", "b"}, {"crm", "a"}} {
				if err := all.Params(p[0]).Put(ctx, p[1], sdk.NewSecret(p[0]+p[1]), 0); err != nil {
					t.Fatal(err)
				}
			}
			for _, p := range []string{"p", "q"} {
				if err := db.Commit(ctx, run.Commit{Part: run.Part{Process: "s", Partition: p}, Position: &run.Position{Cursor: []byte(p)}}); err != nil {
					t.Fatal(err)
				}
			}
			w := store.Writer(db)
			if _, err := w.Exec(`CREATE TABLE memory AS SELECT sealed AS old FROM params WHERE connection = 'm365' AND name = 'a'`); err != nil {
				t.Fatal(err)
			}
			if err := all.Params("m365").Put(ctx, "a", sdk.NewSecret("newer"), 1); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Exec(move); err != nil {
				t.Fatal(err)
			}
			process := "s"
			if name == "process" {
				process = "another"
			}
			got, errParam := all.Params("m365").Get(ctx, "a")
			pos, errPos := db.Position(ctx, run.Part{Process: process, Partition: "p"})
			if errParam == nil && got.Value.Reveal() != "newer" || errPos == nil && string(pos.Cursor) != "p" {
				t.Errorf("opened: %q, %q", got.Value.Reveal(), pos.Cursor)
			}
			if errParam == nil && errPos == nil {
				t.Error("nothing was noticed")
			}
			if errPos != nil && !errors.Is(errPos, store.Sealed) {
				t.Error(errPos)
			}
		})
	}
}

func TestEveryTurnedBitOfASealedValueIsNoticed(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, ring := open(t, t.TempDir())
	params := param.New(ring, db).Params("m365")
	if err := params.Put(ctx, "a", sdk.NewSecret("a secret"), 0); err != nil {
		t.Fatal(err)
	}
	sealed, _, err := db.Param(ctx, "m365", "a")
	if err != nil {
		t.Fatal(err)
	}
	noticed := 0
	for at := range sealed {
		for bit := range 8 {
			b := bytes.Clone(sealed)
			b[at] ^= 1 << bit
			if _, err := store.Writer(db).Exec(`UPDATE params SET sealed = ?`, b); err != nil {
				t.Fatal(err)
			}
			if p, err := params.Get(ctx, "a"); err == nil {
				t.Errorf("byte %d, bit %d: opened as %q", at, bit, p.Value.Reveal())
			} else {
				noticed++
			}
		}
	}
	for n := range sealed {
		if _, err := store.Writer(db).Exec(`UPDATE params SET sealed = ?`, sealed[:n]); err != nil {
			t.Fatal(err)
		}
		if _, err := params.Get(ctx, "a"); err == nil {
			t.Errorf("opened after %d bytes", n)
		}
	}
	t.Logf("%d bits turned, %d noticed", len(sealed)*8, noticed)
}

func TestMasterKeyIsRequiredAndNothingChangesWithoutIt(t *testing.T) {
	t.Parallel()
	const other = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	cases := map[string]struct {
		damage func(t *testing.T, key string)
		value  string
		words  []string
	}{
		"missing":     {damage: func(t *testing.T, key string) { must(t, os.Remove(key)) }, words: []string{"there is no key file", "put the file back", "GLEIS_MASTER_KEY"}},
		"wrong":       {damage: func(t *testing.T, key string) { must(t, os.WriteFile(key, []byte(other), 0o600)) }, words: []string{"the store wants master key", "nothing was changed"}},
		"wrong value": {damage: func(*testing.T, string) {}, value: other, words: []string{"the environment variable GLEIS_MASTER_KEY holds"}},
		"too open":    {damage: func(t *testing.T, key string) { must(t, os.Chmod(key, 0o640)) }, words: []string{"may be read by other users (mode 0640)", "chmod 600"}},
		"emptied":     {damage: func(t *testing.T, key string) { must(t, os.WriteFile(key, nil, 0o600)) }, words: []string{"0 bytes in base64, not 32", "head -c 32 /dev/urandom | base64"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, _ := withStore(t)
			key := filepath.Join(dir, "master.key")
			c.damage(t, key)
			before := snapshot(t, dir)
			ring := param.NewKeyRing(param.Master{Value: sdk.NewSecret(c.value), File: key, Rand: rand.Reader})
			db, err := store.Open(t.Context(), dir, store.Options{Sealer: ring, Now: noon})
			if err == nil {
				db.Close()
				t.Fatal("opened")
			}
			if !errors.Is(err, sdk.Auth) {
				t.Errorf("kind %v", sdk.KindOf(err))
			}
			for _, w := range c.words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
			if strings.Contains(err.Error(), other) {
				t.Error("the error holds the key")
			}
			if d := cmp.Diff(before, snapshot(t, dir)); d != "" {
				t.Error("files (-before +after):\n" + d)
			}
		})
	}
}

func TestKeysetOfAnotherStoreDoesNotOpen(t *testing.T) {
	t.Parallel()
	one, two := t.TempDir(), t.TempDir()
	a, _ := open(t, one)
	a.Close()
	key, err := os.ReadFile(filepath.Join(one, "master.key"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(two, "master.key"), key, 0o600))
	b, _ := open(t, two) // a new store under the same master key
	b.Close()
	raw := rawOpen(t, filepath.Join(two, store.File))
	if _, err := raw.Exec(`ATTACH ? AS one; UPDATE keyset SET wrapped = (SELECT wrapped FROM one.keyset)`, filepath.Join(one, store.File)); err != nil {
		t.Fatal(err)
	}
	raw.Close()
	_, err = store.Open(t.Context(), two, store.Options{Sealer: ringFor(two), Now: noon})
	if err == nil || !strings.Contains(err.Error(), "does not open") {
		t.Error(err)
	}
}

func TestMissingKeysetIsNotMadeAnew(t *testing.T) {
	t.Parallel()
	dir, file := withStore(t)
	raw := rawOpen(t, file)
	if _, err := raw.Exec(`DELETE FROM keyset`); err != nil {
		t.Fatal(err)
	}
	raw.Close()
	refused(t, dir, store.Corrupt, "the keyset is missing, but there are sealed values")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
