package param

import (
	"context"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// Vault is where the keyset and everything sealed lie; *store.DB is one.
type Vault interface {
	// Keyset returns the wrapped keyset and its version.
	Keyset(ctx context.Context) (wrapped []byte, version int64, err error)
	// PutKeyset replaces the keyset if its version is still ifVersion; otherwise
	// the error is of kind Conflict.
	PutKeyset(ctx context.Context, wrapped []byte, ifVersion int64) error
	// Reseal calls one for every sealed value with what it is bound to, and keeps
	// what one returns in its place unless that is nil or the value has changed
	// meanwhile. It returns how many were replaced.
	Reseal(ctx context.Context, one func(sealed []byte, bind ...string) ([]byte, error)) (int, error)
}

// Rotate makes a new data key, seals with it from now on, and seals every stored
// value again. The host goes on working meanwhile. It may end at any moment: the
// new key is durable before the first value is sealed with it, every value opens
// at all times, and the next Rotate completes the work. It returns how many
// values were sealed again.
func (r *KeyRing) Rotate(ctx context.Context, v Vault) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.keys.Load()
	if old == nil {
		return 0, errLocked()
	}
	m := keyset.NewManagerFromHandle(old.handle)
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = m.SetPrimary(id)
	}
	if err != nil {
		return 0, err
	}
	if err := r.replace(ctx, v, old, m); err != nil {
		return 0, err
	}
	n, err := v.Reseal(ctx, func(sealed []byte, bind ...string) ([]byte, error) {
		if byKey(sealed, id) {
			return nil, nil
		}
		plain, err := r.Open(sealed, bind...)
		if err != nil {
			return nil, err
		}
		return r.Seal(plain, bind...)
	})
	if err != nil {
		return n, err
	}
	return n, r.retire(ctx, v, id, old.primary)
}

// retire drops all keys but those in keep. The former key stays for one more
// rotation: a value may have been sealed with it just before the change and
// stored after the pass.
func (r *KeyRing) retire(ctx context.Context, v Vault, keep ...uint32) error {
	k := r.keys.Load()
	m := keyset.NewManagerFromHandle(k.handle)
	dropped := false
	for _, info := range k.handle.KeysetInfo().GetKeyInfo() {
		if id := info.GetKeyId(); !slices.Contains(keep, id) {
			if err := m.Delete(id); err != nil {
				return err
			}
			dropped = true
		}
	}
	if !dropped {
		return nil
	}
	return r.replace(ctx, v, k, m)
}

// replace makes the manager's keyset durable, then uses it.
func (r *KeyRing) replace(ctx context.Context, v Vault, old *keys, m *keyset.Manager) error {
	h, err := m.Handle()
	if err != nil {
		return err
	}
	next, err := unlocked(old.installation, old.master, h)
	if err != nil {
		return err
	}
	text, err := next.wrap()
	if err != nil {
		return err
	}
	_, version, err := v.Keyset(ctx)
	if err != nil {
		return err
	}
	if err := v.PutKeyset(ctx, text, version); err != nil {
		return err
	}
	r.keys.Store(next)
	return nil
}
