package param

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/gleis-dev/gleis/sdk"
)

// keyBytes is the length of a master key: AES-256.
const keyBytes = 32

// maxKeyText is what is read of a key file at most.
const maxKeyText = 1 << 10

// Variable is the environment variable that may hold the master key. It is read
// by whoever fills Master.
const Variable = "GLEIS_MASTER_KEY"

// Master says where the master key is: 32 bytes in base64 (standard or URL
// alphabet, padded or not), as `head -c 32 /dev/urandom | base64` prints it.
type Master struct {
	Value sdk.Secret // the value of Variable; empty: File counts
	File  string     // path of the key file, made with mode 0600 for a new store; its folder must exist
	Rand  io.Reader  // makes the key of a new file; required with File
}

// masterKey is a master key that was read.
type masterKey struct {
	from string // where it came from, for messages
	id   string // tells keys apart without saying anything about them
	aead tink.AEAD
}

// read returns the master key. With fresh set (a new store) a missing file is made.
func (m Master) read(fresh bool) (*masterKey, error) {
	if !m.Value.Empty() {
		return parseKey(m.Value.Reveal(), "the environment variable "+Variable)
	}
	if m.File == "" {
		return nil, keyError("master_key_missing", errors.New("no master key is configured"),
			"set "+Variable+" or name a key file", Variable+" setzen oder eine Schlüsseldatei nennen")
	}
	text, err := readPrivate(m.File)
	if errors.Is(err, fs.ErrNotExist) && fresh {
		text, err = m.create()
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, keyError("master_key_missing", fmt.Errorf("the store has sealed values, but there is no key file %s", m.File),
			"put the file back from its backup, or set "+Variable+"; nothing was changed",
			"die Datei aus ihrer Sicherung zurücklegen oder "+Variable+" setzen; nichts wurde geändert")
	}
	if err != nil {
		return nil, err
	}
	return parseKey(text, "the file "+m.File)
}

func parseKey(text, from string) (*masterKey, error) {
	text = strings.TrimRight(strings.TrimSpace(text), "=")
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	key, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil {
		// The decoder's own text names a position, never the value.
		return nil, keyFormat(fmt.Errorf("%s: not base64: %w", from, err))
	}
	if len(key) != keyBytes {
		return nil, keyFormat(fmt.Errorf("%s: %d bytes in base64, not %d", from, len(key), keyBytes))
	}
	if strings.Count(string(key), string(key[:1])) == len(key) {
		return nil, keyFormat(fmt.Errorf("%s: all bytes are the same", from))
	}
	a, err := subtle.NewAESGCM(key)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("gleis master key id"))
	return &masterKey{from: from, id: hex.EncodeToString(mac.Sum(nil)[:6]), aead: a}, nil
}

// create makes the key file. It appears under its name complete or not at all.
func (m Master) create() (string, error) {
	key := make([]byte, keyBytes)
	if _, err := io.ReadFull(m.Rand, key); err != nil {
		return "", fmt.Errorf("make a master key: %w", err)
	}
	text := base64.StdEncoding.EncodeToString(key) + "\n"
	f, err := os.CreateTemp(filepath.Dir(m.File), ".master-*") // mode 0600
	if err != nil {
		return "", fmt.Errorf("make a master key: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), m.File)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(m.File))
	}
	if err != nil {
		return "", fmt.Errorf("make the master key file %s: %w", m.File, err)
	}
	return text, nil
}

func readPrivate(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", keyError("master_key_file", fmt.Errorf("%s is not a file", file), "name a file", "eine Datei nennen")
	}
	if othersMayRead(info.Mode()) {
		return "", keyError("master_key_mode", fmt.Errorf("%s may be read by other users (mode %04o)", file, info.Mode().Perm()),
			"chmod 600 "+file+"; if others may have read it, make a new key", "chmod 600 "+file+"; falls andere ihn gelesen haben können, einen neuen Schlüssel erzeugen")
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyText))
	return string(text), err
}

func keyFormat(err error) error {
	return keyError("master_key_format", err,
		"a master key is 32 random bytes in base64: head -c 32 /dev/urandom | base64",
		"ein Hauptschlüssel sind 32 zufällige Bytes in Base64: head -c 32 /dev/urandom | base64")
}

func keyError(code string, err error, en, de string) error {
	return &sdk.Error{Op: "read the master key", Kind: sdk.Auth, Code: code, Err: err, Hint: sdk.Text{EN: en, DE: de}}
}
