package param

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/gleis-dev/gleis/sdk"
)

// KeyRing seals and opens with the data keys of one store. A new KeyRing is
// locked until Unlock.
type KeyRing struct {
	master Master
	mu     sync.Mutex // Unlock and Rotate, one at a time
	keys   atomic.Pointer[keys]
}

// keys are the unlocked data keys. They do not change: rotation puts others in
// their place.
type keys struct {
	installation string
	master       *masterKey
	handle       *keyset.Handle
	aead         tink.AEAD
	primary      uint32
}

// NewKeyRing returns a locked ring.
func NewKeyRing(m Master) *KeyRing { return &KeyRing{master: m} }

// wrapped is how a keyset is kept: sealed by the master key with the
// installation as associated data. The id of the master key tells an operator
// which key is wanted; it is a keyed hash and says nothing about the key.
type wrapped struct {
	Master string `json:"master"`
	Keyset []byte `json:"keyset"`
}

// Unlock opens the keyset of an installation with the master key. For a new
// store (text nil) it makes a keyset and returns it wrapped, and makes the key
// file if there is none. A wrong or missing master key is an error of kind Auth,
// and nothing is changed then.
func (r *KeyRing) Unlock(installation string, text []byte) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	master, err := r.master.read(text == nil)
	if err != nil {
		return nil, err
	}
	if text == nil {
		return r.make(installation, master)
	}
	var w wrapped
	if err := json.Unmarshal(text, &w); err != nil {
		return nil, sdk.Errorf(sdk.Internal, "keyset_damaged", "the keyset of the store is damaged: %w", err)
	}
	if w.Master != master.id {
		return nil, keyError("master_key_wrong", fmt.Errorf("the store wants master key %s, %s holds %s", w.Master, master.from, master.id),
			"start with the master key that belongs to this data folder; nothing was changed",
			"mit dem Hauptschlüssel starten, der zu diesem Datenordner gehört; nichts wurde geändert")
	}
	h, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(w.Keyset)), master.aead, bound(installation, []string{"keyset"}))
	if err != nil {
		return nil, keyError("keyset_foreign", errors.New("the keyset of the store does not open: it is damaged or belongs to another store"),
			"restore the data folder from a backup; nothing was changed", "den Datenordner aus einer Sicherung zurückholen; nichts wurde geändert")
	}
	k, err := unlocked(installation, master, h)
	if err == nil {
		r.keys.Store(k)
	}
	return nil, err
}

func (r *KeyRing) make(installation string, master *masterKey) ([]byte, error) {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	k, err := unlocked(installation, master, h)
	if err != nil {
		return nil, err
	}
	text, err := k.wrap()
	if err == nil {
		r.keys.Store(k)
	}
	return text, err
}

func unlocked(installation string, master *masterKey, h *keyset.Handle) (*keys, error) {
	a, err := aead.New(h)
	if err != nil {
		return nil, err
	}
	return &keys{installation: installation, master: master, handle: h, aead: a, primary: h.KeysetInfo().GetPrimaryKeyId()}, nil
}

func (k *keys) wrap() ([]byte, error) {
	var b bytes.Buffer
	if err := k.handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&b), k.master.aead, bound(k.installation, []string{"keyset"})); err != nil {
		return nil, err
	}
	return json.Marshal(wrapped{Master: k.master.id, Keyset: b.Bytes()})
}

// Seal seals plain and binds it to the installation and to bind, the place of
// the value. The result is 33 bytes longer: key id, nonce, tag.
func (r *KeyRing) Seal(plain []byte, bind ...string) ([]byte, error) {
	k := r.keys.Load()
	if k == nil {
		return nil, errLocked()
	}
	return k.aead.Encrypt(plain, bound(k.installation, bind))
}

// Open opens what was sealed with the same bind, by the current data key or an
// older one. Anything else is an error, which says nothing about the content.
func (r *KeyRing) Open(sealed []byte, bind ...string) ([]byte, error) {
	k := r.keys.Load()
	if k == nil {
		return nil, errLocked()
	}
	plain, err := k.aead.Decrypt(sealed, bound(k.installation, bind))
	if err != nil {
		return nil, sdk.Errorf(sdk.Internal, "sealed_value", "a sealed value was changed, moved, or sealed by a key that is gone")
	}
	return plain, nil
}

func errLocked() error {
	return sdk.Errorf(sdk.Internal, "key_ring_locked", "the key ring is locked: no store was opened with it")
}

// bound encodes a place so that different lists never give the same bytes.
func bound(installation string, bind []string) []byte {
	b := []byte("gleis 1")
	for _, s := range append([]string{installation}, bind...) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return b
}

// byKey reports whether sealed was made with the key of this id (Tink's output
// prefix: 1, then the id in four bytes, big endian).
func byKey(sealed []byte, id uint32) bool {
	return len(sealed) > 5 && sealed[0] == 1 && binary.BigEndian.Uint32(sealed[1:5]) == id
}
