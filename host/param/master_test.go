package param_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/gleis-dev/gleis/host/param"
	"github.com/gleis-dev/gleis/sdk"
)

func TestForms(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{0xfb, 0xff, 0x01, 0x40}, 8) // has both special letters
	first := param.NewKeyRing(param.Master{Value: secret(base64.StdEncoding.EncodeToString(key))})
	wrapped, err := first.Unlock("here", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		value string
		words string // of the error, "" for none
	}{
		"standard":     {base64.StdEncoding.EncodeToString(key), ""},
		"unpadded":     {base64.RawStdEncoding.EncodeToString(key), ""},
		"url":          {base64.URLEncoding.EncodeToString(key), ""},
		"url unpadded": {base64.RawURLEncoding.EncodeToString(key), ""},
		"line end":     {base64.StdEncoding.EncodeToString(key) + "\r\n", ""},
		"hex":          {hex.EncodeToString(key), "48 bytes in base64, not 32"},
		"short":        {base64.StdEncoding.EncodeToString(key[:31]), "31 bytes in base64, not 32"},
		"long":         {base64.StdEncoding.EncodeToString(append(key, 1)), "33 bytes in base64, not 32"},
		"a word":       {"correct horse battery staple", "not base64"},
		"all zero":     {base64.StdEncoding.EncodeToString(make([]byte, 32)), "all bytes are the same"},
		"another":      {base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1, 2}, 16)), "the store wants master key"},
	} {
		_, err := param.NewKeyRing(param.Master{Value: secret(c.value)}).Unlock("here", wrapped)
		if c.words == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !errors.Is(err, sdk.Auth) || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), strings.TrimRight(c.value, "=")) {
			t.Errorf("%s: the error holds the key", name)
		}
	}
	if _, err := param.NewKeyRing(param.Master{Value: secret(base64.StdEncoding.EncodeToString(key))}).Unlock("there", wrapped); err == nil {
		t.Error("the keyset of one installation opened in another")
	}
	if _, err := param.NewKeyRing(param.Master{}).Unlock("here", wrapped); !errors.Is(err, sdk.Auth) || !strings.Contains(err.Error(), "no master key is configured") {
		t.Error(err)
	}
}

func TestKeyFileIsMadeOnceForANewStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "master.key")
	m := param.Master{File: file, Rand: rand.Reader}
	if _, err := param.NewKeyRing(m).Unlock("here", []byte(`{}`)); err == nil || !strings.Contains(err.Error(), "there is no key file") {
		t.Error(err)
	}
	if list, _ := os.ReadDir(dir); len(list) != 0 {
		t.Error("a file was made for an existing store")
	}
	if _, err := param.NewKeyRing(param.Master{File: file, Rand: iotest.ErrReader(errors.New("no luck"))}).Unlock("here", nil); err == nil {
		t.Error("made a key without randomness")
	}
	wrapped, err := param.NewKeyRing(m).Unlock("here", nil)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	if _, err := param.NewKeyRing(m).Unlock("another new store", nil); err != nil { // the folder's database was removed
		t.Error(err)
	}
	if after, _ := os.ReadFile(file); !bytes.Equal(before, after) {
		t.Error("an existing key file was replaced")
	}
	if _, err := param.NewKeyRing(m).Unlock("here", wrapped); err != nil {
		t.Error(err)
	}
	if list, _ := os.ReadDir(dir); len(list) != 1 {
		t.Errorf("%d files", len(list))
	}
	if _, err := param.NewKeyRing(param.Master{File: dir, Rand: rand.Reader}).Unlock("here", wrapped); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Error(err)
	}
}

func TestLockedRing(t *testing.T) {
	t.Parallel()
	r := param.NewKeyRing(param.Master{})
	if _, err := r.Seal([]byte("x")); err == nil {
		t.Error("sealed")
	}
	if _, err := r.Open([]byte("x")); err == nil {
		t.Error("opened")
	}
	if _, err := r.Rotate(t.Context(), nil); err == nil {
		t.Error("rotated")
	}
}

func TestPlacesDoNotMix(t *testing.T) {
	t.Parallel()
	r := param.NewKeyRing(param.Master{File: filepath.Join(t.TempDir(), "k"), Rand: rand.Reader})
	if _, err := r.Unlock("here", nil); err != nil {
		t.Fatal(err)
	}
	places := [][]string{{}, {""}, {"", ""}, {"a", "b"}, {"ab"}, {"a", "b", ""}, {"", "a", "b"}, {"a", "\x01b"}, {"a\x01b"}}
	seen := map[string]bool{}
	for i, p := range places {
		sealed, err := r.Seal([]byte("x"), p...)
		if err != nil || seen[string(sealed)] {
			t.Fatal(p, err)
		}
		seen[string(sealed)] = true
		for j, q := range places {
			if plain, err := r.Open(sealed, q...); (err == nil) != (i == j) {
				t.Errorf("sealed at %q, opened at %q: %q, %v", p, q, plain, err)
			}
		}
	}
}
