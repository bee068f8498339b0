package param

import (
	"context"
	"fmt"
	"strconv"

	"github.com/gleis-dev/gleis/sdk"
)

// Limits of a parameter.
const (
	MaxName  = 512       // bytes of a name
	MaxValue = 256 << 10 // bytes of a value
)

// AnyVersion as ifVersion stands for whichever version there is.
const AnyVersion = -1

// Backend keeps sealed values; *store.DB is one.
type Backend interface {
	// Param returns a sealed value and its version; version 0 if there is none.
	Param(ctx context.Context, connection, name string) (sealed []byte, version int64, err error)
	// Params returns the names of a connection that begin with prefix, sorted.
	Params(ctx context.Context, connection, prefix string) ([]sdk.ParamInfo, error)
	// SetParam replaces the value if its version is still ifVersion (0: there is
	// none; AnyVersion: whatever it is), else the error is of kind Conflict. seal
	// is given the new version, which is larger than any before it; seal nil
	// removes the value. When SetParam returns nil it is durable.
	SetParam(ctx context.Context, connection, name string, ifVersion int64, seal func(version int64) ([]byte, error)) error
}

// Store keeps the parameters of all connections.
type Store struct {
	ring    *KeyRing
	backend Backend
}

// New returns a Store that seals with ring and keeps with b.
func New(ring *KeyRing, b Backend) *Store { return &Store{ring: ring, backend: b} }

// Params returns the parameters of one connection. Nothing of another connection
// can be reached through it.
func (s *Store) Params(connection string) sdk.Params {
	return params{store: s, connection: connection}
}

type params struct {
	store      *Store
	connection string
}

var _ sdk.Params = params{}

// bind is the place of a value: version is part of it, so that an older value
// put back into its row does not open.
func (p params) bind(name string, version int64) []string {
	return Bind(p.connection, name, version)
}

// Bind is what the value of a parameter is bound to when it is sealed.
func Bind(connection, name string, version int64) []string {
	return []string{"param", connection, name, strconv.FormatInt(version, 10)}
}

// Get implements sdk.Params.
func (p params) Get(ctx context.Context, name string) (sdk.Param, error) {
	if err := p.check("read parameter", name); err != nil {
		return sdk.Param{}, err
	}
	sealed, version, err := p.store.backend.Param(ctx, p.connection, name)
	if err != nil {
		return sdk.Param{}, err
	}
	if version == 0 {
		return sdk.Param{}, &sdk.Error{Op: "read parameter", Key: name, Kind: sdk.NotFound, Code: "param_not_found"}
	}
	plain, err := p.store.ring.Open(sealed, p.bind(name, version)...)
	if err != nil {
		return sdk.Param{}, &sdk.Error{Op: "read parameter of connection " + p.connection, Key: name, Kind: sdk.Internal, Code: "param_sealed", Err: err,
			Hint: sdk.Text{EN: "delete the parameter and sign in again", DE: "den Parameter löschen und neu anmelden"}}
	}
	return sdk.Param{Value: sdk.NewSecret(string(plain)), Version: version}, nil
}

// Put implements sdk.Params. Invariant 9: the value is durable when Put returns.
func (p params) Put(ctx context.Context, name string, value sdk.Secret, ifVersion int64) error {
	const op = "store parameter"
	if err := p.check(op, name); err != nil {
		return err
	}
	if n := len(value.Reveal()); n > MaxValue {
		return &sdk.Error{Op: op, Key: name, Kind: sdk.Invalid, Code: "param_too_long", Err: fmt.Errorf("%d bytes, at most %d", n, MaxValue)}
	}
	if ifVersion < 0 {
		return &sdk.Error{Op: op, Key: name, Kind: sdk.Invalid, Code: "param_version", Err: fmt.Errorf("version %d", ifVersion)}
	}
	return p.store.backend.SetParam(ctx, p.connection, name, ifVersion, func(version int64) ([]byte, error) {
		return p.store.ring.Seal([]byte(value.Reveal()), p.bind(name, version)...)
	})
}

// Delete implements sdk.Params.
func (p params) Delete(ctx context.Context, name string) error {
	if err := p.check("delete parameter", name); err != nil {
		return err
	}
	return p.store.backend.SetParam(ctx, p.connection, name, AnyVersion, nil)
}

// List implements sdk.Params.
func (p params) List(ctx context.Context, prefix string) ([]sdk.ParamInfo, error) {
	return p.store.backend.Params(ctx, p.connection, prefix)
}

func (p params) check(op, name string) error {
	if name == "" || len(name) > MaxName {
		return &sdk.Error{Op: op, Kind: sdk.Invalid, Code: "param_name", Err: fmt.Errorf("a name of %d bytes, 1 to %d are allowed", len(name), MaxName)}
	}
	return nil
}
